/* listen: the four listeners: each an HTTP library's loop on one thread, on a socket that the supervisor has bound. */
#ifndef ISSUER_HTTP_LISTEN_H
#define ISSUER_HTTP_LISTEN_H

#include "issuer/http/connection.h"
#include "issuer/http/route.h"

#include <microhttpd.h>
#include <stdatomic.h>

struct exchange;
enum { REQUEST_ID_BYTES = 8, REQUEST_IDS_AT_ONCE = 256 };

struct listening {
	enum listener listener;
	struct front *front;
	struct connections *connections;
	struct credentials_slot *credentials; /* NULL: plain HTTP */
	struct MHD_Daemon *daemon;
	struct loop *loop;                    /* status: its thread, which answers OCSP too */
	int quiet;                            /* the socket after listening_quiet */
	_Atomic size_t exchanges;             /* requests that have begun and not ended */
	/* Of the listener's thread: */
	struct exchange *spare;               /* one that has ended, wiped, for the next request; or NULL */
	uint8_t ids[REQUEST_IDS_AT_ONCE][REQUEST_ID_BYTES];
	size_t ids_left;                      /* so many of the first are not used yet */
};

struct listening_source {
	enum listener listener;
	int socket;                     /* taken */
	struct credentials_source *tls; /* NULL: plain HTTP */
};
/* Starts the thread. The credentials' bytes are needed only during the call. */
enum err listening_start(struct front *front, const struct listening_source *from, struct listening **out,
			 struct errbuf *why) MUST_CHECK;

/* On the listener's thread: 16 hexadecimal digits of 64 random bits. */
enum err listening_request_id(struct listening *l, char out[17]) MUST_CHECK;
/* No new connections from now on. */
void listening_quiet(struct listening *l);
/* Cuts what is still open and joins the thread. No connection may wait for a worker any more. NULL is fine. */
void listening_stop(struct listening *l);

#endif

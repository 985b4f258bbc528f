/* ocsp: the front's half of the OCSP responder, RFC 6960 and 5019: reads requests, finds each certificate's status, gives
 * what is ready, and has the signer sign the rest. All on the status listener's thread, which never waits: an answer that
 * has to be signed comes later.
 *
 * A status is never older than the answer: the counter of revocations is read before the database and again when the
 * signature is there, and what has changed in between is asked anew. */
#ifndef ISSUER_HTTP_OCSP_H
#define ISSUER_HTTP_OCSP_H

#include "issuer/http/route.h"
#include "issuer/issuers.h"

#include <openssl/x509.h>
#include <stdatomic.h>

struct shared_page;

struct ocsp_source {
	const struct issuers *all;        /* borrowed */
	const struct shared_page *shared; /* borrowed */
	const char *database;            /* opened once more: other readers do not stand in its way */
	int packets;                     /* taken, also on failure */
	int64_t per_address;             /* answers a second; 0: no bound */
};

struct ocsp_counts { /* for the metrics; any thread may read */
	_Atomic uint64_t ready, asked, refused, limited;
};

struct ocsp_desk;
enum err ocsp_desk_new(const struct ocsp_source *from, struct ocsp_desk **out, struct errbuf *why) MUST_CHECK;
/* Nobody may wait any more. NULL is fine. */
void ocsp_desk_free(struct ocsp_desk *d);
const struct ocsp_counts *ocsp_desk_counts(const struct ocsp_desk *d);

/* Answer the request in der into the reply: at once, or (later->waits) later. */
void ocsp_desk_answer(struct ocsp_desk *d, const void *der, size_t len, const struct request *q, struct reply *r);

/* For the loop of the thread: see ocsp_lane.h. */
int ocsp_desk_fd(const struct ocsp_desk *d);
short ocsp_desk_events(const struct ocsp_desk *d);
int ocsp_desk_wait(const struct ocsp_desk *d);
void ocsp_desk_receive(struct ocsp_desk *d);
void ocsp_desk_send(struct ocsp_desk *d);
/* The end: whoever waits is told to try later, and so is from now on whoever would have to wait. */
void ocsp_desk_abandon(struct ocsp_desk *d);

/* What the refusals are called on the wire, in a reply: status 200, and the log's one line says which fault. */
void ocsp_reply_malformed(struct reply *r, const struct errbuf *why);

#endif

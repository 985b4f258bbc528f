/* tls_server: a small HTTPS server inside the test, on a port of the kernel's choice, one thread a connection. */
#ifndef TESTS_TLS_SERVER_H
#define TESTS_TLS_SERVER_H

#include "tests/support/pkcs12_maker.h"

#include <openssl/ssl.h>
#include <stdatomic.h>

struct seen { /* one request */
	const char *head; /* request line and headers, as they came */
	const char *path;
	const char *body;
	size_t body_len;
	const char *client; /* CN of the certificate that this connection was made with; "" for none */
	bool resumed;       /* its handshake resumed an earlier session */
};

struct tls_server;

/* Answers one request by writing to the connection; false closes it. */
typedef bool tls_answer(SSL *ssl, const struct seen *request, struct tls_server *server);

/* Before a request's body is read: true when it was read and answered here (then nothing is kept of it); *more is false
 * to close the connection. */
typedef bool tls_take(SSL *ssl, const char *head, struct tls_server *server, bool *more);

/* Speaks on a connection by itself. */
typedef void tls_talk(SSL *ssl, struct tls_server *server);

struct tls_server {
	const struct pair *certificate;
	const struct pair *client_ca; /* NULL: no client certificate is asked for */
	bool optional;                /* asked for, not insisted on */
	int refuse_with;              /* X509_V_ERR_*: the verdict on every client certificate, by alert */
	bool reset;                   /* a connection whose handshake failed is reset as soon as that was said */
	int newest_protocol;          /* 0: any */
	tls_answer *answer;
	tls_take *take;   /* NULL: none */
	const char *alpn; /* the one protocol that is agreed to, when the client offers it; NULL: none */
	tls_talk *talk;   /* with who agreed */
	void *context;
	const struct pair *between; /* the CA that made the certificate, when clients do not have it; NULL: they have */
	const struct buf *staple; /* of the certificate, to whoever asks; NULL: none */
	bool alone;               /* one thread for all, who come one after the other */
	void (*spare)(void);      /* what each of its threads does first; NULL: nothing */

	int port; /* filled by start */
	atomic_int connections, requests, handshakes, failures, resumptions, client_certificates, staples;
	struct tls_server_inside *inside;
};

void tls_server_start(struct tls_server *s);
void tls_server_stop(struct tls_server *s); /* closes every connection, joins every thread */

/* Write a whole text; false when the peer has gone. */
bool tls_say(SSL *ssl, const char *text);
/* A whole answer with Content-Length. extra is more header lines, each with its "\r\n". */
bool tls_reply(SSL *ssl, int status, const char *extra, const char *body);

/* Read a body by Content-Length or in chunks (then with their framing), and forget it: its bytes, -1 when it broke off. */
int64_t tls_swallow(SSL *ssl, const char *head);

#endif

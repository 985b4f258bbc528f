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
};

struct tls_server;

/* Answers one request by writing to the connection; false closes it. */
typedef bool tls_answer(SSL *ssl, const struct seen *request, struct tls_server *server);

struct tls_server {
	const struct pair *certificate;
	const struct pair *client_ca; /* NULL: no client certificate is asked for */
	bool optional;                /* asked for, not insisted on */
	int refuse_with;              /* X509_V_ERR_*: the verdict on every client certificate, by alert */
	int newest_protocol;          /* 0: any */
	tls_answer *answer;
	void *context;

	int port; /* filled by start */
	atomic_int connections, requests, handshakes, client_certificates;
	struct tls_server_inside *inside;
};

void tls_server_start(struct tls_server *s);
void tls_server_stop(struct tls_server *s); /* closes every connection, joins every thread */

/* Write a whole text; false when the peer has gone. */
bool tls_say(SSL *ssl, const char *text);
/* A whole answer with Content-Length. extra is more header lines, each with its "\r\n". */
bool tls_reply(SSL *ssl, int status, const char *extra, const char *body);

#endif

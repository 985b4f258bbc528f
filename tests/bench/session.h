/* session: one HTTP/1.1 conversation over TLS with 127.0.0.1, as the load programs hold it. Every fault ends the program:
 * a round with a failed request in it measures nothing. */
#ifndef TESTS_BENCH_SESSION_H
#define TESTS_BENCH_SESSION_H

#include <openssl/ssl.h>

enum { ANSWER_MAX = 65536 };

struct session {
	SSL *tls;
	int fd;
};

struct answer {
	int status;
	const char *body; /* NUL-terminated, in bytes */
	size_t len;
	char bytes[ANSWER_MAX];
};

/* TLS 1.3, the server verified by the CA's file; identity: PEM of certificate, chain and key, or NULL for none. */
SSL_CTX *session_context(const char *ca, const char *identity);

struct session session_open(SSL_CTX *context, unsigned port);
/* One request, head and body, and its answer (Content-Length only). */
void session_ask(struct session *s, const char *request, size_t len, struct answer *out);
void session_close(struct session *s);

_Noreturn void die(const char *what);

#endif

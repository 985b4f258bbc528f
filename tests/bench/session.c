#include "tests/bench/session.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

_Noreturn void die(const char *what)
{
	perror(what);
	ERR_print_errors_fp(stderr);
	exit(1);
}

SSL_CTX *session_context(const char *ca, const char *identity)
{
	SSL_CTX *c = SSL_CTX_new(TLS_client_method());
	if (!c || SSL_CTX_set_min_proto_version(c, TLS1_3_VERSION) != 1 || SSL_CTX_load_verify_file(c, ca) != 1)
		die(ca);
	SSL_CTX_set_verify(c, SSL_VERIFY_PEER, NULL);
	if (identity && (SSL_CTX_use_certificate_chain_file(c, identity) != 1 ||
			 SSL_CTX_use_PrivateKey_file(c, identity, SSL_FILETYPE_PEM) != 1))
		die(identity);
	return c;
}

struct session session_open(SSL_CTX *context, unsigned port)
{
	struct sockaddr_in to = {
	    .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	const int on = 1;
	struct session s = {.fd = socket(AF_INET, SOCK_STREAM, 0), .tls = SSL_new(context)};
	if (s.fd < 0 || connect(s.fd, (struct sockaddr *)&to, sizeof to) != 0 ||
	    setsockopt(s.fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0)
		die("connect");
	if (!s.tls || SSL_set_fd(s.tls, s.fd) != 1 || SSL_set_tlsext_host_name(s.tls, "localhost") != 1 ||
	    SSL_connect(s.tls) != 1)
		die("handshake");
	return s;
}

static size_t body_length(const char *head)
{
	const char *length = strcasestr(head, "\r\ncontent-length:");
	return length ? strtoul(length + 17, NULL, 10) : 0;
}

void session_ask(struct session *s, const char *request, size_t len, struct answer *out)
{
	size_t have = 0, want = 0;
	if (SSL_write(s->tls, request, (int)len) != (int)len)
		die("request");
	do {
		int n = SSL_read(s->tls, out->bytes + have, (int)(sizeof out->bytes - 1 - have));
		if (n <= 0)
			die("answer");
		have += (size_t)n;
		out->bytes[have] = '\0';
		char *end = want ? NULL : strstr(out->bytes, "\r\n\r\n");
		if (end) {
			out->body = end + 4;
			want = (size_t)(out->body - out->bytes) + body_length(out->bytes);
		}
	} while (!want || have < want);
	out->len = have - (size_t)(out->body - out->bytes);
	out->status = (int)strtol(out->bytes + strlen("HTTP/1.1 "), NULL, 10);
}

void session_close(struct session *s)
{
	SSL_shutdown(s->tls);
	SSL_free(s->tls);
	close(s->fd);
}

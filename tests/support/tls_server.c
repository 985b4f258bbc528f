#include "tests/support/tls_server.h"
#include "tests/support/test.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { CONNECTIONS_MAX = 1024, REQUEST_MAX = 1 << 20 };

struct connection { /* a slot: free, served, or over with its thread to be joined */
	struct tls_server *server;
	pthread_t thread;
	int fd;	   /* -1 when it is over */
	bool used;
	char client[256];
	bool resumed;
};

struct tls_server_inside {
	SSL_CTX *context;
	int listener, wake[2];
	pthread_t acceptor;
	pthread_mutex_t lock; /* guards fd and used */
	struct connection connections[CONNECTIONS_MAX];
};

bool tls_say(SSL *ssl, const char *text)
{
	return SSL_write(ssl, text, (int)strlen(text)) > 0;
}

bool tls_reply(SSL *ssl, int status, const char *extra, const char *body)
{
	struct buf all = BUF_INIT(1 << 24);
	buf_format(&all, "HTTP/1.1 %d X\r\nContent-Length: %zu\r\n%s\r\n", status, strlen(body), extra ? extra : "");
	buf_text(&all, body);
	bool said = !all.err && SSL_write(ssl, all.data, (int)all.len) > 0;
	buf_free(&all);
	return said;
}

/* Up to and with the blank line. */
static bool read_head(SSL *ssl, struct buf *head)
{
	const char *end = NULL;
	while (!end) {
		uint8_t byte;
		if (SSL_read(ssl, &byte, 1) != 1)
			return false;
		buf_byte(head, byte);
		const char *text = buf_string(head);
		if (!text)
			return false;
		end = head->len >= 4 && memcmp(head->data + head->len - 4, "\r\n\r\n", 4) == 0 ? text : NULL;
	}
	return true;
}

static size_t length_of(const char *head)
{
	const char *length = strcasestr(head, "\r\nContent-Length:");
	return length ? strtoul(length + 17, NULL, 10) : 0;
}

static bool read_counted(SSL *ssl, size_t left, struct buf *body)
{
	while (left > 0) {
		uint8_t piece[16384];
		int n = SSL_read(ssl, piece, left < sizeof piece ? (int)left : (int)sizeof piece);
		if (n <= 0)
			return false;
		if (body)
			buf_add(body, piece, (size_t)n);
		left -= (size_t)n;
	}
	return true;
}

static bool read_line(SSL *ssl, char *line, size_t size)
{
	size_t len = 0;
	while (len < size - 1 && SSL_read(ssl, line + len, 1) == 1)
		if (line[len++] == '\n') {
			line[len] = '\0';
			return true;
		}
	return false;
}

/* The bytes without their framing, into body unless it is NULL; how many, or -1. */
static int64_t read_chunks(SSL *ssl, struct buf *body)
{
	int64_t all = 0;
	char line[64];
	while (read_line(ssl, line, sizeof line)) {
		size_t len = strtoul(line, NULL, 16);
		all += (int64_t)len;
		if (!read_counted(ssl, len, body) || !read_line(ssl, line, sizeof line))
			return -1;
		if (len == 0)
			return all;
	}
	return -1;
}

static bool is_chunked(const char *head)
{
	return strcasestr(head, "\r\nTransfer-Encoding: chunked") != NULL;
}

int64_t tls_swallow(SSL *ssl, const char *head)
{
	if (is_chunked(head))
		return read_chunks(ssl, NULL);
	size_t length = length_of(head);
	return read_counted(ssl, length, NULL) ? (int64_t)length : -1;
}

static bool read_body(SSL *ssl, const char *head, struct buf *body)
{
	bool whole = is_chunked(head) ? read_chunks(ssl, body) >= 0 : read_counted(ssl, length_of(head), body);
	return whole && buf_string(body) != NULL;
}

static bool serve_one(SSL *ssl, const struct connection *c)
{
	struct tls_server *s = c->server;
	struct buf head = BUF_INIT(REQUEST_MAX), body = BUF_INIT(REQUEST_MAX);
	bool more = read_head(ssl, &head), taken = false;
	if (more && s->take)
		taken = s->take(ssl, buf_string(&head), s, &more);
	if (!taken)
		more = more && read_body(ssl, buf_string(&head), &body);
	if (taken || more)
		s->requests++;
	if (!taken && more) {
		char path[1024] = "";
		const char *text = buf_string(&head);
		sscanf(text, "%*s %1023s", path);
		const struct seen seen = {text, path, buf_string(&body), body.len, c->client, c->resumed};
		more = s->answer(ssl, &seen, s);
	}
	buf_free(&head);
	buf_free(&body);
	return more;
}

static bool agreed(SSL *ssl)
{
	const unsigned char *protocol = NULL;
	unsigned int len = 0;
	SSL_get0_alpn_selected(ssl, &protocol, &len);
	return len > 0;
}

static void learn(SSL *ssl, struct connection *c)
{
	X509 *certificate = SSL_get0_peer_certificate(ssl);
	if (certificate)
		X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName, c->client, sizeof c->client);
	c->resumed = SSL_session_reused(ssl) == 1;
	c->server->handshakes++;
	c->server->resumptions += c->resumed;
}

/* Closed on bytes that nobody has read, a connection is reset, and what was said last may be lost with it. */
static void linger(int fd)
{
	char left[4096];
	shutdown(fd, SHUT_WR);
	while (recv(fd, left, sizeof left, 0) > 0)
		;
}

/* The connection is reset at once instead of lingering. */
static void be_abrupt(int fd)
{
	const struct linger none = {.l_onoff = 1, .l_linger = 0};
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &none, sizeof none);
}

static void *serve(void *data)
{
	struct connection *c = data;
	if (c->server->spare)
		c->server->spare();
	SSL *ssl = SSL_new(c->server->inside->context);
	SSL_set_fd(ssl, c->fd);
	bool accepted = SSL_accept(ssl) == 1, abrupt = !accepted && c->server->reset;
	if (accepted) {
		learn(ssl, c);
		if (c->server->talk && agreed(ssl))
			c->server->talk(ssl, c->server);
		else
			while (serve_one(ssl, c))
				;
		SSL_shutdown(ssl);
	}
	SSL_free(ssl);
	if (abrupt)
		be_abrupt(c->fd);
	else
		linger(c->fd);
	pthread_mutex_lock(&c->server->inside->lock);
	close(c->fd);
	c->fd = -1;
	pthread_mutex_unlock(&c->server->inside->lock);
	c->server->failures += !accepted;
	return NULL;
}

/* NULL: all are in use. With the lock. */
static struct connection *free_slot(struct tls_server_inside *in)
{
	for (size_t i = 0; i < CONNECTIONS_MAX; i++) {
		struct connection *c = &in->connections[i];
		if (c->used && c->fd >= 0)
			continue;
		if (c->used)
			pthread_join(c->thread, NULL);
		return c;
	}
	return NULL;
}

static void admit(struct tls_server *s, int fd)
{
	struct tls_server_inside *in = s->inside;
	pthread_mutex_lock(&in->lock);
	struct connection *c = free_slot(in);
	if (c) {
		*c = (struct connection){.server = s, .fd = fd, .used = !s->alone};
		s->connections++;
		if (!s->alone)
			pthread_create(&c->thread, NULL, serve, c);
	} else {
		close(fd);
	}
	pthread_mutex_unlock(&in->lock);
	if (c && s->alone)
		serve(c);
}

static void *accept_all(void *data)
{
	struct tls_server *s = data;
	struct tls_server_inside *in = s->inside;
	if (s->spare)
		s->spare();
	for (;;) {
		struct pollfd wait[2] = {{.fd = in->listener, .events = POLLIN}, {.fd = in->wake[0], .events = POLLIN}};
		if (poll(wait, 2, -1) < 0 || wait[1].revents)
			return NULL;
		int fd = accept(in->listener, NULL, NULL);
		if (fd < 0)
			continue;
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int)); /* or an answer waits 40 ms behind tickets */
		admit(s, fd);
	}
}

static int judge(X509_STORE_CTX *store, void *data)
{
	struct tls_server *s = data;
	s->client_certificates++;
	if (!s->refuse_with)
		return X509_verify_cert(store);
	X509_STORE_CTX_set_error(store, s->refuse_with);
	return 0;
}

static int agree(SSL *ssl, const unsigned char **out, unsigned char *out_len, const unsigned char *offered,
		 unsigned int offered_len, void *data)
{
	const struct tls_server *s = data;
	const size_t len = strlen(s->alpn);
	(void)ssl;
	for (unsigned int i = 0; i < offered_len; i += 1U + offered[i])
		if (offered[i] == len && memcmp(offered + i + 1, s->alpn, len) == 0) {
			*out = offered + i + 1;
			*out_len = (unsigned char)len;
			return SSL_TLSEXT_ERR_OK;
		}
	return SSL_TLSEXT_ERR_NOACK;
}

/* OpenSSL frees what it is given. */
static int staple(SSL *ssl, void *data)
{
	struct tls_server *s = data;
	if (!s->staple)
		return SSL_TLSEXT_ERR_NOACK;
	s->staples++;
	SSL_set_tlsext_status_ocsp_resp(ssl, OPENSSL_memdup(s->staple->data, s->staple->len), (long)s->staple->len);
	return SSL_TLSEXT_ERR_OK;
}

static SSL_CTX *make_context(struct tls_server *s)
{
	SSL_CTX *context = SSL_CTX_new(TLS_server_method());
	assert_non_null(context);
	SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF); /* tickets are given all the same */
	assert_int_equal(SSL_CTX_set_session_id_context(context, (const unsigned char *)"test", 4), 1);
	SSL_CTX_set_mode(context, SSL_MODE_AUTO_RETRY);
	assert_int_equal(SSL_CTX_use_certificate(context, s->certificate->certificate), 1);
	assert_int_equal(SSL_CTX_use_PrivateKey(context, s->certificate->key), 1);
	if (s->newest_protocol) {
		SSL_CTX_set_max_proto_version(context, s->newest_protocol);
		SSL_CTX_set_min_proto_version(context, 0);
		SSL_CTX_set_cipher_list(context, "ALL:@SECLEVEL=0");
	}
	if (s->between)
		assert_int_equal(SSL_CTX_add1_chain_cert(context, s->between->certificate), 1);
	SSL_CTX_set_tlsext_status_cb(context, staple);
	SSL_CTX_set_tlsext_status_arg(context, s);
	if (s->alpn)
		SSL_CTX_set_alpn_select_cb(context, agree, s);
	if (s->client_ca) {
		X509_STORE_add_cert(SSL_CTX_get_cert_store(context), s->client_ca->certificate);
		SSL_CTX_set_verify(context, SSL_VERIFY_PEER | (s->optional ? 0 : SSL_VERIFY_FAIL_IF_NO_PEER_CERT), NULL);
		SSL_CTX_set_cert_verify_callback(context, judge, s);
	}
	return context;
}

void tls_server_start(struct tls_server *s)
{
	struct tls_server_inside *in = s->inside = calloc(1, sizeof *in);
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof address;
	assert_non_null(in);
	in->context = make_context(s);
	in->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(in->listener, (struct sockaddr *)&address, len), 0);
	assert_int_equal(listen(in->listener, CONNECTIONS_MAX), 0);
	assert_int_equal(getsockname(in->listener, (struct sockaddr *)&address, &len), 0);
	s->port = ntohs(address.sin_port);
	assert_int_equal(pipe(in->wake), 0);
	pthread_mutex_init(&in->lock, NULL);
	assert_int_equal(pthread_create(&in->acceptor, NULL, accept_all, s), 0);
}

void tls_server_stop(struct tls_server *s)
{
	struct tls_server_inside *in = s->inside;
	assert_int_equal(write(in->wake[1], "x", 1), 1);
	pthread_join(in->acceptor, NULL);
	pthread_mutex_lock(&in->lock);
	for (size_t i = 0; i < CONNECTIONS_MAX; i++)
		if (in->connections[i].used && in->connections[i].fd >= 0)
			shutdown(in->connections[i].fd, SHUT_RDWR);
	pthread_mutex_unlock(&in->lock);
	for (size_t i = 0; i < CONNECTIONS_MAX; i++)
		if (in->connections[i].used)
			pthread_join(in->connections[i].thread, NULL);
	close(in->listener);
	close(in->wake[0]);
	close(in->wake[1]);
	pthread_mutex_destroy(&in->lock);
	SSL_CTX_free(in->context);
	free(in);
	s->inside = NULL;
}

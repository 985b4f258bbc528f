/* slow: many connections that do what a server must not wait for.
 *
 *   slow [--ca FILE] PORT MODE COUNT PER-ADDRESS SECONDS
 *
 * Opens COUNT connections to 127.0.0.1:PORT, PER-ADDRESS of them from each of 127.1.0.1, 127.1.0.2, ..., and goes on as MODE
 * says until the server has closed every one, or for SECONDS. Nothing is ever read. Prints one line: how many were opened,
 * how many the server has closed, how many are left, and how long (ms) the one that it bore longest lived. --ca: over TLS. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { COUNT_MOST = 20000, TICK_MS = 100, BATCH = 100, DRIBBLE_MS = 1000, PATIENCE_S = 5, CHUNK = 4096, FAILED = 1, USAGE = 2 };

#define CHUNKED "POST /d/AAAAAAAAAAAAAAAAAAAAAA/code HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"

/* What is sent at once; then what is repeated, a byte a second, or as fast as it is taken. */
static const struct mode {
	const char *name, *first, *then;
	bool flood;
} modes[] = {
	{.name = "silent"},
	{.name = "hello", .first = "\x16\x03\x01\x02", .then = "\x01"},
	{.name = "head", .first = "GET / HTTP/1.1\r\nHost: localhost\r\nX: ", .then = "a"},
	{.name = "line", .then = "G"},
	{.name = "body", .first = "POST /d/AAAAAAAAAAAAAAAAAAAAAA/code HTTP/1.1\r\nHost: localhost\r\nContent-Length: 16000\r\n\r\n",
	 .then = "a"},
	{.name = "idle", .first = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"},
	{.name = "unread", .then = "GET /crl/issuing.crl HTTP/1.1\r\nHost: localhost\r\n\r\n", .flood = true},
	{.name = "flood-head", .first = "GET / HTTP/1.1\r\n", .then = "X: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n", .flood = true},
	{.name = "flood-body", .first = CHUNKED, .then = "20\r\naaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n", .flood = true},
};

struct connection {
	SSL *tls;
	int64_t opened, dribbled;
};

static struct connection connections[COUNT_MOST];
static struct pollfd polled[COUNT_MOST];

static void die(const char *what)
{
	fprintf(stderr, "slow: %s: %s\n", what, errno ? strerror(errno) : "not as it should be");
	exit(USAGE);
}

static int64_t now_ms(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static struct sockaddr_in address(uint32_t host, uint16_t port)
{
	return (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(host), .sin_port = htons(port)};
}

/* -1: the server does not take it. */
static int dial(uint16_t port, uint32_t from)
{
	struct sockaddr_in to = address(INADDR_LOOPBACK, port), own = address(from, 0);
	struct timeval patience = {.tv_sec = PATIENCE_S};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || bind(fd, (struct sockaddr *)&own, sizeof own) != 0)
		die("socket");
	if (setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience) == 0 &&
	    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) == 0 &&
	    connect(fd, (struct sockaddr *)&to, sizeof to) == 0)
		return fd;
	close(fd);
	return -1;
}

/* False when the peer takes no more for now. */
static bool give(int fd, SSL *tls, const char *bytes, size_t len)
{
	if (tls)
		return SSL_write(tls, bytes, (int)len) == (int)len;
	return send(fd, bytes, len, MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t)len;
}

static bool open_one(size_t i, int fd, SSL_CTX *context, const struct mode *m)
{
	struct connection *c = &connections[i];
	polled[i] = (struct pollfd){.fd = fd, .events = POLLRDHUP};
	if (fd < 0)
		return false;
	c->opened = c->dribbled = now_ms();
	if (context) {
		c->tls = SSL_new(context);
		if (!c->tls || SSL_set_fd(c->tls, fd) != 1 || SSL_connect(c->tls) != 1) {
			SSL_free(c->tls);
			c->tls = NULL;
			close(fd);
			polled[i].fd = -1;
			return false;
		}
	}
	if (m->first)
		give(fd, c->tls, m->first, strlen(m->first));
	return true;
}

static void go_on(size_t i, const struct mode *m, int64_t now)
{
	static char chunk[CHUNK];
	struct connection *c = &connections[i];
	size_t len = m->then ? strlen(m->then) : 0, n = 0;
	if (len == 0 || (!m->flood && now - c->dribbled < DRIBBLE_MS))
		return;
	c->dribbled = now;
	if (!m->flood) {
		give(polled[i].fd, c->tls, m->then, 1);
		return;
	}
	for (; n + len <= sizeof chunk; n += len)
		memcpy(chunk + n, m->then, len);
	for (int rounds = 0; rounds < 64 && give(polled[i].fd, c->tls, chunk, n); rounds++)
		continue;
}

static void drop(size_t i)
{
	SSL_free(connections[i].tls);
	connections[i].tls = NULL;
	close(polled[i].fd);
	polled[i].fd = -1;
}

static SSL_CTX *tls_context(const char *ca)
{
	SSL_CTX *context = SSL_CTX_new(TLS_client_method());
	if (!context || SSL_CTX_load_verify_locations(context, ca, NULL) != 1)
		die(ca);
	SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
	return context;
}

static const struct mode *find_mode(const char *name)
{
	for (size_t i = 0; i < sizeof modes / sizeof *modes; i++)
		if (strcmp(modes[i].name, name) == 0)
			return &modes[i];
	die(name);
	return NULL;
}

struct figures {
	size_t opened, closed;
	int64_t longest;
};

/* One look at all of them. */
static void round_of(size_t count, const struct mode *m, int patience, struct figures *f)
{
	if (poll(polled, count, patience) < 0)
		die("poll");
	int64_t now = now_ms();
	for (size_t i = 0; i < count; i++) {
		if (polled[i].fd < 0)
			continue;
		if (!polled[i].revents) {
			go_on(i, m, now);
			continue;
		}
		f->closed++;
		if (now - connections[i].opened > f->longest)
			f->longest = now - connections[i].opened;
		drop(i);
	}
}

int main(int argc, char **argv)
{
	const char *ca = argc > 2 && strcmp(argv[1], "--ca") == 0 ? argv[2] : NULL;
	char **a = argv + (ca ? 3 : 1);
	if (argc - (a - argv) != 5) {
		fputs("usage: slow [--ca FILE] PORT MODE COUNT PER-ADDRESS SECONDS\n", stderr);
		return USAGE;
	}
	const struct mode *m = find_mode(a[1]);
	size_t count = strtoul(a[2], NULL, 10), share = strtoul(a[3], NULL, 10);
	int64_t until = now_ms() + 1000 * strtol(a[4], NULL, 10);
	struct rlimit l;
	errno = 0;
	if (count == 0 || count > COUNT_MOST || share == 0 || getrlimit(RLIMIT_NOFILE, &l) != 0)
		die("the numbers");
	l.rlim_cur = l.rlim_max;
	setrlimit(RLIMIT_NOFILE, &l);
	signal(SIGPIPE, SIG_IGN);
	SSL_CTX *context = ca ? tls_context(ca) : NULL;
	struct figures f = {0};
	for (size_t i = 0; i < count; i++) {
		uint32_t from = 0x7f010001 + (uint32_t)(i / share);
		f.opened += open_one(i, dial((uint16_t)strtoul(a[0], NULL, 10), from), context, m);
		if (i % BATCH == BATCH - 1)
			round_of(i + 1, m, 0, &f);
	}
	while (f.closed < f.opened && now_ms() < until)
		round_of(count, m, TICK_MS, &f);
	for (size_t i = 0; i < count; i++)
		if (polled[i].fd >= 0)
			drop(i);
	SSL_CTX_free(context);
	printf("%zu opened, %zu closed, %zu left, %lld ms the longest\n", f.opened, f.closed, f.opened - f.closed,
	       (long long)f.longest);
	return 0;
}

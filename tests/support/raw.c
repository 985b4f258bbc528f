/* raw: what does a listener answer to these very bytes?
 *
 *   raw [--ca FILE [--identity FILE.pem]] PORT WANTED < SHAPE
 *
 * Sends SHAPE to 127.0.0.1:PORT (over TLS when --ca is there) and prints the status of every answer and then how the
 * connection was left: "400 closed", "200 200 open", "- closed" when nothing was answered. WANTED is what should come: it is
 * waited for with patience, and then a moment longer for what should not. Exits 0 when it came, 1 otherwise.
 *
 * In SHAPE line ends count for nothing, so that a request may be laid out in lines. Escapes: \r \n \t \0 \s (a space at the
 * end of a line) \\ \xHH, and \*N{...} for N times what is between the braces, in which \% is the number of the repetition. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { SHAPE_MOST = 1 << 20, ANSWER_MOST = 1 << 18, PATIENCE_MS = 10000, A_MOMENT_MS = 150, FAILED = 1, USAGE = 2 };

struct peer {
	int fd;
	SSL *tls; /* NULL: plain */
};

static char shape[SHAPE_MOST], answer[ANSWER_MOST];
static size_t shape_len, answer_len;

static void die(const char *what)
{
	fprintf(stderr, "raw: %s: %s\n", what, errno ? strerror(errno) : "not as it should be");
	exit(USAGE);
}

static int64_t now_ms(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void put(char byte)
{
	if (shape_len == sizeof shape)
		die("the shape is too long");
	shape[shape_len++] = byte;
}

static void put_number(long n)
{
	char digits[24];
	snprintf(digits, sizeof digits, "%ld", n);
	for (const char *d = digits; *d; d++)
		put(*d);
}

static void expand(const char *from, const char *to, long round);

/* From behind "\*": N{...}; returns behind the brace. */
static const char *expand_repeated(const char *at, const char *to)
{
	char *open;
	long n = strtol(at, &open, 10);
	const char *close = memchr(open, '}', (size_t)(to - open));
	if (*open != '{' || !close || n < 1 || n > SHAPE_MOST)
		die("a repetition is \\*N{...}");
	for (long i = 0; i < n; i++)
		expand(open + 1, close, i);
	return close + 1;
}

static const char *expand_escape(const char *at, const char *to, long round)
{
	static const char names[] = "rnt0s\\", values[] = "\r\n\t\0 \\";
	const char *known = *at ? strchr(names, *at) : NULL;
	char hex[3] = {0};
	if (*at == '*')
		return expand_repeated(at + 1, to);
	if (*at == '%') {
		put_number(round);
		return at + 1;
	}
	if (*at == 'x' && to - at > 2) {
		memcpy(hex, at + 1, 2);
		put((char)strtol(hex, NULL, 16));
		return at + 3;
	}
	if (!known)
		die("an unknown escape");
	put(values[known - names]);
	return at + 1;
}

static void expand(const char *from, const char *to, long round)
{
	while (from < to) {
		if (*from == '\\')
			from = expand_escape(from + 1, to, round);
		else if (*from != '\n')
			put(*from++);
		else
			from++;
	}
}

static void read_shape(void)
{
	static char text[SHAPE_MOST];
	size_t len = fread(text, 1, sizeof text - 1, stdin);
	errno = 0;
	expand(text, text + len, 0);
}

static int dial(const char *port)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
				.sin_port = htons((uint16_t)strtoul(port, NULL, 10))};
	struct timeval often = {.tv_usec = 20000}, patience = {.tv_sec = PATIENCE_MS / 1000};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || connect(fd, (struct sockaddr *)&a, sizeof a) != 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience) != 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &often, sizeof often) != 0)
		die("connect");
	return fd;
}

static SSL *shake_hands(int fd, const char *ca, const char *identity)
{
	SSL_CTX *context = SSL_CTX_new(TLS_client_method());
	SSL *tls = NULL;
	if (context && SSL_CTX_load_verify_locations(context, ca, NULL) == 1 &&
	    (!identity || (SSL_CTX_use_certificate_chain_file(context, identity) == 1 &&
			   SSL_CTX_use_PrivateKey_file(context, identity, SSL_FILETYPE_PEM) == 1))) {
		SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
		tls = SSL_new(context);
	}
	if (!tls || SSL_set1_host(tls, "localhost") != 1 || SSL_set_fd(tls, fd) != 1)
		die("TLS");
	SSL_CTX_free(context); /* tls holds it */
	int rc;
	int64_t until = now_ms() + PATIENCE_MS;
	while ((rc = SSL_connect(tls)) != 1)
		if (SSL_get_error(tls, rc) != SSL_ERROR_WANT_READ || now_ms() > until)
			die("handshake");
	return tls;
}

/* What the peer does not take any more is no fault: it has refused. */
static void send_shape(const struct peer *p)
{
	for (size_t sent = 0; sent < shape_len;) {
		size_t left = shape_len - sent;
		int n = p->tls ? SSL_write(p->tls, shape + sent, (int)left) : (int)send(p->fd, shape + sent, left, 0);
		if (n <= 0)
			return;
		sent += (size_t)n;
	}
}

/* 1 something came, 0 nothing for now, -1 the end. */
static int read_some(const struct peer *p)
{
	size_t room = sizeof answer - answer_len;
	if (room == 0)
		die("too long an answer");
	int n = p->tls ? SSL_read(p->tls, answer + answer_len, (int)room) : (int)recv(p->fd, answer + answer_len, room, 0);
	if (n > 0) {
		answer_len += (size_t)n;
		return 1;
	}
	if (p->tls)
		return SSL_get_error(p->tls, n) == SSL_ERROR_WANT_READ ? 0 : -1;
	return n < 0 && (errno == EAGAIN || errno == EINTR) ? 0 : -1;
}

static void summarise(bool closed, char *out, size_t size)
{
	static const char mark[] = "HTTP/1.1 ";
	size_t at = 0;
	out[0] = '\0';
	for (const char *p = answer; (p = memmem(p, (size_t)(answer + answer_len - p), mark, sizeof mark - 1)); p++) {
		const char *digits = p + sizeof mark - 1;
		if (digits + 4 <= answer + answer_len && strspn(digits, "0123456789") >= 3 && digits[3] == ' ')
			at += (size_t)snprintf(out + at, size - at, "%.3s ", digits);
		if (at + 16 > size)
			break;
	}
	snprintf(out + at, size - at, "%s%s", at ? "" : "- ", closed ? "closed" : "open");
}

static bool converse(const struct peer *p, const char *wanted, char *had, size_t size)
{
	int64_t until = now_ms() + PATIENCE_MS;
	bool came = false, closed = false;
	send_shape(p);
	while (!closed && now_ms() < until) {
		closed = read_some(p) < 0;
		summarise(closed, had, size);
		if (!came && strcmp(had, wanted) == 0) {
			came = true;
			until = now_ms() + A_MOMENT_MS;
		}
	}
	return strcmp(had, wanted) == 0;
}

int main(int argc, char **argv)
{
	const char *ca = NULL, *identity = NULL;
	char had[256];
	int i = 1;
	for (; i + 1 < argc && strncmp(argv[i], "--", 2) == 0; i += 2)
		*(strcmp(argv[i], "--ca") == 0 ? &ca : &identity) = argv[i + 1];
	if (argc - i != 2) {
		fputs("usage: raw [--ca FILE [--identity FILE.pem]] PORT WANTED <SHAPE\n", stderr);
		return USAGE;
	}
	signal(SIGPIPE, SIG_IGN);
	read_shape();
	struct peer p = {.fd = dial(argv[i])};
	p.tls = ca ? shake_hands(p.fd, ca, identity) : NULL;
	bool good = converse(&p, argv[i + 1], had, sizeof had);
	puts(had);
	SSL_free(p.tls);
	close(p.fd);
	return good ? 0 : FAILED;
}

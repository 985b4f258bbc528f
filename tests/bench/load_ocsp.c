/* load_ocsp PORT FILE COUNT CONNECTIONS [PAUSE]: the OCSP requests in FILE, one DER behind the other, posted COUNT times in turn
 * over so many kept connections of plain HTTP, each with one request on its way, which begins PAUSE microseconds after the
 * answer before it. Any answer but 200 with a successful OCSPResponse ends it with an error. Prints how long an answer took, in
 * microseconds: the 99th of a hundred. Its own cost does not count. */
#include <arpa/inet.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { CONNECTIONS_MOST = 256, REQUESTS_MOST = 1024, REQUEST_MOST = 1024, ANSWER_MOST = 16384, USAGE = 2, PATIENCE_MS = 10000 };

static struct request {
	size_t len;
	char bytes[REQUEST_MOST];
} requests[REQUESTS_MOST];
static size_t request_count, turn;
static unsigned pause_us;
static unsigned *took_us; /* each answer */

static struct connection {
	size_t len;
	double asked_at;
	char bytes[ANSWER_MOST];
} connections[CONNECTIONS_MOST];
static struct pollfd fds[CONNECTIONS_MOST];

static _Noreturn void die(const char *what)
{
	perror(what);
	exit(1);
}

/* A SEQUENCE whose length has one or two octets; 0: none that has room. */
static size_t der_len(const unsigned char *der, size_t had)
{
	size_t len = had < 3 || der[0] != 0x30 ? 0 : der[1] < 0x80 ? 2 + (size_t)der[1] : der[1] == 0x81 ? 3 + (size_t)der[2] : 0;
	return len <= had ? len : 0;
}

static void make_request(struct request *r, const char *der, size_t len)
{
	int head = snprintf(r->bytes, sizeof r->bytes,
			    "POST /ocsp HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/ocsp-request\r\n"
			    "Content-Length: %zu\r\n\r\n", len);
	memcpy(r->bytes + head, der, len);
	r->len = (size_t)head + len;
}

static void make_requests(const char *path)
{
	static char all[REQUESTS_MOST * 256];
	FILE *f = fopen(path, "r");
	size_t had = f ? fread(all, 1, sizeof all, f) : 0, len;
	for (size_t at = 0; at < had && request_count < REQUESTS_MOST; at += len) {
		len = der_len((const unsigned char *)all + at, had - at);
		if (!len)
			break;
		make_request(&requests[request_count++], all + at, len);
	}
	if (request_count == 0)
		die(path);
	fclose(f);
}

static int dial(unsigned port)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons((uint16_t)port)};
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	if (fd < 0 || connect(fd, (struct sockaddr *)&a, sizeof a) != 0)
		die("connect");
	return fd;
}

static double now_us(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static int by_size(const void *a, const void *b)
{
	unsigned x = *(const unsigned *)a, y = *(const unsigned *)b;
	return (x > y) - (x < y);
}

static void ask(size_t i)
{
	const struct timespec pause = {.tv_nsec = (long)pause_us * 1000};
	const struct request *r = &requests[turn++ % request_count];
	if (pause_us)
		nanosleep(&pause, NULL);
	connections[i].len = 0;
	connections[i].asked_at = now_us();
	if (write(fds[i].fd, r->bytes, r->len) != (ssize_t)r->len)
		die("write");
}

/* ENUMERATED 0 as the first of the outer SEQUENCE, whose length has one to three octets. */
static int is_successful(const char *der)
{
	static const char zero[] = {0x0a, 1, 0};
	return der[0] == 0x30 && (memcmp(der + 3, zero, 3) == 0 || memcmp(der + 4, zero, 3) == 0);
}

/* Whole and as it should be: 1; not whole yet: 0. */
static int answered(struct connection *c)
{
	c->bytes[c->len] = '\0';
	const char *body = strstr(c->bytes, "\r\n\r\n"), *length = strcasestr(c->bytes, "content-length:");
	if (!body || !length)
		return 0;
	size_t have = c->len - (size_t)(body + 4 - c->bytes);
	if (have < strtoul(length + 15, NULL, 10))
		return 0;
	if (strncmp(c->bytes, "HTTP/1.1 200", 12) != 0 || !is_successful(body + 4)) {
		fprintf(stderr, "%.300s\n", c->bytes);
		exit(1);
	}
	return 1;
}

static void take(size_t i)
{
	struct connection *c = &connections[i];
	ssize_t n = read(fds[i].fd, c->bytes + c->len, sizeof c->bytes - 1 - c->len);
	if (n <= 0)
		die("read");
	c->len += (size_t)n;
}

int main(int argc, char **argv)
{
	if (argc != 5 && argc != 6)
		return fputs("usage: load_ocsp PORT FILE COUNT CONNECTIONS [PAUSE]\n", stderr), USAGE;
	unsigned long count = strtoul(argv[3], NULL, 10), n = strtoul(argv[4], NULL, 10), asked = 0, done = 0;
	pause_us = argc == 6 ? (unsigned)strtoul(argv[5], NULL, 10) : 0;
	took_us = calloc(count, sizeof *took_us);
	if (count < 1 || n < 1 || n > CONNECTIONS_MOST || pause_us >= 1000000 || !took_us)
		return USAGE;
	make_requests(argv[2]);
	for (size_t i = 0; i < n; i++) {
		fds[i] = (struct pollfd){.fd = dial((unsigned)strtoul(argv[1], NULL, 10)), .events = POLLIN};
		if (asked++ < count)
			ask(i);
	}
	while (done < count) {
		if (poll(fds, n, PATIENCE_MS) <= 0)
			die("no answer");
		for (size_t i = 0; i < n; i++) {
			if (!fds[i].revents)
				continue;
			take(i);
			if (!answered(&connections[i]))
				continue;
			took_us[done++] = (unsigned)(now_us() - connections[i].asked_at);
			if (asked++ < count)
				ask(i);
		}
	}
	qsort(took_us, count, sizeof *took_us, by_size);
	printf("%u\n", took_us[count * 99 / 100]);
	free(took_us);
	return 0;
}

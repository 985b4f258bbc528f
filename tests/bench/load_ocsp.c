/* load_ocsp PORT FILE COUNT CONNECTIONS: the OCSP request in FILE posted COUNT times over so many kept connections of plain
 * HTTP, each with one request on its way. Any answer but 200 with a successful OCSPResponse ends it with an error. Its own
 * cost does not count. */
#include <arpa/inet.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { CONNECTIONS_MOST = 256, REQUEST_MOST = 8192, ANSWER_MOST = 16384, USAGE = 2, PATIENCE_MS = 10000 };

static char request[REQUEST_MOST];
static size_t request_len;

static struct connection {
	size_t len;
	char bytes[ANSWER_MOST];
} connections[CONNECTIONS_MOST];
static struct pollfd fds[CONNECTIONS_MOST];

static _Noreturn void die(const char *what)
{
	perror(what);
	exit(1);
}

static void make_request(const char *path)
{
	char body[4096];
	FILE *f = fopen(path, "r");
	size_t len = f ? fread(body, 1, sizeof body, f) : 0;
	if (len == 0)
		die(path);
	fclose(f);
	int head = snprintf(request, sizeof request,
			    "POST /ocsp HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/ocsp-request\r\n"
			    "Content-Length: %zu\r\n\r\n", len);
	memcpy(request + head, body, len);
	request_len = (size_t)head + len;
}

static int dial(unsigned port)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons((uint16_t)port)};
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	if (fd < 0 || connect(fd, (struct sockaddr *)&a, sizeof a) != 0)
		die("connect");
	return fd;
}

static void ask(size_t i)
{
	connections[i].len = 0;
	if (write(fds[i].fd, request, request_len) != (ssize_t)request_len)
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
	if (argc != 5)
		return fputs("usage: load_ocsp PORT FILE COUNT CONNECTIONS\n", stderr), USAGE;
	unsigned long count = strtoul(argv[3], NULL, 10), n = strtoul(argv[4], NULL, 10), asked = 0, done = 0;
	if (n < 1 || n > CONNECTIONS_MOST)
		return USAGE;
	make_request(argv[2]);
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
			done++;
			if (asked++ < count)
				ask(i);
		}
	}
	return 0;
}

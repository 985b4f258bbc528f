/* load: the client side of the bench. Its own cost does not count: what is measured is the CPU time of the server.
 *
 *   load CA IDENTITY|- PORT handshakes COUNT PATH     so many connections, a full handshake and one request on each
 *   load CA IDENTITY|- PORT requests COUNT PATH       so many requests over a few kept connections
 *   load CA IDENTITY|- PORT posts COUNT PATH BODY     the same with a JSON body, on one connection; prints the answers
 *   load CA IDENTITY|- PORT hold COUNT PATH           so many connections, one request on each; says "held"; until a signal
 *   load CA IDENTITY|- PORT collect FILE              FILE: a line "TOKEN CODE" an order; each fetched on a connection of its own
 *
 * Any answer but 200 or 201 ends it with an error. */
#include "tests/bench/session.h"

#include <openssl/sha.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { THREADS = 4, REQUEST_MAX = 4096, HELD_MOST = 4096, USAGE = 2 };

struct plan {
	SSL_CTX *context;
	unsigned port;
	size_t count;
	const char *path, *body; /* of collect: the path is the file */
	_Atomic long left;
};

static void must_be_fine(const struct answer *a)
{
	if (a->status == 200 || a->status == 201)
		return;
	fprintf(stderr, "%s\n", a->bytes);
	exit(1);
}

static size_t get(char out[REQUEST_MAX], const char *path, const char *extra)
{
	return (size_t)snprintf(out, REQUEST_MAX, "GET %s HTTP/1.1\r\nHost: localhost\r\nAccept: application/json\r\n%s\r\n", path,
				extra);
}

static size_t post(char out[REQUEST_MAX], const char *path, const char *type, const char *extra, const char *body)
{
	return (size_t)snprintf(out, REQUEST_MAX,
				"POST %s HTTP/1.1\r\nHost: localhost\r\nAccept: application/json\r\n"
				"Content-Type: %s\r\nContent-Length: %zu\r\n%s\r\n%s",
				path, type, strlen(body), extra, body);
}

static void *run_handshakes(void *ctx)
{
	struct plan *p = ctx;
	char request[REQUEST_MAX];
	size_t len = get(request, p->path, "");
	struct answer *a = malloc(sizeof *a);
	while (a && atomic_fetch_sub(&p->left, 1) > 0) {
		struct session s = session_open(p->context, p->port);
		session_ask(&s, request, len, a);
		must_be_fine(a);
		session_close(&s);
	}
	free(a);
	return NULL;
}

static void *run_requests(void *ctx)
{
	struct plan *p = ctx;
	char request[REQUEST_MAX];
	size_t len = get(request, p->path, "");
	struct answer *a = malloc(sizeof *a);
	struct session s = session_open(p->context, p->port);
	while (a && atomic_fetch_sub(&p->left, 1) > 0) {
		session_ask(&s, request, len, a);
		must_be_fine(a);
	}
	session_close(&s);
	free(a);
	return NULL;
}

static void in_threads(struct plan *p, void *(*run)(void *))
{
	pthread_t threads[THREADS];
	for (int i = 0; i < THREADS; i++)
		if (pthread_create(&threads[i], NULL, run, p) != 0)
			die("thread");
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
}

static void posts(struct plan *p, struct answer *a)
{
	char request[REQUEST_MAX];
	size_t len = post(request, p->path, "application/json", "", p->body);
	struct session s = session_open(p->context, p->port);
	for (size_t i = 0; i < p->count; i++) {
		session_ask(&s, request, len, a);
		must_be_fine(a);
		puts(a->body);
	}
	session_close(&s);
}

static _Noreturn void hold(struct plan *p, struct answer *a)
{
	static struct session held[HELD_MOST];
	char request[REQUEST_MAX];
	size_t len = get(request, p->path, "");
	for (size_t i = 0; i < p->count && i < HELD_MOST; i++) {
		held[i] = session_open(p->context, p->port);
		session_ask(&held[i], request, len, a);
		must_be_fine(a);
	}
	puts("held");
	fflush(stdout);
	for (;;)
		pause();
}

static void take_claim(const struct answer *a, char out[128])
{
	const char *claim = strstr(a->body, "\"claim\":\"");
	if (!claim)
		die("no claim");
	snprintf(out, 128, "Authorization: Bearer %.*s\r\n", (int)strcspn(claim + 9, "\""), claim + 9);
}

/* One delivery as the command makes it: the code, the file made, the file fetched, its hash given back. */
static void collect_one(struct plan *p, const char *token, const char *code, struct answer *a)
{
	char path[256], request[REQUEST_MAX], body[128], bearer[128];
	unsigned char hash[SHA256_DIGEST_LENGTH];
	struct session s = session_open(p->context, p->port);
	const char *form = "application/x-www-form-urlencoded";
	snprintf(path, sizeof path, "/d/%s/code", token);
	snprintf(body, sizeof body, "code=%s", code);
	session_ask(&s, request, post(request, path, form, "", body), a);
	must_be_fine(a);
	take_claim(a, bearer);
	snprintf(path, sizeof path, "/d/%s/prepare", token);
	session_ask(&s, request, post(request, path, form, bearer, ""), a);
	must_be_fine(a);
	snprintf(path, sizeof path, "/d/%s/package/modern", token);
	session_ask(&s, request, get(request, path, bearer), a);
	must_be_fine(a);
	SHA256((const unsigned char *)a->body, a->len, hash);
	size_t at = (size_t)snprintf(body, sizeof body, "sha256=");
	for (size_t i = 0; i < sizeof hash; i++)
		at += (size_t)snprintf(body + at, sizeof body - at, "%02x", hash[i]);
	snprintf(path, sizeof path, "/d/%s/received", token);
	session_ask(&s, request, post(request, path, form, bearer, body), a);
	must_be_fine(a);
	session_close(&s);
}

/* One after another: so nothing of the server's work is shared between orders. */
static void collect(struct plan *p, struct answer *a)
{
	char token[64], code[64];
	FILE *orders = fopen(p->path, "r");
	if (!orders)
		die(p->path);
	while (fscanf(orders, "%63s %63s", token, code) == 2)
		collect_one(p, token, code, a);
	fclose(orders);
}

int main(int argc, char **argv)
{
	static struct answer a;
	struct plan p = {0};
	const char *mode = argc > 5 ? argv[4] : "";
	signal(SIGPIPE, SIG_IGN);
	if (argc > 5) {
		p.context = session_context(argv[1], strcmp(argv[2], "-") != 0 ? argv[2] : NULL);
		p.port = (unsigned)strtoul(argv[3], NULL, 10);
		p.count = strtoul(argv[5], NULL, 10);
		p.path = argv[argc > 6 ? 6 : 5];
		p.body = argc > 7 ? argv[7] : "";
		p.left = (long)p.count;
	}
	if (strcmp(mode, "handshakes") == 0)
		in_threads(&p, run_handshakes);
	else if (strcmp(mode, "requests") == 0)
		in_threads(&p, run_requests);
	else if (strcmp(mode, "posts") == 0)
		posts(&p, &a);
	else if (strcmp(mode, "hold") == 0)
		hold(&p, &a);
	else if (strcmp(mode, "collect") == 0)
		collect(&p, &a);
	else
		return fputs("load: see the top of tests/bench/load.c\n", stderr), USAGE;
	SSL_CTX_free(p.context);
	return 0;
}

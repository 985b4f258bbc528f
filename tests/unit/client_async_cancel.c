/* Calls that are ended before their time: from the loop's thread, from another, by freeing the object; in every phase, once,
 * promptly, and no other call with them. */
#include "base/clock.h"
#include "tests/support/call_stage.h"
#include "tests/support/lookup.h"
#include "tests/support/poll_loop.h"
#include "tests/support/identity_stage.h"
#include "tests/support/test.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { PROMPT_MS = 100, FILLERS = 4 };

static atomic_bool test_is_over;

/* A server that never reads the body. */
static bool leave_unread(SSL *ssl, const char *head, struct tls_server *s, bool *more)
{
	char byte;
	(void)s;
	if (!strstr(head, " /unread "))
		return false;
	while (!test_is_over && recv(SSL_get_fd(ssl), &byte, 1, MSG_PEEK) > 0) {
		struct timespec pause = {.tv_nsec = 10000000};
		nanosleep(&pause, NULL);
	}
	*more = false;
	return true;
}

static bool answer(SSL *ssl, const struct seen *request, struct tls_server *s)
{
	char byte;
	(void)s;
	if (strcmp(request->path, "/silent") == 0)
		return SSL_read(ssl, &byte, 1) == 1; /* until the client has gone */
	if (strcmp(request->path, "/half") == 0)
		return tls_say(ssl, "HTTP/1.1 200 X\r\nContent-Length: 100\r\n\r\n0123456789") && SSL_read(ssl, &byte, 1) == 1;
	if (strcmp(request->path, "/busy") == 0)
		return tls_reply(ssl, 503, "Retry-After: 30\r\n", "");
	return tls_reply(ssl, 200, NULL, "hello");
}

static int64_t zeros(void *context, void *into, size_t most)
{
	(void)context;
	memset(into, 0, most);
	return (int64_t)most;
}

static const counterfoil_source endless = {.read = zeros, .length = -1};

/* What a call may be waiting for. */
static const struct phase {
	const char *name, *host; /* NULL: the stage's; "full", "mute": below */
	counterfoil_request request;
} phases[] = {
	{"nothing yet", NULL, {.url = "/hello"}},
	{"a look-up", "https://host.slow", {.url = "/"}},
	{"a connection", "full", {.url = "/"}},
	{"a handshake", "mute", {.url = "/"}},
	{"an answer", NULL, {.url = "/silent"}},
	{"the rest of an answer", NULL, {.url = "/half"}},
	{"somebody who reads", NULL, {.url = "/unread", .method = "PUT", .source = &endless}},
	{"another try", NULL, {.url = "/busy", .retries = 1}},
};

enum { PHASES = sizeof phases / sizeof *phases };

struct bench {
	struct call_stage stage;
	struct poll_loop loop;
	struct told told[PHASES], other;
	int mute, full[FILLERS];
	char mute_host[64], full_host[64];
};

static int listen_at(int backlog, char host[64], struct sockaddr_in *address)
{
	socklen_t len = sizeof *address;
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	*address = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	assert_int_equal(bind(listener, (struct sockaddr *)address, len), 0);
	assert_int_equal(listen(listener, backlog), 0);
	assert_int_equal(getsockname(listener, (struct sockaddr *)address, &len), 0);
	snprintf(host, 64, "https://127.0.0.1:%d", ntohs(address->sin_port));
	return listener;
}

/* One takes TCP and no TLS; the other has so many waiting that it takes nobody any more. */
static void bench_open(struct bench *b)
{
	struct sockaddr_in address;
	memset(b, 0, sizeof *b);
	test_is_over = false;
	b->stage.server.answer = answer;
	b->stage.server.take = leave_unread;
	stage_open(&b->stage, NULL);
	loop_open(&b->loop, b->stage.client);
	b->mute = listen_at(16, b->mute_host, &address);
	b->full[0] = listen_at(0, b->full_host, &address);
	for (int i = 1; i < FILLERS; i++) {
		b->full[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
		(void)!connect(b->full[i], (struct sockaddr *)&address, sizeof address);
	}
}

static void bench_close(struct bench *b)
{
	lookups_end();
	test_is_over = true;
	loop_close(&b->loop);
	assert_int_equal(b->loop.gone, 0);
	stage_is_sound(&b->stage);
	stage_close(&b->stage);
	close(b->mute);
	for (int i = 0; i < FILLERS; i++)
		close(b->full[i]);
}

static void start_phase(struct bench *b, int i, counterfoil_cancel *cancel)
{
	char url[256];
	const struct phase *p = &phases[i];
	counterfoil_request request = p->request;
	const char *host = !p->host ? stage_url(&b->stage, "") : p->host;
	if (strcmp(host, "full") == 0)
		host = b->full_host;
	else if (strcmp(host, "mute") == 0)
		host = b->mute_host;
	snprintf(url, sizeof url, "%s%s", host, request.url);
	request.url = url;
	request.cancel = cancel;
	loop_start(&b->loop, &request, &b->told[i]);
}

/* All of them, and one beside that is none of their affair; those to which something may happen have come to where they wait. */
static void start_phases(struct bench *b, counterfoil_cancel *cancel)
{
	for (int i = 1; i < PHASES; i++)
		start_phase(b, i, cancel);
	loop_start(&b->loop, &(counterfoil_request){.url = stage_url(&b->stage, "/silent"), .total_timeout_ms = 1000}, &b->other);
	loop_for(&b->loop, 500);
	start_phase(b, 0, cancel);
	for (int i = 0; i < PHASES; i++)
		if (b->told[i].times)
			fail_msg("waiting for %s: told %s already", phases[i].name, b->told[i].error.text);
}

static void expect_cancelled(struct bench *b, int64_t since)
{
	for (int i = 0; i < PHASES; i++) {
		expect_told(phases[i].name, &b->told[i], COUNTERFOIL_CANCELLED, NULL);
		if (b->told[i].at - since > PROMPT_MS)
			fail_msg("waiting for %s: ended after %lld ms", phases[i].name, (long long)(b->told[i].at - since));
	}
}

static void calls_end_promptly_in_whatever_they_wait_for(void **state)
{
	(void)state;
	struct bench b;
	bench_open(&b);
	start_phases(&b, NULL);
	int64_t since = clock_mono_ms();
	for (int i = 0; i < PHASES; i++) {
		counterfoil_async_cancel(b.told[i].call);
		counterfoil_async_cancel(b.told[i].call); /* twice is once */
		assert_int_equal(b.told[i].times, 0);     /* not from in there */
	}
	loop_once(&b.loop, 0);
	expect_cancelled(&b, since);
	loop_run(&b.loop);
	expect_told("the other", &b.other, COUNTERFOIL_TIMEOUT, NULL);
	bench_close(&b);
}

/* What is left open afterwards: the same after one time as after two. */
static void freeing_the_object_ends_its_calls(void **state)
{
	(void)state;
	struct bench b;
	int left = 0;
	bench_open(&b);
	for (int time = 0; time < 2; time++) {
		start_phases(&b, NULL);
		int64_t since = clock_mono_ms();
		loop_close(&b.loop);
		assert_int_equal(b.loop.gone, 0);
		expect_cancelled(&b, since);
		expect_told("the other", &b.other, COUNTERFOIL_CANCELLED, NULL);
		lookups_end();
		test_is_over = true;
		left = time ? left : descriptors_at_rest(0);
		assert_in_range(descriptors_at_rest(left), 0, left);
		test_is_over = false;
		loop_open(&b.loop, b.stage.client);
	}
	bench_close(&b);
}

static void *cancel_soon(void *data)
{
	const struct timespec pause = {.tv_nsec = 50000000};
	nanosleep(&pause, NULL);
	counterfoil_cancel_now(data);
	return NULL;
}

static void another_thread_ends_them_too(void **state)
{
	(void)state;
	struct bench b;
	pthread_t thread;
	bench_open(&b);
	counterfoil_cancel *cancel = counterfoil_cancel_new();
	start_phases(&b, cancel);
	assert_int_equal(pthread_create(&thread, NULL, cancel_soon, cancel), 0);
	int64_t since = clock_mono_ms();
	loop_once(&b.loop, 1000); /* the call that waits for nothing */
	while (!b.told[PHASES - 1].times && clock_mono_ms() < since + 1000)
		loop_once(&b.loop, 1000);
	pthread_join(thread, NULL);
	if (b.told[0].code == COUNTERFOIL_OK) { /* quicker than the other thread */
		counterfoil_response_free(b.told[0].response);
		b.told[0] = b.told[1];
	}
	expect_cancelled(&b, since + 50);
	loop_run(&b.loop);
	expect_told("the other", &b.other, COUNTERFOIL_TIMEOUT, NULL);
	counterfoil_cancel_free(cancel);
	bench_close(&b);
}

/* Threads that cancel while the loop starts and ends calls. */
enum { ROUNDS = 24, SIDE_BY_SIDE = 8 };

static void *cancel_all(void *data)
{
	_Atomic(counterfoil_cancel *) *shared = data;
	for (;;) {
		counterfoil_cancel *cancel = atomic_exchange(shared, NULL);
		if (cancel)
			counterfoil_cancel_now(cancel);
		if (test_is_over)
			return NULL;
		sched_yield();
	}
}

static void cancels_and_ends_may_meet(void **state)
{
	(void)state;
	struct bench b;
	pthread_t thread;
	_Atomic(counterfoil_cancel *) shared = NULL;
	struct told told[SIDE_BY_SIDE];
	int ended = 0, cancelled = 0;
	bench_open(&b);
	assert_int_equal(pthread_create(&thread, NULL, cancel_all, &shared), 0);
	for (int round = 0; round < ROUNDS; round++) {
		counterfoil_cancel *cancel = counterfoil_cancel_new();
		for (int i = 0; i < SIDE_BY_SIDE; i++)
			loop_start(&b.loop, &(counterfoil_request){.url = stage_url(&b.stage, "/hello"), .cancel = cancel}, &told[i]);
		for (int i = 0; i < round * 3; i++)
			loop_once(&b.loop, 1);
		atomic_store(&shared, cancel);
		loop_run(&b.loop);
		while (atomic_load(&shared))
			sched_yield();
		for (int i = 0; i < SIDE_BY_SIDE; i++) {
			ended += told[i].code == COUNTERFOIL_OK;
			cancelled += told[i].code == COUNTERFOIL_CANCELLED;
			assert_int_equal(told[i].times, 1);
			counterfoil_response_free(told[i].response);
		}
		/* the other thread may still be in counterfoil_cancel_now: one call more with it, which ends cancelled */
		struct told last;
		const counterfoil_request request = {.size = sizeof request, .url = stage_url(&b.stage, "/silent"), .cancel = cancel};
		const counterfoil_async_request wanted = {.size = sizeof wanted, .call = &request, .on_done = on_told, .context = &last};
		last = (struct told){0};
		if (counterfoil_async_start(b.loop.async, &wanted, NULL, NULL) == COUNTERFOIL_OK) {
			loop_run(&b.loop);
			expect_told("the last", &last, COUNTERFOIL_CANCELLED, NULL);
		}
		counterfoil_cancel_free(cancel);
	}
	test_is_over = true;
	pthread_join(thread, NULL);
	assert_int_equal(ended + cancelled, ROUNDS * SIDE_BY_SIDE);
	assert_true(ended > 0 && cancelled > 0);
	bench_close(&b);
}

static void connections_are_kept_by_calls_that_may_be_cancelled(void **state)
{
	(void)state;
	struct bench b;
	bench_open(&b);
	counterfoil_cancel *cancel = counterfoil_cancel_new();
	for (int i = 0; i < 3; i++) {
		loop_start(&b.loop, &(counterfoil_request){.url = stage_url(&b.stage, "/hello"), .cancel = cancel}, &b.other);
		loop_run(&b.loop); /* ends: what wakes the loop is not watched without need */
		expect_told("a call", &b.other, COUNTERFOIL_OK, "hello");
	}
	assert_int_equal(b.stage.server.connections, 1);
	counterfoil_cancel_free(cancel);
	bench_close(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(calls_end_promptly_in_whatever_they_wait_for),
		cmocka_unit_test(freeing_the_object_ends_its_calls),
		cmocka_unit_test(another_thread_ends_them_too),
		cmocka_unit_test(cancels_and_ends_may_meet),
		cmocka_unit_test(connections_are_kept_by_calls_that_may_be_cancelled),
	};
	return cmocka_run_group_tests(tests, stage_setup, stage_teardown);
}

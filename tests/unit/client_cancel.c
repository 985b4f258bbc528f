/* Cancelling from another thread: prompt in whatever the call is waiting for, and of no other call. */
#include "base/clock.h"
#include "tests/support/call_stage.h"
#include "tests/support/lookup.h"
#include "tests/support/test.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { PROMPT_MS = 100, TRIES = 3 };

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

static atomic_bool test_is_over;

/* A server that never reads the body. */
static bool leave_unread(SSL *ssl, const char *head, struct tls_server *s, bool *more)
{
	char byte;
	(void)s;
	if (!strstr(head, " /unread "))
		return false;
	while (recv(SSL_get_fd(ssl), &byte, 1, MSG_PEEK) > 0) { /* until the client has gone, which is after its bytes */
		struct timespec pause = {.tv_nsec = 10000000};
		nanosleep(&pause, NULL);
		if (test_is_over)
			break;
	}
	*more = false;
	return true;
}

static int64_t zeros(void *context, void *into, size_t most)
{
	(void)context;
	memset(into, 0, most);
	return (int64_t)most;
}

struct caller {
	counterfoil_client *client;
	counterfoil_request request;
	counterfoil_code code;
	int64_t ended;
	atomic_bool begun;
	pthread_t thread;
};

static void *call(void *data)
{
	struct caller *c = data;
	counterfoil_response *response = NULL;
	c->begun = true;
	c->code = counterfoil_call(c->client, &c->request, &response, NULL);
	c->ended = clock_mono_ms();
	counterfoil_response_free(response);
	return NULL;
}

static void start(struct caller *c)
{
	c->request.size = sizeof c->request;
	assert_int_equal(pthread_create(&c->thread, NULL, call, c), 0);
}

/* Long enough for the call to have come to where it waits, and between libcurl's own timers (at 200 and 1,000 ms), which
 * would end its sleep as a cancel does. */
static void settle(void)
{
	const struct timespec pause = {.tv_nsec = 500000000};
	nanosleep(&pause, NULL);
}

static int64_t cancel_once(struct caller *c)
{
	c->request.cancel = counterfoil_cancel_new();
	assert_non_null(c->request.cancel);
	start(c);
	settle();
	int64_t told = clock_mono_ms();
	counterfoil_cancel_now(c->request.cancel);
	pthread_join(c->thread, NULL);
	counterfoil_cancel_free(c->request.cancel);
	if (c->code != COUNTERFOIL_CANCELLED)
		fail_msg("%s: wanted cancelled, had %s", c->request.url, counterfoil_code_word(c->code));
	return c->ended - told;
}

/* The best of a few: what is looked for waits for up to a second each time, a busy machine not. */
static void expect_prompt(const char *what, struct caller *c)
{
	int64_t best = INT64_MAX;
	for (int i = 0; i < TRIES && best > PROMPT_MS; i++) {
		int64_t took = cancel_once(c);
		best = took < best ? took : best;
	}
	if (best > PROMPT_MS)
		fail_msg("%s: %lld ms from cancel to end, %d at most", what, (long long)best, PROMPT_MS);
}

static void calls_end_promptly_in_whatever_they_wait_for(void **state)
{
	(void)state;
	static const char *const paths[] = {"/silent", "/half"};
	struct call_stage stage = {.server = {.answer = answer}};
	stage_open(&stage, NULL);
	for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
		struct caller c = {.client = stage.client, .request = {.url = stage_url(&stage, paths[i])}};
		expect_prompt(paths[i], &c);
	}
	struct caller wait = {.client = stage.client, .request = {.url = stage_url(&stage, "/busy"), .retries = 1}};
	expect_prompt("the wait before another try", &wait);
	stage_is_sound(&stage);
	stage_close(&stage);
}

static void an_upload_that_nobody_reads_is_ended_promptly(void **state)
{
	(void)state;
	test_is_over = false;
	struct call_stage stage = {.server = {.answer = answer, .take = leave_unread}};
	stage_open(&stage, NULL);
	const counterfoil_source source = {.read = zeros, .length = -1};
	struct caller c = {.client = stage.client, .request = {.method = "PUT", .url = stage_url(&stage, "/unread"), .source = &source}};
	expect_prompt("an upload", &c);
	test_is_over = true;
	stage_close(&stage);
}

static void connecting_is_ended_promptly(void **state)
{
	(void)state;
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof address;
	char url[64];
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0); /* TCP is taken by the kernel, TLS by nobody */
	assert_int_equal(bind(listener, (struct sockaddr *)&address, len), 0);
	assert_int_equal(listen(listener, 16), 0);
	assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &len), 0);
	snprintf(url, sizeof url, "https://127.0.0.1:%d/", ntohs(address.sin_port));
	counterfoil_client *client = stage_client(NULL);
	struct caller c = {.client = client, .request = {.url = url}};
	expect_prompt("a handshake", &c);
	counterfoil_client_free(client);
	close(listener);
}

static void looking_up_a_name_is_ended_promptly(void **state)
{
	(void)state;
	counterfoil_client *client = stage_client(NULL);
	struct caller c = {.client = client, .request = {.url = "https://host.slow/"}};
	expect_prompt("a look-up", &c);
	counterfoil_client_free(client);
	lookups_end();
}

static void a_look_up_does_not_hold_up_the_end_of_the_time(void **state)
{
	(void)state;
	counterfoil_client *client = stage_client(NULL);
	struct caller c = {.client = client, .request = {.url = "https://host.slow/", .total_timeout_ms = 200}};
	int64_t began = clock_mono_ms();
	start(&c);
	settle();
	settle(); /* who waits for the look-up waits until here */
	lookups_end();
	pthread_join(c.thread, NULL);
	assert_int_equal(c.code, COUNTERFOIL_TIMEOUT);
	if (c.ended - began > 600)
		fail_msg("200 ms were given, %lld taken", (long long)(c.ended - began));
	counterfoil_client_free(client);
}

static void a_call_with_what_was_cancelled_before_is_not_made(void **state)
{
	(void)state;
	struct call_stage stage = {.server = {.answer = answer}};
	stage_open(&stage, NULL);
	counterfoil_cancel *cancel = counterfoil_cancel_new();
	counterfoil_cancel_now(cancel);
	for (int i = 0; i < 2; i++)
		stage_call(&stage, &(counterfoil_request){.url = stage_url(&stage, "/hello"), .cancel = cancel}, COUNTERFOIL_CANCELLED, NULL);
	assert_int_equal(stage.server.connections, 0);
	counterfoil_cancel_free(cancel);
	stage_is_sound(&stage);
	stage_close(&stage);
}

static void one_cancel_ends_its_calls_and_no_others(void **state)
{
	(void)state;
	enum { CALLS = 4 };
	struct call_stage stage = {.server = {.answer = answer}};
	stage_open(&stage, NULL);
	counterfoil_cancel *one = counterfoil_cancel_new(), *other = counterfoil_cancel_new();
	struct caller mine[CALLS], others[2];
	char url[256];
	snprintf(url, sizeof url, "%s", stage_url(&stage, "/silent"));
	for (int i = 0; i < CALLS; i++) {
		mine[i] = (struct caller){.client = stage.client, .request = {.url = url, .cancel = one}};
		start(&mine[i]);
	}
	for (int i = 0; i < 2; i++) {
		others[i] = (struct caller){.client = stage.client, .request = {.url = url, .cancel = i ? other : NULL, .total_timeout_ms = 700}};
		start(&others[i]);
	}
	settle();
	counterfoil_cancel_now(one);
	for (int i = 0; i < CALLS; i++) {
		pthread_join(mine[i].thread, NULL);
		assert_int_equal(mine[i].code, COUNTERFOIL_CANCELLED);
	}
	for (int i = 0; i < 2; i++) {
		pthread_join(others[i].thread, NULL);
		assert_int_equal(others[i].code, COUNTERFOIL_TIMEOUT);
	}
	counterfoil_cancel_free(one);
	counterfoil_cancel_free(other);
	counterfoil_cancel_now(NULL);
	counterfoil_cancel_free(NULL);
	stage_close(&stage);
}

static void connections_are_kept_by_calls_that_may_be_cancelled(void **state)
{
	(void)state;
	struct call_stage stage = {.server = {.answer = answer}};
	stage_open(&stage, NULL);
	counterfoil_cancel *cancel = counterfoil_cancel_new();
	for (int i = 0; i < 3; i++)
		stage_call(&stage, &(counterfoil_request){.url = stage_url(&stage, "/hello"), .cancel = cancel}, COUNTERFOIL_OK, NULL);
	for (int i = 0; i < 3; i++)
		stage_is_sound(&stage);
	assert_int_equal(stage.server.connections, 1);
	counterfoil_cancel_free(cancel);
	stage_close(&stage);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(calls_end_promptly_in_whatever_they_wait_for),
		cmocka_unit_test(an_upload_that_nobody_reads_is_ended_promptly),
		cmocka_unit_test(connecting_is_ended_promptly),
		cmocka_unit_test(looking_up_a_name_is_ended_promptly),
		cmocka_unit_test(a_look_up_does_not_hold_up_the_end_of_the_time),
		cmocka_unit_test(a_call_with_what_was_cancelled_before_is_not_made),
		cmocka_unit_test(one_cancel_ends_its_calls_and_no_others),
		cmocka_unit_test(connections_are_kept_by_calls_that_may_be_cancelled),
	};
	return cmocka_run_group_tests(tests, stage_setup, stage_teardown);
}

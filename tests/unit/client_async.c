/* The asynchronous form: every kind of call in one thread, ended once each, by whatever ends it. */
#include "base/clock.h"
#include "tests/support/call_stage.h"
#include "tests/support/poll_loop.h"
#include "tests/support/test.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MANY = 200 };

static bool answer(SSL *ssl, const struct seen *request, struct tls_server *s)
{
	char byte;
	(void)s;
	if (strcmp(request->path, "/silent") == 0)
		return SSL_read(ssl, &byte, 1) == 1; /* until the client has gone */
	if (strcmp(request->path, "/half") == 0)
		return tls_say(ssl, "HTTP/1.1 200 X\r\nContent-Length: 100\r\n\r\n0123456789") && SSL_read(ssl, &byte, 1) == 1;
	if (strcmp(request->path, "/refused") == 0)
		return tls_reply(ssl, 403, NULL, "no");
	if (strcmp(request->path, "/last") == 0)
		return tls_reply(ssl, 200, NULL, "last") && false;
	if (request->body_len)
		return tls_reply(ssl, 200, NULL, request->body);
	return tls_reply(ssl, 200, NULL, strcmp(request->path, "/hello") == 0 ? "hello" : request->path);
}

struct bench {
	struct call_stage stage;
	struct poll_loop loop;
};

static void bench_open(struct bench *b, const counterfoil_client_options *options)
{
	memset(b, 0, sizeof *b);
	b->stage.server.answer = answer;
	stage_open(&b->stage, options);
	loop_open(&b->loop, b->stage.client);
}

static void bench_close(struct bench *b)
{
	loop_close(&b->loop);
	stage_is_sound(&b->stage);
	stage_close(&b->stage);
}

static void one_call_is_answered(void **state)
{
	(void)state;
	struct bench b;
	struct told told;
	bench_open(&b, NULL);
	for (int i = 0; i < 3; i++) {
		loop_start(&b.loop, &(counterfoil_request){.url = stage_url(&b.stage, "/hello")}, &told);
		assert_int_equal(b.stage.server.connections, i > 0); /* not before the loop comes round */
		memset(b.stage.url, 'x', 20);                        /* the URL was copied */
		loop_run(&b.loop);
		expect_told("hello", &told, COUNTERFOIL_OK, "hello");
	}
	stage_is_sound(&b.stage);
	assert_int_equal(b.stage.server.connections, 1); /* kept, and shared with counterfoil_call */
	bench_close(&b);
}

static void many_calls_go_side_by_side_in_one_thread(void **state)
{
	(void)state;
	struct bench b;
	static struct told told[MANY];
	static char paths[MANY][16];
	bench_open(&b, NULL);
	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < MANY; i++) {
			snprintf(paths[i], sizeof paths[i], "/%d-%d", round, i);
			loop_start(&b.loop, &(counterfoil_request){.url = stage_url(&b.stage, paths[i])}, &told[i]);
		}
		loop_run(&b.loop);
		for (int i = 0; i < MANY; i++)
			expect_told(paths[i], &told[i], COUNTERFOIL_OK, paths[i]);
	}
	assert_int_equal(b.stage.server.connections, 2 * MANY - 8); /* so many are kept */
	bench_close(&b);
}

/* Listens and takes no TLS. */
static int mute_server(int *port)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof address;
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(listener, (struct sockaddr *)&address, len), 0);
	assert_int_equal(listen(listener, 16), 0);
	assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &len), 0);
	*port = ntohs(address.sin_port);
	return listener;
}

static void ends_are_those_of_a_plain_call(void **state)
{
	(void)state;
	int mute_port;
	const int mute = mute_server(&mute_port);
	struct bench b;
	bench_open(&b, &(counterfoil_client_options){.connect_timeout_ms = 700, .stall_timeout_seconds = 1});
	char own[256], wrong[64], nowhere[64], silent_port[64];
	snprintf(own, sizeof own, "%s", stage_url(&b.stage, ""));
	snprintf(wrong, sizeof wrong, "https://other.test:%d/", b.stage.server.port);
	snprintf(silent_port, sizeof silent_port, "https://127.0.0.1:%d/", mute_port);
	close(mute_server(&mute_port));
	snprintf(nowhere, sizeof nowhere, "https://127.0.0.1:%d/", mute_port);
	const struct {
		const char *host, *path;
		counterfoil_request request;
		counterfoil_code want;
		const char *body;
	} cases[] = {
		{own, "/hello", {0}, COUNTERFOIL_OK, "hello"},
		{own, "/hello", {.method = "HEAD"}, COUNTERFOIL_OK, ""},
		{own, "/echo", {.method = "POST", .body = {"sent", 4}}, COUNTERFOIL_OK, "sent"},
		{own, "/refused", {0}, COUNTERFOIL_REFUSED, "no"},
		{own, "/hello", {.body_cap = 4}, COUNTERFOIL_TOO_LARGE, NULL},
		{own, "/silent", {.total_timeout_ms = 300}, COUNTERFOIL_TIMEOUT, NULL},
		{own, "/silent", {0}, COUNTERFOIL_TIMEOUT, NULL}, /* stalls */
		{silent_port, "", {0}, COUNTERFOIL_TIMEOUT, NULL},
		{wrong, "", {0}, COUNTERFOIL_WRONG_HOST, NULL},
		{nowhere, "", {0}, COUNTERFOIL_UNREACHABLE, NULL},
		{"https://nowhere.none/", "", {0}, COUNTERFOIL_UNREACHABLE, NULL},
	};
	enum { CASES = sizeof cases / sizeof *cases };
	struct told told[CASES];
	char urls[CASES][300];
	for (int i = 0; i < CASES; i++) { /* all at once */
		counterfoil_request request = cases[i].request;
		snprintf(urls[i], sizeof urls[i], "%s%s", cases[i].host, cases[i].path);
		request.url = urls[i];
		loop_start(&b.loop, &request, &told[i]);
	}
	loop_run(&b.loop);
	for (int i = 0; i < CASES; i++) {
		counterfoil_request request = cases[i].request;
		counterfoil_response *response = NULL;
		counterfoil_error error;
		request.url = urls[i];
		request.size = sizeof request;
		assert_int_equal(counterfoil_call(b.stage.client, &request, &response, &error), cases[i].want);
		counterfoil_response_free(response);
		assert_string_equal(told[i].error.text, error.text);
		expect_told(urls[i], &told[i], cases[i].want, cases[i].body);
	}
	close(mute);
	bench_close(&b);
}

static void the_next_address_of_a_host_is_tried(void **state)
{
	(void)state;
	struct bench b;
	struct told told;
	char url[64];
	bench_open(&b, NULL);
	snprintf(url, sizeof url, "https://localhost.twice:%d/", b.stage.server.port);
	loop_start(&b.loop, &(counterfoil_request){.url = url}, &told);
	loop_run(&b.loop);
	expect_told(url, &told, COUNTERFOIL_WRONG_HOST, NULL); /* it was reached */
	bench_close(&b);
}

static void another_ca_is_not_trusted(void **state)
{
	(void)state;
	struct bench b;
	struct told told;
	counterfoil_client *other = NULL;
	const counterfoil_client_options options = {.size = sizeof options, .trust = COUNTERFOIL_TRUST_SYSTEM};
	bench_open(&b, NULL);
	loop_close(&b.loop);
	assert_int_equal(counterfoil_client_new(&options, &other, NULL), COUNTERFOIL_OK);
	loop_open(&b.loop, other);
	loop_start(&b.loop, &(counterfoil_request){.url = stage_url(&b.stage, "/hello")}, &told);
	loop_run(&b.loop);
	expect_told("another CA", &told, COUNTERFOIL_UNKNOWN_CA, NULL);
	assert_int_equal(b.stage.server.requests, 0);
	counterfoil_async_free(b.loop.async);
	counterfoil_client_free(other);
	loop_open(&b.loop, b.stage.client);
	bench_close(&b);
}

static void never(void *context, counterfoil_code code, counterfoil_response *response, const counterfoil_error *error)
{
	(void)context;
	(void)response;
	fail_msg("on_done of a call that was not started: %s %s", counterfoil_code_word(code), error->text);
}

static void what_cannot_be_a_call_is_not_started(void **state)
{
	(void)state;
	struct bench b;
	bench_open(&b, NULL);
	static const char *const length[] = {"Content-Length: 1", NULL};
	const counterfoil_part unreadable = {.name = "f", .path = "/nonexistent/file"};
	counterfoil_cancel *cancelled = counterfoil_cancel_new();
	counterfoil_cancel_now(cancelled);
	const char *url = stage_url(&b.stage, "/");
	const struct {
		counterfoil_request request;
		counterfoil_code want;
	} cases[] = {
		{{.url = "http://localhost/"}, COUNTERFOIL_BAD_INPUT},
		{{.url = NULL}, COUNTERFOIL_BAD_INPUT},
		{{.url = url, .method = "get"}, COUNTERFOIL_BAD_INPUT},
		{{.url = url, .headers = length}, COUNTERFOIL_BAD_INPUT},
		{{.url = url, .retries = 101}, COUNTERFOIL_BAD_INPUT},
		{{.url = url, .method = "POST", .parts = &unreadable, .part_count = 1}, COUNTERFOIL_FILE_UNREADABLE},
		{{.url = url, .cancel = cancelled}, COUNTERFOIL_CANCELLED},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		counterfoil_request request = cases[i].request;
		counterfoil_async_request wanted = {.size = sizeof wanted, .call = &request, .on_done = never};
		counterfoil_async_call *call = (counterfoil_async_call *)&wanted;
		counterfoil_error error;
		request.size = sizeof request;
		if (counterfoil_async_start(b.loop.async, &wanted, &call, &error) != cases[i].want || error.code != cases[i].want || call)
			fail_msg("case %zu: wanted %s, had %s", i, counterfoil_code_word(cases[i].want), counterfoil_code_word(error.code));
		loop_run(&b.loop);
	}
	const counterfoil_request fine = {.size = sizeof fine, .url = url};
	const counterfoil_async_request wrong[] = {
		{.size = sizeof *wrong, .on_done = never}, {.size = sizeof *wrong, .call = &fine}, {.call = &fine, .on_done = never}};
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
		assert_int_equal(counterfoil_async_start(b.loop.async, &wrong[i], NULL, NULL), COUNTERFOIL_BAD_INPUT);
	assert_int_equal(counterfoil_async_start(NULL, wrong, NULL, NULL), COUNTERFOIL_BAD_INPUT);
	assert_int_equal(b.stage.server.connections, 0);
	counterfoil_cancel_free(cancelled);
	bench_close(&b);
}

static void objects_want_both_callbacks(void **state)
{
	(void)state;
	struct bench b;
	counterfoil_async *made = NULL;
	bench_open(&b, NULL);
	const counterfoil_async_options none = {.size = sizeof none};
	assert_int_equal(counterfoil_async_new(b.stage.client, &none, &made, NULL), COUNTERFOIL_BAD_INPUT);
	assert_int_equal(counterfoil_async_new(b.stage.client, NULL, &made, NULL), COUNTERFOIL_BAD_INPUT);
	assert_int_equal(counterfoil_async_new(b.stage.client, &none, NULL, NULL), COUNTERFOIL_BAD_INPUT);
	assert_null(made);
	assert_int_equal(counterfoil_async_ready(NULL, 0, 0), COUNTERFOIL_BAD_INPUT);
	assert_int_equal(counterfoil_async_timer(NULL), COUNTERFOIL_BAD_INPUT);
	assert_int_equal(counterfoil_async_ready(b.loop.async, -1, 0), COUNTERFOIL_BAD_INPUT);
	assert_int_equal(counterfoil_async_ready(b.loop.async, 100000, 0), COUNTERFOIL_OK);
	assert_int_equal(counterfoil_async_ready(b.loop.async, 0, COUNTERFOIL_WANT_READ), COUNTERFOIL_OK);
	assert_int_equal(counterfoil_async_timer(b.loop.async), COUNTERFOIL_OK);
	counterfoil_async_free(NULL);
	counterfoil_async_cancel(NULL);
	bench_close(&b);
}

struct body { /* what a source gives, what a sink got, what progress said */
	size_t left, got;
	int begins, progresses;
};

static int64_t give(void *context, void *into, size_t most)
{
	struct body *body = context;
	size_t n = body->left < most ? body->left : most;
	memset(into, 'b', n);
	body->left -= n;
	return (int64_t)n;
}

static int get(void *context, const void *bytes, size_t len)
{
	struct body *body = context;
	(void)bytes;
	body->got += len;
	return 0;
}

static int begin(void *context, const counterfoil_response *head)
{
	struct body *body = context;
	body->begins++;
	return counterfoil_response_status(head) == 200 ? 0 : -1;
}

static int note_progress(void *context, int64_t sent, int64_t to_send, int64_t received, int64_t to_receive)
{
	struct body *body = context;
	(void)sent;
	(void)to_send;
	(void)received;
	(void)to_receive;
	body->progresses++;
	return 0;
}

static void bodies_come_from_sources_and_go_to_sinks(void **state)
{
	(void)state;
	enum { CALLS = 3, LENGTH = 300000 };
	struct bench b;
	struct body bodies[CALLS];
	struct told told[CALLS];
	counterfoil_source sources[CALLS];
	counterfoil_sink sinks[CALLS];
	bench_open(&b, NULL);
	for (int i = 0; i < CALLS; i++) {
		bodies[i] = (struct body){.left = LENGTH};
		sources[i] = (counterfoil_source){.read = give, .context = &bodies[i], .length = i ? LENGTH : -1};
		sinks[i] = (counterfoil_sink){.write = get, .begin = begin, .context = &bodies[i]};
		loop_start(&b.loop, &(counterfoil_request){.method = "PUT", .url = stage_url(&b.stage, "/echo"), .source = &sources[i], .sink = &sinks[i],
							   .progress = note_progress, .progress_context = &bodies[i]}, &told[i]);
	}
	loop_run(&b.loop);
	for (int i = 0; i < CALLS; i++) {
		expect_told("echo", &told[i], COUNTERFOIL_OK, "");
		assert_int_equal(bodies[i].got, LENGTH);
		assert_int_equal(bodies[i].begins, 1);
		assert_true(bodies[i].progresses > 0);
	}
	bench_close(&b);
}

static void forms_go_out(void **state)
{
	(void)state;
	struct bench b;
	struct told told;
	const counterfoil_part parts[] = {{.name = "a", .data = {"one", 3}}};
	bench_open(&b, NULL);
	loop_start(&b.loop, &(counterfoil_request){.method = "POST", .url = stage_url(&b.stage, "/echo"), .parts = parts, .part_count = 1}, &told);
	loop_run(&b.loop);
	assert_non_null(strstr(counterfoil_response_body(told.response).data, "one"));
	expect_told("form", &told, COUNTERFOIL_OK, NULL);
	bench_close(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_call_is_answered),
		cmocka_unit_test(many_calls_go_side_by_side_in_one_thread),
		cmocka_unit_test(ends_are_those_of_a_plain_call),
		cmocka_unit_test(the_next_address_of_a_host_is_tried),
		cmocka_unit_test(another_ca_is_not_trusted),
		cmocka_unit_test(what_cannot_be_a_call_is_not_started),
		cmocka_unit_test(objects_want_both_callbacks),
		cmocka_unit_test(bodies_come_from_sources_and_go_to_sinks),
		cmocka_unit_test(forms_go_out),
	};
	return cmocka_run_group_tests(tests, stage_setup, stage_teardown);
}

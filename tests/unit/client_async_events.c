/* What happens on the way: tries again and their waits, callbacks that fail, and callbacks that call the library. */
#include "base/clock.h"
#include "tests/support/call_stage.h"
#include "tests/support/poll_loop.h"
#include "tests/support/test.h"

#include <stdio.h>
#include <string.h>

enum { STEPS = 8, CHAIN = 20 };

/* What the server answers in turn to /script; the last ever after. 0: closes without an answer. */
static struct {
	int steps[STEPS];
	const char *extra;
	atomic_int done;
	int64_t at[STEPS];
} script;

static bool answer(SSL *ssl, const struct seen *request, struct tls_server *s)
{
	char byte;
	(void)s;
	if (strcmp(request->path, "/silent") == 0)
		return SSL_read(ssl, &byte, 1) == 1; /* until the client has gone */
	if (strcmp(request->path, "/two-pieces") == 0)
		return tls_say(ssl, "HTTP/1.1 200 X\r\nContent-Length: 10\r\n\r\n01234") && SSL_read(ssl, &byte, 1) == 1;
	if (strcmp(request->path, "/script") != 0)
		return tls_reply(ssl, 200, NULL, request->body_len ? request->body : "hello");
	int n = script.done++, step = script.steps[n < STEPS ? n : STEPS - 1];
	if (n < STEPS)
		script.at[n] = clock_mono_ms();
	return step && tls_reply(ssl, step, step >= 400 ? script.extra : NULL, "tried");
}

struct bench {
	struct call_stage stage;
	struct poll_loop loop;
	char url[4][256]; /* of paths */
	struct told told, other;
};

static struct bench b;

static void bench_open(const char *extra, const int steps[STEPS])
{
	memset(&b, 0, sizeof b);
	b.stage.server.answer = answer;
	stage_open(&b.stage, NULL);
	loop_open(&b.loop, b.stage.client);
	static const char *const paths[] = {"/hello", "/script", "/silent", "/two-pieces"};
	for (int i = 0; i < 4; i++)
		snprintf(b.url[i], sizeof b.url[i], "%s", stage_url(&b.stage, paths[i]));
	memset(&script, 0, sizeof script);
	script.extra = extra;
	if (steps)
		memcpy(script.steps, steps, sizeof script.steps);
}

#define HELLO b.url[0]
#define SCRIPT b.url[1]
#define SILENT b.url[2]
#define TWO_PIECES b.url[3]

static void bench_close(void)
{
	loop_close(&b.loop);
	stage_is_sound(&b.stage);
	stage_close(&b.stage);
}

static void start(counterfoil_request request, struct told *told)
{
	loop_start(&b.loop, &request, told);
}

static void expect_wait(int64_t had, int64_t least, int64_t most)
{
	if (had < least || had > most)
		fail_msg("waited %lld ms, wanted %lld to %lld", (long long)had, (long long)least, (long long)most);
}

static void tries_wait_by_timer_while_other_calls_go_on(void **state)
{
	(void)state;
	bench_open(NULL, (const int[STEPS]){503, 429, 502, 200});
	start((counterfoil_request){.url = SCRIPT, .retries = 5, .retry_wait_ms = 200}, &b.told);
	int64_t began = clock_mono_ms();
	for (int i = 0; !b.told.times; i++) {
		start((counterfoil_request){.url = HELLO}, &b.other);
		while (!b.other.times)
			loop_once(&b.loop, 100);
		expect_told("beside it", &b.other, COUNTERFOIL_OK, "hello");
		assert_true(clock_mono_ms() - began < 10000);
	}
	expect_told("the fourth try", &b.told, COUNTERFOIL_OK, "tried");
	assert_int_equal(script.done, 4);
	expect_wait(script.at[1] - script.at[0], 100, 1000);
	expect_wait(script.at[2] - script.at[1], 200, 1500);
	expect_wait(script.at[3] - script.at[2], 400, 3000);
	bench_close();
}

static void servers_say_how_long_to_wait(void **state)
{
	(void)state;
	bench_open("Retry-After: 1\r\n", (const int[STEPS]){503, 200});
	start((counterfoil_request){.url = SCRIPT, .retries = 1, .retry_wait_ms = 10}, &b.told);
	loop_run(&b.loop);
	expect_told("the second try", &b.told, COUNTERFOIL_OK, "tried");
	expect_wait(script.at[1] - script.at[0], 1000, 5000);
	bench_close();
}

static void the_last_result_stands(void **state)
{
	(void)state;
	static const struct {
		const char *name, *extra;
		counterfoil_request request;
		int requests;
	} cases[] = {
		{"no retries", NULL, {0}, 1},
		{"all used up", NULL, {.retries = 2, .retry_wait_ms = 1}, 3},
		{"too long to wait", "Retry-After: 31\r\n", {.retries = 2}, 1},
		{"no time left", NULL, {.retries = 2, .retry_wait_ms = 2000, .total_timeout_ms = 500}, 1},
		{"does harm twice", NULL, {.method = "POST", .retries = 2, .retry_wait_ms = 1}, 1},
		{"said to do none", NULL, {.method = "POST", .retries = 2, .retry_wait_ms = 1, .repeatable = 1}, 3},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		counterfoil_request request = cases[i].request;
		bench_open(cases[i].extra, (const int[STEPS]){503, 503, 503, 503, 503, 503, 503, 503});
		request.url = SCRIPT;
		start(request, &b.told);
		loop_run(&b.loop);
		assert_int_equal(counterfoil_response_status(b.told.response), 503);
		expect_told(cases[i].name, &b.told, COUNTERFOIL_OK, "tried");
		if (script.done != cases[i].requests)
			fail_msg("%s: wanted %d requests, had %d", cases[i].name, cases[i].requests, script.done);
		bench_close();
	}
}

/* The connection is kept, and closed when the request has come. */
static void what_does_harm_is_not_sent_twice(void **state)
{
	(void)state;
	static const struct {
		const char *method;
		counterfoil_code want;
		int requests;
	} cases[] = {{"POST", COUNTERFOIL_BROKEN, 1}, {"PUT", COUNTERFOIL_OK, 2}};
	for (int i = 0; i < 2; i++) {
		bench_open(NULL, (const int[STEPS]){0, 200});
		start((counterfoil_request){.url = HELLO}, &b.other);
		loop_run(&b.loop);
		expect_told("the first", &b.other, COUNTERFOIL_OK, "hello");
		start((counterfoil_request){.url = SCRIPT, .method = cases[i].method, .body = {"x", 1}}, &b.told);
		loop_run(&b.loop);
		expect_told(cases[i].method, &b.told, cases[i].want, NULL);
		assert_int_equal(script.done, cases[i].requests);
		bench_close();
	}
}

/* A sink and a source that do as they are told, and count. */
struct body {
	int reads, writes, rewinds, restarts, progresses;
	bool read_fails, write_fails, progress_fails, restart_fails;
	void (*in_read)(void), (*in_write)(void), (*in_progress)(void);
};

static struct body body;

static int64_t source_read(void *context, void *into, size_t most)
{
	struct body *its = context;
	its->reads++;
	if (its->in_read)
		its->in_read();
	memset(into, 'r', most);
	return its->read_fails ? -1 : its->reads % 2 ? 5 : 0;
}

static int source_rewind(void *context)
{
	struct body *its = context;
	its->rewinds++;
	its->reads = 0;
	return 0;
}

static int sink_write(void *context, const void *bytes, size_t len)
{
	struct body *its = context;
	(void)bytes;
	(void)len;
	its->writes++;
	if (its->in_write)
		its->in_write();
	return its->write_fails ? -1 : 0;
}

static int sink_restart(void *context)
{
	struct body *its = context;
	its->restarts++;
	return its->restart_fails ? -1 : 0;
}

static int progress(void *context, int64_t sent, int64_t to_send, int64_t received, int64_t to_receive)
{
	struct body *its = context;
	(void)sent;
	(void)to_send;
	(void)received;
	(void)to_receive;
	its->progresses++;
	if (its->in_progress)
		its->in_progress();
	return its->progress_fails ? 1 : 0;
}

static const counterfoil_source source = {.read = source_read, .rewind = source_rewind, .context = &body, .length = -1};
static const counterfoil_sink sink = {.write = sink_write, .restart = sink_restart, .context = &body};

static void start_with_body(const char *url)
{
	start((counterfoil_request){.url = url, .method = "PUT", .source = &source, .sink = &sink, .progress = progress, .progress_context = &body,
				    .retries = 2, .retry_wait_ms = 1}, &b.told);
}

static void bodies_are_sent_and_taken_again(void **state)
{
	(void)state;
	body = (struct body){0};
	bench_open(NULL, (const int[STEPS]){503, 0, 200});
	start_with_body(SCRIPT);
	loop_run(&b.loop);
	expect_told("the third try", &b.told, COUNTERFOIL_OK, "");
	assert_int_equal(body.rewinds, 2);
	assert_int_equal(body.writes, 1);
	assert_int_equal(body.restarts, 0);
	bench_close();
}

static void progress_is_told_every_second(void **state)
{
	(void)state;
	body = (struct body){0};
	bench_open(NULL, NULL);
	start((counterfoil_request){.url = SILENT, .progress = progress, .progress_context = &body, .total_timeout_ms = 1700}, &b.told);
	loop_for(&b.loop, 500);
	int sent = body.progresses;
	loop_run(&b.loop);
	expect_told("silent", &b.told, COUNTERFOIL_TIMEOUT, NULL);
	assert_true(body.progresses > sent);
	bench_close();
}

static void a_callback_that_fails_ends_its_own_call_alone(void **state)
{
	(void)state;
	static const struct {
		struct body body;
		counterfoil_code want;
	} cases[] = {
		{{.read_fails = true}, COUNTERFOIL_READER_FAILED},
		{{.write_fails = true}, COUNTERFOIL_WRITER_FAILED},
		{{.progress_fails = true}, COUNTERFOIL_STOPPED},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		body = cases[i].body;
		bench_open(NULL, NULL);
		start((counterfoil_request){.url = HELLO}, &b.other);
		start_with_body(HELLO);
		loop_run(&b.loop);
		expect_told("the callback's", &b.told, cases[i].want, NULL);
		expect_told("the other", &b.other, COUNTERFOIL_OK, "hello");
		bench_close();
	}
}

/* The first descriptors that are asked for are of the first call. */
static void a_descriptor_that_the_loop_does_not_take_ends_its_own_call_alone(void **state)
{
	(void)state;
	for (int refused = 1; refused <= 3; refused++) {
		int failed = 0;
		bench_open(NULL, NULL);
		b.loop.refused = refused;
		start((counterfoil_request){.url = HELLO}, &b.told);
		start((counterfoil_request){.url = HELLO}, &b.other);
		loop_run(&b.loop);
		struct told *both[] = {&b.told, &b.other};
		for (int i = 0; i < 2; i++) {
			failed += both[i]->code == COUNTERFOIL_LOOP_FAILED;
			expect_told("a call", both[i], both[i]->code == COUNTERFOIL_LOOP_FAILED ? COUNTERFOIL_LOOP_FAILED : COUNTERFOIL_OK, NULL);
		}
		assert_int_equal(failed, 1);
		bench_close();
	}
}

static void without_a_timer_no_call_starts(void **state)
{
	(void)state;
	bench_open(NULL, NULL);
	const counterfoil_request request = {.size = sizeof request, .url = HELLO};
	const counterfoil_async_request wanted = {.size = sizeof wanted, .call = &request, .on_done = on_told, .context = &b.told};
	b.loop.timer_refused = 1;
	assert_int_equal(counterfoil_async_start(b.loop.async, &wanted, NULL, NULL), COUNTERFOIL_LOOP_FAILED);
	loop_run(&b.loop);
	assert_int_equal(b.told.times, 0);
	assert_int_equal(b.stage.server.connections, 0);
	bench_close();
}

static void without_a_timer_all_calls_end(void **state)
{
	(void)state;
	for (int refused = 2; refused <= 4; refused++) {
		bench_open(NULL, NULL);
		b.loop.timer_refused = refused;
		start((counterfoil_request){.url = SILENT, .total_timeout_ms = 5000}, &b.told);
		loop_run(&b.loop);
		expect_told("a call", &b.told, COUNTERFOIL_LOOP_FAILED, NULL);
		start((counterfoil_request){.url = HELLO}, &b.other); /* it goes on when the loop does */
		loop_run(&b.loop);
		expect_told("the next", &b.other, COUNTERFOIL_OK, "hello");
		bench_close();
	}
}

static int chained;

static void chain(void *context, counterfoil_code code, counterfoil_response *response, const counterfoil_error *error)
{
	const counterfoil_request request = {.size = sizeof request, .url = HELLO};
	const counterfoil_async_request next = {.size = sizeof next, .call = &request, .on_done = chain};
	(void)context;
	if (code)
		fail_msg("number %d: %s", chained, error->text);
	counterfoil_response_free(response);
	if (++chained < CHAIN)
		assert_int_equal(counterfoil_async_start(b.loop.async, &next, NULL, NULL), COUNTERFOIL_OK);
}

static void on_done_may_start_the_next(void **state)
{
	(void)state;
	chained = 0;
	bench_open(NULL, NULL);
	const counterfoil_error none = {0};
	chain(NULL, COUNTERFOIL_OK, NULL, &none);
	loop_run(&b.loop);
	assert_int_equal(chained, CHAIN);
	assert_int_equal(b.stage.server.connections, 1);
	bench_close();
}

static void start_another(void)
{
	if (!b.other.call && !b.other.times)
		start((counterfoil_request){.url = HELLO}, &b.other);
}

static void callbacks_may_start_calls(void **state)
{
	(void)state;
	static const struct body cases[] = {{.in_read = start_another}, {.in_write = start_another}, {.in_progress = start_another}};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		body = cases[i];
		bench_open(NULL, NULL);
		start_with_body(HELLO);
		loop_run(&b.loop);
		expect_told("the one", &b.told, COUNTERFOIL_OK, "");
		expect_told("the other", &b.other, COUNTERFOIL_OK, "hello");
		bench_close();
	}
}

static void cancel_both(void)
{
	counterfoil_async_cancel(b.other.call);
	counterfoil_async_cancel(b.told.call);
}

static void callbacks_may_cancel_calls_their_own_too(void **state)
{
	(void)state;
	static const struct body cases[] = {{.in_read = cancel_both}, {.in_write = cancel_both}, {.in_progress = cancel_both}};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		body = cases[i];
		bench_open(NULL, NULL);
		start((counterfoil_request){.url = SILENT}, &b.other);
		start_with_body(i == 1 ? TWO_PIECES : HELLO);
		loop_run(&b.loop);
		expect_told("the one", &b.told, COUNTERFOIL_CANCELLED, NULL);
		expect_told("the other", &b.other, COUNTERFOIL_CANCELLED, NULL);
		assert_in_range(body.writes, 0, 1);
		assert_in_range(body.progresses, 0, i == 2 ? 1 : 100);
		bench_close();
	}
}

static void free_it(void)
{
	counterfoil_async_free(b.loop.async);
	counterfoil_async_free(b.loop.async); /* twice is once, until the outermost function returns */
}

static void freeing(void *context, counterfoil_code code, counterfoil_response *response, const counterfoil_error *error)
{
	on_told(context, code, response, error);
	free_it();
}

/* The loop ends with it. */
static void run_until_freed(void)
{
	for (int i = 0; i < 1000 && b.loop.count + (b.loop.due >= 0) > 0; i++)
		loop_once(&b.loop, 100);
	b.loop.async = NULL;
	expect_told("the other", &b.other, COUNTERFOIL_CANCELLED, NULL);
	bench_close();
}

static void callbacks_may_free_the_object(void **state)
{
	(void)state;
	static const struct body cases[] = {{.in_read = free_it}, {.in_write = free_it}, {.in_progress = free_it}};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		body = cases[i];
		bench_open(NULL, NULL);
		start((counterfoil_request){.url = SILENT}, &b.other);
		start_with_body(TWO_PIECES);
		run_until_freed();
		expect_told("the one", &b.told, COUNTERFOIL_CANCELLED, NULL);
	}
	bench_open(NULL, NULL);
	start((counterfoil_request){.url = SILENT}, &b.other);
	const counterfoil_request request = {.size = sizeof request, .url = HELLO};
	const counterfoil_async_request wanted = {.size = sizeof wanted, .call = &request, .on_done = freeing, .context = &b.told};
	assert_int_equal(counterfoil_async_start(b.loop.async, &wanted, NULL, NULL), COUNTERFOIL_OK);
	run_until_freed();
	expect_told("the one", &b.told, COUNTERFOIL_OK, "hello");
}

static counterfoil_code had[3];

static void drive_it(void)
{
	had[0] = counterfoil_async_timer(b.loop.async);
	for (int fd = 0; fd < LOOP_FDS; fd++)
		if (b.loop.known[fd])
			had[1] = counterfoil_async_ready(b.loop.async, fd, COUNTERFOIL_WANT_READ);
}

static void callbacks_do_not_drive_the_object(void **state)
{
	(void)state;
	body = (struct body){.in_write = drive_it};
	had[0] = had[1] = COUNTERFOIL_OK;
	bench_open(NULL, NULL);
	start_with_body(HELLO);
	loop_run(&b.loop);
	expect_told("the one", &b.told, COUNTERFOIL_OK, "");
	assert_int_equal(had[0], COUNTERFOIL_BAD_INPUT);
	assert_int_equal(had[1], COUNTERFOIL_BAD_INPUT);
	bench_close();
}

static void try_to_start(struct poll_loop *loop)
{
	const counterfoil_request request = {.size = sizeof request, .url = HELLO};
	const counterfoil_async_request wanted = {.size = sizeof wanted, .call = &request, .on_done = on_told, .context = &b.other};
	had[2] = counterfoil_async_start(loop->async, &wanted, NULL, NULL);
	assert_int_equal(had[2], COUNTERFOIL_BAD_INPUT);
	drive_it();
	assert_int_equal(had[0], COUNTERFOIL_BAD_INPUT);
}

static void nothing_is_started_while_the_loop_is_asked(void **state)
{
	(void)state;
	had[2] = COUNTERFOIL_OK;
	bench_open(NULL, NULL);
	b.loop.on_want = try_to_start;
	start((counterfoil_request){.url = HELLO}, &b.told);
	loop_run(&b.loop);
	expect_told("the one", &b.told, COUNTERFOIL_OK, "hello");
	assert_int_equal(had[2], COUNTERFOIL_BAD_INPUT);
	b.loop.on_want = NULL;
	bench_close();
}

static void free_when_asked(struct poll_loop *loop)
{
	counterfoil_async_free(loop->async);
}

/* In start: then the call is not started. Elsewhere: then it ends. */
static void the_object_may_be_freed_while_the_loop_is_asked(void **state)
{
	(void)state;
	for (int in_start = 0; in_start < 2; in_start++) {
		bench_open(NULL, NULL);
		const counterfoil_request request = {.size = sizeof request, .url = HELLO};
		const counterfoil_async_request wanted = {.size = sizeof wanted, .call = &request, .on_done = on_told, .context = &b.told};
		b.loop.on_want = in_start ? free_when_asked : NULL;
		assert_int_equal(counterfoil_async_start(b.loop.async, &wanted, NULL, NULL),
				 in_start ? COUNTERFOIL_CANCELLED : COUNTERFOIL_OK);
		b.loop.on_want = free_when_asked;
		for (int i = 0; i < 1000 && b.loop.count + (b.loop.due >= 0) > 0; i++)
			loop_once(&b.loop, 100);
		b.loop.async = NULL;
		if (in_start)
			assert_int_equal(b.told.times, 0);
		else
			expect_told("the call", &b.told, COUNTERFOIL_CANCELLED, NULL);
		bench_close();
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tries_wait_by_timer_while_other_calls_go_on),
		cmocka_unit_test(servers_say_how_long_to_wait),
		cmocka_unit_test(the_last_result_stands),
		cmocka_unit_test(what_does_harm_is_not_sent_twice),
		cmocka_unit_test(bodies_are_sent_and_taken_again),
		cmocka_unit_test(progress_is_told_every_second),
		cmocka_unit_test(a_callback_that_fails_ends_its_own_call_alone),
		cmocka_unit_test(a_descriptor_that_the_loop_does_not_take_ends_its_own_call_alone),
		cmocka_unit_test(without_a_timer_no_call_starts),
		cmocka_unit_test(without_a_timer_all_calls_end),
		cmocka_unit_test(on_done_may_start_the_next),
		cmocka_unit_test(callbacks_may_start_calls),
		cmocka_unit_test(callbacks_may_cancel_calls_their_own_too),
		cmocka_unit_test(callbacks_may_free_the_object),
		cmocka_unit_test(callbacks_do_not_drive_the_object),
		cmocka_unit_test(nothing_is_started_while_the_loop_is_asked),
		cmocka_unit_test(the_object_may_be_freed_while_the_loop_is_asked),
	};
	return cmocka_run_group_tests(tests, stage_setup, stage_teardown);
}

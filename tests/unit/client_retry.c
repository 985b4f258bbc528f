/* Trying again: when it does no harm and may help, how long it waits, and that all of it is bounded. */
#include "base/clock.h"
#include "client/transport.h"
#include "tests/support/call_stage.h"
#include "tests/support/test.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

enum { STEPS = 8, CLOSE = 0, CUT = -1 };

/* What the server does in turn: a status, or CLOSE without an answer, or CUT one short. The last is done ever after. */
struct script {
	int steps[STEPS];
	const char *extra; /* header lines of every answer that is no success */
	atomic_int done;
	int64_t at[64]; /* when each request came, milliseconds */
	char bodies[64][32];
};

static bool answer(SSL *ssl, const struct seen *request, struct tls_server *s)
{
	struct script *script = s->context;
	int n = script->done++;
	int step = script->steps[n < STEPS ? n : STEPS - 1];
	if (n < 64) {
		script->at[n] = clock_mono_ms();
		snprintf(script->bodies[n], sizeof script->bodies[n], "%s", request->body);
	}
	if (step == CUT) {
		tls_say(ssl, "HTTP/1.1 200 X\r\nContent-Length: 100\r\n\r\n0123456789");
		return false;
	}
	return step != CLOSE && tls_reply(ssl, step, step >= 400 ? script->extra : NULL, "hello");
}

/* One call to a server of this script: how many requests came. */
static int requests_of(struct script *script, counterfoil_request *request, counterfoil_code want, int status)
{
	struct call_stage stage = {.server = {.answer = answer, .context = script}};
	counterfoil_response *response = NULL;
	stage_open(&stage, NULL);
	request->url = stage_url(&stage, "/hello");
	if (!request->retry_wait_ms)
		request->retry_wait_ms = 10;
	stage_call(&stage, request, want, &response);
	if (status)
		assert_int_equal(counterfoil_response_status(response), status);
	counterfoil_response_free(response);
	stage_close(&stage);
	return script->done;
}

static void what_may_help_is_tried_again_and_nothing_else(void **state)
{
	(void)state;
	const struct {
		int first, requests, status;
		counterfoil_code want;
	} cases[] = {
		{503, 2, 200, COUNTERFOIL_OK}, {502, 2, 200, COUNTERFOIL_OK}, {504, 2, 200, COUNTERFOIL_OK}, {429, 2, 200, COUNTERFOIL_OK},
		{408, 2, 200, COUNTERFOIL_OK}, {CLOSE, 2, 200, COUNTERFOIL_OK}, {CUT, 2, 200, COUNTERFOIL_OK},
		{500, 1, 500, COUNTERFOIL_OK}, {501, 1, 501, COUNTERFOIL_OK}, {400, 1, 400, COUNTERFOIL_OK}, {404, 1, 404, COUNTERFOIL_OK},
		{401, 1, 401, COUNTERFOIL_REFUSED}, {403, 1, 403, COUNTERFOIL_REFUSED}, {302, 1, 302, COUNTERFOIL_OK},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct script script = {.steps = {cases[i].first, 200, 200, 200, 200, 200, 200, 200}};
		int had = requests_of(&script, &(counterfoil_request){.retries = 3}, cases[i].want, cases[i].status);
		if (had != cases[i].requests)
			fail_msg("first %d: wanted %d requests, had %d", cases[i].first, cases[i].requests, had);
	}
}

static void only_requests_that_do_no_harm_twice_are_tried_again(void **state)
{
	(void)state;
	static const char *const keyed[] = {"idempotency-key: 1", NULL}, *const other[] = {"Idempotency-Keys: 1", NULL};
	const struct {
		const char *method;
		const char *const *headers;
		int repeatable, requests;
	} cases[] = {
		{NULL, NULL, 0, 2},   {"GET", NULL, 0, 2},	{"HEAD", NULL, 0, 2},  {"PUT", NULL, 0, 2},    {"DELETE", NULL, 0, 2},
		{"OPTIONS", NULL, 0, 2}, {"POST", NULL, 0, 1},	{"PATCH", NULL, 0, 1}, {"LOCK", NULL, 0, 1},   {"POST", keyed, 0, 2},
		{"POST", other, 0, 1},	 {"POST", NULL, 1, 2}, {"PATCH", keyed, 0, 2},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		/* No body: HEAD's answer has none */
		struct script script = {.steps = {CLOSE, 204, 204, 204, 204, 204, 204, 204}};
		int had = requests_of(&script, &(counterfoil_request){.method = cases[i].method, .headers = cases[i].headers, .retries = 1,
								       .repeatable = cases[i].repeatable},
				      cases[i].requests == 2 ? COUNTERFOIL_OK : COUNTERFOIL_BROKEN, 0);
		if (had != cases[i].requests)
			fail_msg("case %zu: wanted %d requests, had %d", i, cases[i].requests, had);
	}
}

static void nothing_is_tried_again_unasked(void **state)
{
	(void)state;
	struct script script = {.steps = {503, 200}};
	assert_int_equal(requests_of(&script, &(counterfoil_request){0}, COUNTERFOIL_OK, 503), 1);
}

static void the_last_result_stands(void **state)
{
	(void)state;
	struct script busy = {.steps = {CLOSE, 429, 503, 502, 502, 502, 502, 502}};
	assert_int_equal(requests_of(&busy, &(counterfoil_request){.retries = 3}, COUNTERFOIL_OK, 502), 4);
	struct script broken = {.steps = {503, 503, CUT, CUT, CUT, CUT, CUT, CUT}};
	assert_int_equal(requests_of(&broken, &(counterfoil_request){.retries = 2}, COUNTERFOIL_BROKEN, 0), 3);
}

/* As many draws that are all equal are a chance of less than 1 in 10^38. */
static void waits_are_in_part_random_within_their_bounds(void **state)
{
	(void)state;
	const struct {
		uint32_t first, tried;
		int64_t asked, least, most;
	} cases[] = {
		{1000, 0, 0, 500, 1000}, {1000, 1, 0, 1000, 2000},   {1000, 2, 0, 2000, 4000},
		{1000, 3, 0, 2500, 5000}, {1000, 100, 0, 2500, 5000}, {9000, 0, 0, 2500, 5000},
		{0, 0, 0, 250, 500},	 {1000, 0, 3000, 3000, 3500}, {1000, 100, 1, 1, 2501},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const counterfoil_request request = {.retry_wait_ms = cases[i].first};
		int64_t first = retry_wait(&request, cases[i].tried, 5000, cases[i].asked);
		int others = 0;
		for (int draw = 0; draw < 16; draw++) {
			int64_t wait = retry_wait(&request, cases[i].tried, 5000, cases[i].asked);
			others += wait != first;
			if (wait < cases[i].least || wait > cases[i].most)
				fail_msg("case %zu: %lld ms", i, (long long)wait);
		}
		if (others == 0)
			fail_msg("case %zu: always %lld ms", i, (long long)first);
	}
}

static void waits_grow_from_try_to_try(void **state)
{
	(void)state;
	struct script script = {.steps = {503, 503, 503, 503, 503, 503, 503, 503}};
	assert_int_equal(requests_of(&script, &(counterfoil_request){.retries = 4, .retry_wait_ms = 60, .retry_wait_most_ms = 240},
				     COUNTERFOIL_OK, 503), 5);
	static const int least[] = {30, 60, 120, 120};
	for (int i = 0; i < 4; i++) {
		int64_t waited = script.at[i + 1] - script.at[i];
		if (waited < least[i])
			fail_msg("wait %d: %lld ms, %d at least", i, (long long)waited, least[i]);
	}
}

static void retry_after_is_obeyed(void **state)
{
	(void)state;
	const struct {
		const char *extra;
		int requests;
		int64_t least, most;
	} cases[] = {
		{"Retry-After: 1\r\n", 2, 1000, 5000},
		{NULL, 2, 1900, 7000}, /* the date three seconds from then */
		{"Retry-After: 0\r\n", 2, 0, 900},
		{"Retry-After: Sun, 06 Nov 1994 08:49:37 GMT\r\n", 2, 0, 900},
		{"Retry-After: soon\r\n", 2, 0, 900},
		{"Retry-After: -5\r\n", 2, 0, 900},
		{"Retry-After: 4\r\n", 1, 0, 0}, /* more than the most: the answer stands, and at once */
		{"Retry-After: 99999999999999999999\r\n", 1, 0, 0},
		{"Retry-After: Sun, 06 Nov 2094 08:49:37 GMT\r\n", 1, 0, 0},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct script script = {.steps = {503, 200, 200, 200, 200, 200, 200, 200}, .extra = cases[i].extra};
		char date[96];
		time_t then = time(NULL) + 3;
		struct tm parts;
		strftime(date, sizeof date, "Retry-After: %a, %d %b %Y %H:%M:%S GMT\r\n", gmtime_r(&then, &parts));
		if (!script.extra)
			script.extra = date;
		int64_t began = clock_mono_ms();
		int had = requests_of(&script, &(counterfoil_request){.retries = 3, .retry_wait_most_ms = 3000}, COUNTERFOIL_OK,
				      cases[i].requests == 2 ? 200 : 503);
		int64_t waited = had == 2 ? script.at[1] - script.at[0] : 0;
		if (had != cases[i].requests || waited < cases[i].least || waited > cases[i].most || clock_mono_ms() - began > 8000)
			fail_msg("%s: %d requests, %lld ms between", script.extra, had, (long long)waited);
	}
}

static void all_tries_together_have_the_total_time(void **state)
{
	(void)state;
	struct script script = {.steps = {503, 503, 503, 503, 503, 503, 503, 503}};
	int64_t began = clock_mono_ms();
	int had = requests_of(&script, &(counterfoil_request){.retries = 100, .retry_wait_ms = 50, .retry_wait_most_ms = 50,
							       .total_timeout_ms = 500}, COUNTERFOIL_OK, 503);
	if (had < 2 || had > 21 || clock_mono_ms() - began > 5000)
		fail_msg("%d requests in %lld ms", had, (long long)(clock_mono_ms() - began));
	struct script asked = {.steps = {503, 200}, .extra = "Retry-After: 2\r\n"};
	assert_int_equal(requests_of(&asked, &(counterfoil_request){.retries = 1, .total_timeout_ms = 1500}, COUNTERFOIL_OK, 503), 1);
}

static void a_server_that_is_not_there_is_tried_again(void **state)
{
	(void)state;
	struct call_stage stage = {.server = {.answer = answer, .context = &(struct script){.steps = {200}}}};
	stage_open(&stage, NULL);
	char url[256];
	snprintf(url, sizeof url, "%s", stage_url(&stage, "/hello"));
	tls_server_stop(&stage.server);
	int64_t began = clock_mono_ms();
	stage_call(&stage, &(counterfoil_request){.url = url, .retries = 2, .retry_wait_ms = 100}, COUNTERFOIL_UNREACHABLE, NULL);
	assert_true(clock_mono_ms() - began >= 50 + 100);
	counterfoil_client_free(stage.client);
}

static void a_server_that_is_another_is_not_tried_again(void **state)
{
	(void)state;
	struct call_stage stage = {.server = {.answer = answer, .context = &(struct script){.steps = {200}}}};
	stage_open(&stage, NULL);
	counterfoil_client *stranger = NULL;
	counterfoil_error error;
	const counterfoil_client_options options = {.size = sizeof options, .trust = COUNTERFOIL_TRUST_SYSTEM};
	assert_int_equal(counterfoil_client_new(&options, &stranger, &error), COUNTERFOIL_OK);
	counterfoil_response *response = NULL;
	const counterfoil_request request = {.size = sizeof request, .url = stage_url(&stage, "/"), .retries = 3, .retry_wait_ms = 10};
	assert_int_equal(counterfoil_call(stranger, &request, &response, &error), COUNTERFOIL_UNKNOWN_CA);
	assert_int_equal(stage.server.connections, 1);
	counterfoil_client_free(stranger);
	stage_close(&stage);
}

/* Bodies */

struct words {
	counterfoil_source source;
	const char *text;
	size_t at;
	int rewinds;
	bool rewind_fails;
};

static int64_t read_words(void *context, void *into, size_t most)
{
	struct words *w = context;
	size_t left = strlen(w->text) - w->at;
	size_t n = left < most ? left : most;
	memcpy(into, w->text + w->at, n);
	w->at += n;
	return (int64_t)n;
}

static int rewind_words(void *context)
{
	struct words *w = context;
	w->at = 0;
	w->rewinds++;
	return w->rewind_fails;
}

static struct words words_of(struct words *at, const char *text, bool can_rewind)
{
	return (struct words){.source = {.read = read_words, .rewind = can_rewind ? rewind_words : NULL, .context = at,
					 .length = (int64_t)strlen(text)}, .text = text};
}

static void a_body_is_sent_again_from_its_beginning(void **state)
{
	(void)state;
	struct script script = {.steps = {503, CLOSE, 200, 200, 200, 200, 200, 200}};
	struct words w = words_of(&w, "all of it", true);
	assert_int_equal(requests_of(&script, &(counterfoil_request){.method = "PUT", .source = &w.source, .retries = 3}, COUNTERFOIL_OK, 200),
			 3);
	for (int i = 0; i < 3; i++)
		assert_string_equal(script.bodies[i], "all of it");
	assert_int_equal(w.rewinds, 2);
	struct script form_script = {.steps = {503, 200, 200, 200, 200, 200, 200, 200}};
	w = words_of(&w, "all", true);
	const counterfoil_part part = {.name = "a", .source = &w.source};
	assert_int_equal(requests_of(&form_script, &(counterfoil_request){.method = "PUT", .parts = &part, .part_count = 1, .retries = 3},
				     COUNTERFOIL_OK, 200), 2);
	assert_int_equal(w.rewinds, 1);
}

static void a_body_that_can_be_read_once_is_sent_once(void **state)
{
	(void)state;
	struct script script = {.steps = {503, 200}};
	struct words w = words_of(&w, "once", false);
	assert_int_equal(requests_of(&script, &(counterfoil_request){.method = "PUT", .source = &w.source, .retries = 3}, COUNTERFOIL_OK, 503),
			 1);
	struct script form_script = {.steps = {503, 200}};
	w = words_of(&w, "once", false);
	const counterfoil_part part = {.name = "a", .source = &w.source};
	assert_int_equal(requests_of(&form_script, &(counterfoil_request){.method = "PUT", .parts = &part, .part_count = 1, .retries = 3},
				     COUNTERFOIL_OK, 503), 1);
	struct script failing_script = {.steps = {503, 200}};
	w = words_of(&w, "once", true);
	w.rewind_fails = true;
	assert_int_equal(requests_of(&failing_script, &(counterfoil_request){.method = "PUT", .source = &w.source, .retries = 3},
				     COUNTERFOIL_READER_FAILED, 0), 1);
}

/* The server reads the second request on a kept connection, and leaves without a word. */
static void a_request_on_a_kept_connection_is_sent_twice_only_if_that_does_no_harm(void **state)
{
	(void)state;
	static const char *const keyed[] = {"Idempotency-Key: 1", NULL};
	struct words once = words_of(&once, "once", false), again = words_of(&again, "again", true);
	const struct {
		counterfoil_request request;
		int requests; /* with the first */
	} cases[] = {
		{{.method = "GET"}, 3},	 {{.method = "PUT", .body = {"x", 1}}, 3},	{{.method = "POST", .body = {"x", 1}}, 2},
		{{.method = "POST"}, 2}, {{.method = "POST", .headers = keyed}, 3}, {{.method = "POST", .repeatable = 1}, 3},
		{{.method = "PATCH"}, 2}, {{.method = "PUT", .source = &again.source}, 3}, {{.method = "PUT", .source = &once.source}, 2},
		{{.method = "POST", .source = &again.source}, 2},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct script script = {.steps = {200, CLOSE, 200, 200, 200, 200, 200, 200}};
		struct call_stage stage = {.server = {.answer = answer, .context = &script}};
		counterfoil_request request = cases[i].request;
		stage_open(&stage, NULL);
		stage_is_sound(&stage);
		again = words_of(&again, "again", true);
		request.url = stage_url(&stage, "/hello");
		stage_call(&stage, &request, cases[i].requests == 3 ? COUNTERFOIL_OK : COUNTERFOIL_BROKEN, NULL);
		if (script.done != cases[i].requests)
			fail_msg("case %zu: wanted %d requests, had %d", i, cases[i].requests, script.done);
		stage_close(&stage);
	}
}

struct page {
	counterfoil_sink sink;
	char text[64];
	size_t len;
	int restarts;
	bool restart_fails;
};

static int write_page(void *context, const void *bytes, size_t len)
{
	struct page *p = context;
	if (len >= sizeof p->text - p->len)
		return 1;
	memcpy(p->text + p->len, bytes, len);
	p->len += len;
	p->text[p->len] = '\0';
	return 0;
}

static int restart_page(void *context)
{
	struct page *p = context;
	p->len = 0;
	p->restarts++;
	return p->restart_fails;
}

static struct page page_of(struct page *at, bool can_restart)
{
	return (struct page){.sink = {.write = write_page, .restart = can_restart ? restart_page : NULL, .context = at}};
}

static void a_sink_that_was_written_to_begins_anew_or_ends_the_call(void **state)
{
	(void)state;
	struct script script = {.steps = {503, CUT, 200, 200, 200, 200, 200, 200}};
	struct page p = page_of(&p, true);
	assert_int_equal(requests_of(&script, &(counterfoil_request){.sink = &p.sink, .retries = 3}, COUNTERFOIL_OK, 200), 3);
	assert_string_equal(p.text, "hello");
	assert_int_equal(p.restarts, 1); /* not for the 503, whose body it never saw */
	struct script once = {.steps = {503, CUT, 200, 200, 200, 200, 200, 200}};
	p = page_of(&p, false);
	assert_int_equal(requests_of(&once, &(counterfoil_request){.sink = &p.sink, .retries = 3}, COUNTERFOIL_BROKEN, 0), 2);
	struct script failing = {.steps = {CUT, 200}};
	p = page_of(&p, true);
	p.restart_fails = true;
	assert_int_equal(requests_of(&failing, &(counterfoil_request){.sink = &p.sink, .retries = 3}, COUNTERFOIL_WRITER_FAILED, 0), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_may_help_is_tried_again_and_nothing_else),
		cmocka_unit_test(only_requests_that_do_no_harm_twice_are_tried_again),
		cmocka_unit_test(nothing_is_tried_again_unasked),
		cmocka_unit_test(the_last_result_stands),
		cmocka_unit_test(waits_are_in_part_random_within_their_bounds),
		cmocka_unit_test(waits_grow_from_try_to_try),
		cmocka_unit_test(retry_after_is_obeyed),
		cmocka_unit_test(all_tries_together_have_the_total_time),
		cmocka_unit_test(a_server_that_is_not_there_is_tried_again),
		cmocka_unit_test(a_server_that_is_another_is_not_tried_again),
		cmocka_unit_test(a_body_is_sent_again_from_its_beginning),
		cmocka_unit_test(a_body_that_can_be_read_once_is_sent_once),
		cmocka_unit_test(a_request_on_a_kept_connection_is_sent_twice_only_if_that_does_no_harm),
		cmocka_unit_test(a_sink_that_was_written_to_begins_anew_or_ends_the_call),
	};
	return cmocka_run_group_tests(tests, stage_setup, stage_teardown);
}

/* Whole calls, from a client made to its end, while memory, OpenSSL and libcurl fail at each call in turn: the right answer or
 * a reason, no descriptor left, and nothing that could do harm is sent twice. */
#include "tests/support/failing.h"
#include "tests/support/identity_stage.h"
#include "tests/support/test.h"

#include <stdio.h>
#include <string.h>

enum { SAMPLE = 40, CALLS = 2 };

static counterfoil_identity *identity;
static counterfoil_client_options options = {.size = sizeof options, .trust = COUNTERFOIL_TRUST_IDENTITY};
static char url[64];
static int at_rest, seen_before;
static bool harmless; /* libcurl may send it again when a kept connection brings nothing */

static void spare(void)
{
	failing_pause();
}

static void open_books(void)
{
	seen_before = atomic_load(&stage_server.requests);
}

/* The second call is on the connection that the first one kept. */
static enum err call_as(const counterfoil_request *like)
{
	counterfoil_client *client = NULL;
	counterfoil_error error = {0};
	counterfoil_code code = counterfoil_client_new(&options, &client, &error);
	bool sound = code || client;
	for (int i = 0; !code && i < CALLS; i++) {
		counterfoil_request request = *like;
		counterfoil_response *response = NULL;
		request.size = sizeof request;
		request.url = url;
		code = counterfoil_call(client, &request, &response, &error);
		sound = code ? !response && error.text[0] && error.code == code
			     : response && counterfoil_response_status(response) == 200 &&
				       strcmp(counterfoil_response_body(response).data, like->sink ? "" : "e-banking") == 0;
		counterfoil_response_free(response);
	}
	counterfoil_client_free(client);
	return !sound ? ERR_INTERNAL : code ? ERR_REFUSED : ERR_OK;
}

static enum err get(void)
{
	return call_as(&(counterfoil_request){0});
}

static enum err post(void)
{
	static const char *const headers[] = {"Content-Type: text/plain", "X-Empty:", NULL};
	return call_as(&(counterfoil_request){.method = "POST", .headers = headers, .body = {"letter", 6}});
}

static enum err post_form(void)
{
	static const counterfoil_part parts[] = {{.name = "title", .data = {"Annual", 6}},
						 {.name = "letter", .filename = "l.xml", .type = "text/xml", .data = {"<l/>", 4}}};
	return call_as(&(counterfoil_request){.method = "POST", .parts = parts, .part_count = 2});
}

static char sunk[64];
static size_t sunk_len;

static int take(void *context, const void *bytes, size_t len)
{
	(void)context;
	if (len >= sizeof sunk - sunk_len)
		return -1;
	memcpy(sunk + sunk_len, bytes, len);
	sunk_len += len;
	return 0;
}

static enum err get_to_sink(void)
{
	const counterfoil_sink sink = {.write = take};
	sunk_len = 0;
	enum err e = call_as(&(counterfoil_request){.sink = &sink});
	bool both = sunk_len == CALLS * strlen("e-banking") && memcmp(sunk, "e-bankinge-banking", sunk_len) == 0;
	return e == ERR_OK && !both ? ERR_INTERNAL : e;
}

/* A call that may be cancelled goes another way through libcurl. */
static enum err get_with_cancel(void)
{
	counterfoil_cancel *cancel = counterfoil_cancel_new();
	enum err e = cancel ? call_as(&(counterfoil_request){.cancel = cancel}) : ERR_REFUSED;
	counterfoil_cancel_free(cancel);
	return e;
}

static void right_or_refused(enum err rc, bool failed)
{
	failing_require(rc == ERR_OK || (failed && rc == ERR_REFUSED));
	int seen = atomic_load(&stage_server.requests) - seen_before;
	failing_require(rc != ERR_OK || seen >= CALLS);
	failing_require(harmless || seen <= CALLS);
	failing_require(descriptors_at_rest(at_rest) <= at_rest);
}

static void whatever_fails_a_call_is_answered_or_refused(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		enum err (*act)(void);
		bool harmless;
	} works[] = {{"GET", get, true},
		     {"POST", post, false},
		     {"POST a form", post_form, false},
		     {"GET to a sink", get_to_sink, true},
		     {"GET that may be cancelled", get_with_cancel, true}};
	for (size_t i = 0; i < sizeof works / sizeof *works; i++) {
		const struct failing_work work = {.name = works[i].name, .before = open_books, .act = works[i].act,
						  .after = right_or_refused, .without_sqlite = true, .with_curl = true};
		harmless = works[i].harmless;
		if (i == 0) { /* what the libraries open for good */
			failing_require(get() == ERR_OK);
			at_rest = descriptors_at_rest(0);
		}
		failing_each(&work, SAMPLE);
	}
}

static int begin(void **state)
{
	if (identity_stage_setup(state))
		return -1;
	stage_server.spare = spare;
	stage_server.alone = true; /* a thread that starts while memory fails brings the sanitizer down */
	stage_start(0);
	snprintf(url, sizeof url, "https://127.0.0.1:%d/", stage_server.port); /* no thread looks it up */
	identity = stage_named("e-banking", 0);
	options.identity = identity;
	return 0;
}

static int end(void **state)
{
	counterfoil_identity_free(identity);
	stage_stop();
	return identity_stage_teardown(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whatever_fails_a_call_is_answered_or_refused),
	};
	return cmocka_run_group_tests(tests, begin, end);
}

/* The asynchronous form, while memory, OpenSSL and libcurl fail at each call in turn: every call that was started ends once,
 * none is taken for a success that it was not, and nothing is left behind. */
#include "tests/support/call_stage.h"
#include "tests/support/failing.h"
#include "tests/support/identity_stage.h"
#include "tests/support/poll_loop.h"
#include "tests/support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SAMPLE = 40, CALLS = 3, TIME_MS = 10000, ROUNDS_MOST = 2000 };

static struct call_stage stage;
static struct poll_loop loop;
static counterfoil_cancel *cancel;
static char urls[CALLS][256];
static struct told told[CALLS];
static counterfoil_code started[CALLS];
static atomic_int busy; /* answers of 503 to give yet */
static int before;
static bool may_be_cancelled;

static void spare(void)
{
	failing_pause(); /* for as long as the thread lives */
}

static bool answer(SSL *ssl, const struct seen *request, struct tls_server *s)
{
	(void)s;
	if (strcmp(request->path, "/busy") == 0 && atomic_fetch_sub(&busy, 1) > 0)
		return tls_reply(ssl, 503, "Connection: close\r\n", "") && false;
	if (strcmp(request->path, "/soap") == 0)
		return tls_reply(ssl, 200, "Connection: close\r\nContent-Type: text/xml\r\n",
				 "<e:Envelope xmlns:e=\"http://schemas.xmlsoap.org/soap/envelope/\"><e:Body><a/></e:Body></e:Envelope>") && false;
	if (strcmp(request->path, "/json") == 0)
		return tls_reply(ssl, 200, "Connection: close\r\nContent-Type: application/json\r\n", "{\"a\":\"b\"}") && false;
	return tls_reply(ssl, 200, "Connection: close\r\n", request->path + 1) && false;
}

static int write_away(void *context, const void *bytes, size_t len)
{
	(void)context;
	(void)bytes;
	(void)len;
	return 0;
}

static const char *const lines[] = {"X-Test: 1", "X-Empty:", NULL};
static const counterfoil_part form = {.name = "a", .filename = "f", .data = {"one", 3}};
static const counterfoil_sink sink = {.write = write_away};

/* On the heap as a program's would be: that is not ours to fail. */
static void make_ready(void)
{
	static const char *const paths[CALLS] = {"/busy", "/sunk", "/form"};
	before = descriptors();
	stage.client = stage_client(NULL);
	stage_is_sound(&stage); /* what OpenSSL learns of a CA it remembers, also that there was no memory to learn it */
	for (int i = 0; i < CALLS; i++)
		snprintf(urls[i], sizeof urls[i], "https://127.0.0.1:%d%s", stage.server.port, paths[i]); /* no thread looks it up */
	memset(told, 0, sizeof told);
	busy = 1;
}

static void start(int i, counterfoil_request request)
{
	const counterfoil_async_request wanted = {.size = sizeof wanted, .call = &request, .on_done = on_told, .context = &told[i]};
	counterfoil_error error;
	request.size = sizeof request;
	request.url = urls[i];
	request.total_timeout_ms = TIME_MS;
	started[i] = counterfoil_async_start(loop.async, &wanted, &told[i].call, &error);
	if (started[i] && (told[i].call || told[i].times || error.code != started[i] || !error.text[0]))
		fail_msg("call %d: %s, call %p: %s", i, counterfoil_code_word(started[i]), (void *)told[i].call, error.text);
}

static counterfoil_code open_and_start(void)
{
	counterfoil_code code = loop_try(&loop, stage.client);
	if (code)
		return code;
	start(0, (counterfoil_request){.retries = 1, .retry_wait_ms = 1, .headers = lines, .cancel = cancel});
	start(1, (counterfoil_request){.method = "PUT", .body = {"x", 1}, .sink = &sink});
	start(2, (counterfoil_request){.method = "POST", .parts = &form, .part_count = 1});
	return COUNTERFOIL_OK;
}

/* Without any memory OpenSSL leaves what came unread, and says that nothing has come: then it goes round until the time is
 * over, or is freed here. */
static enum err call_to_the_end(void)
{
	if (open_and_start())
		return ERR_MEMORY;
	for (int i = 0; i < ROUNDS_MOST && (loop.count || loop.due >= 0); i++)
		loop_once(&loop, 1000);
	loop_close(&loop);
	return ERR_OK;
}

static enum err free_under_way(void)
{
	if (open_and_start())
		return ERR_MEMORY;
	for (int i = 0; i < 8; i++)
		loop_once(&loop, 1);
	loop_close(&loop);
	return ERR_OK;
}

/* The answers of SOAP and JSON, read. */
static struct answered {
	int times;
	counterfoil_code code, started;
	bool right;
} soap_told, json_told;

static void on_soap(void *context, counterfoil_code code, counterfoil_soap_answer *had, const counterfoil_error *error)
{
	struct answered *a = context;
	(void)error;
	a->times++;
	a->code = code;
	a->right = code ? counterfoil_soap_body(had).len == 0 : strncmp(counterfoil_soap_body(had).data, "<a ", 3) == 0;
	counterfoil_soap_free(had);
}

static void on_json(void *context, counterfoil_code code, counterfoil_json *had, const counterfoil_error *error)
{
	struct answered *a = context;
	(void)error;
	a->times++;
	a->code = code;
	a->right = code || strcmp(counterfoil_json_string(had, "/a", ""), "b") == 0;
	counterfoil_json_free(had);
}

static enum err read_answers(void)
{
	char soap_url[64], json_url[64];
	soap_told = json_told = (struct answered){0};
	if (loop_try(&loop, stage.client))
		return ERR_MEMORY;
	snprintf(soap_url, sizeof soap_url, "https://127.0.0.1:%d/soap", stage.server.port);
	snprintf(json_url, sizeof json_url, "https://127.0.0.1:%d/json", stage.server.port);
	const counterfoil_request in_soap = {.size = sizeof in_soap, .url = soap_url, .total_timeout_ms = TIME_MS};
	const counterfoil_request in_json = {.size = sizeof in_json, .url = json_url, .total_timeout_ms = TIME_MS};
	const counterfoil_soap_request soap = {.size = sizeof soap, .call = &in_soap};
	const counterfoil_async_request asks[] = {
		{.size = sizeof *asks, .soap = &soap, .on_soap = on_soap, .context = &soap_told},
		{.size = sizeof *asks, .call = &in_json, .on_json = on_json, .context = &json_told}};
	soap_told.started = counterfoil_async_start(loop.async, &asks[0], NULL, NULL);
	json_told.started = counterfoil_async_start(loop.async, &asks[1], NULL, NULL);
	for (int i = 0; i < ROUNDS_MOST && (loop.count || loop.due >= 0); i++)
		loop_once(&loop, 1000);
	loop_close(&loop);
	return ERR_OK;
}

static void both_ended_once(enum err rc, bool failed)
{
	const struct answered *both[] = {&soap_told, &json_told};
	for (int i = 0; i < 2 && rc == ERR_OK; i++) {
		failing_require(both[i]->times == (both[i]->started == COUNTERFOIL_OK));
		failing_require(both[i]->started || both[i]->right);
		failing_require(failed || (!both[i]->started && !both[i]->code));
	}
	failing_require(failed || rc == ERR_OK);
	stage_is_sound(&stage);
	counterfoil_client_free(stage.client);
	int left = descriptors_at_rest(before);
	failing_require(left <= before);
}

static bool is_success(int i)
{
	static const char *const bodies[CALLS] = {"busy", "", "form"};
	return told[i].code == COUNTERFOIL_OK &&
	       (counterfoil_response_status(told[i].response) == 503 || strcmp(counterfoil_response_body(told[i].response).data, bodies[i]) == 0);
}

static void each_ended_once(enum err rc, bool failed)
{
	for (int i = 0; i < CALLS && rc == ERR_OK; i++) {
		failing_require(told[i].times == (started[i] == COUNTERFOIL_OK));
		failing_require(started[i] || is_success(i) || (told[i].code && !told[i].response && told[i].error.text[0]));
		failing_require(failed || is_success(i) || (may_be_cancelled && told[i].code == COUNTERFOIL_CANCELLED));
		counterfoil_response_free(told[i].response);
	}
	failing_require(failed || rc == ERR_OK);
	stage_is_sound(&stage);
	counterfoil_client_free(stage.client);
	int left = descriptors_at_rest(before);
	failing_require(left <= before);
}

static void whatever_fails_each_call_ends_once(void **state)
{
	(void)state;
	const struct failing_work works[] = {
		{.name = "calls to their end", .before = make_ready, .act = call_to_the_end, .after = each_ended_once},
		{.name = "calls that are freed", .before = make_ready, .act = free_under_way, .after = each_ended_once},
		{.name = "answers that are read", .before = make_ready, .act = read_answers, .after = both_ended_once},
	};
	stage.server.answer = answer;
	stage.server.spare = spare;
	stage.server.alone = true; /* sanitizers need memory to start a thread */
	cancel = counterfoil_cancel_new();
	stage_open(&stage, NULL);
	counterfoil_client_free(stage.client);
	for (size_t i = 0; i < sizeof works / sizeof *works; i++) {
		struct failing_work work = works[i];
		work.without_sqlite = true;
		work.with_curl = true;
		may_be_cancelled = i == 1;
		failing_each(&work, SAMPLE);
	}
	tls_server_stop(&stage.server);
	counterfoil_cancel_free(cancel);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whatever_fails_each_call_ends_once),
	};
	return cmocka_run_group_tests(tests, stage_setup, stage_teardown);
}

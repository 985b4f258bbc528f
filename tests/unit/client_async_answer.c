/* SOAP and JSON by calls that an event loop drives: what the calls that wait would have given. */
#include "tests/support/call_stage.h"
#include "tests/support/poll_loop.h"
#include "tests/support/test.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define ENVELOPE(inside)                                                                                               \
	"<e:Envelope xmlns:e=\"http://schemas.xmlsoap.org/soap/envelope/\"><e:Body>" inside "</e:Body></e:Envelope>"
#define XML "Content-Type: text/xml\r\n"
#define JSON "Content-Type: application/json\r\n"

static const struct page {
	const char *path;
	int status;
	const char *headers, *body;
} pages[] = {
	{"/soap", 200, XML, ENVELOPE("<letter/>")},
	{"/fault", 500, XML, ENVELOPE("<e:Fault><faultcode>e:Client</faultcode><faultstring>no</faultstring></e:Fault>")},
	{"/fault403", 403, XML, ENVELOPE("<e:Fault><faultcode>e:Client</faultcode><faultstring>no</faultstring></e:Fault>")},
	{"/json", 200, JSON, "{\"name\":\"letter\"}"},
	{"/problem", 422, "Content-Type: application/problem+json\r\n", "{\"title\":\"no\"}"},
	{"/revoked", 403, "Content-Type: application/problem+json\r\n", "{\"code\":\"revoked\"}"},
	{"/html", 200, "Content-Type: text/html\r\n", "<p>hello</p>"},
};

static bool answer(SSL *ssl, const struct seen *request, struct tls_server *s)
{
	char byte;
	(void)s;
	for (size_t i = 0; i < sizeof pages / sizeof *pages; i++)
		if (strcmp(request->path, pages[i].path) == 0)
			return tls_reply(ssl, pages[i].status, pages[i].headers, pages[i].body);
	if (strcmp(request->path, "/silent") == 0)
		return SSL_read(ssl, &byte, 1) == 1; /* until the client has gone */
	return tls_reply(ssl, 200, NULL, "hello");
}

static struct ended {
	int times;
	counterfoil_code code;
	counterfoil_error error;
	counterfoil_soap_answer *soap;
	counterfoil_json *json;
} ended;

static void on_soap(void *context, counterfoil_code code, counterfoil_soap_answer *had, const counterfoil_error *error)
{
	struct ended *e = context;
	*e = (struct ended){.times = e->times + 1, .code = code, .error = *error, .soap = had};
}

static void on_json(void *context, counterfoil_code code, counterfoil_json *had, const counterfoil_error *error)
{
	struct ended *e = context;
	*e = (struct ended){.times = e->times + 1, .code = code, .error = *error, .json = had};
}

static struct call_stage stage;
static struct poll_loop loop;

static void open_stage(void)
{
	memset(&stage, 0, sizeof stage);
	memset(&ended, 0, sizeof ended);
	stage.server.answer = answer;
	stage_open(&stage, NULL);
	loop_open(&loop, stage.client);
}

static void close_stage(void)
{
	loop_close(&loop);
	stage_is_sound(&stage);
	stage_close(&stage);
}

/* Ended once, and with the same words as the call that waits. */
static void expect_ended(const char *path, counterfoil_code want, const counterfoil_error *same)
{
	if (ended.times != 1 || ended.code != want || ended.error.code != want)
		fail_msg("%s: told %d times, wanted %s, had %s: %s", path, ended.times, counterfoil_code_word(want),
			 counterfoil_code_word(ended.code), ended.error.text);
	assert_string_equal(ended.error.text, same->text);
	ended.times = 0;
}

static void soap_answers_are_read(void **state)
{
	(void)state;
	static const struct {
		const char *path;
		counterfoil_code want;
	} cases[] = {{"/soap", COUNTERFOIL_OK}, {"/fault", COUNTERFOIL_SOAP_FAULT}, {"/fault403", COUNTERFOIL_SOAP_FAULT},
		     {"/revoked", COUNTERFOIL_REVOKED}, {"/html", COUNTERFOIL_NOT_SOAP}, {"/json", COUNTERFOIL_NOT_SOAP}};
	open_stage();
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char inside[] = "<ask/>";
		counterfoil_request call = {.size = sizeof call, .url = stage_url(&stage, cases[i].path)};
		counterfoil_soap_request request = {.size = sizeof request, .call = &call, .body = {inside, strlen(inside)}};
		const counterfoil_async_request wanted = {.size = sizeof wanted, .soap = &request, .on_soap = on_soap, .context = &ended};
		counterfoil_soap_answer *waited = NULL;
		counterfoil_error error;
		assert_int_equal(counterfoil_soap_call(stage.client, &request, &waited, &error), cases[i].want);
		assert_int_equal(counterfoil_async_start(loop.async, &wanted, NULL, NULL), COUNTERFOIL_OK);
		memset(inside, 'x', sizeof inside); /* the envelope was written at once */
		memset(&request, 0, sizeof request);
		memset(&call, 0, sizeof call);
		loop_run(&loop);
		expect_ended(cases[i].path, cases[i].want, &error);
		assert_string_equal(counterfoil_soap_body(ended.soap).data, counterfoil_soap_body(waited).data);
		assert_int_equal(counterfoil_response_status(counterfoil_soap_response(ended.soap)),
				 counterfoil_response_status(counterfoil_soap_response(waited)));
		counterfoil_soap_free(waited);
		counterfoil_soap_free(ended.soap);
	}
	close_stage();
}

/* A program that was compiled with a shorter struct, of which nothing lies behind its end. */
static void what_is_not_known_of_a_shorter_struct_is_not_read(void **state)
{
	(void)state;
	const size_t page = (size_t)sysconf(_SC_PAGESIZE), size = sizeof(size_t);
	char *pages_of_two = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert_true(pages_of_two != MAP_FAILED);
	assert_int_equal(mprotect(pages_of_two + page, page, PROT_NONE), 0);
	open_stage();
	memcpy(pages_of_two + page - size, &size, sizeof size);
	const counterfoil_async_request wanted = {.size = sizeof wanted, .on_soap = on_soap, .context = &ended,
						  .soap = (const counterfoil_soap_request *)(void *)(pages_of_two + page - size)};
	assert_int_equal(counterfoil_async_start(loop.async, &wanted, NULL, NULL), COUNTERFOIL_BAD_INPUT);
	assert_int_equal(ended.times, 0);
	close_stage();
	munmap(pages_of_two, 2 * page);
}

static void json_answers_are_read(void **state)
{
	(void)state;
	static const struct {
		const char *path, *pointer, *value;
		counterfoil_code want;
	} cases[] = {{"/json", "/name", "letter", COUNTERFOIL_OK}, {"/problem", "/title", "no", COUNTERFOIL_PROBLEM},
		     {"/revoked", "/code", "revoked", COUNTERFOIL_REVOKED}, {"/html", "/name", "", COUNTERFOIL_NOT_JSON}};
	open_stage();
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const counterfoil_request call = {.size = sizeof call, .method = "POST", .url = stage_url(&stage, cases[i].path), .body = {"{}", 2}};
		const counterfoil_async_request wanted = {.size = sizeof wanted, .call = &call, .on_json = on_json, .context = &ended};
		counterfoil_json *waited = NULL;
		counterfoil_error error;
		assert_int_equal(counterfoil_json_call(stage.client, &call, &waited, &error), cases[i].want);
		assert_int_equal(counterfoil_async_start(loop.async, &wanted, NULL, NULL), COUNTERFOIL_OK);
		loop_run(&loop);
		expect_ended(cases[i].path, cases[i].want, &error);
		assert_string_equal(counterfoil_json_string(ended.json, cases[i].pointer, ""), cases[i].value);
		counterfoil_json_free(waited);
		counterfoil_json_free(ended.json);
	}
	close_stage();
}

static void without_a_response_there_is_no_answer(void **state)
{
	(void)state;
	open_stage();
	const counterfoil_request call = {.size = sizeof call, .url = stage_url(&stage, "/silent")};
	const counterfoil_soap_request soap = {.size = sizeof soap, .call = &call};
	const counterfoil_async_request both[] = {
		{.size = sizeof *both, .soap = &soap, .on_soap = on_soap, .context = &ended},
		{.size = sizeof *both, .call = &call, .on_json = on_json, .context = &ended},
	};
	for (size_t i = 0; i < 2; i++) {
		counterfoil_async_call *started = NULL;
		ended.times = 0;
		assert_int_equal(counterfoil_async_start(loop.async, &both[i], &started, NULL), COUNTERFOIL_OK);
		loop_for(&loop, 20);
		counterfoil_async_cancel(started);
		loop_run(&loop);
		assert_int_equal(ended.times, 1);
		assert_int_equal(ended.code, COUNTERFOIL_CANCELLED);
		assert_true(!ended.soap && !ended.json);
	}
	close_stage();
}

static void plain(void *context, counterfoil_code code, counterfoil_response *response, const counterfoil_error *error)
{
	(void)context, (void)code, (void)response, (void)error;
	fail_msg("told of a call that was not started");
}

static void what_does_not_fit_together_is_not_started(void **state)
{
	(void)state;
	open_stage();
	const counterfoil_request call = {.size = sizeof call, .url = stage_url(&stage, "/json")},
				  posting = {.size = sizeof posting, .method = "POST", .url = stage_url(&stage, "/json"), .body = {"{", 1}};
	const counterfoil_soap_request soap = {.size = sizeof soap, .call = &call}, broken = {.size = sizeof broken, .call = &call, .body = {"<a>", 3}};
	const counterfoil_async_request cases[] = {
		{.size = sizeof *cases, .call = &call},
		{.size = sizeof *cases, .call = &call, .on_done = plain, .on_json = on_json},
		{.size = sizeof *cases, .call = &call, .on_soap = on_soap},
		{.size = sizeof *cases, .soap = &soap, .on_json = on_json},
		{.size = sizeof *cases, .soap = &soap, .on_done = plain},
		{.size = sizeof *cases, .soap = &soap, .call = &call, .on_soap = on_soap},
		{.size = sizeof *cases, .soap = &soap, .call = &call, .on_done = plain},
		{.size = sizeof *cases, .soap = &broken, .on_soap = on_soap},
		{.size = sizeof *cases, .call = &posting, .on_json = on_json},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		counterfoil_error error;
		if (counterfoil_async_start(loop.async, &cases[i], NULL, &error) != COUNTERFOIL_BAD_INPUT || !error.text[0])
			fail_msg("case %zu: %s", i, error.text);
		loop_run(&loop);
	}
	assert_int_equal(stage.server.connections, 0);
	assert_int_equal(ended.times, 0);
	close_stage();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(soap_answers_are_read),
		cmocka_unit_test(what_is_not_known_of_a_shorter_struct_is_not_read),
		cmocka_unit_test(json_answers_are_read),
		cmocka_unit_test(without_a_response_there_is_no_answer),
		cmocka_unit_test(what_does_not_fit_together_is_not_started),
	};
	return cmocka_run_group_tests(tests, stage_setup, stage_teardown);
}

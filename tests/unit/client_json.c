/* Calls in JSON against a real TLS server: what is sent, how each kind of answer is told apart, and how values are named. */
#include "client/json_read.h"
#include "tests/support/prepared_stage.h"
#include "tests/support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DOCUMENT                                                                                                       \
	"{\"name\":\"Kari \\u00e6\",\"count\":42,\"share\":0.5,\"big\":9223372036854775807,\"yes\":true,\"no\":false,"  \
	"\"nothing\":null,\"items\":[{\"a/b\":\"slash\",\"m~n\":\"tilde\"},[1,2,3],\"last\"],\"\":\"empty name\"}"

static counterfoil_code call(counterfoil_request *request, counterfoil_json **out, counterfoil_error *error)
{
	*out = (counterfoil_json *)&stage;
	request->size = sizeof *request;
	request->url = stage_url(&stage, "/json");
	counterfoil_code code = counterfoil_json_call(stage.client, request, out, error);
	if (error->code != code || error->category != counterfoil_category_of(code) || (code && !error->text[0]))
		fail_msg("the error does not say %s: %s", counterfoil_code_word(code), error->text);
	return code;
}

static counterfoil_json *get(int status, const char *type, const char *body, counterfoil_code want)
{
	counterfoil_json *out = NULL;
	counterfoil_error error;
	prepared.status = status;
	prepared.type = type;
	prepared.body = body;
	counterfoil_code code = call(&(counterfoil_request){0}, &out, &error);
	if (code != want || !out)
		fail_msg("%d %s %s: had %s: %s", status, type ? type : "-", body, counterfoil_code_word(code), error.text);
	if (body[0] && strstr(error.text, "S3CRET"))
		fail_msg("the answer is repeated: %s", error.text);
	assert_int_equal(counterfoil_response_status(counterfoil_json_response(out)), status);
	return out;
}

static void each_kind_of_answer_is_told_apart(void **state)
{
	(void)state;
	static const struct {
		int status;
		const char *type, *body;
		counterfoil_code want;
		counterfoil_json_kind kind;
	} rows[] = {
		{200, "application/json", "{}", COUNTERFOIL_OK, COUNTERFOIL_JSON_OBJECT},
		{200, "application/json; charset=utf-8", " [1] ", COUNTERFOIL_OK, COUNTERFOIL_JSON_ARRAY},
		{200, "application/hal+json", "\"x\"", COUNTERFOIL_OK, COUNTERFOIL_JSON_STRING},
		{200, "Application/JSON", "null", COUNTERFOIL_OK, COUNTERFOIL_JSON_NULL},
		{200, NULL, "7", COUNTERFOIL_OK, COUNTERFOIL_JSON_INTEGER},
		{201, "application/json", "", COUNTERFOIL_OK, COUNTERFOIL_JSON_ABSENT},
		{204, NULL, "", COUNTERFOIL_OK, COUNTERFOIL_JSON_ABSENT},
		{200, "text/html", "{}", COUNTERFOIL_NOT_JSON, COUNTERFOIL_JSON_ABSENT},
		{200, "text/plain", "{}", COUNTERFOIL_NOT_JSON, COUNTERFOIL_JSON_ABSENT},
		{200, "application/jsonp", "{}", COUNTERFOIL_NOT_JSON, COUNTERFOIL_JSON_ABSENT},
		{200, "application/json", "{\"S3CRET\":1,}", COUNTERFOIL_NOT_JSON, COUNTERFOIL_JSON_ABSENT},
		{200, "application/json", "{\"S3CRET\":1,\"S3CRET\":2}", COUNTERFOIL_NOT_JSON, COUNTERFOIL_JSON_ABSENT},
		{200, "application/json", "{} {}", COUNTERFOIL_NOT_JSON, COUNTERFOIL_JSON_ABSENT},
		{200, "application/json", "\"\\u0000\"", COUNTERFOIL_NOT_JSON, COUNTERFOIL_JSON_ABSENT},
		{200, "application/json", "\"\xff\"", COUNTERFOIL_NOT_JSON, COUNTERFOIL_JSON_ABSENT},
		{200, "application/json", "99999999999999999999", COUNTERFOIL_NOT_JSON, COUNTERFOIL_JSON_ABSENT},
		{302, "application/json", "{}", COUNTERFOIL_NOT_JSON, COUNTERFOIL_JSON_ABSENT},
		{404, "application/problem+json", "{\"title\":\"x\"}", COUNTERFOIL_PROBLEM, COUNTERFOIL_JSON_OBJECT},
		{409, "text/html", "<p>S3CRET", COUNTERFOIL_PROBLEM, COUNTERFOIL_JSON_ABSENT},
		{500, NULL, "", COUNTERFOIL_PROBLEM, COUNTERFOIL_JSON_ABSENT},
		{401, "application/json", "{}", COUNTERFOIL_REFUSED, COUNTERFOIL_JSON_OBJECT},
		{403, "application/problem+json", "{\"code\":\"revoked\"}", COUNTERFOIL_REVOKED, COUNTERFOIL_JSON_OBJECT},
		{403, "text/html", "no", COUNTERFOIL_REFUSED, COUNTERFOIL_JSON_ABSENT},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		counterfoil_json *out = get(rows[i].status, rows[i].type, rows[i].body, rows[i].want);
		if (counterfoil_json_at(out, "") != rows[i].kind)
			fail_msg("row %zu: kind %d", i, counterfoil_json_at(out, ""));
		counterfoil_json_free(out);
	}
}

static void values_are_named_by_pointers(void **state)
{
	(void)state;
	counterfoil_json *j = get(200, "application/json", DOCUMENT, COUNTERFOIL_OK);
	assert_string_equal(counterfoil_json_string(j, "/name", "-"), "Kari \xc3\xa6");
	assert_int_equal(counterfoil_json_integer(j, "/count", -1), 42);
	assert_true(counterfoil_json_integer(j, "/big", -1) == INT64_MAX);
	assert_true(counterfoil_json_real(j, "/share", 0) == 0.5);
	assert_true(counterfoil_json_real(j, "/count", 0) == 42.0);
	assert_int_equal(counterfoil_json_boolean(j, "/yes", -1), 1);
	assert_int_equal(counterfoil_json_boolean(j, "/no", -1), 0);
	assert_int_equal(counterfoil_json_at(j, "/nothing"), COUNTERFOIL_JSON_NULL);
	assert_string_equal(counterfoil_json_string(j, "/items/0/a~1b", "-"), "slash");
	assert_string_equal(counterfoil_json_string(j, "/items/0/m~0n", "-"), "tilde");
	assert_int_equal(counterfoil_json_integer(j, "/items/1/2", -1), 3);
	assert_string_equal(counterfoil_json_string(j, "/", "-"), "empty name");
	assert_int_equal(counterfoil_json_count(j, "/items"), 3);
	assert_int_equal(counterfoil_json_count(j, ""), 9);
	assert_int_equal(counterfoil_json_count(j, "/name"), 0);
	assert_string_equal(counterfoil_json_name(j, "", 1), "count");
	assert_null(counterfoil_json_name(j, "", 9));
	assert_null(counterfoil_json_name(j, "/items", 0));
	counterfoil_json_free(j);
}

static void what_is_not_there_is_what_the_caller_says(void **state)
{
	(void)state;
	static const char *const nowhere[] = {"name", "/names", "/items/3", "/items/-", "/items/01", "/items/4294967296", "/items/",
					      "/count/0", "/items/0/a~2b", "/items/0/m~", "/name/x", "//"};
	counterfoil_json *j = get(200, "application/json", DOCUMENT, COUNTERFOIL_OK);
	for (size_t i = 0; i < sizeof nowhere / sizeof *nowhere; i++)
		if (counterfoil_json_at(j, nowhere[i]) != COUNTERFOIL_JSON_ABSENT)
			fail_msg("%s is there", nowhere[i]);
	char *giant = calloc(1, 5000);
	memset(giant, 'a', 4999);
	giant[0] = '/';
	assert_int_equal(counterfoil_json_at(j, giant), COUNTERFOIL_JSON_ABSENT);
	free(giant);
	assert_string_equal(counterfoil_json_string(j, "/count", "otherwise"), "otherwise");
	assert_null(counterfoil_json_string(j, "/none", NULL));
	assert_int_equal(counterfoil_json_integer(j, "/share", -7), -7);
	assert_int_equal(counterfoil_json_boolean(j, "/count", -1), -1);
	assert_true(counterfoil_json_real(j, "/name", 1.5) == 1.5);
	assert_int_equal(counterfoil_json_at(j, NULL), COUNTERFOIL_JSON_ABSENT);
	assert_int_equal(counterfoil_json_at(NULL, ""), COUNTERFOIL_JSON_ABSENT);
	assert_null(counterfoil_json_response(NULL));
	counterfoil_json_free(j);
	counterfoil_json_free(NULL);
}

static void a_body_is_checked_before_it_is_sent(void **state)
{
	(void)state;
	static const char *const bad[] = {"{", "{}{}", "{'a':1}", "{\"a\":1,\"a\":2}", "\xff", "a=1"};
	counterfoil_json *out = NULL;
	counterfoil_error error;
	seen_head[0] = '\0';
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		counterfoil_request request = {.method = "POST", .body = {bad[i], strlen(bad[i])}};
		assert_int_equal(call(&request, &out, &error), COUNTERFOIL_BAD_INPUT);
		assert_null(out);
	}
	const counterfoil_sink sink = {0};
	counterfoil_request request = {.sink = &sink};
	assert_int_equal(call(&request, &out, &error), COUNTERFOIL_BAD_INPUT);
	assert_string_equal(seen_head, ""); /* the server saw none of them */
	assert_int_equal(counterfoil_json_call(NULL, &request, &out, &error), COUNTERFOIL_BAD_INPUT);
	assert_int_equal(counterfoil_json_call(stage.client, &request, NULL, &error), COUNTERFOIL_BAD_INPUT);
	assert_int_equal(counterfoil_json_call(stage.client, NULL, &out, &error), COUNTERFOIL_BAD_INPUT);
}

static void headers_are_set_unless_they_are_given(void **state)
{
	(void)state;
	static const char body[] = "{\"amount\":1}";
	const char *const own[] = {"content-type: application/vnd.x+json", "Accept: */*", NULL};
	counterfoil_json *out = NULL;
	counterfoil_error error;
	prepared.status = 200;
	prepared.type = "application/json";
	prepared.body = "{}";
	assert_int_equal(call(&(counterfoil_request){.method = "POST", .body = {body, sizeof body - 1}}, &out, &error), COUNTERFOIL_OK);
	counterfoil_json_free(out);
	assert_non_null(strstr(seen_head, "\r\nContent-Type: application/json\r\n"));
	assert_non_null(strstr(seen_head, "\r\nAccept: application/json, application/problem+json\r\n"));
	assert_string_equal(seen_body, body);
	assert_int_equal(call(&(counterfoil_request){.method = "POST", .body = {body, sizeof body - 1}, .headers = own}, &out, &error),
			 COUNTERFOIL_OK);
	counterfoil_json_free(out);
	assert_null(strstr(seen_head, "application/json\r\n"));
	assert_non_null(strstr(seen_head, "content-type: application/vnd.x+json\r\n"));
	assert_int_equal(call(&(counterfoil_request){0}, &out, &error), COUNTERFOIL_OK);
	counterfoil_json_free(out);
	assert_null(strstr(seen_head, "Content-Type"));
}

/* Small to write, large to hold: refused before any of it is made. */
static void many_and_deep_values_are_refused(void **state)
{
	(void)state;
	static char text[2 << 20];
	size_t len = 0;
	text[len++] = '[';
	for (int i = 0; i < JSON_VALUES_MAX; i++) {
		text[len++] = '[';
		text[len++] = ']';
		text[len++] = ',';
	}
	memcpy(text + len, "1]", 3);
	counterfoil_json_free(get(200, "application/json", text, COUNTERFOIL_TOO_LARGE));
	memset(text, '[', JSON_DEPTH_MAX + 1);
	memset(text + JSON_DEPTH_MAX + 1, ']', JSON_DEPTH_MAX + 1);
	text[2 * (JSON_DEPTH_MAX + 1)] = '\0';
	counterfoil_json_free(get(200, "application/json", text, COUNTERFOIL_TOO_LARGE));
	text[2 * JSON_DEPTH_MAX + 1] = '\0';
	counterfoil_json_free(get(200, "application/json", text + 1, COUNTERFOIL_OK));
	/* brackets and commas inside a string are none */
	len = 0;
	text[len++] = '"';
	for (int i = 0; i < 100000; i++) {
		memcpy(text + len, ",[\\\"", 4);
		len += 4;
	}
	memcpy(text + len, "\"", 2);
	counterfoil_json_free(get(200, "application/json", text, COUNTERFOIL_OK));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_kind_of_answer_is_told_apart),
		cmocka_unit_test(values_are_named_by_pointers),
		cmocka_unit_test(what_is_not_there_is_what_the_caller_says),
		cmocka_unit_test(a_body_is_checked_before_it_is_sent),
		cmocka_unit_test(headers_are_set_unless_they_are_given),
		cmocka_unit_test(many_and_deep_values_are_refused),
	};
	return cmocka_run_group_tests(tests, open_stage, close_stage);
}

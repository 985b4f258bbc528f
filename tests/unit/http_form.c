/* Form bodies, JSON bodies, ranges and entity tags: the readers of what a stranger wrote. */
#include "base/secret.h"
#include "issuer/http/conditional.h"
#include "issuer/http/form.h"
#include "issuer/http/head.h"
#include "issuer/http/route.h"
#include "tests/support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void every_form_gets_its_value_or_its_refusal(void **state)
{
	static const struct {
		const char *name, *text;
		enum err wanted;
		const char *value;
	} cases[] = {
		{"plain", "code=ABCD2345", ERR_OK, "ABCD2345"},
		{"second", "a=1&code=x&b=2", ERR_OK, "x"},
		{"plus and escape", "code=a+b%20c%2B", ERR_OK, "a b c+"},
		{"utf-8", "code=%C3%A6%F0%9F%94%91", ERR_OK, "\xc3\xa6\xf0\x9f\x94\x91"},
		{"empty value", "code=", ERR_OK, ""},
		{"no equals", "code", ERR_OK, ""},
		{"encoded name", "%63ode=x", ERR_OK, "x"},
		{"tail ampersand", "code=x&", ERR_OK, "x"},
		{"other bad value is not looked at", "a=%zz&code=x", ERR_OK, "x"},
		{"absent", "cod=x&codes=y", ERR_NOT_FOUND, ""},
		{"empty text", "", ERR_NOT_FOUND, ""},
		{"twice", "code=x&code=y", ERR_MALFORMED, ""},
		{"twice in disguise", "code=x&c%6fde=y", ERR_MALFORMED, ""},
		{"nul", "code=a%00b", ERR_MALFORMED, ""},
		{"cut escape", "code=a%4", ERR_MALFORMED, ""},
		{"cut percent", "code=a%", ERR_MALFORMED, ""},
		{"bad digit", "code=%4g", ERR_MALFORMED, ""},
		{"raw space", "code=a b", ERR_MALFORMED, ""},
		{"raw line", "code=a\nb", ERR_MALFORMED, ""},
		{"raw high byte", "code=\xc3\xa6", ERR_MALFORMED, ""},
		{"second equals", "code=a=b", ERR_MALFORMED, ""},
		{"bad name", "%zz=1&code=x", ERR_MALFORMED, ""},
		{"overlong utf-8", "code=%C0%AF", ERR_MALFORMED, ""},
		{"surrogate", "code=%ED%A0%80", ERR_MALFORMED, ""},
		{"beyond unicode", "code=%F4%90%80%80", ERR_MALFORMED, ""},
		{"cut utf-8", "code=%E2%82", ERR_MALFORMED, ""},
		{"too long", "code=0123456789012345678901234567890123", ERR_TOO_LARGE, ""},
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		char out[32];
		memset(out, 'x', sizeof out);
		enum err had = form_find(cases[i].text, strlen(cases[i].text), "code", out, sizeof out);
		if (had != cases[i].wanted || strcmp(out, cases[i].value) != 0)
			fail_msg("%s: wanted %s '%s', had %s '%s'", cases[i].name, err_word(cases[i].wanted), cases[i].value,
				 err_word(had), out);
	}
}

static void the_value_ends_where_the_room_ends(void **state)
{
	char out[9];
	(void)state;
	assert_int_equal(form_find("code=12345678", 13, "code", out, sizeof out), ERR_OK);
	assert_int_equal(form_find("code=123456789", 14, "code", out, sizeof out), ERR_TOO_LARGE);
	assert_string_equal(out, "");
}

/* A copy of exactly len bytes, so that a sanitizer sees a byte read too many. */
static char *exact(const char *text, size_t len)
{
	char *copy = malloc(len ? len : 1);
	memcpy(copy, text, len);
	return copy;
}

static void a_form_cut_anywhere_gives_a_prefix_or_a_refusal(void **state)
{
	static const char text[] = "digits=4711&code=AB%2DCD+23%C3%A6&more=1";
	static const char whole[] = "AB-CD 23\xc3\xa6";
	(void)state;
	for (size_t len = 0; len < sizeof text; len++) {
		char out[64], *cut = exact(text, len);
		enum err rc = form_find(cut, len, "code", out, sizeof out);
		if (rc == ERR_OK)
			assert_memory_equal(out, whole, strlen(out));
		else
			assert_string_equal(out, "");
		free(cut);
	}
}

static void a_form_with_any_bit_flipped_never_yields_what_is_not_text(void **state)
{
	static const char text[] = "digits=4711&code=AB%2DCD+23%C3%A6&more=1";
	(void)state;
	for (size_t bit = 0; bit < 8 * (sizeof text - 1); bit++) {
		char out[64], *flipped = exact(text, sizeof text - 1);
		flipped[bit / 8] = (char)(flipped[bit / 8] ^ (1 << bit % 8));
		enum err rc = form_find(flipped, sizeof text - 1, "code", out, sizeof out);
		assert_true(utf8_valid(out, strlen(out)));
		if (rc != ERR_OK)
			assert_string_equal(out, "");
		free(flipped);
	}
}

/* ---- request bodies ---- */

static enum err read_json(const char *type, const char *text, size_t len)
{
	struct buf body = BUF_INIT(1 << 20);
	json_t *json = NULL;
	buf_add(&body, text, len);
	struct request q = {.body = &body, .content_type = type};
	enum err rc = request_json(&q, &json, NULL);
	if (rc != ERR_OK)
		assert_null(json);
	json_decref(json);
	buf_free(&body);
	return rc;
}

static void only_a_plain_json_object_is_read(void **state)
{
	static const struct {
		const char *name, *type, *text;
		enum err wanted;
	} cases[] = {
		{"object", "application/json", "{\"a\":1}", ERR_OK},
		{"with charset", "application/json; charset=utf-8", "{}", ERR_OK},
		{"upper case type", "Application/JSON", "{}", ERR_OK},
		{"array", "application/json", "[1]", ERR_MALFORMED},
		{"number", "application/json", "1", ERR_MALFORMED},
		{"empty", "application/json", "", ERR_MALFORMED},
		{"duplicate", "application/json", "{\"a\":1,\"a\":2}", ERR_MALFORMED},
		{"duplicate inside", "application/json", "{\"b\":{\"a\":1,\"a\":2}}", ERR_MALFORMED},
		{"trailing", "application/json", "{} {}", ERR_MALFORMED},
		{"cut", "application/json", "{\"a\":", ERR_MALFORMED},
		{"not utf-8", "application/json", "{\"a\":\"\xff\"}", ERR_MALFORMED},
		{"escaped nul", "application/json", "{\"a\":\"\\u0000\"}", ERR_MALFORMED},
		{"lone surrogate", "application/json", "{\"a\":\"\\ud800\"}", ERR_MALFORMED},
		{"a form's type", "application/x-www-form-urlencoded", "{}", ERR_MALFORMED},
		{"text", "text/plain", "{}", ERR_MALFORMED},
		{"no type", "", "{}", ERR_MALFORMED},
		{"longer type", "application/jsonx", "{}", ERR_MALFORMED},
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		enum err had = read_json(cases[i].type, cases[i].text, strlen(cases[i].text));
		if (had != cases[i].wanted)
			fail_msg("%s: wanted %s, had %s", cases[i].name, err_word(cases[i].wanted), err_word(had));
	}
	assert_int_equal(read_json("application/json", "{\"a\0\":1}", 8), ERR_MALFORMED);
}

static enum err read_deep(size_t depth, const char *open, const char *close)
{
	struct buf text = BUF_INIT(1 << 20);
	buf_text(&text, "{\"a\":");
	for (size_t i = 1; i < depth; i++)
		buf_text(&text, open);
	buf_text(&text, "1");
	for (size_t i = 1; i < depth; i++)
		buf_text(&text, close);
	buf_text(&text, "}");
	enum err rc = read_json("application/json", (char *)text.data, text.len);
	buf_free(&text);
	return rc;
}

static void json_is_sixteen_deep_at_most(void **state)
{
	(void)state;
	assert_int_equal(read_deep(16, "[", "]"), ERR_OK);
	assert_int_equal(read_deep(17, "[", "]"), ERR_MALFORMED);
	assert_int_equal(read_deep(16, "{\"b\":", "}"), ERR_OK);
	assert_int_equal(read_deep(17, "{\"b\":", "}"), ERR_MALFORMED);
	assert_int_equal(read_deep(100000, "[", "]"), ERR_MALFORMED);
}

static void a_form_of_another_type_is_not_a_form(void **state)
{
	struct buf body = BUF_INIT(64);
	char out[16];
	(void)state;
	buf_text(&body, "code=x");
	struct request q = {.body = &body, .content_type = "text/plain"};
	assert_int_equal(request_form(&q, "code", out, sizeof out), ERR_MALFORMED);
	q.content_type = "application/x-www-form-urlencoded;charset=UTF-8";
	assert_int_equal(request_form(&q, "code", out, sizeof out), ERR_OK);
	assert_string_equal(out, "x");
	buf_free(&body);
	assert_int_equal(request_form(&q, "code", out, sizeof out), ERR_NOT_FOUND);
}

/* ---- ranges and tags ---- */

static void every_range_gets_its_part(void **state)
{
	static const struct {
		const char *value;
		size_t size;
		enum range_verdict wanted;
		size_t first, len;
	} cases[] = {
		{NULL, 10, RANGE_WHOLE, 0, 10},
		{"bytes=0-9", 10, RANGE_PART, 0, 10},
		{"bytes=0-0", 10, RANGE_PART, 0, 1},
		{"bytes=3-5", 10, RANGE_PART, 3, 3},
		{"bytes=3-", 10, RANGE_PART, 3, 7},
		{"bytes=-3", 10, RANGE_PART, 7, 3},
		{"bytes=-30", 10, RANGE_PART, 0, 10},
		{"bytes=9-99", 10, RANGE_PART, 9, 1},
		{"bytes=9-18446744073709551615", 10, RANGE_PART, 9, 1},
		{"bytes=9-99999999999999999999999999", 10, RANGE_PART, 9, 1},
		{"bytes=0-", 1, RANGE_PART, 0, 1},
		{"bytes=10-", 10, RANGE_OUTSIDE, 0, 0},
		{"bytes=99999999999999999999999999-", 10, RANGE_OUTSIDE, 0, 0},
		{"bytes=-0", 10, RANGE_OUTSIDE, 0, 0},
		{"bytes=0-", 0, RANGE_OUTSIDE, 0, 0},
		{"bytes=-1", 0, RANGE_OUTSIDE, 0, 0},
		{"bytes=5-3", 10, RANGE_WHOLE, 0, 10},
		{"bytes=", 10, RANGE_WHOLE, 0, 10},
		{"bytes=-", 10, RANGE_WHOLE, 0, 10},
		{"bytes=a-b", 10, RANGE_WHOLE, 0, 10},
		{"bytes=1-2,4-5", 10, RANGE_WHOLE, 0, 10},
		{"bytes=1-2 ", 10, RANGE_WHOLE, 0, 10},
		{"bytes= 1-2", 10, RANGE_WHOLE, 0, 10},
		{"bytes=1", 10, RANGE_WHOLE, 0, 10},
		{"bytes=--1", 10, RANGE_WHOLE, 0, 10},
		{"bytes=1--2", 10, RANGE_WHOLE, 0, 10},
		{"lines=1-2", 10, RANGE_WHOLE, 0, 10},
		{"", 10, RANGE_WHOLE, 0, 10},
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		size_t first, len;
		enum range_verdict had = range_parse(cases[i].value, cases[i].size, &first, &len);
		if (had != cases[i].wanted)
			fail_msg("%s of %zu: verdict %d", cases[i].value, cases[i].size, had);
		if (had != RANGE_OUTSIDE && (first != cases[i].first || len != cases[i].len))
			fail_msg("%s of %zu: %zu+%zu", cases[i].value, cases[i].size, first, len);
	}
}

static void no_range_reaches_beyond_the_body(void **state)
{
	static const char alphabet[] = "bytes=0123456789-,";
	char value[16];
	uint8_t dice[16];
	(void)state;
	for (int i = 0; i < 20000; i++) {
		assert_int_equal(random_bytes(dice, sizeof dice), ERR_OK);
		int n = snprintf(value, sizeof value, "bytes=");
		for (int k = 0; k < dice[0] % 9; k++)
			value[n++] = alphabet[6 + dice[k + 1] % 12];
		value[n] = '\0';
		size_t size = dice[10] % 64, first, len;
		if (range_parse(value, size, &first, &len) != RANGE_OUTSIDE && (first > size || len > size - first))
			fail_msg("%s of %zu: %zu+%zu", value, size, first, len);
	}
}

static void a_tag_matches_only_itself(void **state)
{
	(void)state;
	assert_true(etag_listed("\"abc\"", "\"abc\""));
	assert_true(etag_listed("W/\"abc\"", "\"abc\""));
	assert_true(etag_listed("\"x\", \"abc\"", "\"abc\""));
	assert_true(etag_listed("\"x\",\"abc\" ,\"y\"", "\"abc\""));
	assert_true(etag_listed("*", "\"abc\""));
	assert_false(etag_listed(NULL, "\"abc\""));
	assert_false(etag_listed("", "\"abc\""));
	assert_false(etag_listed("\"abcd\"", "\"abc\""));
	assert_false(etag_listed("abc", "\"abc\""));
	assert_false(etag_listed("\"abc\"x", "\"abc\""));
	assert_false(etag_listed("*", ""));
	assert_false(etag_listed("\"abc", "\"abc\""));
}

static void a_date_counts_from_the_last_change_on(void **state)
{
	(void)state;
	const int64_t changed = INT64_C(1795313618); /* 2026-11-22T02:13:38Z */
	static const struct {
		const char *value;
		bool known;
	} cases[] = {
		{"Sun, 22 Nov 2026 02:13:38 GMT", true},   {"Sun, 22 Nov 2026 02:13:39 GMT", true},
		{"Sun, 22 Nov 2026 02:13:37 GMT", false},  {"Sat, 21 Nov 2026 02:13:38 GMT", false},
		{"Fri, 01 Jan 2100 00:00:00 GMT", true},   {NULL, false},
		{"", false},                               {"yesterday", false},
		{"Sun, 22 Nov 2026 02:13:38", false},      {"Sun, 22 Nov 2026 02:13:38 GMT; length=3", false},
		{"2026-11-22T02:13:38Z", false},           {"Sun, 22 Nov 2026 02:13:38 +0000", false},
		{"Sunday, 22-Nov-26 02:13:38 GMT", false}, {"Sun Nov 22 02:13:38 2026", false},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		if (unmodified_since(cases[i].value, changed) != cases[i].known)
			fail_msg("%s", cases[i].value);
	assert_false(unmodified_since("Sun, 22 Nov 2026 02:13:38 GMT", 0));
}

static void a_coding_is_welcome_by_name_or_star_and_with_some_weight(void **state)
{
	(void)state;
	static const struct {
		const char *value;
		bool welcome;
	} cases[] = {
		{"gzip", true},          {"GZip", true},           {"deflate, gzip;q=0.1, br", true}, {"gzip;q=1.0", true},
		{"*", true},             {"br, *;q=0.5", true},    {"deflate,gzip", true},            {"gzip ; q=0.001", true},
		{NULL, false},           {"", false},              {"identity", false},               {"gzip;q=0", false},
		{"gzip; q=0.000", false}, {"gzip;q=0.", false},    {"*;q=0", false},                  {"gzip;q=0, *", false},
		{"x-gzip", false},       {"gzipped", false},       {"gzi", false},                    {", ,", false},
		{"*;q=0, gzip", true},   {"gzip;q=0,deflate;q=1", false}, {";q=1", false},            {"gzip;Q=0 , br", false},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		if (coding_welcome(cases[i].value, "gzip") != cases[i].welcome)
			fail_msg("%s", cases[i].value);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_form_gets_its_value_or_its_refusal),
		cmocka_unit_test(the_value_ends_where_the_room_ends),
		cmocka_unit_test(a_form_cut_anywhere_gives_a_prefix_or_a_refusal),
		cmocka_unit_test(a_form_with_any_bit_flipped_never_yields_what_is_not_text),
		cmocka_unit_test(only_a_plain_json_object_is_read),
		cmocka_unit_test(json_is_sixteen_deep_at_most),
		cmocka_unit_test(a_form_of_another_type_is_not_a_form),
		cmocka_unit_test(every_range_gets_its_part),
		cmocka_unit_test(no_range_reaches_beyond_the_body),
		cmocka_unit_test(a_tag_matches_only_itself),
		cmocka_unit_test(a_date_counts_from_the_last_change_on),
		cmocka_unit_test(a_coding_is_welcome_by_name_or_star_and_with_some_weight),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

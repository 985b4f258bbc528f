#include "tests/support/test.h"

#include "base/encode.h"

#include <string.h>

static const struct {
	const char *name, *plain, *base64, *base64url;
} vectors[] = { /* RFC 4648 section 10 */
	{"empty", "", "", ""},
	{"f", "f", "Zg==", "Zg"},
	{"fo", "fo", "Zm8=", "Zm8"},
	{"foo", "foo", "Zm9v", "Zm9v"},
	{"foob", "foob", "Zm9vYg==", "Zm9vYg"},
	{"fooba", "fooba", "Zm9vYmE=", "Zm9vYmE"},
	{"foobar", "foobar", "Zm9vYmFy", "Zm9vYmFy"},
	{"both odd letters", "\xfb\xff\xfe", "+//+", "-__-"},
};

static void vectors_of_rfc_4648_both_ways(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
		struct buf out = BUF_INIT(64);
		base64_encode(vectors[i].plain, strlen(vectors[i].plain), &out);
		assert_string_equal(buf_string(&out), vectors[i].base64);
		buf_clear(&out);
		base64url_encode(vectors[i].plain, strlen(vectors[i].plain), &out);
		assert_string_equal(buf_string(&out), vectors[i].base64url);
		buf_clear(&out);
		assert_int_equal(base64_decode(vectors[i].base64, strlen(vectors[i].base64), &out), ERR_OK);
		assert_string_equal(buf_string(&out), vectors[i].plain);
		buf_clear(&out);
		assert_int_equal(base64url_decode(vectors[i].base64url, strlen(vectors[i].base64url), &out), ERR_OK);
		assert_string_equal(buf_string(&out), vectors[i].plain);
		buf_free(&out);
	}
}

static void loose_base64_is_refused(void **state)
{
	(void)state;
	static const char *const bad[] = {"Z", "Zg=", "Zg===", "Zh==", "Z g=", "Zg==\n", "Zm9=", "=Zg=", "Zg-_", "Zm9v\xc3\xa9"};
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		struct buf out = BUF_INIT(64);
		if (base64_decode(bad[i], strlen(bad[i]), &out) == ERR_OK)
			fail_msg("accepted: %s", bad[i]);
		buf_free(&out);
	}
	struct buf out = BUF_INIT(64);
	assert_int_equal(base64url_decode("Zh", 2, &out), ERR_MALFORMED);
	assert_int_equal(base64url_decode("Zg==", 4, &out), ERR_MALFORMED);
	assert_int_equal(base64url_decode("Zg\0a", 4, &out), ERR_MALFORMED);
	buf_free(&out);
}

static void hex_takes_both_cases_and_the_exact_length(void **state)
{
	(void)state;
	uint8_t out[3];
	char text[7];
	assert_int_equal(hex_decode("00fFa5", out, 3), ERR_OK);
	hex_encode(out, 3, text);
	assert_string_equal(text, "00ffa5");
	assert_int_equal(hex_decode("00fFa", out, 3), ERR_MALFORMED);
	assert_int_equal(hex_decode("00fFa50", out, 3), ERR_MALFORMED);
	assert_int_equal(hex_decode("00fFg5", out, 3), ERR_MALFORMED);
}

static void text_becomes_a_json_string(void **state)
{
	(void)state;
	static const struct {
		const char *name, *text, *json;
	} cases[] = {
		{"empty", "", "\"\""},
		{"plain", "e-banking", "\"e-banking\""},
		{"quote and backslash", "a\"b\\c", "\"a\\\"b\\\\c\""},
		{"at both ends", "\"\"", "\"\\\"\\\"\""},
		{"control characters", "\x01\n\x1f\x7f", "\"\\u0001\\u000a\\u001f\\u007f\""},
		{"UTF-8", "bl\xc3\xa5", "\"bl\xc3\xa5\""},
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct buf out = BUF_INIT(64);
		json_quote(cases[i].text, &out);
		if (strcmp(buf_string(&out), cases[i].json) != 0)
			fail_msg("%s: %s, wanted %s", cases[i].name, buf_string(&out), cases[i].json);
		buf_free(&out);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(vectors_of_rfc_4648_both_ways),
		cmocka_unit_test(loose_base64_is_refused),
		cmocka_unit_test(hex_takes_both_cases_and_the_exact_length),
		cmocka_unit_test(text_becomes_a_json_string),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

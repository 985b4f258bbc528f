#include "tests/support/test.h"

#include "base/media.h"

static void a_type_is_told_whatever_its_case_and_parameters(void **state)
{
	(void)state;
	static const struct {
		const char *value;
		bool text, html, json;
	} cases[] = {
		{NULL, false, false, false},
		{"", false, false, false},
		{"text/plain", true, false, false},
		{"Text/PLAIN; charset=utf-8", true, false, false},
		{"text/plain\t;x", true, false, false},
		{"text/plainer", false, false, false},
		{"text", false, false, false},
		{" text/plain", false, false, false},
		{"text/html; charset=utf-8", false, true, false},
		{"application/xhtml+xml", false, true, false},
		{"application/json", false, false, true},
		{"text/json ;x", false, false, true},
		{"application/problem+JSON; charset=utf-8", false, false, true},
		{"application/jsonp", false, false, false},
		{"text/x; profile=a+json", false, false, false},
		{"+json", false, false, false},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const char *value = cases[i].value;
		if (media_is(value, "text/plain") != cases[i].text || media_is_html(value) != cases[i].html ||
		    media_is_json(value) != cases[i].json)
			fail_msg("%s: text %d, HTML %d, JSON %d", value ? value : "nothing", media_is(value, "text/plain"),
				 media_is_html(value), media_is_json(value));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_type_is_told_whatever_its_case_and_parameters),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* counterfoil call --json: how an answer's headers are shown, however odd. */
#include "client/command/call.h"
#include "client/response.h"
#include "tests/support/test.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { CAP = 1 << 16 };

/* What is printed of an answer with these lines, as JSON again. */
static json_t *shown(const char *const *lines)
{
	counterfoil_response *response = response_new(CAP, CAP);
	assert_non_null(response);
	for (; *lines; lines++)
		assert_int_equal(response_header_line(response, *lines, strlen(*lines)), ERR_OK);
	assert_int_equal(response_end(response, 200), ERR_OK);
	FILE *file = tmpfile();
	int saved = dup(STDOUT_FILENO);
	fflush(NULL);
	dup2(fileno(file), STDOUT_FILENO);
	struct errbuf why = {0};
	enum err e = call_output_json(response, true, &why);
	fflush(NULL);
	dup2(saved, STDOUT_FILENO);
	close(saved);
	rewind(file);
	json_t *all = json_loadf(file, JSON_REJECT_DUPLICATES, NULL);
	fclose(file);
	counterfoil_response_free(response);
	if (e)
		fail_msg("not shown: %s", err_why(e, &why));
	assert_non_null(all);
	return all;
}

static void every_header_is_shown_in_utf_8(void **state)
{
	(void)state;
	static const struct {
		const char *name, *lines[4], *key, *value;
	} cases[] = {
		{"plain", {"X-Name: Value\r\n"}, "x-name", "Value"},
		{"twice", {"X-Name: a\r\n", "x-name: b\r\n"}, "x-name", "a, b"},
		{"a value in Latin-1", {"X-Name: caf\xe9\r\n"}, "x-name", "caf?"},
		{"a name in Latin-1", {"X-Caf\xe9: a\r\n"}, "x-caf?", "a"},
		{"a name in Latin-1, twice", {"X-Caf\xe9: a\r\n", "X-caf\xe8: b\r\n"}, "x-caf?", "a, b"},
		{"a name in UTF-8", {"X-Caf\xc3\xa9: a\r\n"}, "x-caf\xc3\xa9", "a"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		json_t *all = shown(cases[i].lines);
		const json_t *headers = json_object_get(all, "headers");
		const char *had = json_string_value(json_object_get(headers, cases[i].key));
		if (!had || strcmp(had, cases[i].value) != 0 || json_object_size(headers) != 1)
			fail_msg("%s: wanted %s, had %s", cases[i].name, cases[i].value, had ? had : "nothing");
		json_decref(all);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_header_is_shown_in_utf_8),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

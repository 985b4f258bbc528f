/* problem+json to errors, exit codes and lines for people. */
#include "client/command/problem.h"
#include "client/command/text.h"
#include "tests/support/test.h"

#include <string.h>

static enum err read_problem(int status, const char *body, struct buf *faults, struct errbuf *why)
{
	return problem_read(status, (counterfoil_bytes){body, strlen(body)}, faults, why);
}

static void codes_and_statuses_become_exit_codes(void **state)
{
	(void)state;
	const struct {
		int status;
		const char *body;
		int exit_code;
		enum err e;
	} cases[] = {
		{404, "{\"code\":\"not_found\"}", 3, ERR_NOT_FOUND},
		{403, "{\"code\":\"revoked\"}", 6, ERR_REVOKED},
		{403, "{\"code\":\"expired\"}", 6, ERR_EXPIRED},
		{403, "{\"code\":\"refused\"}", 4, ERR_REFUSED},
		{403, "{\"code\":\"wrong_code\"}", 4, ERR_WRONG_CODE},
		{422, "{\"code\":\"invalid\"}", 1, ERR_INVALID},
		{409, "{\"code\":\"exists\"}", 4, ERR_EXISTS},
		{412, "", 4, ERR_PRECONDITION},
		{503, "{\"code\":\"unavailable\"}", 5, ERR_UNAVAILABLE},
		{500, "{\"code\":\"internal\"}", 1, ERR_INTERNAL},
		{404, "{\"code\":\"of a later version\"}", 3, ERR_NOT_FOUND},
		{404, "{\"code\":\"ok\"}", 3, ERR_NOT_FOUND},
		{401, "", 4, ERR_UNAUTHENTICATED},
		{403, "<html>", 4, ERR_REFUSED},
		{502, "{", 5, ERR_NETWORK},
		{418, "[]", 1, ERR_INVALID},
		{599, "{\"code\":7}", 1, ERR_INTERNAL},
		{429, "{\"code\":\"limit\",\"code\":\"ok\"}", 4, ERR_LIMIT},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct errbuf why = {0};
		enum err e = read_problem(cases[i].status, cases[i].body, NULL, &why);
		if (e != cases[i].e || err_exit_code(e) != cases[i].exit_code || !why.text[0])
			fail_msg("%d %s: wanted %s, had %s [%s]", cases[i].status, cases[i].body, err_word(cases[i].e), err_word(e), why.text);
	}
}

static void each_fault_is_a_line_and_nothing_acts_on_the_terminal(void **state)
{
	(void)state;
	struct buf faults = BUF_INIT(4096);
	struct errbuf why = {0};
	enum err e = read_problem(422,
				  "{\"code\":\"invalid\",\"detail\":\"two \\u001b[2Jfaults\",\"request\":\"abc123\",\"faults\":["
				  "{\"field\":\"mobile\",\"text\":\"not a number\\u0007\"},{\"field\":\"\",\"text\":\"whole\"},{\"field\":\"x\"},7,"
				  "{\"field\":\"na\\u202eme\",\"text\":\"a\\nb\"}]}",
				  &faults, &why);
	assert_int_equal(e, ERR_INVALID);
	assert_string_equal(buf_string(&faults),
			    "mobile: not a number\xef\xbf\xbd\nwhole\nna\xef\xbf\xbdme: a\xef\xbf\xbd" "b\n");
	assert_string_equal(why.text, "two \xef\xbf\xbd[2Jfaults (status 422, request abc123)");
	buf_free(&faults);
}

static void every_code_of_the_library_has_an_exit_code(void **state)
{
	(void)state;
	const struct {
		counterfoil_code code;
		int exit_code;
	} cases[] = {
		{COUNTERFOIL_OK, 0},		{COUNTERFOIL_BAD_INPUT, 2},   {COUNTERFOIL_FILE_UNREADABLE, 1},
		{COUNTERFOIL_NOT_PKCS12, 1},	{COUNTERFOIL_WRONG_PASSWORD, 1}, {COUNTERFOIL_EXPIRED, 6},
		{COUNTERFOIL_NOT_YET_VALID, 6}, {COUNTERFOIL_REVOKED, 6},     {COUNTERFOIL_WRONG_HOST, 5},
		{COUNTERFOIL_UNKNOWN_CA, 5},	{COUNTERFOIL_REFUSED, 4},     {COUNTERFOIL_CERTIFICATE_REFUSED, 4},
		{COUNTERFOIL_UNREACHABLE, 5},	{COUNTERFOIL_TIMEOUT, 5},     {COUNTERFOIL_TOO_LARGE, 1},
		{COUNTERFOIL_FAILED, 1},	{COUNTERFOIL_SERVER_REVOKED, 5}, {COUNTERFOIL_NO_STAPLE, 5},
		{COUNTERFOIL_BAD_STAPLE, 5},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		if (err_exit_code(problem_of_library(cases[i].code)) != cases[i].exit_code)
			fail_msg("%s: wanted exit code %d", counterfoil_code_word(cases[i].code), cases[i].exit_code);
}

static void a_file_that_is_not_there_exits_3(void **state)
{
	(void)state;
	const struct {
		counterfoil_code code;
		const char *path;
		int exit_code;
	} cases[] = {
		{COUNTERFOIL_FILE_UNREADABLE, "/nonexistent", 3}, {COUNTERFOIL_FILE_UNREADABLE, "/nonexistent/x", 3},
		{COUNTERFOIL_FILE_UNREADABLE, "/dev/null", 1},	  {COUNTERFOIL_FILE_UNREADABLE, "/", 1},
		{COUNTERFOIL_FILE_UNREADABLE, NULL, 1},		  {COUNTERFOIL_FILE_UNWRITABLE, "/nonexistent/x", 3},
		{COUNTERFOIL_FILE_UNWRITABLE, "/x", 1},		  {COUNTERFOIL_FILE_UNWRITABLE, "x", 1},
		{COUNTERFOIL_EXPIRED, "/nonexistent/x", 6},	  {COUNTERFOIL_OK, "/nonexistent/x", 0},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		if (err_exit_code(problem_of_file(cases[i].code, cases[i].path)) != cases[i].exit_code)
			fail_msg("case %zu: wanted exit code %d", i, cases[i].exit_code);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(codes_and_statuses_become_exit_codes),
		cmocka_unit_test(each_fault_is_a_line_and_nothing_acts_on_the_terminal),
		cmocka_unit_test(every_code_of_the_library_has_an_exit_code),
		cmocka_unit_test(a_file_that_is_not_there_exits_3),
	};
	text_begin();
	return cmocka_run_group_tests(tests, NULL, NULL);
}

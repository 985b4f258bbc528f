/* What a server says is shown without what it may not repeat. */
#include "tests/support/test.h"

#include "delivery/remark.h"

#include <stdio.h>
#include <string.h>

static const struct saying {
	const char *name, *text, *to, *shown;
} sayings[] = {
	{"an address in angles", "550 5.1.1 <kari@nordbank.example>: unknown", "kari@nordbank.example", "550 5.1.1 * unknown"},
	{"an address of another", "550 mail for ola@nordbank.example", "kari@nordbank.example", "550 mail for *"},
	{"the local part alone", "550 user KARI unknown", "kari@nordbank.example", "550 user * unknown"},
	{"the local part in a word", "550 (kari) unknown", "kari@nordbank.example", "550 * unknown"},
	{"a link", "554 https://ca.example/d/AAAAAAAAAAAAAAAAAAAAAA is listed", "k@n.example", "554 * is listed"},
	{"a token", "554 found abcdefghijklmnopqrstuv in it", "x@n.example", "554 found * in it"},
	{"a code", "rejected: BCDEFGHJ is your", "+4790000000", "rejected: * is your"},
	{"a code with digits", "rejected: B2D4F6H8", "+4790000000", "rejected: *"},
	{"a password", "seen ABCD-EFGH-JKLM-NPQR-STUV-WXYZ here", "+4790000000", "seen * here"},
	{"a group of a password stands alone only when it is one", "seen ABCD-EFGH here", "+4790000000", "seen * here"},
	{"a number", "to +4790000000 from 4790000000", "+4790000000", "to * from *"},
	{"control characters part words", "one\r\ntwo\x1b[31mthree\x7f", "x@n.example", "one two *"},
	{"a line of its own in the log", "ok\n{\"event\":\"forged\"}", "x@n.example", "ok *"},
	{"other alphabets", "550 ukjent bl\xc3\xa5" "b\xc3\xa6r", "x@n.example", "550 ukjent bl b r"},
	{"nothing", "", "x@n.example", ""},
	{"spaces alone", "   ", "x@n.example", ""},
	{"nobody to speak of", "451 try later", "", "451 try later"},
};

static void what_a_server_says_names_nobody_and_repeats_nothing(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof sayings / sizeof *sayings; i++) {
		char out[REMARK_SIZE];
		remark(sayings[i].text, strlen(sayings[i].text), sayings[i].to, out);
		if (strcmp(out, sayings[i].shown) != 0)
			fail_msg("%s: [%s], wanted [%s]", sayings[i].name, out, sayings[i].shown);
	}
}

static void it_is_cut_between_words(void **state)
{
	(void)state;
	char text[4096] = "", out[REMARK_SIZE];
	for (size_t len = 0; len + 10 < sizeof text; len += 9)
		snprintf(text + len, sizeof text - len, "%s", "eightlet ");
	for (size_t len = 0; len <= strlen(text); len++) {
		remark(text, len, "x@n.example", out);
		size_t shown = strlen(out);
		assert_true(shown < REMARK_SIZE && strncmp(out, text, shown) == 0);
		assert_true(shown == len || shown + 1 == len || out[shown - 1] == 't');
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_a_server_says_names_nobody_and_repeats_nothing),
		cmocka_unit_test(it_is_cut_between_words),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

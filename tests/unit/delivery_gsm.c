#include "tests/support/test.h"

#include "delivery/gsm.h"

#include <string.h>

static void septets_are_counted_by_table(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		int septets;
	} cases[] = {
		{"", 0},
		{"Hello", 5},
		{"@£$¥èéùìòÇØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ", 29},
		{"¡ÄÖÑÜ§¿äöñüà¤", 13},
		{"a\nb\r", 4},
		{"^{}\\[~]|€\f", 20},
		{"blåbær på øya", 13},
		{"`", -1},
		{"ê", -1},
		{"Привет", -1},
		{"😀", -1},
		{"\t", -1},
		{"\x1b", -1},
		{"\x7f", -1},
		{"\xff", -1},
		{"a\xc3", -1},
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		if (gsm_septets(cases[i].text) != cases[i].septets)
			fail_msg("\"%s\": %d, wanted %d", cases[i].text, gsm_septets(cases[i].text), cases[i].septets);
}

static void all_128_places_of_the_alphabet_are_there(void **state)
{
	(void)state;
	int known = 0;
	for (int c = 1; c < 128; c++) {
		char text[2] = {(char)c, 0};
		known += gsm_septets(text) > 0;
	}
	/* ASCII without its control characters and '`', and with LF, CR and (in the extension table) FF */
	assert_int_equal(known, 95 - 1 + 3);
}

static void text_is_made_to_fit_with_letters_that_gsm_has(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		size_t most;
		const char *wanted;
	} cases[] = {
		{"e-banking", 9, "e-banking"},
		{"e-banking", 8, "e-bank.."},
		{"e-banking", 3, "e.."},
		{"e-banking", 2, "e-"},
		{"e-banking", 0, ""},
		{"Blåbær Sør-Ørland", 40, "Blåbær Sør-Ørland"},
		{"Crêpe Šimon Łódź Đặng", 40, "Crepe Simon Lodz Dang"},
		{"Привет", 40, "??????"},
		{"Ελλάδα", 40, "??????"},
		{"«a» “b” ‘c’ – d", 40, "?a? \"b\" 'c' - d"},
		{"a\nb\r\tc", 40, "a?b??c"},
		{"[x]", 5, "[x]"},
		{"[x]", 4, "[.."},
		{"€€€", 3, ".."},
		{"€€€", 4, "€.."},
		{"€€€", 2, "€"},
		{"\xff\xc3", 10, "??"},
		{"😀😀", 10, "??"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct buf out = BUF_INIT(200);
		gsm_fit(cases[i].text, cases[i].most, &out);
		const char *had = buf_string(&out);
		if (strcmp(had, cases[i].wanted) != 0)
			fail_msg("\"%s\" in %zu: \"%s\", wanted \"%s\"", cases[i].text, cases[i].most, had,
				 cases[i].wanted);
		buf_free(&out);
	}
}

/* Every character there is, alone and cut in the middle. */
static void what_was_made_to_fit_always_fits(void **state)
{
	(void)state;
	for (unsigned c = 1; c < 0x20000; c++) {
		char text[13] = {0};
		struct buf out = BUF_INIT(64);
		size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
		static const unsigned char lead[] = {0, 0, 0xc0, 0xe0, 0xf0};
		for (size_t i = n, rest = c; i-- > 0; rest >>= 6)
			text[i] = (char)(i == 0 ? lead[n] | rest : 0x80 | (rest & 0x3f));
		memcpy(text + n, text, n);
		memcpy(text + 2 * n, text, n);
		for (size_t most = 0; most < 6; most++) {
			buf_clear(&out);
			gsm_fit(text, most, &out);
			const char *had = buf_string(&out);
			int septets = had ? gsm_septets(had) : -1;
			if (septets < 0 || septets > (int)most || strpbrk(had, "\r\n\f"))
				fail_msg("U+%04X in %zu: %d septets", c, most, septets);
		}
		buf_free(&out);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(septets_are_counted_by_table),
		cmocka_unit_test(all_128_places_of_the_alphabet_are_there),
		cmocka_unit_test(text_is_made_to_fit_with_letters_that_gsm_has),
		cmocka_unit_test(what_was_made_to_fit_always_fits),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

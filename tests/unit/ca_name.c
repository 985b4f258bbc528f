#include "tests/support/test.h"

#include "ca/name.h"

#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define TEXT(literal) (literal), sizeof(literal) - 1

struct sample {
	const char *name, *text;
	size_t len;
	const char *reason; /* a part of it; NULL when only the refusal counts */
};

static const struct sample bad_names[] = {
	{"empty", TEXT(""), "none"},
	{"NUL inside", TEXT("my\0page"), "character 3 (U+0000) is a control character"},
	{"NUL at the end", TEXT("page\0"), "control"},
	{"line feed", TEXT("my\npage"), "control"},
	{"carriage return", TEXT("my\rpage"), "control"},
	{"tab", TEXT("my\tpage"), "control"},
	{"escape", TEXT("\x1b[31mred"), "control"},
	{"delete", TEXT("page\x7f"), "control"},
	{"C1 control", TEXT("page\xc2\x85"), "control"},
	{"right-to-left override", TEXT("page\xe2\x80\xae"), "(U+202E) is an invisible format character"},
	{"first strong isolate", TEXT("\xe2\x81\xa8page"), "format"},
	{"zero-width space", TEXT("my\xe2\x80\x8bpage"), "format"},
	{"zero-width joiner", TEXT("my\xe2\x80\x8dpage"), "format"},
	{"byte order mark", TEXT("\xef\xbb\xbfpage"), "format"},
	{"soft hyphen", TEXT("pa\xc2\xadge"), "format"},
	{"tag letter", TEXT("page\xf3\xa0\x81\xa1"), "format"},
	{"combining grapheme joiner", TEXT("page\xcd\x8f"), "invisible"},
	{"variation selector", TEXT("page\xef\xb8\x8f"), "invisible"},
	{"Hangul filler", TEXT("\xe3\x85\xa4"), "invisible"},
	{"private use", TEXT("\xee\x80\x80"), "private-use"},
	{"unassigned", TEXT("page\xcd\xb8"), "unassigned"},
	{"noncharacter", TEXT("page\xef\xbf\xbf"), "unassigned"},
	{"line separator", TEXT("my\xe2\x80\xa8page"), "line separator"},
	{"paragraph separator", TEXT("my\xe2\x80\xa9page"), "paragraph separator"},
	{"no-break space", TEXT("my\xc2\xa0page"), "white space other"},
	{"ideographic space", TEXT("\xe6\x97\xa5\xe3\x80\x80\xe6\x9c\xac"), "white space other"},
	{"space at the beginning", TEXT(" page"), "does not begin"},
	{"space at the end", TEXT("page "), "character 5 is white space"},
	{"only a space", TEXT(" "), "white space"},
	{"not composed", TEXT("Mu\xcc\x88ller"), "(NFC), from character 2 on"},
	{"Angstrom sign", TEXT("\xe2\x84\xab"), "NFC"},
	{"Hangul letters not composed", TEXT("\xe1\x84\x92\xe1\x85\xa1"), "NFC"},
	{"Latin with one Cyrillic letter", TEXT("p\xd0\xb0ge"), "character 2 (U+0430) is Cyrillic in a name of Latin"},
	{"Latin with one Greek letter", TEXT("\xce\x91lpha"), "Latin in a name of Greek"},
	{"Latin with Armenian", TEXT("p\xd5\xa1ge"), "Armenian"},
	{"Latin with Cherokee", TEXT("p\xea\xad\xb0ge"), "Cherokee"},
	{"Han with Cyrillic", TEXT("\xe6\x97\xa5\xd0\xb0"), "Cyrillic"},
	{"Han with Latin", TEXT("\xe6\x97\xa5" "a"), "Latin in a name of Han, Kana or Hangul"},
	{"stray continuation", TEXT("pa\x80ge"), "character 3 is not UTF-8"},
	{"cut sequence", TEXT("page\xc3"), "character 5 is not UTF-8"},
	{"overlong slash", TEXT("\xc0\xaf"), "not UTF-8"},
	{"overlong NUL", TEXT("page\xc0\x80"), "not UTF-8"},
	{"surrogate in UTF-8", TEXT("\xed\xa0\x80"), "not UTF-8"},
	{"above U+10FFFF", TEXT("\xf4\x90\x80\x80"), "not UTF-8"},
	{"Latin-1", TEXT("M\xfcller"), "character 2 is not UTF-8"},
	{"65 characters", TEXT("aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffggggg"), "this one 65"},
};

static void names_that_deceive_are_refused_with_the_reason(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(bad_names); i++) {
		struct errbuf why = {""};
		if (name_check(bad_names[i].text, bad_names[i].len, &why) != ERR_INVALID)
			fail_msg("accepted: %s\n", bad_names[i].name);
		if (!strstr(why.text, bad_names[i].reason))
			fail_msg("%s: wanted \"%s\", had \"%s\"\n", bad_names[i].name, bad_names[i].reason, why.text);
	}
}

static const struct sample good_names[] = {
	{"one letter", TEXT("a"), NULL},
	{"with a space", TEXT("my page"), NULL},
	{"punctuation", TEXT("M\xc3\xbcller & S\xc3\xb6hne AG (Z\xc3\xbcrich), \"A+B\" <x>; #1 = 100 %"), NULL},
	{"Cyrillic", TEXT("\xd0\x91\xd0\xb0\xd0\xbd\xd0\xba 24"), NULL},
	{"Greek", TEXT("\xce\x91\xce\xb8\xce\xae\xce\xbd\xce\xb1"), NULL},
	{"Arabic", TEXT("\xd8\xa8\xd9\x86\xd9\x83"), NULL},
	{"Japanese", TEXT("\xe6\x97\xa5\xe6\x9c\xac\xe3\x81\xae\xe3\x83\x86\xe3\x82\xb9\xe3\x83\x88"), NULL},
	{"Han and Hangul", TEXT("\xe5\xa4\xa7\xed\x95\x9c"), NULL},
	{"Devanagari with vowel signs", TEXT("\xe0\xa4\xb9\xe0\xa4\xbf\xe0\xa4\x82\xe0\xa4\xa6\xe0\xa5\x80"), NULL},
	{"64 characters", TEXT("aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffgggg"), NULL},
	{"mark without a composed form", TEXT("q\xcc\x87"), NULL},
};

static void names_of_the_worlds_languages_are_taken(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(good_names); i++) {
		struct errbuf why = {""};
		if (name_check(good_names[i].text, good_names[i].len, &why))
			fail_msg("%s: %s\n", good_names[i].name, why.text);
	}
}

static void sixty_four_is_counted_in_characters_not_in_bytes(void **state)
{
	(void)state;
	char text[4 * 65];
	for (size_t i = 0; i < 65; i++)
		memcpy(text + 4 * i, "\xf0\xa0\x80\x80", 4); /* U+20000, Han, 4 bytes */
	assert_int_equal(name_check(text, 4 * 64, NULL), ERR_OK);
	assert_int_equal(name_check(text, 4 * 65, NULL), ERR_INVALID);
	for (size_t cut = 4 * 63 + 1; cut < 4 * 64; cut++)
		assert_int_equal(name_check(text, cut, NULL), ERR_INVALID);
}

static void slugs_are_small_letters_digits_and_inner_hyphens(void **state)
{
	(void)state;
	static const char *const good[] = {"a", "0", "e-banking", "a--b",
					   "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffggg"};
	static const struct sample bad[] = {
		{"empty", TEXT(""), NULL},
		{"capital", TEXT("eBanking"), NULL},
		{"hyphen first", TEXT("-a"), NULL},
		{"hyphen last", TEXT("a-"), NULL},
		{"only a hyphen", TEXT("-"), NULL},
		{"underscore", TEXT("a_b"), NULL},
		{"slash", TEXT("a/b"), NULL},
		{"dot", TEXT("a.b"), NULL},
		{"space", TEXT("a b"), NULL},
		{"NUL inside", TEXT("a\0b"), NULL},
		{"NUL at the end", TEXT("ab\0"), NULL},
		{"umlaut", TEXT("m\xc3\xbcller"), NULL},
		{"64 characters", TEXT("aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffgggg"), NULL},
	};
	for (size_t i = 0; i < COUNT(good); i++)
		assert_int_equal(slug_check(good[i], strlen(good[i]), NULL), ERR_OK);
	for (size_t i = 0; i < COUNT(bad); i++)
		if (slug_check(bad[i].text, bad[i].len, NULL) != ERR_INVALID)
			fail_msg("accepted: %s\n", bad[i].name);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_that_deceive_are_refused_with_the_reason),
		cmocka_unit_test(names_of_the_worlds_languages_are_taken),
		cmocka_unit_test(sixty_four_is_counted_in_characters_not_in_bytes),
		cmocka_unit_test(slugs_are_small_letters_digits_and_inner_hyphens),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

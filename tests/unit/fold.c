#include "tests/support/test.h"

#include "base/fold.h"
#include "base/json_text.h"

#include <stdlib.h>
#include <string.h>

#define assert_ok(call) assert_int_equal((call), ERR_OK)

typedef enum err folding(const char *text, json_t *words);

static void folds(folding *fold, const char *text, const char *wanted)
{
	json_t *words = json_array();
	assert_ok(fold(text, words));
	char *had = json_text(words, JSON_COMPACT);
	if (!had || strcmp(had, wanted) != 0)
		fail_msg("\"%s\": %s, wanted %s", text, had ? had : "nothing", wanted);
	free(had);
	json_decref(words);
}

static void a_name_is_its_words_without_case_accents_and_marks(void **state)
{
	static const char *const cases[][2] = {
		{"", "[]"},
		{" - ", "[]"},
		{"Kari Nordmann", "[\"kari\",\"nordmann\"]"},
		{"e-banking", "[\"e\",\"banking\"]"},
		{"Åse Øy-Hansen", "[\"ase\",\"oy\",\"hansen\"]"},
		{"ÆRØ", "[\"aero\"]"},
		{"Straße 12", "[\"strasse\",\"12\"]"},
		{"Łódź", "[\"lodz\"]"},
		{"ÉCOLE e\xcc\x81", "[\"ecole\",\"e\"]"},
		{"Москва", "[\"москва\"]"},
		{"東京", "[\"東京\"]"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		folds(fold_words, cases[i][0], cases[i][1]);
		folds(fold_query, cases[i][0], cases[i][1]);
	}
}

static void an_address_is_one_word(void **state)
{
	(void)state;
	folds(fold_words, "Kari.Nordmann@Nordbank.example", "[\"kari.nordmann@nordbank.example\"]");
	folds(fold_query, " Kari.Nordmann@", "[\"kari.nordmann@\"]");
}

static void a_number_is_found_with_its_country_or_without(void **state)
{
	(void)state;
	folds(fold_words, "+4791234567", "[\"4791234567\",\"791234567\",\"91234567\",\"1234567\"]");
	folds(fold_words, "+12345", "[\"12345\",\"2345\"]");
	folds(fold_query, "+47 912 34 567", "[\"4791234567\"]");
	folds(fold_query, "0047 912 34 567", "[\"4791234567\"]");
	folds(fold_query, "912 34", "[\"91234\"]");
	folds(fold_query, "(912) 34-567", "[\"91234567\"]");
	folds(fold_query, "912", "[\"912\"]");
	folds(fold_query, "9+1234", "[\"9\",\"1234\"]");
}

static void what_is_no_utf8_has_no_words(void **state)
{
	json_t *words = json_array();
	(void)state;
	assert_int_equal(fold_words("a\xff", words), ERR_MALFORMED);
	assert_int_equal(fold_query("\xc3", words), ERR_MALFORMED);
	assert_int_equal(json_array_size(words), 0);
	json_decref(words);
}

static void a_word_is_cut_at_its_most(void **state)
{
	char text[4096];
	json_t *words = json_array();
	(void)state;
	memset(text, 'a', sizeof text - 1);
	text[sizeof text - 1] = '\0';
	assert_ok(fold_words(text, words));
	assert_int_equal(json_array_size(words), 1);
	assert_int_equal(json_string_length(json_array_get(words, 0)), FOLD_WORD_MAX);
	json_decref(words);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_name_is_its_words_without_case_accents_and_marks),
		cmocka_unit_test(an_address_is_one_word),
		cmocka_unit_test(a_number_is_found_with_its_country_or_without),
		cmocka_unit_test(what_is_no_utf8_has_no_words),
		cmocka_unit_test(a_word_is_cut_at_its_most),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "tests/support/test.h"

#include "base/buf.h"

#include <stdbool.h>
#include <string.h>

static void grows_to_its_cap_and_not_beyond(void **state)
{
	(void)state;
	struct buf b = BUF_INIT(1000);
	for (int i = 0; i < 1000; i++)
		buf_byte(&b, (uint8_t)i);
	assert_int_equal(buf_check(&b), ERR_OK);
	assert_int_equal(b.len, 1000);
	for (int i = 0; i < 1000; i++)
		assert_int_equal(b.data[i], (uint8_t)i);
	buf_byte(&b, 1);
	assert_int_equal(buf_check(&b), ERR_TOO_LARGE);
	assert_int_equal(b.len, 1000);
	buf_free(&b);
}

static void an_error_sticks_until_cleared(void **state)
{
	(void)state;
	struct buf b = BUF_INIT(4);
	buf_text(&b, "12345");
	assert_int_equal(buf_check(&b), ERR_TOO_LARGE);
	buf_text(&b, "1");
	assert_int_equal(b.len, 0);
	assert_null(buf_room(&b, 1));
	assert_null(buf_string(&b));
	buf_clear(&b);
	buf_text(&b, "123");
	assert_int_equal(buf_check(&b), ERR_OK);
	assert_string_equal(buf_string(&b), "123");
	buf_free(&b);
}

static void a_huge_length_does_not_wrap_round(void **state)
{
	(void)state;
	struct buf b = BUF_INIT(64);
	buf_text(&b, "x");
	assert_null(buf_room(&b, SIZE_MAX));
	assert_int_equal(buf_check(&b), ERR_TOO_LARGE);
	buf_free(&b);
}

static void format_appends_and_counts_no_nul(void **state)
{
	(void)state;
	struct buf b = BUF_INIT(64);
	buf_format(&b, "%s=%d", "n", 42);
	buf_format(&b, ";");
	assert_int_equal(b.len, 5);
	assert_string_equal(buf_string(&b), "n=42;");
	buf_free(&b);
}

static void format_fits_with_its_nul_or_changes_nothing(void **state)
{
	(void)state;
	enum { CAP = 1100 };
	static char text[CAP + 2];
	memset(text, 't', sizeof text - 1);
	for (int before = 0; before < 3; before++)
		for (int len = 0; len <= CAP; len++) {
			struct buf b = BUF_INIT(CAP);
			buf_add(&b, "abc", (size_t)before);
			buf_format(&b, "%.*s", len, text);
			bool fits = before + len + 1 <= CAP;
			assert_int_equal(buf_check(&b), fits ? ERR_OK : ERR_TOO_LARGE);
			assert_int_equal(b.len, before + (fits ? len : 0));
			assert_memory_equal(b.data ? b.data : (uint8_t *)"", "abc", before);
			if (fits)
				assert_memory_equal(b.data + before, text, len);
			buf_format(&b, "%s", ""); /* nothing, whatever was before it */
			assert_int_equal(b.len, before + (fits ? len : 0));
			buf_free(&b);
		}
}

static void cleared_bytes_are_wiped(void **state)
{
	(void)state;
	struct buf b = BUF_INIT(64);
	buf_text(&b, "canary");
	uint8_t *was = b.data;
	buf_clear(&b);
	for (int i = 0; i < 6; i++)
		assert_int_equal(was[i], 0);
	buf_free(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(grows_to_its_cap_and_not_beyond), cmocka_unit_test(an_error_sticks_until_cleared),
		cmocka_unit_test(a_huge_length_does_not_wrap_round), cmocka_unit_test(format_appends_and_counts_no_nul),
		cmocka_unit_test(format_fits_with_its_nul_or_changes_nothing), cmocka_unit_test(cleared_bytes_are_wiped),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

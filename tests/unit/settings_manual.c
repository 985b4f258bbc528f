/* The manual page's list of keys and the table are one: section, order, meaning, default, bounds and unit. */
#include "base/embed.h"
#include "issuer/settings_table.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

EMBED_TEXT(manual, "docs/man/counterfoil.conf.5");

/* Each sentence begins on a line of its own, as mdoc wants it. */
static void add_sentences(struct buf *out, const char *text)
{
	for (; *text; text++) {
		buf_byte(out, (uint8_t)*text);
		if (text[0] == '.' && text[1] == ' ') {
			buf_byte(out, '\n');
			text++;
		}
	}
}

static void add_row(struct buf *out, const struct setting_row *row)
{
	buf_format(out, ".It Ic %s\n", row->key);
	add_sentences(out, row->meaning);
	if (row->standard[0])
		buf_format(out, "\nBy default\n.Ql %s", row->standard);
	else
		buf_text(out, "\nEmpty by default");
	if (setting_is_number(row))
		buf_format(out, " ;\nfrom %" PRId64 " to %" PRId64 " %s.\n", row->least, row->most, row->unit);
	else
		buf_text(out, row->standard[0] ? " .\n" : ".\n");
}

static void manual_lists_every_key_as_the_table_has_it(void **state)
{
	(void)state;
	const char *at = strstr(manual, ".Sh SECTIONS\n"), *section = "";
	assert_non_null(at);
	at += strlen(".Sh SECTIONS\n");
	for (size_t i = 0; i < setting_count; i++) {
		struct buf wanted = BUF_INIT(4096);
		if (strcmp(section, setting_rows[i].section) != 0)
			buf_format(&wanted, "%s.Ss %s\n.Bl -tag -width Ds\n", i ? ".El\n" : "", setting_rows[i].section);
		section = setting_rows[i].section;
		add_row(&wanted, &setting_rows[i]);
		assert_int_equal(buf_check(&wanted), ERR_OK);
		if (strncmp(at, (const char *)wanted.data, wanted.len) != 0)
			fail_msg("%s.%s: wanted\n%s\nhad\n%.200s", section, setting_rows[i].key, buf_string(&wanted), at);
		at += wanted.len;
		buf_free(&wanted);
	}
	assert_int_equal(strncmp(at, ".El\n.Sh ", 8), 0); /* no key that the table has not */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(manual_lists_every_key_as_the_table_has_it),
	};
	return cmocka_run_group_tests_name("settings_manual", tests, NULL, NULL);
}

/* The manual as it is installed: every command and flag of the table, with the source's own words below. */
#include "base/embed.h"
#include "client/command/table.h"
#include "client/tools/manual.h"
#include "tests/support/test.h"

#include <stdio.h>
#include <string.h>

EMBED_TEXT(manual, "docs/man/counterfoil.1");

enum { PAGE_MAX = 4 << 20 };

static void expect_refused(const char *source, const char *says)
{
	struct buf page = BUF_INIT(PAGE_MAX);
	struct errbuf why = {0};
	if (manual_write(source, &page, &why) != ERR_MALFORMED || !strstr(why.text, says))
		fail_msg("wanted [%s], had [%s]", says, why.text);
	buf_free(&page);
}

static void an_entry_of_no_command_and_a_command_without_a_list_are_refused(void **state)
{
	(void)state;
	expect_refused(".Bl -tag -width Ds\n.It Cm order frobnicate\nIt does.\n.El\n", "an entry of \"order frobnicate\"");
	expect_refused(".Bl -tag -width Ds\n.It Cm frobnicate Ar x\nIt does.\n.El\n", "an entry of \"frobnicate\"");
	expect_refused(".Bl -tag -width Ds\n.It Xo\n.Cm order frob\n.Ar x\n.Xc\n.El\n", "an entry of \"order frob\"");
	expect_refused(".Sh NAME\n", "no list for \"organisation\"");
	expect_refused(".Bl -tag -width Ds\n.It Cm order show\nIt does.\n.El\n", "no list for");
}

static const char *find(const char *from, const char *end, const char *line)
{
	const char *at = strstr(from, line);
	return at && at < end ? at : NULL;
}

static void expect_whole(const struct verb *v, const char *page)
{
	char head[120], flag[200];
	snprintf(head, sizeof head, "\n.It Xo\n.Cm %s%s%s\n", v->noun, v->verb ? " " : "", v->verb ? v->verb : "");
	const char *at = strstr(page, head);
	if (!at || strstr(at + 1, head))
		fail_msg("not once in the manual: %s", head);
	const char *end = strstr(at + 1, "\n.It Xo\n");
	end = end ? end : page + strlen(page);
	const char *what = find(at, end, v->what);
	if (!what)
		fail_msg("the manual does not say what it does: %s", head);
	for (const struct field *f = v->fields; f->name; f++) {
		snprintf(flag, sizeof flag, f->positional ? "\n.It Ar %s" : "Fl Fl %s", f->positional ? f->wants : f->name);
		if (!find(what, end, flag) || (!f->positional && !find(at, what, flag)))
			fail_msg("not in the synopsis or the list of %s: %s", head, flag);
	}
}

static void every_command_stands_once_with_all_its_flags(void **state)
{
	(void)state;
	struct buf page = BUF_INIT(PAGE_MAX);
	struct errbuf why = {0};
	if (manual_write(manual, &page, &why))
		fail_msg("%s", why.text);
	for (const struct verb *v = table_next(NULL); v; v = table_next(v))
		expect_whole(v, buf_string(&page));
	for (const struct field *f = global_fields; f->name; f++) {
		char flag[80];
		snprintf(flag, sizeof flag, "Fl Fl %s", f->name);
		if (!strstr(buf_string(&page), flag))
			fail_msg("not in the manual: --%s", f->name);
	}
	buf_free(&page);
}

static void what_is_required_stands_bare_and_first_and_the_source_s_words_follow(void **state)
{
	(void)state;
	static const char *const wanted =
		".It Xo\n.Cm convert\n.Ar FILE\n.Fl Fl to Ar ENCODING\n.Fl o , Fl Fl out Ar FILE\n.Op Fl Fl new-password-file Ar FILE\n";
	static const char *const words = ".Pp\nWrite the key, its certificate and the CA's certificates";
	struct buf page = BUF_INIT(PAGE_MAX);
	assert_int_equal(manual_write(manual, &page, NULL), ERR_OK);
	const char *at = strstr(buf_string(&page), wanted);
	assert_non_null(at);
	assert_true(find(at, strstr(at + 1, "\n.It Xo\n"), words) != NULL);
	assert_non_null(strstr(buf_string(&page), ".Op Fl Fl soap Ns Op = Ns Ar 1.1|1.2\n"));
	assert_non_null(strstr(buf_string(&page), ".Op Fl H , Fl Fl header Ar \"'NAME: VALUE'\" ...\n"));
	buf_free(&page);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_entry_of_no_command_and_a_command_without_a_list_are_refused),
		cmocka_unit_test(every_command_stands_once_with_all_its_flags),
		cmocka_unit_test(what_is_required_stands_bare_and_first_and_the_source_s_words_follow),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

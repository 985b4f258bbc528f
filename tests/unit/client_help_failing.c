/* Each allocation fails in turn while help, completion, manual and tables are written: whole, or an error. */
#include "base/embed.h"
#include "client/command/completion.h"
#include "client/command/confirm.h"
#include "client/command/help.h"
#include "client/command/lookup.h"
#include "client/command/sheet.h"
#include "client/tools/manual.h"
#include "tests/support/failing.h"
#include "tests/support/test.h"

#include <string.h>

EMBED_TEXT(manual_source, "docs/man/counterfoil.1");

enum { SAMPLE = 60, TEXT_MAX = 4 << 20 };

static const struct column columns[] = {{"ID", "id"}, {"STATUS", "status"}, {"NAME", "name"}, {"UNTIL", "not_after"}, {0}};
static const struct sheet_style style = {.columns = 60, .bold = true, .now = 1700000000};
static struct buf out, whole;
static json_t *answer;

static enum err write_help(void)
{
	const struct arguments all = {.help = true}, noun = {.help = true, .help_noun = "order"};
	const struct arguments verb = {.help = true, .verb = lookup_verb("order", "new")};
	help_write(&all, &style, &out);
	help_write(&noun, &style, &out);
	help_write(&verb, &style, &out);
	return buf_check(&out);
}

static enum err write_completion(void)
{
	completion_bash(&out);
	completion_zsh(&out);
	completion_fish(&out);
	return buf_check(&out);
}

static enum err write_manual(void)
{
	return manual_write(manual_source, &out, NULL);
}

static enum err write_sheets(void)
{
	sheet_list(json_object_get(answer, "items"), columns, &style, &out);
	sheet_record(answer, &style, &out);
	confirm_lines(columns, json_array_get(json_object_get(answer, "items"), 0), &out);
	return buf_check(&out);
}

static void make_answer(void)
{
	out = BUF_INIT(TEXT_MAX);
	answer = json_loads("{\"state\":\"locked\",\"not_after\":1700100000,\"items\":[{\"id\":\"7k3mq2x5a4bcd6ef\",\"status\":\"valid\","
			    "\"name\":\"a name that is long enough to be cut\",\"not_after\":1700100000}]}",
			    0, NULL);
	assert_non_null(answer);
}

static void whole_or_an_error(enum err rc, bool failed)
{
	failing_require(rc == ERR_OK || (failed && rc == ERR_MEMORY));
	failing_require(rc != ERR_OK || (out.len == whole.len && memcmp(out.data, whole.data, out.len) == 0));
	buf_free(&out);
	json_decref(answer);
}

static void what_is_written_for_people_is_whole_or_an_error(void **state)
{
	(void)state;
	static enum err (*const writes[])(void) = {write_help, write_completion, write_manual, write_sheets};
	static const char *const names[] = {"help", "completion", "manual", "tables"};
	for (size_t i = 0; i < sizeof writes / sizeof *writes; i++) {
		make_answer();
		assert_int_equal(writes[i](), ERR_OK);
		whole = out;
		json_decref(answer);
		failing_each(&(struct failing_work){.name = names[i], .before = make_answer, .act = writes[i], .after = whole_or_an_error,
						    .without_sqlite = true, .without_openssl = true},
			     SAMPLE);
		buf_free(&whole);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(what_is_written_for_people_is_whole_or_an_error)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* JSON as tables and records: aligned by what a terminal shows, cut or turned into blocks where it is narrow. */
#include "client/command/sheet.h"
#include "client/command/text.h"
#include "tests/support/test.h"

#include <stdio.h>
#include <string.h>

static const struct column columns[] = {{"SLUG", "slug"}, {"NAME", "name"}, {"CREATED", "created_at"}, {0}};

static json_t *items(void)
{
	return json_loads("[{\"slug\":\"nordbank\",\"name\":\"Nordbank\",\"created_at\":1700000000},"
			  "{\"slug\":\"x\",\"name\":\"\xe9\x8a\x80\xe8\xa1\x8c \xc3\xa6\",\"created_at\":null},"
			  "{\"slug\":\"evil\",\"name\":\"a\\u001b[31mb\\tc\"}]",
			  0, NULL);
}

static void expect_list(const struct sheet_style *style, const char *want)
{
	struct buf out = BUF_INIT(1 << 16);
	json_t *list = items();
	sheet_list(list, columns, style, &out);
	assert_string_equal(buf_string(&out), want);
	json_decref(list);
	buf_free(&out);
}

static void columns_align_by_width_and_not_by_bytes(void **state)
{
	(void)state;
	expect_list(&(struct sheet_style){0}, "SLUG      NAME       CREATED\n"
					      "nordbank  Nordbank   2023-11-14T22:13:20Z\n"
					      "x         \xe9\x8a\x80\xe8\xa1\x8c \xc3\xa6     -\n"
					      "evil      a\xef\xbf\xbd[31mb\xef\xbf\xbd" "c  -\n");
}

static void a_narrow_terminal_cuts_a_time_to_its_date_first(void **state)
{
	(void)state;
	expect_list(&(struct sheet_style){.columns = 36}, "SLUG      NAME       CREATED\n"
							  "nordbank  Nordbank   2023-11-14\xe2\x80\xa6\n"
							  "x         \xe9\x8a\x80\xe8\xa1\x8c \xc3\xa6     -\n"
							  "evil      a\xef\xbf\xbd[31mb\xef\xbf\xbd" "c  -\n");
}

static void a_very_narrow_terminal_gets_blocks_and_nothing_is_lost(void **state)
{
	(void)state;
	expect_list(&(struct sheet_style){.columns = 20}, "SLUG     nordbank\n"
							  "NAME     Nordbank\n"
							  "CREATED  2023-11-14T22:13:20Z\n"
							  "\n"
							  "SLUG     x\n"
							  "NAME     \xe9\x8a\x80\xe8\xa1\x8c \xc3\xa6\n"
							  "CREATED  -\n"
							  "\n"
							  "SLUG     evil\n"
							  "NAME     a\xef\xbf\xbd[31mb\xef\xbf\xbd" "c\n"
							  "CREATED  -\n");
}

static void no_line_is_wider_than_the_terminal(void **state)
{
	(void)state;
	for (size_t width = 34; width <= 60; width++) {
		struct buf out = BUF_INIT(1 << 16);
		json_t *list = items();
		sheet_list(list, columns, &(struct sheet_style){.columns = width}, &out);
		char line[512];
		for (const char *p = buf_string(&out); *p; p += strcspn(p, "\n") + 1) {
			snprintf(line, sizeof line, "%.*s", (int)strcspn(p, "\n"), p);
			if (text_width(line) > width)
				fail_msg("%zu columns: [%s] takes %zu", width, line, text_width(line));
		}
		json_decref(list);
		buf_free(&out);
	}
}

static void ids_serials_and_states_are_never_cut(void **state)
{
	(void)state;
	static const struct column orders[] = {{"ID", "id"}, {"STATE", "state"}, {"ORDER", "order_id"}, {"ORGANISATION", "organisation"},
					       {"CONTACT", "contact_name"}, {"CREATED", "created_at"}, {0}};
	json_t *list = json_loads("[{\"id\":\"7k3mq2x5a4bcd6ef\",\"state\":\"password_sent\",\"order_id\":\"7k3mq2x5a4bcd6eg\","
				  "\"organisation\":\"a-very-long-organisation-slug\",\"contact_name\":\"Kari Nordmann den eldre\","
				  "\"created_at\":1700000000}]",
				  0, NULL);
	size_t tables = 0;
	for (size_t width = 20; width <= 160; width++) {
		struct buf out = BUF_INIT(1 << 16);
		sheet_list(list, orders, &(struct sheet_style){.columns = width}, &out);
		const char *text = buf_string(&out);
		if (!strstr(text, "7k3mq2x5a4bcd6ef") || !strstr(text, "password_sent") || !strstr(text, "7k3mq2x5a4bcd6eg"))
			fail_msg("%zu columns: cut:\n%s", width, text);
		if (strncmp(text, "ID  ", 4) == 0 && strstr(text, "STATE  ") < strchr(text, '\n')) {
			tables++;
			if (text_width(strchr(text, '\n') + 1) > width + 1)
				fail_msg("%zu columns: too wide:\n%s", width, text);
		}
		buf_free(&out);
	}
	assert_true(tables >= 160 - 80); /* all but the narrow ones are tables: 16 + 13 + 16 + 6 + 7 + 11, and the gaps */
	json_decref(list);
}

static void combining_characters_take_no_column(void **state)
{
	(void)state;
	static const struct column names[] = {{"NAME", "name"}, {"SLUG", "slug"}, {0}};
	json_t *list = json_loads("[{\"name\":\"Andre\xcc\x81\",\"slug\":\"a\"},{\"name\":\"Andree\",\"slug\":\"b\"}]", 0, NULL);
	struct buf out = BUF_INIT(1 << 16);
	assert_int_equal(text_width("e\xcc\x81"), 1);
	sheet_list(list, names, &(struct sheet_style){0}, &out);
	assert_string_equal(buf_string(&out), "NAME    SLUG\nAndre\xcc\x81   a\nAndree  b\n");
	buf_free(&out);
	json_decref(list);
}

static void an_end_is_told_with_how_far_off_it_is(void **state)
{
	(void)state;
	enum { NOW = 1700000000, DAY = 86400 };
	static const struct {
		const char *name, *member;
		int64_t at;
		const char *says;
	} cases[] = {
		{"days", "not_after", NOW + 43 * DAY + 5, "2023-12-27T22:13:25Z (in 43 days)"},
		{"two days", "certificate_not_after", NOW + 2 * DAY, "2023-11-16T22:13:20Z (in 2 days)"},
		{"less than two days", "not_after", NOW + 2 * DAY - 1, "2023-11-16T22:13:19Z (in 47 hours)"},
		{"one minute", "due_at", NOW + 60, "2023-11-14T22:14:20Z (in 1 minute)"},
		{"over", "not_after", NOW - 9 * DAY, "2023-11-05T22:13:20Z (9 days ago)"},
		{"no end", "created_at", NOW + 43 * DAY, "2023-12-27T22:13:20Z"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		for (int64_t now = 0; now <= NOW; now += NOW) {
			struct buf out = BUF_INIT(256);
			json_t *value = json_integer(cases[i].at);
			char without[32];
			snprintf(without, sizeof without, "%.20s", cases[i].says);
			sheet_member(cases[i].member, value, &(struct sheet_style){.now = now}, &out);
			if (strcmp(buf_string(&out), now ? cases[i].says : without) != 0)
				fail_msg("%s: had [%s]", cases[i].name, buf_string(&out));
			json_decref(value);
			buf_free(&out);
		}
}

static void colour_is_for_states_alone_and_only_where_it_is_wanted(void **state)
{
	(void)state;
	static const struct column certificates[] = {{"SERIAL", "serial"}, {"STATUS", "status"}, {"NAME", "name"}, {0}};
	json_t *list = json_loads("[{\"serial\":\"3f\",\"status\":\"revoked\",\"name\":\"revoked\"},"
				  "{\"serial\":\"40\",\"status\":\"valid\",\"name\":\"x\"},{\"serial\":\"41\",\"status\":\"odd\",\"name\":\"y\"}]",
				  0, NULL);
	struct buf out = BUF_INIT(1 << 16);
	sheet_list(list, certificates, &(struct sheet_style){.bold = true}, &out);
	assert_string_equal(buf_string(&out), "\033[1mSERIAL  STATUS   NAME\n\033[0m"
					      "3f      \033[31mrevoked\033[0m  revoked\n"
					      "40      \033[32mvalid\033[0m    x\n"
					      "41      odd      y\n");
	buf_clear(&out);
	sheet_list(list, certificates, &(struct sheet_style){.columns = 80}, &out);
	assert_null(strchr(buf_string(&out), '\033'));
	buf_clear(&out);
	sheet_record(json_array_get(list, 0), &(struct sheet_style){.bold = true}, &out);
	assert_string_equal(buf_string(&out), "serial  3f\nstatus  \033[31mrevoked\033[0m\nname    revoked\n");
	buf_free(&out);
	json_decref(list);
}

static void an_empty_list_and_bold_titles(void **state)
{
	(void)state;
	struct buf out = BUF_INIT(1 << 16);
	json_t *none = json_array();
	sheet_list(none, columns, &(struct sheet_style){.bold = true}, &out);
	assert_int_equal(out.len, 0);
	json_decref(none);
	json_t *list = items();
	sheet_list(list, columns, &(struct sheet_style){.bold = true}, &out);
	assert_memory_equal(out.data, "\033[1mSLUG", 8);
	json_decref(list);
	buf_free(&out);
}

static void a_record_shows_lines_then_lists_then_texts(void **state)
{
	(void)state;
	json_t *record = json_loads(
		"{\"id\":\"7k3m\",\"created_at\":1700000000,\"closed_at\":null,\"reason\":\"\",\"note\":\"a\\u0000b\",\"ready\":true,\"pem\":\"-----\\nAAA\\u001b\\n\","
		"\"history\":[{\"sequence\":4,\"hash\":\"00\",\"record\":\"{\\\"at\\\":1700000001,\\\"what\\\":\\\"order.offered\\\","
		"\\\"who\\\":\\\"s1\\\",\\\"role\\\":\\\"administrator\\\",\\\"why\\\":\\\"\\\"}\"}],"
		"\"odd\":[{\"a_at\":1700000000,\"b\":[1]}],\"none\":[],\"inner\":{\"waiting\":3}}",
		JSON_ALLOW_NUL, NULL);
	struct buf out = BUF_INIT(1 << 16);
	assert_non_null(record);
	sheet_record(record, &(struct sheet_style){0}, &out);
	assert_string_equal(buf_string(&out), "id          7k3m\n"
					      "created at  2023-11-14T22:13:20Z\n"
					      "note        a\xef\xbf\xbd" "b\n"
					      "ready       yes\n"
					      "\npem\n-----\nAAA\xef\xbf\xbd\n"
					      "\nhistory\n"
					      "AT                    WHAT           WHO  ROLE           WHY\n"
					      "2023-11-14T22:13:21Z  order.offered  s1   administrator  \n"
					      "\nodd\na_at\n2023-11-14T22:13:20Z\n"
					      "\ninner\nwaiting  3\n");
	json_decref(record);
	buf_free(&out);
}

static void what_could_act_on_a_terminal_is_replaced(void **state)
{
	(void)state;
	const struct {
		const char *name, *bytes, *want;
	} cases[] = {
		{"plain", "abc", "abc"},
		{"UTF-8", "\xc3\xa6\xe2\x82\xac\xf0\x9f\x98\x80", "\xc3\xa6\xe2\x82\xac\xf0\x9f\x98\x80"},
		{"escape", "\033]0;x\007", "\xef\xbf\xbd]0;x\xef\xbf\xbd"},
		{"newline and return", "a\r\nb", "a\xef\xbf\xbd\xef\xbf\xbd" "b"},
		{"C1 in UTF-8", "\xc2\x9b" "31m", "\xef\xbf\xbd" "31m"},
		{"C1 as a byte", "\x9b" "31m", "\xef\xbf\xbd" "31m"},
		{"right-to-left override", "a\xe2\x80\xae" "b", "a\xef\xbf\xbd" "b"},
		{"zero-width", "a\xe2\x80\x8b" "b", "a\xef\xbf\xbd" "b"},
		{"tag characters", "\xf3\xa0\x81\xa1", "\xef\xbf\xbd"},
		{"overlong", "\xc0\xaf", "\xef\xbf\xbd\xef\xbf\xbd"},
		{"overlong escape", "\xe0\x80\x9b", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
		{"surrogate", "\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
		{"cut", "a\xe2\x82", "a\xef\xbf\xbd\xef\xbf\xbd"},
		{"above Unicode", "\xf4\x90\x80\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct buf out = BUF_INIT(256);
		text_safe(&out, cases[i].bytes, strlen(cases[i].bytes));
		if (strcmp(buf_string(&out), cases[i].want) != 0)
			fail_msg("%s: had [%s]", cases[i].name, buf_string(&out));
		buf_free(&out);
	}
	for (int c = 1; c < 256; c++) { /* no single byte gets through raw but the printable ones */
		struct buf out = BUF_INIT(16);
		const char byte = (char)c;
		text_safe(&out, &byte, 1);
		assert_int_equal(out.len == 1, c >= 0x20 && c < 0x7f);
		buf_free(&out);
	}
}

static void cut_text_never_exceeds_its_columns(void **state)
{
	(void)state;
	static const char text[] = "ab\xe9\x8a\x80\xe8\xa1\x8c" "cd\xc3\xa6"; /* 2 + 4 + 2 + 1 columns */
	assert_int_equal(text_width(text), 9);
	for (size_t columns_left = 0; columns_left <= 10; columns_left++) {
		struct buf out = BUF_INIT(64);
		text_cut(&out, text, columns_left);
		const char *string = buf_string(&out);
		if (text_width(string) > columns_left)
			fail_msg("%zu columns: %s", columns_left, string);
		assert_int_equal(strcmp(string, text) == 0, columns_left >= 9);
		buf_free(&out);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(columns_align_by_width_and_not_by_bytes),
		cmocka_unit_test(a_narrow_terminal_cuts_a_time_to_its_date_first),
		cmocka_unit_test(ids_serials_and_states_are_never_cut),
		cmocka_unit_test(combining_characters_take_no_column),
		cmocka_unit_test(an_end_is_told_with_how_far_off_it_is),
		cmocka_unit_test(colour_is_for_states_alone_and_only_where_it_is_wanted),
		cmocka_unit_test(a_very_narrow_terminal_gets_blocks_and_nothing_is_lost),
		cmocka_unit_test(no_line_is_wider_than_the_terminal),
		cmocka_unit_test(an_empty_list_and_bold_titles),
		cmocka_unit_test(a_record_shows_lines_then_lists_then_texts),
		cmocka_unit_test(what_could_act_on_a_terminal_is_replaced),
		cmocka_unit_test(cut_text_never_exceeds_its_columns),
	};
	text_begin();
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Templates filled from a tree: what repeats, what is at hand in it, and what may never get out unescaped. */
#include "tests/support/test.h"

#include "base/template.h"

#include <string.h>

/* A tree small enough to be written down: names and values, lists of such. */
struct node {
	const char *name, *text; /* of a member */
	const struct node *members; /* up to one without a name */
	const struct node *items[4];
	size_t count;
	bool list, no;
};

static bool find(const void *node, const char *name, struct template_value *out)
{
	const struct node *n = node;
	const struct node *found = strcmp(name, ".") == 0 ? n : NULL;
	for (const struct node *m = n->members; !found && m && m->name; m++)
		if (strcmp(m->name, name) == 0)
			found = m;
	if (!found)
		return false;
	*out = (struct template_value){.text = found->text ? found->text : "", .list = found->list ? found : NULL,
				       .count = found->count, .node = found->members ? found : NULL};
	out->given = !found->no && (found->list ? found->count > 0 : found->members || out->text[0]);
	return true;
}

static const void *item(const void *list, size_t i)
{
	return ((const struct node *)list)->items[i];
}

static enum err dress(const void *ctx, const char *name, const char *text, struct buf *out)
{
	if (strcmp(name, "shout") != 0)
		return ERR_INTERNAL;
	buf_text(out, ctx);
	template_escape_html(out, text);
	return ERR_OK;
}

static const struct node ann = {.members = (const struct node[]){{.name = "name", .text = "<Ann>"}, {.name = "age", .text = "7"}, {0}}},
			 bob = {.members = (const struct node[]){{.name = "name", .text = "{{secret}}"}, {0}}},
			 word = {.text = "w&w"};
static const struct node members[] = {
	{.name = "name", .text = "outer"},
	{.name = "secret", .text = "never"},
	{.name = "people", .list = true, .items = {&ann, &bob}, .count = 2},
	{.name = "none", .list = true},
	{.name = "words", .list = true, .items = {&word}, .count = 1},
	{.name = "zero", .text = "0", .no = true},
	{.name = "place", .members = (const struct node[]){{.name = "town", .text = "Bergen"}, {0}}},
	{.name = "part", .text = "<script>"},
	{0},
};
static const struct node root = {.members = members};
static const struct template_data data = {.root = &root, .find = find, .item = item, .dress = dress, .ctx = "!"};
static const struct template_field fields[] = {{"flag", "1", TEMPLATE_VALUE}, {"off", "", TEMPLATE_VALUE}, {"name", "field", TEMPLATE_VALUE},
					       {"part", "<b>", TEMPLATE_PART}, {0}};

static void what_a_tree_holds_is_written_where_it_belongs(void **state)
{
	static const struct {
		const char *name, *text, *html;
	} cases[] = {
		{"a list repeats", "{{#people}}[{{name}}]{{/people}}", "[&lt;Ann&gt;][{{secret}}]"},
		{"outer names stand behind", "{{#people}}{{secret}},{{/people}}", "never,never,"},
		{"a list of none", "a{{#none}}{{nobody}}{{#nothing}}{{/nothing}}{{/none}}b{{^none}}c{{/none}}", "abc"},
		{"lists in lists", "{{#people}}{{#words}}{{.}}{{/words}}{{#people}}{{name}}{{/people}};{{/people}}",
		 "w&amp;w&lt;Ann&gt;{{secret}};w&amp;w&lt;Ann&gt;{{secret}};"},
		{"a member that is missing", "{{#people}}{{#age}}{{age}}{{/age}}{{^age}}?{{/age}}{{/people}}", "7?"},
		{"an object", "{{#place}}{{town}}{{name}}{{/place}}", "Bergenouter"},
		{"the tree before the fields", "{{name}}{{#flag}}f{{/flag}}{{#off}}o{{/off}}", "outerf"},
		{"nothing counts as none", "{{#zero}}a{{/zero}}{{zero}}", "0"},
		{"unknown sections are left out", "{{#ghost}}{{ghost}}{{/ghost}}{{^ghost}}none{{/ghost}}", "none"},
		{"an inverted list does not repeat", "{{^people}}a{{/people}}", ""},
		{"dressed", "{{#people}}{{shout name}}{{/people}}", "!&lt;Ann&gt;!{{secret}}"},
		{"dressed of nothing", "{{shout off}}", ""},
		{"a part is a field", "{{>part}}", "<b>"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct buf out = BUF_INIT(400);
		enum err e = template_render_data(cases[i].text, &data, fields, &out);
		const char *text = out.len ? buf_string(&out) : "";
		if (e != ERR_OK || strcmp(text, cases[i].html) != 0)
			fail_msg("%s: %s \"%s\", wanted \"%s\"", cases[i].name, err_word(e), text, cases[i].html);
		buf_free(&out);
	}
}

static void faulty_templates_are_errors_with_a_tree_too(void **state)
{
	static const char *const bad[] = {"{{ghost}}", "{{#people}}{{ghost}}{{/people}}", "{{#people}}", "{{/people}}", "{{#people}}{{/words}}",
					  "{{>secret}}", "{{part}}", "{{>ghost}}", "{{whisper name}}", "{{shout ghost}}", "{{_words}}",
					  "{{#none}}{{>ghost}}{{/none}}", "{{town}}"};
	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct buf out = BUF_INIT(400);
		if (template_render_data(bad[i], &data, fields, &out) != ERR_INTERNAL)
			fail_msg("accepted: %s", bad[i]);
		buf_free(&out);
	}
	struct buf out = BUF_INIT(400);
	assert_int_equal(template_render("{{shout x}}", TEMPLATE_HTML, fields, &out), ERR_INTERNAL);
	buf_free(&out);
}

static void a_list_longer_than_the_page_is_told_of(void **state)
{
	(void)state;
	struct buf out = BUF_INIT(8);
	assert_int_equal(template_render_data("{{#people}}12345{{/people}}", &data, fields, &out), ERR_TOO_LARGE);
	buf_free(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_a_tree_holds_is_written_where_it_belongs),
		cmocka_unit_test(faulty_templates_are_errors_with_a_tree_too),
		cmocka_unit_test(a_list_longer_than_the_page_is_told_of),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "tests/support/test.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/secret.h"
#include "base/template.h"
#include "tests/support/clock_injected.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void html_values_are_escaped_and_text_values_are_not(void **state)
{
	(void)state;
	const struct template_field fields[] = {{"x", "<a href='q'>&\"</a>", TEMPLATE_VALUE}, {0}};
	struct buf out = BUF_INIT(200);
	assert_int_equal(template_render("[{{x}}]", TEMPLATE_HTML, fields, &out), ERR_OK);
	assert_string_equal(buf_string(&out), "[&lt;a href=&#39;q&#39;&gt;&amp;&quot;&lt;/a&gt;]");
	buf_clear(&out);
	assert_int_equal(template_render("[{{x}}]", TEMPLATE_TEXT, fields, &out), ERR_OK);
	assert_string_equal(buf_string(&out), "[<a href='q'>&\"</a>]");
	buf_free(&out);
}

static void a_value_is_never_rendered_again(void **state)
{
	(void)state;
	const struct template_field fields[] = {{"x", "{{y}}", TEMPLATE_VALUE}, {"y", "secret", TEMPLATE_VALUE}, {0}};
	struct buf out = BUF_INIT(200);
	assert_int_equal(template_render("{{x}}", TEMPLATE_TEXT, fields, &out), ERR_OK);
	assert_string_equal(buf_string(&out), "{{y}}");
	buf_free(&out);
}

static void sections_follow_whether_a_field_is_given(void **state)
{
	(void)state;
	const struct template_field fields[] = {{"yes", "1", TEMPLATE_VALUE}, {"no", "", TEMPLATE_VALUE}, {0}};
	struct buf out = BUF_INIT(200);
	const char *text = "{{#yes}}a{{#no}}b{{#yes}}c{{/yes}}{{/no}}{{^no}}d{{/no}}{{/yes}}{{^yes}}e{{/yes}}f";
	assert_int_equal(template_render(text, TEMPLATE_HTML, fields, &out), ERR_OK);
	assert_string_equal(buf_string(&out), "adf");
	buf_free(&out);
}

static void faulty_templates_are_errors(void **state)
{
	(void)state;
	static const char *const bad[] = {"{{unknown}}", "{{x", "{{#x}}", "{{/x}}", "{{#x}}{{#y}}{{/x}}{{/y}}", "{{>x}}", "{{part}}",
					  "{{0123456789012345678901234567890123456789}}",
					  "{{#x}}{{#x}}{{#x}}{{#x}}{{#x}}{{#x}}{{#x}}{{#x}}{{#x}}"};
	const struct template_field fields[] = {{"x", "1", TEMPLATE_VALUE}, {"y", "1", TEMPLATE_VALUE}, {"part", "<p>", TEMPLATE_PART}, {0}};
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		struct buf out = BUF_INIT(200);
		if (template_render(bad[i], TEMPLATE_HTML, fields, &out) != ERR_INTERNAL)
			fail_msg("accepted: %s", bad[i]);
		buf_free(&out);
	}
	struct buf out = BUF_INIT(200);
	assert_int_equal(template_render("{{>part}}", TEMPLATE_HTML, fields, &out), ERR_OK);
	assert_string_equal(buf_string(&out), "<p>");
	buf_free(&out);
}

static const char *words_of(const void *ctx, const char *key)
{
	static const struct {
		const char *key, *text;
	} known[] = {{"plain", "a < b & \"c\""},	 {"hello", "Hello {{x}}, {{y}}!"},	{"unknown", "{{z}}"},
		     {"part", "{{part}}"},	 {"section", "{{#x}}a{{/x}}"}, {"raw", "{{>part}}"},
		     {"words", "{{_plain}}"},	 {"open", "{{x"},		{"empty", ""}};
	(void)ctx;
	for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
		if (strcmp(known[i].key, key) == 0)
			return known[i].text;
	return NULL;
}

static void words_are_text_and_dress_their_values(void **state)
{
	(void)state;
	static const struct {
		const char *name, *text, *html, *plain;
	} good[] = {
		{"markup", "[{{_plain}}]", "[a &lt; b &amp; &quot;c&quot;]", "[a < b & \"c\"]"},
		{"dressed", "{{_hello}}", "Hello <strong>&lt;i&gt;</strong>, <bdi class=\"keep\">{{x}}</bdi>!", "Hello <i>, {{x}}!"},
		{"undressed", "{{=hello}}", "Hello &lt;i&gt;, {{x}}!", "Hello <i>, {{x}}!"},
		{"hidden", "a{{#no}}{{_hello}}{{/no}}{{_empty}}b", "ab", "ab"},
	};
	static const char *const bad[] = {"{{_none}}", "{{=none}}", "{{_}}", "{{_unknown}}", "{{_part}}", "{{_section}}", "{{_raw}}",
					  "{{_words}}", "{{_open}}"};
	const struct template_words words = {words_of, NULL};
	const struct template_field fields[] = {{"x", "<i>", TEMPLATE_STRONG}, {"y", "{{x}}", TEMPLATE_KEEP}, {"no", "", TEMPLATE_VALUE},
						{"part", "<p>", TEMPLATE_PART}, {0}};
	struct buf out = BUF_INIT(400);
	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
		assert_int_equal(template_render_words(good[i].text, TEMPLATE_HTML, &words, fields, &out), ERR_OK);
		if (strcmp(buf_string(&out), good[i].html) != 0)
			fail_msg("%s: %s", good[i].name, buf_string(&out));
		buf_clear(&out);
		assert_int_equal(template_render_words(good[i].text, TEMPLATE_TEXT, &words, fields, &out), ERR_OK);
		assert_string_equal(buf_string(&out), good[i].plain);
		buf_clear(&out);
	}
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		if (template_render_words(bad[i], TEMPLATE_HTML, &words, fields, &out) != ERR_INTERNAL)
			fail_msg("accepted: %s", bad[i]);
		buf_clear(&out);
	}
	assert_int_equal(template_render("{{_plain}}", TEMPLATE_HTML, fields, &out), ERR_INTERNAL);
	buf_free(&out);
}

static void logged(char line[4096], const char *value)
{
	int pipes[2], saved = dup(STDERR_FILENO);
	assert_int_equal(pipe(pipes), 0);
	dup2(pipes[1], STDERR_FILENO);
	log_event(LOG_LEVEL_WARNING, "test.event", {"value", value}, {"last", "z"});
	dup2(saved, STDERR_FILENO);
	close(saved);
	close(pipes[1]);
	ssize_t n = read(pipes[0], line, 4095);
	close(pipes[0]);
	line[n > 0 ? n : 0] = '\0';
}

static void a_log_line_is_one_line_whatever_the_value(void **state)
{
	(void)state;
	char line[4096];
	clock_inject(1795313618);
	logged(line, "a\"b\\c\n{\"level\":\"fake\"}\x7f");
	assert_string_equal(line, "{\"time\":\"2026-11-22T02:13:38Z\",\"level\":\"warning\",\"process\":\"counterfoil\","
				  "\"event\":\"test.event\",\"value\":\"a\\\"b\\\\c\\u000a{\\\"level\\\":\\\"fake\\\"}\\u007f\",\"last\":\"z\"}\n");
	clock_inject(-1);
}

static void a_value_too_long_for_a_line_is_left_out_whole(void **state)
{
	(void)state;
	char line[4096], value[3000];
	memset(value, 'v', sizeof value - 1);
	value[sizeof value - 1] = '\0';
	logged(line, value);
	assert_null(strstr(line, "vvv"));
	assert_non_null(strstr(line, "\"last\":\"z\"}\n"));
}

static void a_secret_is_compared_copied_and_cut(void **state)
{
	(void)state;
	struct secret *a = secret_copy("password", 8), *b = secret_copy("passworD", 8), *c = secret_copy("password", 8);
	assert_false(secret_equal(a, b));
	assert_true(secret_equal(a, c));
	secret_shorten(a, 4);
	assert_false(secret_equal(a, c));
	assert_string_equal(secret_string(a), "pass");
	assert_memory_equal(secret_peek(a) + 4, "\0\0\0\0", 4);
	secret_free(a);
	secret_free(b);
	secret_free(c);
	secret_free(NULL);
	assert_null(secret_new(0));
	assert_null(secret_new(65537));
}

/* The sanitizers make mlock do nothing. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
static const char locked_flag[] = " dd";
#else
static const char locked_flag[] = " lo";
#endif

static void a_secret_is_locked_undumped_and_wiped_in_a_child(void **state)
{
	(void)state;
	char needle[] = "VmFlags:";
	struct secret *s = secret_copy("canary", 6);
	FILE *maps = fopen("/proc/self/smaps", "r");
	assert_non_null(maps);
	char line[512];
	int inside = 0, found = 0;
	while (fgets(line, sizeof line, maps)) {
		uintptr_t from = 0, to = 0;
		if (sscanf(line, "%lx-%lx ", &from, &to) == 2)
			inside = (uintptr_t)secret_peek(s) >= from && (uintptr_t)secret_peek(s) < to;
		if (inside && strncmp(line, needle, sizeof needle - 1) == 0) {
			found = 1;
			assert_non_null(strstr(line, locked_flag));
			assert_non_null(strstr(line, " dd")); /* do not dump */
			assert_non_null(strstr(line, " wf")); /* wipe on fork */
		}
	}
	fclose(maps);
	assert_true(found);
	secret_free(s);
}

static void error_texts_are_one_line_and_words_come_back(void **state)
{
	(void)state;
	struct errbuf why = {0};
	assert_int_equal(fail(&why, ERR_INVALID, "name \"%s\"", "a\nb\x1b[31m"), ERR_INVALID);
	assert_string_equal(why.text, "name \"a?b?[31m\"");
	assert_string_equal(err_why(ERR_INVALID, NULL), err_text(ERR_INVALID));
	for (int e = 0; e < ERR_COUNT; e++)
		assert_int_equal(err_from_word(err_word((enum err)e)), e);
	assert_int_equal(err_from_word("nonsense"), ERR_INTERNAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(html_values_are_escaped_and_text_values_are_not),
		cmocka_unit_test(a_value_is_never_rendered_again),
		cmocka_unit_test(sections_follow_whether_a_field_is_given),
		cmocka_unit_test(faulty_templates_are_errors),
		cmocka_unit_test(words_are_text_and_dress_their_values),
		cmocka_unit_test(a_log_line_is_one_line_whatever_the_value),
		cmocka_unit_test(a_value_too_long_for_a_line_is_left_out_whole),
		cmocka_unit_test(a_secret_is_compared_copied_and_cut),
		cmocka_unit_test(a_secret_is_locked_undumped_and_wiped_in_a_child),
		cmocka_unit_test(error_texts_are_one_line_and_words_come_back),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

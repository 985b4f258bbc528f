/* Files of languages: what is refused, and that what was taken can be said. */
#include "tests/support/test.h"

#include "delivery/language.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct languages *all;

static int set_up(void **state)
{
	(void)state;
	struct errbuf why = {""};
	enum err e = languages_new(&all, &why);
	if (e)
		fprintf(stderr, "%s\n", err_why(e, &why));
	return e ? -1 : 0;
}

static int tear_down(void **state)
{
	(void)state;
	languages_free(all);
	all = NULL;
	return 0;
}

static enum err add(const char *file, const char *text, struct errbuf *why)
{
	*why = (struct errbuf){""};
	return languages_add(all, file, text, strlen(text), why);
}

/* A whole language from the English file, one thing in it replaced. */
static struct buf english_with(const char *wanted, const char *instead)
{
	struct buf out = BUF_INIT(LANGUAGE_FILE_MOST * 2);
	FILE *f = fopen("delivery/languages/en.txt", "r");
	char line[512];
	assert_non_null(f);
	while (fgets(line, sizeof line, f)) {
		const char *at = wanted ? strstr(line, wanted) : NULL;
		if (at) {
			buf_add(&out, line, (size_t)(at - line));
			buf_text(&out, instead);
			buf_text(&out, at + strlen(wanted));
		} else {
			buf_text(&out, line);
		}
	}
	fclose(f);
	assert_non_null(buf_string(&out));
	return out;
}

static void a_faulty_file_is_refused_by_its_line(void **state)
{
	(void)state;
	static const struct {
		const char *name, *text, *fault;
	} bad[] = {
		{"no section", "heading = x\n", "nb.txt:1: heading stands before any [section]"},
		{"unknown key", "[intro]\n\nheadline = x\n", "nb.txt:3: intro.headline: there is no such key"},
		{"unknown section", "[entry]\nheading = x\n", "nb.txt:2: entry.heading: there is no such key"},
		{"no equals", "[intro]\nheading\n", "nb.txt:2: neither key = text"},
		{"section not closed", "[intro\n", "nb.txt:1: a section is [name]"},
		{"section of nothing", "[]\n", "nb.txt:1: a section is [name]"},
		{"a key in capitals", "[intro]\nHeading = x\n", "nb.txt:2: neither key = text"},
		{"a key of nothing", "[intro]\n = x\n", "nb.txt:2: an indented line"},
		{"twice", "[home]\ntitle = a\n# x\ntitle = b\n", "nb.txt:4: home.title is there twice, first on line 2"},
		{"twice in two sections", "[home]\ntitle = a\n[dead]\n[home]\ntitle = b\n", "nb.txt:5: home.title is there twice"},
		{"empty", "[home]\ntitle =\nlead = x\n", "nb.txt:2: home.title has no text"},
		{"empty at the end", "[home]\ntitle = ", "nb.txt:2: home.title has no text"},
		{"goes on with nothing", "  x\n", "nb.txt:1: an indented line goes on with a text"},
		{"goes on behind a section", "[home]\n  x\n", "nb.txt:2: an indented line goes on with a text"},
		{"unknown place", "[intro]\nheading = {{client}} {{password}}\n", "nb.txt:2: intro.heading: there is no {{password}} for it"},
		{"missing place", "[intro]\n\n\nheading = A certificate\n", "nb.txt:4: intro.heading: {{client}} is missing"},
		{"section of a template", "[intro]\nheading = {{#client}}x{{/client}}\n", "two braces stand nowhere else"},
		{"part of a template", "[intro]\nheading = {{>client}}\n", "two braces stand nowhere else"},
		{"words in words", "[intro]\nheading = {{_gone.lead}} {{client}}\n", "two braces stand nowhere else"},
		{"open place", "[intro]\nheading = {{client\n", "two braces stand nowhere else"},
		{"closing braces", "[intro]\nheading = {{client}} }}\n", "two braces stand nowhere else"},
		{"three braces", "[intro]\nheading = {{{client}}}\n", "two braces stand nowhere else"},
		{"blank in a place", "[intro]\nheading = {{ client }}\n", "two braces stand nowhere else"},
		{"place of nothing", "[intro]\nheading = {{}} {{client}}\n", "two braces stand nowhere else"},
		{"a place too long", "[intro]\nheading = {{clientclientclientclientclient}}\n", "two braces stand nowhere else"},
		{"not UTF-8", "[home]\ntitle = \xc3\x28\n", "nb.txt:2: byte 9 is not UTF-8"},
		{"cut UTF-8", "[home]\ntitle = \xc3\n", "nb.txt:2: byte 9 is not UTF-8"},
		{"Latin 1", "[home]\ntitle = bokm\xe5l\n", "is not UTF-8"},
		{"surrogate", "[home]\ntitle = \xed\xa0\x80\n", "is not UTF-8"},
		{"control character", "[home]\ntitle = a\x1b[31m\n", "nb.txt:2: U+001B at byte 10"},
		{"carriage return inside", "[home]\ntitle = a\rb\n", "U+000D"},
		{"form feed", "[home]\ntitle = a\fb\n", "U+000C"},
		{"line separator", "[home]\ntitle = a\xe2\x80\xa8" "b\n", "U+2028"},
		{"turned direction", "[home]\ntitle = a\xe2\x80\xae" "b\n", "U+202E"},
		{"control character in a comment", "# a\x07\n", "nb.txt:1: U+0007"},
		{"letters that GSM lacks", "[code]\nsms = {{code}} \xc5\x82 {{client}} {{minutes}}\n", "letters of GSM 03.38"},
		{"an SMS too long", "[code]\nsms = {{code}} is the code that you have been waiting for, to collect the certificate of "
		 "{{client}}. It works for {{minutes}} minutes.\n", "nb.txt:2: code.sms: 127 letters with the longest of everything in it, at most 108"},
		{"a password's too long", "[password]\nsms = {{password}} {{password}} {{password}} {{password}} {{password}} {{client}}\n",
		 "at most 160"},
		{"a name twice in a code's", "[code]\nsms = {{code}} {{client}} {{client}} {{minutes}}\n",
		 "nb.txt:2: code.sms: {{client}} stands twice"},
		{"a password twice", "[password]\nsms = {{client}} {{password}} {{password}}\n",
		 "nb.txt:2: password.sms: {{password}} stands twice"},
		{"lines of a page", "[home]\ntitle = a\n | b\n", "nb.txt:2: home.title: only an SMS has lines"},
		{"eleven months", "[language]\nmonths = a b c d e f g h i j k\n", "11 words, wanted the 12 months"},
		{"a tag of nonsense", "[language]\nalso = no Norsk\n", "Norsk is not a language's tag"},
	};
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		struct errbuf why;
		if (add("nb.txt", bad[i].text, &why) != ERR_USAGE || !strstr(why.text, bad[i].fault))
			fail_msg("%s: \"%s\", wanted \"%s\"", bad[i].name, why.text, bad[i].fault);
	}
	assert_string_equal(language_text(languages_find(all, "nb"), "home.title"), "Hent et sertifikat");
	assert_null(languages_at(all, 2));
}

static void a_file_that_is_too_much_is_refused(void **state)
{
	(void)state;
	struct errbuf why = {""};
	static char big[LANGUAGE_FILE_MOST + 1];
	memset(big, '#', sizeof big);
	assert_int_equal(languages_add(all, "nb.txt", big, sizeof big, &why), ERR_USAGE);
	assert_int_equal(languages_add(all, "nb.txt", big, sizeof big - 1, &why), ERR_OK);
	struct buf text = BUF_INIT(8192);
	buf_text(&text, "[home]\ntitle = ");
	for (int i = 0; i < 2001; i++)
		buf_byte(&text, 'x');
	assert_int_equal(languages_add(all, "nb.txt", text.data, text.len, &why), ERR_USAGE);
	assert_non_null(strstr(why.text, "nb.txt:2: home.title is longer than 2000 bytes"));
	assert_int_equal(languages_add(all, "nb.txt", text.data, text.len - 1, &why), ERR_OK);
	buf_clear(&text);
	buf_text(&text, "[a]\n");
	for (int i = 0; i < 513; i++)
		buf_format(&text, "k%d=x\n", i);
	assert_int_equal(languages_add(all, "nb.txt", text.data, text.len, &why), ERR_USAGE);
	assert_non_null(strstr(why.text, "more than 512 keys"));
	assert_int_equal(languages_add(all, "nb.txt", "[home]\ntitle = a\0b\n", 19, &why), ERR_USAGE);
	buf_free(&text);
}

static void a_file_is_named_by_its_tag(void **state)
{
	(void)state;
	static const char *const bad[] = {"", ".txt", "a.txt", "sv", "sv.TXT", "SV.txt", "sv_SE.txt", "sv-.txt", "sv..txt", "../sv.txt",
					  "sv-SE-too-long-for-one.txt", "sv .txt", "s\xc3\xa5.txt", "svenska.txt"};
	static const char *const good[] = {"sv.txt", "en-GB.txt", "sma.txt", "zh-Hant-TW.txt"};
	struct buf text = english_with(NULL, NULL);
	struct errbuf why;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		if (add(bad[i], buf_string(&text), &why) != ERR_USAGE)
			fail_msg("taken: %s", bad[i]);
	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
		if (add(good[i], buf_string(&text), &why) != ERR_OK)
			fail_msg("%s: %s", good[i], why.text);
	assert_null(languages_at(all, 2 + sizeof good / sizeof good[0]));
	buf_free(&text);
}

static void a_new_language_needs_every_key_and_an_old_one_only_what_changes(void **state)
{
	(void)state;
	struct errbuf why;
	struct buf whole = english_with("Certificates are collected here", "Certifikat avhämtas här");
	assert_int_equal(add("sv.txt", "[home]\ntitle = Hämta ett certifikat\n", &why), ERR_USAGE);
	assert_non_null(strstr(why.text, "is missing; a new language needs every key"));
	assert_null(languages_find(all, "sv"));
	assert_int_equal(add("sv.txt", buf_string(&whole), &why), ERR_OK);
	assert_string_equal(language_text(languages_find(all, "sv"), "home.heading"), "Certifikat avhämtas här");
	assert_int_equal(add("nb.txt", "\xef\xbb\xbf# ours\r\n[home]\r\ntitle = Hent\r\n\tet  \r\n   bevis \r\n", &why), ERR_OK);
	assert_string_equal(language_text(languages_find(all, "nb"), "home.title"), "Hent et bevis");
	assert_string_equal(language_text(languages_find(all, "nb"), "home.heading"), "Her henter du sertifikater");
	assert_string_equal(language_text(languages_find(all, "en"), "home.title"), "Collect a certificate");
	assert_int_equal(add("en.txt", "[code]\nsms = {{code}} {{client}} {{minutes}}\n  |\n  | x\n", &why), ERR_OK);
	assert_string_equal(language_text(languages_at(all, 0), "code.sms"), "{{code}} {{client}} {{minutes}}\n\nx");
	buf_free(&whole);
}

static void there_are_no_more_than_so_many(void **state)
{
	(void)state;
	struct buf whole = english_with(NULL, NULL);
	struct errbuf why;
	char name[16];
	for (int i = 0; i < LANGUAGES_MOST - 2; i++) {
		snprintf(name, sizeof name, "a%c%c.txt", 'a' + i / 26, 'a' + i % 26);
		assert_int_equal(add(name, buf_string(&whole), &why), ERR_OK);
	}
	assert_int_equal(add("zz.txt", buf_string(&whole), &why), ERR_USAGE);
	assert_int_equal(add("aab.txt", "[home]\ntitle = again\n", &why), ERR_OK);
	buf_free(&whole);
}

static void no_text_of_a_built_in_language_is_anothers(void **state)
{
	(void)state;
	char section[32] = "", key[80];
	int count = 0;
	FILE *f = fopen("delivery/languages/en.txt", "r");
	char line[512];
	assert_non_null(f);
	while (fgets(line, sizeof line, f)) {
		size_t len = strcspn(line, " ]");
		if (line[0] == '[')
			snprintf(section, sizeof section, "%.*s", (int)len - 1, line + 1);
		if (line[0] < 'a' || line[0] > 'z')
			continue;
		snprintf(key, sizeof key, "%s.%.*s", section, (int)len, line);
		const char *en = language_text(languages_find(all, "en"), key), *nb = language_text(languages_find(all, "nb"), key);
		if (!en || !nb || strcmp(en, nb) == 0)
			fail_msg("%s: \"%s\" and \"%s\"", key, en ? en : "(none)", nb ? nb : "(none)");
		count++;
	}
	fclose(f);
	assert_true(count > 100);
}

static void the_browsers_wish_is_followed(void **state)
{
	(void)state;
	static const struct {
		const char *header, *tag;
	} wishes[] = {
		{"nb", "nb"},
		{"nb-NO,nb;q=0.9,no;q=0.8,nn;q=0.7,en-US;q=0.6,en;q=0.5", "nb"},
		{"en-US,en;q=0.9,nb;q=0.8", "en"},
		{"de-DE,de;q=0.9,no;q=0.2,en;q=0.1", "nb"},
		{"nn", "nb"},
		{"NB-no", "nb"},
		{"en;q=0.1, nb;q=0.2", "nb"},
		{"nb;q=0, en;q=0.001", "en"},
		{"nb; q=0.5 , en ; q=0.6", "en"},
		{"nb;q=1.000,en;q=0.999", "nb"},
		{"nb;q=0.55,en;q=0.6", "en"},
		{",,nb", "nb"},
		{"de", NULL},
		{"*", NULL},
		{"", NULL},
		{"nbx", NULL},
		{"n", NULL},
		{"nb;q=0", NULL},
		{"nb;q=x", NULL},
		{"nb;q", NULL},
		{";;;===,,,;q=1,-", NULL},
	};
	for (size_t i = 0; i < sizeof wishes / sizeof wishes[0]; i++) {
		const struct language *l = languages_accepted(all, wishes[i].header);
		const char *had = l ? language_tag(l) : "none", *wanted = wishes[i].tag ? wishes[i].tag : "none";
		if (strcmp(had, wanted) != 0)
			fail_msg("\"%s\": %s, wanted %s", wishes[i].header, had, wanted);
	}
	assert_null(languages_accepted(all, NULL));
	assert_string_equal(language_tag(languages_for(all, "xx", "no")), "nb");
	assert_string_equal(language_tag(languages_for(all, NULL, "")), "en");
}

static void times_are_written_as_the_language_does(void **state)
{
	(void)state;
	char text[LANGUAGE_TIME_SIZE];
	language_time(languages_find(all, "en"), 1796047500, text);
	assert_string_equal(text, "30 November 2026, 14:05 UTC");
	language_time(languages_find(all, "nb"), 1796047500, text);
	assert_string_equal(text, "30. november 2026 kl. 14.05 UTC");
	language_time(languages_find(all, "nb"), 0, text);
	assert_string_equal(text, "1. januar 1970 kl. 00.00 UTC");
}

/* Whatever is cut off or flipped: refused, or a language in which all can be said. */
static void a_file_cut_or_flipped_is_refused_or_whole(void **state)
{
	(void)state;
	struct buf text = english_with(NULL, NULL);
	struct errbuf why;
	int taken = 0;
	const char *last = strrchr(buf_string(&text), '=');
	for (size_t len = 0; len < (size_t)(last - buf_string(&text)); len += 7)
		if (languages_add(all, "sv.txt", text.data, len, &why) == ERR_OK)
			fail_msg("taken when cut at %zu", len);
	for (size_t at = 0; at < text.len; at += 11) {
		uint8_t bit = (uint8_t)(1u << at % 8);
		text.data[at] ^= bit;
		enum err e = languages_add(all, "en.txt", text.data, text.len, &why);
		assert_true(e == ERR_OK || (e == ERR_USAGE && strncmp(why.text, "en.txt:", 7) == 0));
		taken += e == ERR_OK;
		text.data[at] ^= bit;
	}
	assert_true(taken > 0);
	buf_free(&text);
}

static void write_file(const char *folder, const char *name, const char *text, mode_t mode)
{
	char path[256];
	snprintf(path, sizeof path, "%s/%s", folder, name);
	FILE *f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
	assert_int_equal(chmod(path, mode), 0);
}

static void drop(const char *folder, const char *name)
{
	char path[256];
	snprintf(path, sizeof path, "%s/%s", folder, name);
	assert_int_equal(unlink(path), 0);
}

static void a_folder_is_taken_whole_or_not(void **state)
{
	(void)state;
	char folder[] = "/tmp/languages-XXXXXX";
	struct buf bundle = BUF_INIT(LANGUAGES_BUNDLE_MOST);
	struct errbuf why = {""};
	assert_non_null(mkdtemp(folder));
	assert_int_equal(languages_bundle(folder, &bundle, &why), ERR_OK);
	assert_int_equal(bundle.len, 0);
	assert_int_equal(languages_unbundle(all, &bundle, &why), ERR_OK);
	write_file(folder, "nb.txt", "[home]\ntitle = Hent", 0644);
	write_file(folder, "en.txt", "[home]\ntitle = Fetch\n", 0644);
	write_file(folder, "README", "not a language", 0644);
	write_file(folder, ".sv.txt", "not yet one", 0644);
	assert_int_equal(languages_bundle(folder, &bundle, &why), ERR_OK);
	assert_int_equal(languages_unbundle(all, &bundle, &why), ERR_OK);
	assert_string_equal(language_text(languages_find(all, "nb"), "home.title"), "Hent");
	assert_string_equal(language_text(languages_find(all, "en"), "home.title"), "Fetch");
	for (size_t len = 0; len < bundle.len; len++) {
		struct buf cut = {.data = bundle.data, .len = len, .cap = len};
		(void)!languages_unbundle(all, &cut, NULL);
	}
	buf_clear(&bundle);
	write_file(folder, "sv.txt", "[home]\n\ntitel = x\n", 0644);
	assert_int_equal(languages_bundle(folder, &bundle, &why), ERR_OK);
	assert_int_equal(languages_unbundle(all, &bundle, &why), ERR_USAGE);
	assert_non_null(strstr(why.text, "sv.txt:3: home.titel"));
	buf_clear(&bundle);
	write_file(folder, "sv.txt", "", 0664);
	assert_int_equal(languages_bundle(folder, &bundle, &why), ERR_REFUSED);
	drop(folder, "sv.txt");
	buf_clear(&bundle);
	write_file(folder, "fi.txt", "\fnb.txt\n[home]\ntitle = x\n", 0644);
	assert_int_equal(languages_bundle(folder, &bundle, &why), ERR_USAGE);
	drop(folder, "fi.txt");
	buf_clear(&bundle);
	assert_int_equal(chmod(folder, 0770), 0);
	assert_int_equal(languages_bundle(folder, &bundle, &why), ERR_REFUSED);
	assert_int_equal(chmod(folder, 0700), 0);
	assert_int_equal(languages_bundle("/dev/null", &bundle, &why), ERR_USAGE);
	drop(folder, "nb.txt");
	drop(folder, "en.txt");
	drop(folder, "README");
	drop(folder, ".sv.txt");
	assert_int_equal(rmdir(folder), 0);
	assert_int_equal(languages_bundle(folder, &bundle, &why), ERR_USAGE);
	buf_free(&bundle);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_faulty_file_is_refused_by_its_line),
		TEST(a_file_that_is_too_much_is_refused),
		TEST(a_file_is_named_by_its_tag),
		TEST(a_new_language_needs_every_key_and_an_old_one_only_what_changes),
		TEST(there_are_no_more_than_so_many),
		TEST(no_text_of_a_built_in_language_is_anothers),
		TEST(the_browsers_wish_is_followed),
		TEST(times_are_written_as_the_language_does),
		TEST(a_file_cut_or_flipped_is_refused_or_whole),
		TEST(a_folder_is_taken_whole_or_not),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

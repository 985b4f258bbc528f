/* The bytes of a mail: what stands in its headers cannot leave them, and its text comes out as it went in. */
#include "tests/support/test.h"

#include "base/encode.h"
#include "delivery/mail.h"
#include "delivery/mail_body.h"
#include "delivery/mail_header.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NOW 1795313618 /* Sunday 2026-11-22T02:13:38Z */
#define ID "abcdefgh23456722"

enum { MAIL_MOST = 1 << 20 };

static const struct mail_settings settings = {.from = "ca@example.com", .from_name = "Counterfoil"};

static struct message message_of(const char *subject, const char *text, const char *html)
{
	struct message m = {.channel = CHANNEL_MAIL, .to = "kari@nordbank.example", .subject = BUF_INIT(4096),
			    .text = BUF_INIT(16384), .html = BUF_INIT(16384)};
	buf_text(&m.subject, subject);
	buf_text(&m.text, text);
	buf_text(&m.html, html);
	return m;
}

static enum err write_mail(const struct mail_settings *s, const char *subject, const char *text, const char *html,
			   struct buf *out)
{
	struct message m = message_of(subject, text, html);
	enum err rc = mail_write(s, ID, &m, NOW, out, NULL);
	message_clear(&m);
	return rc;
}

static void a_mail_is_exactly_this(void **state)
{
	(void)state;
	struct buf mail = BUF_INIT(MAIL_MOST);
	assert_int_equal(write_mail(&settings, "Ready", "Hello Kari,\n\nit is\nready.\n", "", &mail), ERR_OK);
	assert_string_equal(buf_string(&mail), "Date: Sun, 22 Nov 2026 02:13:38 +0000\r\n"
					       "From: \"Counterfoil\"\r\n <ca@example.com>\r\n"
					       "To: <kari@nordbank.example>\r\n"
					       "Subject: Ready\r\n"
					       "Message-ID: <" ID "@example.com>\r\n"
					       "Auto-Submitted: auto-generated\r\n"
					       "MIME-Version: 1.0\r\n"
					       "Content-Type: text/plain; charset=utf-8; format=flowed\r\n"
					       "Content-Transfer-Encoding: 7bit\r\n"
					       "\r\n"
					       "Hello Kari,\r\n\r\nit is \r\nready.\r\n");
	buf_free(&mail);
}

static void html_stands_beside_the_text_and_behind_it(void **state)
{
	(void)state;
	struct buf mail = BUF_INIT(MAIL_MOST);
	assert_int_equal(write_mail(&settings, "Ready", "Ready.\n", "<p>Blåbær</p>\n", &mail), ERR_OK);
	const char *body = strstr(buf_string(&mail), "Content-Type:");
	assert_non_null(body);
	assert_string_equal(body, "Content-Type: multipart/alternative; boundary=\"=_" ID "\"\r\n\r\n"
				  "--=_" ID "\r\n"
				  "Content-Type: text/plain; charset=utf-8; format=flowed\r\n"
				  "Content-Transfer-Encoding: 7bit\r\n\r\n"
				  "Ready.\r\n"
				  "\r\n--=_" ID "\r\n"
				  "Content-Type: text/html; charset=utf-8\r\n"
				  "Content-Transfer-Encoding: quoted-printable\r\n\r\n"
				  "<p>Bl=C3=A5b=C3=A6r</p>\r\n"
				  "\r\n--=_" ID "--\r\n");
	buf_free(&mail);
}

static void a_repeat_has_the_same_message_id(void **state)
{
	(void)state;
	struct message m = message_of("Ready", "Ready.\n", "");
	for (int64_t later = 0; later < 2; later++) {
		struct buf mail = BUF_INIT(MAIL_MOST);
		assert_int_equal(mail_write(&settings, ID, &m, NOW + later * 86400, &mail, NULL), ERR_OK);
		assert_non_null(strstr(buf_string(&mail), "\r\nMessage-ID: <" ID "@example.com>\r\n"));
		buf_free(&mail);
	}
	message_clear(&m);
}

/* Every line of the headers is one of ours or goes on with the one before it. */
static void require_own_headers(const char *mail)
{
	static const char *const names[] = {"Date: ", "From: ", "To: ", "Subject: ", "Message-ID: ", "Auto-Submitted: ",
					    "MIME-Version: ", "Content-Type: ", "Content-Transfer-Encoding: "};
	int seen[sizeof names / sizeof *names] = {0};
	for (const char *line = mail; strncmp(line, "\r\n", 2) != 0; line = strstr(line, "\r\n") + 2) {
		bool own = line > mail && (*line == ' ');
		for (size_t i = 0; i < sizeof names / sizeof *names; i++)
			if (strncmp(line, names[i], strlen(names[i])) == 0) {
				own = true;
				seen[i]++;
			}
		if (!own)
			fail_msg("a header that is not ours: %.60s", line);
		size_t len = strcspn(line, "\r\n");
		assert_true(len <= 78 && strncmp(line + len, "\r\n", 2) == 0);
		for (size_t i = 0; i < len; i++)
			assert_true(line[i] >= ' ' && line[i] <= '~');
	}
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		assert_int_equal(seen[i], 1);
}

static void nothing_that_stands_in_a_header_leaves_it(void **state)
{
	(void)state;
	static const char *const values[] = {
		"a\r\nBcc: thief@example.com", "a\nBcc: thief@example.com", "a\rBcc: thief@example.com", "\r\n\r\nbody",
		"\n", "\r", "\x01\x7f", "\"<thief@example.com>,", "=?UTF-8?B?YQpCY2M6IHg=?=", "\\", "\"", "",
		" ", " leading", "trailing ", "blåbær", "\xff\xfe", "\xc3", "日本語の名前",
		"a name that is as long as the name of an organisation may be, which is longer than a line of a mail is, and longer",
		"Ä name that is as long as the name of an organisation may be, which is longer than a line of a mail is, and longer"};
	for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
		struct buf mail = BUF_INIT(MAIL_MOST);
		const struct mail_settings s = {.from = "ca@example.com", .from_name = values[i]};
		assert_int_equal(write_mail(&s, values[i], "Ready.\n", "", &mail), ERR_OK);
		require_own_headers(buf_string(&mail));
		assert_null(strstr(buf_string(&mail), "\nBcc"));
		buf_free(&mail);
	}
}

/* Encoded words back to text; what is in none is appended as it is. */
static void decode_words(const char *value, struct buf *out)
{
	while (*value) {
		const char *end = strncmp(value, "=?UTF-8?B?", 10) == 0 ? strstr(value + 10, "?=") : NULL;
		if (end) {
			assert_int_equal(base64_decode(value + 10, (size_t)(end - value - 10), out), ERR_OK);
			value = end + 2;
			value += strncmp(value, "\r\n =?", 5) == 0 ? 3 : 0;
		} else {
			buf_byte(out, (uint8_t)*value++);
		}
	}
}

static void a_subject_reads_as_it_was_meant(void **state)
{
	(void)state;
	static const char *const subjects[] = {
		"Certificate for e-banking is ready to collect", "Sertifikatet for blåbær er klart", "æøå",
		"日本語のとても長い名前、とても長い、さらに長い、もっと長い、一番長い、終わり",
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaæ"};
	for (size_t i = 0; i < sizeof subjects / sizeof *subjects; i++) {
		struct buf line = BUF_INIT(4096), read = BUF_INIT(4096);
		mail_header_text(&line, "Subject", subjects[i], strlen(subjects[i]));
		line.len -= 2;
		decode_words(buf_string(&line) + strlen("Subject: "), &read);
		assert_string_equal(buf_string(&read), subjects[i]);
		buf_free(&line);
		buf_free(&read);
	}
}

static void what_is_no_mailbox_gets_no_mail(void **state)
{
	(void)state;
	static const char *const bad[] = {"", "kari", "kari@", "a@b.example\r\nBcc: c@d.example", "a@b.example, c@d.example",
					  "<a@b.example>", "a b@c.example", "a@b"};
	struct buf mail = BUF_INIT(MAIL_MOST);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct message m = message_of("Ready", "Ready.\n", "");
		snprintf(m.to, sizeof m.to, "%s", bad[i]);
		assert_int_equal(mail_write(&settings, ID, &m, NOW, &mail, NULL), ERR_REFUSED);
		message_clear(&m);
		const struct mail_settings s = {.from = bad[i], .from_name = ""};
		assert_int_equal(write_mail(&s, "Ready", "Ready.\n", "", &mail), ERR_REFUSED);
	}
	buf_free(&mail);
}

static void what_is_no_id_gets_no_mail(void **state)
{
	(void)state;
	static const char *const bad[] = {"", "a b", "a>", "a\r\nb", "a@b"};
	struct message m = message_of("Ready", "Ready.\n", "");
	struct buf mail = BUF_INIT(MAIL_MOST);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_int_equal(mail_write(&settings, bad[i], &m, NOW, &mail, NULL), ERR_REFUSED);
	message_clear(&m);
	buf_free(&mail);
}

static const struct flowing {
	const char *name, *text, *flowed;
} flowings[] = {
	{"lines of a paragraph flow together", "one\ntwo\n\nthree\n", "one \ntwo\n\nthree\n"},
	{"a long line that begins with a space is cut, and not there",
	 "  1. aaaa bbbb cccc dddd eeee ffff gggg hhhh iiii jjjj kkkk llll mmmm nnnn oooo pppp\nqqqq\n",
	 "   1. aaaa bbbb cccc dddd eeee ffff gggg hhhh iiii jjjj kkkk llll mmmm \nnnnn oooo pppp\nqqqq\n"},
	{"spaces before a long word are not a line",
	 "  aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa bbbb\n",
	 "   aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa \nbbbb\n"},
	{"a line that begins with a space stands alone", "one\n  two\nthree\n", "one\n   two\nthree\n"},
	{"a link stands", "here:\nhttps://ca.example/d/x\nopen it\n", "here:\nhttps://ca.example/d/x\nopen it\n"},
	{"spaces at the end of a line go", "one   \n\ntwo\n", "one\n\ntwo\n"},
	{"a quotation is none", "> one\n", " > one\n"},
	{"From is not altered on its way", "From here\n", " From here\n"},
	{"a text without a last line feed", "one", "one\n"},
	{"nothing", "", ""},
	{"empty lines", "\n\n\n", "\n\n\n"},
	{"a long line is cut at a space",
	 "aaaa bbbb cccc dddd eeee ffff gggg hhhh iiii jjjj kkkk llll mmmm nnnn oooo pppp qqqq\n",
	 "aaaa bbbb cccc dddd eeee ffff gggg hhhh iiii jjjj kkkk llll mmmm nnnn \noooo pppp qqqq\n"},
	{"a cut line may begin with From",
	 "aaaa bbbb cccc dddd eeee ffff gggg hhhh iiii jjjj kkkk llll mmmm nnnn From pppp qqqq\n",
	 "aaaa bbbb cccc dddd eeee ffff gggg hhhh iiii jjjj kkkk llll mmmm nnnn \n From pppp qqqq\n"},
	{"a long word is not cut",
	 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa bbbb\n",
	 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa \nbbbb\n"},
};

static void text_flows(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof flowings / sizeof *flowings; i++) {
		struct buf flowed = BUF_INIT(4096);
		mail_flow(flowings[i].text, strlen(flowings[i].text), &flowed);
		if (strcmp(flowed.len ? buf_string(&flowed) : "", flowings[i].flowed) != 0)
			fail_msg("%s: [%s], wanted [%s]", flowings[i].name, buf_string(&flowed), flowings[i].flowed);
		buf_free(&flowed);
	}
}

/* One part's body, decoded. Requires lines within the bounds of its encoding. */
static void decode_part(const char *part, struct buf *out)
{
	bool encoded = strstr(part, "quoted-printable") != NULL;
	const char *at = strstr(part, "\r\n\r\n") + 4;
	while (*at) {
		size_t len = strcspn(at, "\r\n");
		bool soft = encoded && len > 0 && at[len - 1] == '=';
		assert_true(len <= (encoded ? 76u : 998u));
		assert_true(!encoded || len == 0 || at[len - 1] != ' ');
		for (size_t i = 0; i < len - soft; i++) {
			assert_true(at[i] >= ' ' && at[i] <= '~');
			if (encoded && at[i] == '=') {
				const char hex[] = {at[i + 1], at[i + 2], '\0'};
				buf_byte(out, (uint8_t)strtoul(hex, NULL, 16));
				i += 2;
			} else {
				buf_byte(out, (uint8_t)at[i]);
			}
		}
		if (!soft)
			buf_byte(out, '\n');
		assert_int_equal(strncmp(at + len, "\r\n", 2), 0);
		at += len + 2;
	}
}

static void a_body_comes_out_as_it_went_in(void **state)
{
	(void)state;
	char long_line[1200];
	memset(long_line, 'x', sizeof long_line);
	snprintf(long_line + sizeof long_line - 2, 2, "\n");
	const struct {
		const char *text;
		bool encoded;
	} bodies[] = {
		{"plain\n", false}, {".\n..\n.x\n", false}, {"blåbær\n", true}, {"a = b\n", false}, {"--=_" ID "\n", true},
		{"space at the end \n", false}, {"æ \n", true}, {"æ  \n\n", true}, {long_line, true},
		{"æ = aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n", true},
	};
	for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
		struct buf body = BUF_INIT(4096), part = BUF_INIT(16384), read = BUF_INIT(4096);
		buf_text(&body, bodies[i].text);
		mail_part("text/plain", &body, &part);
		assert_int_equal(strstr(buf_string(&part), "quoted-printable") != NULL, bodies[i].encoded);
		assert_null(strstr(buf_string(&part), "\n--=_"));
		decode_part(buf_string(&part), &read);
		assert_string_equal(buf_string(&read), bodies[i].text);
		buf_free(&body);
		buf_free(&part);
		buf_free(&read);
	}
}

/* A value that the table of messages would never let through. */
static void control_characters_in_a_body_are_spaces(void **state)
{
	(void)state;
	struct buf body = BUF_INIT(64), part = BUF_INIT(1024);
	buf_text(&body, "a\rb\tc\x7f" "d\n");
	mail_part("text/plain", &body, &part);
	assert_non_null(strstr(buf_string(&part), "\r\n\r\na b c d\r\n"));
	buf_free(&body);
	buf_free(&part);
}

static void a_mail_that_is_too_long_is_never_sent(void **state)
{
	(void)state;
	struct buf mail = BUF_INIT(300);
	assert_int_equal(write_mail(&settings, "Ready", "Ready.\n", "", &mail), ERR_REFUSED);
	buf_free(&mail);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_mail_is_exactly_this),
		cmocka_unit_test(html_stands_beside_the_text_and_behind_it),
		cmocka_unit_test(a_repeat_has_the_same_message_id),
		cmocka_unit_test(nothing_that_stands_in_a_header_leaves_it),
		cmocka_unit_test(a_subject_reads_as_it_was_meant),
		cmocka_unit_test(what_is_no_mailbox_gets_no_mail),
		cmocka_unit_test(what_is_no_id_gets_no_mail),
		cmocka_unit_test(text_flows),
		cmocka_unit_test(a_body_comes_out_as_it_went_in),
		cmocka_unit_test(control_characters_in_a_body_are_spaces),
		cmocka_unit_test(a_mail_that_is_too_long_is_never_sent),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

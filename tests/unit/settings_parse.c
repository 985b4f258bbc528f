/* settings: every fault is refused with its line, its key and what was wanted; nothing is half-applied. */
#include "issuer/settings.h"
#include "issuer/settings_table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static enum err parse(const char *text, struct settings **out, struct errbuf *why)
{
	return settings_parse(text, strlen(text), "counterfoil.conf", "/srv/cf", out, why);
}

static const struct refusal {
	const char *name, *text, *why;
} refusals[] = {
	{"slip of the pen", "[order]\nlink_lfe = 7d\n",
	 "counterfoil.conf:2: unknown key order.link_lfe; did you mean order.link_life?"},
	{"unknown far away", "[zoo]\n\nelephants = 3\n", "counterfoil.conf:3: unknown key zoo.elephants"},
	{"no section", "name = x\n", "counterfoil.conf:1: key name stands before any [section]"},
	{"duplicate", "[order]\nlink_life = 1d\n# a\nlink_life = 2d\n",
	 "counterfoil.conf:4: duplicate key order.link_life, first on line 2"},
	{"duplicate in a second section", "[order]\ncode_tries = 3\n[crl]\n[order]\ncode_tries = 3\n",
	 "counterfoil.conf:5: duplicate key order.code_tries, first on line 2"},
	{"above", "[order]\ncode_tries = 11\n", "counterfoil.conf:2: order.code_tries = 11: wanted 1 to 10 tries"},
	{"below", "[order]\ncode_tries = 0\n", "counterfoil.conf:2: order.code_tries = 0: wanted 1 to 10 tries"},
	{"negative", "[order]\ncode_tries = -1\n", "counterfoil.conf:2: order.code_tries = -1: wanted 1 to 10 tries"},
	{"plus", "[order]\ncode_tries = +1\n", "counterfoil.conf:2: order.code_tries = +1: wanted 1 to 10 tries"},
	{"huge", "[order]\ncode_tries = 99999999999999999999\n",
	 "counterfoil.conf:2: order.code_tries = 99999999999999999999: wanted 1 to 10 tries"},
	{"suffix on a number", "[order]\ncode_tries = 5d\n", "counterfoil.conf:2: order.code_tries = 5d: wanted 1 to 10 tries"},
	{"hexadecimal", "[order]\ncode_tries = 0x5\n", "counterfoil.conf:2: order.code_tries = 0x5: wanted 1 to 10 tries"},
	{"duration too long", "[order]\nlink_life = 31d\n",
	 "counterfoil.conf:2: order.link_life = 31d: wanted 60 to 2592000 seconds (or with a suffix: s, m, h or d)"},
	{"duration that overflows", "[order]\nlink_life = 9223372036854775807d\n",
	 "counterfoil.conf:2: order.link_life = 9223372036854775807d: wanted 60 to 2592000 seconds (or with a suffix: s, m, "
	 "h or d)"},
	{"duration unknown suffix", "[order]\nlink_life = 7w\n",
	 "counterfoil.conf:2: order.link_life = 7w: wanted 60 to 2592000 seconds (or with a suffix: s, m, h or d)"},
	{"empty", "[order]\nlink_life =\n",
	 "counterfoil.conf:2: order.link_life = : wanted 60 to 2592000 seconds (or with a suffix: s, m, h or d)"},
	{"a PIN in a key's name", "[keys]\nissuing = pkcs11:token=CA;object=i?pin-value=4711\n",
	 "counterfoil.conf:2: keys.issuing = ...: a PIN does not belong into a URI: put it into a file of its own and name that in "
	 "token.pin"},
	{"keys in two tokens", "[keys]\nissuing = pkcs11:token=A;object=i\nocsp = pkcs11:token=B;object=o\n",
	 "counterfoil.conf: keys.issuing and keys.ocsp must be in one token, which both name by the same words"},
	{"keys in tokens of two serials", "[keys]\nissuing = pkcs11:serial=1;token=A;object=i\nocsp = pkcs11:token=A;object=o\n",
	 "counterfoil.conf: keys.issuing and keys.ocsp must be in one token, which both name by the same words"},
	{"keys in a token and another whose name begins so",
	 "[keys]\nissuing = pkcs11:object=i;token=A\nocsp = pkcs11:token=AB;object=i\n",
	 "counterfoil.conf: keys.issuing and keys.ocsp must be in one token, which both name by the same words"},
	{"a key without a token", "[keys]\nocsp = pkcs11:object=i\n",
	 "counterfoil.conf:2: keys.ocsp = pkcs11:object=i: wanted the token (token= or serial=) and the key in it (object= or id=)"},
	{"empty text", "[installation]\nname =\n", "counterfoil.conf:2: installation.name = : 0 bytes; wanted 1 to 64"},
	{"control character", "[installation]\nname = a\x01z\n",
	 "counterfoil.conf:2: installation.name = a?z: control characters are not allowed"},
	{"not UTF-8", "[installation]\nname = \xff\n", "counterfoil.conf:2: installation.name = : not UTF-8"},
	{"no pair", "[order]\n\nnonsense\n", "counterfoil.conf:3: neither [section], nor key = value, nor # comment"},
	{"open section", "[order\n", "counterfoil.conf:1: neither [section], nor key = value, nor # comment"},
	{"word", "[installation]\nnode = a b\n",
	 "counterfoil.conf:2: installation.node = a b: wanted letters, digits, '_', '.' and '-' only"},
	{"level", "[log]\nlevel = loud\n", "counterfoil.conf:2: log.level = loud: wanted one of: debug info warning error "},
	{"variable elsewhere", "[keys]\ncode = a/${HOME}\n",
	 "counterfoil.conf:2: keys.code = a/${HOME}: only ${CREDENTIALS_DIRECTORY} at the beginning is replaced"},
	{"no credentials", "[keys]\ncode = ${CREDENTIALS_DIRECTORY}/code\n",
	 "counterfoil.conf:2: keys.code = ${CREDENTIALS_DIRECTORY}/code: ${CREDENTIALS_DIRECTORY} is not set; systemd sets it "
	 "for LoadCredential="},
};

static void every_fault_names_its_line_and_what_was_wanted(void **state)
{
	(void)state;
	unsetenv("CREDENTIALS_DIRECTORY");
	for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
		struct settings *s = NULL;
		struct errbuf why = {""};
		enum err e = parse(refusals[i].text, &s, &why);
		if (e != ERR_USAGE || s)
			fail_msg("%s: %s, taken %d", refusals[i].name, err_word(e), s != NULL);
		assert_string_equal(why.text, refusals[i].why);
	}
}

static const char *const bad_urls[] = {"localhost", "ftp://a", "https://", "https://a/", "https://a/b", "https://a:",
	"https://a:0", "https://a:65536", "https://a:1x", "https://u@a", "https://a b", "http://[::1", "http://[]", "HTTP://a"};
static const char *const good_urls[] = {"https://a", "http://a.example:80", "https://[::1]:8443", "http://192.0.2.1"};
static const char *const bad_listens[] = {"8443", ":8443", "localhost:1", "1.2.3:4", "1.2.3.4:", "1.2.3.4:65536",
	"::1:80", "[::1]", "[::1:80", "[zz]:80", "FD", "fd ", "1.2.3.4:-1"};
static const char *const good_listens[] = {"0.0.0.0:8443", "[::]:1", "127.0.0.1:0", "fd"};

static void refuse_each(const char *section, const char *key, const char *const *values, size_t n, enum err wanted)
{
	for (size_t i = 0; i < n; i++) {
		char text[200];
		struct settings *s = NULL;
		/* a trailing blank is not part of a value, so it is put in front of one */
		snprintf(text, sizeof text, "[%s]\n%s = %s\n", section, key, values[i]);
		enum err e = parse(text, &s, NULL);
		bool stripped = values[i][strlen(values[i]) - 1] == ' ';
		if (e != (stripped ? ERR_OK : wanted))
			fail_msg("%s.%s = %s: %s", section, key, values[i], err_word(e));
		settings_free(s);
	}
}

static void addresses_are_taken_only_in_their_one_shape(void **state)
{
	(void)state;
	refuse_each("public", "url", bad_urls, sizeof bad_urls / sizeof *bad_urls, ERR_USAGE);
	refuse_each("public", "url", good_urls, sizeof good_urls / sizeof *good_urls, ERR_OK);
	refuse_each("public", "listen", bad_listens, sizeof bad_listens / sizeof *bad_listens, ERR_USAGE);
	refuse_each("public", "listen", good_listens, sizeof good_listens / sizeof *good_listens, ERR_OK);
}

static void defaults_hold_where_nothing_is_said(void **state)
{
	(void)state;
	struct settings *s = NULL;
	assert_int_equal(parse("", &s, NULL), ERR_OK);
	assert_int_equal(s->link_life, 7 * 86400);
	assert_int_equal(s->code_tries, 5);
	assert_string_equal(s->database, "/srv/cf/counterfoil.db");
	assert_string_equal(s->user_front, "");
	settings_free(s);
}

static void values_are_taken_as_written(void **state)
{
	(void)state;
	struct settings *s = NULL;
	struct errbuf why = {""};
	setenv("CREDENTIALS_DIRECTORY", "/run/credentials/cf", 1);
	enum err e = parse("\xef\xbb\xbf; a comment\r\n[installation]\r\nname = Brønnøysund ; # and so on \r\n"
			   "[order]\n  link_life = 36h\ncode_life=90\n[keys]\ncode = ${CREDENTIALS_DIRECTORY}/code\n"
			   "courier = /etc/courier.key", &s, &why);
	if (e)
		fail_msg("%s", why.text);
	assert_string_equal(s->name, "Brønnøysund ; # and so on");
	assert_int_equal(s->link_life, 36 * 3600);
	assert_int_equal(s->code_life, 90);
	assert_string_equal(s->key_code, "/run/credentials/cf/code");
	assert_string_equal(s->key_courier, "/etc/courier.key");
	settings_free(s);
	unsetenv("CREDENTIALS_DIRECTORY");
}

static void line_too_long_or_with_nul_is_refused(void **state)
{
	(void)state;
	struct settings *s = NULL;
	struct errbuf why = {""};
	static char text[6000];
	snprintf(text, sizeof text, "[keys]\ncode = /%05000d\n", 7);
	assert_int_equal(parse(text, &s, &why), ERR_USAGE);
	assert_string_equal(why.text, "counterfoil.conf:2: the line is too long");
	assert_int_equal(settings_parse("[log]\nlevel = in\0fo\n", 21, "c", "/", &s, &why), ERR_USAGE);
	assert_string_equal(why.text, "c:2: NUL in the line");
	assert_null(s);
}

static void what_is_written_is_read_back(void **state)
{
	(void)state;
	static const char *const values[] = {"installation.name", "Acme CA", "order.link_life", "2d", "public.listen", "fd", NULL};
	struct buf text = BUF_INIT(65536), again = BUF_INIT(65536);
	struct settings *s = NULL;
	struct errbuf why = {""};
	assert_int_equal(settings_write(values, &text), ERR_OK);
	enum err e = settings_parse((const char *)text.data, text.len, "counterfoil.conf", "/srv/cf", &s, &why);
	if (e)
		fail_msg("%s", why.text);
	assert_string_equal(s->name, "Acme CA");
	assert_int_equal(s->link_life, 2 * 86400);
	assert_string_equal(s->public_listen, "fd");
	assert_int_equal(settings_explain(s, &again), ERR_OK);
	assert_non_null(strstr(buf_string(&again), "order.link_life = 172800 seconds\n"));
	settings_free(s);
	buf_free(&text);
	buf_free(&again);
}

static void writing_refuses_unknown_names_and_second_lines(void **state)
{
	(void)state;
	struct buf text = BUF_INIT(65536);
	assert_int_equal(settings_write((const char *const[]){"order.nothing", "1", NULL}, &text), ERR_USAGE);
	assert_int_equal(settings_write((const char *const[]){"order", "1", NULL}, &text), ERR_USAGE);
	assert_int_equal(settings_write((const char *const[]){"installation.name", "a\n[log]", NULL}, &text), ERR_INVALID);
	assert_int_equal(text.len, 0);
	buf_free(&text);
}

static void every_row_has_a_default_that_fits_and_a_meaning(void **state)
{
	(void)state;
	for (size_t i = 0; i < setting_count; i++) {
		const struct setting_row *row = &setting_rows[i], *nearest = NULL;
		assert_true(strlen(row->section) + strlen(row->key) + 2 <= SETTING_NAME_SIZE);
		assert_true(strlen(row->meaning) > 10);
		assert_true(row->least <= row->most);
		assert_ptr_equal(setting_find(row->section, row->key, &nearest), row);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_fault_names_its_line_and_what_was_wanted),
		cmocka_unit_test(addresses_are_taken_only_in_their_one_shape),
		cmocka_unit_test(defaults_hold_where_nothing_is_said),
		cmocka_unit_test(values_are_taken_as_written),
		cmocka_unit_test(line_too_long_or_with_nul_is_refused),
		cmocka_unit_test(what_is_written_is_read_back),
		cmocka_unit_test(writing_refuses_unknown_names_and_second_lines),
		cmocka_unit_test(every_row_has_a_default_that_fits_and_a_meaning),
	};
	return cmocka_run_group_tests_name("settings_parse", tests, NULL, NULL);
}

/* Where settings come from, and which goes before which. */
#include "client/command/settings.h"
#include "tests/support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static enum err parse(const char *text, struct settings *s, struct errbuf *why)
{
	*s = (struct settings){.file = "/etc/cf/config"};
	return settings_parse(text, strlen(text), "/home/kari", s, why);
}

static void lines_that_cannot_be_read_are_refused_by_file_and_number(void **state)
{
	(void)state;
	char giant[5000];
	memset(giant, 'a', sizeof giant - 1);
	giant[sizeof giant - 1] = '\0';
	const struct {
		const char *text, *says;
	} cases[] = {
		{"server", "/etc/cf/config:1: neither [section], nor key = value"},
		{"# fine\n\nsevrer = x", "/etc/cf/config:3: unknown key \"sevrer\": did you mean \"server\"?"},
		{"frobnicate = x", "unknown key \"frobnicate\": want server, identity, ca, key-file or password-file"},
		{"password = secret", "/etc/cf/config:1: no password stands here: password-file names"},
		{"= x", "unknown key \"\""},
		{"ca = a\n; fine\nca = b\n", "/etc/cf/config:3: ca is there twice"},
		{"key-file = a\nkey_file = a\n", "config:2: key-file is there twice"},
		{"[staff]\nserver = x\n", "config:2: unknown section [staff]"},
		{giant, "config:1: the line is too long"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct settings s;
		struct errbuf why = {0};
		if (parse(cases[i].text, &s, &why) != ERR_USAGE || !strstr(why.text, cases[i].says))
			fail_msg("case %zu: wanted [%s], had [%s]", i, cases[i].says, why.text);
		if (strstr(why.text, "secret"))
			fail_msg("a value is repeated: %s", why.text);
	}
}

static void paths_are_relative_to_the_file_or_to_home(void **state)
{
	(void)state;
	struct settings s;
	assert_int_equal(parse("# staff\nserver = https://h:9443\r\n\tidentity=me.p12\nca = /abs/root.pem\npassword_file =  ~/pw \n"
			       "key-file = keys/a;b.pem",
			       &s, NULL),
			 ERR_OK);
	assert_string_equal(s.of[SETTING_SERVER].value, "https://h:9443");
	assert_string_equal(s.of[SETTING_IDENTITY].value, "/etc/cf/me.p12");
	assert_string_equal(s.of[SETTING_CA].value, "/abs/root.pem");
	assert_string_equal(s.of[SETTING_PASSWORD_FILE].value, "/home/kari/pw");
	assert_string_equal(s.of[SETTING_KEY_FILE].value, "/etc/cf/keys/a;b.pem");
	assert_int_equal(s.of[SETTING_CA].origin, ORIGIN_CONFIG);
	assert_int_equal(s.of[SETTING_CA].line, 4);
}

static void a_flag_goes_before_the_environment_and_that_before_the_file(void **state)
{
	(void)state;
	char folder[] = "/tmp/client-settings-XXXXXX", path[128];
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof path, "%s/counterfoil", folder);
	mkdir(path, 0700);
	snprintf(path, sizeof path, "%s/counterfoil/config", folder);
	FILE *file = fopen(path, "w");
	fputs("server = https://file\nidentity = /file\nca = /file\n", file);
	fclose(file);
	chmod(path, 0664); /* its group may write it */
	setenv("XDG_CONFIG_HOME", folder, 1);
	setenv("COUNTERFOIL_SERVER", "https://environment", 1);
	setenv("COUNTERFOIL_IDENTITY", "/environment", 1);
	unsetenv("COUNTERFOIL_CA");
	unsetenv("COUNTERFOIL_PASSWORD_FILE");
	const char *const words[] = {"me", "--server", "https://flag"};
	struct arguments a;
	struct settings s;
	struct errbuf why = {0};
	assert_int_equal(arguments_parse(3, words, &a, NULL), ERR_OK);
	assert_int_equal(settings_load(&a, &s, &why), ERR_REFUSED);
	assert_non_null(strstr(why.text, "may be written by others"));
	why.text[0] = '\0';
	chmod(path, 0644);
	if (settings_load(&a, &s, &why))
		fail_msg("%s", why.text);
	assert_true(s.has_file);
	assert_string_equal(s.file, path);
	assert_string_equal(s.of[SETTING_SERVER].value, "https://flag");
	assert_string_equal(s.of[SETTING_IDENTITY].value, "/environment");
	assert_string_equal(s.of[SETTING_CA].value, "/file");
	assert_int_equal(s.of[SETTING_SERVER].origin, ORIGIN_FLAG);
	assert_int_equal(s.of[SETTING_IDENTITY].origin, ORIGIN_ENVIRONMENT);
	assert_int_equal(s.of[SETTING_PASSWORD_FILE].origin, ORIGIN_NONE);
	assert_int_equal(s.password_fd, -1);
	unlink(path);
	assert_int_equal(settings_load(&a, &s, &why), ERR_OK); /* no file is fine */
	assert_string_equal(why.text, "");
	assert_false(s.has_file);
	snprintf(path, sizeof path, "%s/counterfoil", folder);
	rmdir(path);
	rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_that_cannot_be_read_are_refused_by_file_and_number),
		cmocka_unit_test(paths_are_relative_to_the_file_or_to_home),
		cmocka_unit_test(a_flag_goes_before_the_environment_and_that_before_the_file),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

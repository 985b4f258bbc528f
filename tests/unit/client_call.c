/* counterfoil call: what its flags send, and where the answer goes. */
#include "base/clock.h"
#include "client/command/arguments.h"
#include "client/command/table.h"
#include "tests/support/call_stage.h"
#include "tests/support/test.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { WORDS = 24, TEXT_MAX = 1 << 16 };

static char folder[] = "/tmp/client-call-XXXXXX";

/* Borrowed until the hundredth after it. */
static const char *in_folder(const char *prefix, const char *name)
{
	static char paths[100][160];
	static int next;
	char *path = paths[next++ % 100];
	snprintf(path, sizeof paths[0], "%s%s/%s", prefix, folder, name);
	return path;
}

static void write_file(const char *name, const void *bytes, size_t len)
{
	FILE *f = fopen(in_folder("", name), "w");
	assert_non_null(f);
	assert_int_equal(fwrite(bytes, 1, len, f), len);
	fclose(f);
}

static void read_text(const char *path, char out[TEXT_MAX])
{
	FILE *f = fopen(path, "r");
	size_t n = f ? fread(out, 1, TEXT_MAX - 1, f) : 0;
	out[n] = '\0';
	if (f)
		fclose(f);
}

static int files_named(const char *prefix)
{
	int count = 0;
	DIR *d = opendir(folder);
	assert_non_null(d);
	for (struct dirent *entry; (entry = readdir(d));)
		count += strncmp(entry->d_name, prefix, strlen(prefix)) == 0;
	closedir(d);
	return count;
}

static atomic_int busy; /* so often the server is, at /busy */
static atomic_int torn; /* so often an answer breaks off, at /torn */

static bool answer(SSL *ssl, const struct seen *request, struct tls_server *s)
{
	(void)s;
	char text[512];
	if (strcmp(request->path, "/missing") == 0)
		return tls_reply(ssl, 404, NULL, "no such thing");
	if (strcmp(request->path, "/busy") == 0 && busy-- > 0)
		return tls_reply(ssl, 503, NULL, "");
	if (strcmp(request->path, "/torn") == 0 && torn-- <= 0)
		return tls_reply(ssl, 404, NULL, "no such thing");
	if (strcmp(request->path, "/cut") == 0 || strcmp(request->path, "/torn") == 0)
		return tls_say(ssl, "HTTP/1.1 200 X\r\nContent-Length: 100\r\n\r\n0123456789") && false;
	if (strcmp(request->path, "/silent") == 0)
		return SSL_read(ssl, text, 1) == 1; /* until the client has gone */
	const char *form = strstr(request->head, "multipart/form-data") ? " form" : "";
	snprintf(text, sizeof text, "%.*s %s%s: %.300s", (int)strcspn(request->head, " "), request->head,
		 strstr(request->head, "chunked") ? "chunked" : "counted", form, request->body);
	return tls_reply(ssl, 200, "X-One: 1\r\n", text);
}

/* Run a command line with standard output, and input when it is given, in files; "URL/..." is the server's. */
static enum err run(struct call_stage *stage, const char *const *words, const char *input, char out[TEXT_MAX])
{
	const char *line[WORDS + 4] = {"call", "--ca", in_folder("", "ca.pem")};
	int count = 3;
	char url[256] = "";
	for (; *words; words++) {
		bool is_url = strncmp(*words, "URL", 3) == 0;
		if (is_url)
			snprintf(url, sizeof url, "%s", stage_url(stage, *words + 3));
		line[count++] = is_url ? url : *words;
	}
	struct arguments given;
	struct errbuf why = {0};
	enum err e = arguments_parse(count, line, &given, &why);
	if (e)
		fail_msg("%s", why.text);
	fflush(stdout);
	int saved_out = dup(STDOUT_FILENO), saved_in = dup(STDIN_FILENO);
	int to = open(in_folder("", "stdout"), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	int from[2];
	assert_int_equal(pipe(from), 0);
	if (input)
		assert_int_equal(write(from[1], input, strlen(input)), (ssize_t)strlen(input));
	close(from[1]);
	dup2(to, STDOUT_FILENO);
	dup2(from[0], STDIN_FILENO);
	e = run_call(&given, &why);
	dup2(saved_out, STDOUT_FILENO);
	dup2(saved_in, STDIN_FILENO);
	close(saved_out);
	close(saved_in);
	close(from[0]);
	close(to);
	read_text(in_folder("", "stdout"), out);
	if (e && !why.text[0])
		fail_msg("ended with %s and no reason", err_word(e));
	return e;
}

static void bodies_come_from_where_the_flags_say(void **state)
{
	(void)state;
	struct call_stage stage = {.server = {.answer = answer}};
	stage_open(&stage, NULL);
	write_file("letter.xml", "<letter/>", 9);
	const struct {
		const char *words[WORDS], *input, *want;
	} cases[] = {
		{{"URL/"}, NULL, "GET counted: "},
		{{"URL/", "-d", "text"}, NULL, "POST counted: text"},
		{{"URL/", "-d", ""}, NULL, "POST counted: "},
		{{"URL/", "-X", "PUT", "-d", in_folder("@", "letter.xml")}, NULL, "PUT counted: <letter/>"},
		{{"URL/", "-d", "@-"}, "from a pipe", "POST chunked: from a pipe"},
		{{"URL/", "-T", in_folder("", "letter.xml")}, NULL, "PUT counted: <letter/>"},
		{{"URL/", "-T", "-"}, "piped", "PUT chunked: piped"},
		{{"URL/", "-X", "POST", "--upload", in_folder("", "letter.xml")}, NULL, "POST counted: <letter/>"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		static char out[TEXT_MAX];
		enum err e = run(&stage, cases[i].words, cases[i].input, out);
		if (e || strcmp(out, cases[i].want) != 0)
			fail_msg("case %zu: %s, \"%s\", wanted \"%s\"", i, err_word(e), out, cases[i].want);
	}
	static char out[TEXT_MAX];
	const char *const form[] = {"URL/", "-F", "title=Two words", "-F", in_folder("letter=@", "letter.xml"), NULL};
	assert_int_equal(run(&stage, form, NULL, out), ERR_OK);
	assert_true(strncmp(out, "POST counted form: ", 19) == 0);
	assert_non_null(strstr(out, "name=\"title\"\r\n\r\nTwo words\r\n"));
	assert_non_null(strstr(out, "filename=\"letter.xml\""));
	stage_close(&stage);
}

static void lines_that_contradict_themselves_are_refused(void **state)
{
	(void)state;
	static const char *const cases[][WORDS] = {
		{"URL/", "-d", "a", "-T", "b"}, {"URL/", "-d", "a", "-F", "b=c"}, {"URL/", "-T", "a", "-F", "b=c"},
		{"URL/", "-F", "no-value"}, {"URL/", "-F", "=x"}, {"URL/", "-T", "/tmp"}, {"URL/", "--retry", "101"},
		{"URL/", "--proxy", "http://user:secret@proxy:3128"}, {"URL/", "--proxy", "socks5://proxy:1080"},
	};
	struct call_stage stage = {.server = {.answer = answer}};
	stage_open(&stage, NULL);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		static char out[TEXT_MAX];
		enum err e = run(&stage, cases[i], NULL, out);
		if (e != ERR_USAGE)
			fail_msg("case %zu: %s", i, err_word(e));
	}
	static char out[TEXT_MAX];
	assert_int_equal(run(&stage, (const char *const[]){"URL/", "-T", in_folder("", "missing"), NULL}, NULL, out), ERR_NOT_FOUND);
	assert_int_equal(stage.server.requests, 0);
	stage_close(&stage);
}

static void an_answer_goes_to_its_file_when_it_is_whole(void **state)
{
	(void)state;
	struct call_stage stage = {.server = {.answer = answer}};
	static char out[TEXT_MAX], had[TEXT_MAX];
	stage_open(&stage, NULL);
	const char *path = in_folder("", "answer");
	assert_int_equal(run(&stage, (const char *const[]){"URL/", "-o", path, "-i", NULL}, NULL, out), ERR_OK);
	read_text(path, had);
	assert_string_equal(had, "GET counted: ");
	assert_string_equal(out, "HTTP 200\nContent-Length: 13\nX-One: 1\n\n");
	assert_int_equal(run(&stage, (const char *const[]){"URL/cut", "-o", path, NULL}, NULL, out), ERR_NETWORK);
	read_text(path, had);
	assert_string_equal(had, "GET counted: "); /* the old one */
	assert_int_equal(run(&stage, (const char *const[]){"URL/missing", "-o", path, NULL}, NULL, out), ERR_NOT_FOUND);
	read_text(path, had);
	assert_string_equal(had, "no such thing");
	assert_int_equal(files_named("answer"), 1); /* nothing of another name is left */
	assert_int_equal(run(&stage, (const char *const[]){"URL/", "-o", "/nonexistent/answer", NULL}, NULL, out), ERR_NOT_FOUND);
	stage_close(&stage);
}

static void what_a_try_that_broke_off_left_is_not_taken_for_the_answer(void **state)
{
	(void)state;
	torn = 1;
	struct call_stage stage = {.server = {.answer = answer}};
	static char out[TEXT_MAX], had[TEXT_MAX];
	stage_open(&stage, NULL);
	const char *path = in_folder("", "answer");
	assert_int_equal(run(&stage, (const char *const[]){"URL/torn", "-o", path, "-i", "--retry", "1", NULL}, NULL, out), ERR_NOT_FOUND);
	read_text(path, had);
	assert_string_equal(had, "no such thing");
	assert_string_equal(out, "HTTP 404\nContent-Length: 13\n\n");
	stage_close(&stage);
}

static void an_answer_goes_to_standard_output_with_its_head_first(void **state)
{
	(void)state;
	struct call_stage stage = {.server = {.answer = answer}};
	static char out[TEXT_MAX];
	stage_open(&stage, NULL);
	assert_int_equal(run(&stage, (const char *const[]){"URL/", "-i", NULL}, NULL, out), ERR_OK);
	assert_string_equal(out, "HTTP 200\nContent-Length: 13\nX-One: 1\n\nGET counted: ");
	assert_int_equal(run(&stage, (const char *const[]){"URL/missing", "-i", NULL}, NULL, out), ERR_NOT_FOUND);
	assert_string_equal(out, "HTTP 404\nContent-Length: 13\n\nno such thing");
	stage_close(&stage);
}

static void tries_and_times_are_as_the_flags_say(void **state)
{
	(void)state;
	busy = 2;
	struct call_stage stage = {.server = {.answer = answer}};
	static char out[TEXT_MAX];
	stage_open(&stage, NULL);
	assert_int_equal(run(&stage, (const char *const[]){"URL/busy", "--retry", "1", NULL}, NULL, out), ERR_UNAVAILABLE);
	busy = 1;
	assert_int_equal(run(&stage, (const char *const[]){"URL/busy", "--retry", "1", NULL}, NULL, out), ERR_OK);
	int64_t began = clock_mono_ms();
	assert_int_equal(run(&stage, (const char *const[]){"URL/silent", "--max-time", "1", NULL}, NULL, out), ERR_TIMEOUT);
	assert_int_equal(run(&stage, (const char *const[]){"URL/silent", "--stall-time", "1", "--http1", NULL}, NULL, out), ERR_TIMEOUT);
	if (clock_mono_ms() - began > 20000)
		fail_msg("took %lld ms", (long long)(clock_mono_ms() - began));
	assert_int_equal(run(&stage, (const char *const[]){"URL/", "-x", "127.0.0.1:1", NULL}, NULL, out), ERR_NETWORK);
	stage_close(&stage);
}

static void a_server_must_show_that_it_was_not_revoked_where_that_is_asked_for(void **state)
{
	(void)state;
	struct call_stage stage = {.server = {.answer = answer}};
	static char out[TEXT_MAX];
	stage_open(&stage, NULL);
	assert_int_equal(run(&stage, (const char *const[]){"URL/", "--staple", "soft", NULL}, NULL, out), ERR_OK);
	assert_int_equal(run(&stage, (const char *const[]){"URL/", "--staple", "hard", NULL}, NULL, out), ERR_NETWORK);
	assert_int_equal(run(&stage, (const char *const[]){"URL/", "--staple", "never", NULL}, NULL, out), ERR_USAGE);
	stage_close(&stage);
}

static void a_time_too_long_to_count_is_the_longest_there_is(void **state)
{
	(void)state;
	static const char *const line[] = {"call", "https://h/", "--max-time", "2147483647", "--connect-timeout=7"};
	struct arguments given;
	assert_int_equal(arguments_parse(5, line, &given, NULL), ERR_OK);
	assert_true(arguments_milliseconds(&given, "max-time") == UINT32_MAX);
	assert_int_equal(arguments_milliseconds(&given, "connect-timeout"), 7000);
	assert_int_equal(arguments_milliseconds(&given, "stall-time"), 0);
}

static int setup(void **state)
{
	static const char *const ours[] = {"COUNTERFOIL_SERVER", "COUNTERFOIL_IDENTITY", "COUNTERFOIL_CA", "COUNTERFOIL_PASSWORD_FILE",
					   "XDG_CONFIG_HOME"};
	if (!mkdtemp(folder) || stage_setup(state) != 0)
		return -1;
	for (size_t i = 0; i < sizeof ours / sizeof *ours; i++)
		unsetenv(ours[i]);
	setenv("HOME", folder, 1);
	write_file("ca.pem", stage_ca_pem().data, stage_ca_pem().len);
	return 0;
}

static int teardown(void **state)
{
	static const char *const names[] = {"ca.pem", "letter.xml", "answer", "stdout"};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		unlink(in_folder("", names[i]));
	if (rmdir(folder) != 0)
		return -1;
	return stage_teardown(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bodies_come_from_where_the_flags_say),
		cmocka_unit_test(lines_that_contradict_themselves_are_refused),
		cmocka_unit_test(an_answer_goes_to_its_file_when_it_is_whole),
		cmocka_unit_test(what_a_try_that_broke_off_left_is_not_taken_for_the_answer),
		cmocka_unit_test(an_answer_goes_to_standard_output_with_its_head_first),
		cmocka_unit_test(tries_and_times_are_as_the_flags_say),
		cmocka_unit_test(a_server_must_show_that_it_was_not_revoked_where_that_is_asked_for),
		cmocka_unit_test(a_time_too_long_to_count_is_the_longest_there_is),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}

/* Forms (multipart/form-data): what arrives, read back by their boundary; what is refused before it leaves. */
#include "tests/support/call_stage.h"
#include "tests/support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char folder[] = "/tmp/client-form-XXXXXX";

static void path_of(const char *name, char out[128])
{
	snprintf(out, 128, "%s/%s", folder, name);
}

static void write_file(const char *name, const char *text, size_t len)
{
	char path[128];
	path_of(name, path);
	FILE *f = fopen(path, "w");
	assert_non_null(f);
	assert_int_equal(fwrite(text, 1, len, f), len);
	fclose(f);
}

/* The body as it came, its boundary made "B" at every place. */
static bool answer(SSL *ssl, const struct seen *request, struct tls_server *s)
{
	(void)s;
	if (strcmp(request->path, "/hello") == 0)
		return tls_reply(ssl, 200, NULL, "hello");
	const char *boundary = strstr(request->head, "multipart/form-data; boundary=");
	if (!boundary)
		return tls_reply(ssl, 400, NULL, request->head);
	boundary += strlen("multipart/form-data; boundary=");
	size_t len = strcspn(boundary, "\r\n");
	struct buf body = BUF_INIT(1 << 22);
	buf_text(&body, strstr(request->head, "chunked") ? "chunked\n" : "counted\n");
	for (const char *at = request->body; *at;) {
		bool here = strncmp(at, boundary, len) == 0;
		buf_byte(&body, here ? 'B' : (uint8_t)*at);
		at += here ? len : 1;
	}
	bool more = tls_reply(ssl, 200, NULL, buf_string(&body));
	buf_free(&body);
	return more;
}

static void expect_form(struct call_stage *stage, const counterfoil_part *parts, size_t count, const char *want)
{
	counterfoil_response *response = NULL;
	stage_call(stage, &(counterfoil_request){.method = "POST", .url = stage_url(stage, "/"), .parts = parts, .part_count = count},
		   COUNTERFOIL_OK, &response);
	assert_string_equal(counterfoil_response_body(response).data, want);
	counterfoil_response_free(response);
}

struct letters {
	counterfoil_source source;
	int left;
	const char *cut; /* this file is cut short while we are read */
};

static int64_t read_letters(void *context, void *into, size_t most)
{
	struct letters *l = context;
	if (most == 0 || l->left == 0)
		return 0;
	if (l->cut)
		assert_int_equal(truncate(l->cut, 10), 0);
	l->left--;
	memset(into, 'a' + l->left, 1);
	return 1;
}

static struct letters letters_of(struct letters *at, int count, int64_t length)
{
	return (struct letters){.source = {.read = read_letters, .context = at, .length = length}, .left = count};
}

static void parts_come_from_memory_files_and_sources(void **state)
{
	(void)state;
	char path[128];
	write_file("letter.xml", "<a/>", 4);
	path_of("letter.xml", path);
	struct call_stage stage = {.server = {.answer = answer}};
	stage_open(&stage, NULL);
	struct letters l = letters_of(&l, 3, 3);
	const counterfoil_part parts[] = {
		{.name = "title", .data = {"Two words", 9}},
		{.name = "letter", .path = path, .type = "text/xml"},
		{.name = "letters", .filename = "l.txt", .source = &l.source},
		{.name = "empty"},
	};
	expect_form(&stage, parts, 4,
		    "counted\n--B\r\nContent-Disposition: form-data; name=\"title\"\r\n\r\nTwo words\r\n"
		    "--B\r\nContent-Disposition: form-data; name=\"letter\"; filename=\"letter.xml\"\r\nContent-Type: text/xml\r\n\r\n<a/>\r\n"
		    "--B\r\nContent-Disposition: form-data; name=\"letters\"; filename=\"l.txt\"\r\nContent-Type: application/octet-stream\r\n\r\ncba\r\n"
		    "--B\r\nContent-Disposition: form-data; name=\"empty\"\r\n\r\n\r\n--B--\r\n");
	l = letters_of(&l, 2, -1);
	expect_form(&stage, &parts[2], 1,
		    "chunked\n--B\r\nContent-Disposition: form-data; name=\"letters\"; filename=\"l.txt\"\r\nContent-Type: application/octet-stream\r\n\r\nba\r\n--B--\r\n");
	const counterfoil_part quoted = {.name = "a\"b", .filename = "c\"d\\e", .data = {"x", 1}};
	expect_form(&stage, &quoted, 1,
		    "counted\n--B\r\nContent-Disposition: form-data; name=\"a%22b\"; filename=\"c%22d\\e\"\r\nContent-Type: application/octet-stream\r\n\r\nx\r\n--B--\r\n");
	assert_int_equal(stage.server.connections, 1);
	stage_close(&stage);
}

static void parts_that_cannot_be_sent_are_refused_before_anything_leaves(void **state)
{
	(void)state;
	char missing[128];
	path_of("missing", missing);
	char long_name[1026];
	memset(long_name, 'x', 1025);
	long_name[1025] = '\0';
	const counterfoil_source mute = {.length = 1};
	const struct {
		const char *name;
		counterfoil_part part;
		counterfoil_code want;
	} cases[] = {
		{"no name", {.name = NULL}, COUNTERFOIL_BAD_INPUT},
		{"an empty name", {.name = ""}, COUNTERFOIL_BAD_INPUT},
		{"a name with a line end", {.name = "a\r\nX: y"}, COUNTERFOIL_BAD_INPUT},
		{"a long name", {.name = long_name}, COUNTERFOIL_BAD_INPUT},
		{"a file name with a line end", {.name = "a", .filename = "b\nc"}, COUNTERFOIL_BAD_INPUT},
		{"a type with a line end", {.name = "a", .type = "text/xml\r\nX: y"}, COUNTERFOIL_BAD_INPUT},
		{"length without data", {.name = "a", .data = {NULL, 1}}, COUNTERFOIL_BAD_INPUT},
		{"a source that cannot read", {.name = "a", .source = &mute}, COUNTERFOIL_BAD_INPUT},
		{"no such file", {.name = "a", .path = missing}, COUNTERFOIL_FILE_UNREADABLE},
		{"a folder", {.name = "a", .path = folder}, COUNTERFOIL_FILE_UNREADABLE},
		{"a device", {.name = "a", .path = "/dev/zero"}, COUNTERFOIL_FILE_UNREADABLE},
	};
	struct call_stage stage = {.server = {.answer = answer}};
	stage_open(&stage, NULL);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		counterfoil_response *response = NULL;
		const counterfoil_part parts[] = {{.name = "good", .data = {"x", 1}}, cases[i].part};
		const counterfoil_request request = {.size = sizeof request, .method = "POST", .url = stage_url(&stage, "/"), .parts = parts,
						     .part_count = 2};
		counterfoil_code had = counterfoil_call(stage.client, &request, &response, NULL);
		if (had != cases[i].want || response)
			fail_msg("%s: wanted %s, had %s", cases[i].name, counterfoil_code_word(cases[i].want), counterfoil_code_word(had));
	}
	const char *const typed[] = {"content-type: multipart/form-data; boundary=mine", NULL};
	const counterfoil_part good = {.name = "good"};
	stage_call(&stage, &(counterfoil_request){.method = "POST", .url = stage_url(&stage, "/"), .headers = typed, .parts = &good,
						  .part_count = 1}, COUNTERFOIL_BAD_INPUT, NULL);
	assert_int_equal(stage.server.requests, 0);
	stage_is_sound(&stage);
	stage_close(&stage);
}

static void a_part_that_fails_on_the_way_ends_its_own_call(void **state)
{
	(void)state;
	static char bytes[300000];
	char path[128];
	memset(bytes, 'x', sizeof bytes);
	write_file("shrinking", bytes, sizeof bytes);
	path_of("shrinking", path);
	struct call_stage stage = {.server = {.answer = answer}};
	stage_open(&stage, NULL);
	struct letters l = letters_of(&l, 3, 3);
	l.cut = path;
	const counterfoil_part parts[] = {{.name = "cut", .source = &l.source}, {.name = "file", .path = path}};
	stage_call(&stage, &(counterfoil_request){.method = "POST", .url = stage_url(&stage, "/"), .parts = parts, .part_count = 2},
		   COUNTERFOIL_READER_FAILED, NULL);
	stage_is_sound(&stage);
	l = letters_of(&l, 2, 3); /* one letter less than it tells */
	stage_call(&stage, &(counterfoil_request){.method = "POST", .url = stage_url(&stage, "/"), .parts = parts, .part_count = 1},
		   COUNTERFOIL_READER_FAILED, NULL);
	stage_is_sound(&stage);
	stage_close(&stage);
}

static int open_descriptors(void)
{
	int count = 0;
	for (int fd = 0; fd < 256; fd++)
		count += lseek(fd, 0, SEEK_CUR) >= 0;
	return count;
}

static void files_are_closed_however_the_call_ends(void **state)
{
	(void)state;
	char path[128];
	write_file("kept", "x", 1);
	path_of("kept", path);
	struct call_stage stage = {.server = {.answer = answer}};
	stage_open(&stage, NULL);
	const counterfoil_part parts[] = {{.name = "a", .path = path}, {.name = "b", .path = path}, {.name = "c", .path = folder}};
	int before = open_descriptors();
	for (size_t count = 2; count <= 3; count++)
		stage_call(&stage, &(counterfoil_request){.method = "POST", .url = stage_url(&stage, "/"), .parts = parts, .part_count = count},
			   count == 2 ? COUNTERFOIL_OK : COUNTERFOIL_FILE_UNREADABLE, NULL);
	assert_int_equal(open_descriptors(), before);
	stage_close(&stage);
}

/* What runs without standard input gets its descriptor for a file. */
static void a_file_may_have_descriptor_0(void **state)
{
	(void)state;
	char path[128];
	write_file("kept", "x", 1);
	path_of("kept", path);
	struct call_stage stage = {.server = {.answer = answer}};
	stage_open(&stage, NULL);
	const counterfoil_part parts[] = {{.name = "first", .data = {"y", 1}}, {.name = "a", .path = path, .filename = "f"}};
	int saved = dup(STDIN_FILENO);
	close(STDIN_FILENO);
	expect_form(&stage, parts, 2,
		    "counted\n--B\r\nContent-Disposition: form-data; name=\"first\"\r\n\r\ny\r\n"
		    "--B\r\nContent-Disposition: form-data; name=\"a\"; filename=\"f\"\r\nContent-Type: application/octet-stream\r\n\r\nx\r\n--B--\r\n");
	bool closed = lseek(STDIN_FILENO, 0, SEEK_CUR) < 0;
	dup2(saved, STDIN_FILENO);
	close(saved);
	assert_true(closed);
	stage_close(&stage);
}

static int setup(void **state)
{
	return mkdtemp(folder) ? stage_setup(state) : -1;
}

static int teardown(void **state)
{
	static const char *const names[] = {"letter.xml", "shrinking", "kept"};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		char path[128];
		path_of(names[i], path);
		unlink(path);
	}
	rmdir(folder);
	return stage_teardown(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parts_come_from_memory_files_and_sources),
		cmocka_unit_test(parts_that_cannot_be_sent_are_refused_before_anything_leaves),
		cmocka_unit_test(a_part_that_fails_on_the_way_ends_its_own_call),
		cmocka_unit_test(files_are_closed_however_the_call_ends),
		cmocka_unit_test(a_file_may_have_descriptor_0),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}

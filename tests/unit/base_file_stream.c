/* Files written piece by piece: nothing of them is seen until they are whole. */
#include "base/file_stream.h"
#include "base/file.h"
#include "tests/support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[] = "/tmp/counterfoil-stream-XXXXXX";
static char path[128];

static void expect_content(const char *want)
{
	struct buf had = BUF_INIT(100);
	assert_int_equal(file_read(path, &had, NULL), ERR_OK);
	assert_string_equal(buf_string(&had), want);
	buf_free(&had);
}

static void a_file_is_published_whole_and_private(void **state)
{
	(void)state;
	struct file_stream f;
	struct stat status;
	assert_int_equal(file_stream_begin(&f, path, 0600, NULL), ERR_OK);
	assert_int_equal(file_stream_write(&f, "one ", 4, NULL), ERR_OK);
	assert_int_equal(file_stream_write(&f, "two", 3, NULL), ERR_OK);
	assert_int_not_equal(access(path, F_OK), 0);
	assert_int_equal(file_stream_publish(&f, NULL), ERR_OK);
	expect_content("one two");
	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(status.st_mode & 07777, 0600);
	file_stream_drop(&f); /* has ended: nothing happens */
	expect_content("one two");
}

static void what_is_dropped_leaves_the_old_file(void **state)
{
	(void)state;
	struct file_stream f;
	assert_int_equal(file_publish(path, "old", 3, 0600, NULL), ERR_OK);
	assert_int_equal(file_stream_begin(&f, path, 0600, NULL), ERR_OK);
	assert_int_equal(file_stream_write(&f, "new", 3, NULL), ERR_OK);
	expect_content("old");
	file_stream_drop(&f);
	assert_int_not_equal(access(f.temporary, F_OK), 0);
	expect_content("old");
}

static void what_is_published_as_new_never_replaces(void **state)
{
	(void)state;
	struct file_stream f;
	struct errbuf why = {0};
	assert_int_equal(file_publish(path, "old", 3, 0600, NULL), ERR_OK);
	assert_int_equal(file_stream_begin(&f, path, 0600, NULL), ERR_OK);
	assert_int_equal(file_stream_write(&f, "new", 3, NULL), ERR_OK);
	assert_int_equal(file_stream_publish_new(&f, &why), ERR_EXISTS);
	assert_non_null(strstr(why.text, path));
	assert_int_not_equal(access(f.temporary, F_OK), 0);
	expect_content("old");
	assert_int_equal(unlink(path), 0);
	assert_int_equal(file_stream_begin(&f, path, 0600, NULL), ERR_OK);
	assert_int_equal(file_stream_write(&f, "new", 3, NULL), ERR_OK);
	assert_int_equal(file_stream_publish_new(&f, NULL), ERR_OK);
	assert_int_not_equal(access(f.temporary, F_OK), 0);
	expect_content("new");
}

static void a_mark_tells_what_is_unfinished(void **state)
{
	(void)state;
	struct file_stream f;
	assert_int_equal(file_stream_begin_marked(&f, path, ".unfinished-", 0600, NULL), ERR_OK);
	size_t len = strlen(path);
	assert_memory_equal(f.temporary, path, len);
	assert_memory_equal(f.temporary + len, ".unfinished-", 12);
	assert_int_equal(strlen(f.temporary), len + 12 + 6);
	assert_int_equal(access(f.temporary, F_OK), 0);
	file_stream_drop(&f);
	assert_int_not_equal(access(f.temporary, F_OK), 0);
}

static void a_restart_forgets_what_was_written(void **state)
{
	(void)state;
	struct file_stream f;
	assert_int_equal(file_stream_begin(&f, path, 0600, NULL), ERR_OK);
	assert_int_equal(file_stream_write(&f, "much longer than the second", 27, NULL), ERR_OK);
	assert_int_equal(file_stream_restart(&f, NULL), ERR_OK);
	assert_int_equal(file_stream_write(&f, "second", 6, NULL), ERR_OK);
	assert_int_equal(file_stream_publish(&f, NULL), ERR_OK);
	expect_content("second");
}

static void what_cannot_be_made_or_named_says_so(void **state)
{
	(void)state;
	struct file_stream f;
	struct errbuf why = {0};
	char long_path[5000];
	memset(long_path, 'x', sizeof long_path - 1);
	long_path[sizeof long_path - 1] = '\0';
	assert_int_equal(file_stream_begin(&f, long_path, 0600, &why), ERR_TOO_LARGE);
	assert_int_equal(file_stream_begin(&f, "/nonexistent/file", 0600, &why), ERR_NOT_FOUND);
	assert_non_null(strstr(why.text, "/nonexistent/file"));
	file_stream_drop(&f);
	char sub[160];
	snprintf(sub, sizeof sub, "%s/sub", folder); /* a folder in its place */
	assert_int_equal(mkdir(sub, 0700), 0);
	assert_int_equal(file_stream_begin(&f, sub, 0600, NULL), ERR_OK);
	assert_int_equal(file_stream_publish(&f, &why), ERR_IO);
	assert_int_not_equal(access(f.temporary, F_OK), 0);
	assert_int_equal(rmdir(sub), 0);
}

static int setup(void **state)
{
	(void)state;
	snprintf(path, sizeof path, "%s/name", mkdtemp(folder) ? folder : "");
	return path[0] == '/' ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	unlink(path);
	return rmdir(folder); /* fails when a temporary file was left behind */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_is_published_whole_and_private),
		cmocka_unit_test(what_is_dropped_leaves_the_old_file),
		cmocka_unit_test(what_is_published_as_new_never_replaces),
		cmocka_unit_test(a_mark_tells_what_is_unfinished),
		cmocka_unit_test(a_restart_forgets_what_was_written),
		cmocka_unit_test(what_cannot_be_made_or_named_says_so),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}

#include "tests/support/test.h"

#include "base/file.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

static char folder[] = "/tmp/counterfoil-file-XXXXXX";
static char path[128];

static int setup(void **state)
{
	(void)state;
	snprintf(path, sizeof path, "%s/name", mkdtemp(folder) ? folder : "");
	return folder[0] ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	unlink(path);
	return rmdir(folder); /* fails when a temporary file was left behind */
}

static void a_published_file_is_whole_private_and_alone(void **state)
{
	(void)state;
	struct stat st;
	struct buf in = BUF_INIT(100);
	assert_int_equal(file_publish(path, "first", 5, 0600, NULL), ERR_OK);
	assert_int_equal(file_publish(path, "second", 6, 0600, NULL), ERR_OK);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(file_read(path, &in, NULL), ERR_OK);
	assert_string_equal(buf_string(&in), "second");
	buf_free(&in);
}

static void publish_new_never_replaces(void **state)
{
	(void)state;
	struct errbuf why = {0};
	struct buf in = BUF_INIT(100);
	assert_int_equal(file_publish(path, "kept", 4, 0600, NULL), ERR_OK);
	assert_int_equal(file_publish_new(path, "new", 3, 0600, &why), ERR_EXISTS);
	assert_non_null(strstr(why.text, path));
	assert_int_equal(file_read(path, &in, NULL), ERR_OK);
	assert_string_equal(buf_string(&in), "kept");
	buf_free(&in);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(file_publish_new(path, "new", 3, 0600, NULL), ERR_OK);
}

static void a_file_above_the_cap_is_refused(void **state)
{
	(void)state;
	char bytes[1001] = {0};
	assert_int_equal(file_publish(path, bytes, 1001, 0600, NULL), ERR_OK);
	struct buf small = BUF_INIT(1000), enough = BUF_INIT(1001);
	assert_int_equal(file_read(path, &small, NULL), ERR_TOO_LARGE);
	assert_int_equal(file_read(path, &enough, NULL), ERR_OK);
	assert_int_equal(enough.len, 1001);
	buf_free(&small);
	buf_free(&enough);
}

static void a_secret_that_others_may_read_is_refused_with_the_remedy(void **state)
{
	(void)state;
	struct errbuf why = {0};
	struct secret *s = NULL;
	assert_int_equal(file_publish(path, "key", 3, 0640, NULL), ERR_OK);
	assert_int_equal(file_read_secret(path, 100, &s, &why), ERR_REFUSED);
	assert_null(s);
	assert_non_null(strstr(why.text, "chmod 600"));
	assert_int_equal(chmod(path, 0600), 0);
	assert_int_equal(file_read_secret(path, 100, &s, &why), ERR_OK);
	assert_int_equal(secret_len(s), 3);
	assert_string_equal(secret_string(s), "key");
	secret_free(s);
}

static void a_missing_file_a_folder_and_an_empty_secret_are_told_apart(void **state)
{
	(void)state;
	struct errbuf why = {0};
	struct buf in = BUF_INIT(10);
	struct secret *s = NULL;
	unlink(path);
	assert_int_equal(file_read(path, &in, &why), ERR_NOT_FOUND);
	assert_int_equal(file_read(folder, &in, &why), ERR_INVALID);
	assert_int_equal(file_publish(path, "", 0, 0600, NULL), ERR_OK);
	assert_int_equal(file_read_secret(path, 100, &s, &why), ERR_INVALID);
	buf_free(&in);
}

static void publishing_into_a_missing_folder_fails_and_leaves_nothing(void **state)
{
	(void)state;
	char nowhere[160];
	struct errbuf why = {0};
	snprintf(nowhere, sizeof nowhere, "%s/missing/name", folder);
	assert_int_equal(file_publish(nowhere, "x", 1, 0600, &why), ERR_NOT_FOUND);
	assert_non_null(strstr(why.text, "missing"));
}

static void a_full_disk_is_an_error_not_a_success(void **state)
{
	(void)state;
	int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(file_write_all(fd, "x", 1), ERR_FULL);
	close(fd);
}

static int ends[2];

/* The first signal comes while the pipe is empty and read waits; it fills the pipe. */
static void on_alarm(int number)
{
	(void)number;
	if (write(ends[1], "x", 1) != 1)
		_exit(1);
}

static void a_signal_does_not_end_a_read(void **state)
{
	(void)state;
	char had = 0;
	struct sigaction before, during = {.sa_handler = on_alarm}; /* without SA_RESTART */
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(sigaction(SIGALRM, &during, &before), 0);
	assert_int_equal(setitimer(ITIMER_REAL, &(struct itimerval){.it_value.tv_usec = 50000}, NULL), 0);
	assert_int_equal(file_read_some(ends[0], &had, 1), 1);
	assert_int_equal(had, 'x');
	close(ends[1]);
	assert_int_equal(file_read_some(ends[0], &had, 1), 0);
	close(ends[0]);
	assert_int_equal(sigaction(SIGALRM, &before, NULL), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_published_file_is_whole_private_and_alone),
		cmocka_unit_test(publish_new_never_replaces),
		cmocka_unit_test(a_file_above_the_cap_is_refused),
		cmocka_unit_test(a_secret_that_others_may_read_is_refused_with_the_remedy),
		cmocka_unit_test(a_missing_file_a_folder_and_an_empty_secret_are_told_apart),
		cmocka_unit_test(publishing_into_a_missing_folder_fails_and_leaves_nothing),
		cmocka_unit_test(a_full_disk_is_an_error_not_a_success),
		cmocka_unit_test(a_signal_does_not_end_a_read),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}

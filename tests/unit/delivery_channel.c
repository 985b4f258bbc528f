#include "tests/support/test.h"

#include "base/file.h"
#include "delivery/channel.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { NOW = 1795313618 }; /* 2026-11-22T02:13:38Z */
#define MAIL_FILE "20261122T021338Z-mail-link-k3m7q2w4x5y6z7a2.txt"
#define ID "k3m7q2w4x5y6z7a2"

static char folder[] = "/tmp/delivery-channel-XXXXXX";
static struct channel_settings settings = {.spool_folder = folder, .mail = {.from = "ca@example.com"}};

static int make_folder(void **state)
{
	(void)state;
	return mkdtemp(folder) ? 0 : -1;
}

/* How many files there are; each is removed when asked. */
static int files(int remove)
{
	DIR *d = opendir(folder);
	int n = 0;
	char path[4096];
	for (struct dirent *e; d && (e = readdir(d));) {
		if (e->d_name[0] == '.')
			continue;
		n++;
		if (remove && file_join(path, folder, e->d_name) == ERR_OK)
			unlink(path);
	}
	if (d)
		closedir(d);
	return n;
}

static int empty_folder(void **state)
{
	(void)state;
	files(1);
	return 0;
}

static int remove_folder(void **state)
{
	(void)state;
	files(1);
	return rmdir(folder);
}

static struct message mail(const char *text)
{
	struct message m = {.kind = MESSAGE_LINK,
			    .channel = CHANNEL_MAIL,
			    .to = "kari@example.com",
			    .subject = BUF_INIT(100),
			    .text = BUF_INIT(1000)};
	buf_text(&m.subject, "Certificate");
	buf_text(&m.text, text);
	return m;
}

static enum err send_as(const char *id, const struct message *m, int64_t now)
{
	struct handover h = {.id = id, .key = id, .now = now};
	return channel_find("spool", CHANNEL_SMS)->send(&settings, m, &h, NULL);
}

static void assert_file(const char *name, const char *wanted)
{
	char path[4096];
	struct buf had = BUF_INIT(4096);
	struct stat st;
	assert_int_equal(file_join(path, folder, name), ERR_OK);
	assert_int_equal(file_read(path, &had, NULL), ERR_OK);
	assert_string_equal(buf_string(&had), wanted);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	buf_free(&had);
}

static void a_channel_is_found_by_its_exact_name(void **state)
{
	(void)state;
	assert_string_equal(channel_find("spool", CHANNEL_SMS)->name, "spool");
	assert_non_null(channel_find("spool", CHANNEL_MAIL));
	assert_non_null(channel_find("smtp", CHANNEL_MAIL));
	assert_null(channel_find("smtp", CHANNEL_SMS));
	assert_null(channel_find("Spool", CHANNEL_MAIL));
	assert_null(channel_find("", CHANNEL_MAIL));
	assert_null(channel_find("smtp ", CHANNEL_MAIL));
}

static void a_mail_becomes_one_private_file(void **state)
{
	(void)state;
	struct message m = mail("Hello\nKari\n");
	assert_int_equal(send_as(ID, &m, NOW), ERR_OK);
	assert_file(MAIL_FILE, "To: kari@example.com\nSubject: Certificate\nMessage-Id: " ID "\n\nHello\nKari\n");
	assert_int_equal(files(0), 1);
	message_clear(&m);
}

static void an_sms_has_no_subject(void **state)
{
	(void)state;
	struct message m = {.kind = MESSAGE_CODE, .channel = CHANNEL_SMS, .to = "+4790000000", .text = BUF_INIT(200)};
	buf_text(&m.text, "ABCD2345 is your code\n@a.no #ABCD2345");
	assert_int_equal(send_as(ID, &m, NOW), ERR_OK);
	assert_file("20261122T021338Z-sms-code-" ID ".txt",
		    "To: +4790000000\nMessage-Id: " ID "\n\nABCD2345 is your code\n@a.no #ABCD2345\n");
	message_clear(&m);
}

static void the_same_id_again_replaces_the_same_file(void **state)
{
	(void)state;
	struct message first = mail("first\n"), again = mail("again\n");
	assert_int_equal(send_as(ID, &first, NOW), ERR_OK);
	assert_int_equal(send_as(ID, &again, NOW + 3600), ERR_OK);
	assert_int_equal(files(0), 1);
	assert_file(MAIL_FILE, "To: kari@example.com\nSubject: Certificate\nMessage-Id: " ID "\n\nagain\n");
	assert_int_equal(send_as("another", &again, NOW), ERR_OK);
	assert_int_equal(send_as("2", &again, NOW), ERR_OK); /* the end of the first id, and yet another */
	assert_int_equal(files(0), 3);
	message_clear(&first);
	message_clear(&again);
}

static void an_id_that_would_leave_the_folder_is_refused_for_good(void **state)
{
	(void)state;
	static const char *const bad[] = {"",	  ".",	   "..",   "../x", "a/b", "a.b", "a b", "a\nb", "\xc3\xa5",
					  "a123456789a123456789a123456789a123456789a123456789a123456789abcde"};
	struct message m = mail("x\n");
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_int_equal(send_as(bad[i], &m, NOW), ERR_REFUSED);
	assert_int_equal(files(0), 0);
	assert_int_equal(send_as("a123456789a123456789a123456789a123456789a123456789a123456789abcd", &m, NOW), ERR_OK);
	message_clear(&m);
}

static void leave(const char *name)
{
	char path[4096];
	assert_int_equal(file_join(path, folder, name), ERR_OK);
	assert_int_equal(file_publish(path, "half", 4, 0600, NULL), ERR_OK);
}

static void what_a_crash_left_half_written_is_removed_and_nothing_else(void **state)
{
	(void)state;
	struct message m = mail("x\n");
	leave("20261122T021338Z-sms-password-" ID ".txt.a1B2c3");
	leave("20261122T021338Z-mail-link-" ID ".txt.XXXXXX");
	leave("20261122T021338Z-mail-link-" ID ".txt.backup-of-mine");
	leave("somebody-elses-file.txt.a1B2c3");
	leave(".txt.a1B2c3");
	assert_int_equal(send_as(ID, &m, NOW), ERR_OK);
	channel_find("spool", CHANNEL_SMS)->begin(&settings);
	assert_int_equal(files(0), 3); /* and the one whose name begins with a point */
	assert_file(MAIL_FILE, "To: kari@example.com\nSubject: Certificate\nMessage-Id: " ID "\n\nx\n");
	assert_file(".txt.a1B2c3", "half");
	channel_find("spool", CHANNEL_SMS)->begin(&(struct channel_settings){.spool_folder = "/nonexistent/spool"});
	message_clear(&m);
	char path[4096];
	assert_int_equal(file_join(path, folder, ".txt.a1B2c3"), ERR_OK);
	unlink(path);
}

static void a_folder_that_is_not_there_is_tried_again_later(void **state)
{
	(void)state;
	struct message m = mail("x\n");
	struct errbuf why = {{0}};
	const struct channel_settings nowhere = {.spool_folder = "/nonexistent/spool"};
	struct handover h = {.id = ID, .key = ID, .now = NOW};
	assert_int_equal(channel_find("spool", CHANNEL_SMS)->send(&nowhere, &m, &h, &why), ERR_UNAVAILABLE);
	assert_non_null(strstr(why.text, "/nonexistent/spool"));
	message_clear(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_channel_is_found_by_its_exact_name),
		cmocka_unit_test_teardown(a_mail_becomes_one_private_file, empty_folder),
		cmocka_unit_test_teardown(an_sms_has_no_subject, empty_folder),
		cmocka_unit_test_teardown(the_same_id_again_replaces_the_same_file, empty_folder),
		cmocka_unit_test_teardown(an_id_that_would_leave_the_folder_is_refused_for_good, empty_folder),
		cmocka_unit_test_teardown(what_a_crash_left_half_written_is_removed_and_nothing_else, empty_folder),
		cmocka_unit_test(a_folder_that_is_not_there_is_tried_again_later),
	};
	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}

/* The key of collect --key taken, while memory and the library below fail at each call in turn: what was made goes again, what lay
 * there stays as it was, and a run that failed holds nothing. */
#include "base/file.h"
#include "client/command/collect_key.h"
#include "tests/support/failing.h"
#include "tests/support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CAP = 1 << 15, SAMPLE = 30 };

static char folder[] = "/tmp/client-collect-key-failing-XXXXXX", path[128], request_path[136];
static struct buf key = {.cap = CAP}, request = {.cap = CAP};

static void lay(const char *name, const struct buf *bytes)
{
	unlink(name);
	if (bytes->len)
		assert_int_equal(file_publish(name, bytes->data, bytes->len, 0600, NULL), ERR_OK);
}

static void nothing_lies_there(void)
{
	unlink(path);
	unlink(request_path);
}

static void a_key_lies_there(void)
{
	lay(path, &key);
	unlink(request_path);
}

static void both_lie_there(void)
{
	lay(path, &key);
	lay(request_path, &request);
}

static enum err take(void)
{
	struct own_key k;
	struct errbuf why = {""};
	enum err e = own_key_take(path, NULL, &k, &why);
	bool whole = k.key && k.request.len > 0 && k.lock >= 0;
	if (e)
		own_key_withdraw(&k);
	own_key_clear(&k);
	return e || whole ? e : ERR_INTERNAL;
}

static bool is(const char *name, const struct buf *bytes)
{
	struct buf there = BUF_INIT(CAP);
	bool same = file_read(name, &there, NULL) == ERR_OK && there.len == bytes->len && memcmp(there.data, bytes->data, there.len) == 0;
	buf_free(&there);
	return same;
}

static bool absent(const char *name)
{
	return access(name, F_OK) != 0;
}

static void made_or_gone(enum err rc, bool failed)
{
	failing_require(rc == ERR_OK ? !absent(path) && !absent(request_path) : failed && absent(path) && absent(request_path));
	failing_require(rc != ERR_OK || take() == ERR_OK);
}

static void the_key_stays(enum err rc, bool failed)
{
	failing_require(is(path, &key));
	failing_require(rc == ERR_OK ? !absent(request_path) : failed && rc != ERR_INTERNAL && absent(request_path));
}

static void both_stay(enum err rc, bool failed)
{
	failing_require(rc == ERR_OK || (failed && rc != ERR_INTERNAL));
	failing_require(is(path, &key) && is(request_path, &request));
}

static void what_was_made_goes_and_what_lay_there_stays(void **state)
{
	(void)state;
	failing_each(&(struct failing_work){"new key", nothing_lies_there, take, made_or_gone, .without_sqlite = true}, SAMPLE);
	failing_each(&(struct failing_work){"key at hand", a_key_lies_there, take, the_key_stays, .without_sqlite = true}, SAMPLE);
	failing_each(&(struct failing_work){"both at hand", both_lie_there, take, both_stay, .without_sqlite = true}, SAMPLE);
}

static int begin_group(void **state)
{
	(void)state;
	snprintf(path, sizeof path, "%s/e.key", folder);
	snprintf(request_path, sizeof request_path, "%s.csr", path);
	assert_int_equal(take(), ERR_OK);
	assert_int_equal(file_read(path, &key, NULL), ERR_OK);
	return file_read(request_path, &request, NULL) == ERR_OK ? 0 : -1;
}

static int end_group(void **state)
{
	(void)state;
	nothing_lies_there();
	buf_free(&key);
	buf_free(&request);
	return rmdir(folder); /* nothing else was left there */
}

int main(void)
{
	if (!mkdtemp(folder))
		return 1;
	const struct CMUnitTest tests[] = {cmocka_unit_test(what_was_made_goes_and_what_lay_there_stays)};
	return cmocka_run_group_tests(tests, begin_group, end_group);
}

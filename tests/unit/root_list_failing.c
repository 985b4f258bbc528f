/* Choosing between the file's list and the kept one while each allocation, each call of the cryptography and of SQLite fails in
 * turn: an older one is never taken for the newest. */
#include "tests/unit/root_list_stage.h"

#include "tests/support/failing.h"

enum { SAMPLE = 25 };

static void *folder;

static void before(void)
{
	FAILING_SPARED;
	folder_open(&folder);
	stage.folder = folder;
	stage_file_has(SECOND);
	assert_ok(stage_choose());
}

static void before_older(void)
{
	before();
	stage_file_has(FIRST);
}

static void before_newer(void)
{
	before();
	stage_file_has(THIRD);
}

/* Where nothing is known of the file it stays, and the clerk, who knows the number, says that it is older. */
static void after_older(enum err rc, bool failed)
{
	failing_require(failed || rc == ERR_OK);
	failing_require(rc != ERR_OK || stage_is(SECOND) || (failed && stage_is(FIRST)));
	stage_file_has(FIRST);
	assert_ok(stage_choose());
	failing_require(stage_is(SECOND));
	folder_close(&folder);
}

static void after_newer(enum err rc, bool failed)
{
	failing_require(failed || rc == ERR_OK);
	failing_require(rc != ERR_OK || stage_is(THIRD));
	stage_file_has(THIRD);
	assert_ok(stage_choose());
	stage_file_has(SECOND);
	assert_ok(stage_choose());
	failing_require(stage_is(THIRD));
	folder_close(&folder);
}

static void no_failure_makes_an_older_list_the_newest(void **state)
{
	(void)state;
	failing_each(&(struct failing_work){.name = "older file", .before = before_older, .act = stage_choose, .after = after_older}, SAMPLE);
	failing_each(&(struct failing_work){.name = "newer file", .before = before_newer, .act = stage_choose, .after = after_newer}, SAMPLE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(no_failure_makes_an_older_list_the_newest)};
	return cmocka_run_group_tests(tests, stage_setup, stage_teardown);
}

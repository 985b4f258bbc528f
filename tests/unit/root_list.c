/* The newest list of the root that was served stays the one that is. */
#include "tests/unit/root_list_stage.h"

static int begin(void **state)
{
	int rc = folder_open(state);
	stage.folder = *state;
	return rc;
}

static int end(void **state)
{
	return folder_close(state);
}

static int64_t kept_number(X509 *root)
{
	struct root_list *l = NULL;
	assert_ok(root_list_new(&l));
	enum err e = root_list_kept(stage.folder->store, root, l, NULL);
	int64_t number = e ? -(int64_t)e : (int64_t)l->head.number;
	root_list_free(l);
	return number;
}

static void chooses(int file, int wanted)
{
	stage_file_has(file);
	assert_ok(stage_choose());
	assert_int_equal(stage.number, 10 + file);
	if (!stage_is(wanted))
		fail_msg("of file %d: wanted list %d", file, wanted);
	assert_int_equal(kept_number(stage.pki.root.certificate), 10 + wanted);
}

static void an_older_file_takes_nothing_back(void **state)
{
	(void)state;
	assert_int_equal(kept_number(stage.pki.root.certificate), -(int64_t)ERR_NOT_FOUND);
	chooses(SECOND, SECOND);
	chooses(SECOND, SECOND);
	chooses(FIRST, SECOND);
	chooses(THIRD, THIRD);
	chooses(SECOND, THIRD);
	chooses(FIRST, THIRD);
	chooses(THIRD, THIRD);
}

static void what_is_kept_is_this_roots(void **state)
{
	(void)state;
	chooses(SECOND, SECOND);
	assert_int_equal(kept_number(stage.other.root.certificate), -(int64_t)ERR_NOT_FOUND);
	stage_file_has(THIRD); /* another root's list is not believed, and not kept */
	assert_ok(root_list_choose(stage.folder->store, stage.other.root.certificate, &stage.list, &stage.number, NULL));
	assert_int_equal(stage.number, 0);
	assert_true(stage_is(THIRD));
	assert_int_equal(kept_number(stage.other.root.certificate), -(int64_t)ERR_NOT_FOUND);
	assert_int_equal(kept_number(stage.pki.root.certificate), 10 + SECOND);
}

static void a_changed_copy_is_not_believed(void **state)
{
	(void)state;
	const char *change = "UPDATE crl SET der = CAST(substr(der, 1, length(der) - 1) || X'00' AS BLOB)";
	chooses(SECOND, SECOND);
	folder_sql(stage.folder->db, change);
	stage_file_has(FIRST);
	assert_ok(stage_choose());
	assert_true(stage_is(FIRST));
	assert_int_equal(stage.number, 10 + FIRST);
	chooses(THIRD, THIRD); /* a newer one takes its place */
	chooses(SECOND, THIRD);
}

static void a_database_that_is_not_there_has_nothing(void **state)
{
	(void)state;
	struct root_list *l = NULL;
	char none[96];
	chooses(SECOND, SECOND);
	assert_ok(root_list_new(&l));
	assert_ok(root_list_kept_in(stage.folder->db, stage.pki.root.certificate, l));
	assert_int_equal(l->head.number, 10 + SECOND);
	assert_int_equal(l->entries.count, 1);
	snprintf(none, sizeof none, "%s/none.db", stage.folder->path);
	assert_int_equal(root_list_kept_in(none, stage.pki.root.certificate, l), ERR_NOT_FOUND);
	assert_int_not_equal(access(none, F_OK), 0);
	root_list_free(l);
	root_list_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(an_older_file_takes_nothing_back, begin, end),
		cmocka_unit_test_setup_teardown(what_is_kept_is_this_roots, begin, end),
		cmocka_unit_test_setup_teardown(a_changed_copy_is_not_believed, begin, end),
		cmocka_unit_test_setup_teardown(a_database_that_is_not_there_has_nothing, begin, end),
	};
	return cmocka_run_group_tests(tests, stage_setup, stage_teardown);
}

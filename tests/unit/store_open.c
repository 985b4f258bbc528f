/* Opening: what is made, what is refused, what is migrated. */
#include "issuer/store/store_internal.h"
#include "tests/support/store_folder.h"

#include <glob.h>
#include <string.h>
#include <sys/stat.h>

static void a_new_database_is_private_and_has_the_version(void **state)
{
	struct folder *f = *state;
	struct stat st;
	int version = 0;
	assert_int_equal(stat(f->db, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(schema_version(f->store->db, &version, NULL), ERR_OK);
	assert_int_equal(version, schema_newest);
}

static void every_statement_prepares_and_counts_its_placeholders(void **state)
{
	(void)state; /* folder_open has prepared them all: this one names the wrong one, alone */
	sqlite3 *db = NULL;
	assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
	assert_int_equal(schema_create(db, NULL), ERR_OK);
	struct store s = {.db = db, .lock_fd = -1};
	struct errbuf why = {0};
	if (store_prepare_all(&s, &why) != ERR_OK)
		fail_msg("%s", why.text);
	store_finalize_all(&s);
	sqlite3_close(db);
}

/* As a database that somebody has mended by hand. */
static void a_database_that_lacks_a_column_names_the_statement(void **state)
{
	struct folder *f = *state;
	struct store *s = NULL;
	struct errbuf why = {0};
	assert_int_equal(store_fits(f->store, &why), ERR_OK);
	folder_sql(f->db, "ALTER TABLE message RENAME COLUMN receipt TO receit");
	assert_int_equal(store_open(f->db, STORE_READ_ONLY, &s, NULL), ERR_OK);
	assert_int_equal(store_fits(s, &why), ERR_CORRUPT);
	assert_non_null(strstr(why.text, "does not fit this version of the program: statement "));
	assert_non_null(strstr(why.text, "no such column: "));
	store_close(s);
}

static void a_statement_that_would_bind_wrongly_is_named(void **state)
{
	static const struct {
		const char *sql, *wanted;
	} cases[] = {
		{"SELECT $2, $1", "placeholder 1 is $2"},
		{"SELECT $1, $3", "placeholder 2 is $3"},
		{"SELECT ?", "placeholder 1 is ?"},
		{"SELECT :name", "placeholder 1 is :name"},
		{"SELECT name FROM nowhere", "no such table"},
		{"SELECT \"text\"", "no such column"},
		{"SELECT 1; SELECT 2", "not one statement"},
		{"", "not one statement"},
	};
	struct folder *f = *state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct errbuf why = {0};
		sqlite3_stmt *statement = NULL;
		enum err e = statement_prepare(f->store->db, "WRONG", cases[i].sql, &statement, &why);
		if (e != ERR_INTERNAL || !strstr(why.text, "WRONG") || !strstr(why.text, cases[i].wanted))
			fail_msg("%s: '%s', wanted '%s'", cases[i].sql, why.text, cases[i].wanted);
		sqlite3_finalize(statement);
	}
}

static void creating_over_a_database_is_refused(void **state)
{
	struct folder *f = *state;
	struct store *s = NULL;
	struct errbuf why = {0};
	assert_int_equal(store_open(f->db, STORE_CREATE, &s, &why), ERR_EXISTS);
	assert_null(s);
	assert_non_null(strstr(why.text, f->db));
}

static void a_missing_database_is_not_made(void **state)
{
	struct folder *f = *state;
	struct store *s = NULL;
	char path[160];
	snprintf(path, sizeof path, "%s/none.db", f->path);
	assert_int_equal(store_open(path, STORE_OPEN, &s, NULL), ERR_NOT_FOUND);
	assert_int_equal(store_open(path, STORE_READ_ONLY, &s, NULL), ERR_NOT_FOUND);
	assert_int_not_equal(access(path, F_OK), 0);
}

static void what_is_no_database_of_ours_is_refused(void **state)
{
	static const struct {
		const char *name, *sql;
		enum err wanted;
	} cases[] = {
		{"no tables at all", "VACUUM", ERR_CORRUPT},
		{"somebody else's tables", "CREATE TABLE fruit (name TEXT)", ERR_CORRUPT},
		{"a meta without version", "CREATE TABLE meta (name TEXT, value TEXT)", ERR_CORRUPT},
		{"version nonsense", "CREATE TABLE meta (name TEXT, value TEXT);"
				     "INSERT INTO meta VALUES ('schema_version', 'x')", ERR_CORRUPT},
	};
	struct folder *f = *state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char path[160];
		struct store *s = NULL;
		snprintf(path, sizeof path, "%s/%zu.db", f->path, i);
		folder_sql(path, cases[i].sql);
		enum err e = store_open(path, STORE_OPEN, &s, NULL);
		if (e != cases[i].wanted)
			fail_msg("%s: %s, wanted %s", cases[i].name, err_word(e), err_word(cases[i].wanted));
	}
}

static void bytes_that_are_no_database_are_refused(void **state)
{
	struct folder *f = *state;
	char path[160], noise[4096];
	struct store *s = NULL;
	memset(noise, 'x', sizeof noise);
	snprintf(path, sizeof path, "%s/noise", f->path);
	assert_int_equal(file_publish(path, noise, sizeof noise, 0600, NULL), ERR_OK);
	assert_int_equal(store_open(path, STORE_OPEN, &s, NULL), ERR_CORRUPT);
	assert_int_equal(store_open(path, STORE_CREATE, &s, NULL), ERR_EXISTS);
}

static void a_newer_schema_is_refused_and_every_byte_stays(void **state)
{
	struct folder *f = *state;
	struct buf before = BUF_INIT(1 << 24), after = BUF_INIT(1 << 24);
	struct errbuf why = {0};
	struct store *s = NULL;
	store_close(f->store);
	f->store = NULL;
	folder_sql(f->db, "UPDATE meta SET value = '99' WHERE name = 'schema_version'");
	folder_read(f->db, &before);
	assert_int_equal(store_open(f->db, STORE_OPEN, &s, &why), ERR_REFUSED);
	assert_int_equal(store_open(f->db, STORE_READ_ONLY, &s, &why), ERR_REFUSED);
	assert_non_null(strstr(why.text, "99"));
	folder_read(f->db, &after);
	assert_int_equal(before.len, after.len);
	assert_memory_equal(before.data, after.data, before.len);
	buf_free(&before);
	buf_free(&after);
}

static void copy_file(const char *from, const char *to)
{
	struct buf bytes = BUF_INIT(1 << 24);
	folder_read(from, &bytes);
	assert_true(bytes.len > 0);
	assert_int_equal(file_publish(to, bytes.data, bytes.len, 0600, NULL), ERR_OK);
	buf_free(&bytes);
}

static void assert_same(const char *a, const char *b)
{
	struct buf left = BUF_INIT(1 << 24), right = BUF_INIT(1 << 24);
	folder_read(a, &left);
	folder_read(b, &right);
	assert_int_equal(left.len, right.len);
	assert_memory_equal(left.data, right.data, left.len);
	buf_free(&left);
	buf_free(&right);
}

static void a_newer_schema_that_only_the_log_holds_is_refused_too(void **state)
{
	struct folder *f = *state;
	char wal[100], crashed[100], crashed_wal[110];
	struct store *s = NULL;
	snprintf(wal, sizeof wal, "%s-wal", f->db);
	snprintf(crashed, sizeof crashed, "%s/crashed.db", f->path);
	snprintf(crashed_wal, sizeof crashed_wal, "%s-wal", crashed);
	folder_sql(f->db, "UPDATE meta SET value = '99' WHERE name = 'schema_version'");
	copy_file(f->db, crashed); /* the open store keeps the log from being folded in */
	copy_file(wal, crashed_wal);
	assert_int_equal(store_open(crashed, STORE_OPEN, &s, NULL), ERR_REFUSED);
	assert_same(f->db, crashed);
	assert_same(wal, crashed_wal);
}

static const struct migration two_steps[] = {
	{2, "CREATE TABLE later (id TEXT PRIMARY KEY) STRICT"},
	{3, "ALTER TABLE later ADD COLUMN name TEXT"},
	{0, NULL},
};

static int find_copy(const char *folder, char *out, size_t size)
{
	char pattern[160];
	snprintf(pattern, sizeof pattern, "%s/test.db.v2-*", folder);
	glob_t found;
	int n = glob(pattern, 0, NULL, &found) == 0 ? (int)found.gl_pathc : 0;
	if (n)
		snprintf(out, size, "%s", found.gl_pathv[0]);
	globfree(&found);
	return n;
}

static void an_older_schema_is_copied_and_then_migrated(void **state)
{
	struct folder *f = *state;
	char copy[200] = "";
	struct errbuf why = {0};
	int version = 0;
	if (schema_migrate(f->store->db, f->db, 2, 4, two_steps, &why) != ERR_OK)
		fail_msg("%s", why.text);
	assert_int_equal(schema_version(f->store->db, &version, NULL), ERR_OK);
	assert_int_equal(version, 4);
	assert_int_equal(store_sql(f->store->db, "SELECT name FROM later"), ERR_OK);

	struct stat st;
	struct store *old = NULL;
	assert_int_equal(find_copy(f->path, copy, sizeof copy), 1);
	assert_int_equal(stat(copy, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(store_open(copy, STORE_OPEN, &old, NULL), ERR_OK); /* still the newest version, and whole */
	store_close(old);
}

static void a_migration_that_fails_changes_nothing(void **state)
{
	static const struct migration broken[] = {
		{2, "CREATE TABLE later (id TEXT PRIMARY KEY) STRICT"},
		{3, "ALTER TABLE nowhere ADD COLUMN name TEXT"},
		{0, NULL},
	};
	struct folder *f = *state;
	int version = 0;
	assert_int_not_equal(schema_migrate(f->store->db, f->db, 2, 4, broken, NULL), ERR_OK);
	assert_int_equal(schema_version(f->store->db, &version, NULL), ERR_OK);
	assert_int_equal(version, schema_newest);
	assert_int_not_equal(store_sql(f->store->db, "SELECT 1 FROM later"), ERR_OK);
}

static void a_version_without_a_way_is_refused(void **state)
{
	struct folder *f = *state;
	struct errbuf why = {0};
	assert_int_equal(schema_migrate(f->store->db, f->db, 2, 5, two_steps, &why), ERR_REFUSED);
	assert_non_null(strstr(why.text, "version 4"));
	assert_int_not_equal(store_sql(f->store->db, "SELECT 1 FROM later"), ERR_OK);
}

static void a_copy_that_lost_write_ahead_logging_gets_it_back(void **state)
{
	struct folder *f = *state;
	char path[160], sql[256], wal[170];
	struct store *s = NULL;
	snprintf(path, sizeof path, "%s/copy.db", f->path);
	snprintf(sql, sizeof sql, "VACUUM INTO '%s'", path);
	folder_sql(f->db, sql);
	assert_int_equal(store_open(path, STORE_OPEN, &s, NULL), ERR_OK);
	snprintf(wal, sizeof wal, "%s-wal", path);
	assert_int_equal(access(wal, F_OK), 0);
	store_close(s);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, folder_open, folder_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_new_database_is_private_and_has_the_version),
		TEST(every_statement_prepares_and_counts_its_placeholders),
		TEST(a_database_that_lacks_a_column_names_the_statement),
		TEST(a_statement_that_would_bind_wrongly_is_named),
		TEST(creating_over_a_database_is_refused),
		TEST(a_missing_database_is_not_made),
		TEST(what_is_no_database_of_ours_is_refused),
		TEST(bytes_that_are_no_database_are_refused),
		TEST(a_newer_schema_is_refused_and_every_byte_stays),
		TEST(a_newer_schema_that_only_the_log_holds_is_refused_too),
		TEST(an_older_schema_is_copied_and_then_migrated),
		TEST(a_migration_that_fails_changes_nothing),
		TEST(a_version_without_a_way_is_refused),
		TEST(a_copy_that_lost_write_ahead_logging_gets_it_back),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

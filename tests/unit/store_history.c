/* Whatever version a database began as, it ends as one that is created now: nothing that statements or their speed rest on is
 * missing in it. The history is written down here a second time, as it was, and never changed: who edits a step or the
 * schema forgets the databases that are past that step. A new step of store_schema.c is added at the end. */
#include "base/embed.h"
#include "issuer/store/store_internal.h"
#include "tests/support/store_folder.h"

#include <ctype.h>
#include <string.h>

EMBED_TEXT(version_1_sql, "tests/unit/store_version_1.sql");
EMBED_TEXT(version_13_sql, "tests/unit/store_version_13.sql"); /* what it had that version 12 had not */

/* What each version had that the one before had not. There are no rows. */
static const char *const history[] = {
	[1] = "ALTER TABLE certificate ADD COLUMN key_hash BLOB; ALTER TABLE certificate ADD COLUMN request_hash BLOB;"
	      "CREATE INDEX certificate_key ON certificate (key_hash)",
	[2] = "DROP INDEX certificate_revoked;"
	      "CREATE INDEX certificate_revoked ON certificate (issuer, serial, status, revoked_at, created_at, reason,"
	      " compromised_at, not_after) WHERE status <> 'valid'",
	[3] = "DROP INDEX certificate_serial; CREATE UNIQUE INDEX certificate_serial ON certificate (serial);"
	      "DROP INDEX certificate_expiry; CREATE INDEX certificate_expiry ON certificate (issuer, not_after)",
	[4] = "ALTER TABLE message ADD COLUMN delivered_at INTEGER; ALTER TABLE message ADD COLUMN failed_at INTEGER;"
	      "ALTER TABLE message ADD COLUMN receipt TEXT;"
	      "CREATE TABLE attempt (message_id TEXT NOT NULL REFERENCES message(id), number INTEGER NOT NULL,"
	      " channel TEXT NOT NULL, contact_id TEXT, at INTEGER NOT NULL, outcome TEXT, fault TEXT, reference TEXT,"
	      " PRIMARY KEY (message_id, number)) STRICT; CREATE INDEX attempt_day ON attempt (channel, at, contact_id, outcome);"
	      "CREATE INDEX message_dead ON message (created_at) WHERE kind = 'dead';"
	      "CREATE INDEX message_lost ON message (created_at, id) WHERE state = 'dead' OR failed_at IS NOT NULL",
	[5] = "ALTER TABLE contact ADD COLUMN language TEXT NOT NULL DEFAULT ''",
	[6] = "CREATE INDEX orders_link ON orders (link_hash, link_until, state, claimed_at, id)"
	      " WHERE state IN ('offered', 'locked', 'collecting');"
	      "CREATE INDEX orders_claim ON orders (claim_hash) WHERE claim_hash IS NOT NULL",
	[7] = "ALTER TABLE staff ADD COLUMN email TEXT; ALTER TABLE contact ADD COLUMN moved_at INTEGER",
	[8] = "ALTER TABLE orders ADD COLUMN served INTEGER NOT NULL DEFAULT 0",
	[9] = "ALTER TABLE orders ADD COLUMN replaces TEXT REFERENCES orders(id);"
	      "CREATE UNIQUE INDEX orders_replaces ON orders (replaces) WHERE replaces IS NOT NULL",
	[10] = "CREATE TABLE moved (contact_id TEXT NOT NULL REFERENCES contact(id), email TEXT, mobile TEXT, at INTEGER NOT NULL) STRICT;"
	       "CREATE INDEX moved_contact ON moved (contact_id, at); CREATE INDEX moved_email ON moved (email, at);"
	       "CREATE INDEX moved_mobile ON moved (mobile, at)",
	[11] = "CREATE INDEX message_kind_due ON message (kind, due_at) WHERE state IN ('waiting', 'leased');"
	       "CREATE INDEX contact_email ON contact (email)",
	[12] = version_13_sql,
};
enum { VERSIONS = sizeof history / sizeof *history };

/* Some of versions 7 to 11 had it already. */
static const char had_early[] = "CREATE INDEX message_kind_due ON message (kind, due_at) WHERE state IN ('waiting', 'leased')";

/* Without blanks and comments: an ALTER joins its columns to the text as it likes. */
static void plain(char *sql)
{
	char *to = sql;
	for (const char *from = sql; *from; from++) {
		if (from[0] == '-' && from[1] == '-')
			from += strcspn(from, "\n");
		if (!*from)
			break;
		if (!isspace((unsigned char)*from))
			*to++ = *from;
	}
	*to = '\0';
}

/* Everything that the database consists of. */
static void describe(const char *path, struct buf *out)
{
	sqlite3 *db = NULL;
	sqlite3_stmt *q = NULL;
	buf_clear(out);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db, "SELECT type, name, tbl_name, COALESCE(sql, '') FROM sqlite_schema ORDER BY type, name", -1,
					    &q, NULL), SQLITE_OK);
	while (sqlite3_step(q) == SQLITE_ROW) {
		char sql[2048];
		assert_true(snprintf(sql, sizeof sql, "%s", (const char *)sqlite3_column_text(q, 3)) < (int)sizeof sql);
		plain(sql);
		buf_format(out, "%s %s of %s: %s\n", (const char *)sqlite3_column_text(q, 0), (const char *)sqlite3_column_text(q, 1),
			   (const char *)sqlite3_column_text(q, 2), sql);
	}
	sqlite3_finalize(q);
	sqlite3_close(db);
	assert_non_null(buf_string(out));
}

static void create(const char *path, int version, const char *more)
{
	char note[96];
	folder_sql(path, version_1_sql);
	for (int i = 1; i < version; i++)
		folder_sql(path, history[i]);
	folder_sql(path, more);
	snprintf(note, sizeof note, "INSERT INTO meta VALUES ('schema_version', '%d')", version);
	folder_sql(path, note);
}

static void ends_as_a_new_one(const struct folder *f, int version, const char *more)
{
	struct buf created = BUF_INIT(65536), migrated = BUF_INIT(65536);
	struct store *s = NULL;
	struct errbuf why = {""};
	char path[128];
	snprintf(path, sizeof path, "%s/version-%d-%zu.db", f->path, version, strlen(more));
	create(path, version, more);
	if (store_open(path, STORE_OPEN, &s, &why) != ERR_OK)
		fail_msg("version %d: %s", version, why.text);
	store_close(s);
	describe(f->db, &created);
	describe(path, &migrated);
	assert_string_equal(buf_string(&migrated), buf_string(&created));
	buf_free(&created);
	buf_free(&migrated);
}

static void every_version_ends_as_a_new_one(void **state)
{
	assert_int_equal(VERSIONS, schema_newest);
	for (int version = 1; version < schema_newest; version++)
		ends_as_a_new_one(*state, version, "");
}

static void an_index_that_some_had_early_is_in_nobodys_way(void **state)
{
	for (int version = 7; version <= 11; version++)
		ends_as_a_new_one(*state, version, had_early);
}

/* How often the plan of a statement says so. The statement takes an address, and NULL for what more it takes. */
static int plan_says(struct store *s, enum statement statement, size_t takes, const char *what)
{
	const struct value values[] = {value_text("ann@acme.example"), value_null()};
	int rows = 0, times = 0;
	char sql[1024];
	sqlite3_stmt *q = NULL;
	assert_int_equal(store_each(s, statement, values, takes, folder_count_row, &rows), ERR_OK);
	assert_true(snprintf(sql, sizeof sql, "EXPLAIN QUERY PLAN %s", sqlite3_sql(s->prepared[statement])) < (int)sizeof sql);
	assert_int_equal(sqlite3_prepare_v2(s->db, sql, -1, &q, NULL), SQLITE_OK);
	while (sqlite3_step(q) == SQLITE_ROW)
		times += strstr((const char *)sqlite3_column_text(q, 3), what) != NULL;
	sqlite3_finalize(q);
	return times;
}

static void a_contact_is_found_by_its_address_without_reading_all(void **state)
{
	static const enum statement statements[] = {STATEMENT_CONTACT_SHOW, STATEMENT_CONTACT_NAMED};
	const struct folder *f = *state;
	for (size_t i = 0; i < sizeof statements / sizeof *statements; i++) {
		assert_int_equal(plan_says(f->store, statements[i], 2, "USING INDEX contact_email (email=?)"), 1);
		assert_int_equal(plan_says(f->store, statements[i], 2, "SCAN"), 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(every_version_ends_as_a_new_one, folder_open, folder_close),
		cmocka_unit_test_setup_teardown(an_index_that_some_had_early_is_in_nobodys_way, folder_open, folder_close),
		cmocka_unit_test_setup_teardown(a_contact_is_found_by_its_address_without_reading_all, folder_open, folder_close),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

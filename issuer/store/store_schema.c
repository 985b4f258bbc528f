#include "base/clock.h"
#include "base/embed.h"
#include "base/fold.h"
#include "base/json_text.h"
#include "ca/certificate.h"
#include "issuer/store/store_internal.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

EMBED_TEXT(store_schema_sql, "issuer/store/schema.sql");
EMBED_TEXT(store_step_12_sql, "issuer/store/schema_step_12.sql");

const int schema_newest = 13;
const struct migration schema_steps[] = {
	{1, "ALTER TABLE certificate ADD COLUMN key_hash BLOB; ALTER TABLE certificate ADD COLUMN request_hash BLOB;"
	    "UPDATE certificate SET key_hash = certificate_key_hash(der);"
	    "CREATE INDEX certificate_key ON certificate (key_hash)"},
	{2, "DROP INDEX certificate_revoked;"
	    "CREATE INDEX certificate_revoked ON certificate (issuer, serial, status, revoked_at, created_at, reason,"
	    " compromised_at, not_after) WHERE status <> 'valid'"},
	{3, "DROP INDEX certificate_serial; CREATE UNIQUE INDEX certificate_serial ON certificate (serial);"
	    "DROP INDEX certificate_expiry; CREATE INDEX certificate_expiry ON certificate (issuer, not_after)"},
	{4, "ALTER TABLE message ADD COLUMN delivered_at INTEGER; ALTER TABLE message ADD COLUMN failed_at INTEGER;"
	    "ALTER TABLE message ADD COLUMN receipt TEXT;"
	    "CREATE TABLE attempt (message_id TEXT NOT NULL REFERENCES message(id), number INTEGER NOT NULL,"
	    " channel TEXT NOT NULL, contact_id TEXT, at INTEGER NOT NULL, outcome TEXT, fault TEXT, reference TEXT,"
	    " PRIMARY KEY (message_id, number)) STRICT; CREATE INDEX attempt_day ON attempt (channel, at, contact_id, outcome);"
	    "CREATE INDEX message_dead ON message (created_at) WHERE kind = 'dead';"
	    "CREATE INDEX message_lost ON message (created_at, id) WHERE state = 'dead' OR failed_at IS NOT NULL"},
	{5, "ALTER TABLE contact ADD COLUMN language TEXT NOT NULL DEFAULT ''"},
	{6, "CREATE INDEX orders_link ON orders (link_hash, link_until, state, claimed_at, id)"
	    " WHERE state IN ('offered', 'locked', 'collecting');"
	    "CREATE INDEX orders_claim ON orders (claim_hash) WHERE claim_hash IS NOT NULL"},
	{7, "ALTER TABLE staff ADD COLUMN email TEXT; ALTER TABLE contact ADD COLUMN moved_at INTEGER"},
	/* which of the two it was nobody noted: either */
	{8, "ALTER TABLE orders ADD COLUMN served INTEGER NOT NULL DEFAULT 0;"
	    "UPDATE orders SET served = 3 WHERE served_at IS NOT NULL"},
	{9, "ALTER TABLE orders ADD COLUMN replaces TEXT REFERENCES orders(id);"
	    "CREATE UNIQUE INDEX orders_replaces ON orders (replaces) WHERE replaces IS NOT NULL"},
	{10, "CREATE TABLE moved (contact_id TEXT NOT NULL REFERENCES contact(id), email TEXT, mobile TEXT, at INTEGER NOT NULL) STRICT;"
	     "CREATE INDEX moved_contact ON moved (contact_id, at); CREATE INDEX moved_email ON moved (email, at);"
	     "CREATE INDEX moved_mobile ON moved (mobile, at)"},
	/* step 4 made the first index too for a time: some have it, and some not */
	{11, "CREATE INDEX IF NOT EXISTS message_kind_due ON message (kind, due_at) WHERE state IN ('waiting', 'leased');"
	     "CREATE INDEX contact_email ON contact (email)"},
	{12, store_step_12_sql},
	{0, NULL},
};

static const char version_sql[] = "SELECT value FROM meta WHERE name = 'schema_version'";
static const char tables_sql[] = "SELECT COUNT(*) FROM sqlite_schema";

/* One integer from one row. ERR_NOT_FOUND when there is no row. */
static enum err ask(sqlite3 *db, const char *sql, int *out)
{
	sqlite3_stmt *statement = NULL;
	enum err e = sqlite3_prepare_v2(db, sql, -1, &statement, NULL) == SQLITE_OK ? ERR_OK : store_error(db);
	if (e)
		return e;
	int rc = sqlite3_step(statement);
	if (rc == SQLITE_ROW)
		*out = sqlite3_column_int(statement, 0);
	else
		e = rc == SQLITE_DONE ? ERR_NOT_FOUND : store_error(db);
	sqlite3_finalize(statement);
	return e;
}

enum err schema_version(sqlite3 *db, int *version, struct errbuf *why)
{
	int tables = 0;
	enum err e = ask(db, tables_sql, &tables);
	if (e)
		return store_fail(why, db, "read the database");
	*version = 0;
	if (tables == 0)
		return ERR_OK;
	e = ask(db, version_sql, version);
	if (e || *version < 1)
		return fail(why, ERR_CORRUPT, "this is not a database of Counterfoil: it has no schema version");
	return ERR_OK;
}

/* The version is written last and with the rest: a cut leaves an empty database. */
enum err schema_create(sqlite3 *db, struct errbuf *why)
{
	char version[128];
	snprintf(version, sizeof version, "INSERT INTO meta (name, value) VALUES ('schema_version', '%d')", schema_newest);
	enum err e = store_sql(db, "BEGIN IMMEDIATE");
	if (!e)
		e = store_sql(db, store_schema_sql);
	if (!e)
		e = store_sql(db, version);
	if (!e)
		e = store_sql(db, "COMMIT");
	return e ? store_fail(why, db, "create the schema") : ERR_OK;
}

/* "DATABASE.v1-2026-11-22T02:13:38Z" */
static enum err copy_aside(sqlite3 *db, const char *path, int version, struct errbuf *why)
{
	char copy[PATH_MAX], now[CLOCK_TEXT_SIZE];
	clock_text(clock_now(), now);
	int n = snprintf(copy, sizeof copy, "%s.v%d-%s", path, version, now);
	if (n < 0 || n >= (int)sizeof copy)
		return fail(why, ERR_TOO_LARGE, "path too long: %.80s...", path);
	return copy_database(db, copy, why);
}

static const struct migration *step_from(const struct migration *steps, int version)
{
	for (; steps->sql; steps++)
		if (steps->from == version)
			return steps;
	return NULL;
}

static void key_hash_sql(sqlite3_context *c, int n, sqlite3_value **values)
{
	struct certificate_facts facts;
	const void *der = sqlite3_value_blob(values[0]);
	(void)n;
	if (der && certificate_read(der, (size_t)sqlite3_value_bytes(values[0]), &facts, NULL) == ERR_OK)
		sqlite3_result_blob(c, facts.key_hash, sizeof facts.key_hash, SQLITE_TRANSIENT);
}

static void folded_words_sql(sqlite3_context *c, int n, sqlite3_value **values)
{
	json_t *words = json_array();
	enum err e = words ? ERR_OK : ERR_MEMORY;
	for (int i = 0; !e && i < n; i++) {
		const char *text = (const char *)sqlite3_value_text(values[i]);
		e = text ? fold_words(text, words) : ERR_OK;
	}
	char *text = e == ERR_MEMORY ? NULL : json_text(words, JSON_COMPACT);
	if (text)
		sqlite3_result_text(c, text, -1, free);
	else
		sqlite3_result_error_nomem(c);
	json_decref(words);
}

static enum err run_steps(sqlite3 *db, int version, int wanted, const struct migration *steps, struct errbuf *why)
{
	char sql[128];
	int flags = SQLITE_UTF8 | SQLITE_DIRECTONLY;
	enum err e = ERR_OK;
	if (sqlite3_create_function(db, "certificate_key_hash", 1, flags, NULL, key_hash_sql, NULL, NULL) != SQLITE_OK ||
	    sqlite3_create_function(db, "folded_words", -1, flags, NULL, folded_words_sql, NULL, NULL) != SQLITE_OK)
		e = store_error(db);
	for (; !e && version < wanted; version++) {
		const struct migration *step = step_from(steps, version);
		if (!step)
			return fail(why, ERR_REFUSED, "schema version %d is too old: no way leads from it", version);
		e = store_sql(db, step->sql);
	}
	int strays = 0;
	if (!e)
		e = ask(db, "SELECT COUNT(*) FROM pragma_foreign_key_check", &strays);
	if (!e && strays)
		return fail(why, ERR_CORRUPT, "%d rows of this database name others that it has not: it is damaged, and stays as it was", strays);
	snprintf(sql, sizeof sql, "UPDATE meta SET value = '%d' WHERE name = 'schema_version'; COMMIT", wanted);
	if (!e)
		e = store_sql(db, sql);
	return e ? store_fail(why, db, "migrate the schema") : ERR_OK;
}

/* Tables that are made anew keep their name, and what names them: that is what the pragmas are for. */
enum err schema_migrate(sqlite3 *db, const char *path, int version, int wanted, const struct migration *steps,
			struct errbuf *why)
{
	enum err e = copy_aside(db, path, version, why);
	if (e)
		return e;
	e = store_sql(db, "PRAGMA foreign_keys = OFF; PRAGMA legacy_alter_table = ON; BEGIN IMMEDIATE");
	if (e)
		return store_fail(why, db, "begin the migration");
	e = run_steps(db, version, wanted, steps, why);
	if (e && !sqlite3_get_autocommit(db))
		(void)!store_sql(db, "ROLLBACK");
	if (store_sql(db, "PRAGMA legacy_alter_table = OFF; PRAGMA foreign_keys = ON") != ERR_OK && !e)
		e = store_fail(why, db, "end the migration");
	return e;
}

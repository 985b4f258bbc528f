#include "issuer/store/store_internal.h"

#include <stdio.h>
#include <string.h>

static const struct {
	const char *name;
	const char *sql;
} statements[STATEMENT_COUNT] = {
#define STATEMENT(word, text) [STATEMENT_##word] = {.name = #word, .sql = (text)},
#include "issuer/store/statements.def"
#undef STATEMENT
};

/* SQLite numbers "$2" by first appearance, whatever its name says: a text that uses them in another order would bind
 * wrongly in silence. */
static enum err check_placeholders(sqlite3_stmt *statement, const char *name, struct errbuf *why)
{
	int n = sqlite3_bind_parameter_count(statement);
	for (int i = 1; i <= n; i++) {
		char wanted[16];
		const char *had = sqlite3_bind_parameter_name(statement, i);
		snprintf(wanted, sizeof wanted, "$%d", i);
		if (!had || strcmp(had, wanted) != 0)
			return fail(why, ERR_INTERNAL, "statement %s: placeholder %d is %s", name, i, had ? had : "?");
	}
	return ERR_OK;
}

enum err statement_prepare(sqlite3 *db, const char *name, const char *sql, sqlite3_stmt **out, struct errbuf *why)
{
	const char *rest = NULL;
	if (sqlite3_prepare_v3(db, sql, -1, SQLITE_PREPARE_PERSISTENT, out, &rest) != SQLITE_OK)
		return fail(why, store_error(db), "statement %s: %s", name, sqlite3_errmsg(db));
	if (!*out || *rest)
		return fail(why, ERR_INTERNAL, "statement %s is not one statement", name);
	return check_placeholders(*out, name, why);
}

/* A connection that cannot write has no use for a write, and one for statuses has one statement. */
static bool has(const struct store *s, enum statement id, sqlite3_stmt *statement)
{
	bool reader = sqlite3_db_readonly(s->db, "main") == 1;
	return (!s->statuses_only || id == STATEMENT_CERTIFICATE_OCSP) &&
	       (!reader || sqlite3_stmt_readonly(statement));
}

/* When it is first used: a process of many connections uses few of all the statements on each, and starts the sooner. */
static enum err prepare(struct store *s, enum statement id, struct errbuf *why)
{
	if (s->prepared[id])
		return ERR_OK;
	enum err e = statement_prepare(s->db, statements[id].name, statements[id].sql, &s->prepared[id], why);
	if (!e && !has(s, id, s->prepared[id]))
		e = ERR_INTERNAL;
	if (e) {
		sqlite3_finalize(s->prepared[id]);
		s->prepared[id] = NULL;
	}
	return e;
}

enum err store_statement(struct store *s, enum statement id, sqlite3_stmt **out)
{
	enum err e = prepare(s, id, NULL);
	*out = s->prepared[id];
	return e;
}

enum err store_prepare_verbs(struct store *s, struct errbuf *why)
{
	static const char *const verbs[VERB_COUNT] = {
		[VERB_BEGIN] = "BEGIN IMMEDIATE",     [VERB_COMMIT] = "COMMIT",        [VERB_ROLLBACK] = "ROLLBACK",
		[VERB_SAVEPOINT] = "SAVEPOINT part", [VERB_RELEASE] = "RELEASE part", [VERB_ROLLBACK_TO] = "ROLLBACK TO part",
	};
	enum err e = ERR_OK;
	for (int v = 0; !e && v < VERB_COUNT; v++)
		e = statement_prepare(s->db, verbs[v], verbs[v], &s->verbs[v], why);
	return e;
}

enum err store_prepare_all(struct store *s, struct errbuf *why)
{
	enum err e = ERR_OK;
	for (int id = 0; !e && id < STATEMENT_COUNT; id++)
		e = prepare(s, (enum statement)id, why);
	return e;
}

enum err store_fits(struct store *s, struct errbuf *why)
{
	struct errbuf reason = {""};
	enum err e = ERR_OK;
	for (int id = 0; !e && id < STATEMENT_COUNT; id++) {
		sqlite3_stmt *statement = NULL;
		e = statement_prepare(s->db, statements[id].name, statements[id].sql, &statement, &reason);
		sqlite3_finalize(statement);
	}
	if (e == ERR_INTERNAL) /* not for want of memory, nor of a disk */
		return fail(why, ERR_CORRUPT, "the database does not fit this version of the program: %s", err_why(e, &reason));
	return e ? fail(why, e, "%s", err_why(e, &reason)) : ERR_OK;
}

void store_finalize_all(struct store *s)
{
	for (int v = 0; v < VERB_COUNT; v++)
		sqlite3_finalize(s->verbs[v]);
	for (int id = 0; id < STATEMENT_COUNT; id++)
		sqlite3_finalize(s->prepared[id]);
}

struct value value_null(void)
{
	return (struct value){.type = VALUE_NULL};
}

struct value value_integer(int64_t i)
{
	return (struct value){.type = VALUE_INTEGER, .integer = i};
}

struct value value_text(const char *text)
{
	if (!text)
		return value_null();
	return (struct value){.type = VALUE_TEXT, .bytes = text, .len = strlen(text)};
}

struct value value_blob(const void *bytes, size_t len)
{
	return (struct value){.type = VALUE_BLOB, .bytes = len ? bytes : "", .len = len};
}

/* The bytes are borrowed: finish() unbinds them before the caller gets them back. */
static int bind_one(sqlite3_stmt *statement, int at, const struct value *v)
{
	switch (v->type) {
	case VALUE_INTEGER:
		return sqlite3_bind_int64(statement, at, v->integer);
	case VALUE_TEXT:
		return sqlite3_bind_text64(statement, at, v->bytes, v->len, SQLITE_STATIC, SQLITE_UTF8);
	case VALUE_BLOB:
		return sqlite3_bind_blob64(statement, at, v->bytes, v->len, SQLITE_STATIC);
	case VALUE_NULL:
		break;
	}
	return sqlite3_bind_null(statement, at);
}

static void finish(sqlite3_stmt *statement)
{
	sqlite3_reset(statement);
	sqlite3_clear_bindings(statement);
}

/* A write outside a transaction would pass by the lock. */
static enum err start(struct store *s, enum statement id, const struct value *values, size_t n)
{
	enum err e = prepare(s, id, NULL);
	sqlite3_stmt *statement = s->prepared[id];
	if (e)
		return e;
	if (sqlite3_stmt_busy(statement) || (int)n != sqlite3_bind_parameter_count(statement))
		return ERR_INTERNAL;
	if (!sqlite3_stmt_readonly(statement) && (!s->locked || sqlite3_get_autocommit(s->db)))
		return ERR_INTERNAL;
	for (size_t i = 0; i < n; i++)
		if (bind_one(statement, (int)i + 1, &values[i]) != SQLITE_OK) {
			e = store_error(s->db); /* before anything else can change it */
			finish(statement);
			return e;
		}
	return ERR_OK;
}

enum err store_exec(struct store *s, enum statement id, const struct value *values, size_t n, int64_t *affected)
{
	enum err e = start(s, id, values, n);
	if (e)
		return e;
	int rc = sqlite3_step(s->prepared[id]);
	if (rc == SQLITE_ROW)
		e = ERR_INTERNAL;
	else if (rc != SQLITE_DONE)
		e = store_error(s->db);
	else if (affected)
		*affected = sqlite3_stmt_readonly(s->prepared[id]) ? 0 : sqlite3_changes64(s->db);
	finish(s->prepared[id]);
	return e;
}

enum err store_exec_one(struct store *s, enum statement id, const struct value *values, size_t n)
{
	int64_t affected = 0;
	enum err e = store_exec(s, id, values, n, &affected);
	return e ? e : affected == 1 ? ERR_OK : ERR_CONFLICT;
}

static enum err walk(struct store *s, enum statement id, enum err (*each)(void *ctx, const struct row *r), void *ctx,
		     size_t most, size_t *rows)
{
	bool failed = false;
	const struct row row = {.statement = s->prepared[id], .failed = &failed};
	for (*rows = 0; *rows < most; ++*rows) {
		int rc = sqlite3_step(row.statement);
		if (rc == SQLITE_DONE)
			return ERR_OK;
		if (rc != SQLITE_ROW)
			return store_error(s->db);
		enum err e = each(ctx, &row);
		if (e || failed)
			return failed ? ERR_MEMORY : e;
	}
	return ERR_OK;
}

static enum err read_rows(struct store *s, enum statement id, const struct value *values, size_t n, size_t most,
			  enum err (*each)(void *ctx, const struct row *r), void *ctx, size_t *rows)
{
	enum err e = start(s, id, values, n);
	if (e)
		return e;
	s->reading++;
	e = walk(s, id, each, ctx, most, rows);
	s->reading--;
	finish(s->prepared[id]);
	return e;
}

enum err store_each(struct store *s, enum statement id, const struct value *values, size_t n,
		    enum err (*each)(void *ctx, const struct row *r), void *ctx)
{
	size_t rows = 0;
	return read_rows(s, id, values, n, SIZE_MAX, each, ctx, &rows);
}

enum err store_one(struct store *s, enum statement id, const struct value *values, size_t n,
		   enum err (*each)(void *ctx, const struct row *r), void *ctx)
{
	size_t rows = 0;
	enum err e = read_rows(s, id, values, n, 1, each, ctx, &rows);
	return e ? e : rows == 1 ? ERR_OK : ERR_NOT_FOUND;
}

static enum err take_integer(void *ctx, const struct row *r)
{
	*(int64_t *)ctx = row_integer(r, 0);
	return ERR_OK;
}

enum err store_integer(struct store *s, enum statement id, const struct value *values, size_t n, int64_t *out)
{
	return store_one(s, id, values, n, take_integer, out);
}

int64_t row_integer(const struct row *r, int column)
{
	return sqlite3_column_int64(r->statement, column);
}

const char *row_text(const struct row *r, int column)
{
	bool null = row_is_null(r, column); /* asked first: a failure makes it NULL */
	const char *text = (const char *)sqlite3_column_text(r->statement, column);
	if (text || null)
		return text;
	*r->failed = true;
	return "";
}

const uint8_t *row_blob(const struct row *r, int column, size_t *len)
{
	*len = (size_t)sqlite3_column_bytes(r->statement, column);
	const uint8_t *bytes = sqlite3_column_blob(r->statement, column);
	if (!bytes && *len > 0) {
		*r->failed = true;
		*len = 0;
	}
	return bytes;
}

bool row_is_null(const struct row *r, int column)
{
	return sqlite3_column_type(r->statement, column) == SQLITE_NULL;
}

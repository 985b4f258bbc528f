/* store: the database behind one statement table (statements.def); the only place that knows SQLite.
 *
 * SQL text is written once, with placeholders $1..$n in order of first appearance. Guards stand in the WHERE of one
 * UPDATE whose affected rows the caller checks; nothing is read and then written. A constraint violation is the
 * value ERR_EXISTS (unique) or ERR_CONFLICT (any other). A store belongs to one thread at a time.
 *
 * Opening creates the schema in an empty database when asked; an older version is copied aside and migrated, a
 * newer one refused with the file untouched. WAL, synchronous=FULL, secure_delete, foreign keys. Write transactions
 * take flock(LOCK_EX) on "DATABASE.lock", then BEGIN IMMEDIATE: three processes share the file fairly. */
#ifndef ISSUER_STORE_H
#define ISSUER_STORE_H

#include "base/buf.h"
#include "issuer/store/statements.h" /* enum statement, from statements.def */

#include <jansson.h>
#include <stdbool.h>

struct store;

/* STORE_READ_STATUS: read-only, and with no statement but CERTIFICATE_OCSP, for the others would take half a megabyte. */
enum store_mode { STORE_OPEN, STORE_CREATE, STORE_READ_ONLY, STORE_READ_STATUS };
/* Opens, checks the version, and (unless read-only) writes once so that no file is opened later (the caller may
 * then forbid open). ERR_NOT_FOUND, ERR_EXISTS (STORE_CREATE on a non-empty one), ERR_REFUSED (newer schema),
 * ERR_CORRUPT. */
enum err store_open(const char *path, enum store_mode mode, struct store **out, struct errbuf *why) MUST_CHECK;
void store_close(struct store *s); /* NULL is fine */
/* Has it the tables and columns of every statement? ERR_CORRUPT names the statement that it does not fit, which would otherwise
 * fail at its first use. Takes some milliseconds, and keeps nothing. */
enum err store_fits(struct store *s, struct errbuf *why) MUST_CHECK;
/* Is its schema of an earlier version? Nothing is changed. */
enum err store_outdated(const char *path, bool *older) MUST_CHECK;

enum err store_begin(struct store *s) MUST_CHECK;  /* ERR_UNAVAILABLE after 5 s of waiting */
enum err store_commit(struct store *s) MUST_CHECK; /* durable when it returns ERR_OK */
void store_rollback(struct store *s);              /* harmless outside a transaction */
/* The smallest transaction that writes: is there room again? */
enum err store_try_write(struct store *s) MUST_CHECK;

/* The last fault of the disk under the database on this thread since its last store_begin or store_fault_clear, for the
 * log: file, SQLite's words, the system's. code is ERR_FULL, ERR_IO or ERR_CORRUPT; ERR_OK: none. */
struct store_fault {
	enum err code;
	struct errbuf why;
};
const struct store_fault *store_fault(void);
void store_fault_clear(void);

/* Nested parts of one transaction (group commit). */
enum err store_savepoint(struct store *s) MUST_CHECK;
enum err store_release(struct store *s) MUST_CHECK;
void store_rollback_to_savepoint(struct store *s);

enum value_type { VALUE_NULL, VALUE_INTEGER, VALUE_TEXT, VALUE_BLOB };
struct value {
	enum value_type type;
	int64_t integer;
	const void *bytes; /* borrowed until the call returns */
	size_t len;
};
struct value value_null(void);
struct value value_integer(int64_t i);
struct value value_text(const char *text); /* NULL pointer: SQL NULL */
struct value value_blob(const void *bytes, size_t len);

/* Run a statement that returns no rows. affected may be NULL. */
enum err store_exec(struct store *s, enum statement id, const struct value *values, size_t n,
		    int64_t *affected) MUST_CHECK;
/* The same, and ERR_CONFLICT unless exactly one row was affected. */
enum err store_exec_one(struct store *s, enum statement id, const struct value *values, size_t n) MUST_CHECK;
/* STORE_VALUES(value_text(id), value_integer(now)) gives the `values, n` pair. */
#define STORE_VALUES(...)                                                                                              \
	(const struct value[]){__VA_ARGS__}, sizeof((const struct value[]){__VA_ARGS__}) / sizeof(struct value)

/* One row of a result, valid only inside the callback. When memory runs out a column is "" or no bytes, never NULL for a
 * text that is there, and the whole read returns ERR_MEMORY whatever the callback said. */
struct row;
int64_t row_integer(const struct row *r, int column);      /* 0 for NULL */
const char *row_text(const struct row *r, int column);     /* NULL for NULL; borrowed until the callback returns */
const uint8_t *row_blob(const struct row *r, int column, size_t *len);
bool row_is_null(const struct row *r, int column);

/* Call `each` for every row; a non-OK return stops and is returned. */
enum err store_each(struct store *s, enum statement id, const struct value *values, size_t n,
		    enum err (*each)(void *ctx, const struct row *r), void *ctx) MUST_CHECK;
/* Exactly one row wanted: ERR_NOT_FOUND when there is none. */
enum err store_one(struct store *s, enum statement id, const struct value *values, size_t n,
		   enum err (*each)(void *ctx, const struct row *r), void *ctx) MUST_CHECK;
/* The first column of it. */
enum err store_integer(struct store *s, enum statement id, const struct value *values, size_t n, int64_t *out) MUST_CHECK;
/* Rows as JSON objects by column name. Names "at", and ending in "_at", "_until", "_before", "_after", "_update" with integers
 * become RFC 3339 text; blobs become hex; names "may_..." and "several" become booleans. *out is a new reference. */
enum err store_json(struct store *s, enum statement id, const struct value *values, size_t n, json_t **out) MUST_CHECK;
enum err store_json_one(struct store *s, enum statement id, const struct value *values, size_t n,
			json_t **out) MUST_CHECK;
/* The first `most` rows as CSV (RFC 4180): a line of the columns' names, then each row; texts are as in JSON, but may_... are
 * yes and no. A text that a spreadsheet would run as a formula has an apostrophe before it. *rows: how many there are, which
 * may be more than were written. ERR_TOO_LARGE beyond the cap of `out`. */
enum err store_csv(struct store *s, enum statement id, const struct value *values, size_t n, struct buf *out, size_t most,
		   size_t *rows) MUST_CHECK;

/* wal_checkpoint(TRUNCATE), after an erasure, so that erased bytes leave the WAL. ERR_UNAVAILABLE while a reader
 * holds it. */
enum err store_truncate_wal(struct store *s) MUST_CHECK;

/* A consistent copy at `path`, which must not exist; a private file from its first byte, durable when it returns ERR_OK. */
enum err store_copy(struct store *s, const char *path, struct errbuf *why) MUST_CHECK;

enum { ID_SIZE = 17 };
/* 16 characters of [a-z2-7], 80 random bits. */
enum err id_new(char out[ID_SIZE]) MUST_CHECK;
bool id_shape(const char *text); /* could be an id */

#endif

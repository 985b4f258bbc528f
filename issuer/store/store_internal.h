/* store_internal: what the files of this room share about a connection. */
#ifndef ISSUER_STORE_INTERNAL_H
#define ISSUER_STORE_INTERNAL_H

#include "issuer/store/store.h"

#include <sqlite3.h>

/* What begins and ends transactions, prepared beforehand: ROLLBACK must work also when memory has run out. */
enum verb { VERB_BEGIN, VERB_COMMIT, VERB_ROLLBACK, VERB_SAVEPOINT, VERB_RELEASE, VERB_ROLLBACK_TO, VERB_COUNT };

struct store {
	sqlite3 *db;
	int lock_fd;      /* "DATABASE.lock"; -1 when read-only */
	bool locked;      /* this connection holds the lock */
	bool spoiled;     /* a part that failed could not be undone: the transaction must not be committed */
	unsigned reading; /* results being walked: no transaction may begin above them */
	sqlite3_stmt *verbs[VERB_COUNT];
	bool statuses_only;
	sqlite3_stmt *prepared[STATEMENT_COUNT]; /* NULL: not used yet */
};

struct row {
	sqlite3_stmt *statement;
	bool *failed; /* a column could not be had for want of memory: the row must not be believed */
};

/* SQLite's result code as one of ours. Asked only after a failure: never ERR_OK. */
enum err store_error(sqlite3 *db);
enum err store_fail(struct errbuf *why, sqlite3 *db, const char *what);
/* SQL that is no statement of the table: pragmas, transactions, the schema. */
enum err store_sql(sqlite3 *db, const char *sql) MUST_CHECK;

enum err store_prepare_verbs(struct store *s, struct errbuf *why) MUST_CHECK;
/* Every statement of the table at once, as init does it; ERR_INTERNAL names the one that does not fit the schema. */
enum err store_prepare_all(struct store *s, struct errbuf *why) MUST_CHECK;
void store_finalize_all(struct store *s);
/* One of the table, prepared; the store keeps it. */
enum err store_statement(struct store *s, enum statement id, sqlite3_stmt **out) MUST_CHECK;
bool column_is_time(const char *name); /* of integers: seconds UTC */
/* One of them. *out is to be finalized whatever is returned. */
enum err statement_prepare(sqlite3 *db, const char *name, const char *sql, sqlite3_stmt **out,
			   struct errbuf *why) MUST_CHECK;

/* The lock between processes: fair (a waiter goes before one that just let go), released by the kernel on death. */
enum { LOCK_PATIENCE_MS = 5000, TRUNCATE_PATIENCE_MS = 100 };
enum err lock_open(const char *database, int *fd, struct errbuf *why) MUST_CHECK;
enum err lock_take(int fd, int64_t patience_ms) MUST_CHECK; /* ERR_UNAVAILABLE when the patience ends */
void lock_drop(int fd);

/* store_copy of this connection. */
enum err copy_database(sqlite3 *db, const char *path, struct errbuf *why) MUST_CHECK;

/* One step of the schema: from version `from` to the next. The list ends with .sql NULL. The SQL may use
 * certificate_key_hash(der), NULL for what is no certificate, and folded_words(text...): what base/fold.h makes of them, as a
 * JSON array. */
struct migration {
	int from;
	const char *sql;
};
/* Bring the schema from `version` to `wanted`, inside the lock: first a copy beside the file, then all steps in one
 * transaction. */
enum err schema_migrate(sqlite3 *db, const char *path, int version, int wanted, const struct migration *steps,
			struct errbuf *why) MUST_CHECK;
enum err schema_create(sqlite3 *db, struct errbuf *why) MUST_CHECK;
/* The version in meta; 0 for a database without tables; ERR_CORRUPT when it is something else. */
enum err schema_version(sqlite3 *db, int *version, struct errbuf *why) MUST_CHECK;
extern const int schema_newest;
extern const struct migration schema_steps[];

#endif

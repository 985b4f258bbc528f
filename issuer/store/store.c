#include "issuer/store/store_internal.h"

#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Temporary structures stay in memory: a confined process opens no file, and nothing erased is left in one. */
static const char *const pragmas =
	"PRAGMA foreign_keys = ON;"
	"PRAGMA synchronous = FULL;"
	"PRAGMA secure_delete = ON;"
	"PRAGMA temp_store = MEMORY;"
	"PRAGMA cache_size = -1000;" /* KiB, of each connection: the front has five */
	"PRAGMA journal_size_limit = 16777216;"
	"PRAGMA cell_size_check = ON;";

/* Said where the failure is: nobody further up knows the file, and what undoes the rest asks SQLite other things. */
static _Thread_local struct store_fault fault;

const struct store_fault *store_fault(void)
{
	return &fault;
}

void store_fault_clear(void)
{
	fault = (struct store_fault){.code = ERR_OK};
}

/* SQLite has one sentence for all of these. */
static const char *call_that_failed(int extended)
{
	static const struct {
		int extended;
		const char *call;
	} calls[] = {
		{SQLITE_IOERR_FSYNC, " (fsync)"},       {SQLITE_IOERR_DIR_FSYNC, " (fsync of the folder)"},
		{SQLITE_IOERR_WRITE, " (write)"},       {SQLITE_IOERR_READ, " (read)"},
		{SQLITE_IOERR_TRUNCATE, " (truncate)"}, {SQLITE_IOERR_SHMSIZE, " (the log's index)"},
	};
	for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
		if (calls[i].extended == extended)
			return calls[i].call;
	return "";
}

static enum err note_fault(sqlite3 *db, enum err e)
{
	const char *file = sqlite3_db_filename(db, "main");
	int extended = sqlite3_extended_errcode(db);
	bool of_system = (extended & 0xff) == SQLITE_IOERR || (extended & 0xff) == SQLITE_CANTOPEN;
	int number = of_system ? sqlite3_system_errno(db) : 0;
	fault.code = number && file_error(number) == ERR_FULL ? ERR_FULL : e;
	fail(&fault.why, fault.code, "%s: %s%s%s%s", file ? file : "", sqlite3_errmsg(db), call_that_failed(extended),
	     number ? ": " : "", number ? strerror(number) : "");
	return fault.code;
}

enum err store_error(sqlite3 *db)
{
	int extended = sqlite3_extended_errcode(db);
	if (extended == SQLITE_CONSTRAINT_UNIQUE || extended == SQLITE_CONSTRAINT_PRIMARYKEY ||
	    extended == SQLITE_CONSTRAINT_ROWID)
		return ERR_EXISTS;
	switch (extended & 0xff) {
	case SQLITE_CONSTRAINT:
		return ERR_CONFLICT;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return ERR_UNAVAILABLE;
	case SQLITE_NOMEM:
		return ERR_MEMORY;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return note_fault(db, ERR_CORRUPT);
	case SQLITE_TOOBIG:
		return ERR_TOO_LARGE;
	case SQLITE_FULL:
		return note_fault(db, ERR_FULL);
	case SQLITE_IOERR:
	case SQLITE_CANTOPEN:
	case SQLITE_READONLY:
		return note_fault(db, ERR_IO);
	default:
		return ERR_INTERNAL;
	}
}

enum err store_fail(struct errbuf *why, sqlite3 *db, const char *what)
{
	enum err e = store_error(db);
	return fail(why, e ? e : ERR_INTERNAL, "%s: %s", what, sqlite3_errmsg(db));
}

enum err store_sql(sqlite3 *db, const char *sql)
{
	return sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK ? ERR_OK : store_error(db);
}

static enum err connect_database(const char *path, int flags, sqlite3 **db, struct errbuf *why)
{
	uint8_t seed;
	int rc = sqlite3_open_v2(path, db, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, NULL);
	if (rc != SQLITE_OK)
		return *db ? store_fail(why, *db, path) : ERR_MEMORY;
	/* It opens /dev/urandom once a process: now, while that is still permitted. */
	sqlite3_randomness(sizeof seed, &seed);
	sqlite3_busy_timeout(*db, LOCK_PATIENCE_MS);
	sqlite3_db_config(*db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(*db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	sqlite3_db_config(*db, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
	sqlite3_db_config(*db, SQLITE_DBCONFIG_DQS_DDL, 0, NULL);
	return store_sql(*db, pragmas) == ERR_OK ? ERR_OK : store_fail(why, *db, path);
}

/* Read with a connection that cannot write, so that a file which is refused stays as it is. */
static enum err probe(const char *path, int *version, struct errbuf *why)
{
	sqlite3 *db = NULL;
	enum err e = connect_database(path, SQLITE_OPEN_READONLY, &db, why);
	if (!e)
		e = schema_version(db, version, why);
	sqlite3_close(db);
	if (!e && *version > schema_newest)
		e = fail(why, ERR_REFUSED, "%s has schema version %d, this program knows %d: it is too old for it", path,
			 *version, schema_newest);
	if (!e && *version == 0)
		e = fail(why, ERR_CORRUPT, "%s is empty", path);
	return e;
}

enum err store_outdated(const char *path, bool *older)
{
	int version = 0;
	enum err e = probe(path, &version, NULL);
	*older = !e && version < schema_newest;
	return e;
}

/* STORE_CREATE: a file of our own, or an empty one that stands there. An open of a database that this process uses
 * already would, at its close, drop SQLite's locks on it; so one that has bytes is never opened. */
static enum err make_file(const char *path, struct errbuf *why)
{
	struct stat st;
	if (lstat(path, &st) == 0 && (!S_ISREG(st.st_mode) || st.st_size > 0))
		return fail(why, ERR_EXISTS, "%s is there already", path);
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return fail(why, errno == ENOENT ? ERR_NOT_FOUND : ERR_IO, "create %s: %s", path, strerror(errno));
	int bad = fchmod(fd, 0600) != 0;
	close(fd);
	return bad ? fail(why, ERR_IO, "%s cannot be made a private file: %s", path, strerror(errno)) : ERR_OK;
}

/* Kept in the file, but a copy by VACUUM INTO or .backup may have lost it. */
static enum err write_ahead(sqlite3 *db, struct errbuf *why)
{
	return store_sql(db, "PRAGMA journal_mode = WAL") ? store_fail(why, db, "write-ahead logging") : ERR_OK;
}

static enum err create(struct store *s, const char *path, struct errbuf *why)
{
	int version = 0;
	enum err e = make_file(path, why);
	if (!e)
		e = connect_database(path, SQLITE_OPEN_READWRITE, &s->db, why);
	if (!e)
		e = schema_version(s->db, &version, why);
	if (!e && version != 0)
		e = fail(why, ERR_EXISTS, "%s is there already", path);
	if (!e)
		e = write_ahead(s->db, why);
	return e ? e : schema_create(s->db, why);
}

static enum err open_existing(struct store *s, const char *path, struct errbuf *why)
{
	int version = 0;
	enum err e = connect_database(path, SQLITE_OPEN_READWRITE, &s->db, why);
	if (!e)
		e = write_ahead(s->db, why);
	if (!e)
		e = schema_version(s->db, &version, why);
	if (!e && version < schema_newest)
		e = schema_migrate(s->db, path, version, schema_newest, schema_steps, why);
	return e;
}

enum err store_try_write(struct store *s)
{
	enum err e = store_begin(s);
	if (e)
		return e;
	e = store_exec(s, STATEMENT_WRITE_SAME, NULL, 0, NULL);
	if (e)
		store_rollback(s);
	return e ? e : store_commit(s);
}

static enum err open_writable(struct store *s, const char *path, enum store_mode mode, struct errbuf *why)
{
	enum err e = lock_open(path, &s->lock_fd, why);
	if (e)
		return e;
	e = lock_take(s->lock_fd, LOCK_PATIENCE_MS);
	if (e)
		return fail(why, e, "%s is locked by another process", path);
	e = mode == STORE_CREATE ? create(s, path, why) : open_existing(s, path, why);
	lock_drop(s->lock_fd);
	return e;
}

/* The first write opens the last files that SQLite wants to have: the write-ahead log, its index, and the folder that it
 * syncs with them. A full disk is no reason not to open: much is only read, and who writes will be told. */
static enum err write_once(struct store *s, struct errbuf *why)
{
	enum err e = store_try_write(s);
	if (!e || e == ERR_FULL)
		return ERR_OK;
	return fail(why, e, "first write: %s", err_why(e, &store_fault()->why));
}

enum err store_open(const char *path, enum store_mode mode, struct store **out, struct errbuf *why)
{
	int version = 0;
	struct store *s = calloc(1, sizeof *s);
	if (!s)
		return ERR_MEMORY;
	s->lock_fd = -1;
	bool read_only = mode == STORE_READ_ONLY || mode == STORE_READ_STATUS;
	enum err e = ERR_OK;
	if (mode != STORE_CREATE && access(path, F_OK) != 0)
		e = fail(why, ERR_NOT_FOUND, "%s is not there", path);
	if (!e && mode != STORE_CREATE)
		e = probe(path, &version, why);
	if (!e && read_only)
		e = version == schema_newest ? connect_database(path, SQLITE_OPEN_READONLY, &s->db, why)
					     : fail(why, ERR_UNAVAILABLE, "%s waits for its migration", path);
	else if (!e)
		e = open_writable(s, path, mode, why);
	s->statuses_only = mode == STORE_READ_STATUS;
	if (!e && !read_only)
		e = store_prepare_verbs(s, why);
	if (!e && mode == STORE_CREATE)
		e = store_prepare_all(s, why);
	if (!e && !read_only)
		e = write_once(s, why);
	if (e) {
		store_close(s);
		return e;
	}
	*out = s;
	return ERR_OK;
}

void store_close(struct store *s)
{
	if (!s)
		return;
	store_rollback(s);
	store_finalize_all(s);
	sqlite3_close(s->db);
	if (s->lock_fd >= 0)
		close(s->lock_fd);
	free(s);
}

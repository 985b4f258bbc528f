#include "issuer/store/store_internal.h"

/* SQLite ends a transaction by itself after some faults (disk full, I/O): ask it, never remember. */
static bool in_transaction(const struct store *s)
{
	return s->locked && !sqlite3_get_autocommit(s->db);
}

static enum err say(struct store *s, enum verb v)
{
	enum err e = sqlite3_step(s->verbs[v]) == SQLITE_DONE ? ERR_OK : store_error(s->db);
	sqlite3_reset(s->verbs[v]);
	return e;
}

/* The transaction is gone: by what. */
static enum err gone(void)
{
	return store_fault()->code ? store_fault()->code : ERR_IO;
}

/* Whether no transaction is left. */
static bool roll_back(struct store *s)
{
	(void)!say(s, VERB_ROLLBACK);
	return sqlite3_get_autocommit(s->db);
}

static void unlock(struct store *s)
{
	if (s->locked)
		lock_drop(s->lock_fd);
	s->locked = false;
}

enum err store_begin(struct store *s)
{
	store_fault_clear();
	if (s->lock_fd < 0 || s->locked || s->reading > 0)
		return ERR_INTERNAL; /* above an open read it would be BUSY_SNAPSHOT at the first write */
	enum err e = lock_take(s->lock_fd, LOCK_PATIENCE_MS);
	if (e)
		return e;
	s->locked = true;
	s->spoiled = false;
	/* A ROLLBACK that failed has left one, which holds SQLite's own lock and would refuse every transaction after it. */
	if (!sqlite3_get_autocommit(s->db) && !roll_back(s))
		e = gone();
	if (!e)
		e = say(s, VERB_BEGIN);
	if (e)
		unlock(s);
	return e;
}

enum err store_commit(struct store *s)
{
	enum err e = in_transaction(s) && !s->spoiled ? say(s, VERB_COMMIT) : gone();
	if (e)
		store_rollback(s);
	unlock(s);
	return e;
}

void store_rollback(struct store *s)
{
	if (in_transaction(s))
		roll_back(s); /* else store_begin does */
	unlock(s);
}

/* Outside a transaction SAVEPOINT would begin a deferred one. */
enum err store_savepoint(struct store *s)
{
	return in_transaction(s) && !s->spoiled ? say(s, VERB_SAVEPOINT) : gone();
}

enum err store_release(struct store *s)
{
	return in_transaction(s) ? say(s, VERB_RELEASE) : gone();
}

void store_rollback_to_savepoint(struct store *s)
{
	if (!in_transaction(s))
		return;
	if (say(s, VERB_ROLLBACK_TO) != ERR_OK || say(s, VERB_RELEASE) != ERR_OK)
		s->spoiled = !roll_back(s); /* then nothing of the whole is committed */
}

/* Under the lock: a writer in between would fill the log again, and a busy checkpoint erases nothing. Nor do the
 * writers wait long for a reader that is in the middle of something. */
enum err store_truncate_wal(struct store *s)
{
	if (s->lock_fd < 0 || s->locked || s->reading > 0)
		return ERR_INTERNAL;
	enum err e = lock_take(s->lock_fd, LOCK_PATIENCE_MS);
	if (e)
		return e;
	sqlite3_busy_timeout(s->db, TRUNCATE_PATIENCE_MS);
	int rc = sqlite3_wal_checkpoint_v2(s->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
	sqlite3_busy_timeout(s->db, LOCK_PATIENCE_MS);
	lock_drop(s->lock_fd);
	return rc == SQLITE_OK ? ERR_OK : store_error(s->db);
}

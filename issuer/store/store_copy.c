/* A copy of the whole database, for what may go wrong next. */
#include "issuer/store/store_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static enum err sync_path(const char *path, int flags, struct errbuf *why)
{
	int fd = open(path, flags | O_CLOEXEC);
	int bad = fd < 0 || fsync(fd) != 0;
	int fault = errno;
	if (fd >= 0)
		close(fd);
	return bad ? fail(why, ERR_IO, "fsync %s: %s", path, strerror(fault)) : ERR_OK;
}

static enum err sync_folder_of(const char *path, struct errbuf *why)
{
	char folder[PATH_MAX];
	const char *slash = strrchr(path, '/');
	int n = slash ? snprintf(folder, sizeof folder, "%.*s", slash == path ? 1 : (int)(slash - path), path)
		      : snprintf(folder, sizeof folder, ".");
	if (n < 0 || n >= (int)sizeof folder)
		return fail(why, ERR_TOO_LARGE, "path too long: %.80s...", path);
	return sync_path(folder, O_RDONLY | O_DIRECTORY, why);
}

static enum err make_private(const char *path, struct errbuf *why)
{
	int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return fail(why, errno == EEXIST ? ERR_EXISTS : ERR_IO, "create %s: %s", path, strerror(errno));
	close(fd);
	return ERR_OK;
}

/* SQLite takes an empty file that is there. */
static enum err vacuum_into(sqlite3 *db, const char *path, struct errbuf *why)
{
	sqlite3_stmt *vacuum = NULL;
	enum err e = ERR_OK;
	if (sqlite3_prepare_v2(db, "VACUUM INTO $1", -1, &vacuum, NULL) != SQLITE_OK ||
	    sqlite3_bind_text(vacuum, 1, path, -1, SQLITE_STATIC) != SQLITE_OK || sqlite3_step(vacuum) != SQLITE_DONE)
		e = store_fail(why, db, "copy the database");
	sqlite3_finalize(vacuum);
	return e;
}

enum err copy_database(sqlite3 *db, const char *path, struct errbuf *why)
{
	enum err e = make_private(path, why);
	if (e)
		return e;
	e = vacuum_into(db, path, why);
	if (!e)
		e = sync_path(path, O_RDWR, why);
	if (!e)
		e = sync_folder_of(path, why);
	if (e)
		unlink(path); /* half a copy would be taken for one */
	return e;
}

enum err store_copy(struct store *s, const char *path, struct errbuf *why)
{
	return copy_database(s->db, path, why);
}

/* A database of an earlier version is brought up before anybody is shut in: the copy that is made of it first is a file that
 * no child may make. In a process of its own, for this one holds what everybody is granted, and reads no database. */
#include "base/log.h"
#include "issuer/process/supervisor.h"
#include "issuer/store/store.h"

#include <errno.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static int upgrade(const char *database)
{
	struct store *store = NULL;
	struct errbuf why = {""};
	bool older = false;
	if (store_outdated(database, &older) != ERR_OK || !older)
		return 0; /* whatever is wrong with it, front and clerk will say */
	log_event(LOG_LEVEL_WARNING, "database.upgrading", {"file", database});
	enum err e = store_open(database, STORE_OPEN, &store, &why);
	store_close(store);
	if (e)
		log_event(LOG_LEVEL_ALARM, "database.not_upgraded", {"error", err_word(e)}, {"why", err_why(e, &why)});
	return e ? 1 : 0;
}

enum err supervisor_upgrade(const struct settings *s, struct errbuf *why)
{
	int status = 0;
	pid_t pid = fork();
	if (pid == 0)
		_exit(upgrade(s->database));
	while (pid > 0 && waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return fail(why, ERR_IO, "waitpid: %s", strerror(errno));
	if (pid < 0)
		return fail(why, ERR_MEMORY, "fork: %s", strerror(errno));
	return status == 0 ? ERR_OK
			   : fail(why, ERR_USAGE, "installation.database: %s is of an earlier version and could not be brought up: "
				  "the log says why", s->database);
}

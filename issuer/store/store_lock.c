/* The lock between the writing processes.
 *
 * flock on "DATABASE.lock" is the lock itself. A plain flock wait has no time limit, and polling alone lets a busy
 * writer take it again and again; so whoever wants it first takes the turn (an open-file-description lock on byte 0
 * of the same file) and gives it up once the lock is his. A writer that lets go and comes back thus stands behind
 * him who waits. */
#include "base/clock.h"
#include "issuer/store/store_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

enum { POLL_LEAST_US = 50, POLL_MOST_US = 1000 };

enum err lock_open(const char *database, int *fd, struct errbuf *why)
{
	char path[PATH_MAX];
	int n = snprintf(path, sizeof path, "%s.lock", database);
	if (n < 0 || n >= (int)sizeof path)
		return fail(why, ERR_TOO_LARGE, "path too long: %.80s...", database);
	*fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (*fd < 0)
		return fail(why, errno == ENOENT ? ERR_NOT_FOUND : ERR_IO, "open %s: %s", path, strerror(errno));
	return ERR_OK;
}

static int turn(int fd, short type)
{
	struct flock whole = {.l_type = type, .l_whence = SEEK_SET, .l_start = 0, .l_len = 1};
	return fcntl(fd, F_OFD_SETLK, &whole);
}

static int try_turn(int fd)
{
	return turn(fd, F_WRLCK);
}

static int try_lock(int fd)
{
	return flock(fd, LOCK_EX | LOCK_NB);
}

static enum err wait_for(int (*attempt)(int fd), int fd, int64_t deadline)
{
	long pause = POLL_LEAST_US;
	while (attempt(fd) != 0) {
		if (errno != EWOULDBLOCK && errno != EACCES && errno != EINTR)
			return ERR_IO;
		if (clock_mono_ms() >= deadline)
			return ERR_UNAVAILABLE;
		nanosleep(&(struct timespec){.tv_nsec = pause * 1000}, NULL);
		pause = pause * 2 > POLL_MOST_US ? POLL_MOST_US : pause * 2;
	}
	return ERR_OK;
}

enum err lock_take(int fd, int64_t patience_ms)
{
	int64_t deadline = clock_mono_ms() + patience_ms;
	enum err e = wait_for(try_turn, fd, deadline);
	if (e)
		return e;
	e = wait_for(try_lock, fd, deadline);
	turn(fd, F_UNLCK);
	return e;
}

void lock_drop(int fd)
{
	flock(fd, LOCK_UN);
}

/* The definitions of an executable come before the C library's. */
#include "tests/support/file_steps.h"
#include "tests/support/interposed.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static struct {
	bool counting;
	enum file_steps_end end;
	long nth, seen;
	int error;
} steps;

void file_steps_begin(enum file_steps_end end, long nth, int error)
{
	steps.end = end;
	steps.nth = nth;
	steps.error = error;
	steps.seen = 0;
	steps.counting = true;
}

long file_steps_end(void)
{
	steps.counting = false;
	return steps.seen;
}

static bool stops(void)
{
	if (!steps.counting || ++steps.seen != steps.nth || steps.end == FILE_STEPS_PASS)
		return false;
	if (steps.end == FILE_STEPS_KILL)
		raise(SIGKILL);
	errno = steps.error;
	return true;
}

/* What a test says to its terminal is no step. */
static bool stops_file(int fd)
{
	return fd > STDERR_FILENO && stops();
}

SEEN INTERPOSE(ssize_t, -1, write, (int fd, const void *bytes, size_t n), (fd, bytes, n), stops_file(fd))
SEEN INTERPOSE(int, -1, mkostemp, (char *name, int flags), (name, flags), stops())
SEEN INTERPOSE(int, -1, fchmod, (int fd, mode_t mode), (fd, mode), stops())
SEEN INTERPOSE(int, -1, mkdir, (const char *path, mode_t mode), (path, mode), stops())
SEEN INTERPOSE(int, -1, link, (const char *from, const char *to), (from, to), stops())
SEEN INTERPOSE(int, -1, symlink, (const char *target, const char *at), (target, at), stops())
SEEN INTERPOSE(int, -1, rename, (const char *from, const char *to), (from, to), stops())
SEEN INTERPOSE(int, -1, fsync, (int fd), (fd), stops())
SEEN INTERPOSE(int, -1, unlinkat, (int folder, const char *name, int flags), (folder, name, flags), stops())
SEEN INTERPOSE(int, -1, rmdir, (const char *path), (path), stops())

/* The definitions of an executable come before the C library's. */
#include "tests/support/file_steps.h"

#include <dlfcn.h>
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Some of these run before a sanitizer's run-time does. */
#define SEEN __attribute__((visibility("default"), no_sanitize_thread, no_sanitize_address, no_sanitize_undefined))

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

static void find_next(const char *name, void *next)
{
	void *found = dlsym(RTLD_NEXT, name);
	if (!found)
		abort();
	memcpy(next, &found, sizeof found);
}

#define CALL(type, name, parameters, names, fails)                                                                     \
	type name parameters;                                                                                          \
	SEEN type name parameters                                                                                      \
	{                                                                                                              \
		static type(*next) parameters;                                                                         \
		if (!next)                                                                                             \
			find_next(#name, &next);                                                                       \
		return (fails) ? (type)-1 : next names;                                                                \
	}

CALL(ssize_t, write, (int fd, const void *bytes, size_t n), (fd, bytes, n), stops_file(fd))
CALL(int, mkostemp, (char *name, int flags), (name, flags), stops())
CALL(int, fchmod, (int fd, mode_t mode), (fd, mode), stops())
CALL(int, mkdir, (const char *path, mode_t mode), (path, mode), stops())
CALL(int, link, (const char *from, const char *to), (from, to), stops())
CALL(int, symlink, (const char *target, const char *at), (target, at), stops())
CALL(int, rename, (const char *from, const char *to), (from, to), stops())
CALL(int, fsync, (int fd), (fd), stops())
CALL(int, unlinkat, (int folder, const char *name, int flags), (folder, name, flags), stops())
CALL(int, rmdir, (const char *path), (path), stops())

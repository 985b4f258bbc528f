/* What the daemon that runs under valgrind has otherwise (build/valgrind/counterfoild, and nothing else, links this).
 *
 * Its walls are missing: valgrind 3.19 answers ENOSYS to seccomp(2) and to landlock's calls, and what it does for itself in
 * the process, new code at every step, is what the filter forbids. Landlock degrades by itself; the filter is left out here.
 * And to execve /proc/self/exe is valgrind's own program: only a readlink of it is answered with the one it watches. */
#include "issuer/process/walls.h"

#include <limits.h>
#include <stdarg.h>
#include <unistd.h>

enum { ARGUMENTS_MOST = 8 };

/* The linker sends the calls of walls_filter and execl here (-Wl,--wrap). */
enum err __wrap_walls_filter(unsigned kind, struct errbuf *why);
int __wrap_execl(const char *path, const char *first, ...);

enum err __wrap_walls_filter(unsigned kind, struct errbuf *why)
{
	(void)kind;
	(void)why;
	return ERR_OK;
}

int __wrap_execl(const char *path, const char *first, ...)
{
	char program[PATH_MAX] = "", *arguments[ARGUMENTS_MOST + 1] = {(char *)first};
	va_list more;
	va_start(more, first);
	for (int i = 1; i < ARGUMENTS_MOST && arguments[i - 1]; i++)
		arguments[i] = va_arg(more, char *);
	va_end(more);
	return readlink(path, program, sizeof program - 1) > 0 ? execv(program, arguments) : -1;
}

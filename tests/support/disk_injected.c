/* The definitions of an executable come before the C library's, for its libraries as well. */
#include "tests/support/disk_injected.h"
#include "tests/support/interposed.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static struct disk_order *order;
static char role[sizeof order->role];

/* A child is `counterfoild role NAME`. */
__attribute__((constructor)) static void take_order(int argc, char **argv)
{
	const char *path = argc > 2 && strcmp(argv[1], "role") == 0 ? getenv("COUNTERFOIL_TEST_DISK") : NULL;
	int fd = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
	if (fd < 0)
		return;
	void *page = mmap(NULL, sizeof *order, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	snprintf(role, sizeof role, "%s", argv[2]);
	if (page != MAP_FAILED)
		order = page;
}

/* 0: this call does not fail; 1: it is the first that does; more: a later one. */
static int failure(enum disk_kind kind, int number)
{
	if (atomic_load(&order->kind) != (int)kind || strncmp(order->role, role, sizeof role) != 0 ||
	    atomic_fetch_add(&order->seen, 1) + 1 < atomic_load(&order->nth))
		return 0;
	errno = number;
	return atomic_fetch_add(&order->failed, 1) + 1;
}

/* What goes to a socket, a pipe or the log is no matter of this disk. */
static int failure_of(int fd, enum disk_kind kind, int number)
{
	struct stat st;
	if (!order || fd == STDERR_FILENO || fstat(fd, &st) != 0 || !(S_ISREG(st.st_mode) || S_ISDIR(st.st_mode)))
		return 0;
	return failure(kind, number);
}

/* The first write of a disk that becomes full takes a half of it. */
#define WRITE(name, parameters, half, whole)                                                                           \
	SEEN ssize_t name parameters                                                                                   \
	{                                                                                                              \
		static ssize_t(*next) parameters;                                                                      \
		if (!next)                                                                                             \
			find_next(#name, &next);                                                                       \
		int nth = failure_of(fd, DISK_FULL, ENOSPC);                                                           \
		return nth == 0 ? next whole : nth == 1 && n > 1 ? next half : -1;                                     \
	}

WRITE(write, (int fd, const void *bytes, size_t n), (fd, bytes, n / 2), (fd, bytes, n))
WRITE(pwrite, (int fd, const void *bytes, size_t n, off_t at), (fd, bytes, n / 2, at), (fd, bytes, n, at))
WRITE(pwrite64, (int fd, const void *bytes, size_t n, off64_t at), (fd, bytes, n / 2, at), (fd, bytes, n, at))
SEEN INTERPOSE(int, -1, ftruncate, (int fd, off_t len), (fd, len), failure_of(fd, DISK_FULL, ENOSPC))
SEEN INTERPOSE(int, -1, ftruncate64, (int fd, off64_t len), (fd, len), failure_of(fd, DISK_FULL, ENOSPC))
SEEN INTERPOSE(int, -1, fallocate, (int fd, int mode, off_t at, off_t len),
	 (fd, mode, at, len), failure_of(fd, DISK_FULL, ENOSPC))
SEEN INTERPOSE(int, -1, mkostemp, (char *name, int flags), (name, flags), order && failure(DISK_FULL, ENOSPC))
SEEN INTERPOSE(int, -1, rename, (const char *from, const char *to), (from, to), order && failure(DISK_FULL, ENOSPC))
SEEN INTERPOSE(int, -1, fsync, (int fd), (fd), failure_of(fd, DISK_FAILS, EIO))
SEEN INTERPOSE(int, -1, fdatasync, (int fd), (fd), failure_of(fd, DISK_FAILS, EIO))

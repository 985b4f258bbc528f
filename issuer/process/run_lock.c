#include "issuer/process/run_lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

enum { PID_SIZE = 16 };

static void read_pid(int fd, char pid[PID_SIZE])
{
	ssize_t n = pread(fd, pid, PID_SIZE - 1, 0);
	pid[n > 0 ? n : 0] = '\0';
	pid[strcspn(pid, "\n")] = '\0';
}

static enum err held_by_another(int fd, const char *folder, struct errbuf *why)
{
	char pid[PID_SIZE];
	read_pid(fd, pid);
	return fail(why, ERR_CONFLICT, "a daemon runs on %s already (process %s)", folder, pid);
}

enum err run_lock_take(const char *folder, int *fd, struct errbuf *why)
{
	char path[4096 + 16], pid[PID_SIZE];
	snprintf(path, sizeof path, "%s/run.lock", folder);
	*fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (*fd < 0)
		return fail(why, ERR_USAGE, "%s: %s", path, strerror(errno));
	if (flock(*fd, LOCK_EX | LOCK_NB) != 0)
		return held_by_another(*fd, folder, why);
	int len = snprintf(pid, sizeof pid, "%d\n", (int)getpid());
	if (ftruncate(*fd, 0) != 0 || pwrite(*fd, pid, (size_t)len, 0) != len)
		return fail(why, ERR_IO, "%s: %s", path, strerror(errno));
	return ERR_OK;
}

pid_t run_lock_holder(const char *folder)
{
	char path[4096 + 16], pid[PID_SIZE] = "";
	snprintf(path, sizeof path, "%s/run.lock", folder);
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return 0;
	if (flock(fd, LOCK_SH | LOCK_NB) != 0)
		read_pid(fd, pid);
	close(fd);
	long number = strtol(pid, NULL, 10);
	return number > 1 && number < 1 << 30 ? (pid_t)number : 0;
}

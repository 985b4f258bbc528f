#include "tests/campaign/installation.h"
#include "tests/campaign/caller.h"
#include "tests/support/crash_injected.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { STOP_SECONDS = 30, ASK_MS = 200 };

int64_t mono_ms(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

void pause_ms(int milliseconds)
{
	nanosleep(&(struct timespec){milliseconds / 1000, milliseconds % 1000 * 1000000L}, NULL);
}

static pthread_mutex_t *new_mutex(void)
{
	pthread_mutexattr_t attributes;
	pthread_mutex_t *m = malloc(sizeof *m);
	if (!m)
		abort();
	pthread_mutexattr_init(&attributes);
	pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_RECURSIVE);
	pthread_mutex_init(m, &attributes);
	pthread_mutexattr_destroy(&attributes);
	return m;
}

void installation_hold(const struct installation *i)
{
	pthread_mutex_lock(i->files);
}

void installation_release(const struct installation *i)
{
	pthread_mutex_unlock(i->files);
}

static void beside(const struct installation *i, const char *suffix, char out[PATH_MAX])
{
	snprintf(out, PATH_MAX, "%s%s", i->dir, suffix);
}

void installation_arm(const struct installation *i, const char *name, long count)
{
	char text[CRASH_ORDER_BYTES];
	crash_order_write(text, name, count);
	if (pwrite(i->crash, text, sizeof text, 0) != (ssize_t)sizeof text)
		perror("arm");
}

bool installation_armed(const struct installation *i)
{
	char first = ' ';
	return pread(i->crash, &first, 1, 0) == 1 && first != ' ';
}

void installation_spoil(const struct installation *i, enum disk_kind kind, const char *role, int nth)
{
	struct disk_order *d = i->disk;
	atomic_store(&d->kind, DISK_WELL);
	snprintf(d->role, sizeof d->role, "%s", role);
	atomic_store(&d->nth, nth);
	if (kind == DISK_WELL)
		return; /* how much was seen and failed can still be read */
	atomic_store(&d->seen, 0);
	atomic_store(&d->failed, 0);
	atomic_store(&d->kind, kind);
}

static bool make_disk(struct installation *i, const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	void *page = fd >= 0 && ftruncate(fd, sizeof *i->disk) == 0
			     ? mmap(NULL, sizeof *i->disk, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0)
			     : MAP_FAILED;
	if (fd >= 0)
		close(fd);
	i->disk = page == MAP_FAILED ? NULL : page;
	return i->disk != NULL;
}

void installation_tend(const struct installation *i)
{
	char path[PATH_MAX];
	beside(i, ".again", path);
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd >= 0)
		close(fd);
}

/* In the new process: quiet, and with its own crash file. */
static _Noreturn void become(const struct installation *i, const char *crash, const char *disk)
{
	char tool[PATH_MAX + 32], script[PATH_MAX], daemon[PATH_MAX + 32], output[PATH_MAX];
	snprintf(tool, sizeof tool, "%s/tools/sockets", i->build);
	snprintf(daemon, sizeof daemon, "%s/test/counterfoild", i->build);
	beside(i, ".output", output);
	prctl(PR_SET_PDEATHSIG, SIGTERM); /* it ends its daemon; nothing outlives a driver */
	if (!realpath("tests/support/installation", script) || !freopen("/dev/null", "r", stdin) ||
	    !freopen(output, "w", stdout) || dup2(STDOUT_FILENO, STDERR_FILENO) < 0 ||
	    setenv("COUNTERFOIL_TEST_CRASH", crash, 1) != 0 || setenv("COUNTERFOIL_TEST_DISK", disk, 1) != 0)
		_exit(127);
	execl(tool, "sockets", "--", script, i->dir, daemon, (char *)NULL);
	_exit(127);
}

bool installation_begin(struct installation *i, const char *build, const char *dir)
{
	char crash[PATH_MAX], disk[PATH_MAX];
	*i = (struct installation){.crash = -1, .files = new_mutex()};
	snprintf(i->build, sizeof i->build, "%s", build);
	snprintf(i->dir, sizeof i->dir, "%s", dir);
	beside(i, ".crash", crash);
	i->crash = open(crash, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	beside(i, ".disk", disk);
	if (i->crash < 0 || !make_disk(i, disk))
		return false;
	installation_arm(i, "", 0);
	installation_tend(i);
	i->pid = fork();
	if (i->pid == 0)
		become(i, crash, disk);
	return i->pid > 0;
}

/* One line of the file that the script writes. */
static void take_number(struct installation *i, const char *line)
{
	unsigned port;
	if (sscanf(line, "PORT_PUBLIC=%u", &port) == 1)
		snprintf(i->public_url, sizeof i->public_url, "https://localhost:%u", port);
	else if (sscanf(line, "PORT_MEMBERS=%u", &port) == 1)
		snprintf(i->members_url, sizeof i->members_url, "https://localhost:%u", port);
	else if (sscanf(line, "PORT_STATUS=%u", &port) == 1)
		snprintf(i->status_url, sizeof i->status_url, "http://localhost:%u", port);
	else if (sscanf(line, "PORT_OPS=%u", &port) == 1)
		snprintf(i->ops_url, sizeof i->ops_url, "http://localhost:%u", port);
}

static bool read_numbers(struct installation *i)
{
	char path[PATH_MAX], line[256];
	beside(i, ".env", path);
	FILE *f = fopen(path, "r");
	if (!f)
		return false;
	while (fgets(line, sizeof line, f))
		take_number(i, line);
	fclose(f);
	beside(i, ".admin-password", path);
	f = fopen(path, "r");
	bool read = f && fgets(i->password, sizeof i->password, f);
	i->password[strcspn(i->password, "\r\n")] = '\0';
	if (f)
		fclose(f);
	return read && i->ops_url[0];
}

bool installation_is_ready(struct installation *i)
{
	char url[96];
	if (!i->ops_url[0] && !read_numbers(i))
		return false;
	snprintf(url, sizeof url, "%s/readyz", i->ops_url);
	return call_plain(url, ASK_MS) == 200;
}

bool installation_ready(struct installation *i, int seconds)
{
	for (int64_t until = mono_ms() + seconds * 1000; mono_ms() < until; pause_ms(20)) {
		installation_tend(i);
		if (installation_is_ready(i))
			return true;
	}
	return false;
}

pid_t installation_supervisor(const struct installation *i)
{
	char path[PATH_MAX];
	int pid = 0;
	beside(i, ".pid", path);
	FILE *f = fopen(path, "r");
	if (f && fscanf(f, "%d", &pid) != 1)
		pid = 0;
	if (f)
		fclose(f);
	return pid;
}

static bool is_role(int pid, const char *role)
{
	char path[64], name[32] = "", wanted[32];
	snprintf(path, sizeof path, "/proc/%d/comm", pid);
	snprintf(wanted, sizeof wanted, "cf-%s\n", role);
	FILE *f = fopen(path, "r");
	bool is = f && fgets(name, sizeof name, f) && strcmp(name, wanted) == 0;
	if (f)
		fclose(f);
	return is;
}

pid_t installation_child(const struct installation *i, const char *role)
{
	char path[64];
	int parent = installation_supervisor(i), pid, found = 0;
	snprintf(path, sizeof path, "/proc/%d/task/%d/children", parent, parent);
	FILE *f = parent ? fopen(path, "r") : NULL;
	while (f && !found && fscanf(f, "%d", &pid) == 1)
		if (is_role(pid, role))
			found = pid;
	if (f)
		fclose(f);
	return found;
}

size_t installation_processes(const struct installation *i, pid_t *out, size_t most)
{
	char path[64];
	int pid = installation_supervisor(i);
	size_t n = 0;
	if (pid <= 0)
		return 0;
	out[n++] = pid;
	snprintf(path, sizeof path, "/proc/%d/task/%d/children", pid, pid);
	FILE *f = fopen(path, "r");
	while (f && n < most && fscanf(f, "%d", &pid) == 1)
		out[n++] = pid;
	if (f)
		fclose(f);
	return n;
}

bool installation_again(struct installation *i)
{
	pid_t old = installation_supervisor(i);
	installation_tend(i);
	if (old <= 0 || kill(old, SIGTERM) != 0)
		return false;
	for (int64_t until = mono_ms() + STOP_SECONDS * 1000; mono_ms() < until; pause_ms(10)) {
		pid_t now = installation_supervisor(i);
		if (now > 0 && now != old)
			return installation_ready(i, STOP_SECONDS);
	}
	return false;
}

void installation_end(struct installation *i)
{
	char path[PATH_MAX];
	int status;
	beside(i, ".again", path);
	unlink(path);
	if (i->pid > 0)
		kill(i->pid, SIGTERM);
	for (int64_t until = mono_ms() + STOP_SECONDS * 1000; i->pid > 0 && mono_ms() < until; pause_ms(10))
		if (waitpid(i->pid, &status, WNOHANG) == i->pid)
			i->pid = 0;
	if (i->disk)
		munmap(i->disk, sizeof *i->disk);
	i->disk = NULL;
	if (i->crash >= 0)
		close(i->crash);
	i->crash = -1;
	pthread_mutex_destroy(i->files);
	free(i->files);
	i->files = NULL;
}

bool shell(const char *command, const char *one, const char *two, const char *three)
{
	int status = -1;
	pid_t pid = fork();
	if (pid == 0) {
		execl("/bin/sh", "sh", "-c", command, "sh", one, two, three, (char *)NULL);
		_exit(127);
	}
	return pid > 0 && waitpid(pid, &status, 0) == pid && status == 0;
}

void installation_remove(const struct installation *i)
{
	shell("rm -rf \"$1\" \"$1\".*", i->dir, "", "");
}

#include "tests/campaign/mains.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <unistd.h>

enum { PROCESSES = 32, LOOK_MS = 1, STOP_MS = 10000, UNMOUNT_MS = 20000, READY_MS = 60000, FSCK_EVERY = 25,
       GOING_FLAGS_NOLOGFLUSH = 2 };

/* As the kernel's ext4.h has it: everything that is not in the log yet is lost, and nothing more can be written. */
#define EXT4_IOC_SHUTDOWN _IOR('X', 125, uint32_t)

/* Neither a late commit of the log nor ext4's care for those who rename without fsync shall help. Nor shall the fsync of one
 * file that of another, which it does on the same file system: so the spool has its own. */
#define OPTIONS "mount -t ext4 -o loop,noauto_da_alloc,commit=300 "
#define MOUNT OPTIONS "\"$1.image\" \"$1\" && " OPTIONS "\"$1.spool-image\" \"$1/spool\""

struct mains {
	struct installation *at;
	struct ledger *ledger;
	pthread_t thread;
	atomic_bool ended, broken;
	_Atomic int cuts;
	/* the rest is looked at and changed under installation_hold */
	struct death deaths[KILLS_A_ROUND];
	int n, fallen;
	bool off; /* from a cut until everything runs again */
	int64_t armed_at;
	long all;
	char fault[FAULT_SIZE];
};

bool mains_prepare(void)
{
	static const char hook[] = "truncate -s 64M \"$1.image\" && mkfs.ext4 -q -d \"$1\" \"$1.image\" && "
				   "truncate -s 8M \"$1.spool-image\" && mkfs.ext4 -q \"$1.spool-image\" && "
				   MOUNT " && rmdir \"$1/spool/lost+found\" && chmod 700 \"$1/spool\" && sync -f \"$1/spool\"";
	return setenv("INSTALLATION_HOOK", hook, 1) == 0 && setenv("COUNTERFOIL_TEST_CRASH_STOPS", "1", 1) == 0;
}

static bool broken(struct mains *m, const char *what)
{
	snprintf(m->fault, sizeof m->fault, "after a power cut: %s", what);
	return false;
}

static void beside(const struct installation *i, const char *suffix, char out[PATH_MAX])
{
	snprintf(out, PATH_MAX, "%s%s", i->dir, suffix);
}

/* Its script starts no daemon meanwhile. */
static void hold_back(const struct installation *i)
{
	char path[PATH_MAX];
	beside(i, ".hold", path);
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	if (fd >= 0)
		close(fd);
	installation_tend(i);
}

/* The letter of its state; 0 when it is no more. */
static char state_of(pid_t pid)
{
	char path[64], line[256] = "", *end;
	snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
	FILE *f = fopen(path, "r");
	if (f && !fgets(line, sizeof line, f))
		line[0] = '\0';
	if (f)
		fclose(f);
	end = strrchr(line, ')');
	return end && end[1] ? end[2] : '\0';
}

static bool all_are(const pid_t *pids, size_t n, const char *states)
{
	for (size_t i = 0; i < n; i++) {
		char state = state_of(pids[i]);
		if (state && !strchr(states, state))
			return false;
	}
	return true;
}

static bool signal_all(const pid_t *pids, size_t n, int signal, const char *until)
{
	for (size_t i = 0; i < n; i++)
		kill(pids[i], signal);
	for (int64_t end = mono_ms() + STOP_MS; mono_ms() < end; pause_ms(LOOK_MS))
		if (all_are(pids, n, until))
			return true;
	return false;
}

/* The supervisor first: then it starts nobody any more. */
static bool stop_all(const struct installation *i, pid_t pids[PROCESSES], size_t *n)
{
	*n = installation_processes(i, pids, 1);
	if (!signal_all(pids, *n, SIGSTOP, "TZX"))
		return false;
	*n = installation_processes(i, pids, PROCESSES);
	return signal_all(pids, *n, SIGSTOP, "TZX");
}

static const char *const folders[] = {"/spool", ""};
enum { FOLDERS = sizeof folders / sizeof *folders };

bool mains_off(const char *folder)
{
	uint32_t how = GOING_FLAGS_NOLOGFLUSH;
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool done = fd >= 0 && ioctl(fd, EXT4_IOC_SHUTDOWN, &how) == 0;
	if (fd >= 0)
		close(fd);
	return done;
}

static bool all_off(const struct installation *i)
{
	char path[PATH_MAX];
	bool done = true;
	for (int f = 0; f < FOLDERS; f++) {
		beside(i, folders[f], path);
		done = mains_off(path) && done;
	}
	return done;
}

/* Who has just been killed may still be at closing its files. */
static bool unmount(const char *folder)
{
	for (int64_t until = mono_ms() + UNMOUNT_MS; mono_ms() < until; pause_ms(LOOK_MS)) {
		if (umount2(folder, 0) == 0)
			return true;
		if (errno != EBUSY)
			return false;
	}
	return false;
}

bool mains_unmount(const struct installation *i)
{
	char path[PATH_MAX];
	bool done = true;
	for (int f = 0; f < FOLDERS; f++) {
		beside(i, folders[f], path);
		done = unmount(path) && done;
	}
	return done;
}

static bool switch_off(struct mains *m)
{
	pid_t pids[PROCESSES];
	size_t n = 0;
	hold_back(m->at);
	if (!stop_all(m->at, pids, &n))
		return broken(m, "its processes cannot be stopped");
	if (!m->off)
		ledger_away(m->ledger);
	m->off = true;
	bool down = all_off(m->at);
	if (!signal_all(pids, n, SIGKILL, "ZX"))
		return broken(m, "its processes cannot be ended");
	if (!down)
		return broken(m, "it cannot be cut: EXT4_IOC_SHUTDOWN failed");
	return mains_unmount(m->at) || broken(m, "it cannot be unmounted");
}

/* The next of the round, if there is one. */
static void arm_next(struct mains *m)
{
	const struct death *d = &m->deaths[m->fallen];
	bool place = m->fallen < m->n && d->at != AT_A_MOMENT;
	installation_arm(m->at, place ? crash_table[d->at].name : "", place ? d->count : 0);
	m->armed_at = mono_ms();
}

static bool is_due(const struct mains *m)
{
	if (m->fallen >= m->n)
		return false;
	const struct death *d = &m->deaths[m->fallen];
	return d->at == AT_A_MOMENT ? mono_ms() >= m->armed_at + d->count : !installation_armed(m->at);
}

/* The log is played back by the first mount. */
static bool mount_again(struct mains *m)
{
	static const char check[] = MOUNT " && umount \"$1/spool\" \"$1\" && e2fsck -fn \"$1.image\" >\"$1.fsck\" 2>&1";
	if (++m->all % FSCK_EVERY == 0 && !shell(check, m->at->dir, "", ""))
		return broken(m, "the file system is not whole: see the file .fsck beside it");
	return shell(MOUNT, m->at->dir, "", "") || broken(m, "it cannot be mounted");
}

/* From here on there is a process that a cut can stop. */
static bool release(struct mains *m)
{
	char path[PATH_MAX];
	beside(m->at, ".hold", path);
	unlink(path);
	for (int64_t until = mono_ms() + STOP_MS; mono_ms() < until; pause_ms(LOOK_MS)) {
		pid_t pid = installation_supervisor(m->at);
		if (pid > 0 && state_of(pid) && state_of(pid) != 'Z')
			return true;
	}
	return broken(m, "the daemon is not started");
}

/* until it is ready, or the power fails again. */
static bool wait_for_ready(struct mains *m)
{
	for (int64_t until = mono_ms() + READY_MS; mono_ms() < until; pause_ms(LOOK_MS))
		if (is_due(m) || installation_is_ready(m->at))
			return true;
	return broken(m, "the daemon does not become ready");
}

static bool cut(struct mains *m)
{
	do {
		if (!switch_off(m))
			return false;
		m->fallen++;
		if (!mount_again(m))
			return false;
		arm_next(m);
		if (!release(m) || !wait_for_ready(m))
			return false;
	} while (is_due(m));
	ledger_back(m->ledger);
	m->off = false;
	m->cuts = m->fallen;
	return ledger_read(m->ledger, m->fault) && ledger_all(m->ledger, false, m->fault);
}

static void *watch(void *ctx)
{
	struct mains *m = ctx;
	for (; !m->ended && !m->broken; pause_ms(LOOK_MS)) {
		installation_hold(m->at);
		if (is_due(m) && !cut(m))
			m->broken = true;
		installation_release(m->at);
	}
	return NULL;
}

struct mains *mains_new(struct installation *i, struct ledger *l)
{
	struct mains *m = calloc(1, sizeof *m);
	if (!m)
		abort();
	m->at = i;
	m->ledger = l;
	if (pthread_create(&m->thread, NULL, watch, m) != 0)
		abort();
	return m;
}

void mains_free(struct mains *m)
{
	if (!m)
		return;
	m->ended = true;
	pthread_join(m->thread, NULL);
	free(m);
}

void mains_arm(struct mains *m, const struct death *deaths, int n)
{
	installation_hold(m->at);
	memcpy(m->deaths, deaths, (size_t)n * sizeof *deaths);
	m->n = n;
	m->fallen = m->cuts = 0;
	arm_next(m);
	installation_release(m->at);
}

int mains_cuts(const struct mains *m)
{
	return m->cuts;
}

int mains_disarm(struct mains *m)
{
	installation_hold(m->at);
	m->n = m->fallen;
	installation_arm(m->at, "", 0);
	int cuts = m->cuts;
	installation_release(m->at);
	return cuts;
}

bool mains_fault(const struct mains *m, char fault[FAULT_SIZE])
{
	if (!m->broken)
		return false;
	memcpy(fault, m->fault, FAULT_SIZE);
	return true;
}

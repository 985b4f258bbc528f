#include "issuer/process/walls.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <seccomp.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#define KILL SCMP_ACT_KILL_PROCESS
#define NOT_PERMITTED SCMP_ACT_ERRNO(EPERM)
#define NO_SUCH_CALL SCMP_ACT_ERRNO(ENOSYS)

#define ALL ~0u
#define NOT_COURIER (ALL & ~(1u << ROLE_COURIER)) /* it publishes files in the spool, where landlock keeps it */
#define NOT_TOKEN (ALL & ~(1u << ROLE_TOKEN)) /* whoever made the module: it finds its token by files, sockets or a network */

/* What no role does once it works. Kill what only an intruder would try; refuse what a library may try in good faith. */
static const struct denial {
	int call;
	unsigned roles;
	uint32_t action;
	unsigned compared; /* 1: only when `when` holds */
	struct scmp_arg_cmp when;
} denials[] = {
	/* another program, another process */
	{.call = SCMP_SYS(execve), .roles = ALL, .action = KILL},
	{.call = SCMP_SYS(execveat), .roles = ALL, .action = KILL},
	{.call = SCMP_SYS(fork), .roles = ALL, .action = KILL},
	{.call = SCMP_SYS(vfork), .roles = ALL, .action = KILL},
	{.call = SCMP_SYS(clone), .roles = ALL, .action = KILL, .compared = 1,
	 .when = {.arg = 0, .op = SCMP_CMP_MASKED_EQ, .datum_a = CLONE_THREAD, .datum_b = 0}},
	{.call = SCMP_SYS(clone3), .roles = ALL, .action = NO_SUCH_CALL}, /* its flags cannot be seen: glibc then uses clone */
	{.call = SCMP_SYS(kill), .roles = ALL, .action = KILL},
	{.call = SCMP_SYS(tkill), .roles = ALL, .action = KILL},
	{.call = SCMP_SYS(rt_sigqueueinfo), .roles = ALL, .action = KILL},
	{.call = SCMP_SYS(rt_tgsigqueueinfo), .roles = ALL, .action = KILL},
	{.call = SCMP_SYS(pidfd_send_signal), .roles = ALL, .action = KILL},
	{.call = SCMP_SYS(pidfd_getfd), .roles = ALL, .action = KILL},
	{.call = SCMP_SYS(pidfd_open), .roles = ALL, .action = KILL},
	{.call = SCMP_SYS(ptrace), .roles = ALL, .action = KILL},
	{.call = SCMP_SYS(process_vm_readv), .roles = ALL, .action = KILL},
	{.call = SCMP_SYS(process_vm_writev), .roles = ALL, .action = KILL},
	{.call = SCMP_SYS(process_madvise), .roles = ALL, .action = KILL},
	{.call = SCMP_SYS(kcmp), .roles = ALL, .action = KILL},
	/* new ways out */
	{.call = SCMP_SYS(socket), .roles = NOT_TOKEN, .action = KILL},
	{.call = SCMP_SYS(connect), .roles = NOT_TOKEN, .action = KILL},
	{.call = SCMP_SYS(bind), .roles = ALL, .action = KILL},
	{.call = SCMP_SYS(listen), .roles = ALL, .action = KILL},
	{.call = SCMP_SYS(socketpair), .roles = NOT_TOKEN, .action = NOT_PERMITTED},
	/* files */
	{.call = SCMP_SYS(open), .roles = NOT_COURIER & NOT_TOKEN, .action = NOT_PERMITTED},
	{.call = SCMP_SYS(openat), .roles = NOT_COURIER & NOT_TOKEN, .action = NOT_PERMITTED},
	{.call = SCMP_SYS(openat2), .roles = ALL, .action = NOT_PERMITTED},
	{.call = SCMP_SYS(creat), .roles = ALL, .action = NOT_PERMITTED},
	{.call = SCMP_SYS(open_by_handle_at), .roles = ALL, .action = KILL},
	{.call = SCMP_SYS(name_to_handle_at), .roles = ALL, .action = NOT_PERMITTED},
	{.call = SCMP_SYS(memfd_create), .roles = ALL, .action = NOT_PERMITTED},
	{.call = SCMP_SYS(memfd_secret), .roles = ALL, .action = NOT_PERMITTED},
	{.call = SCMP_SYS(rename), .roles = NOT_COURIER, .action = NOT_PERMITTED},
	{.call = SCMP_SYS(renameat), .roles = NOT_COURIER, .action = NOT_PERMITTED},
	{.call = SCMP_SYS(renameat2), .roles = NOT_COURIER, .action = NOT_PERMITTED},
	{.call = SCMP_SYS(link), .roles = NOT_COURIER, .action = NOT_PERMITTED},
	{.call = SCMP_SYS(linkat), .roles = NOT_COURIER, .action = NOT_PERMITTED},
	{.call = SCMP_SYS(unlink), .roles = NOT_COURIER, .action = NOT_PERMITTED},
	{.call = SCMP_SYS(unlinkat), .roles = NOT_COURIER, .action = NOT_PERMITTED},
	{.call = SCMP_SYS(fchmod), .roles = NOT_COURIER, .action = NOT_PERMITTED},
	{.call = SCMP_SYS(chmod), .roles = ALL, .action = NOT_PERMITTED},
	{.call = SCMP_SYS(fchmodat), .roles = ALL, .action = NOT_PERMITTED},
	{.call = 452, .roles = ALL, .action = NOT_PERMITTED}, /* fchmodat2, younger than the headers */
	{.call = SCMP_SYS(chown), .roles = ALL, .action = NOT_PERMITTED},
	{.call = SCMP_SYS(fchown), .roles = ALL, .action = NOT_PERMITTED},
	{.call = SCMP_SYS(lchown), .roles = ALL, .action = NOT_PERMITTED},
	{.call = SCMP_SYS(fchownat), .roles = ALL, .action = NOT_PERMITTED},
	{.call = SCMP_SYS(mkdir), .roles = ALL, .action = NOT_PERMITTED},
	{.call = SCMP_SYS(mkdirat), .roles = ALL, .action = NOT_PERMITTED},
	{.call = SCMP_SYS(rmdir), .roles = ALL, .action = NOT_PERMITTED},
	{.call = SCMP_SYS(symlink), .roles = ALL, .action = NOT_PERMITTED},
	{.call = SCMP_SYS(symlinkat), .roles = ALL, .action = NOT_PERMITTED},
	{.call = SCMP_SYS(mknod), .roles = ALL, .action = NOT_PERMITTED},
	{.call = SCMP_SYS(mknodat), .roles = ALL, .action = NOT_PERMITTED},
	{.call = SCMP_SYS(truncate), .roles = ALL, .action = NOT_PERMITTED},
	{.call = SCMP_SYS(chdir), .roles = ALL, .action = NOT_PERMITTED},
	{.call = SCMP_SYS(fchdir), .roles = ALL, .action = NOT_PERMITTED},
	{.call = SCMP_SYS(setxattr), .roles = ALL, .action = NOT_PERMITTED},
	{.call = SCMP_SYS(lsetxattr), .roles = ALL, .action = NOT_PERMITTED},
	{.call = SCMP_SYS(fsetxattr), .roles = ALL, .action = NOT_PERMITTED},
	{.call = SCMP_SYS(inotify_init1), .roles = ALL, .action = NOT_PERMITTED},
	{.call = SCMP_SYS(fanotify_init), .roles = ALL, .action = KILL},
	/* new code in memory */
	{.call = SCMP_SYS(mmap), .roles = ALL, .action = NOT_PERMITTED, .compared = 1,
	 .when = {.arg = 2, .op = SCMP_CMP_MASKED_EQ, .datum_a = PROT_EXEC, .datum_b = PROT_EXEC}},
	{.call = SCMP_SYS(mprotect), .roles = ALL, .action = KILL, .compared = 1,
	 .when = {.arg = 2, .op = SCMP_CMP_MASKED_EQ, .datum_a = PROT_EXEC, .datum_b = PROT_EXEC}},
	{.call = SCMP_SYS(pkey_mprotect), .roles = ALL, .action = KILL},
	{.call = SCMP_SYS(shmget), .roles = ALL, .action = KILL},
	{.call = SCMP_SYS(shmat), .roles = ALL, .action = KILL},
	{.call = SCMP_SYS(remap_file_pages), .roles = ALL, .action = KILL},
	{.call = SCMP_SYS(personality), .roles = ALL, .action = KILL},
	{.call = SCMP_SYS(modify_ldt), .roles = ALL, .action = KILL},
	/* another identity, another limit */
	{.call = SCMP_SYS(setuid), .roles = ALL, .action = KILL},
	{.call = SCMP_SYS(setgid), .roles = ALL, .action = KILL},
	{.call = SCMP_SYS(setreuid), .roles = ALL, .action = KILL},
	{.call = SCMP_SYS(setregid), .roles = ALL, .action = KILL},
	{.call = SCMP_SYS(setresuid), .roles = ALL, .action = KILL},
	{.call = SCMP_SYS(setresgid), .roles = ALL, .action = KILL},
	{.call = SCMP_SYS(setfsuid), .roles = ALL, .action = KILL},
	{.call = SCMP_SYS(setfsgid), .roles = ALL, .action = KILL},
	{.call = SCMP_SYS(setgroups), .roles = ALL, .action = KILL},
	{.call = SCMP_SYS(capset), .roles = ALL, .action = KILL},
	{.call = SCMP_SYS(setrlimit), .roles = ALL, .action = NOT_PERMITTED},
	{.call = SCMP_SYS(prlimit64), .roles = ALL, .action = NOT_PERMITTED, .compared = 1,
	 .when = {.arg = 2, .op = SCMP_CMP_NE, .datum_a = 0}}, /* reading them stays */
	{.call = SCMP_SYS(prctl), .roles = ALL, .action = KILL, .compared = 1,
	 .when = {.arg = 0, .op = SCMP_CMP_EQ, .datum_a = PR_SET_DUMPABLE}},
	{.call = SCMP_SYS(ioctl), .roles = ALL, .action = KILL, .compared = 1,
	 .when = {.arg = 1, .op = SCMP_CMP_MASKED_EQ, .datum_a = 0xffffffff, .datum_b = TIOCSTI}},
	/* the kernel's workshops */
	{.call = SCMP_SYS(mount), .roles = ALL, .action = KILL},
	{.call = SCMP_SYS(umount2), .roles = ALL, .action = KILL},
	{.call = SCMP_SYS(pivot_root), .roles = ALL, .action = KILL},
	{.call = SCMP_SYS(chroot), .roles = ALL, .action = KILL},
	{.call = SCMP_SYS(move_mount), .roles = ALL, .action = KILL},
	{.call = SCMP_SYS(open_tree), .roles = ALL, .action = KILL},
	{.call = SCMP_SYS(fsopen), .roles = ALL, .action = KILL},
	{.call = SCMP_SYS(fsmount), .roles = ALL, .action = KILL},
	{.call = SCMP_SYS(unshare), .roles = ALL, .action = KILL},
	{.call = SCMP_SYS(setns), .roles = ALL, .action = KILL},
	{.call = SCMP_SYS(bpf), .roles = ALL, .action = KILL},
	{.call = SCMP_SYS(perf_event_open), .roles = ALL, .action = KILL},
	{.call = SCMP_SYS(userfaultfd), .roles = ALL, .action = KILL},
	{.call = SCMP_SYS(add_key), .roles = ALL, .action = KILL},
	{.call = SCMP_SYS(request_key), .roles = ALL, .action = KILL},
	{.call = SCMP_SYS(keyctl), .roles = ALL, .action = KILL},
	{.call = SCMP_SYS(io_uring_setup), .roles = ALL, .action = KILL},
	{.call = SCMP_SYS(io_uring_enter), .roles = ALL, .action = KILL},
	{.call = SCMP_SYS(io_uring_register), .roles = ALL, .action = KILL},
	{.call = SCMP_SYS(kexec_load), .roles = ALL, .action = KILL},
	{.call = SCMP_SYS(kexec_file_load), .roles = ALL, .action = KILL},
	{.call = SCMP_SYS(init_module), .roles = ALL, .action = KILL},
	{.call = SCMP_SYS(finit_module), .roles = ALL, .action = KILL},
	{.call = SCMP_SYS(delete_module), .roles = ALL, .action = KILL},
	{.call = SCMP_SYS(reboot), .roles = ALL, .action = KILL},
	{.call = SCMP_SYS(swapon), .roles = ALL, .action = KILL},
	{.call = SCMP_SYS(swapoff), .roles = ALL, .action = KILL},
	{.call = SCMP_SYS(settimeofday), .roles = ALL, .action = KILL},
	{.call = SCMP_SYS(clock_settime), .roles = ALL, .action = KILL},
	{.call = SCMP_SYS(adjtimex), .roles = ALL, .action = KILL},
	{.call = SCMP_SYS(clock_adjtime), .roles = ALL, .action = KILL},
	{.call = SCMP_SYS(syslog), .roles = ALL, .action = KILL},
	{.call = SCMP_SYS(acct), .roles = ALL, .action = KILL},
	{.call = SCMP_SYS(quotactl), .roles = ALL, .action = KILL},
	{.call = SCMP_SYS(iopl), .roles = ALL, .action = KILL},
	{.call = SCMP_SYS(ioperm), .roles = ALL, .action = KILL},
	{.call = SCMP_SYS(lookup_dcookie), .roles = ALL, .action = KILL},
	{.call = SCMP_SYS(vmsplice), .roles = ALL, .action = KILL},
	{.call = SCMP_SYS(sethostname), .roles = ALL, .action = KILL},
	{.call = SCMP_SYS(setdomainname), .roles = ALL, .action = KILL},
};

bool walls_seccomp_there(void)
{
	return prctl(PR_GET_SECCOMP, 0, 0, 0, 0) >= 0;
}

enum err walls_hide(struct errbuf *why)
{
	if (walls_exception_count > 0) /* the leak check of a sanitizer traces its own process */
		return ERR_OK;
	return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0 ? ERR_OK : fail(why, ERR_INTERNAL, "dumpable: %s", strerror(errno));
}

static bool excepted(int call)
{
	for (size_t i = 0; i < walls_exception_count; i++)
		if (walls_exceptions[i] == call)
			return true;
	return false;
}

/* -EDOM: this architecture has no such call, so there is nothing to deny. */
static int deny(scmp_filter_ctx filter, const struct denial *d)
{
	int rc = seccomp_rule_add_array(filter, d->action, d->call, d->compared, &d->when);
	return rc == -EDOM || rc == -EOPNOTSUPP ? 0 : rc;
}

/* A thread may signal its own process (abort does), nobody else's. */
static int deny_signals_to_others(scmp_filter_ctx filter)
{
	struct denial d = {.call = SCMP_SYS(tgkill), .action = KILL, .compared = 1,
			   .when = {.arg = 0, .op = SCMP_CMP_NE, .datum_a = (scmp_datum_t)getpid()}};
	return deny(filter, &d);
}

static int fill(scmp_filter_ctx filter, enum role role)
{
	int rc = seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1);
	if (rc == 0)
		rc = seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	if (rc == 0)
		rc = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, KILL);
	if (rc == 0)
		rc = deny_signals_to_others(filter);
	for (size_t i = 0; i < sizeof denials / sizeof *denials && rc == 0; i++)
		if ((denials[i].roles & 1u << role) && !excepted(denials[i].call))
			rc = deny(filter, &denials[i]);
	return rc;
}

enum err walls_filter(enum role role, struct errbuf *why)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
	if (!filter)
		return ERR_MEMORY;
	int rc = fill(filter, role);
	if (rc == 0)
		rc = seccomp_load(filter);
	seccomp_release(filter);
	return rc ? fail(why, ERR_INTERNAL, "seccomp for the %s: %s", role_name(role), strerror(-rc)) : ERR_OK;
}

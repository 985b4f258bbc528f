#include "issuer/process/walls.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <seccomp.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define KILL SCMP_ACT_KILL_PROCESS
#define NOT_PERMITTED SCMP_ACT_ERRNO(EPERM)
#define NO_SUCH_CALL SCMP_ACT_ERRNO(ENOSYS)

#define ALL ~0u
#define OUT (1u << WALLS_COURIER_OUT)      /* whose channels reach a network makes connections */
#define COURIERS (1u << ROLE_COURIER | OUT) /* they publish files in the spool, where landlock keeps them */
#define TOKEN (1u << ROLE_TOKEN) /* whoever made the module: it finds its token by files, sockets or a network */

/* What no role does once it works. Kill what only an intruder would try; refuse what a library may try in good faith. */
static const struct denial {
	int call;
	unsigned kinds; /* bits by walls_kind */
	uint32_t action;
	unsigned compared; /* 1: only when `when` holds */
	struct scmp_arg_cmp when;
} denials[] = {
	/* another program, another process */
	{.call = SCMP_SYS(execve), .kinds = ALL, .action = KILL},
	{.call = SCMP_SYS(execveat), .kinds = ALL, .action = KILL},
	{.call = SCMP_SYS(fork), .kinds = ALL, .action = KILL},
	{.call = SCMP_SYS(vfork), .kinds = ALL, .action = KILL},
	{.call = SCMP_SYS(clone), .kinds = ALL, .action = KILL, .compared = 1,
	 .when = {.arg = 0, .op = SCMP_CMP_MASKED_EQ, .datum_a = CLONE_THREAD, .datum_b = 0}},
	{.call = SCMP_SYS(clone3), .kinds = ALL, .action = NO_SUCH_CALL}, /* its flags cannot be seen: glibc then uses clone */
	{.call = SCMP_SYS(kill), .kinds = ALL, .action = KILL},
	{.call = SCMP_SYS(tkill), .kinds = ALL, .action = KILL},
	{.call = SCMP_SYS(rt_sigqueueinfo), .kinds = ALL, .action = KILL},
	{.call = SCMP_SYS(rt_tgsigqueueinfo), .kinds = ALL, .action = KILL},
	{.call = SCMP_SYS(pidfd_send_signal), .kinds = ALL, .action = KILL},
	{.call = SCMP_SYS(pidfd_getfd), .kinds = ALL, .action = KILL},
	{.call = SCMP_SYS(pidfd_open), .kinds = ALL, .action = KILL},
	{.call = SCMP_SYS(ptrace), .kinds = ALL, .action = KILL},
	{.call = SCMP_SYS(process_vm_readv), .kinds = ALL, .action = KILL},
	{.call = SCMP_SYS(process_vm_writev), .kinds = ALL, .action = KILL},
	{.call = SCMP_SYS(process_madvise), .kinds = ALL, .action = KILL},
	{.call = SCMP_SYS(kcmp), .kinds = ALL, .action = KILL},
	/* new ways out */
	{.call = SCMP_SYS(socket), .kinds = ~(OUT | TOKEN), .action = KILL},
	{.call = SCMP_SYS(connect), .kinds = ~(OUT | TOKEN), .action = KILL},
	{.call = SCMP_SYS(bind), .kinds = ALL, .action = KILL},
	{.call = SCMP_SYS(listen), .kinds = ALL, .action = KILL},
	{.call = SCMP_SYS(socketpair), .kinds = ~(OUT | TOKEN), .action = NOT_PERMITTED}, /* libcurl's resolver has one */
	/* ways around landlock's ports, which are those of connect() on a TCP socket */
	{.call = SCMP_SYS(sendto), .kinds = OUT, .action = NOT_PERMITTED, .compared = 1,
	 .when = {.arg = 3, .op = SCMP_CMP_MASKED_EQ, .datum_a = MSG_FASTOPEN, .datum_b = MSG_FASTOPEN}},
	{.call = SCMP_SYS(sendmsg), .kinds = OUT, .action = NOT_PERMITTED, .compared = 1,
	 .when = {.arg = 2, .op = SCMP_CMP_MASKED_EQ, .datum_a = MSG_FASTOPEN, .datum_b = MSG_FASTOPEN}},
	{.call = SCMP_SYS(sendmmsg), .kinds = OUT, .action = NOT_PERMITTED, .compared = 1,
	 .when = {.arg = 3, .op = SCMP_CMP_MASKED_EQ, .datum_a = MSG_FASTOPEN, .datum_b = MSG_FASTOPEN}},
	{.call = SCMP_SYS(setsockopt), .kinds = OUT, .action = NOT_PERMITTED, .compared = 1, /* SMC takes the socket's place */
	 .when = {.arg = 2, .op = SCMP_CMP_MASKED_EQ, .datum_a = 0xffffffff, .datum_b = TCP_ULP}},
	/* files */
	{.call = SCMP_SYS(open), .kinds = ~(COURIERS | TOKEN), .action = NOT_PERMITTED},
	{.call = SCMP_SYS(openat), .kinds = ~(COURIERS | TOKEN), .action = NOT_PERMITTED},
	{.call = SCMP_SYS(openat2), .kinds = ALL, .action = NOT_PERMITTED},
	{.call = SCMP_SYS(creat), .kinds = ALL, .action = NOT_PERMITTED},
	{.call = SCMP_SYS(open_by_handle_at), .kinds = ALL, .action = KILL},
	{.call = SCMP_SYS(name_to_handle_at), .kinds = ALL, .action = NOT_PERMITTED},
	{.call = SCMP_SYS(memfd_create), .kinds = ALL, .action = NOT_PERMITTED},
	{.call = SCMP_SYS(memfd_secret), .kinds = ALL, .action = NOT_PERMITTED},
	{.call = SCMP_SYS(rename), .kinds = ~COURIERS, .action = NOT_PERMITTED},
	{.call = SCMP_SYS(renameat), .kinds = ~COURIERS, .action = NOT_PERMITTED},
	{.call = SCMP_SYS(renameat2), .kinds = ~COURIERS, .action = NOT_PERMITTED},
	{.call = SCMP_SYS(link), .kinds = ~COURIERS, .action = NOT_PERMITTED},
	{.call = SCMP_SYS(linkat), .kinds = ~COURIERS, .action = NOT_PERMITTED},
	{.call = SCMP_SYS(unlink), .kinds = ~COURIERS, .action = NOT_PERMITTED},
	{.call = SCMP_SYS(unlinkat), .kinds = ~COURIERS, .action = NOT_PERMITTED},
	{.call = SCMP_SYS(fchmod), .kinds = ~COURIERS, .action = NOT_PERMITTED},
	{.call = SCMP_SYS(chmod), .kinds = ALL, .action = NOT_PERMITTED},
	{.call = SCMP_SYS(fchmodat), .kinds = ALL, .action = NOT_PERMITTED},
	{.call = 452, .kinds = ALL, .action = NOT_PERMITTED}, /* fchmodat2, younger than the headers */
	{.call = SCMP_SYS(chown), .kinds = ALL, .action = NOT_PERMITTED},
	{.call = SCMP_SYS(fchown), .kinds = ALL, .action = NOT_PERMITTED},
	{.call = SCMP_SYS(lchown), .kinds = ALL, .action = NOT_PERMITTED},
	{.call = SCMP_SYS(fchownat), .kinds = ALL, .action = NOT_PERMITTED},
	{.call = SCMP_SYS(mkdir), .kinds = ALL, .action = NOT_PERMITTED},
	{.call = SCMP_SYS(mkdirat), .kinds = ALL, .action = NOT_PERMITTED},
	{.call = SCMP_SYS(rmdir), .kinds = ALL, .action = NOT_PERMITTED},
	{.call = SCMP_SYS(symlink), .kinds = ALL, .action = NOT_PERMITTED},
	{.call = SCMP_SYS(symlinkat), .kinds = ALL, .action = NOT_PERMITTED},
	{.call = SCMP_SYS(mknod), .kinds = ALL, .action = NOT_PERMITTED},
	{.call = SCMP_SYS(mknodat), .kinds = ALL, .action = NOT_PERMITTED},
	{.call = SCMP_SYS(truncate), .kinds = ALL, .action = NOT_PERMITTED},
	{.call = SCMP_SYS(chdir), .kinds = ALL, .action = NOT_PERMITTED},
	{.call = SCMP_SYS(fchdir), .kinds = ALL, .action = NOT_PERMITTED},
	{.call = SCMP_SYS(setxattr), .kinds = ALL, .action = NOT_PERMITTED},
	{.call = SCMP_SYS(lsetxattr), .kinds = ALL, .action = NOT_PERMITTED},
	{.call = SCMP_SYS(fsetxattr), .kinds = ALL, .action = NOT_PERMITTED},
	{.call = SCMP_SYS(inotify_init1), .kinds = ALL, .action = NOT_PERMITTED},
	{.call = SCMP_SYS(fanotify_init), .kinds = ALL, .action = KILL},
	/* new code in memory */
	{.call = SCMP_SYS(mmap), .kinds = ALL, .action = NOT_PERMITTED, .compared = 1,
	 .when = {.arg = 2, .op = SCMP_CMP_MASKED_EQ, .datum_a = PROT_EXEC, .datum_b = PROT_EXEC}},
	{.call = SCMP_SYS(mprotect), .kinds = ALL, .action = KILL, .compared = 1,
	 .when = {.arg = 2, .op = SCMP_CMP_MASKED_EQ, .datum_a = PROT_EXEC, .datum_b = PROT_EXEC}},
	{.call = SCMP_SYS(pkey_mprotect), .kinds = ALL, .action = KILL},
	{.call = SCMP_SYS(shmget), .kinds = ALL, .action = KILL},
	{.call = SCMP_SYS(shmat), .kinds = ALL, .action = KILL},
	{.call = SCMP_SYS(remap_file_pages), .kinds = ALL, .action = KILL},
	{.call = SCMP_SYS(personality), .kinds = ALL, .action = KILL},
	{.call = SCMP_SYS(modify_ldt), .kinds = ALL, .action = KILL},
	/* another identity, another limit */
	{.call = SCMP_SYS(setuid), .kinds = ALL, .action = KILL},
	{.call = SCMP_SYS(setgid), .kinds = ALL, .action = KILL},
	{.call = SCMP_SYS(setreuid), .kinds = ALL, .action = KILL},
	{.call = SCMP_SYS(setregid), .kinds = ALL, .action = KILL},
	{.call = SCMP_SYS(setresuid), .kinds = ALL, .action = KILL},
	{.call = SCMP_SYS(setresgid), .kinds = ALL, .action = KILL},
	{.call = SCMP_SYS(setfsuid), .kinds = ALL, .action = KILL},
	{.call = SCMP_SYS(setfsgid), .kinds = ALL, .action = KILL},
	{.call = SCMP_SYS(setgroups), .kinds = ALL, .action = KILL},
	{.call = SCMP_SYS(capset), .kinds = ALL, .action = KILL},
	{.call = SCMP_SYS(setrlimit), .kinds = ALL, .action = NOT_PERMITTED},
	{.call = SCMP_SYS(prlimit64), .kinds = ALL, .action = NOT_PERMITTED, .compared = 1,
	 .when = {.arg = 2, .op = SCMP_CMP_NE, .datum_a = 0}}, /* reading them stays */
	{.call = SCMP_SYS(prctl), .kinds = ALL, .action = KILL, .compared = 1,
	 .when = {.arg = 0, .op = SCMP_CMP_EQ, .datum_a = PR_SET_DUMPABLE}},
	{.call = SCMP_SYS(ioctl), .kinds = ALL, .action = KILL, .compared = 1,
	 .when = {.arg = 1, .op = SCMP_CMP_MASKED_EQ, .datum_a = 0xffffffff, .datum_b = TIOCSTI}},
	/* the kernel's workshops */
	{.call = SCMP_SYS(mount), .kinds = ALL, .action = KILL},
	{.call = SCMP_SYS(umount2), .kinds = ALL, .action = KILL},
	{.call = SCMP_SYS(pivot_root), .kinds = ALL, .action = KILL},
	{.call = SCMP_SYS(chroot), .kinds = ALL, .action = KILL},
	{.call = SCMP_SYS(move_mount), .kinds = ALL, .action = KILL},
	{.call = SCMP_SYS(open_tree), .kinds = ALL, .action = KILL},
	{.call = SCMP_SYS(fsopen), .kinds = ALL, .action = KILL},
	{.call = SCMP_SYS(fsmount), .kinds = ALL, .action = KILL},
	{.call = SCMP_SYS(unshare), .kinds = ALL, .action = KILL},
	{.call = SCMP_SYS(setns), .kinds = ALL, .action = KILL},
	{.call = SCMP_SYS(bpf), .kinds = ALL, .action = KILL},
	{.call = SCMP_SYS(perf_event_open), .kinds = ALL, .action = KILL},
	{.call = SCMP_SYS(userfaultfd), .kinds = ALL, .action = KILL},
	{.call = SCMP_SYS(add_key), .kinds = ALL, .action = KILL},
	{.call = SCMP_SYS(request_key), .kinds = ALL, .action = KILL},
	{.call = SCMP_SYS(keyctl), .kinds = ALL, .action = KILL},
	{.call = SCMP_SYS(io_uring_setup), .kinds = ALL, .action = KILL},
	{.call = SCMP_SYS(io_uring_enter), .kinds = ALL, .action = KILL},
	{.call = SCMP_SYS(io_uring_register), .kinds = ALL, .action = KILL},
	{.call = SCMP_SYS(kexec_load), .kinds = ALL, .action = KILL},
	{.call = SCMP_SYS(kexec_file_load), .kinds = ALL, .action = KILL},
	{.call = SCMP_SYS(init_module), .kinds = ALL, .action = KILL},
	{.call = SCMP_SYS(finit_module), .kinds = ALL, .action = KILL},
	{.call = SCMP_SYS(delete_module), .kinds = ALL, .action = KILL},
	{.call = SCMP_SYS(reboot), .kinds = ALL, .action = KILL},
	{.call = SCMP_SYS(swapon), .kinds = ALL, .action = KILL},
	{.call = SCMP_SYS(swapoff), .kinds = ALL, .action = KILL},
	{.call = SCMP_SYS(settimeofday), .kinds = ALL, .action = KILL},
	{.call = SCMP_SYS(clock_settime), .kinds = ALL, .action = KILL},
	{.call = SCMP_SYS(adjtimex), .kinds = ALL, .action = KILL},
	{.call = SCMP_SYS(clock_adjtime), .kinds = ALL, .action = KILL},
	{.call = SCMP_SYS(syslog), .kinds = ALL, .action = KILL},
	{.call = SCMP_SYS(acct), .kinds = ALL, .action = KILL},
	{.call = SCMP_SYS(quotactl), .kinds = ALL, .action = KILL},
	{.call = SCMP_SYS(iopl), .kinds = ALL, .action = KILL},
	{.call = SCMP_SYS(ioperm), .kinds = ALL, .action = KILL},
	{.call = SCMP_SYS(lookup_dcookie), .kinds = ALL, .action = KILL},
	{.call = SCMP_SYS(vmsplice), .kinds = ALL, .action = KILL},
	{.call = SCMP_SYS(sethostname), .kinds = ALL, .action = KILL},
	{.call = SCMP_SYS(setdomainname), .kinds = ALL, .action = KILL},
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

/* Whoever may make sockets makes them of the internet alone: the C library, asking for a name, tries others in good faith. A
 * token may be behind a daemon of this machine. */
static int deny_other_families(scmp_filter_ctx filter, unsigned kind)
{
	int rc = 0;
	struct denial d = {.call = SCMP_SYS(socket), .action = NOT_PERMITTED, .compared = 1};
	for (scmp_datum_t family = 0; family < AF_MAX && rc == 0; family++) {
		d.when = (struct scmp_arg_cmp){.arg = 0, .op = SCMP_CMP_EQ, .datum_a = family};
		if (family != AF_INET && family != AF_INET6 && !(family == AF_UNIX && kind == ROLE_TOKEN))
			rc = deny(filter, &d);
	}
	d.when = (struct scmp_arg_cmp){.arg = 0, .op = SCMP_CMP_GE, .datum_a = AF_MAX};
	return rc ? rc : deny(filter, &d);
}

/* Whose TCP is held to ports has TCP and UDP and nothing that is like TCP, as MPTCP is (262). */
static int deny_other_protocols(scmp_filter_ctx filter)
{
	enum { TYPES = 0xf }; /* the bits above are SOCK_CLOEXEC and SOCK_NONBLOCK */
	int rc = 0;
	struct denial d = {.call = SCMP_SYS(socket), .action = NOT_PERMITTED, .compared = 1};
	for (scmp_datum_t type = 0; type <= TYPES && rc == 0; type++) {
		d.when = (struct scmp_arg_cmp){.arg = 1, .op = SCMP_CMP_MASKED_EQ, .datum_a = TYPES, .datum_b = type};
		if (type != SOCK_STREAM && type != SOCK_DGRAM)
			rc = deny(filter, &d);
	}
	for (scmp_datum_t protocol = 1; protocol < IPPROTO_UDP && rc == 0; protocol++) {
		d.when = (struct scmp_arg_cmp){.arg = 2, .op = SCMP_CMP_EQ, .datum_a = protocol};
		if (protocol != IPPROTO_TCP)
			rc = deny(filter, &d);
	}
	d.when = (struct scmp_arg_cmp){.arg = 2, .op = SCMP_CMP_GT, .datum_a = IPPROTO_UDP};
	return rc ? rc : deny(filter, &d);
}

static int fill(scmp_filter_ctx filter, unsigned kind)
{
	int rc = seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1);
	if (rc == 0)
		rc = seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	if (rc == 0)
		rc = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, KILL);
	if (rc == 0)
		rc = deny_signals_to_others(filter);
	if (rc == 0 && (kind == WALLS_COURIER_OUT || kind == ROLE_TOKEN))
		rc = deny_other_families(filter, kind);
	if (rc == 0 && kind == WALLS_COURIER_OUT)
		rc = deny_other_protocols(filter);
	for (size_t i = 0; i < sizeof denials / sizeof *denials && rc == 0; i++)
		if ((denials[i].kinds & 1u << kind) && !excepted(denials[i].call))
			rc = deny(filter, &denials[i]);
	return rc;
}

enum err walls_filter(unsigned kind, struct errbuf *why)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
	if (!filter)
		return ERR_MEMORY;
	int rc = fill(filter, kind);
	if (rc == 0)
		rc = seccomp_load(filter);
	seccomp_release(filter);
	return rc ? fail(why, ERR_INTERNAL, "seccomp for the %s: %s",
			 role_name(kind == WALLS_COURIER_OUT ? ROLE_COURIER : (enum role)kind), strerror(-rc)) : ERR_OK;
}

/* walls: each thing a role must not do is tried in a process of its own, behind that role's walls. */
#include "base/file.h"
#include "issuer/process/walls.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { HELD = 0, NOT_HELD = 1, WALL_FAILED = 2 }; /* exit statuses of an attempt that lived */

static const unsigned kinds[] = {ROLE_SIGNER, ROLE_FRONT, ROLE_COURIER, ROLE_CLERK, ROLE_TOKEN, WALLS_COURIER_OUT};
#define OUT (1u << WALLS_COURIER_OUT)
#define TOKEN (1u << ROLE_TOKEN)
#define COURIERS (1u << ROLE_COURIER | OUT)

static enum role role_of(unsigned kind)
{
	return kind == WALLS_COURIER_OUT ? ROLE_COURIER : (enum role)kind;
}

static const char *kind_name(unsigned kind)
{
	return kind == WALLS_COURIER_OUT ? "courier that goes out" : role_name((enum role)kind);
}

static char folder[] = "/tmp/walls-XXXXXX";
static char database[64], key_file[64], spool[64], token_file[64], module_file[64];

static int refused(long rc, int wanted)
{
	return rc < 0 && errno == wanted ? HELD : NOT_HELD;
}

static int try_execve(void)
{
	char name[] = "true", *const argv[] = {name, NULL};
	return refused(syscall(SYS_execve, "/bin/true", argv, argv), EPERM);
}
static int try_fork(void)
{
	return refused(syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0), EPERM);
}
static int try_clone3(void)
{
	return refused(syscall(SYS_clone3, NULL, 0), ENOSYS);
}
static int try_socket(void)
{
	return refused(syscall(SYS_socket, AF_INET, SOCK_STREAM, 0), EPERM);
}
static int try_unix_socket(void)
{
	return refused(syscall(SYS_socket, AF_UNIX, SOCK_STREAM, 0), EPERM);
}
static int try_netlink_socket(void)
{
	return refused(syscall(SYS_socket, AF_NETLINK, SOCK_RAW, 0), EPERM);
}
static int try_vsock(void)
{
	return refused(syscall(SYS_socket, AF_VSOCK, SOCK_STREAM, 0), EPERM);
}
/* Whose upper half the kernel does not look at. */
static int try_odd_socket(void)
{
	return refused(syscall(SYS_socket, 1L << 32 | AF_UNIX, SOCK_STREAM, 0), EPERM);
}
/* It is as good as TCP, and landlock knows nothing of it. */
static int try_mptcp(void)
{
	return refused(syscall(SYS_socket, AF_INET, SOCK_STREAM, IPPROTO_MPTCP), EPERM);
}
static int try_mptcp_of_ipv6(void)
{
	return refused(syscall(SYS_socket, AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_MPTCP), EPERM);
}
static int try_odd_mptcp(void)
{
	return refused(syscall(SYS_socket, AF_INET, SOCK_STREAM, 1L << 32 | IPPROTO_MPTCP), EPERM);
}
static int try_sctp(void)
{
	return refused(syscall(SYS_socket, AF_INET, SOCK_SEQPACKET | SOCK_NONBLOCK, IPPROTO_SCTP), EPERM);
}
static int try_sctp_stream(void)
{
	return refused(syscall(SYS_socket, AF_INET, SOCK_STREAM, IPPROTO_SCTP), EPERM);
}
static int try_udp_lite(void)
{
	return refused(syscall(SYS_socket, AF_INET, SOCK_DGRAM, IPPROTO_UDPLITE), EPERM);
}
static int try_ping(void)
{
	return refused(syscall(SYS_socket, AF_INET, SOCK_DGRAM, IPPROTO_ICMP), EPERM);
}
static int try_raw_socket(void)
{
	return refused(syscall(SYS_socket, AF_INET, SOCK_RAW, IPPROTO_TCP), EPERM);
}
/* A connection that is made by sending. */
static struct sockaddr_in anywhere = {.sin_family = AF_INET};

static int try_sendto_fast(void)
{
	long fd = syscall(SYS_socket, AF_INET, SOCK_STREAM, 0);
	return refused(syscall(SYS_sendto, fd, "x", 1, MSG_FASTOPEN | MSG_NOSIGNAL, &anywhere, sizeof anywhere), EPERM);
}
static int try_sendmsg_fast(void)
{
	struct msghdr m = {.msg_name = &anywhere, .msg_namelen = sizeof anywhere};
	return refused(syscall(SYS_sendmsg, syscall(SYS_socket, AF_INET, SOCK_STREAM, 0), &m, MSG_FASTOPEN), EPERM);
}
static int try_sendmmsg_fast(void)
{
	struct mmsghdr m = {.msg_hdr = {.msg_name = &anywhere, .msg_namelen = sizeof anywhere}};
	return refused(syscall(SYS_sendmmsg, syscall(SYS_socket, AF_INET, SOCK_STREAM, 0), &m, 1, MSG_FASTOPEN), EPERM);
}
static int try_another_in_its_place(void)
{
	long fd = syscall(SYS_socket, AF_INET, SOCK_STREAM, 0);
	return refused(syscall(SYS_setsockopt, fd, IPPROTO_TCP, TCP_ULP, "smc", 4), EPERM);
}
static int try_bind(void)
{
	struct sockaddr_in a = {.sin_family = AF_INET};
	return refused(syscall(SYS_bind, 0, &a, sizeof a), EPERM);
}
static int try_listen(void)
{
	return refused(syscall(SYS_listen, 0, 1), EPERM);
}
static int try_connect(void)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	return refused(syscall(SYS_connect, 0, &a, sizeof a), EPERM);
}
static int try_ptrace(void)
{
	return refused(syscall(SYS_ptrace, PTRACE_TRACEME, 0, 0, 0), EPERM);
}
static int try_kill_parent(void)
{
	return refused(syscall(SYS_kill, getppid(), 0), EPERM);
}
static int try_tgkill_parent(void)
{
	return refused(syscall(SYS_tgkill, getppid(), getppid(), 0), EPERM);
}
static int try_io_uring(void)
{
	struct io_uring_params p = {0};
	return refused(syscall(SYS_io_uring_setup, 1, &p), EPERM);
}
static int try_unshare(void)
{
	return refused(syscall(SYS_unshare, CLONE_NEWUSER), EPERM);
}
static int try_bpf(void)
{
	return refused(syscall(SYS_bpf, 0, NULL, 0), EPERM);
}
static int try_executable_memory(void)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return p == MAP_FAILED && errno == EPERM ? HELD : NOT_HELD;
}
static int try_make_executable(void)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return refused(syscall(SYS_mprotect, p, 4096, PROT_READ | PROT_EXEC), EPERM);
}
static int try_setuid(void)
{
	return refused(syscall(SYS_setuid, 0), EPERM);
}
static int try_open(void)
{
	return refused(syscall(SYS_openat, AT_FDCWD, "/usr/bin/env", O_RDONLY), EPERM);
}
static int try_unlink(void)
{
	return refused(syscall(SYS_unlinkat, AT_FDCWD, key_file, 0), EPERM);
}
static int try_dump(void)
{
	return refused(prctl(PR_SET_DUMPABLE, 1, 0, 0, 0), EPERM);
}

static const struct attempt {
	const char *name;
	int call;
	int (*run)(void);
	int signal; /* SIGSYS: the attempt must be the end of the process; 0: it must be refused */
	unsigned kinds;
} attempts[] = {
	{"execve", SYS_execve, try_execve, SIGSYS, ~0u},
	{"fork", SYS_clone, try_fork, SIGSYS, ~0u},
	{"clone3", SYS_clone3, try_clone3, 0, ~0u},
	{"socket", SYS_socket, try_socket, SIGSYS, ~(OUT | TOKEN)},
	{"unix socket", SYS_socket, try_unix_socket, SIGSYS, ~(OUT | TOKEN)},
	{"unix socket", SYS_socket, try_unix_socket, 0, OUT},
	{"netlink socket", SYS_socket, try_netlink_socket, 0, OUT | TOKEN},
	{"socket of no family", SYS_socket, try_odd_socket, 0, OUT},
	{"socket to the hypervisor", SYS_socket, try_vsock, 0, OUT | TOKEN},
	{"MPTCP", SYS_socket, try_mptcp, 0, OUT},
	{"MPTCP of IPv6", SYS_socket, try_mptcp_of_ipv6, 0, OUT},
	{"MPTCP by an odd number", SYS_socket, try_odd_mptcp, 0, OUT},
	{"SCTP", SYS_socket, try_sctp, 0, OUT},
	{"SCTP as a stream", SYS_socket, try_sctp_stream, 0, OUT},
	{"UDP-Lite", SYS_socket, try_udp_lite, 0, OUT},
	{"ping", SYS_socket, try_ping, 0, OUT},
	{"raw socket", SYS_socket, try_raw_socket, 0, OUT},
	{"sendto that connects", SYS_sendto, try_sendto_fast, 0, OUT},
	{"sendmsg that connects", SYS_sendmsg, try_sendmsg_fast, 0, OUT},
	{"sendmmsg that connects", SYS_sendmmsg, try_sendmmsg_fast, 0, OUT},
	{"another protocol in a socket's place", SYS_setsockopt, try_another_in_its_place, 0, OUT},
	{"connect", SYS_connect, try_connect, SIGSYS, ~(OUT | TOKEN)},
	{"bind", SYS_bind, try_bind, SIGSYS, ~0u},
	{"listen", SYS_listen, try_listen, SIGSYS, ~0u},
	{"ptrace", SYS_ptrace, try_ptrace, SIGSYS, ~0u},
	{"kill", SYS_kill, try_kill_parent, SIGSYS, ~0u},
	{"tgkill to another", SYS_tgkill, try_tgkill_parent, SIGSYS, ~0u},
	{"io_uring", SYS_io_uring_setup, try_io_uring, SIGSYS, ~0u},
	{"unshare", SYS_unshare, try_unshare, SIGSYS, ~0u},
	{"bpf", SYS_bpf, try_bpf, SIGSYS, ~0u},
	{"executable memory", SYS_mmap, try_executable_memory, 0, ~0u},
	{"memory made executable", SYS_mprotect, try_make_executable, SIGSYS, ~0u},
	{"setuid", SYS_setuid, try_setuid, SIGSYS, ~0u},
	{"open", SYS_openat, try_open, 0, ~(COURIERS | TOKEN)},
	{"unlink", SYS_unlinkat, try_unlink, 0, ~COURIERS},
	{"dumpable again", SYS_prctl, try_dump, SIGSYS, ~0u},
};

/* How a process ended: -signal, or its exit status. */
static int in_a_process(int (*body)(const void *arg), const void *arg)
{
	int status = 0;
	fflush(NULL);
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		_exit(body(arg));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

struct trial {
	unsigned kind;
	int (*run)(void);
};

static int behind_the_filter(const void *arg)
{
	const struct trial *t = arg;
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	return walls_filter(t->kind, NULL) == ERR_OK ? t->run() : WALL_FAILED;
}

static bool excepted(int call)
{
	for (size_t i = 0; i < walls_exception_count; i++)
		if (walls_exceptions[i] == call)
			return true;
	return false;
}

static void each_forbidden_call_is_stopped_in_each_role(void **state)
{
	(void)state;
	for (size_t r = 0; r < sizeof kinds / sizeof *kinds; r++)
		for (size_t i = 0; i < sizeof attempts / sizeof *attempts; i++) {
			const struct attempt *a = &attempts[i];
			if (!(a->kinds & 1u << kinds[r]) || excepted(a->call))
				continue;
			int end = in_a_process(behind_the_filter, &(struct trial){kinds[r], a->run});
			if (end != (a->signal ? -a->signal : HELD))
				fail_msg("%s in the %s: ended with %d", a->name, kind_name(kinds[r]), end);
		}
}

static int do_daily_work(void)
{
	int ends[2];
	char c = 'x';
	void *p = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct timespec t;
	bool fine = p != MAP_FAILED && clock_gettime(CLOCK_REALTIME, &t) == 0 && pipe2(ends, O_CLOEXEC) == 0 &&
		    write(ends[1], &c, 1) == 1 && read(ends[0], &c, 1) == 1 && munmap(p, 1 << 20) == 0;
	return fine ? HELD : NOT_HELD;
}

static void *nothing(void *arg)
{
	return arg;
}

static int start_a_thread(void)
{
	pthread_t t;
	return pthread_create(&t, NULL, nothing, NULL) == 0 && pthread_join(t, NULL) == 0 ? HELD : NOT_HELD;
}

static int abort_itself(void)
{
	abort();
}

static void daily_work_threads_and_abort_go_on(void **state)
{
	(void)state;
	for (size_t r = 0; r < sizeof kinds / sizeof *kinds; r++) {
		assert_int_equal(in_a_process(behind_the_filter, &(struct trial){kinds[r], do_daily_work}), HELD);
		assert_int_equal(in_a_process(behind_the_filter, &(struct trial){kinds[r], start_a_thread}), HELD);
		assert_int_equal(in_a_process(behind_the_filter, &(struct trial){kinds[r], abort_itself}), -SIGABRT);
	}
}

/* A thread that ran before the filter came is behind it too. */
static int ends[2];

static void *wait_then_connect(void *arg)
{
	char c;
	if (read(ends[0], &c, 1) == 1)
		try_connect();
	return arg;
}

static int filter_with_an_older_thread(const void *arg)
{
	pthread_t t;
	(void)arg;
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	if (pipe2(ends, O_CLOEXEC) != 0 || pthread_create(&t, NULL, wait_then_connect, NULL) != 0 ||
	    walls_filter(ROLE_FRONT, NULL) != ERR_OK || write(ends[1], "x", 1) != 1)
		return WALL_FAILED;
	pthread_join(t, NULL);
	return NOT_HELD;
}

static void filter_stands_before_threads_that_were_there_first(void **state)
{
	(void)state;
	assert_int_equal(in_a_process(filter_with_an_older_thread, NULL), -SIGSYS);
}

/* 0, or the errno. (Debian's gcc 12.2 miscompiles `(fd >= 0) != (bits >> n & 1)` from -O1 on: hence no bool here.) */
static int open_fault(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC, 0600);
	if (fd < 0)
		return errno;
	close(fd);
	return 0;
}

static const struct opening {
	const char *name;
	const char *path;
	int flags;
	unsigned kinds; /* those that may */
} openings[] = {
	{"the database", database, O_RDWR, 1u << ROLE_FRONT | 1u << ROLE_CLERK},
	{"a key beside the database", key_file, O_RDONLY, 0},
	{"a key, to write", key_file, O_WRONLY, 0},
	{"a message in the spool", spool, O_RDWR | O_CREAT, COURIERS},
	{"addresses of names", "/etc/hosts", O_RDONLY, OUT | TOKEN},
	{"a program, to read", "/usr/bin/dpkg-split", O_RDONLY, ~0u},
	{"the users", "/etc/passwd", O_RDONLY, TOKEN},
	{"the users, to write", "/etc/passwd", O_WRONLY, 0},
	{"the token's module", module_file, O_RDONLY, TOKEN},
	{"what the token keeps", token_file, O_RDWR | O_CREAT, TOKEN},
	{"the root's home", "/root", O_RDONLY | O_DIRECTORY, 0},
	{"a program, to write", "/usr/bin/dpkg-split", O_WRONLY, 0},
};

static struct settings of_channels(const char *mail)
{
	return (struct settings){.database = database, .spool = folder, .mail_channel = mail, .sms_channel = "spool",
				 .name = "CA", .mail_from = "ca@example.com", .mail_server = "localhost:587", .token_folder = "", .token_module = "",
				 .mail_security = "starttls", .mail_user = "", .mail_password = "", .mail_ca = "",
	.sms_url = "", .sms_account = "", .sms_user = "", .sms_sender = "", .sms_template = "", .sms_secret = "",
	.sms_signing = "", .sms_ca = "", .sms_receipts = "", .public_url = "https://ca.example.com"};
}

/* Both walls may be missing on a kernel; the daemon then says so. Here it is a failure: nothing is skipped silently. */
static int look_at_files(const void *arg)
{
	const unsigned *kind = arg;
	struct settings s = of_channels(*kind == WALLS_COURIER_OUT ? "smtp" : "spool");
	char spool_folder[64], token_folder[64];
	s.spool = spool_folder;
	s.token_folder = token_folder;
	s.token_module = module_file; /* beside the keys */
	snprintf(spool_folder, sizeof spool_folder, "%s/spool", folder);
	snprintf(token_folder, sizeof token_folder, "%s/token", folder);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	if (walls_files(role_of(*kind), &s, NULL) != ERR_OK)
		return WALL_FAILED;
	for (size_t i = 0; i < sizeof openings / sizeof *openings; i++)
		if (open_fault(openings[i].path, openings[i].flags) != (openings[i].kinds & 1u << *kind ? 0 : EACCES))
			return 10 + (int)i;
	return HELD;
}

static void each_role_opens_its_own_files_and_no_others(void **state)
{
	(void)state;
	assert_true(walls_landlock_abi() > 0);
	for (size_t r = 0; r < sizeof kinds / sizeof *kinds; r++) {
		int end = in_a_process(look_at_files, &kinds[r]);
		if (end >= 10)
			fail_msg("%s: %s", kind_name(kinds[r]), openings[end - 10].name);
		assert_int_equal(end, HELD);
	}
}

static int bind_a_port(const void *arg)
{
	(void)arg;
	struct settings s = of_channels("spool");
	struct sockaddr a = {.sa_family = AF_INET};
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	return walls_files(ROLE_FRONT, &s, NULL) == ERR_OK ? refused(bind(fd, &a, sizeof a), EACCES) : WALL_FAILED;
}

static void no_role_binds_a_port_even_before_the_filter(void **state)
{
	(void)state;
	if (walls_landlock_abi() >= 4)
		assert_int_equal(in_a_process(bind_a_port, NULL), HELD);
}

static void only_a_courier_with_a_channel_that_needs_it_goes_out(void **state)
{
	(void)state;
	struct settings inside = of_channels("spool"), smtp = of_channels("smtp");
	for (int role = ROLE_SIGNER; role < ROLE_COUNT; role++) {
		assert_int_equal(walls_kind((enum role)role, &inside), role);
		assert_int_equal(walls_kind((enum role)role, &smtp), role == ROLE_COURIER ? WALLS_COURIER_OUT : role);
	}
	smtp.mail_server = "localhost"; /* the courier will not start with that */
	assert_int_equal(walls_kind(ROLE_COURIER, &smtp), ROLE_COURIER);
}

/* A stream to a port of this machine on which nobody listens: 0, or the errno. */
static int connect_fault(uint16_t port)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int fault = fd < 0 ? errno : connect(fd, (struct sockaddr *)&a, sizeof a) == 0 ? 0 : errno;
	if (fd >= 0)
		close(fd);
	return fault;
}

/* What libcurl and the resolver make: each with its protocol named, and sent on. */
static bool ordinary_sockets_are_there(void)
{
	static const struct {
		int family, type, protocol;
	} ordinary[] = {{AF_INET, SOCK_STREAM, 0}, {AF_INET, SOCK_STREAM, IPPROTO_TCP}, {AF_INET6, SOCK_STREAM, IPPROTO_TCP},
			{AF_INET, SOCK_DGRAM, 0}, {AF_INET, SOCK_DGRAM, IPPROTO_UDP}, {AF_INET6, SOCK_DGRAM, IPPROTO_UDP}};
	for (size_t i = 0; i < sizeof ordinary / sizeof *ordinary; i++) {
		int fd = socket(ordinary[i].family, ordinary[i].type | SOCK_CLOEXEC | SOCK_NONBLOCK, ordinary[i].protocol);
		if (fd < 0 && errno != EAFNOSUPPORT) /* a machine may have no IPv6 */
			return false;
		if (fd >= 0 && send(fd, "x", 1, MSG_NOSIGNAL) < 0 && errno == EPERM)
			return false;
		if (fd >= 0)
			close(fd);
	}
	return true;
}

static int go_out(const void *arg)
{
	struct settings s = of_channels("smtp");
	struct addrinfo *found = NULL;
	(void)arg;
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	if (walls_files(ROLE_COURIER, &s, NULL) != ERR_OK || walls_filter(WALLS_COURIER_OUT, NULL) != ERR_OK)
		return WALL_FAILED;
	if (getaddrinfo("localhost", "587", NULL, &found) != 0)
		return 10;
	freeaddrinfo(found);
	if (!ordinary_sockets_are_there())
		return 13;
	if (connect_fault(587) == EACCES)
		return 11;
	return walls_landlock_abi() < 4 || connect_fault(588) == EACCES ? HELD : 12;
}

static void a_courier_that_goes_out_resolves_names_and_reaches_its_ports_alone(void **state)
{
	(void)state;
	assert_int_equal(in_a_process(go_out, NULL), HELD);
}

/* A token may stand in a network: its process connects, where others' do not, or to their own ports alone. */
static int connect_somewhere(const void *arg)
{
	const unsigned *kind = arg;
	const struct settings s = of_channels(*kind == WALLS_COURIER_OUT ? "smtp" : "spool");
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(1), .sin_addr = {htonl(INADDR_LOOPBACK)}};
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	int fd = socket(AF_INET, SOCK_STREAM, 0), end = WALL_FAILED;
	if (walls_files(role_of(*kind), &s, NULL) == ERR_OK)
		end = refused(connect(fd, (struct sockaddr *)&a, sizeof a), *kind == ROLE_TOKEN ? ECONNREFUSED : EACCES);
	close(fd);
	return end;
}

static void the_token_alone_connects_before_the_filter(void **state)
{
	(void)state;
	for (size_t r = 0; walls_landlock_abi() >= 4 && r < sizeof kinds / sizeof *kinds; r++)
		assert_int_equal(in_a_process(connect_somewhere, &kinds[r]), HELD);
}

static int make_files(void **state)
{
	(void)state;
	char path[64];
	if (!mkdtemp(folder))
		return -1;
	snprintf(database, sizeof database, "%s/db", folder);
	snprintf(key_file, sizeof key_file, "%s/key", folder);
	snprintf(path, sizeof path, "%s/spool", folder);
	snprintf(spool, sizeof spool, "%s/spool/message", folder);
	if (mkdir(path, 0700) != 0)
		return -1;
	snprintf(path, sizeof path, "%s/token", folder);
	snprintf(token_file, sizeof token_file, "%s/token/object", folder);
	snprintf(module_file, sizeof module_file, "%s/module.so", folder);
	return mkdir(path, 0700) || file_publish(module_file, "x", 1, 0600, NULL) || file_publish(database, "x", 1, 0600, NULL) || file_publish(key_file, "x", 1, 0600, NULL);
}

static int remove_files(void **state)
{
	(void)state;
	char path[64];
	snprintf(path, sizeof path, "%s/spool", folder);
	unlink(spool);
	unlink(database);
	unlink(key_file);
	unlink(module_file);
	unlink(token_file);
	if (rmdir(path) != 0)
		return -1;
	snprintf(path, sizeof path, "%s/token", folder);
	return rmdir(path) || rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_forbidden_call_is_stopped_in_each_role),
		cmocka_unit_test(daily_work_threads_and_abort_go_on),
		cmocka_unit_test(filter_stands_before_threads_that_were_there_first),
		cmocka_unit_test(each_role_opens_its_own_files_and_no_others),
		cmocka_unit_test(no_role_binds_a_port_even_before_the_filter),
		cmocka_unit_test(only_a_courier_with_a_channel_that_needs_it_goes_out),
		cmocka_unit_test(a_courier_that_goes_out_resolves_names_and_reaches_its_ports_alone),
		cmocka_unit_test(the_token_alone_connects_before_the_filter),
	};
	return cmocka_run_group_tests_name("process_walls", tests, make_files, remove_files);
}

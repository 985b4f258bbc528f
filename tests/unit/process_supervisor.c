/* supervisor: inherited sockets are taken strictly by name; two living processes are linked, a dead one is not. */
#include "base/clock.h"
#include "base/pack.h"
#include "issuer/process/supervisor.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { FIRST = 3, PATIENCE = 5000 };

static struct settings all_inherited(void)
{
	return (struct settings){.public_listen = "fd", .members_listen = "fd", .status_listen = "fd", .ops_listen = "fd"};
}

static const struct handed {
	const char *name;
	const char *names; /* LISTEN_FDNAMES */
	int listening;     /* so many sockets listen; a further one, if named, does not */
	bool other_process;
	enum err wanted;
} handed[] = {
	{"all four", "public:members:status:ops", 4, false, ERR_OK},
	{"another order", "ops:status:members:public", 4, false, ERR_OK},
	{"one is missing", "public:members:status", 3, false, ERR_USAGE},
	{"a name of somebody else", "public:members:status:ops:http", 5, false, ERR_USAGE},
	{"a name twice", "public:members:status:public", 4, false, ERR_USAGE},
	{"without names", "", 4, false, ERR_USAGE},
	{"one does not listen", "public:members:status:ops", 3, false, ERR_USAGE},
	{"meant for another process", "public:members:status:ops", 4, true, ERR_USAGE},
};

static bool put_socket(int at, bool listening)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	bool fine = fd >= 0 && bind(fd, (struct sockaddr *)&a, sizeof a) == 0 && (!listening || listen(fd, 1) == 0);
	if (fine && fd != at) {
		fine = dup2(fd, at) == at;
		close(fd);
	}
	return fine;
}

/* In a process of its own: descriptors from 3 on are replaced. */
static int take_them(const struct handed *h)
{
	char count[16], pid[16], names[64];
	int n = 1, out[LISTENERS] = {-1, -1, -1, -1};
	for (const char *p = h->names; *p; p++)
		n += *p == ':';
	if (!h->names[0])
		n = 4;
	for (int i = 0; i < n; i++)
		if (!put_socket(FIRST + i, i < h->listening))
			return ERR_COUNT;
	snprintf(count, sizeof count, "%d", n);
	snprintf(pid, sizeof pid, "%d", h->other_process ? 1 : (int)getpid());
	snprintf(names, sizeof names, "%s", h->names);
	setenv("LISTEN_FDS", count, 1);
	setenv("LISTEN_PID", pid, 1);
	setenv("LISTEN_FDNAMES", names, 1);
	if (!h->names[0])
		unsetenv("LISTEN_FDNAMES");
	const struct settings s = all_inherited();
	enum err e = listeners_open(&s, out, NULL);
	if (!e && getenv("LISTEN_FDS"))
		return ERR_COUNT; /* it must not be inherited once more */
	return (int)e;
}

static void inherited_sockets_are_taken_by_name_or_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof handed / sizeof *handed; i++) {
		int status = 0;
		fflush(NULL);
		pid_t pid = fork();
		assert_true(pid >= 0);
		if (pid == 0)
			_exit(take_them(&handed[i]));
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFEXITED(status));
		if (WEXITSTATUS(status) != (int)handed[i].wanted)
			fail_msg("%s: %d", handed[i].name, WEXITSTATUS(status));
	}
}

static void address_that_is_not_ours_or_is_taken_is_refused(void **state)
{
	(void)state;
	int out[LISTENERS] = {-1, -1, -1, -1};
	struct errbuf why = {""};
	struct settings s = {.public_listen = "192.0.2.1:0", .members_listen = "127.0.0.1:0", .status_listen = "127.0.0.1:0",
			     .ops_listen = "127.0.0.1:0"};
	assert_int_equal(listeners_open(&s, out, &why), ERR_USAGE);
	assert_non_null(strstr(why.text, "public.listen = 192.0.2.1:0"));
	s.public_listen = "127.0.0.1:0";
	assert_int_equal(listeners_open(&s, out, &why), ERR_OK);
	struct sockaddr_in a;
	socklen_t len = sizeof a;
	assert_int_equal(getsockname(out[0], (struct sockaddr *)&a, &len), 0);
	char taken[32];
	snprintf(taken, sizeof taken, "127.0.0.1:%u", ntohs(a.sin_port));
	int more[LISTENERS] = {-1, -1, -1, -1};
	s.public_listen = taken;
	assert_int_equal(listeners_open(&s, more, &why), ERR_USAGE);
	for (int i = 0; i < LISTENERS; i++)
		close(out[i]);
}

/* The child's end of a control channel: what the supervisor said to it. */
static int receive(int fd, uint16_t op, enum role role)
{
	struct buf store = BUF_INIT(64);
	struct frame f;
	int passed = -1;
	assert_int_equal(frame_receive_fd(fd, &store, &f, &passed, clock_mono_ms() + PATIENCE), ERR_OK);
	struct unpack u = unpack_begin(f.body, f.len);
	assert_int_equal(f.op, op);
	assert_int_equal(unpack_u8(&u), role);
	assert_int_equal(unpack_end(&u), ERR_OK);
	assert_true(passed >= 0);
	buf_free(&store);
	return passed;
}

static void linked_processes_can_talk_and_a_dead_one_gets_no_link(void **state)
{
	(void)state;
	static struct supervisor s;
	int front[2], signer[2];
	struct buf store = BUF_INIT(64);
	struct frame said = {.op = 5, .body = (const uint8_t *)"hello", .len = 5}, heard;
	assert_int_equal(frame_pair(front), ERR_OK);
	assert_int_equal(frame_pair(signer), ERR_OK);
	s.processes[ROLE_FRONT] = (struct process){.role = ROLE_FRONT, .pid = 1, .control = front[0]};
	assert_int_equal(process_link(&s, ROLE_FRONT, ROLE_SIGNER), ERR_UNAVAILABLE);
	s.processes[ROLE_SIGNER] = (struct process){.role = ROLE_SIGNER, .pid = 1, .control = signer[0]};
	s.processes[ROLE_FRONT].relink_at[ROLE_SIGNER] = 1;
	assert_int_equal(process_link(&s, ROLE_FRONT, ROLE_SIGNER), ERR_OK);
	assert_int_equal(s.processes[ROLE_FRONT].relink_at[ROLE_SIGNER], 0);
	int serving = receive(signer[1], CONTROL_PEER, ROLE_FRONT);
	int calling = receive(front[1], CONTROL_LINE, ROLE_SIGNER);
	assert_int_equal(frame_send(calling, &said, clock_mono_ms() + PATIENCE), ERR_OK);
	assert_int_equal(frame_receive(serving, &store, &heard, clock_mono_ms() + PATIENCE), ERR_OK);
	assert_memory_equal(heard.body, "hello", 5);
	close(calling); /* nobody else may hold that end: its death must be seen at once */
	assert_int_equal(frame_receive(serving, &store, &heard, clock_mono_ms() + PATIENCE), ERR_CLOSED);
	close(serving);
	for (int i = 0; i < 2; i++) {
		close(front[i]);
		close(signer[i]);
	}
	buf_free(&store);
}

static void every_role_has_its_place_in_both_orders(void **state)
{
	(void)state;
	unsigned started = 0, stopped = 0;
	for (size_t i = 0; i < CHILD_ROLES; i++) {
		started |= 1u << start_order[i];
		stopped |= 1u << stop_order[i];
	}
	assert_int_equal(started, (1u << ROLE_COUNT) - 1 - (1u << ROLE_SUPERVISOR));
	assert_int_equal(stopped, started);
	for (size_t i = 0; i < link_count; i++) /* whoever asks is stopped before whoever answers */
		for (size_t k = 0; k < CHILD_ROLES && stop_order[k] != link_table[i].client; k++)
			assert_int_not_equal(stop_order[k], link_table[i].server);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(inherited_sockets_are_taken_by_name_or_refused),
		cmocka_unit_test(address_that_is_not_ours_or_is_taken_is_refused),
		cmocka_unit_test(linked_processes_can_talk_and_a_dead_one_gets_no_link),
		cmocka_unit_test(every_role_has_its_place_in_both_orders),
	};
	return cmocka_run_group_tests_name("process_supervisor", tests, NULL, NULL);
}

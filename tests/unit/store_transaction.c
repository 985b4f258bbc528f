/* Transactions: durable, undone whole, fair between processes; and what was erased is gone. */
#include "base/clock.h"
#include "issuer/store/store_internal.h"
#include "tests/support/store_folder.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>

enum { PROCESSES = 3, FAIR_MS = 1500 };

static void add_named(struct store *s, const char *slug)
{
	assert_int_equal(store_exec_one(s, STATEMENT_ORGANISATION_ADD,
					STORE_VALUES(value_text(slug), value_text(slug), value_text("N"), value_integer(1))),
			 ERR_OK);
}

static int count(struct store *s)
{
	int rows = 0;
	assert_int_equal(store_each(s, STATEMENT_ORGANISATION_LIST, STORE_VALUES(value_text(""), value_null(), value_integer(1000000)),
				    folder_count_row, &rows), ERR_OK);
	return rows;
}

static struct store *another(struct folder *f, enum store_mode mode)
{
	struct store *s = NULL;
	struct errbuf why = {0};
	if (store_open(f->db, mode, &s, &why) != ERR_OK)
		fail_msg("%s", why.text);
	return s;
}

static void what_is_committed_others_see_at_once(void **state)
{
	struct folder *f = *state;
	struct store *reader = another(f, STORE_READ_ONLY);
	assert_int_equal(store_begin(f->store), ERR_OK);
	add_named(f->store, "a");
	assert_int_equal(count(reader), 0);
	assert_int_equal(store_commit(f->store), ERR_OK);
	assert_int_equal(count(reader), 1);
	store_close(reader);
}

static void what_is_rolled_back_or_left_open_is_gone(void **state)
{
	struct folder *f = *state;
	assert_int_equal(store_begin(f->store), ERR_OK);
	add_named(f->store, "a");
	store_rollback(f->store);
	store_rollback(f->store);
	assert_int_equal(count(f->store), 0);
	struct store *careless = another(f, STORE_OPEN);
	assert_int_equal(store_begin(careless), ERR_OK);
	add_named(careless, "b");
	store_close(careless);
	assert_int_equal(count(f->store), 0);
}

static void a_part_is_undone_alone(void **state)
{
	struct store *s = ((struct folder *)*state)->store;
	assert_int_equal(store_begin(s), ERR_OK);
	add_named(s, "a");
	assert_int_equal(store_savepoint(s), ERR_OK);
	add_named(s, "b");
	store_rollback_to_savepoint(s);
	assert_int_equal(store_savepoint(s), ERR_OK);
	add_named(s, "c");
	assert_int_equal(store_release(s), ERR_OK);
	assert_int_equal(store_commit(s), ERR_OK);
	assert_int_equal(count(s), 2);
}

static void parts_outside_a_transaction_are_refused(void **state)
{
	struct store *s = ((struct folder *)*state)->store;
	assert_int_equal(store_savepoint(s), ERR_IO);
	assert_int_equal(store_release(s), ERR_IO);
	store_rollback_to_savepoint(s);
	assert_int_equal(store_commit(s), ERR_IO);
	assert_int_equal(store_begin(s), ERR_OK);
	assert_int_equal(store_begin(s), ERR_INTERNAL);
	assert_int_equal(store_commit(s), ERR_OK);
}

static void a_reader_never_begins_nor_writes(void **state)
{
	struct folder *f = *state;
	struct store *reader = another(f, STORE_READ_ONLY);
	assert_int_equal(store_begin(reader), ERR_INTERNAL);
	assert_int_equal(store_truncate_wal(reader), ERR_INTERNAL);
	assert_int_equal(store_exec(reader, STATEMENT_ORGANISATION_ADD,
				    STORE_VALUES(value_text("a"), value_text("a"), value_text("N"), value_integer(1)), NULL),
			 ERR_INTERNAL);
	store_close(reader);
}

/* The deferred begin that JOINTS.md warns of: read, another one writes, then write. */
static void a_write_after_a_read_sees_no_stale_snapshot(void **state)
{
	struct folder *f = *state;
	struct store *other = another(f, STORE_OPEN);
	for (int i = 0; i < 50; i++) {
		char slug[16];
		(void)count(f->store);
		snprintf(slug, sizeof slug, "o%d", i);
		assert_int_equal(store_begin(other), ERR_OK);
		add_named(other, slug);
		assert_int_equal(store_commit(other), ERR_OK);
		snprintf(slug, sizeof slug, "s%d", i);
		assert_int_equal(store_begin(f->store), ERR_OK);
		add_named(f->store, slug);
		assert_int_equal(store_commit(f->store), ERR_OK);
	}
	assert_int_equal(count(f->store), 100);
	store_close(other);
}

/* A writer that never rests, as its own process; the count of its commits, or -1. */
static void write_without_rest(const char *db, int who, _Atomic int *go, int *commits)
{
	struct store *s = NULL;
	char slug[32];
	*commits = -1;
	if (store_open(db, STORE_OPEN, &s, NULL) != ERR_OK)
		_exit(1);
	for (++*go; *go < PROCESSES;)
		usleep(100);
	int64_t end = clock_mono_ms() + FAIR_MS;
	for (int n = 0; clock_mono_ms() < end; *commits = ++n) {
		snprintf(slug, sizeof slug, "p%d-%d", who, n);
		if (store_begin(s) != ERR_OK ||
		    store_exec_one(s, STATEMENT_ORGANISATION_ADD,
				   STORE_VALUES(value_text(slug), value_text(slug), value_text("N"), value_integer(1))) != ERR_OK ||
		    store_commit(s) != ERR_OK)
			_exit(2);
	}
	_exit(0);
}

static void processes_that_write_without_rest_share_evenly(void **state)
{
	struct folder *f = *state;
	struct board {
		_Atomic int go;
		int commits[PROCESSES];
	} *board = mmap(NULL, sizeof *board, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t pids[PROCESSES];
	int least = 1 << 30, most = 0, sum = 0;
	assert_true(board != MAP_FAILED);
	for (int i = 0; i < PROCESSES; i++)
		if ((pids[i] = fork()) == 0)
			write_without_rest(f->db, i, &board->go, &board->commits[i]);
	for (int i = 0; i < PROCESSES; i++) {
		int status = -1;
		assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
		assert_int_equal(status, 0);
		least = board->commits[i] < least ? board->commits[i] : least;
		most = board->commits[i] > most ? board->commits[i] : most;
		sum += board->commits[i];
	}
	if (most > 2 * least)
		fail_msg("shares %d, %d, %d", board->commits[0], board->commits[1], board->commits[2]);
	assert_int_equal(count(f->store), sum);
	munmap(board, sizeof *board);
}

static void wait_byte(int fd)
{
	char byte;
	while (read(fd, &byte, 1) < 0 && errno == EINTR)
		;
}

static pid_t holder(struct folder *f, int *ready)
{
	int ends[2];
	assert_int_equal(pipe(ends), 0);
	pid_t pid = fork();
	if (pid == 0) {
		struct store *s = NULL;
		if (store_open(f->db, STORE_OPEN, &s, NULL) != ERR_OK || store_begin(s) != ERR_OK)
			_exit(1);
		(void)!write(ends[1], "x", 1);
		for (;;)
			pause();
	}
	close(ends[1]);
	*ready = ends[0];
	return pid;
}

static void a_holder_that_dies_lets_go(void **state)
{
	struct folder *f = *state;
	int ready, status;
	pid_t pid = holder(f, &ready);
	wait_byte(ready);
	close(ready);
	int fd = -1;
	assert_int_equal(lock_open(f->db, &fd, NULL), ERR_OK);
	assert_int_equal(lock_take(fd, 100), ERR_UNAVAILABLE);
	close(fd);
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(store_begin(f->store), ERR_OK);
	add_named(f->store, "a");
	assert_int_equal(store_commit(f->store), ERR_OK);
}

/* Disk full in the middle of a commit, played by a limit on the size of files. */
static int commit_on_a_full_disk(struct folder *f)
{
	static char big[1 << 20];
	struct store *s = NULL;
	const struct rlimit small = {.rlim_cur = 200000, .rlim_max = RLIM_INFINITY}, none = {RLIM_INFINITY, RLIM_INFINITY};
	memset(big, 'b', sizeof big - 1);
	signal(SIGXFSZ, SIG_IGN);
	if (store_open(f->db, STORE_OPEN, &s, NULL) != ERR_OK || setrlimit(RLIMIT_FSIZE, &small) != 0 ||
	    store_begin(s) != ERR_OK)
		return 1;
	enum err e = store_exec(s, STATEMENT_ORGANISATION_ADD,
				STORE_VALUES(value_text("big"), value_text("big"), value_text(big), value_integer(1)), NULL);
	enum err committed = store_commit(s);
	if (committed == ERR_OK)
		return 2;
	if (e != ERR_OK && e != ERR_IO)
		return 3;
	if (setrlimit(RLIMIT_FSIZE, &none) != 0 || store_begin(s) != ERR_OK ||
	    store_exec_one(s, STATEMENT_ORGANISATION_ADD,
			   STORE_VALUES(value_text("a"), value_text("a"), value_text("A"), value_integer(1))) != ERR_OK ||
	    store_commit(s) != ERR_OK)
		return 4;
	store_close(s);
	return 0;
}

static void a_full_disk_acknowledges_nothing_and_heals(void **state)
{
	struct folder *f = *state;
	int status = -1;
	pid_t pid = fork();
	if (pid == 0)
		_exit(commit_on_a_full_disk(f));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	assert_int_equal(count(f->store), 1);
}

static off_t log_size(const struct folder *f)
{
	struct stat st;
	char path[96];
	snprintf(path, sizeof path, "%s-wal", f->db);
	assert_int_equal(stat(path, &st), 0);
	return st.st_size;
}

/* It may then be forbidden to open any file, or the folder of a new log to sync it. */
static void opening_writes_once(void **state)
{
	struct folder *f = *state;
	struct store *second = NULL;
	assert_int_equal(store_truncate_wal(f->store), ERR_OK);
	assert_int_equal(log_size(f), 0);
	assert_int_equal(store_open(f->db, STORE_OPEN, &second, NULL), ERR_OK);
	assert_true(log_size(f) > 0);
	store_close(second);
}

/* What SQLite finds unchanged it does not write, and the full disk would be told to be well. */
static void a_try_writes_and_changes_nothing(void **state)
{
	struct folder *f = *state;
	struct rlimit before, none;
	int version = 0;
	assert_int_equal(store_truncate_wal(f->store), ERR_OK);
	assert_int_equal(store_try_write(f->store), ERR_OK);
	assert_true(log_size(f) > 0);
	assert_int_equal(schema_version(f->store->db, &version, NULL), ERR_OK);
	assert_int_equal(version, schema_newest);
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	none = before;
	none.rlim_cur = 0;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
	enum err refused = store_try_write(f->store);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	assert_int_equal(refused, ERR_IO);
	assert_int_equal(store_try_write(f->store), ERR_OK);
}

static void a_commit_outlives_a_process_that_is_killed(void **state)
{
	struct folder *f = *state;
	int status;
	pid_t pid = fork();
	if (pid == 0) {
		struct store *s = NULL;
		if (store_open(f->db, STORE_OPEN, &s, NULL) != ERR_OK || store_begin(s) != ERR_OK)
			_exit(1);
		add_named(s, "a");
		if (store_commit(s) == ERR_OK)
			kill(getpid(), SIGKILL);
		_exit(1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	store_close(f->store);
	f->store = another(f, STORE_OPEN);
	assert_int_equal(count(f->store), 1);
}

static int holds(const char *path, const char *canary)
{
	struct buf bytes = BUF_INIT(1 << 26);
	folder_read(path, &bytes);
	int found = bytes.len && memmem(bytes.data, bytes.len, canary, strlen(canary)) != NULL;
	buf_free(&bytes);
	return found;
}

static void add_canaries(struct store *s, const char *canary)
{
	static char sealed[20000];
	for (size_t at = 0; at + 64 < sizeof sealed; at += 64)
		memcpy(sealed + at, canary, strlen(canary));
	assert_int_equal(store_begin(s), ERR_OK);
	for (int i = 0; i < 20; i++) {
		char id[8];
		snprintf(id, sizeof id, "m%d", i);
		assert_int_equal(store_exec_one(s, STATEMENT_MESSAGE_ADD,
						STORE_VALUES(value_text(id), value_null(), value_null(), value_text("link"),
							     value_text("mail"), value_blob(sealed, i % 2 == 1 ? 200 : sizeof sealed),
							     value_integer(1), value_integer(1), value_integer(2))), ERR_OK);
	}
	assert_int_equal(store_commit(s), ERR_OK);
}

static void what_was_erased_is_in_no_file(void **state)
{
	static const char canary[] = "CANARY-7f3a-of-a-sealed-message";
	struct folder *f = *state;
	char wal[100];
	snprintf(wal, sizeof wal, "%s-wal", f->db);
	add_canaries(f->store, canary);
	assert_int_equal(store_truncate_wal(f->store), ERR_OK);
	assert_true(holds(f->db, canary)); /* so that its absence says something */
	assert_int_equal(store_begin(f->store), ERR_OK);
	for (int i = 0; i < 20; i++) {
		char id[8];
		snprintf(id, sizeof id, "m%d", i);
		assert_int_equal(store_exec_one(f->store, STATEMENT_MESSAGE_END,
						STORE_VALUES(value_text("dropped"), value_text("test"), value_text(id))), ERR_OK);
	}
	assert_int_equal(store_commit(f->store), ERR_OK);
	assert_int_equal(store_truncate_wal(f->store), ERR_OK);
	assert_false(holds(f->db, canary));
	assert_false(holds(wal, canary));
}

static enum err truncate_beneath(void *ctx, const struct row *r)
{
	(void)r;
	return store_truncate_wal(ctx);
}

static void a_log_that_a_reader_holds_is_not_said_to_be_truncated(void **state)
{
	struct folder *f = *state;
	struct store *reader = another(f, STORE_READ_ONLY);
	add_canaries(f->store, "something");
	assert_int_equal(store_each(reader, STATEMENT_MESSAGE_DUE, STORE_VALUES(value_integer(10)),
				    truncate_beneath, f->store), ERR_UNAVAILABLE);
	assert_int_equal(store_truncate_wal(f->store), ERR_OK);
	store_close(reader);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, folder_open, folder_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_is_committed_others_see_at_once),
		TEST(what_is_rolled_back_or_left_open_is_gone),
		TEST(a_part_is_undone_alone),
		TEST(parts_outside_a_transaction_are_refused),
		TEST(a_reader_never_begins_nor_writes),
		TEST(a_write_after_a_read_sees_no_stale_snapshot),
		TEST(processes_that_write_without_rest_share_evenly),
		TEST(a_holder_that_dies_lets_go),
		TEST(a_full_disk_acknowledges_nothing_and_heals),
		TEST(opening_writes_once),
		TEST(a_try_writes_and_changes_nothing),
		TEST(a_commit_outlives_a_process_that_is_killed),
		TEST(what_was_erased_is_in_no_file),
		TEST(a_log_that_a_reader_holds_is_not_said_to_be_truncated),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* One thread that commits for many. */
#include "base/clock.h"
#include "base/log.h"
#include "issuer/store/store_internal.h"
#include "issuer/store/writer.h"
#include "tests/support/store_folder.h"

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

enum { THREADS = 64, JOBS = 50 };

struct work {
	struct writer *writer;
	int thread, job;
	bool fails;
};

static enum err add_row(struct store *s, const char *slug)
{
	return store_exec_one(s, STATEMENT_ORGANISATION_ADD,
			      STORE_VALUES(value_text(slug), value_text(slug), value_text("N"), value_integer(1)));
}

static void slug_of(const struct work *w, const char *part, char out[32])
{
	snprintf(out, 32, "t%d-%d-%s", w->thread, w->job, part);
}

/* Two rows; a failing one writes the first and then fails. */
static enum err two_rows(struct store *s, void *ctx)
{
	const struct work *w = ctx;
	char slug[32];
	slug_of(w, "a", slug);
	enum err e = add_row(s, slug);
	if (e)
		return e;
	if (w->fails)
		return ERR_LIMIT;
	slug_of(w, "b", slug);
	return add_row(s, slug);
}

static bool fails(int thread, int job)
{
	return (thread + job) % 5 == 0;
}

static void *work_thread(void *arg)
{
	struct work w = *(struct work *)arg;
	intptr_t wrong = 0;
	for (w.job = 0; w.job < JOBS; w.job++) {
		w.fails = fails(w.thread, w.job);
		wrong += writer_run(w.writer, two_rows, &w) != (w.fails ? ERR_LIMIT : ERR_OK);
	}
	return (void *)wrong;
}

static bool row_is_there(struct store *s, const char *slug)
{
	int rows = 0;
	assert_int_equal(store_each(s, STATEMENT_ORGANISATION_SHOW, STORE_VALUES(value_text(slug)), folder_count_row, &rows),
			 ERR_OK);
	return rows == 1;
}

static struct writer *start(struct folder *f)
{
	struct store *s = NULL;
	struct writer *w = NULL;
	assert_int_equal(store_open(f->db, STORE_OPEN, &s, NULL), ERR_OK);
	assert_int_equal(writer_start(s, &w), ERR_OK);
	return w;
}

static void each_job_is_committed_whole_or_undone_alone(void **state)
{
	struct folder *f = *state;
	struct writer *writer = start(f);
	pthread_t threads[THREADS];
	struct work work[THREADS];
	for (int i = 0; i < THREADS; i++) {
		work[i] = (struct work){.writer = writer, .thread = i};
		assert_int_equal(pthread_create(&threads[i], NULL, work_thread, &work[i]), 0);
	}
	for (int i = 0; i < THREADS; i++) {
		void *wrong = NULL;
		pthread_join(threads[i], &wrong);
		assert_null(wrong);
	}
	for (int i = 0; i < THREADS * JOBS; i++) {
		struct work w = {.thread = i / JOBS, .job = i % JOBS};
		char a[32], b[32];
		slug_of(&w, "a", a);
		slug_of(&w, "b", b);
		bool wanted = !fails(w.thread, w.job);
		if (row_is_there(f->store, a) != wanted || row_is_there(f->store, b) != wanted)
			fail_msg("job %d of thread %d is not %s", w.job, w.thread, wanted ? "there whole" : "gone");
	}
	writer_stop(writer);
}

static void a_job_is_durable_when_its_caller_goes_on(void **state)
{
	struct folder *f = *state;
	struct writer *writer = start(f);
	for (int i = 0; i < 20; i++) {
		struct work w = {.job = i};
		char slug[32];
		assert_int_equal(writer_run(writer, two_rows, &w), ERR_OK);
		slug_of(&w, "b", slug);
		assert_true(row_is_there(f->store, slug)); /* another connection */
	}
	writer_stop(writer);
}

static void a_constraint_violation_is_the_jobs_value(void **state)
{
	struct folder *f = *state;
	struct writer *writer = start(f);
	struct work w = {0};
	assert_int_equal(writer_run(writer, two_rows, &w), ERR_OK);
	assert_int_equal(writer_run(writer, two_rows, &w), ERR_EXISTS);
	writer_stop(writer);
}

static enum err end_the_transaction(struct store *s, void *ctx)
{
	(void)ctx;
	store_rollback(s);
	return ERR_OK;
}

static void *vandal_thread(void *arg)
{
	intptr_t ok = 0;
	for (int i = 0; i < JOBS; i++)
		ok += writer_run(arg, end_the_transaction, NULL) == ERR_OK;
	return (void *)ok;
}

/* A part that cannot be closed (the disk is full, the transaction is gone): nobody of that group is told ERR_OK, and
 * the next group works. */
static void a_lost_transaction_acknowledges_nobody(void **state)
{
	struct folder *f = *state;
	struct writer *writer = start(f);
	pthread_t vandal;
	bool told[JOBS * 4];
	void *ok = NULL;
	assert_int_equal(pthread_create(&vandal, NULL, vandal_thread, writer), 0);
	for (int i = 0; i < JOBS * 4; i++) {
		struct work w = {.job = i};
		enum err e = writer_run(writer, two_rows, &w);
		told[i] = e == ERR_OK;
		assert_true(e == ERR_OK || e == ERR_IO);
	}
	pthread_join(vandal, &ok);
	assert_null(ok);
	for (int i = 0; i < JOBS * 4; i++) {
		struct work w = {.job = i};
		char slug[32];
		slug_of(&w, "b", slug);
		if (row_is_there(f->store, slug) != told[i])
			fail_msg("job %d was told %d", i, told[i]);
	}
	struct work w = {.thread = 1};
	assert_int_equal(writer_run(writer, two_rows, &w), ERR_OK);
	writer_stop(writer);
}

/* The database may not grow: what SQLite says of a full disk. */
static enum err fill(struct store *s, void *ctx)
{
	const struct work *w = ctx;
	enum err e = store_sql(s->db, "PRAGMA max_page_count = 1");
	for (int i = 0; !e && i < 10000; i++) {
		char slug[32];
		snprintf(slug, sizeof slug, "f%d-%d", w->job, i);
		e = add_row(s, slug);
	}
	return e;
}

static void a_disk_fault_is_tried_again_though_nobody_asks(void **state)
{
	struct folder *f = *state;
	struct writer *writer = start(f);
	struct work w = {0};
	log_threshold(LOG_LEVEL_ALARM + 1); /* the alarm is wanted */
	assert_int_equal(writer_run(writer, fill, &w), ERR_FULL);
	assert_int_equal(writer_fault(writer), ERR_FULL);
	assert_false(row_is_there(f->store, "f0-0"));
	int64_t until = clock_mono_ms() + 10000;
	while (writer_fault(writer) && clock_mono_ms() < until)
		(void)!poll(NULL, 0, 20);
	assert_int_equal(writer_fault(writer), ERR_OK);
	writer_stop(writer);
	log_threshold(LOG_LEVEL_INFO);
}

/* No transaction begins above an open read: ERR_INTERNAL, as little a word of the disk as want of memory. */
static enum err fill_and_leave_a_read_open(struct store *s, void *ctx)
{
	s->reading++;
	return fill(s, ctx);
}

static void a_fault_lasts_though_a_transaction_fails_for_another_reason(void **state)
{
	struct folder *f = *state;
	struct writer *writer = start(f);
	struct work w = {0};
	log_threshold(LOG_LEVEL_ALARM + 1);
	assert_int_equal(writer_run(writer, fill_and_leave_a_read_open, &w), ERR_FULL);
	assert_int_equal(writer_run(writer, two_rows, &w), ERR_INTERNAL);
	assert_int_equal(writer_fault(writer), ERR_FULL);
	writer_stop(writer);
	log_threshold(LOG_LEVEL_INFO);
}

struct taker {
	struct readers *readers;
	_Atomic int *out;
	_Atomic int *most;
};

static void *take_and_give(void *arg)
{
	struct taker *t = arg;
	for (int i = 0; i < 200; i++) {
		struct store *s = readers_take(t->readers);
		int now = ++*t->out, before = *t->most;
		while (now > before && !atomic_compare_exchange_weak(t->most, &before, now))
			;
		(void)row_is_there(s, "none");
		--*t->out;
		readers_give(t->readers, s);
	}
	return NULL;
}

static void readers_are_lent_one_at_a_time(void **state)
{
	struct folder *f = *state;
	struct readers *readers = NULL;
	_Atomic int out = 0, most = 0;
	pthread_t threads[8];
	assert_int_equal(readers_open(f->db, 3, &readers, NULL), ERR_OK);
	struct taker t = {readers, &out, &most};
	for (int i = 0; i < 8; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, take_and_give, &t), 0);
	for (int i = 0; i < 8; i++)
		pthread_join(threads[i], NULL);
	assert_in_range(most, 1, 3);
	struct store *s = readers_take(readers);
	assert_int_equal(store_begin(s), ERR_INTERNAL);
	readers_give(readers, s);
	readers_close(readers);
}

static void readers_of_a_missing_database_are_refused(void **state)
{
	struct readers *readers = NULL;
	(void)state;
	assert_int_equal(readers_open("/nowhere/none.db", 2, &readers, NULL), ERR_NOT_FOUND);
	assert_null(readers);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, folder_open, folder_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(each_job_is_committed_whole_or_undone_alone),
		TEST(a_job_is_durable_when_its_caller_goes_on),
		TEST(a_constraint_violation_is_the_jobs_value),
		TEST(a_lost_transaction_acknowledges_nobody),
		TEST(a_disk_fault_is_tried_again_though_nobody_asks),
		TEST(a_fault_lasts_though_a_transaction_fails_for_another_reason),
		TEST(readers_are_lent_one_at_a_time),
		cmocka_unit_test(readers_of_a_missing_database_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

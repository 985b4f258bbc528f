/* Workers: what is accepted is run exactly once, what does not fit is refused, and stopping loses nothing. */
#include "base/clock.h"
#include "issuer/http/workers.h"
#include "tests/support/test.h"

#include <pthread.h>
#include <stdatomic.h>

static _Atomic unsigned ran;

static void count(void *ctx)
{
	(void)ctx;
	atomic_fetch_add(&ran, 1);
}

struct gate {
	pthread_mutex_t lock;
	_Atomic bool inside;
};

static void wait_at_gate(void *ctx)
{
	struct gate *g = ctx;
	atomic_store(&g->inside, true);
	pthread_mutex_lock(&g->lock);
	pthread_mutex_unlock(&g->lock);
	atomic_fetch_add(&ran, 1);
}

static void a_full_queue_refuses_and_what_was_accepted_is_run(void **state)
{
	struct gate g = {.lock = PTHREAD_MUTEX_INITIALIZER};
	struct workers *w = NULL;
	(void)state;
	ran = 0;
	pthread_mutex_lock(&g.lock);
	assert_int_equal(workers_start(1, 4, &w), ERR_OK);
	assert_true(workers_put(w, wait_at_gate, &g));
	for (int64_t end = clock_mono_ms() + 5000; !atomic_load(&g.inside) && clock_mono_ms() < end;)
		sched_yield();
	for (int i = 0; i < 4; i++)
		assert_true(workers_put(w, count, NULL));
	assert_false(workers_put(w, count, NULL));
	assert_int_equal(workers_waiting(w), 4);
	pthread_mutex_unlock(&g.lock);
	workers_stop(w);
	assert_int_equal(ran, 5);
	workers_free(w);
}

static void after_the_stop_everything_is_refused(void **state)
{
	struct workers *w = NULL;
	(void)state;
	ran = 0;
	assert_int_equal(workers_start(3, 8, &w), ERR_OK);
	workers_stop(w);
	assert_false(workers_put(w, count, NULL));
	workers_stop(w); /* twice is harmless */
	workers_free(w);
	assert_int_equal(ran, 0);
}

static void *put_many(void *ctx)
{
	unsigned accepted = 0;
	for (int i = 0; i < 20000; i++)
		accepted += workers_put(ctx, count, NULL);
	return (void *)(uintptr_t)accepted;
}

static void many_threads_put_and_each_job_runs_once(void **state)
{
	struct workers *w = NULL;
	pthread_t threads[4];
	unsigned accepted = 0;
	(void)state;
	ran = 0;
	assert_int_equal(workers_start(4, 16, &w), ERR_OK);
	for (int i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, put_many, w), 0);
	for (int i = 0; i < 4; i++) {
		void *n = NULL;
		pthread_join(threads[i], &n);
		accepted += (unsigned)(uintptr_t)n;
	}
	workers_stop(w);
	workers_free(w);
	assert_true(accepted > 0);
	assert_int_equal(ran, accepted);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_full_queue_refuses_and_what_was_accepted_is_run),
		cmocka_unit_test(after_the_stop_everything_is_refused),
		cmocka_unit_test(many_threads_put_and_each_job_runs_once),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Recipients whose keys of RSA are being made: some wait for them, the rest are told to ask again, and nobody holds up a stop. */
#include "tests/support/order_bench.h"

#include <poll.h>

enum { NEVER = 1000000, CALLS = KEY_WAITERS_MOST + 5, SOON_MS = 2000 };

static bool made(const struct parcel *p)
{
	struct collect_view view;
	assert_ok(collect_look(&bench.desk, p->token, p->claim, &view));
	return view.ready;
}

static void who_may_wait_finds_the_file_made(void **unused)
{
	(void)unused;
	struct parcel p;
	bench_order(&p);
	bench_claim(&p);
	fake.not_yet = 5;
	assert_ok(bench_prepare(&p));
	assert_true(made(&p));
	assert_int_equal(fake.asked, 6);
	assert_int_equal(bench.desk.key_wait.waiters, 0);
}

static _Atomic unsigned returned;

static void *prepare(void *arg)
{
	enum err rc = bench_prepare(arg);
	returned++;
	return (void *)(uintptr_t)rc;
}

static void wait_for_returned(unsigned n)
{
	int64_t until = clock_mono_ms() + SOON_MS;
	while (returned < n && clock_mono_ms() < until)
		poll(NULL, 0, 5);
	assert_int_equal(returned, n);
}

/* However many they are, the other workers are free for revocations; and all are when the front is to stop. */
static void few_wait_the_rest_ask_again_and_a_stop_sends_all_away(void **unused)
{
	(void)unused;
	static struct parcel p[CALLS];
	pthread_t threads[CALLS];
	returned = 0;
	for (int i = 0; i < CALLS; i++) {
		bench_order(&p[i]);
		bench_claim(&p[i]);
	}
	fake.not_yet = NEVER;
	for (int i = 0; i < CALLS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, prepare, &p[i]), 0);
	wait_for_returned(CALLS - KEY_WAITERS_MOST);
	assert_int_equal(bench.desk.key_wait.waiters, KEY_WAITERS_MOST);
	key_wait_end(&bench.desk.key_wait);
	wait_for_returned(CALLS);
	for (int i = 0; i < CALLS; i++) {
		void *rc = NULL;
		pthread_join(threads[i], &rc);
		assert_int_equal((uintptr_t)rc, ERR_OK);
		assert_false(made(&p[i]));
	}
	unsigned asked = fake.asked;
	assert_ok(bench_prepare(&p[0]));
	assert_int_equal(fake.asked, asked); /* nothing new is begun */
	bench.desk.key_wait = (struct key_wait){0};
	fake.not_yet = 0;
	assert_ok(bench_prepare(&p[0])); /* as after a reload */
	assert_true(made(&p[0]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		BENCH_TEST(who_may_wait_finds_the_file_made),
		BENCH_TEST(few_wait_the_rest_ask_again_and_a_stop_sends_all_away),
	};
	return cmocka_run_group_tests(tests, NULL, bench_group_end);
}

/* Whoever ordered is told when the order locks: with the lock, and once. */
#include "tests/support/order_bench.h"

static void give_email(const char *email)
{
	bench_sql("UPDATE staff SET email = %Q WHERE id = %Q", email, BENCH_STAFF);
}

static void lock_it(struct parcel *p)
{
	int left = 0;
	for (int i = 0; i < 4; i++)
		assert_err(bench_try(p, "22222222", &left), ERR_WRONG_CODE);
	assert_int_equal(bench_messages(p->id, "locked_order", "waiting"), 0);
	assert_err(bench_try(p, "22222222", &left), ERR_LOCKED);
}

static void a_lock_is_told_to_whoever_ordered(void **unused)
{
	struct parcel p;
	struct message m;
	(void)unused;
	give_email("ola@example.com");
	bench_order(&p);
	lock_it(&p);
	assert_int_equal(bench_messages(p.id, "locked_order", "waiting"), 1);
	bench_open(p.id, "locked_order", &m);
	assert_string_equal(m.to, "ola@example.com");
	assert_string_equal(buf_string(&m.subject), "Locked: the certificate for E-Banking");
	assert_non_null(strstr(buf_string(&m.text), "Recipient: Kari Nordmann"));
	assert_non_null(strstr(buf_string(&m.text), "counterfoil order unlock"));
	assert_null(strstr(buf_string(&m.text), p.token));
	assert_null(strstr(buf_string(&m.text), BENCH_MOBILE));
	message_clear(&m);
	assert_int_equal(bench_audits("notice.missed", p.id), 0);
}

static void each_lock_is_told(void **unused)
{
	struct parcel p;
	(void)unused;
	give_email("ola@example.com");
	bench_order(&p);
	lock_it(&p);
	bench_clock(BENCH_NOW + 60);
	assert_ok(order_unlock(&bench.desk, &bench_staff, p.id, NULL));
	bench_read_code(&p);
	bench_sql("UPDATE message SET state = 'sent', sealed = NULL WHERE kind = 'locked_order'");
	lock_it(&p);
	assert_int_equal(bench_messages(p.id, "locked_order", "waiting"), 1);
	assert_int_equal(bench_messages(p.id, "locked_order", "sent"), 1);
}

/* Wrong codes for an order that is claimed take its newest code, and lock nothing. */
static void what_does_not_lock_is_not_told(void **unused)
{
	struct parcel p;
	int left = 0;
	(void)unused;
	give_email("ola@example.com");
	bench_reach(&p, ORDER_COLLECTING);
	assert_ok(collect_new_code(&bench.desk, &bench_recipient, p.token, "1234", NULL));
	for (int i = 0; i < 5; i++)
		assert_err(bench_try(&p, "22222222", &left), ERR_WRONG_CODE);
	assert_state(p.id, ORDER_COLLECTING);
	assert_int_equal(bench_messages(p.id, "locked_order", "waiting"), 0);
	assert_int_equal(bench_audits("notice.missed", p.id), 0);
}

static void without_an_address_it_locks_and_the_history_has_it(void **unused)
{
	struct parcel p;
	(void)unused;
	bench_order(&p);
	lock_it(&p);
	assert_state(p.id, ORDER_LOCKED);
	assert_int_equal(bench_messages(p.id, "locked_order", "waiting"), 0);
	assert_int_equal(bench_audits("notice.missed", p.id), 1);
}

struct guess {
	const struct parcel *p;
	pthread_t thread;
};

static void *try_one(void *ctx)
{
	const struct guess *g = ctx;
	struct secret *claim = NULL;
	int left = 0;
	(void)!collect_code(&bench.desk, &bench_recipient, g->p->token, "22222222", 8, &claim, &left, NULL);
	secret_free(claim);
	return NULL;
}

static void thirty_two_guesses_at_once_tell_once(void **unused)
{
	struct parcel p;
	struct guess guesses[32];
	(void)unused;
	give_email("ola@example.com");
	bench_order(&p);
	for (size_t i = 0; i < COUNT(guesses); i++) {
		guesses[i].p = &p;
		assert_int_equal(pthread_create(&guesses[i].thread, NULL, try_one, &guesses[i]), 0);
	}
	for (size_t i = 0; i < COUNT(guesses); i++)
		pthread_join(guesses[i].thread, NULL);
	assert_state(p.id, ORDER_LOCKED);
	assert_int_equal(bench_messages(p.id, "locked_order", "waiting"), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		BENCH_TEST(a_lock_is_told_to_whoever_ordered),
		BENCH_TEST(each_lock_is_told),
		BENCH_TEST(what_does_not_lock_is_not_told),
		BENCH_TEST(without_an_address_it_locks_and_the_history_has_it),
		BENCH_TEST(thirty_two_guesses_at_once_tell_once),
	};
	return cmocka_run_group_tests(tests, NULL, bench_group_end);
}

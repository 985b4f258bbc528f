/* The guards that stand in the WHERE of a statement, one by one: a step that looked first and was overtaken before its
 * transaction must change nothing. */
#include "tests/support/order_bench.h"

enum { VALUES_MOST = 7 };

struct attempt {
	enum statement statement;
	struct value values[VALUES_MOST];
	size_t count;
	int64_t affected;
};

static enum err run_attempt(struct store *s, void *ctx)
{
	struct attempt *a = ctx;
	enum err e = store_exec(s, a->statement, a->values, a->count, &a->affected);
	return e != ERR_OK ? e : ERR_LIMIT; /* rolled back: each case begins from the same rows */
}

static int64_t affected(struct attempt *a)
{
	a->affected = -1;
	assert_err(writer_run(bench.desk.writer, run_attempt, a), ERR_LIMIT);
	return a->affected;
}

/* Each change alone must stop the statement; without any it acts on exactly one row. */
static void check_guards(struct attempt *a, const char *const *changes, size_t n)
{
	assert_int_equal(affected(a), 1);
	for (size_t i = 0; i < n; i++) {
		bench_sql("CREATE TABLE kept_orders AS SELECT * FROM orders; CREATE TABLE kept_parcel AS SELECT * FROM parcel;"
			  "CREATE TABLE kept_certificate AS SELECT * FROM certificate; CREATE TABLE kept_code AS SELECT * FROM code");
		bench_sql("%s", changes[i]);
		if (affected(a) != 0)
			fail_msg("not stopped by: %s", changes[i]);
		bench_sql("REPLACE INTO orders SELECT * FROM kept_orders; REPLACE INTO parcel SELECT * FROM kept_parcel;"
			  "REPLACE INTO certificate SELECT * FROM kept_certificate; REPLACE INTO code SELECT * FROM kept_code;"
			  "DROP TABLE kept_orders; DROP TABLE kept_parcel; DROP TABLE kept_certificate; DROP TABLE kept_code");
		assert_int_equal(affected(a), 1);
	}
}

static void a_receipt_needs_state_claim_download_parcel_and_a_live_certificate(void **unused)
{
	static const char *const changes[] = {
		"UPDATE orders SET state = 'offered'",
		"UPDATE orders SET state = 'received'",
		"UPDATE orders SET state = 'cancelled'",
		"UPDATE orders SET claim_hash = zeroblob(32)",
		"UPDATE orders SET claim_hash = NULL",
		"UPDATE orders SET served_at = NULL",
		"UPDATE parcel SET erased_at = 1",
		"UPDATE parcel SET serial = 'another'",
		"UPDATE certificate SET status = 'revoked'",
	};
	struct parcel p;
	uint8_t claim[32];
	(void)unused;
	bench_reach(&p, ORDER_COLLECTING);
	assert_ok(token_hash(p.claim, strlen(p.claim), claim));
	struct attempt a = {STATEMENT_ORDER_RECEIVE,
			    {value_text("received"), value_integer(bench.now), value_text(p.id), value_blob(claim, 32),
			     value_text(order_states_before(EVENT_RECEIVE))},
			    5, 0};
	check_guards(&a, changes, COUNT(changes));
}

static void a_cancellation_leaves_no_certificate_that_it_did_not_revoke(void **unused)
{
	static const char *const changes[] = {
		"UPDATE certificate SET status = 'valid'", /* stored after the look */
		"UPDATE certificate SET status = 'held'",
		"UPDATE orders SET state = 'in_use'",
		"UPDATE orders SET state = 'cancelled'",
		"UPDATE orders SET state = 'lapsed'",
	};
	struct parcel p;
	(void)unused;
	bench_reach(&p, ORDER_COLLECTING);
	bench_sql("UPDATE certificate SET status = 'revoked'");
	struct attempt a = {STATEMENT_ORDER_CANCEL,
			    {value_text("cancelled"), value_integer(bench.now), value_text(p.id),
			     value_text(order_states_before(EVENT_CANCEL)), value_text("")},
			    5, 0};
	check_guards(&a, changes, COUNT(changes));
}

static void a_claim_needs_an_unused_living_code_and_an_open_order(void **unused)
{
	static const char *const code_changes[] = {"UPDATE code SET used_at = 1", "UPDATE code SET dead_at = 1"};
	static const char *const order_changes[] = {
		"UPDATE orders SET state = 'locked'", "UPDATE orders SET state = 'lapsed'",
		"UPDATE orders SET state = 'cancelled'", "UPDATE orders SET state = 'received'",
		"UPDATE orders SET state = 'approved'"};
	struct parcel p;
	char code[ID_SIZE];
	(void)unused;
	bench_order(&p);
	assert_int_equal(bench_value(code, sizeof code, "SELECT id FROM code"), 16);
	struct attempt use = {STATEMENT_CODE_USE, {value_integer(bench.now), value_text(code)}, 2, 0};
	check_guards(&use, code_changes, COUNT(code_changes));
	struct attempt claim = {STATEMENT_ORDER_CLAIM,
				{value_text("collecting"), value_integer(bench.now), value_blob("x", 1), value_text(p.id),
				 value_text(order_states_before(EVENT_CLAIM))},
				5, 0};
	check_guards(&claim, order_changes, COUNT(order_changes));
}

static void a_try_needs_a_code_that_can_still_be_right(void **unused)
{
	static const char *const changes[] = {
		"UPDATE code SET tries = 5",
		"UPDATE code SET used_at = 1",
		"UPDATE code SET dead_at = 1",
		"UPDATE code SET handed_over_at = 1",
		"UPDATE code SET handed_over_at = NULL, created_at = 1",
		"UPDATE orders SET link_until = 1",
		"UPDATE orders SET link_hash = zeroblob(32)",
		"UPDATE orders SET state = 'locked'",
		"UPDATE orders SET state = 'received'",
		"UPDATE orders SET state = 'collecting', claimed_at = 1",
	};
	struct parcel p;
	uint8_t link[32];
	(void)unused;
	bench_order(&p);
	assert_ok(token_hash(p.token, strlen(p.token), link));
	struct attempt a = {STATEMENT_CODE_TRY,
			    {value_integer(bench.now), value_blob(link, 32), value_text(order_states_before(EVENT_CLAIM)),
			     value_integer(bench.now - 86400), value_integer(5), value_integer(bench.now - 1800), value_integer(1800)},
			    7, 0};
	check_guards(&a, changes, COUNT(changes));
}

static void a_download_is_noted_for_the_claimant_alone(void **unused)
{
	static const char *const changes[] = {
		"UPDATE orders SET claim_hash = zeroblob(32)",
		"UPDATE orders SET state = 'offered'",
		"UPDATE orders SET served = 1",
		"UPDATE orders SET served = 3",
	};
	struct parcel p;
	uint8_t claim[32];
	(void)unused;
	bench_order(&p);
	bench_claim(&p);
	assert_ok(token_hash(p.claim, strlen(p.claim), claim));
	struct attempt a = {STATEMENT_ORDER_SERVED,
			    {value_integer(bench.now), value_integer(1), value_text(p.id), value_blob(claim, 32)}, 4, 0};
	check_guards(&a, changes, COUNT(changes));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		BENCH_TEST(a_receipt_needs_state_claim_download_parcel_and_a_live_certificate),
		BENCH_TEST(a_cancellation_leaves_no_certificate_that_it_did_not_revoke),
		BENCH_TEST(a_claim_needs_an_unused_living_code_and_an_open_order),
		BENCH_TEST(a_try_needs_a_code_that_can_still_be_right),
		BENCH_TEST(a_download_is_noted_for_the_claimant_alone),
	};
	return cmocka_run_group_tests(tests, NULL, bench_group_end);
}

/* A link that is dead takes the time of one that never was, whatever killed it: counted in the steps of the database, where
 * the times themselves are the campaign's (tests/campaign/timing). */
#include "tests/support/order_bench.h"

#include "issuer/order/row.h"
#include "issuer/store/store_internal.h"

static enum err take_nothing(void *ctx, const struct row *r)
{
	(void)ctx, (void)r;
	return ERR_OK;
}

/* What one look behind a link costs. */
static int steps_behind(const char *token, const char *claim, enum err wanted)
{
	uint8_t link[HASH_BYTES] = {0}, claimed[HASH_BYTES] = {0};
	const struct value values[] = {value_blob(link, HASH_BYTES), value_integer(bench.now),
				       value_integer(bench.now - bench.settings.claim_life), value_blob(claimed, HASH_BYTES),
				       value_integer(bench.now - DAY)};
	assert_ok(token_hash(token, strlen(token), link));
	if (claim)
		assert_ok(token_hash(claim, strlen(claim), claimed));
	struct store *s = readers_take(bench.desk.readers);
	assert_err(store_one(s, STATEMENT_ORDER_BY_LINK, values, COUNT(values), take_nothing, NULL), wanted);
	sqlite3_stmt *q = s->prepared[STATEMENT_ORDER_BY_LINK];
	sqlite3_stmt_status(q, SQLITE_STMTSTATUS_VM_STEP, 1); /* of the first time */
	assert_err(store_one(s, STATEMENT_ORDER_BY_LINK, values, COUNT(values), take_nothing, NULL), wanted);
	int steps = sqlite3_stmt_status(q, SQLITE_STMTSTATUS_VM_STEP, 1);
	readers_give(bench.desk.readers, s);
	return steps;
}

/* Behind every link there is another one that lives, as there is where many are: a search ends on an entry, not at the end. */
static void add_the_last_one(void)
{
	struct parcel last;
	bench_order(&last);
	bench_sql("UPDATE orders SET link_hash = X'ffffffffffffffff' WHERE id = %Q", last.id);
}

static const struct ended {
	const char *name;
	enum order_state state;
	const char *change;
} ends[] = {
	{"cancelled", ORDER_CANCELLED, NULL},
	{"received", ORDER_RECEIVED, NULL},
	{"received long ago", ORDER_RECEIVED, "UPDATE orders SET received_at = 1"},
	{"its password sent", ORDER_PASSWORD_SENT, NULL},
	{"in use", ORDER_IN_USE, NULL},
	{"offered, and about to lapse", ORDER_OFFERED, "UPDATE orders SET link_until = 1"},
	{"locked, and about to lapse", ORDER_LOCKED, "UPDATE orders SET link_until = 1"},
	{"claimed, and its link has ended", ORDER_COLLECTING, "UPDATE orders SET link_until = 1"},
	{"claimed, and about to lapse", ORDER_COLLECTING, "UPDATE orders SET link_until = 1, claimed_at = 1"},
};

static void a_dead_link_costs_what_an_unknown_one_costs(void **state)
{
	const size_t last = COUNT(ends) - 1;
	(void)state;
	for (size_t i = 0; i <= last; i++) {
		struct parcel p, unknown;
		bench_end(NULL);
		bench_begin(NULL);
		bench_reach(&p, ends[i].state);
		unknown = p;
		unknown.token[0] = p.token[0] == 'A' ? 'B' : 'A';
		if (ends[i].change)
			bench_sql("%s", ends[i].change);
		add_the_last_one();
		int had = steps_behind(p.token, NULL, ERR_NOT_FOUND), wanted = steps_behind(unknown.token, NULL, ERR_NOT_FOUND);
		if (had != wanted)
			fail_msg("%s: %d steps, an unknown one takes %d", ends[i].name, had, wanted);
	}
}

/* Whoever holds the claim still finds it: the order of a claim that runs, and of a receipt for a day. */
static void the_claimant_alone_finds_what_was_received(void **state)
{
	struct parcel p, other;
	(void)state;
	bench_reach(&p, ORDER_RECEIVED);
	other = p;
	other.claim[0] = p.claim[0] == 'A' ? 'B' : 'A';
	int found = steps_behind(p.token, p.claim, ERR_OK);
	int missed = steps_behind(p.token, other.claim, ERR_NOT_FOUND);
	assert_true(found > missed);
	(void)steps_behind(p.token, NULL, ERR_NOT_FOUND);
	other = p;
	other.token[0] = p.token[0] == 'A' ? 'B' : 'A'; /* a claim opens its own link */
	(void)steps_behind(other.token, p.claim, ERR_NOT_FOUND);
}

/* What a change is held against, as who holds another is told it. */
static void read_tag(const char *order, char out[64])
{
	struct errbuf why = {{0}};
	assert_err(order_look(&bench.desk, &bench_staff, order, "\"another\"", &why), ERR_PRECONDITION);
	const char *tag = strstr(why.text, "its tag is ");
	assert_non_null(tag);
	snprintf(out, 64, "%.*s", (int)strcspn(tag + 11, " "), tag + 11);
	assert_ok(order_look(&bench.desk, &bench_staff, order, out, &why));
}

static void each_sending_has_a_tag_of_its_own_within_one_second_too(void **unused)
{
	struct parcel p;
	char tags[3][64];
	struct errbuf why = {{0}};
	(void)unused;
	bench_order(&p);
	for (size_t i = 0; i < COUNT(tags); i++) {
		read_tag(p.id, tags[i]);
		assert_ok(order_resend(&bench.desk, &bench_staff, p.id, &why));
		for (size_t k = 0; k <= i; k++)
			assert_err(order_look(&bench.desk, &bench_staff, p.id, tags[k], &why), ERR_PRECONDITION);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		BENCH_TEST(each_sending_has_a_tag_of_its_own_within_one_second_too),
		BENCH_TEST(a_dead_link_costs_what_an_unknown_one_costs),
		BENCH_TEST(the_claimant_alone_finds_what_was_received),
	};
	return cmocka_run_group_tests(tests, NULL, bench_group_end);
}

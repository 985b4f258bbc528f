/* Each allocation and each call into OpenSSL and SQLite fails in turn while an order is asked for that others are to
 * approve, is approved, and is rejected: it is done whole, or not at all and can be done again; nothing is sent before. */
#include "tests/support/failing.h"

#define FAKE_SPARED FAILING_SPARED
#include "tests/support/order_bench.h"

#include "base/encode.h"

/* In `make check`; a campaign takes every one. */
enum { SAMPLE = 40 };

#define APPROVER "approveraaaaaaaa"
static const struct actor approver = {.id = APPROVER, .role = "approver", .request = "request-3"};

static struct {
	char id[ID_SIZE], digest[FACTS_HASH_SIZE];
	json_t *body;
	int64_t orders;
	struct errbuf why;
} at;

static void add_approver(void)
{
	bench.settings.approvals = 1;
	bench_sql("INSERT OR IGNORE INTO staff (id, name, role, status, created_at, email) VALUES ('" APPROVER "', 'Anne', 'approver',"
		  " 'active', 1, 'anne@example.com')");
}

static enum err ask(void)
{
	struct faults faults = {0};
	enum err rc = order_new(&bench.desk, &bench_staff, at.body, at.id, &faults, &at.why);
	faults_clear(&faults);
	return rc;
}

static void require_nothing_sent(void)
{
	failing_require(bench_integer("SELECT COUNT(*) FROM message WHERE order_id = %Q AND kind IN ('link', 'code')", at.id) == 0);
	failing_require(bench_integer("SELECT COUNT(*) FROM orders WHERE id = %Q AND ticket IS NULL AND link_hash IS NULL", at.id) == 1);
}

static void before_ask(void)
{
	at.body = bench_order_body();
	add_approver();
	at.orders = bench_integer("SELECT COUNT(*) FROM orders");
}

/* Whether the approvers could be told or not. */
static void after_ask(enum err rc, bool failed)
{
	failing_require(failed || rc == ERR_OK);
	failing_require(bench_integer("SELECT COUNT(*) FROM orders") == at.orders + (rc == ERR_OK));
	if (rc != ERR_OK)
		failing_require(ask() == ERR_OK);
	assert_state(at.id, ORDER_REQUESTED);
	require_nothing_sent();
	failing_require(bench_audits("order.requested", at.id) == 1);
	failing_require(bench_messages(at.id, "approval", "waiting") + bench_audits("notice.missed", at.id) == 1);
	bench_sql("UPDATE orders SET created_at = 1"); /* no more of this hour */
	json_decref(at.body);
}

static void a_request_is_whole_or_none(void **state)
{
	(void)state;
	static const struct failing_work work = {.name = "order_new", .before = before_ask, .act = ask, .after = after_ask};
	failing_each(&work, SAMPLE);
}

static void before_approve(void)
{
	uint8_t digest[FACTS_DIGEST_BYTES + 1];
	char sql[96];
	before_ask();
	failing_require(ask() == ERR_OK);
	json_decref(at.body);
	snprintf(sql, sizeof sql, "SELECT digest FROM orders WHERE id = '%s'", at.id);
	failing_require(bench_value(digest, sizeof digest, sql) == FACTS_DIGEST_BYTES);
	hex_encode(digest, FACTS_DIGEST_BYTES, at.digest);
}

static enum err approve_it(void)
{
	return order_approve(&bench.desk, &approver, at.id, at.digest, &at.why);
}

static void after_approve(enum err rc, bool failed)
{
	failing_require(failed || rc == ERR_OK);
	if (rc != ERR_OK) {
		assert_state(at.id, ORDER_REQUESTED);
		require_nothing_sent();
		failing_require(bench_integer("SELECT COUNT(*) FROM approval WHERE order_id = %Q", at.id) == 0);
		failing_require(approve_it() == ERR_OK);
	}
	assert_state(at.id, ORDER_OFFERED);
	failing_require(bench_messages(at.id, "link", "waiting") == 1 && bench_messages(at.id, "code", "waiting") == 1);
	failing_require(bench_audits("order.approval", at.id) == 1 && bench_audits("order.approved", at.id) == 1);
	failing_require(approve_it() == ERR_CONFLICT);
}

static void an_approval_is_whole_or_none(void **state)
{
	(void)state;
	static const struct failing_work work = {.name = "order_approve", .before = before_approve, .act = approve_it,
						 .after = after_approve};
	failing_each(&work, SAMPLE);
}

static enum err reject_it(void)
{
	return order_reject(&bench.desk, &approver, at.id, "not this one", &at.why);
}

static void after_reject(enum err rc, bool failed)
{
	failing_require(failed || rc == ERR_OK);
	if (rc != ERR_OK) {
		assert_state(at.id, ORDER_REQUESTED);
		failing_require(reject_it() == ERR_OK);
	}
	assert_state(at.id, ORDER_REJECTED);
	require_nothing_sent();
	failing_require(bench_audits("order.rejected", at.id) == 1);
	failing_require(approve_it() == ERR_CONFLICT);
}

static void a_rejection_is_whole_or_none(void **state)
{
	(void)state;
	static const struct failing_work work = {.name = "order_reject", .before = before_approve, .act = reject_it,
						 .after = after_reject};
	failing_each(&work, SAMPLE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		BENCH_TEST(a_request_is_whole_or_none),
		BENCH_TEST(an_approval_is_whole_or_none),
		BENCH_TEST(a_rejection_is_whole_or_none),
	};
	return cmocka_run_group_tests(tests, NULL, bench_group_end);
}

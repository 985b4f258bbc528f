/* Each call that a receipt makes fails in turn: what it says and its record, and the staff's mail, are written together or not at
 * all, and the gateway's next try finds the way open. */
#include "tests/support/failing.h"
#include "tests/support/order_bench.h"

#include "issuer/order/outbox.h"

enum { SAMPLE = 60 };

static struct {
	struct parcel p;
	char id[ID_SIZE];
} at;

static void before(void)
{
	bench_order(&at.p);
	bench_sql("UPDATE message SET state = 'sent', attempts = 1 WHERE order_id = %Q AND kind = 'code'", at.p.id);
	bench_sql("DELETE FROM message WHERE kind = 'dead'");
	char sql[160];
	snprintf(sql, sizeof sql, "SELECT id FROM message WHERE order_id = '%s' AND kind = 'code'", at.p.id);
	assert_int_equal(bench_value(at.id, sizeof at.id, sql), ID_SIZE - 1);
}

static int64_t marked(const char *column)
{
	char sql[160];
	snprintf(sql, sizeof sql, "SELECT COUNT(*) FROM message WHERE id = '%s' AND %s IS NOT NULL", at.id, column);
	return bench_integer(sql);
}

static int64_t mails(void)
{
	return bench_integer("SELECT COUNT(*) FROM message WHERE kind = 'dead'");
}

static enum err deliver(void)
{
	return message_delivered(&bench.desk, at.id);
}

static enum err fail_it(void)
{
	return message_undelivered(&bench.desk, at.id, "30003");
}

static void noted_once(enum err rc, bool failed)
{
	failing_require(failed || rc == ERR_OK);
	failing_require(marked("delivered_at") == (rc == ERR_OK));
	failing_require(bench_audits("message.delivered", at.p.id) == (rc == ERR_OK));
	failing_require(deliver() == ERR_OK && marked("delivered_at") == 1);
	failing_require(bench_audits("message.delivered", at.p.id) == 1);
	failing_require(fail_it() == ERR_OK && marked("failed_at") == 0 && mails() == 0); /* too late */
}

static void noted_and_told_once(enum err rc, bool failed)
{
	failing_require(failed || rc == ERR_OK);
	failing_require(marked("failed_at") == (rc == ERR_OK));
	failing_require(bench_audits("message.undelivered", at.p.id) == (rc == ERR_OK));
	failing_require(mails() == (rc == ERR_OK));
	failing_require(fail_it() == ERR_OK && marked("failed_at") == 1 && mails() == 1);
	failing_require(bench_audits("message.undelivered", at.p.id) == 1);
	failing_require(deliver() == ERR_OK && marked("delivered_at") == 1 && marked("failed_at") == 0);
}

static void a_receipt_is_noted_whole_or_not_at_all(void **state)
{
	(void)state;
	static const struct failing_work work = {
		.name = "message_delivered", .before = before, .act = deliver, .after = noted_once, .without_openssl = true};
	failing_each(&work, SAMPLE);
}

static void a_failure_is_noted_and_told_whole_or_not_at_all(void **state)
{
	(void)state;
	static const struct failing_work work = {
		.name = "message_undelivered", .before = before, .act = fail_it, .after = noted_and_told_once};
	bench.settings.staff_mail = "staff@example.com";
	failing_each(&work, SAMPLE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		BENCH_TEST(a_receipt_is_noted_whole_or_not_at_all),
		BENCH_TEST(a_failure_is_noted_and_told_whole_or_not_at_all),
	};
	return cmocka_run_group_tests(tests, NULL, bench_group_end);
}

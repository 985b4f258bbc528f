/* Each allocation and each call into OpenSSL and SQLite of a member's life fails in turn: the member is there with its order and its
 * audit record, or nothing of it is; a change is made, audited and told, or none of it; an end that was cut off is ended by asking
 * again. */
#include "tests/support/failing.h"

#define FAKE_SPARED FAILING_SPARED
#include "tests/support/order_bench.h"

#include "issuer/order/staff.h"

enum { SAMPLE = 8 };
#define MEMBER "memberaaaaaaaaaa"

static struct {
	json_t *body;
	char id[ID_SIZE];
	int64_t audits;
} at;

static int64_t members(void)
{
	return bench_integer("SELECT COUNT(*) FROM staff");
}

static int64_t orders(void)
{
	return bench_integer("SELECT COUNT(*) FROM orders WHERE staff_id IS NOT NULL AND state = 'offered'");
}

static void clean(void)
{
	bench_sql("BEGIN; DELETE FROM message; DELETE FROM code; DELETE FROM orders; DELETE FROM certificate; DELETE FROM staff"
		  " WHERE id <> %Q; COMMIT", BENCH_STAFF);
	at.audits = bench_integer("SELECT COUNT(*) FROM audit");
}

static enum err add(void)
{
	struct faults faults = {0};
	struct errbuf why = {{0}};
	enum err e = staff_add(&bench.desk, &bench_staff, at.body, at.id, &faults, &why);
	faults_clear(&faults);
	return e;
}

static void there_with_its_order_or_not_at_all(enum err rc, bool failed)
{
	int64_t made = rc == ERR_OK;
	failing_require(failed || made);
	failing_require(members() == 1 + made && orders() == made);
	failing_require(bench_integer("SELECT COUNT(*) FROM message") == 2 * made);
	failing_require(bench_integer("SELECT COUNT(*) FROM audit WHERE sequence > %lld AND json_extract(record, '$.what') ="
				      " 'staff.added'", (long long)at.audits) == made);
	if (!made)
		failing_require(add() == ERR_OK && members() == 2);
}

static void a_member_is_there_with_its_order_or_not_at_all(void **unused)
{
	static const struct failing_work work = {.name = "staff_add", .before = clean, .act = add, .after = there_with_its_order_or_not_at_all};
	(void)unused;
	at.body = json_pack("{s:s, s:s, s:s, s:s}", "name", "Kari", "role", "support", "email", "kari@example.org", "mobile", BENCH_MOBILE);
	failing_each(&work, SAMPLE);
	json_decref(at.body);
}

static void before_a_change(void)
{
	clean();
	bench_sql("INSERT INTO staff (id, name, role, status, created_at, email, mobile) VALUES (%Q, 'Ola', 'support', 'active', 1,"
		  " 'ola@example.org', '+4790000000')", MEMBER);
}

static enum err change(void)
{
	struct faults faults = {0};
	struct errbuf why = {{0}};
	const struct staff_wish wish = {.staff = MEMBER, .if_match = "\"1\"", .body = at.body};
	enum err e = staff_change(&bench.desk, &bench_staff, &wish, &faults, &why);
	faults_clear(&faults);
	return e;
}

static void changed_told_and_audited_or_none_of_it(enum err rc, bool failed)
{
	int64_t made = rc == ERR_OK;
	failing_require(failed || made);
	failing_require(bench_integer("SELECT version FROM staff WHERE id = %Q", MEMBER) == 1 + made);
	failing_require(bench_integer("SELECT COUNT(*) FROM message") == made);
	failing_require(bench_integer("SELECT COUNT(*) FROM audit") == at.audits + made);
}

static void a_change_is_whole_or_not_there(void **unused)
{
	static const struct failing_work work = {.name = "staff_change", .before = before_a_change, .act = change,
						 .after = changed_told_and_audited_or_none_of_it};
	(void)unused;
	at.body = json_pack("{s:s, s:s}", "role", "auditor", "mobile", "+4640001199");
	failing_each(&work, SAMPLE);
	json_decref(at.body);
}

static enum err renew(void)
{
	struct errbuf why = {{0}};
	return staff_renew(&bench.desk, &bench_staff, MEMBER, at.id, &why);
}

static void ordered_or_not(enum err rc, bool failed)
{
	failing_require(failed || rc == ERR_OK);
	failing_require(orders() == (rc == ERR_OK));
}

static void a_renewal_is_ordered_or_it_is_not(void **unused)
{
	static const struct failing_work work = {.name = "staff_renew", .before = before_a_change, .act = renew, .after = ordered_or_not};
	(void)unused;
	failing_each(&work, SAMPLE);
}

static void before_a_removal(void)
{
	before_a_change();
	bench_sql("INSERT INTO certificate (serial, issuer, kind, staff_id, fingerprint, subject, not_before, not_after, der, status,"
		  " created_at) VALUES ('00112233445566778899aabbccddeeff00112233', 'i', 'staff', %Q, X'02', 's', 1, 2, X'00', 'valid', 1)",
		  MEMBER);
	assert_ok(renew());
}

static enum err end(void)
{
	struct errbuf why = {{0}};
	return staff_remove(&bench.desk, &bench_staff, MEMBER, "left", &why);
}

static bool all_is_over(void)
{
	return bench_integer("SELECT COUNT(*) FROM staff WHERE id = %Q AND status = 'removed'", MEMBER) == 1 && orders() == 0 &&
	       bench_integer("SELECT COUNT(*) FROM certificate WHERE status <> 'revoked'") == 0;
}

static void over_or_over_when_asked_again(enum err rc, bool failed)
{
	failing_require(failed || rc == ERR_OK);
	failing_require(rc != ERR_OK || all_is_over());
	if (rc != ERR_OK) {
		enum err again = end();
		failing_require(again == ERR_OK || again == ERR_CONFLICT); /* nothing was left to do */
		failing_require(all_is_over());
	}
}

static void an_end_that_was_cut_off_is_ended_by_asking_again(void **unused)
{
	static const struct failing_work work = {.name = "staff_remove", .before = before_a_removal, .act = end,
						 .after = over_or_over_when_asked_again};
	(void)unused;
	failing_each(&work, SAMPLE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		BENCH_TEST(a_member_is_there_with_its_order_or_not_at_all),
		BENCH_TEST(a_change_is_whole_or_not_there),
		BENCH_TEST(a_renewal_is_ordered_or_it_is_not),
		BENCH_TEST(an_end_that_was_cut_off_is_ended_by_asking_again),
	};
	return cmocka_run_group_tests(tests, NULL, bench_group_end);
}

/* Each allocation and each call into OpenSSL and SQLite of a sweep fails in turn: what time has overtaken ends with its notice
 * or not yet, and the next round ends it. */
#include "tests/support/failing.h"

#define FAKE_SPARED FAILING_SPARED
#include "tests/support/clerk_fakes.h"

#include "base/log.h"
#include "tests/support/clerk_mail.h"

enum { SAMPLE = 60 };

static void make_them(void)
{
	sql("DELETE FROM message; DELETE FROM code; DELETE FROM parcel; DELETE FROM orders; DELETE FROM audit");
	sql("DELETE FROM moved; INSERT INTO moved VALUES ('k', 'old@acme.example', NULL, 1)");
	fake.clerk->forgot = 0;
	add_order("claim", "collecting", NOW + DAYS, NOW - DAYS);
	add_order("password", "received", NOW - DAYS, NOW - 2 * DAYS);
	sql("UPDATE orders SET received_at = %d WHERE id = 'password'", NOW - DAYS);
	add_parcel("password", serial_of('1'));
	add_order("wrong", "offered", NOW + DAYS, 0);
	sql("INSERT INTO code (id, order_id, generation, hmac, tries, last_try_at, created_at, asked_by)"
	    " VALUES ('z', 'wrong', 1, X'00', 5, %d, 1, 'staff')", NOW - HOUR);
}

static enum err sweep(void)
{
	struct errbuf why = {0};
	return clerk_sweep(fake.clerk, NOW, &why);
}

/* Of an order that has ended: one mail, or one record that there was none. Of one that has not: neither. */
static const char *faults(void)
{
	return ask("SELECT group_concat(o.id || o.state) FROM orders o WHERE (SELECT COUNT(*) FROM message m WHERE m.order_id = o.id)"
		   " + (SELECT COUNT(*) FROM audit a WHERE a.object = o.id AND json_extract(a.record, '$.what') = 'notice.missed')"
		   " <> (o.state IN ('lapsed', 'locked') OR (o.state = 'received' AND (SELECT q.sealed_password IS NULL FROM parcel q"
		   " WHERE q.order_id = o.id)))");
}

static void ended_and_told_or_neither(enum err rc, bool failed)
{
	failing_require(failed || rc == ERR_OK);
	failing_require(strcmp(faults(), "") == 0);
	failing_require(failed || strcmp(ask("SELECT COUNT(*) FROM message"), "3") == 0);
	failing_require(failed || strcmp(ask("SELECT COUNT(*) FROM moved"), "0") == 0);
	failing_require(store_begin(fake.clerk->store) == ERR_OK); /* the next transaction undoes what could not be rolled back */
	store_rollback(fake.clerk->store);
	failing_require(sweep() == ERR_OK);
	failing_require(strcmp(faults(), "") == 0);
	failing_require(strcmp(ask("SELECT COUNT(*) FROM moved"), "0") == 0);
	const char *had = ask("SELECT group_concat(state) FROM (SELECT state FROM orders ORDER BY id)");
	if (strcmp(had, "lapsed,received,locked") != 0)
		fail_msg("%s: %s", failing_where(), had);
}

static void an_end_and_its_notice_are_one(void **state)
{
	(void)state;
	static const struct failing_work work = {
		.name = "clerk_sweep", .before = make_them, .act = sweep, .after = ended_and_told_or_neither};
	tell("staff@acme.example");
	failing_each(&work, SAMPLE);
}

static void make_link(void)
{
	sql("DELETE FROM message; DELETE FROM orders; DELETE FROM staff");
	add_offered();
}

static enum err remind(void)
{
	struct errbuf why = {0};
	return clerk_remind(fake.clerk, NOW, &why);
}

static const char *whole(void)
{
	return ask("SELECT COUNT(*) FROM message WHERE kind = 'reminder' AND sealed IS NOT NULL");
}

static void reminded_once_or_not_yet(enum err rc, bool failed)
{
	/* the reader of JSON says of facts that it had no memory for what it says of damaged ones: those are left for the next round */
	failing_require(failed || (rc == ERR_OK && strcmp(whole(), "1") == 0));
	failing_require(rc == ERR_OK || strcmp(whole(), "0") == 0);
	failing_require(store_begin(fake.clerk->store) == ERR_OK);
	store_rollback(fake.clerk->store);
	failing_require(remind() == ERR_OK && strcmp(whole(), "1") == 0);
	failing_require(strcmp(ask("SELECT COUNT(*) FROM message WHERE kind = 'reminder'"), "1") == 0);
}

static void a_reminder_is_whole_and_comes_once(void **state)
{
	(void)state;
	static const struct failing_work work = {
		.name = "clerk_remind", .before = make_link, .act = remind, .after = reminded_once_or_not_yet};
	tell("");
	failing_each(&work, SAMPLE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CLERK_TEST(an_end_and_its_notice_are_one),
		CLERK_TEST(a_reminder_is_whole_and_comes_once),
	};
	return cmocka_run_group_tests(tests, languages_set_up, languages_tear_down);
}

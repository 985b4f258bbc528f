/* Each call of the try that locks an order, and of a contact's change, fails in turn: the lock and its notice, the change and its
 * mails, stand together or not at all. */
#include "tests/support/failing.h"
#include "tests/support/order_bench.h"

enum { SAMPLE = 60 };

static struct {
	struct parcel p;
	int left;
} at;

static enum err try_wrong(void)
{
	struct secret *claim = NULL;
	enum err rc = collect_code(&bench.desk, &bench_recipient, at.p.token, "22222222", 8, &claim, &at.left, NULL);
	secret_free(claim);
	return rc;
}

static void before_the_last_try(void)
{
	bench_order(&at.p);
	bench_sql("UPDATE code SET tries = 4 WHERE order_id = %Q", at.p.id);
}

static enum err the_last_try(void)
{
	enum err rc = try_wrong();
	return rc == ERR_LOCKED ? ERR_OK : rc;
}

static int told(void)
{
	return bench_messages(at.p.id, "locked_order", "waiting") + bench_audits("notice.missed", at.p.id);
}

static void locked_and_told_or_neither(enum err rc, bool failed)
{
	bool locked = bench_state(at.p.id) == ORDER_LOCKED;
	failing_require(failed || rc == ERR_OK);
	failing_require(rc != ERR_OK || locked);
	failing_require(told() == locked);
	failing_require(failed || bench_messages(at.p.id, "locked_order", "waiting") == 1);
	if (locked)
		return;
	/* either the try was not counted, or whoever counted it died before the lock, which is the clerk's then */
	failing_require(rc == ERR_OK || try_wrong() != ERR_OK);
	failing_require(told() == (bench_state(at.p.id) == ORDER_LOCKED));
}

static void a_lock_and_its_notice_are_one(void **unused)
{
	(void)unused;
	static const struct failing_work work = {.name = "collect_code (the last try)", .before = before_the_last_try,
						 .act = the_last_try, .after = locked_and_told_or_neither};
	bench_sql("UPDATE staff SET email = 'ola@example.com'");
	failing_each(&work, SAMPLE);
}

static int64_t moved(void)
{
	return bench_integer("SELECT COUNT(*) FROM contact WHERE email = 'kn@example.net' AND mobile = '+4640001199'");
}

static void before_the_change(void)
{
	bench_sql("UPDATE contact SET email = 'kari@example.org', mobile = %Q", BENCH_MOBILE);
	bench_sql("DELETE FROM message WHERE kind IN ('new_email', 'new_mobile'); DELETE FROM moved");
}

static enum err change(void)
{
	char id[ID_SIZE];
	struct faults faults = {0};
	int spared = failing_pause();
	json_t *body = json_pack("{s:s, s:s}", "email", "kn@example.net", "mobile", "+4640001199");
	failing_resume(&spared);
	const struct directory_change wish = {.kind = DIRECTORY_CONTACT, .contact = "kari@example.org", .body = body};
	enum err e = body ? directory_change(&bench.desk, &bench_staff, &wish, id, &faults, NULL) : ERR_MEMORY;
	faults_clear(&faults);
	json_decref(body);
	return e;
}

static void moved_and_told_or_neither(enum err rc, bool failed)
{
	failing_require(failed || rc == ERR_OK);
	failing_require(moved() == (rc == ERR_OK));
	failing_require(bench_integer("SELECT COUNT(*) FROM message WHERE kind IN ('new_email', 'new_mobile')") == 4 * moved());
	failing_require(bench_integer("SELECT COUNT(*) FROM moved") == moved());
	if (rc != ERR_OK)
		failing_require(change() == ERR_OK && moved() == 1);
}

static void a_change_and_its_mails_are_one(void **unused)
{
	(void)unused;
	static const struct failing_work work = {.name = "directory_change", .before = before_the_change, .act = change,
						 .after = moved_and_told_or_neither};
	failing_each(&work, SAMPLE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		BENCH_TEST(a_lock_and_its_notice_are_one),
		BENCH_TEST(a_change_and_its_mails_are_one),
	};
	return cmocka_run_group_tests(tests, NULL, bench_group_end);
}

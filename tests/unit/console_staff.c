/* The pages of the staff: a member is added, changed, suspended, restored and removed by forms, and everybody has a page of their own. */
#include "tests/support/console_walk.h"

#define ADA "/console/staff/" BENCH_STAFF

/* The first administrator has a certificate, so that the last one is not in question. */
static void stand(const char *role)
{
	if (bench_integer("SELECT COUNT(*) FROM certificate WHERE staff_id = %Q", BENCH_STAFF) == 0)
		bench_sql("INSERT INTO certificate (serial, issuer, kind, staff_id, fingerprint, subject, not_before, not_after, der, status, created_at)"
			  " VALUES ('0123456789abcdef0123456789abcdef01234567', %Q, 'staff', %Q, x'00', 'CN=Ada', 1, 9999999999, x'00', 'valid', 1)",
			  BENCH_ISSUER, BENCH_STAFF);
	console_as(role);
}

static void add(const char *name, char address[512])
{
	char form[256];
	snprintf(form, sizeof form, "name=%s&role=support&email=%s%%40example.org&mobile=%%2B4790000001&language=nb", name, name);
	walk_submit("/console/staff", form, "staffed", address);
}

static void a_member_is_added_and_its_parcel_goes_out(void **state)
{
	(void)state;
	char address[512];
	stand("administrator");
	walk_expect("/console/staff", 200, "What happens then");
	add("siri", address);
	walk_expect(address, 200, "Unlocks, sends again, revokes");
	walk_expect(address, 200, "siri@example.org");
	walk_expect(address, 200, "Orders of its own certificates");
	assert_int_equal(bench_integer("SELECT COUNT(*) FROM orders WHERE staff_id IS NOT NULL"), 1);
	char order[32], at[64];
	bench_value(order, sizeof order, "SELECT id FROM orders");
	snprintf(at, sizeof at, "/console/orders/%s", order);
	walk_expect(at, 200, "For a member of the staff");
	walk_expect("/console/orders", 200, "siri");
	walk_refused("/console/staff", "name=x&role=&email=x&mobile=1&organisation=none", "add-role", "value=\"none\"");
	walk_refused("/console/staff", "name=x&role=root&email=x&mobile=1", "add-email", "value=\"x\"");
}

static void a_member_is_changed_suspended_restored_and_removed(void **state)
{
	(void)state;
	char address[512], at[600];
	stand("administrator");
	add("siri", address);
	walk_submit(address, "name=Siri+Solheim&role=auditor&organisation=sparebank&email=siri%40example.org&mobile=%2B4790000001&language=&if_match=%221%22",
		    "changed", NULL);
	walk_expect(address, 200, "<h1>Siri Solheim</h1>");
	walk_expect(address, 200, "Limited to <a href=\"/console/organisations/sparebank\">");
	struct reply r = walk(address, "name=Late&role=auditor&email=siri%40example.org&mobile=%2B4790000001&if_match=%221%22");
	console_expect(&r, 412);
	walk_has(&r, "Siri Solheim", true);
	reply_clear(&r);
	snprintf(at, sizeof at, "%s/suspend", address);
	walk_submit(at, "reason=on+leave", "suspended", NULL);
	walk_expect(address, 200, "Suspended: on leave");
	walk_without(address, "id=\"suspend\"");
	snprintf(at, sizeof at, "%s/restore", address);
	walk_submit(at, "", "restored", NULL);
	snprintf(at, sizeof at, "%s/remove", address);
	walk_refused(at, "reason=has+left&confirm=Siri", "remove-confirm", "value=\"has left\"");
	walk_submit(at, "reason=has+left&confirm=Siri+Solheim", "removed", NULL);
	walk_expect(address, 200, "Removed: has left");
	walk_without(address, "name=\"token\"");
}

static void the_last_administrator_stays(void **state)
{
	(void)state;
	char name[300], form[400];
	stand("administrator");
	bench_value(name, sizeof name, "SELECT name FROM staff WHERE id = '" BENCH_STAFF "'");
	snprintf(form, sizeof form, "reason=x&confirm=%s", name);
	for (char *c = form; *c; c++)
		*c = *c == ' ' ? '+' : *c;
	struct reply r = walk(ADA "/remove", form);
	console_expect(&r, 409);
	walk_has(&r, "administrator", true);
	reply_clear(&r);
	assert_int_equal(bench_integer("SELECT COUNT(*) FROM staff WHERE status = 'active'"), 1);
}

static void only_administrators_are_offered_forms(void **state)
{
	(void)state;
	char address[512], mark[600];
	stand("administrator");
	add("siri", address);
	stand("auditor");
	walk_expect("/console/staff", 200, "siri");
	walk_without("/console/staff", "name=\"token\"");
	walk_without(address, "name=\"token\"");
	snprintf(mark, sizeof mark, "%s/remove", address);
	struct reply r = walk(mark, "confirm=siri");
	assert_int_equal(r.status, 403);
	reply_clear(&r);
	stand("support");
	r = walk("/console/staff", NULL);
	assert_int_equal(r.status, 403);
	reply_clear(&r);
}

static void everybody_sees_and_renews_their_own(void **state)
{
	static const char *const roles[] = {"administrator", "approver", "support", "auditor"};
	(void)state;
	for (size_t i = 0; i < COUNT(roles); i++) {
		stand(roles[i]);
		walk_expect("/console/me", 200, "days are left");
		walk_expect("/console/me", 200, "Send me a new certificate");
	}
	bench_sql("UPDATE staff SET email = 'ada@example.org', mobile = '+4790000002'");
	walk_submit("/console/me/renew", "idempotency_key=once", "renewing", NULL);
	assert_int_equal(bench_integer("SELECT COUNT(*) FROM orders WHERE staff_id = %Q", BENCH_STAFF), 1);
}

static void names_are_text(void **state)
{
	(void)state;
	stand("administrator");
	bench_sql("UPDATE staff SET name = '<script>alert(1)</script>{{>change}}\"><img src=x>'");
	walk_expect(ADA, 200, "<h1>&lt;script&gt;");
	walk_expect("/console/staff", 200, "&lt;script&gt;");
	walk_expect("/console/staff/aaaaaaaaaaaaaaaa", 404, "To the start page");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CONSOLE_TEST(a_member_is_added_and_its_parcel_goes_out),
		CONSOLE_TEST(a_member_is_changed_suspended_restored_and_removed),
		CONSOLE_TEST(the_last_administrator_stays),
		CONSOLE_TEST(only_administrators_are_offered_forms),
		CONSOLE_TEST(everybody_sees_and_renews_their_own),
		CONSOLE_TEST(names_are_text),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

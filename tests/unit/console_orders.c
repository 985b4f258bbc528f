/* The pages of orders: each state in plain words, what the role may do about it and nothing else, a new order by one form. */
#include "tests/support/console_walk.h"

static const char *order_address(const struct parcel *p)
{
	static char address[64];
	snprintf(address, sizeof address, "/console/orders/%s", p->id);
	return address;
}

static void an_empty_list_says_what_to_do_next(void **state)
{
	(void)state;
	console_as("administrator");
	walk_expect("/console/orders", 200, "Order the first certificate");
	walk_expect("/console/orders?state=locked", 200, "No order is like that");
	console_as("auditor");
	walk_without("/console/orders", "/console/orders/new");
}

static void the_list_keeps_its_filters_and_leads_to_the_same_as_csv(void **state)
{
	(void)state;
	struct parcel p;
	bench_order(&p);
	bench_order(&p);
	console_as("support");
	walk_expect("/console/orders?state=offered", 200, order_address(&p));
	walk_expect("/console/orders?state=offered", 200, "<option value=\"offered\" selected>");
	walk_expect("/console/orders?state=offered", 200, "/v1/orders?state=offered&amp;format=csv");
	walk_expect("/console/orders?state=offered&limit=1", 200, "/console/orders?state=offered&amp;before=");
	walk_without("/console/orders?state=locked", order_address(&p));
	walk_expect("/console/orders?client=%22%3E%3Cscript%3E", 422, "with its organisation and service beside it");
	walk_expect("/console/orders?client=%22%3E%3Cscript%3E", 422, "value=\"&quot;&gt;&lt;script&gt;\""); /* typed, and kept */
	walk_expect("/console/orders?state=odd&kind=renewal", 422, "state: one of requested");
	walk_expect("/console/orders?state=odd&kind=renewal", 422, "<option value=\"renewal\" selected>");
	walk_expect("/console/orders?limit=x", 422, "a whole number from 1 to 500");
}

static void every_state_is_told_with_what_happens_next(void **state)
{
	static const struct {
		enum order_state state;
		const char *words;
	} cases[] = {
		{ORDER_REJECTED, "Nothing was sent"}, {ORDER_OFFERED, "types the code from the SMS"}, {ORDER_LOCKED, "Call the contact first"}, {ORDER_LAPSED, "the link is dead"},
		{ORDER_COLLECTING, "only then the password is sent"}, {ORDER_RECEIVED, "The contact has the file"},
		{ORDER_PASSWORD_SENT, "has not been used yet"}, {ORDER_IN_USE, "Order its renewal before it ends"},
		{ORDER_CANCELLED, "what was issued is revoked"},
	};
	(void)state;
	console_as("administrator");
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct parcel p;
		bench_reach(&p, cases[i].state);
		walk_expect(order_address(&p), 200, cases[i].words);
		walk_expect(order_address(&p), 200, "Link to the file");
		walk_expect(order_address(&p), 200, "Ordered");
	}
}

static void only_what_the_role_may_and_the_state_allows_is_offered(void **state)
{
	static const struct {
		enum order_state state;
		const char *role, *form;
		bool there;
	} cases[] = {
		{ORDER_OFFERED, "administrator", "cancel", true},   {ORDER_OFFERED, "administrator", "resend", true},
		{ORDER_OFFERED, "administrator", "unlock", false},  {ORDER_OFFERED, "administrator", "reissue", false},
		{ORDER_OFFERED, "support", "resend", true},         {ORDER_OFFERED, "support", "cancel", false},
		{ORDER_OFFERED, "auditor", "resend", false},        {ORDER_OFFERED, "approver", "resend", false},
		{ORDER_LOCKED, "support", "unlock", true},          {ORDER_LOCKED, "auditor", "unlock", false},
		{ORDER_IN_USE, "administrator", "reissue", true},   {ORDER_IN_USE, "administrator", "cancel", false},
		{ORDER_IN_USE, "support", "reissue", false},        {ORDER_CANCELLED, "administrator", "resend", false},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct parcel p;
		char mark[64];
		bench_reach(&p, cases[i].state);
		console_as(cases[i].role);
		snprintf(mark, sizeof mark, "<form class=\"form\" id=\"%s\"", cases[i].form);
		struct reply r = walk(order_address(&p), NULL);
		console_expect(&r, 200);
		walk_has(&r, mark, cases[i].there);
		reply_clear(&r);
	}
}

static void orders_are_cancelled_sent_again_and_unlocked_by_forms(void **state)
{
	(void)state;
	struct parcel p;
	char address[96];
	bench_order(&p);
	console_as("administrator");
	snprintf(address, sizeof address, "%s/resend", order_address(&p));
	walk_submit(address, "", "resent", NULL);
	assert_int_equal(bench_audits("order.resent", p.id), 1);
	snprintf(address, sizeof address, "%s/unlock", order_address(&p));
	struct reply r = walk(address, "");
	console_expect(&r, 409); /* the page again, and why not */
	walk_has(&r, "an offered order cannot be unlocked", true);
	reply_clear(&r);
	snprintf(address, sizeof address, "%s/cancel", order_address(&p));
	walk_submit(address, "reason=not+wanted", "cancelled", NULL);
	assert_state(p.id, ORDER_CANCELLED);
	walk_expect(order_address(&p), 200, "Cancelled: not wanted");
	console_as("auditor");
	r = walk(address, "reason=x");
	assert_int_equal(r.status, 403);
	reply_clear(&r);
}

static void an_order_is_chosen_step_by_step_and_made_by_one_form(void **state)
{
	(void)state;
	char to[512];
	console_as("administrator");
	walk_expect("/console/orders/new?organisation=none", 200, "There is no such organisation");
	walk_expect("/console/orders/new", 200, "<option value=\"sparebank\" selected>"); /* there is but one */
	const char *chosen = "/console/orders/new?organisation=sparebank&service=pay&client=e-banking";
	walk_expect(chosen, 200, "<input type=\"hidden\" name=\"client\" value=\"e-banking\">");
	walk_expect(chosen, 200, "&lt;kari@example.org&gt;");
	walk_expect(chosen, 200, "name=\"idempotency_key\" value=\"");
	char contact[32], form[256];
	bench_value(contact, sizeof contact, "SELECT id FROM contact");
	snprintf(form, sizeof form, "organisation=sparebank&service=pay&client=e-banking&contact=%s&key_type=p384&own_key=yes&note=for+May"
		 "&idempotency_key=twice", contact);
	walk_submit("/console/orders/new", form, "ordered", to);
	assert_int_equal(bench_integer("SELECT COUNT(*) FROM orders WHERE note = 'for May' AND key_type = 'p384'"), 1);
	walk_submit("/console/orders/new", form, "ordered", NULL); /* pressed twice */
	assert_int_equal(bench_integer("SELECT COUNT(*) FROM orders"), 1);
	walk_expect(to, 200, "EC P-384");
	walk_refused("/console/orders/new", "organisation=sparebank&service=pay&client=e-banking&contact=nobody&key_type=p521&note=<i>", "order-contact",
		     "value=\"&lt;i&gt;\"");
}

/* A member with a certificate of its own at the browser. */
static void console_be(const char *id, const char *role)
{
	if (bench_integer("SELECT COUNT(*) FROM staff WHERE id = %Q", id) == 0)
		bench_sql("INSERT INTO staff (id, name, role, status, created_at, email) VALUES (%Q, %Q, %Q, 'active', 1, %Q || '@example.org')", id, id,
			  role, id);
	console_as(role);
	snprintf(console_identity.staff_id, sizeof console_identity.staff_id, "%s", id);
}

static void order_for_approval(struct parcel *p, char form[256])
{
	struct faults faults = {0};
	struct errbuf why = {""};
	char sql[96], digest[96];
	json_t *body = bench_order_body();
	bench.settings.approvals = 2;
	*p = (struct parcel){0};
	assert_ok(order_new(&bench.desk, &bench_staff, body, p->id, &faults, &why));
	json_decref(body);
	snprintf(sql, sizeof sql, "SELECT lower(hex(digest)) FROM orders WHERE id = '%s'", p->id);
	bench_value(digest, sizeof digest, sql);
	snprintf(form, 256, "digest=%s", digest);
}

static void two_others_approve_exactly_what_is_shown(void **state)
{
	(void)state;
	struct parcel p;
	char address[96], form[256];
	console_as("administrator");
	bench_sql("UPDATE client SET several = 1");
	order_for_approval(&p, form);
	walk_expect(order_address(&p), 200, "What is to be approved");
	walk_expect(order_address(&p), 200, strchr(form, '=') + 1); /* the digest */
	walk_expect(order_address(&p), 200, "It needs 2 approvals");
	walk_without(order_address(&p), "id=\"approve\""); /* one's own */
	walk_without(order_address(&p), "id=\"reject\"");
	walk_expect(order_address(&p), 200, "id=\"cancel\"");
	walk_expect(order_address(&p), 200, "You cannot approve it");
	snprintf(address, sizeof address, "%s/approve", order_address(&p));
	console_be("approveraaaaaaaa", "approver");
	walk_expect(order_address(&p), 200, "id=\"approve\"");
	walk_expect(order_address(&p), 200, "name=\"if_match\" value=\"&quot;requested-");
	walk_submit(address, form, "approved", NULL);
	assert_state(p.id, ORDER_REQUESTED);
	walk_without(order_address(&p), "id=\"approve\""); /* not twice */
	walk_expect(order_address(&p), 200, "<h2 id=\"approved-head\">Approved by</h2>");
	console_be("approverbbbbbbbb", "administrator");
	struct reply r = walk(address, "digest=00");
	assert_true(r.status >= 400);
	reply_clear(&r);
	walk_submit(address, form, "approved", NULL);
	assert_state(p.id, ORDER_OFFERED);
}

static void another_rejects_with_a_reason(void **state)
{
	(void)state;
	struct parcel p;
	char address[96], form[256];
	order_for_approval(&p, form);
	console_be("approveraaaaaaaa", "approver");
	snprintf(address, sizeof address, "%s/reject", order_address(&p));
	struct reply r = walk(address, "reason=");
	assert_true(r.status >= 400);
	reply_clear(&r);
	walk_submit(address, "reason=wrong+client", "rejected", NULL);
	walk_expect(order_address(&p), 200, "Rejected: wrong client");
	assert_state(p.id, ORDER_REJECTED);
}

static void a_renewal_is_ordered_and_the_old_one_lives_on(void **state)
{
	(void)state;
	struct parcel p;
	char address[96], to[512];
	bench_reach(&p, ORDER_IN_USE);
	console_as("administrator");
	walk_expect(order_address(&p), 200, "id=\"renew\"");
	snprintf(address, sizeof address, "%s/renew", order_address(&p));
	walk_submit(address, "note=in+time&due=2028-01-01&idempotency_key=r1", "renewed", to);
	walk_expect(to, 200, "Renewal");
	walk_expect(to, 200, "1&nbsp;Jan&nbsp;2028");
	walk_refused(address, "due=2000-01-01", "renew-due", "value=\"2000-01-01\"");
	assert_int_equal(bench_integer("SELECT COUNT(*) FROM certificate WHERE status = 'valid'"), 1);
}

static void nothing_that_people_wrote_is_markup(void **state)
{
	static const char *const canaries[] = {"<script>alert(1)</script>", "{{token}}{{>resend}}", "\"><img src=x onerror=a>", "' onmouseover='a",
					       "</textarea></title><svg onload=a>"};
	(void)state;
	for (size_t c = 0; c < COUNT(canaries); c++) {
		struct parcel p;
		bench_order_with(&p, "note", json_string(canaries[c]));
		console_as("administrator");
		struct reply r = walk(order_address(&p), NULL);
		struct buf escaped = BUF_INIT(512);
		console_expect(&r, 200);
		template_escape_html(&escaped, canaries[c]);
		walk_has(&r, buf_string(&escaped), true);
		buf_free(&escaped);
		reply_clear(&r);
	}
}

static void what_became_of_a_message_is_told(void **state)
{
	(void)state;
	struct parcel p;
	bench_order(&p);
	console_as("support");
	walk_expect(order_address(&p), 200, "Waiting");
	bench_sql("UPDATE message SET state = 'sent', sent_at = %lld, delivered_at = %lld WHERE kind = 'code'", (long long)bench.now, (long long)bench.now);
	bench_sql("UPDATE message SET state = 'dead', fault = '<b>no route' WHERE kind = 'link'");
	walk_expect(order_address(&p), 200, "Delivered");
	walk_expect(order_address(&p), 200, "&lt;b&gt;no route");
}

static void what_is_not_there_is_not_found(void **state)
{
	(void)state;
	console_as("auditor");
	walk_expect("/console/orders/aaaaaaaaaaaaaaaa", 404, "To the start page");
	struct reply r = walk("/console/orders/new", NULL);
	assert_int_equal(r.status, 403);
	reply_clear(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CONSOLE_TEST(an_empty_list_says_what_to_do_next),
		CONSOLE_TEST(the_list_keeps_its_filters_and_leads_to_the_same_as_csv),
		CONSOLE_TEST(every_state_is_told_with_what_happens_next),
		CONSOLE_TEST(only_what_the_role_may_and_the_state_allows_is_offered),
		CONSOLE_TEST(orders_are_cancelled_sent_again_and_unlocked_by_forms),
		CONSOLE_TEST(an_order_is_chosen_step_by_step_and_made_by_one_form),
		CONSOLE_TEST(two_others_approve_exactly_what_is_shown),
		CONSOLE_TEST(another_rejects_with_a_reason),
		CONSOLE_TEST(a_renewal_is_ordered_and_the_old_one_lives_on),
		CONSOLE_TEST(nothing_that_people_wrote_is_markup),
		CONSOLE_TEST(what_became_of_a_message_is_told),
		CONSOLE_TEST(what_is_not_there_is_not_found),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

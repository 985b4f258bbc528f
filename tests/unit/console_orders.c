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
	console_as("support");
	walk_expect("/console/orders?state=offered", 200, order_address(&p));
	walk_expect("/console/orders?state=offered", 200, "<option value=\"offered\" selected>");
	walk_expect("/console/orders?state=offered", 200, "/v1/orders?state=offered&amp;format=csv");
	walk_expect("/console/orders?state=offered&limit=1", 200, "/console/orders?state=offered&amp;before=");
	walk_without("/console/orders?state=locked", order_address(&p));
	walk_expect("/console/orders?client=%22%3E%3Cscript%3E", 200, "value=\"&quot;&gt;&lt;script&gt;\"");
	walk_expect("/console/orders?limit=x", 422, "a whole number from 1 to 500");
}

static void every_state_is_told_with_what_happens_next(void **state)
{
	static const struct {
		enum order_state state;
		const char *words;
	} cases[] = {
		{ORDER_OFFERED, "types the code from the SMS"}, {ORDER_LOCKED, "Call the contact first"}, {ORDER_LAPSED, "the link is dead"},
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
		CONSOLE_TEST(nothing_that_people_wrote_is_markup),
		CONSOLE_TEST(what_became_of_a_message_is_told),
		CONSOLE_TEST(what_is_not_there_is_not_found),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

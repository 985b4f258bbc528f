/* The console's pages, made by their own handlers on the bench of order life: what is asked of the API, what a form becomes, and what
 * is refused. Nothing in a page is markup that came from outside. */
#include "tests/support/console_bench.h"

static void a_page_is_whole_and_names_who_is_logged_in(void **state)
{
	(void)state;
	console_as("administrator");
	struct reply r = console_get(console_start, "/console", NULL, NULL);
	const char *html = console_expect(&r, 200);
	assert_non_null(strstr(html, "<html lang=\"en\">"));
	assert_non_null(strstr(html, "<span class=\"person\">Ada &lt;b&gt; Staff</span>"));
	assert_non_null(strstr(html, "<span class=\"role\">administrator</span>"));
	assert_non_null(strstr(html, "<a href=\"/console\" aria-current=\"page\">Start</a>"));
	reply_clear(&r);
}

static void the_navigation_is_what_the_role_may(void **state)
{
	(void)state;
	static const struct {
		const char *role;
		bool audit;
	} cases[] = {{"administrator", true}, {"auditor", true}, {"support", false}, {"approver", false}};
	for (size_t i = 0; i < COUNT(cases); i++) {
		console_as(cases[i].role);
		struct reply r = console_get(console_start, "/console", NULL, NULL);
		const char *html = console_expect(&r, 200);
		bool has = strstr(html, "href=\"/console/audit\"") != NULL;
		if (has != cases[i].audit)
			fail_msg("%s: %s", cases[i].role, has ? "sees the audit" : "does not see the audit");
		reply_clear(&r);
	}
}

static void what_the_api_refuses_is_a_page_that_says_why(void **state)
{
	(void)state;
	console_as("support");
	struct reply r = console_get(console_audit, "/console/audit", NULL, NULL);
	const char *html = console_expect(&r, 403);
	assert_non_null(strstr(html, "this needs the role administrator or auditor; yours is support"));
	reply_clear(&r);
	console_as("auditor");
	r = console_get(console_audit, "/console/audit", NULL, "after=x");
	html = console_expect(&r, 422);
	assert_non_null(strstr(html, "the sequence number of a record"));
	reply_clear(&r);
	r = console_get(console_asset, "/console/assets/none", "none", NULL);
	console_expect(&r, 404);
	reply_clear(&r);
}

static void the_audit_begins_with_the_newest_and_pages_back_to_the_first(void **state)
{
	struct parcel p;
	(void)state;
	console_as("auditor");
	while (bench_integer("SELECT MAX(sequence) FROM audit") < 130)
		bench_order(&p);
	long long newest = bench_integer("SELECT MAX(sequence) FROM audit");
	char mark[64], before[32];
	assert_true(newest > 100 && newest < 200);
	struct reply r = console_get(console_audit, "/console/audit", NULL, NULL);
	const char *html = console_expect(&r, 200);
	snprintf(mark, sizeof mark, "no. %lld<", newest);
	assert_non_null(strstr(html, mark));
	snprintf(mark, sizeof mark, "no. %lld<", newest - 99);
	assert_non_null(strstr(html, mark));
	snprintf(mark, sizeof mark, "no. %lld<", newest - 100);
	assert_null(strstr(html, mark));
	assert_non_null(strstr(html, "Older records"));
	assert_null(strstr(html, "The newest<"));
	reply_clear(&r);
	snprintf(before, sizeof before, "before=%lld", newest - 99);
	r = console_get(console_audit, "/console/audit", NULL, before);
	html = console_expect(&r, 200);
	assert_non_null(strstr(html, mark));
	assert_non_null(strstr(html, "no. 1<"));
	assert_null(strstr(html, "Older records"));
	assert_non_null(strstr(html, "The newest<"));
	reply_clear(&r);
	snprintf(before, sizeof before, "object=%s", p.id);
	r = console_get(console_audit, "/console/audit", NULL, before);
	html = console_expect(&r, 200);
	assert_non_null(strstr(html, "as it happened"));
	assert_non_null(strstr(html, p.id));
	reply_clear(&r);
}

/* ---- a form of the test's own, on the API that changes a contact ---- */

static console_view view;
static const struct console_choice tongues[] = {{"", "The installation's"}, {"en", "English"}, {"nb", "Norsk"}, {0}};
static const struct console_field inputs[] = {
	{.name = "email", .label = "E-mail", .kind = CONSOLE_EMAIL, .wanted = true, .empty = CONSOLE_SEND},
	{.name = "mobile", .label = "Mobile", .kind = CONSOLE_TEL, .hint = "With its country code", .empty = CONSOLE_OMIT},
	{.name = "language", .label = "Language", .kind = CONSOLE_CHOICE, .choices = tongues, .empty = CONSOLE_SEND},
	{0},
};
static const struct console_form change = {.name = "change", .path = "/console/contacts/{contact}", .api = api_contact_change, .view = view,
					   .submit = "Save", .next = "/console/contacts/{id}", .said = "changed", .versioned = true,
					   .fields = inputs};
static const struct console_field typed[] = {{.name = "sure", .label = "Type the name", .kind = CONSOLE_CONFIRM, .value = "name"}, {0}};
static const struct console_form confirm = {.name = "confirm", .path = "/console/contacts/{contact}", .api = api_contact_change,
					    .about = api_contact_show, .view = view, .submit = "Do it", .next = "/console/contacts/{0}",
					    .dangerous = true, .fields = typed};

static void view(struct front *front, const struct request *q, struct reply *r, const struct console_posted *posted)
{
	json_t *contact = NULL;
	if (!console_ask(front, q, r, &(struct console_call){.api = api_contact_show}, &contact))
		return;
	json_object_set_new(contact, "version", json_integer(bench_integer("SELECT version FROM contact")));
	console_page(front, q, r, &(struct console_page){.title = "Contact", .text = "{{name}}{{#change}}<div>{{>change}}</div>{{/change}}{{>confirm}}",
							 .data = contact, .posted = posted,
							 .forms = (const struct console_use[]){{.form = &change, .values = contact}, {.form = &confirm, .values = contact}, {0}}});
	json_decref(contact);
}

static void show(struct front *front, const struct request *q, struct reply *r)
{
	view(front, q, r, NULL);
}

static void take(struct front *front, const struct request *q, struct reply *r)
{
	console_submit(front, q, r, &change);
}

static void take_confirmed(struct front *front, const struct request *q, struct reply *r)
{
	console_submit(front, q, r, &confirm);
}

#define CONTACT "kari@example.org"

static void a_form_begins_with_what_is_stored_and_is_shown_to_those_who_may(void **state)
{
	(void)state;
	console_as("administrator");
	struct reply r = console_get(show, "/console/contacts/" CONTACT, CONTACT, NULL);
	const char *html = console_expect(&r, 200);
	assert_non_null(strstr(html, "value=\"" CONTACT "\""));
	assert_non_null(strstr(html, "<form class=\"form\" id=\"change\" method=\"post\" action=\"/console/contacts/" CONTACT "\""));
	assert_non_null(strstr(html, "name=\"token\" value=\""));
	assert_non_null(strstr(html, "name=\"if_match\" value=\"&quot;1&quot;\""));
	assert_non_null(strstr(html, "<option value=\"nb\">Norsk</option>"));
	reply_clear(&r);
	console_as("support");
	r = console_get(show, "/console/contacts/" CONTACT, CONTACT, NULL);
	html = console_expect(&r, 200);
	assert_null(strstr(html, "id=\"change\""));
	assert_null(strstr(html, "name=\"token\""));
	reply_clear(&r);
}

static void a_good_form_changes_and_leads_on(void **state)
{
	(void)state;
	console_as("administrator");
	struct reply r = console_post(take, CONTACT, "email=ny%40example.org&mobile=&language=nb&if_match=%221%22");
	assert_int_equal(r.status, 303);
	assert_ptr_equal(strstr(r.location, "/console/contacts/"), r.location);
	assert_string_equal(strchr(r.location, '?'), "?said=changed");
	assert_int_equal(bench_integer("SELECT COUNT(*) FROM contact WHERE email = 'ny@example.org' AND language = 'nb' AND mobile = %Q", BENCH_MOBILE), 1);
	reply_clear(&r);
	head_query_is("said", "changed");
	r = console_get(show, "/console/contacts/ny@example.org", "ny@example.org", NULL);
	assert_non_null(strstr(console_expect(&r, 200), "The change is saved."));
	reply_clear(&r);
}

static void every_fault_is_told_at_once_beside_its_field_and_above_and_input_is_kept(void **state)
{
	(void)state;
	console_as("administrator");
	struct reply r = console_post(take, CONTACT, "email=%3Cscript%3Ealert(1)%3C%2Fscript%3E&mobile=12&language=xx&if_match=%221%22");
	const char *html = console_expect(&r, 422);
	assert_non_null(strstr(html, "<a href=\"#change-email\">"));
	assert_non_null(strstr(html, "<a href=\"#change-mobile\">"));
	assert_non_null(strstr(html, "<a href=\"#change-language\">"));
	assert_non_null(strstr(html, "tabindex=\"-1\" autofocus"));
	assert_non_null(strstr(html, "value=\"&lt;script&gt;alert(1)&lt;/script&gt;\""));
	assert_non_null(strstr(html, "value=\"12\""));
	assert_non_null(strstr(html, "aria-invalid=\"true\""));
	assert_non_null(strstr(html, "<title>Fault: "));
	assert_int_equal(bench_integer("SELECT COUNT(*) FROM contact WHERE email = " "'" CONTACT "'"), 1);
	reply_clear(&r);
}

static void what_must_be_typed_is_typed_exactly(void **state)
{
	(void)state;
	console_as("administrator");
	struct reply r = console_post(take_confirmed, CONTACT, "sure=kari");
	const char *html = console_expect(&r, 422);
	assert_non_null(strstr(html, "#confirm-sure"));
	assert_non_null(strstr(html, "type exactly &quot;Kari"));
	reply_clear(&r);
	r = console_post(take_confirmed, CONTACT, "");
	console_expect(&r, 422);
	reply_clear(&r);
}

static void a_form_of_another_page_changes_nothing(void **state)
{
	static const struct {
		const char *name, *site, *origin, *token, *type;
		int status;
	} cases[] = {
		{"of another site", "cross-site", NULL, NULL, NULL, 403},
		{"of a sister", "same-site", NULL, NULL, NULL, 403},
		{"of nowhere", "none", NULL, NULL, NULL, 403},
		{"nobody says whence", NULL, NULL, NULL, NULL, 403},
		{"hidden origin alone", NULL, "null", NULL, NULL, 403},
		{"without a token", "same-origin", NULL, "", NULL, 403},
		{"with a short token", "same-origin", NULL, "0123", NULL, 403},
		{"with another's token", "same-origin", NULL, "0000000000000000000000000000000000000000000000000000000000000000", NULL, 403},
		{"as JSON", "same-origin", NULL, NULL, "application/json", 400},
		{"as text", "same-origin", NULL, NULL, "text/plain", 400},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		console_as("administrator");
		struct console_post_with with = {cases[i].site, cases[i].origin, cases[i].token, cases[i].type};
		struct reply r = console_post_with(take, CONTACT, "email=evil%40example.org", &with);
		if (r.status != cases[i].status)
			fail_msg("%s: %d, wanted %d", cases[i].name, r.status, cases[i].status);
		assert_int_equal(bench_integer("SELECT COUNT(*) FROM contact WHERE email = 'evil@example.org'"), 0);
		reply_clear(&r);
	}
	console_as("administrator"); /* the token is this certificate's, and no other's */
	char token[65];
	console_token_now(token);
	memcpy(console_identity.serial, "ff", 2);
	struct reply r = console_post_with(take, CONTACT, "email=evil%40example.org", &(struct console_post_with){"same-origin", NULL, token, NULL});
	assert_int_equal(r.status, 403);
	reply_clear(&r);
}

static void a_role_that_may_not_is_refused_whatever_form_it_sends(void **state)
{
	(void)state;
	console_as("support");
	struct reply r = console_post(take, CONTACT, "email=evil%40example.org");
	const char *html = console_expect(&r, 403);
	assert_non_null(strstr(html, "this needs the role administrator; yours is support"));
	reply_clear(&r);
}

static void what_people_wrote_is_text(void **state)
{
	static const char *const canaries[] = {"<script>alert(1)</script>", "\"><img src=x onerror=a>", "' onmouseover='a", "{{token}}{{>change}}", "&lt;b&gt;",
					       "</textarea></title><svg onload=a>"};
	(void)state;
	for (size_t i = 0; i < COUNT(canaries); i++) {
		struct buf escaped = BUF_INIT(256);
		console_as("administrator");
		bench_sql("UPDATE contact SET name = %Q, language = %Q", canaries[i], canaries[i]);
		snprintf(console_identity.staff_name, sizeof console_identity.staff_name, "%s", canaries[i]);
		template_escape_html(&escaped, canaries[i]);
		struct reply r = console_get(show, "/console/contacts/" CONTACT, CONTACT, NULL);
		const char *html = console_expect(&r, 200);
		assert_non_null(strstr(html, buf_string(&escaped)));
		reply_clear(&r);
		head_query_is("q", canaries[i]);
		r = console_get(console_search, "/console/search", NULL, NULL);
		console_expect_no_canary(buf_string(&r.body));
		reply_clear(&r);
		buf_free(&escaped);
	}
}

static void dresses_write_for_people(void **state)
{
	static const struct {
		const char *dress, *text, *html;
	} cases[] = {
		{"when", "2026-11-22T02:13:38Z", "<time datetime=\"2026-11-22T02:13:38Z\">22&nbsp;Nov&nbsp;2026, 02:13&nbsp;UTC</time> <span class=\"ago\">just now</span>"},
		{"ago", "2027-01-04T02:13:38Z", "<time datetime=\"2027-01-04T02:13:38Z\">in 43 days</time>"},
		{"ago", "2026-11-29T02:08:38Z", "<time datetime=\"2026-11-29T02:08:38Z\">in 7 days</time>"},
		{"ago", "2028-11-21T02:08:38Z", "<time datetime=\"2028-11-21T02:08:38Z\">in 2 years</time>"},
		{"ago", "2026-11-22T02:12:38Z", "<time datetime=\"2026-11-22T02:12:38Z\">1 minute ago</time>"},
		{"ago", "2026-11-21T23:13:38Z", "<time datetime=\"2026-11-21T23:13:38Z\">3 hours ago</time>"},
		{"date", "2026-03-05T23:13:38Z", "<time datetime=\"2026-03-05T23:13:38Z\">5&nbsp;Mar&nbsp;2026</time>"},
		{"time", "2026-03-05", "<time datetime=\"2026-03-05\">5&nbsp;Mar&nbsp;2026</time>"},
		{"when", "<b>", "&lt;b&gt;"},
		{"state", "password_sent", "<span class=\"state busy\">Password sent</span>"},
		{"state", "un<known", "<span class=\"state plain\">Un&lt;known</span>"},
		{"words", "in_use", "In use"},
		{"code", "<i>", "<code class=\"wrap\">&lt;i&gt;</code>"},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct buf out = BUF_INIT(400);
		char text[64];
		const struct console_dressing now = {BENCH_NOW};
		json_t *root = json_pack("{s:s}", "x", cases[i].text);
		const struct template_data data = console_values(root, &now);
		const struct template_field none[] = {{0}};
		snprintf(text, sizeof text, "{{%s x}}", cases[i].dress);
		assert_ok(template_render_data(text, &data, none, &out));
		assert_string_equal(buf_string(&out), cases[i].html);
		json_decref(root);
		buf_free(&out);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CONSOLE_TEST(a_page_is_whole_and_names_who_is_logged_in),
		CONSOLE_TEST(the_navigation_is_what_the_role_may),
		CONSOLE_TEST(what_the_api_refuses_is_a_page_that_says_why),
		CONSOLE_TEST(the_audit_begins_with_the_newest_and_pages_back_to_the_first),
		CONSOLE_TEST(a_form_begins_with_what_is_stored_and_is_shown_to_those_who_may),
		CONSOLE_TEST(a_good_form_changes_and_leads_on),
		CONSOLE_TEST(every_fault_is_told_at_once_beside_its_field_and_above_and_input_is_kept),
		CONSOLE_TEST(what_must_be_typed_is_typed_exactly),
		CONSOLE_TEST(a_form_of_another_page_changes_nothing),
		CONSOLE_TEST(a_role_that_may_not_is_refused_whatever_form_it_sends),
		CONSOLE_TEST(what_people_wrote_is_text),
		CONSOLE_TEST(dresses_write_for_people),
	};
	return cmocka_run_group_tests(tests, NULL, bench_group_end);
}

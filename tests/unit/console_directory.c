/* The pages of organisations, services, clients and contacts: each with its forms, what they refuse, and what a change by somebody
 * else does to them. */
#include "tests/support/console_walk.h"

#define ORGANISATION "/console/organisations/sparebank"
#define SERVICE "/console/services/sparebank/pay"
#define CLIENT "/console/clients/sparebank/pay/e-banking"
#define CONTACT "/console/contacts/kari@example.org"

static void every_page_leads_to_what_is_below_it(void **state)
{
	static const struct {
		const char *page, *words;
	} cases[] = {
		{"/console/organisations", "href=\"" ORGANISATION "\""}, {ORGANISATION, "href=\"" SERVICE "\""},
		{ORGANISATION, "kari@example.org"}, {SERVICE, "href=\"" CLIENT "\""}, {CLIENT, "It has none yet"},
		{"/console/contacts", "kari@example.org"}, {CONTACT, BENCH_MOBILE}, {SERVICE, "as the installation says"},
		{"/console/contacts?organisation=none", "No contact is like that"}, {ORGANISATION, "Organisation added"},
	};
	(void)state;
	console_as("auditor");
	for (size_t i = 0; i < COUNT(cases); i++)
		walk_expect(cases[i].page, 200, cases[i].words);
}

static void only_administrators_are_offered_forms(void **state)
{
	static const char *const pages[] = {"/console/organisations", ORGANISATION, SERVICE, CLIENT, CONTACT};
	static const char *const roles[] = {"approver", "support", "auditor"};
	(void)state;
	for (size_t i = 0; i < COUNT(pages); i++) {
		console_as("administrator");
		walk_expect(pages[i], 200, "name=\"token\"");
		for (size_t k = 0; k < COUNT(roles); k++) {
			console_as(roles[k]);
			walk_without(pages[i], "name=\"token\"");
			struct reply r = walk(pages[i], "name=x");
			assert_int_equal(r.status, 403);
			reply_clear(&r);
		}
	}
}

static void a_directory_is_built_by_forms(void **state)
{
	(void)state;
	char to[512];
	console_as("administrator");
	walk_submit("/console/organisations", "name=Havbank&slug=havbank&idempotency_key=a1", "added", to);
	assert_string_equal(to, "/console/organisations/havbank");
	walk_submit("/console/organisations", "name=Havbank&slug=havbank&idempotency_key=a1", "added", to); /* pressed twice */
	assert_int_equal(bench_integer("SELECT COUNT(*) FROM organisation WHERE slug = 'havbank'"), 1);
	walk_expect(to, 200, "It has no service yet");
	walk_submit("/console/organisations/havbank/services", "organisation=havbank&name=L%C3%A5n&slug=loan&approvals=2", "added", to);
	assert_string_equal(to, "/console/services/havbank/loan");
	walk_expect(to, 200, "<dd>2, or more");
	walk_submit("/console/services/havbank/loan/clients", "organisation=havbank&service=loan&name=App&slug=app&several=yes", "added", to);
	assert_string_equal(to, "/console/clients/havbank/loan/app");
	walk_expect(to, 200, "several at a time");
	walk_submit("/console/organisations/havbank/contacts",
		    "organisation=havbank&name=Ola&email=ola%40example.org&mobile=%2B4798765432&language=nb&may_receive=yes", "added", to);
	walk_expect(to, 200, "+4798765432");
	assert_int_equal(bench_integer("SELECT COUNT(*) FROM contact WHERE name = 'Ola' AND may_order = 0 AND may_receive = 1 AND language = 'nb'"), 1);
}

static void every_fault_stands_beside_its_field_and_input_is_kept(void **state)
{
	(void)state;
	console_as("administrator");
	walk_refused("/console/organisations", "name=%3Cb%3E+Bank&slug=Hav+Bank", "add-slug", "value=\"Hav Bank\"");
	walk_refused(ORGANISATION "/services", "organisation=sparebank&name=Loan&slug=loan&approvals=9", "service-approvals", "value=\"Loan\"");
	walk_refused(ORGANISATION "/contacts", "organisation=sparebank&name=Ola&email=ola&mobile=1", "contact-email", "value=\"Ola\"");
	walk_refused(ORGANISATION "/contacts", "organisation=sparebank&name=Ola&email=ola&mobile=1", "contact-mobile", "value=\"1\"");
	walk_refused(SERVICE "/clients", "organisation=sparebank&service=pay&name=&slug=x", "client-name", "value=\"x\"");
	walk_refused(CONTACT, "name=Kari&email=&mobile=1&language=xx", "change-language", "value=\"1\"");
	struct reply r = walk("/console/organisations", "name=Again&slug=sparebank");
	console_expect(&r, 409);
	walk_has(&r, "its slug is taken", true);
	walk_has(&r, "value=\"Again\"", true);
	reply_clear(&r);
}

static void changes_are_saved(void **state)
{
	(void)state;
	console_as("administrator");
	walk_submit(ORGANISATION, "name=Sparebanken&if_match=%221%22", "changed", NULL);
	walk_submit(SERVICE, "name=Pay&approvals=0&if_match=%221%22", "changed", NULL);
	walk_expect(SERVICE, 200, "as the installation says");
	walk_submit(SERVICE, "name=Pay&approvals=&if_match=%222%22", "changed", NULL);
	walk_expect(SERVICE, 200, "as the installation says");
	walk_submit(CLIENT, "name=E-bank&several=yes&if_match=%221%22", "changed", NULL);
	walk_expect(CLIENT, 200, "<h1>E-bank</h1>");
	walk_submit(CONTACT, "name=Kari&email=kari2%40example.org&mobile=%2B4799991234&language=nb&may_receive=yes&may_order=yes&if_match=%221%22",
		    "changed", NULL);
	walk_expect("/console/contacts/kari2@example.org", 200, "was changed");
	walk_expect("/console/contacts/kari2@example.org", 200, "Contact changed");
}

static void a_stale_form_overwrites_nothing_and_shows_both_values(void **state)
{
	(void)state;
	console_as("administrator");
	walk_submit(CLIENT, "name=Theirs&if_match=%221%22", "changed", NULL);
	struct reply r = walk(CLIENT, "name=Mine&if_match=%221%22");
	console_expect(&r, 412);
	walk_has(&r, "value=\"Mine\"", true);
	walk_has(&r, "Theirs", true);
	walk_has(&r, "if_match\" value=\"&quot;2&quot;\"", true);
	reply_clear(&r);
	assert_int_equal(bench_integer("SELECT COUNT(*) FROM client WHERE name = 'Theirs'"), 1);
}

static void what_people_are_called_is_text(void **state)
{
	(void)state;
	bench_sql("UPDATE organisation SET name = '<script>alert(1)</script>{{>change}}\"><img src=x>'");
	bench_sql("UPDATE service SET name = ''' onmouseover=''a<b>'");
	bench_sql("UPDATE client SET name = '</textarea></title><svg onload=a>'");
	bench_sql("UPDATE contact SET name = '{{token}}<i>'");
	console_as("administrator");
	static const char *const pages[] = {"/console/organisations", ORGANISATION, SERVICE, CLIENT, CONTACT, "/console/contacts",
					    "/console/orders/new?organisation=sparebank&service=pay&client=e-banking"};
	for (size_t i = 0; i < COUNT(pages); i++)
		walk_expect(pages[i], 200, "&lt;");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CONSOLE_TEST(every_page_leads_to_what_is_below_it),
		CONSOLE_TEST(only_administrators_are_offered_forms),
		CONSOLE_TEST(a_directory_is_built_by_forms),
		CONSOLE_TEST(every_fault_stands_beside_its_field_and_input_is_kept),
		CONSOLE_TEST(changes_are_saved),
		CONSOLE_TEST(a_stale_form_overwrites_nothing_and_shows_both_values),
		CONSOLE_TEST(what_people_are_called_is_text),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* A page of the console is made whole, or a plain answer says that it was not; and a form does its work or not, never half. */
#include "tests/support/console_walk.h"
#include "tests/support/failing.h"

static struct parcel parcel;
static char address[128];
static struct reply reply;

static enum err get(void)
{
	reply = walk(address, NULL);
	return reply.status == 200 ? ERR_OK : ERR_MEMORY;
}

/* Whole, or no page: never the half of one. */
static void look(enum err rc, bool failed)
{
	const char *html = reply.body.len ? buf_string(&reply.body) : NULL;
	failing_require(failed || rc == ERR_OK);
	failing_require(rc == ERR_OK || reply.status == 0 || reply.status >= 400);
	failing_require(rc != ERR_OK || (html && strstr(html, "<h1>") && strstr(html, "</html>")));
	reply_clear(&reply);
}

static void each_page(const char *name, const char *at)
{
	console_as("administrator");
	snprintf(address, sizeof address, "%s", at);
	failing_each(&(struct failing_work){.name = name, .act = get, .after = look, .without_openssl = true}, 25);
}

static void every_page_is_whole_or_none(void **state)
{
	(void)state;
	char at[128], serial[64], sql[128];
	bench_reach(&parcel, ORDER_PASSWORD_SENT);
	snprintf(sql, sizeof sql, "SELECT serial FROM certificate WHERE order_id = '%s'", parcel.id);
	bench_value(serial, sizeof serial, sql);
	each_page("orders", "/console/orders?state=password_sent");
	snprintf(at, sizeof at, "/console/orders/%s", parcel.id);
	each_page("order", at);
	each_page("order_new", "/console/orders/new?organisation=sparebank&service=pay&client=e-banking");
	snprintf(at, sizeof at, "/console/certificates/%s", serial);
	each_page("certificate", at);
	snprintf(at, sizeof at, "/console/certificates/%s/revoke", serial);
	each_page("revoke", at);
	each_page("organisation", "/console/organisations/sparebank");
	each_page("service", "/console/services/sparebank/pay");
	each_page("contact", "/console/contacts/kari@example.org");
}

static int times;
static char form[32];

static void begin_form(void)
{
	console_as("administrator");
	console_token_now(walk_token);
	snprintf(form, sizeof form, "name=Time-%d", ++times);
}

static enum err post(void)
{
	reply = walk("/console/clients/sparebank/pay/e-banking", form);
	return reply.status == 303 ? ERR_OK : ERR_MEMORY;
}

static void look_at_form(enum err rc, bool failed)
{
	char name[32];
	bench_value(name, sizeof name, "SELECT name FROM client");
	failing_require(failed || rc == ERR_OK);
	failing_require(rc != ERR_OK || strcmp(name, form + strlen("name=")) == 0);
	reply_clear(&reply);
}

static void a_form_that_leads_on_has_done_its_work(void **state)
{
	(void)state;
	failing_each(&(struct failing_work){.name = "form", .before = begin_form, .act = post, .after = look_at_form}, 40);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CONSOLE_TEST(every_page_is_whole_or_none),
		CONSOLE_TEST(a_form_that_leads_on_has_done_its_work),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

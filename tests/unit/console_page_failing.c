/* A page of the console is whole, or a plain word says that it was not; a form changes everything or says that it did not. */
#include "tests/support/failing.h"
#include "tests/support/console_bench.h"

static struct reply reply;

static const struct console_field inputs[] = {
	{.name = "email", .label = "E-mail", .kind = CONSOLE_EMAIL, .wanted = true, .empty = CONSOLE_SEND},
	{.name = "language", .label = "Language", .kind = CONSOLE_CHOICE, .list = "tongues", .list_value = "tag", .list_text = "name", .hint = "Of mails"},
	{.name = "sure", .label = "Its name", .kind = CONSOLE_CONFIRM, .value = "name"},
	{0},
};
static console_view view;
static const struct console_form change = {.name = "change", .path = "/console/contacts/{contact}", .api = api_contact_change, .about = api_contact_show,
					   .view = view, .submit = "Save", .next = "/console/contacts/{id}", .said = "changed", .versioned = true,
					   .creates = true, .fields = inputs};

static void view(struct front *front, const struct request *q, struct reply *r, const struct console_posted *posted)
{
	json_t *contact = NULL;
	if (!console_ask(front, q, r, &(struct console_call){.api = api_contact_show, .query = "limit=1"}, &contact))
		return;
	console_page(front, q, r, &(struct console_page){.title = "Contact", .text = "{{name}}<div>{{>change}}</div>end-of-page", .data = contact, .posted = posted,
							 .forms = (const struct console_use[]){{.form = &change, .values = contact}, {0}}});
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

static enum err of_status(int wanted)
{
	return reply.status == wanted ? ERR_OK : ERR_MEMORY;
}

static enum err start_page(void)
{
	console_as("administrator");
	reply = console_get(console_start, "/console", NULL, NULL);
	return of_status(200);
}

static enum err audit_page(void)
{
	console_as("administrator");
	reply = console_get(console_audit, "/console/audit", NULL, NULL);
	return of_status(200);
}

static enum err form_page(void)
{
	console_as("administrator");
	reply = console_get(show, "/console/contacts/kari@example.org", "kari@example.org", NULL);
	return of_status(200);
}

static void whole_or_none(enum err rc, bool failed)
{
	const char *text = buf_string(&reply.body);
	failing_require(failed || rc == ERR_OK);
	failing_require(rc == ERR_OK || reply.status >= 500);
	failing_require(rc != ERR_OK || (text && strstr(text, "</html>")));
	reply_clear(&reply);
}

static char held[65]; /* the token of the forms that are sent */

static enum err send_form(const char *form)
{
	struct console_post_with with = {"same-origin", "null", held, NULL};
	console_as("administrator");
	reply = console_post_with(take, "kari@example.org", form, &with);
	return ERR_OK;
}

static enum err bad_form(void)
{
	enum err e = send_form("email=x&sure=Kari&language=nb");
	return e ? e : of_status(422);
}

static enum err good_form(void)
{
	enum err e = send_form("email=kari%40example.org&language=nb&sure=Kari+Nordmann&if_match=%221%22");
	return e ? e : of_status(303);
}

static void before(void)
{
	console_as("administrator");
	console_token_now(held);
	bench_sql("UPDATE contact SET language = 'en', name = 'Kari Nordmann', version = 1");
}

/* And then it can be sent: what a disk that failed has left open is closed by that. */
static void good_at_last(void)
{
	reply_clear(&reply);
	failing_require(send_form("email=kari%40example.org&language=nb&sure=Kari+Nordmann") == ERR_OK && reply.status == 303);
	reply_clear(&reply);
}

static void told_in_full_or_not(enum err rc, bool failed)
{
	whole_or_none(rc, failed);
	good_at_last();
}

static void changed_or_not(enum err rc, bool failed)
{
	failing_require(failed || rc == ERR_OK);
	failing_require(rc == ERR_OK || reply.status >= 400);
	failing_require(bench_integer("SELECT COUNT(*) FROM contact WHERE language = 'nb'") == 1 || rc != ERR_OK);
	if (rc != ERR_OK) {
		good_at_last();
	}
	reply_clear(&reply);
}

static void every_page_is_whole_or_none(void **state)
{
	(void)state;
	failing_each(&(struct failing_work){.name = "console_start", .act = start_page, .after = whole_or_none, .without_openssl = true}, 60);
	failing_each(&(struct failing_work){.name = "console_audit", .act = audit_page, .after = whole_or_none, .without_openssl = true}, 60);
	failing_each(&(struct failing_work){.name = "form", .act = form_page, .after = whole_or_none}, 60);
}

static void a_form_is_taken_or_it_says_that_it_is_not(void **state)
{
	(void)state;
	failing_each(&(struct failing_work){.name = "bad form", .before = before, .act = bad_form, .after = told_in_full_or_not}, 60);
	failing_each(&(struct failing_work){.name = "good form", .before = before, .act = good_form, .after = changed_or_not}, 60);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CONSOLE_TEST(every_page_is_whole_or_none),
		CONSOLE_TEST(a_form_is_taken_or_it_says_that_it_is_not),
	};
	return cmocka_run_group_tests(tests, NULL, bench_group_end);
}

/* The pages of certificates: from the search to a revocation in three steps, and what the role may not do is not offered. */
#include "tests/support/console_walk.h"

static char serial[64], address[96], revoking[128];

/* A certificate in use, and its pages' addresses. */
static void deliver(struct parcel *p)
{
	char sql[128];
	bench_reach(p, ORDER_PASSWORD_SENT);
	snprintf(sql, sizeof sql, "SELECT serial FROM certificate WHERE order_id = '%s'", p->id);
	assert_true(bench_value(serial, sizeof serial, sql) > 0);
	snprintf(address, sizeof address, "/console/certificates/%s", serial);
	snprintf(revoking, sizeof revoking, "%s/revoke", address);
}

static void an_empty_list_says_when_there_will_be_one(void **state)
{
	(void)state;
	console_as("auditor");
	walk_expect("/console/certificates", 200, "one is made when the first order is collected");
	walk_expect("/console/certificates?status=held", 200, "No certificate is like that");
}

static void the_list_filters_and_leads_to_the_certificate(void **state)
{
	(void)state;
	struct parcel p;
	deliver(&p);
	console_as("auditor");
	walk_expect("/console/certificates?status=valid&organisation=sparebank", 200, address);
	walk_expect("/console/certificates?status=valid", 200, "/v1/certificates?status=valid&amp;format=csv");
	walk_without("/console/certificates?status=revoked", address);
}

static void a_certificate_says_whose_it_is_and_how_long_it_lives(void **state)
{
	static const char *const words[] = {"It is accepted wherever", "per cent of its time is over", "BEGIN CERTIFICATE", "Last seen used",
					    "<code class=\"wrap\">", "/files/certificate.cer", "Whose it is"};
	(void)state;
	struct parcel p;
	deliver(&p);
	console_as("auditor");
	for (size_t i = 0; i < COUNT(words); i++)
		walk_expect(address, 200, words[i]);
}

static void only_those_who_may_are_led_to_the_revocation(void **state)
{
	static const struct {
		const char *role;
		bool may;
	} cases[] = {{"administrator", true}, {"support", true}, {"approver", false}, {"auditor", false}};
	(void)state;
	struct parcel p;
	deliver(&p);
	for (size_t i = 0; i < COUNT(cases); i++) {
		console_as(cases[i].role);
		struct reply r = walk(address, NULL);
		console_expect(&r, 200);
		walk_has(&r, revoking, cases[i].may);
		walk_has(&r, "id=\"hold\"", cases[i].may);
		reply_clear(&r);
		r = walk(revoking, NULL);
		assert_int_equal(r.status, cases[i].may ? 200 : 403);
		reply_clear(&r);
	}
}

static void it_is_revoked_only_with_the_name_typed_and_a_reason(void **state)
{
	(void)state;
	struct parcel p;
	deliver(&p);
	console_as("support");
	char wished[160];
	snprintf(wished, sizeof wished, "%s?reason=keyCompromise", revoking);
	walk_expect(wished, 200, "<option value=\"keyCompromise\" selected>");
	walk_expect(revoking, 200, "What stops working");
	walk_expect(revoking, 200, "stops working at once: it has no other certificate");
	walk_refused(revoking, "reason=keyCompromise&note=call+from+Kari&confirm=e-bankin", "revoke-confirm", "value=\"call from Kari\"");
	walk_refused(revoking, "reason=keyCompromise&confirm=", "revoke-confirm", "type exactly");
	assert_int_equal(bench_integer("SELECT COUNT(*) FROM certificate WHERE status = 'revoked'"), 0);
	char name[300], form[512];
	bench_value(name, sizeof name, "SELECT name FROM client");
	snprintf(form, sizeof form, "reason=keyCompromise&note=call+from+Kari&compromised_at=2026-11-20&confirm=%s", name);
	for (char *c = form; *c; c++)
		*c = *c == ' ' ? '+' : *c;
	walk_submit(revoking, form, "revoked", NULL);
	assert_int_equal(bench_integer("SELECT COUNT(*) FROM certificate WHERE status = 'revoked' AND reason = 1"), 1);
	walk_expect(address, 200, "It is refused for good");
	walk_expect(address, 200, "The key is in wrong hands");
	walk_expect(address, 200, "call from Kari");
	walk_without(address, "/revoke\"");
	walk_expect(revoking, 200, "There is nothing to revoke");
	struct reply r = walk(revoking, form); /* pressed twice */
	console_expect(&r, 409);
	walk_has(&r, "revoked already", true);
	reply_clear(&r);
}

static void it_is_held_and_released(void **state)
{
	(void)state;
	struct parcel p;
	char form_address[128];
	deliver(&p);
	console_as("support");
	snprintf(form_address, sizeof form_address, "%s/hold", address);
	walk_submit(form_address, "note=looking+into+it", "held", NULL);
	walk_expect(address, 200, "It is refused until somebody releases it");
	walk_without(address, "id=\"hold\"");
	snprintf(form_address, sizeof form_address, "%s/release", address);
	walk_submit(form_address, "note=", "released", NULL);
	walk_expect(address, 200, "It is accepted wherever");
}

static void it_comes_as_pem_and_as_der(void **state)
{
	(void)state;
	struct parcel p;
	char file[160];
	deliver(&p);
	console_as("auditor");
	snprintf(file, sizeof file, "%s/files/certificate.pem", address);
	struct reply r = walk(file, NULL);
	assert_string_equal(r.content_type, "application/x-pem-file");
	assert_non_null(strstr(r.disposition, "attachment"));
	assert_ptr_equal(strstr(buf_string(&r.body), "-----BEGIN CERTIFICATE-----"), r.body.data);
	reply_clear(&r);
	snprintf(file, sizeof file, "%s/files/certificate.cer", address);
	r = walk(file, NULL);
	assert_string_equal(r.content_type, "application/pkix-cert");
	assert_int_equal(r.body.len, bench_integer("SELECT length(der) FROM certificate"));
	reply_clear(&r);
	snprintf(file, sizeof file, "%s/files/key.pem", address);
	walk_expect(file, 404, "To the start page");
}

static void names_are_text(void **state)
{
	(void)state;
	struct parcel p;
	deliver(&p);
	bench_sql("UPDATE client SET name = '<script>alert(1)</script>{{>hold}}\"><img src=x>'");
	console_as("support");
	walk_expect(address, 200, "<h1>&lt;script&gt;alert(1)&lt;/script&gt;{{&gt;hold}}");
	walk_expect(revoking, 200, "<h1>&lt;script&gt;");
	walk_expect("/console/certificates", 200, "&lt;script&gt;");
}

static void what_is_not_there_is_not_found(void **state)
{
	(void)state;
	console_as("administrator");
	walk_expect("/console/certificates/00", 404, "To the start page");
	walk_expect("/console/certificates/00/revoke", 404, "To the start page");
	struct reply r = walk("/console/certificates/00/revoke", "reason=keyCompromise&confirm=x");
	console_expect(&r, 404);
	reply_clear(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CONSOLE_TEST(an_empty_list_says_when_there_will_be_one),
		CONSOLE_TEST(the_list_filters_and_leads_to_the_certificate),
		CONSOLE_TEST(a_certificate_says_whose_it_is_and_how_long_it_lives),
		CONSOLE_TEST(only_those_who_may_are_led_to_the_revocation),
		CONSOLE_TEST(it_is_revoked_only_with_the_name_typed_and_a_reason),
		CONSOLE_TEST(it_is_held_and_released),
		CONSOLE_TEST(it_comes_as_pem_and_as_der),
		CONSOLE_TEST(names_are_text),
		CONSOLE_TEST(what_is_not_there_is_not_found),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

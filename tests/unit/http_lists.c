/* The API's lists page by page and its search, as they are asked for. */
#include "tests/support/console_walk.h"

#include "base/encode.h"

#include <ctype.h>
#include <openssl/bn.h>

static json_t *asked(const char *target, int status)
{
	console_as("administrator");
	struct reply r = walk(target, NULL);
	if ((r.status ? r.status : 200) != status) {
		char *text = json_dumps(r.json, 0);
		fail_msg("%s: %d: %s", target, r.status, text ? text : "");
	}
	json_t *json = json_incref(r.json);
	reply_clear(&r);
	return json;
}

static const char *text_at(const json_t *list, size_t i, const char *member)
{
	const char *text = json_string_value(json_object_get(json_array_get(json_object_get(list, "items"), i), member));
	return text ? text : "";
}

static size_t count(const json_t *list)
{
	return json_array_size(json_object_get(list, "items"));
}

/* The first that is found is of that kind and has that name; for several spellings. */
static void found(const char *typed, const char *kind, const char *name)
{
	char target[512] = "/v1/search?q=";
	for (const char *p = typed; *p; p++) {
		size_t used = strlen(target);
		snprintf(target + used, sizeof target - used, "%%%02x", (unsigned char)*p);
	}
	json_t *list = asked(target, 200);
	if (strcmp(text_at(list, 0, "kind"), kind) != 0 || strcmp(text_at(list, 0, "name"), name) != 0) {
		char *text = json_dumps(list, 0);
		fail_msg("\"%s\": %s", typed, text);
	}
	json_decref(list);
}

static void not_found(const char *typed)
{
	char target[512];
	snprintf(target, sizeof target, "/v1/search?q=%s", typed);
	json_t *list = asked(target, 200);
	assert_int_equal(count(list), 0);
	json_decref(list);
}

static void names_addresses_and_numbers_are_found_by_their_beginning(void **state)
{
	struct parcel p;
	(void)state;
	bench_order(&p);
	found("kari", "contact", "Kari Nordmann");
	found("NORD kar", "contact", "Kari Nordmann");
	found("kari sparebank", "contact", "Kari Nordmann");
	found("kari@EXAMPLE.o", "contact", "Kari Nordmann");
	found(BENCH_MOBILE, "contact", "Kari Nordmann");
	found("99 99 12", "contact", "Kari Nordmann");
	found("e-bank", "client", "E-Banking");
	found("sparebank", "organisation", "Sparebank");
	found("paym", "service", "Payments");
	found(p.id, "order", "E-Banking");
	not_found("kari+solveig");
	not_found("ari");
	not_found("-");
}

static void a_serial_and_a_fingerprint_are_found_in_every_notation(void **state)
{
	struct parcel p;
	char serial[SERIAL_TEXT_SIZE], text[128], fingerprint[65];
	BIGNUM *number = NULL;
	(void)state;
	bench_reach(&p, ORDER_RECEIVED);
	bench_serial(p.id, serial);
	found(serial, "certificate", "E-Banking");
	snprintf(text, sizeof text, "0x%s", serial + strspn(serial, "0"));
	found(text, "certificate", "E-Banking");
	snprintf(text, sizeof text, "%.6s", serial);
	found(text, "certificate", "E-Banking");
	size_t used = 0;
	for (size_t i = 0; serial[i]; i += 2)
		used += (size_t)snprintf(text + used, sizeof text - used, "%s%.2s", i ? ":" : "", serial + i);
	found(text, "certificate", "E-Banking");
	for (char *c = text; *c; c++)
		*c = *c == ':' ? ' ' : (char)toupper((unsigned char)*c);
	found(text, "certificate", "E-Banking");
	assert_true(BN_hex2bn(&number, serial));
	char *decimal = BN_bn2dec(number);
	found(decimal, "certificate", "E-Banking");
	OPENSSL_free(decimal);
	BN_free(number);
	bench_value(fingerprint, sizeof fingerprint, "SELECT lower(hex(fingerprint)) FROM certificate WHERE kind = 'client'");
	found(fingerprint, "certificate", "E-Banking");
	snprintf(text, sizeof text, "sha256 Fingerprint=%s", fingerprint);
	found(text, "certificate", "E-Banking");
	not_found("ffffff");
}

static void pages_are_whole_and_the_last_says_so(void **state)
{
	enum { ORDERS = 7 };
	char target[256] = "/v1/orders?limit=3";
	size_t n = 0;
	(void)state;
	for (int i = 0; i < ORDERS; i++) {
		struct parcel p;
		bench_clock(BENCH_NOW + i / 3);
		bench_order(&p);
	}
	for (int page = 0; page < 3; page++) {
		json_t *list = asked(target, 200);
		const char *next = json_string_value(json_object_get(list, "next"));
		n += count(list);
		assert_true((next == NULL) == (page == 2));
		snprintf(target, sizeof target, "/v1/orders?limit=3&before=%s", next ? next : "");
		json_decref(list);
	}
	assert_int_equal(n, ORDERS);
	json_t *list = asked("/v1/orders?limit=7", 200);
	assert_true(json_is_null(json_object_get(list, "next")));
	json_decref(list);
}

static void every_filter_of_orders_and_certificates_is_taken(void **state)
{
	static const struct {
		const char *target;
		size_t rows;
	} cases[] = {
		{"/v1/orders?state=received", 1}, {"/v1/orders?state=locked", 0}, {"/v1/orders?organisation=sparebank", 1},
		{"/v1/orders?organisation=none", 0}, {"/v1/orders?organisation=sparebank&service=pay", 1},
		{"/v1/orders?organisation=sparebank&service=pay&client=e-banking", 1}, {"/v1/orders?organisation=sparebank&service=none", 0},
		{"/v1/orders?organisation=sparebank&service=pay&client=none", 0}, {"/v1/orders?contact=kari@example.org", 1},
		{"/v1/orders?contact=ola@example.org", 0}, {"/v1/orders?kind=new", 1}, {"/v1/orders?kind=renewal", 0},
		{"/v1/orders?due_before=2030-01-01", 0}, {"/v1/orders?due_before=2030-01-01&state=received", 0},
		{"/v1/certificates?status=valid", 1}, {"/v1/certificates?status=held", 0}, {"/v1/certificates?status=expired", 0},
		{"/v1/certificates?status=revoked", 0}, {"/v1/certificates?organisation=sparebank&status=valid", 1},
		{"/v1/certificates?organisation=sparebank&service=pay&client=e-banking", 1}, {"/v1/certificates?expires_before=2040-01-01", 1},
		{"/v1/certificates?expires_before=2027-01-01", 0}, {"/v1/services?organisation=sparebank", 1}, {"/v1/services?after=sparebank/pay", 0},
		{"/v1/clients?organisation=sparebank&service=pay", 1}, {"/v1/clients?organisation=sparebank", 1}, {"/v1/clients?after=a/b/c", 1},
		{"/v1/contacts?organisation=sparebank", 1}, {"/v1/organisations?after=sparebank", 0}, {"/v1/audit?what=order.none", 0},
		{"/v1/audit?who=nobody", 0}, {"/v1/audit?until=2020-01-01", 0}, {"/v1/audit?since=2040-01-01", 0},
	};
	struct parcel p;
	(void)state;
	bench_reach(&p, ORDER_RECEIVED);
	for (size_t i = 0; i < COUNT(cases); i++) {
		json_t *list = asked(cases[i].target, 200);
		if (count(list) != cases[i].rows)
			fail_msg("%s: %zu", cases[i].target, count(list));
		json_decref(list);
	}
	json_t *list = asked("/v1/audit?since=2026-11-01&what=order.offered", 200);
	assert_true(count(list) > 0);
	json_decref(list);
}

static void what_a_list_does_not_take_is_refused_by_its_name(void **state)
{
	static const char *const cases[][2] = {
		{"/v1/orders?stat=locked", "stat"}, {"/v1/orders?state=lost", "state"}, {"/v1/orders?limit=0", "limit"},
		{"/v1/orders?limit=501", "limit"}, {"/v1/orders?limit=1x", "limit"}, {"/v1/orders?limit=-1", "limit"},
		{"/v1/orders?before=none", "before"}, {"/v1/orders?due_before=soon", "due_before"}, {"/v1/orders?service=pay", "service"},
		{"/v1/orders?organisation=sparebank&client=x", "client"}, {"/v1/orders?organisation=A_B", "organisation"},
		{"/v1/orders?kind=old", "kind"}, {"/v1/orders?format=xml", "format"}, {"/v1/certificates?status=good", "status"},
		{"/v1/certificates?expires_before=x", "expires_before"}, {"/v1/certificates?before=00", "before"},
		{"/v1/services?after=a", "after"}, {"/v1/services?after=a/b/c", "after"}, {"/v1/clients?after=a/b", "after"},
		{"/v1/organisations?after=A", "after"}, {"/v1/contacts?after=x", "after"}, {"/v1/staff?after=x", "after"},
		{"/v1/staff?organisation=x", "organisation"}, {"/v1/audit?after=x", "after"}, {"/v1/audit?since=x", "since"},
		{"/v1/audit?after=999999&who=x", "after"}, {"/v1/search", "q"}, {"/v1/search?q=x&before=y", "before"},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		json_t *problem = asked(cases[i][0], 422);
		json_t *faults = json_object_get(problem, "faults");
		if (json_array_size(faults) != 1 ||
		    strcmp(json_string_value(json_object_get(json_array_get(faults, 0), "field")), cases[i][1]) != 0)
			fail_msg("%s", cases[i][0]);
		json_decref(problem);
	}
}

static void a_sheet_runs_nothing_and_quotes_what_it_must(void **state)
{
	struct parcel p;
	(void)state;
	bench_order(&p);
	bench_sql("UPDATE client SET name = '=1+1'; UPDATE orders SET note = 'a, \"b\"' || char(13) || char(10) || 'c'");
	console_as("administrator");
	struct reply r = walk("/v1/orders?format=csv", NULL);
	const char *text = buf_string(&r.body);
	assert_non_null(strstr(text, "id,state,state_at,created_at,kind,"));
	assert_non_null(strstr(text, ",\"'=1+1\","));
	assert_non_null(strstr(text, ",\"a, \"\"b\"\"\r\nc\","));
	assert_string_equal(r.disposition, "attachment; filename=\"orders.csv\"");
	reply_clear(&r);
	bench_sql("UPDATE client SET name = '\uff1d1+1'"); /* wide */
	r = walk("/v1/orders?format=csv", NULL);
	assert_non_null(strstr(buf_string(&r.body), ",\"'\uff1d1+1\","));
	reply_clear(&r);
	r = walk("/v1/contacts?format=csv", NULL);
	assert_non_null(strstr(buf_string(&r.body), ",\"'" BENCH_MOBILE "\",yes,yes,"));
	reply_clear(&r);
	r = walk("/v1/certificates?format=csv", NULL); /* none: its columns alone */
	assert_memory_equal(buf_string(&r.body), "serial,issuer,", 14);
	reply_clear(&r);
}

static void what_stops_working_is_told_with_where_it_was_last_used(void **state)
{
	struct parcel p;
	struct identity who = {.kind = IDENTITY_CLIENT};
	char serial[SERIAL_TEXT_SIZE], target[128];
	(void)state;
	bench_reach(&p, ORDER_IN_USE);
	bench_serial(p.id, serial);
	snprintf(target, sizeof target, "/v1/certificates/%s/impact", serial);
	json_t *impact = asked(target, 200);
	assert_string_equal(json_string_value(json_object_get(impact, "sentence")),
			    "E-Banking stops working at once: it has no other certificate that can be used.");
	assert_true(json_is_null(json_object_get(impact, "last_used_at")));
	json_decref(impact);
	snprintf(who.serial, sizeof who.serial, "%s", serial);
	assert_ok(identity_seen(&bench.desk, &who, "127.0.0.9"));
	bench_clock(BENCH_NOW + 3599);
	assert_ok(identity_seen(&bench.desk, &who, "127.0.0.10")); /* not yet */
	impact = asked(target, 200);
	assert_string_equal(json_string_value(json_object_get(impact, "last_used_from")), "127.0.0.9");
	json_decref(impact);
	bench_clock(BENCH_NOW + 3600);
	assert_ok(identity_seen(&bench.desk, &who, "127.0.0.10"));
	assert_int_equal(bench_integer("SELECT last_used_at FROM certificate WHERE serial = %Q", serial), BENCH_NOW + 3600);
	bench_sql("INSERT INTO certificate (serial, issuer, kind, client_id, fingerprint, subject, not_before, not_after, der, status, created_at)"
		  " SELECT '0101010101010101010101010101010101010101', issuer, kind, client_id, X'01', subject, not_before, not_after, der,"
		  " 'valid', created_at FROM certificate WHERE serial = %Q", serial);
	impact = asked(target, 200);
	assert_int_equal(json_array_size(json_object_get(impact, "other_live")), 1);
	assert_non_null(strstr(json_string_value(json_object_get(impact, "sentence")), "it has 1 that can be used"));
	json_decref(impact);
	json_decref(asked("/v1/certificates/0f00000000000000000000000000000000000001/impact", 404));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CONSOLE_TEST(names_addresses_and_numbers_are_found_by_their_beginning),
		CONSOLE_TEST(a_serial_and_a_fingerprint_are_found_in_every_notation),
		CONSOLE_TEST(pages_are_whole_and_the_last_says_so),
		CONSOLE_TEST(every_filter_of_orders_and_certificates_is_taken),
		CONSOLE_TEST(what_a_list_does_not_take_is_refused_by_its_name),
		CONSOLE_TEST(what_stops_working_is_told_with_where_it_was_last_used),
		CONSOLE_TEST(a_sheet_runs_nothing_and_quotes_what_it_must),
	};
	return cmocka_run_group_tests(tests, NULL, bench_group_end);
}

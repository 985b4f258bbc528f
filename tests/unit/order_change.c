/* The directory is changed: what is named and nothing else, in the version that was seen, and what was approved before stays
 * as it was approved. */
#include "tests/support/api_bench.h"

#include <pthread.h>

enum { THREADS = 8 };
static const enum directory_kind kinds[] = {DIRECTORY_ORGANISATION, DIRECTORY_SERVICE, DIRECTORY_CLIENT, DIRECTORY_CONTACT};
static const char *const words[] = {"organisation", "service", "client", "contact"};

static enum err change_as(const struct actor *who, enum directory_kind kind, const char *if_match, const char *text,
			  struct errbuf *why)
{
	char id[ID_SIZE];
	struct faults faults = {0};
	struct directory_change wish = {.kind = kind, .slug = {"sparebank", "pay", "e-banking"}, .contact = "kari@example.org",
					.if_match = if_match, .body = json_loads(text, 0, NULL)};
	assert_non_null(wish.body);
	enum err e = directory_change(&bench.desk, who, &wish, id, &faults, why);
	assert_int_equal(e == ERR_INVALID, faults.list != NULL);
	faults_clear(&faults);
	json_decref(wish.body);
	return e;
}

static enum err change(enum directory_kind kind, const char *if_match, const char *text, struct errbuf *why)
{
	return change_as(&bench_staff, kind, if_match, text, why);
}

static int64_t version(enum directory_kind kind)
{
	return bench_integer("SELECT version FROM %s WHERE id = (SELECT MIN(id) FROM %s)", words[kind], words[kind]);
}

static void nothing_but_what_may_be_changed_is_taken(void **unused)
{
	static const struct {
		const char *name;
		unsigned of; /* kinds */
		const char *text;
		enum err wanted;
	} bad[] = {
		{"nothing", 15, "{}", ERR_INVALID},
		{"no object", 15, "[]", ERR_MALFORMED},
		{"a slug", 15, "{\"slug\":\"other\"}", ERR_INVALID},
		{"a good member and a slug", 15, "{\"name\":\"Other\",\"slug\":\"other\"}", ERR_INVALID},
		{"a version", 15, "{\"version\":7}", ERR_INVALID},
		{"an id", 15, "{\"id\":\"aaaaaaaaaaaaaaaa\"}", ERR_INVALID},
		{"a parent", 14, "{\"organisation\":\"other\"}", ERR_INVALID},
		{"a number for a name", 15, "{\"name\":7}", ERR_INVALID},
		{"no name", 15, "{\"name\":null}", ERR_INVALID},
		{"an empty name", 15, "{\"name\":\"\"}", ERR_INVALID},
		{"a name of two lines", 15, "{\"name\":\"a\\nb\"}", ERR_INVALID},
		{"approvals of others", 13, "{\"approvals\":1}", ERR_INVALID},
		{"three approvals", 2, "{\"approvals\":3}", ERR_INVALID},
		{"less than none", 2, "{\"approvals\":-1}", ERR_INVALID},
		{"half an approval", 2, "{\"approvals\":0.5}", ERR_INVALID},
		{"approvals in words", 2, "{\"approvals\":\"1\"}", ERR_INVALID},
		{"several of others", 11, "{\"several\":true}", ERR_INVALID},
		{"several as a word", 4, "{\"several\":\"yes\"}", ERR_INVALID},
		{"several as nothing", 4, "{\"several\":null}", ERR_INVALID},
		{"a flag as a number", 8, "{\"may_receive\":0}", ERR_INVALID},
		{"a flag as nothing", 8, "{\"may_order\":null}", ERR_INVALID},
	};
	(void)unused;
	int64_t audits = bench_integer("SELECT COUNT(*) FROM audit");
	for (size_t i = 0; i < COUNT(bad); i++)
		for (size_t k = 0; k < COUNT(kinds); k++)
			if (bad[i].of & 1U << k && change(kinds[k], NULL, bad[i].text, NULL) != bad[i].wanted)
				fail_msg("%s of a %s", bad[i].name, words[k]);
	for (size_t k = 0; k < COUNT(kinds); k++)
		assert_int_equal(version(kinds[k]), 1);
	assert_int_equal(bench_integer("SELECT COUNT(*) FROM audit"), audits);
	assert_int_equal(bench_integer("SELECT COUNT(*) FROM message"), 0);
}

static void what_is_not_there_is_not_found(void **unused)
{
	static const char *const slugs[][3] = {{"none", "pay", "e-banking"}, {"sparebank", "none", "e-banking"}, {"sparebank", "pay", "none"}};
	char id[ID_SIZE];
	(void)unused;
	json_t *body = json_pack("{s:s}", "name", "Other");
	for (size_t k = 0; k < 3; k++)
		for (size_t i = 0; i <= k; i++) {
			const struct directory_change wish = {.kind = kinds[k], .body = body,
							      .slug = {slugs[i][0], slugs[i][1], slugs[i][2]}};
			assert_err(directory_change(&bench.desk, &bench_staff, &wish, id, NULL, NULL), ERR_NOT_FOUND);
		}
	json_decref(body);
}

/* A role that is limited to one organisation finds nothing of another's, by whatever name. */
static void whoever_reaches_another_organisation_alone_finds_nothing(void **unused)
{
	struct actor limited = bench_staff;
	char scope[ID_SIZE];
	(void)unused;
	limited.scope = "aaaaaaaaaaaaaaaa";
	for (size_t k = 0; k < COUNT(kinds); k++)
		assert_err(change_as(&limited, kinds[k], NULL, "{\"name\":\"Other\"}", NULL), ERR_NOT_FOUND);
	bench_value(scope, sizeof scope, "SELECT id FROM organisation");
	limited.scope = scope;
	for (size_t k = 0; k < COUNT(kinds); k++)
		assert_ok(change_as(&limited, kinds[k], NULL, "{\"name\":\"Other\"}", NULL));
}

static void each_kind_is_changed_in_what_is_named_and_the_audit_says_from_what_to_what(void **unused)
{
	static const struct {
		enum directory_kind kind;
		const char *text, *what, *detail, *row;
	} good[] = {
		{DIRECTORY_ORGANISATION, "{\"name\":\"Nordbank\"}", "directory.organisation_changed", "name \"Sparebank\" to \"Nordbank\"",
		 "SELECT COUNT(*) FROM organisation WHERE name = 'Nordbank' AND slug = 'sparebank' AND version = 2"},
		{DIRECTORY_SERVICE, "{\"approvals\":2}", "directory.service_changed", "approvals null to 2",
		 "SELECT COUNT(*) FROM service WHERE approvals = 2 AND name = 'Payments' AND version = 2"},
		{DIRECTORY_CLIENT, "{\"several\":false,\"name\":\"Bank\"}", "directory.client_changed",
		 "name \"E-Banking\" to \"Bank\", several true to false",
		 "SELECT COUNT(*) FROM client WHERE several = 0 AND name = 'Bank' AND slug = 'e-banking' AND version = 2"},
		{DIRECTORY_CONTACT, "{\"name\":\"Kari N. Berg\",\"may_order\":false,\"language\":\"nb\"}", "directory.contact_changed",
		 "name, may_order true to false, language \"\" to \"nb\"",
		 "SELECT COUNT(*) FROM contact WHERE name = 'Kari N. Berg' AND may_order = 0 AND may_receive = 1 AND language = 'nb'"
		 " AND email = 'kari@example.org' AND moved_at IS NULL AND version = 2"},
	};
	(void)unused;
	for (size_t i = 0; i < COUNT(good); i++) {
		assert_ok(change(good[i].kind, NULL, good[i].text, NULL));
		if (bench_integer("%s", good[i].row) != 1)
			fail_msg("%s", good[i].row);
		assert_int_equal(bench_integer("SELECT COUNT(*) FROM audit WHERE json_extract(record, '$.what') = %Q"
					       " AND json_extract(record, '$.detail') = %Q AND json_extract(record, '$.who') = %Q"
					       " AND object = (SELECT id FROM %s)", good[i].what, good[i].detail, BENCH_STAFF,
					       words[good[i].kind]), 1);
	}
	assert_int_equal(bench_integer("SELECT COUNT(*) FROM audit WHERE instr(record, 'Kari') OR instr(record, 'Berg')"), 0);
	assert_ok(change(DIRECTORY_SERVICE, NULL, "{\"approvals\":null}", NULL));
	assert_int_equal(bench_integer("SELECT COUNT(*) FROM service WHERE approvals IS NULL AND version = 3"), 1);
	assert_int_equal(bench_integer("SELECT COUNT(*) FROM message"), 0); /* none of it moves anybody */
}

static void what_is_the_same_is_no_change(void **unused)
{
	static const char *const same[] = {"{\"name\":\"Sparebank\"}", "{\"approvals\":null,\"name\":\"Payments\"}", "{\"several\":true}",
					   "{\"may_order\":true,\"mobile\":\"" BENCH_MOBILE "\"}"};
	(void)unused;
	int64_t audits = bench_integer("SELECT COUNT(*) FROM audit");
	for (size_t k = 0; k < COUNT(kinds); k++) {
		assert_ok(change(kinds[k], "\"1\"", same[k], NULL));
		assert_int_equal(version(kinds[k]), 1);
	}
	assert_int_equal(bench_integer("SELECT COUNT(*) FROM audit"), audits);
}

static void a_stale_change_overwrites_nothing_and_says_who_was_there_first(void **unused)
{
	static const char *const stale[] = {"\"1\"", "\"3\"", "\"\"", "W/\"2\"", "\"1\", \"3\"", "\"02\"", "\"2 \"", "\"1\",W/\"2\""};
	static const char *const fresh[] = {NULL, "*", "\"2\"", "\"1\", \"2\"", "\"9\" ,\t\"2\""};
	static const char *const no_tags[] = {"", "2", "\"2", "2\"", "\"2\" \"3\"", "W/2", "*, \"2\"", "\"1\";\"2\""};
	struct errbuf why = {{0}};
	(void)unused;
	for (size_t k = 0; k < COUNT(kinds); k++) {
		assert_ok(change(kinds[k], "\"1\"", "{\"name\":\"First\"}", NULL));
		int64_t audits = bench_integer("SELECT COUNT(*) FROM audit");
		for (size_t i = 0; i < COUNT(stale); i++)
			if (change(kinds[k], stale[i], "{\"name\":\"Second\"}", &why) != ERR_PRECONDITION)
				fail_msg("%s: %s", words[k], stale[i]);
		assert_string_equal(why.text, "Ola Administrator changed it at 2026-11-22T02:13:38Z: its tag is \"2\" now; nothing was done");
		for (size_t i = 0; i < COUNT(no_tags); i++)
			if (change(kinds[k], no_tags[i], "{\"name\":\"Second\"}", NULL) != ERR_MALFORMED)
				fail_msg("%s: '%s'", words[k], no_tags[i]);
		assert_int_equal(bench_integer("SELECT COUNT(*) FROM %s WHERE name = 'First' AND version = 2", words[k]), 1);
		assert_int_equal(bench_integer("SELECT COUNT(*) FROM audit"), audits);
		for (size_t i = 0; i < COUNT(fresh); i++) {
			assert_ok(change(kinds[k], fresh[i], i % 2 ? "{\"name\":\"First\"}" : "{\"name\":\"Second\"}", NULL));
			bench_sql("UPDATE %s SET version = 2", words[k]);
		}
	}
}

static void a_stale_move_tells_nobody(void **unused)
{
	(void)unused;
	assert_ok(change(DIRECTORY_CONTACT, NULL, "{\"name\":\"Kari B\"}", NULL));
	assert_err(change(DIRECTORY_CONTACT, "\"1\"", "{\"mobile\":\"+4640001199\"}", NULL), ERR_PRECONDITION);
	assert_int_equal(bench_integer("SELECT COUNT(*) FROM message"), 0);
	assert_int_equal(bench_integer("SELECT COUNT(*) FROM moved"), 0);
	assert_int_equal(bench_integer("SELECT COUNT(*) FROM contact WHERE mobile = %Q", BENCH_MOBILE), 1);
}

static void what_was_approved_keeps_its_names(void **unused)
{
	struct parcel before, after;
	struct message m;
	char was[FACTS_MAX_BYTES + 1], is[FACTS_MAX_BYTES + 1], sql[128];
	(void)unused;
	bench_order(&before);
	snprintf(sql, sizeof sql, "SELECT facts FROM orders WHERE id = '%s'", before.id);
	bench_value(was, sizeof was, sql);
	for (size_t k = 0; k < COUNT(kinds); k++)
		assert_ok(change(kinds[k], NULL, "{\"name\":\"Renamed\"}", NULL));
	bench_value(is, sizeof is, sql);
	assert_string_equal(is, was);
	assert_ok(order_resend(&bench.desk, &bench_staff, before.id, NULL));
	bench_open(before.id, "link", &m);
	assert_non_null(strstr(buf_string(&m.text), "Kari Nordmann"));
	assert_null(strstr(buf_string(&m.text), "Renamed"));
	message_clear(&m);
	bench_read_mail(&before);
	bench_read_code(&before);
	bench_claim(&before);
	assert_ok(bench_prepare(&before)); /* its ticket still holds */
	bench_order(&after);
	assert_int_equal(bench_integer("SELECT COUNT(*) FROM orders WHERE id = %Q AND json_extract(facts, '$.organisation_name') = 'Renamed'"
				       " AND json_extract(facts, '$.client_name') = 'Renamed'", after.id), 1);
}

struct race {
	enum directory_kind kind;
	const char *if_match;
	int number;
	enum err rc;
};

static void *run_race(void *ctx)
{
	struct race *r = ctx;
	char text[64];
	if (r->kind == DIRECTORY_CONTACT)
		snprintf(text, sizeof text, "{\"mobile\":\"+47400011%02d\"}", r->number);
	else
		snprintf(text, sizeof text, "{\"name\":\"Name %d\"}", r->number);
	r->rc = change(r->kind, r->if_match, text, NULL);
	return NULL;
}

static int race(enum directory_kind kind, const char *if_match, enum err others)
{
	struct race races[THREADS];
	pthread_t threads[THREADS];
	int done = 0;
	for (int i = 0; i < THREADS; i++) {
		races[i] = (struct race){.kind = kind, .if_match = if_match, .number = i};
		assert_int_equal(pthread_create(&threads[i], NULL, run_race, &races[i]), 0);
	}
	for (int i = 0; i < THREADS; i++) {
		assert_int_equal(pthread_join(threads[i], NULL), 0);
		if (races[i].rc != ERR_OK)
			assert_err(races[i].rc, others);
		done += races[i].rc == ERR_OK;
	}
	return done;
}

static void of_many_at_once_one_wins_by_a_tag_and_all_without(void **unused)
{
	(void)unused;
	assert_int_equal(race(DIRECTORY_ORGANISATION, "\"1\"", ERR_PRECONDITION), 1);
	assert_int_equal(version(DIRECTORY_ORGANISATION), 2);
	assert_int_equal(race(DIRECTORY_ORGANISATION, NULL, ERR_OK), THREADS);
	/* none but a change to what it is already is no step */
	assert_int_equal(version(DIRECTORY_ORGANISATION), 1 + bench_integer(
		"SELECT COUNT(*) FROM audit WHERE json_extract(record, '$.what') = 'directory.organisation_changed'"));
}

/* Five a day get through, and the mails of each name what it had the moment before. */
static void of_many_moves_at_once_each_is_told_from_where_to_where(void **unused)
{
	(void)unused;
	assert_int_equal(race(DIRECTORY_CONTACT, NULL, ERR_CONFLICT), 5);
	assert_int_equal(version(DIRECTORY_CONTACT), 6);
	assert_int_equal(bench_integer("SELECT COUNT(*) FROM message WHERE kind = 'new_mobile'"), 5);
	assert_int_equal(bench_integer("SELECT COUNT(DISTINCT mobile) FROM moved"), 5);
}

static void an_answer_carries_the_tag_and_what_has_happened_to_it(void **unused)
{
	static const struct {
		const char *name;
		route_handler *show, *change;
		const char *parameter[3];
	} cases[] = {
		{"organisation", api_organisation_show, api_organisation_change, {"sparebank"}},
		{"service", api_service_show, api_service_change, {"sparebank", "pay"}},
		{"client", api_client_show, api_client_change, {"sparebank", "pay", "e-banking"}},
		{"contact", api_contact_show, api_contact_change, {"kari@example.org"}},
	};
	(void)unused;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const char *const *p = cases[i].parameter;
		print_message("%s\n", cases[i].name);
		struct api_call show = {.handler = cases[i].show, .path = "/v1/x", .parameter = {p[0], p[1], p[2]}};
		struct api_call call = {.handler = cases[i].change, .path = "/v1/x", .parameter = {p[0], p[1], p[2]},
					.body = "{\"name\":\"Other\"}", .if_match = "\"1\""};
		struct api_answer a = api_ask(&show);
		assert_int_equal(a.status, 200);
		assert_string_equal(a.etag, "\"1\"");
		assert_int_equal(json_array_size(json_object_get(a.json, "history")), 1);
		json_decref(a.json);
		a = api_ask(&call);
		assert_int_equal(a.status, 200);
		assert_string_equal(a.etag, "\"2\"");
		assert_string_equal(api_text(&a, "name"), "Other");
		assert_int_equal(json_array_size(json_object_get(a.json, "history")), 2);
		json_decref(a.json);
		a = api_ask(&call);
		assert_int_equal(a.status, 412);
		assert_string_equal(api_text(&a, "code"), "precondition");
		assert_non_null(strstr(api_text(&a, "detail"), "Ola Administrator"));
		json_decref(a.json);
	}
}

static void a_clients_caller_is_told_nothing_of_who_changed_its_service(void **unused)
{
	struct front front = {.desk = bench.desk};
	const struct identity who = {.kind = IDENTITY_CLIENT, .organisation = "sparebank", .service = "pay", .client = "e-banking"};
	const struct request q = {.method = "GET", .path = "/v1/services/sparebank/pay", .parameter = {"sparebank", "pay"}, .identity = &who};
	struct reply r = REPLY_INIT;
	(void)unused;
	api_service_show(&front, &q, &r);
	assert_int_equal(r.status, 200);
	assert_string_equal(r.etag, "");
	assert_null(json_object_get(r.json, "history"));
	assert_null(json_object_get(r.json, "version"));
	assert_null(json_object_get(r.json, "approvals"));
	reply_clear(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		BENCH_TEST(nothing_but_what_may_be_changed_is_taken),
		BENCH_TEST(what_is_not_there_is_not_found),
		BENCH_TEST(whoever_reaches_another_organisation_alone_finds_nothing),
		BENCH_TEST(each_kind_is_changed_in_what_is_named_and_the_audit_says_from_what_to_what),
		BENCH_TEST(what_is_the_same_is_no_change),
		BENCH_TEST(a_stale_change_overwrites_nothing_and_says_who_was_there_first),
		BENCH_TEST(a_stale_move_tells_nobody),
		BENCH_TEST(what_was_approved_keeps_its_names),
		BENCH_TEST(of_many_at_once_one_wins_by_a_tag_and_all_without),
		BENCH_TEST(of_many_moves_at_once_each_is_told_from_where_to_where),
		BENCH_TEST(an_answer_carries_the_tag_and_what_has_happened_to_it),
		BENCH_TEST(a_clients_caller_is_told_nothing_of_who_changed_its_service),
	};
	return cmocka_run_group_tests(tests, NULL, bench_group_end);
}

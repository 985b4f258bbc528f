/* Each allocation and each call into OpenSSL and SQLite of a change and of a creation with a key fails in turn: the change is
 * made, audited and told, or none of it; a key stands with what it has created, or neither does, and then it is free. */
#include "tests/support/failing.h"

#define FAKE_SPARED FAILING_SPARED
#include "tests/support/order_bench.h"

#include "issuer/order/idempotency.h"

enum { SAMPLE = 8 };

static struct {
	enum directory_kind kind;
	json_t *body;
	const char *if_match;
	int64_t audits;
	char id[ID_SIZE];
} at;

static int64_t changed(void)
{
	return bench_integer("SELECT (SELECT version FROM client) + (SELECT version FROM contact) - 2");
}

static void before_a_change(void)
{
	bench_sql("BEGIN; UPDATE contact SET email = 'kari@example.org', mobile = %Q, name = 'Kari Nordmann', version = 1;"
		  " UPDATE client SET name = 'E-Banking', several = 1, version = 1; DELETE FROM message; DELETE FROM moved; COMMIT",
		  BENCH_MOBILE);
	at.audits = bench_integer("SELECT COUNT(*) FROM audit");
}

static enum err change(void)
{
	struct faults faults = {0};
	struct errbuf why = {{0}};
	const struct directory_change wish = {.kind = at.kind, .slug = {"sparebank", "pay", "e-banking"}, .contact = "kari@example.org",
					      .if_match = at.if_match, .body = at.body};
	enum err e = directory_change(&bench.desk, &bench_staff, &wish, at.id, &faults, &why);
	faults_clear(&faults);
	return e;
}

static void changed_and_audited_or_neither(enum err rc, bool failed)
{
	failing_require(failed || rc == ERR_OK);
	failing_require(changed() == (rc == ERR_OK));
	failing_require(bench_integer("SELECT COUNT(*) FROM audit") == at.audits + (rc == ERR_OK));
	failing_require(bench_integer("SELECT COUNT(*) FROM message") == (at.kind == DIRECTORY_CONTACT && rc == ERR_OK));
	if (rc != ERR_OK)
		failing_require(change() == ERR_OK && changed() == 1);
}

static void a_change_is_whole_or_not_there(void **unused)
{
	static const struct failing_work client = {.name = "directory_change of a client", .before = before_a_change, .act = change,
						   .after = changed_and_audited_or_neither, .without_openssl = true};
	static const struct failing_work contact = {.name = "directory_change of a contact", .before = before_a_change, .act = change,
						    .after = changed_and_audited_or_neither};
	(void)unused;
	at.if_match = "\"7\", \"1\"";
	at.kind = DIRECTORY_CLIENT;
	at.body = json_pack("{s:s, s:b}", "name", "Bank", "several", 0);
	failing_each(&client, SAMPLE);
	json_decref(at.body);
	at.kind = DIRECTORY_CONTACT;
	at.body = json_pack("{s:s, s:s}", "name", "Kari B", "mobile", "+4640001199");
	failing_each(&contact, SAMPLE);
	json_decref(at.body);
}

/* A stale one is refused as stale, or fails: it is never taken for a fresh one. */
static void refused_and_nothing_changed(enum err rc, bool failed)
{
	failing_require(rc != ERR_OK);
	failing_require(failed || rc == ERR_PRECONDITION);
	failing_require(changed() == 0 && bench_integer("SELECT COUNT(*) FROM audit") == at.audits);
}

static void a_stale_change_is_never_made(void **unused)
{
	static const struct failing_work work = {.name = "a stale directory_change", .before = before_a_change, .act = change,
						 .after = refused_and_nothing_changed, .without_openssl = true};
	(void)unused;
	at.if_match = "\"2\"";
	at.kind = DIRECTORY_CLIENT;
	at.body = json_pack("{s:s}", "name", "Bank");
	failing_each(&work, SAMPLE);
	json_decref(at.body);
}

static void before_a_creation(void)
{
	bench_sql("BEGIN; DELETE FROM idempotency; DELETE FROM organisation WHERE slug = 'other'; COMMIT");
	at.audits = bench_integer("SELECT COUNT(*) FROM audit");
}

static enum err create(void)
{
	struct idempotency once;
	struct actor who = bench_staff;
	struct faults faults = {0};
	struct errbuf why = {{0}};
	enum err e = idempotency_begin(&once, "key", "/v1/organisations", at.body, &why);
	who.once = &once;
	if (e == ERR_OK)
		e = idempotency_find(&bench.desk, &who, BENCH_NOW, at.id, &why);
	if (e == ERR_NOT_FOUND)
		e = directory_add(&bench.desk, &who, DIRECTORY_ORGANISATION, at.body, at.id, &faults, &why);
	faults_clear(&faults);
	return e;
}

static void created_with_its_key_or_neither(enum err rc, bool failed)
{
	int64_t made = rc == ERR_OK;
	failing_require(failed || made);
	failing_require(bench_integer("SELECT COUNT(*) FROM organisation WHERE slug = 'other'") == made);
	failing_require(bench_integer("SELECT COUNT(*) FROM idempotency") == made);
	failing_require(bench_integer("SELECT COUNT(*) FROM audit") == at.audits + made);
	failing_require(create() == ERR_OK); /* again, or at last */
	failing_require(bench_integer("SELECT COUNT(*) FROM organisation WHERE slug = 'other' AND id = %Q", at.id) == 1);
	failing_require(bench_integer("SELECT COUNT(*) FROM audit") == at.audits + 1);
}

static void a_key_and_what_it_creates_are_one(void **unused)
{
	static const struct failing_work work = {.name = "directory_add with a key", .before = before_a_creation, .act = create,
						 .after = created_with_its_key_or_neither};
	(void)unused;
	at.body = json_pack("{s:s, s:s}", "slug", "other", "name", "Other");
	failing_each(&work, SAMPLE);
	json_decref(at.body);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		BENCH_TEST(a_change_is_whole_or_not_there),
		BENCH_TEST(a_stale_change_is_never_made),
		BENCH_TEST(a_key_and_what_it_creates_are_one),
	};
	return cmocka_run_group_tests(tests, NULL, bench_group_end);
}

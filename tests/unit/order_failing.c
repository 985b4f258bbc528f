/* Each allocation and each call into OpenSSL and SQLite of each step of an order fails in turn, once and for good. The
 * step fails, or what it says has happened stands in the database; nothing happens twice; and when the trouble is over
 * the same step does what it should have done. */
#include "tests/support/failing.h"

#define FAKE_SPARED FAILING_SPARED
#include "tests/support/order_bench.h"

/* In `make check`; a campaign takes every one. */
enum { SAMPLE = 40, OFTEN = 12 };

static struct {
	struct parcel p;
	json_t *body;
	char id[ID_SIZE], serial[SERIAL_TEXT_SIZE];
	int64_t orders, outbox;
	struct secret *claim;
	enum package_encoding encoding;
	const char *code;
	int left;
	struct buf package;
	struct errbuf why;
} at = {.package = {.cap = PACKAGE_MAX_BYTES}};

static int64_t counted(const char *what)
{
	return bench_integer("SELECT COUNT(*) FROM %s", what);
}

static void before_order(void)
{
	at.body = bench_order_body();
	at.orders = counted("orders");
	at.outbox = counted("message");
}

static enum err order_it(void)
{
	struct faults faults = {0};
	enum err rc = order_new(&bench.desk, &bench_staff, at.body, at.id, &faults, &at.why);
	faults_clear(&faults);
	return rc;
}

static void whole_order_or_none(enum err rc)
{
	failing_require(counted("orders") == at.orders + (rc == ERR_OK));
	failing_require(counted("message") == at.outbox + (rc == ERR_OK ? 2 : 0));
	if (rc != ERR_OK)
		return;
	struct parcel p = {0};
	snprintf(p.id, sizeof p.id, "%s", at.id);
	assert_state(at.id, ORDER_OFFERED);
	bench_read_mail(&p);
	bench_read_code(&p);
	failing_require(bench_audits("order.requested", at.id) == 1);
	failing_require(strcmp(p.token, "") != 0 && strlen(p.code) == CODE_LENGTH);
}

static void after_order(enum err rc, bool failed)
{
	failing_require(failed || rc == ERR_OK);
	whole_order_or_none(rc);
	if (rc != ERR_OK) {
		failing_require(order_it() == ERR_OK);
		whole_order_or_none(ERR_OK);
	}
	json_decref(at.body);
}

static void an_order_is_whole_or_none(void **state)
{
	(void)state;
	static const struct failing_work work = {.name = "order_new", .before = before_order,
						 .act = order_it, .after = after_order};
	failing_each(&work, SAMPLE);
}

static void before_code(void)
{
	bench_order(&at.p);
	at.code = at.p.code;
}

static void before_wrong_code(void)
{
	before_code();
	at.code = strcmp(at.p.code, "22222222") == 0 ? "33333333" : "22222222";
}

static enum err type_code(void)
{
	return collect_code(&bench.desk, &bench_recipient, at.p.token, at.code, strlen(at.code), &at.claim, &at.left, &at.why);
}

/* A claim that works, or none, and then the code still does. */
static void after_code(enum err rc, bool failed)
{
	failing_require(failed || rc == ERR_OK);
	failing_require((at.claim != NULL) == (rc == ERR_OK));
	failing_require((bench_state(at.p.id) == ORDER_COLLECTING) == (rc == ERR_OK));
	if (rc != ERR_OK)
		failing_require(type_code() == ERR_OK);
	snprintf(at.p.claim, sizeof at.p.claim, "%s", secret_string(at.claim));
	failing_require(bench_audits("order.claimed", at.p.id) <= 1);
	failing_require(bench_fetch(&at.p, PACKAGE_MODERN, NULL) == ERR_UNAVAILABLE); /* not made yet, and not refused */
	secret_free(at.claim);
	at.claim = NULL;
}

static void after_wrong_code(enum err rc, bool failed)
{
	(void)failed;
	failing_require(rc != ERR_OK && !at.claim);
	assert_state(at.p.id, ORDER_OFFERED);
	failing_require(bench_integer("SELECT tries FROM code WHERE order_id = %Q", at.p.id) <= 1);
	failing_require(bench_integer("SELECT tries FROM code WHERE order_id = %Q", at.p.id) == 1 || rc != ERR_WRONG_CODE);
	at.code = at.p.code;
	failing_require(type_code() == ERR_OK);
	secret_free(at.claim);
	at.claim = NULL;
}

static void a_right_code_gives_a_claim_or_can_be_typed_again(void **state)
{
	(void)state;
	static const struct failing_work work = {.name = "collect_code", .before = before_code,
						 .act = type_code, .after = after_code};
	failing_each(&work, SAMPLE);
}

static void a_wrong_code_never_opens(void **state)
{
	(void)state;
	static const struct failing_work work = {.name = "collect_code (wrong)", .before = before_wrong_code,
						 .act = type_code, .after = after_wrong_code};
	failing_each(&work, SAMPLE);
}

static void before_prepare(void)
{
	fake_signer_reset(); /* it remembers a few orders only */
	bench_order(&at.p);
	bench_claim(&at.p);
}

static enum err prepare(void)
{
	return bench_prepare(&at.p);
}

static int64_t certificates(void)
{
	return bench_integer("SELECT COUNT(*) FROM certificate WHERE order_id = %Q", at.p.id);
}

static void after_prepare(enum err rc, bool failed)
{
	failing_require(failed || rc == ERR_OK);
	failing_require(certificates() == (rc == ERR_OK));
	failing_require(bench_integer("SELECT COUNT(*) FROM parcel WHERE order_id = %Q", at.p.id) == (rc == ERR_OK));
	failing_require(prepare() == ERR_OK && certificates() == 1);
	failing_require(bench_fetch(&at.p, PACKAGE_MODERN, NULL) == ERR_OK);
}

static void a_certificate_and_its_parcel_are_kept_together_and_once(void **state)
{
	(void)state;
	static const struct failing_work work = {.name = "collect_prepare", .before = before_prepare,
						 .act = prepare, .after = after_prepare};
	failing_each(&work, SAMPLE);
}

static void before_package(void)
{
	before_prepare();
	assert_ok(bench_prepare(&at.p));
	buf_clear(&at.package);
}

static enum err fetch(void)
{
	return collect_package(&bench.desk, &bench_recipient, &(struct collect_claim){at.p.token, at.p.claim, false}, at.encoding, &at.package, &at.why);
}

static bool package_is_right(void)
{
	char wanted[64];
	snprintf(wanted, sizeof wanted, "package %s of %s", package_encoding_name(at.encoding), at.p.id);
	return at.package.len == strlen(wanted) && memcmp(at.package.data, wanted, at.package.len) == 0;
}

static void after_package(enum err rc, bool failed)
{
	failing_require(failed || rc == ERR_OK);
	failing_require(rc == ERR_OK ? package_is_right() : at.package.len == 0);
	buf_free(&at.package);
	at.package = BUF_INIT(PACKAGE_MAX_BYTES);
	failing_require(fetch() == ERR_OK && package_is_right());
	failing_require(bench_audits("parcel.served", at.p.id) == 1);
	buf_free(&at.package);
	at.package = BUF_INIT(PACKAGE_MAX_BYTES);
}

static void a_package_leaves_whole_or_not_at_all(void **state)
{
	(void)state;
	static const struct failing_work modern = {.name = "collect_package modern", .before = before_package,
						   .act = fetch, .after = after_package},
					 compatible = {.name = "collect_package compatible", .before = before_package,
						       .act = fetch, .after = after_package};
	at.encoding = PACKAGE_MODERN;
	failing_each(&modern, OFTEN);
	at.encoding = PACKAGE_COMPATIBLE;
	failing_each(&compatible, OFTEN);
}

static void before_received(void)
{
	before_package();
	assert_ok(bench_fetch(&at.p, PACKAGE_MODERN, NULL));
}

static enum err receive(void)
{
	return bench_receive(&at.p, NULL);
}

static void after_received(enum err rc, bool failed)
{
	failing_require(failed || rc == ERR_OK);
	failing_require((bench_state(at.p.id) == ORDER_RECEIVED) == (rc == ERR_OK));
	failing_require(bench_messages(at.p.id, "password", "waiting") == (rc == ERR_OK));
	failing_require(bench_integer("SELECT COUNT(*) FROM parcel WHERE order_id = %Q AND erased_at IS NOT NULL", at.p.id) ==
			(rc == ERR_OK));
	failing_require(receive() == ERR_OK && bench_messages(at.p.id, "password", "waiting") == 1);
}

static void the_password_goes_with_the_receipt_or_not_at_all(void **state)
{
	(void)state;
	static const struct failing_work work = {.name = "collect_received", .before = before_received,
						 .act = receive, .after = after_received};
	failing_each(&work, SAMPLE);
}

static void before_revoke(void)
{
	before_received();
	bench_serial(at.p.id, at.serial);
	at.outbox = bench.revocations;
}

static enum err revoke_it(void)
{
	return certificate_revoke(&bench.desk, &bench_staff, &(struct revocation_wish){at.serial, "keyCompromise", NULL, NULL}, &at.why);
}

static bool revoked(void)
{
	return bench_integer("SELECT COUNT(*) FROM certificate WHERE serial = %Q AND status = 'revoked' AND reason = 1",
			     at.serial) == 1;
}

static void after_revoke(enum err rc, bool failed)
{
	failing_require(failed || rc == ERR_OK);
	failing_require(revoked() == (rc == ERR_OK));
	failing_require(!revoked() || fake_signer_revoked(at.serial));
	failing_require(bench.revocations == at.outbox + (rc == ERR_OK));
	failing_require(rc == ERR_OK || revoke_it() == ERR_OK);
	failing_require(revoked() && fake_signer_revoked(at.serial));
	failing_require(bench_audits("certificate.revoked", at.serial) == 1);
	failing_require(bench_fetch(&at.p, PACKAGE_MODERN, NULL) == ERR_REVOKED);
}

static void revoked_is_revoked_in_journal_and_database(void **state)
{
	(void)state;
	static const struct failing_work work = {.name = "certificate_revoke", .before = before_revoke,
						 .act = revoke_it, .after = after_revoke};
	failing_each(&work, SAMPLE);
}

static void before_reissue(void)
{
	before_revoke();
	failing_require(bench_receive(&at.p, NULL) == ERR_OK);
	at.orders = counted("orders");
}

static enum err reissue_it(void)
{
	struct faults faults = {0};
	bool made = false;
	enum err rc = order_reissue(&bench.desk, &bench_staff, &(struct reissue_wish){at.p.id, NULL}, at.id, &made, &faults, &at.why);
	faults_clear(&faults);
	return rc;
}

/* Revoked and ordered again, or neither. */
static void after_reissue(enum err rc, bool failed)
{
	failing_require(failed || rc == ERR_OK);
	failing_require(counted("orders") == at.orders + (rc == ERR_OK));
	failing_require(counted("certificate WHERE status = 'revoked'") >= (rc == ERR_OK));
	failing_require(bench_integer("SELECT COUNT(*) FROM certificate WHERE serial = %Q AND status = 'revoked' AND reason = 4",
				      at.serial) == (rc == ERR_OK));
	failing_require(rc == ERR_OK || reissue_it() == ERR_OK);
	failing_require(reissue_it() == ERR_OK);
	failing_require(counted("orders") == at.orders + 1 && fake_signer_revoked(at.serial));
	failing_require(bench_audits("order.reissued", at.p.id) == 1);
}

static void reissued_is_revoked_and_ordered_or_neither(void **state)
{
	(void)state;
	static const struct failing_work work = {.name = "order_reissue", .before = before_reissue,
						 .act = reissue_it, .after = after_reissue};
	failing_each(&work, SAMPLE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		BENCH_TEST(an_order_is_whole_or_none),
		BENCH_TEST(a_right_code_gives_a_claim_or_can_be_typed_again),
		BENCH_TEST(a_wrong_code_never_opens),
		BENCH_TEST(a_certificate_and_its_parcel_are_kept_together_and_once),
		BENCH_TEST(a_package_leaves_whole_or_not_at_all),
		BENCH_TEST(the_password_goes_with_the_receipt_or_not_at_all),
		BENCH_TEST(revoked_is_revoked_in_journal_and_database),
		BENCH_TEST(reissued_is_revoked_and_ordered_or_neither),
	};
	return cmocka_run_group_tests(tests, NULL, bench_group_end);
}

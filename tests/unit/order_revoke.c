#include "tests/support/order_bench.h"

#include <ctype.h>

/* The serial of a new order in that state, until the next is made. *p, unless NULL, is the order. */
static const char *serial_of(enum order_state state, struct parcel *p)
{
	static char serial[SERIAL_TEXT_SIZE];
	struct parcel own = {0};
	p = p ? p : &own;
	bench_reach(p, state);
	bench_serial(p->id, serial);
	return serial;
}

static enum err revoke_it(const char *serial, const char *reason, struct errbuf *why)
{
	return certificate_revoke(&bench.desk, &bench_staff, &(struct revocation_wish){serial, reason, "lost laptop", NULL}, why);
}

static void revoked_is_in_journal_database_and_audit_when_it_returns(void **unused)
{
	struct parcel p;
	(void)unused;
	const char *serial = serial_of(ORDER_IN_USE, &p);
	bench_clock(BENCH_NOW + 60);
	assert_ok(revoke_it(serial, "keyCompromise", NULL));
	assert_true(fake_signer_revoked(serial));
	assert_int_equal(bench_integer("SELECT COUNT(*) FROM certificate WHERE status = 'revoked' AND reason = 1"
				       " AND revoked_at = %lld", (long long)BENCH_NOW + 60), 1);
	assert_int_equal(bench_audits("certificate.revoked", serial), 1);
	assert_int_equal(bench.revocations, 1);
	assert_state(p.id, ORDER_IN_USE);
}

static enum err hold_it(const char *serial, struct errbuf *why)
{
	return certificate_hold(&bench.desk, &bench_staff, serial, "laptop missing", why);
}

static enum err release_it(const char *serial, struct errbuf *why)
{
	return certificate_release(&bench.desk, &bench_staff, serial, "laptop found", why);
}

static int64_t in_state(const char *status)
{
	return bench_integer("SELECT COUNT(*) FROM certificate WHERE status = '%s'", status);
}

static void held_is_refused_and_released_is_good_again(void **unused)
{
	struct errbuf why = {{0}};
	(void)unused;
	const char *serial = serial_of(ORDER_IN_USE, NULL);
	assert_err(release_it(serial, &why), ERR_CONFLICT);
	assert_string_equal(why.text, "it is not on hold");
	assert_ok(hold_it(serial, NULL));
	assert_int_equal(fake.revocation.reason, REASON_HOLD);
	assert_false(fake.revocation.release);
	assert_int_equal(bench_integer("SELECT revoked_at FROM certificate WHERE status = 'held'"), BENCH_NOW);
	assert_int_equal(bench_audits("certificate.held", serial), 1);
	assert_int_equal(bench.revocations, 1);
	bench_clock(BENCH_NOW + 60);
	assert_err(hold_it(serial, &why), ERR_CONFLICT);
	assert_non_null(strstr(why.text, "2026-11-22T02:13:38Z"));
	assert_int_equal(bench_integer("SELECT revoked_at FROM certificate WHERE status = 'held'"), BENCH_NOW);
	assert_ok(release_it(serial, NULL));
	assert_true(fake.revocation.release);
	assert_int_equal(in_state("valid"), 1);
	assert_int_equal(bench_integer("SELECT COUNT(*) FROM certificate WHERE revoked_at IS NULL AND reason IS NULL"), 1);
	assert_int_equal(bench_audits("certificate.released", serial), 1);
	assert_int_equal(bench.revocations, 2);
}

static void a_hold_ends_in_a_revocation_and_that_is_the_end(void **unused)
{
	struct errbuf why = {{0}};
	(void)unused;
	const char *serial = serial_of(ORDER_IN_USE, NULL);
	assert_ok(hold_it(serial, NULL));
	assert_ok(revoke_it(serial, "keyCompromise", NULL));
	assert_err(release_it(serial, &why), ERR_CONFLICT);
	assert_non_null(strstr(why.text, "revoked already"));
	assert_err(hold_it(serial, &why), ERR_CONFLICT);
	assert_non_null(strstr(why.text, "keyCompromise"));
	assert_int_equal(in_state("revoked"), 1);
	assert_int_equal(bench_audits("certificate.released", serial), 0);
}

static void what_cannot_be_held_or_released_is_told_apart(void **unused)
{
	static const char *const strange[] = {"0123456789012345678901234567890123456789", "not a serial", ""};
	(void)unused;
	const char *serial = serial_of(ORDER_IN_USE, NULL);
	for (size_t i = 0; i < COUNT(strange); i++) {
		assert_err(hold_it(strange[i], NULL), ERR_NOT_FOUND);
		assert_err(release_it(strange[i], NULL), ERR_NOT_FOUND);
	}
	assert_err(certificate_hold(&bench.desk, &bench_staff, serial, "a\nb", NULL), ERR_INVALID);
	assert_int_equal(fake.revoked_count, 0);
	assert_int_equal(in_state("valid"), 1);
}

/* A hold stands when the journal is away, and is on record when it is asked for again; a release does not happen. */
static void without_the_journal_a_hold_stands_and_nothing_is_released(void **unused)
{
	(void)unused;
	const char *serial = serial_of(ORDER_IN_USE, NULL);
	fake.fail[SIGNER_REVOKE] = ERR_UNAVAILABLE;
	assert_err(hold_it(serial, NULL), ERR_UNAVAILABLE);
	assert_int_equal(in_state("held"), 1);
	assert_int_equal(bench.revocations, 1);
	assert_err(release_it(serial, NULL), ERR_UNAVAILABLE);
	assert_int_equal(in_state("held"), 1);
	fake.fail[SIGNER_REVOKE] = ERR_OK;
	assert_int_equal(fake.revoked_count, 0);
	assert_err(hold_it(serial, NULL), ERR_CONFLICT);
	assert_int_equal(fake.revoked_count, 1);
	assert_ok(release_it(serial, NULL));
}

static enum err revoke_since(const char *serial, const char *since)
{
	const struct revocation_wish wish = {serial, "keyCompromise", NULL, since};
	return certificate_revoke(&bench.desk, &bench_staff, &wish, NULL);
}

static void a_compromise_has_a_date_in_the_past_or_none(void **unused)
{
	static const char *const bad[] = {"", "yesterday", "2026-11-22T02:13:39Z", "2026-11-23", "2027-01-01", "1970-01-01",
					  "2026-02-30", "2026-11-22 02:13:38", "2026-11-22T02:13:38", "2026-11-22T02:13:38+00:00",
					  "2026-13-01", "1969-12-31", "-026-11-22", "2026-11-2", "20261-11-2", " 2026-11-2"};
	(void)unused;
	const char *serial = serial_of(ORDER_IN_USE, NULL);
	for (size_t i = 0; i < COUNT(bad); i++)
		if (revoke_since(serial, bad[i]) != ERR_INVALID)
			fail_msg("accepted: %s", bad[i]);
	assert_int_equal(fake.revoked_count, 0);
	assert_ok(revoke_since(serial, "2026-11-20T12:00:01Z"));
	assert_int_equal(fake.revocation.compromised_at, INT64_C(1795176001));
	assert_int_equal(bench_integer("SELECT compromised_at FROM certificate WHERE status = 'revoked'"), INT64_C(1795176001));
	assert_int_equal(bench_integer("SELECT COUNT(*) FROM audit WHERE record LIKE '%%invalid since 2026-11-20T12:00:01Z%%'"), 1);
	serial = serial_of(ORDER_IN_USE, NULL);
	assert_ok(revoke_since(serial, "2026-11-22")); /* today, at its first second */
	assert_int_equal(fake.revocation.compromised_at, INT64_C(1795305600));
}

static void revoked_twice_is_a_conflict_that_says_when_and_why(void **unused)
{
	struct errbuf why = {{0}};
	(void)unused;
	const char *serial = serial_of(ORDER_IN_USE, NULL);
	assert_ok(revoke_it(serial, "keyCompromise", NULL));
	bench_clock(BENCH_NOW + 3600);
	assert_err(revoke_it(serial, "superseded", &why), ERR_CONFLICT);
	assert_non_null(strstr(why.text, "2026-11-22T02:13:38Z"));
	assert_non_null(strstr(why.text, "keyCompromise"));
	assert_int_equal(bench_integer("SELECT COUNT(*) FROM certificate WHERE reason = 1 AND revoked_at = %lld",
				       (long long)BENCH_NOW), 1);
	assert_int_equal(bench_audits("certificate.revoked", serial), 1);
	assert_int_equal(bench.revocations, 1);
}

struct revoker {
	const char *serial;
	enum err result;
};

static void *revoke_once(void *arg)
{
	struct revoker *r = arg;
	struct errbuf why = {{0}};
	r->result = revoke_it(r->serial, "superseded", &why);
	return NULL;
}

static void many_at_once_revoke_once(void **unused)
{
	struct revoker revokers[16];
	pthread_t threads[COUNT(revokers)];
	int done = 0;
	(void)unused;
	const char *serial = serial_of(ORDER_IN_USE, NULL);
	for (size_t i = 0; i < COUNT(revokers); i++) {
		revokers[i].serial = serial;
		assert_int_equal(pthread_create(&threads[i], NULL, revoke_once, &revokers[i]), 0);
	}
	for (size_t i = 0; i < COUNT(revokers); i++) {
		pthread_join(threads[i], NULL);
		done += revokers[i].result == ERR_OK;
		assert_true(revokers[i].result == ERR_OK || revokers[i].result == ERR_CONFLICT);
	}
	assert_int_equal(done, 1);
	assert_int_equal(bench_audits("certificate.revoked", serial), 1);
}

static void a_serial_is_understood_as_people_paste_it(void **unused)
{
	(void)unused;
	for (int way = 0; way < 4; way++) {
		const char *serial = serial_of(ORDER_IN_USE, NULL);
		char pasted[128] = "";
		if (way == 3)
			snprintf(pasted, sizeof pasted, "0x");
		for (size_t i = 0; i < strlen(serial); i++) {
			size_t len = strlen(pasted);
			char c = (char)(way > 0 ? toupper((unsigned char)serial[i]) : serial[i]);
			snprintf(pasted + len, sizeof pasted - len, "%s%c", i && i % 2 == 0 && way % 3 ? (way == 1 ? ":" : " ") : "",
				 c);
		}
		assert_ok(revoke_it(pasted, "unspecified", NULL));
	}
}

static void what_cannot_be_revoked_is_told_apart(void **unused)
{
	(void)unused;
	const char *serial = serial_of(ORDER_IN_USE, NULL);
	assert_err(revoke_it("0123456789012345678901234567890123456789", "superseded", NULL), ERR_NOT_FOUND);
	assert_err(revoke_it("not a serial", "superseded", NULL), ERR_NOT_FOUND);
	assert_err(revoke_it("", "superseded", NULL), ERR_NOT_FOUND);
	assert_err(revoke_it(serial, "because", NULL), ERR_INVALID);
	assert_err(revoke_it(serial, NULL, NULL), ERR_INVALID);
	assert_err(revoke_it(serial, "certificateHold", NULL), ERR_INVALID);
	assert_err(certificate_revoke(&bench.desk, &bench_staff, &(struct revocation_wish){serial, "superseded", "a\nb", NULL}, NULL), ERR_INVALID);
	assert_int_equal(fake.revoked_count, 0);
	assert_int_equal(bench_integer("SELECT COUNT(*) FROM certificate WHERE status = 'valid'"), 1);
}

static void without_the_journal_nothing_is_revoked(void **unused)
{
	struct parcel p;
	(void)unused;
	const char *serial = serial_of(ORDER_COLLECTING, &p);
	fake.fail[SIGNER_REVOKE] = ERR_UNAVAILABLE;
	assert_err(revoke_it(serial, "superseded", NULL), ERR_UNAVAILABLE);
	assert_err(order_cancel(&bench.desk, &bench_staff, p.id, NULL, NULL), ERR_UNAVAILABLE);
	assert_state(p.id, ORDER_COLLECTING);
	assert_int_equal(bench_integer("SELECT COUNT(*) FROM certificate WHERE status = 'valid'"), 1);
	assert_int_equal(bench.revocations, 0);
	fake.fail[SIGNER_REVOKE] = ERR_OK;
	assert_ok(order_cancel(&bench.desk, &bench_staff, p.id, NULL, NULL));
}

static void nothing_of_a_revoked_certificate_is_handed_out(void **unused)
{
	struct parcel p;
	struct collect_view view;
	(void)unused;
	const char *serial = serial_of(ORDER_COLLECTING, &p);
	assert_ok(revoke_it(serial, "superseded", NULL));
	assert_state(p.id, ORDER_COLLECTING);
	assert_ok(collect_look(&bench.desk, p.token, p.claim, &view));
	assert_false(view.ready);
	assert_err(bench_prepare(&p), ERR_REVOKED);
	assert_err(bench_fetch(&p, PACKAGE_MODERN, NULL), ERR_REVOKED);
	assert_err(bench_receive(&p, NULL), ERR_REVOKED);
	assert_err(collect_new_code(&bench.desk, &bench_recipient, p.token, "1234", NULL), ERR_REVOKED);
	assert_err(order_resend(&bench.desk, &bench_staff, p.id, NULL), ERR_CONFLICT);
	assert_int_equal(bench_integer("SELECT sealed_key IS NULL AND sealed_modern IS NULL AND sealed_password IS NULL"
				       " FROM parcel"), 1);
	assert_int_equal(bench_integer("SELECT COUNT(*) FROM message WHERE kind = 'password'"), 0);
}

static void the_password_of_a_revoked_certificate_is_not_sent(void **unused)
{
	struct parcel p;
	(void)unused;
	const char *serial = serial_of(ORDER_RECEIVED, &p);
	assert_int_equal(bench_messages(p.id, "password", "waiting"), 1);
	assert_ok(revoke_it(serial, "keyCompromise", NULL));
	assert_int_equal(bench_messages(p.id, "password", "dropped"), 1);
	assert_int_equal(bench_integer("SELECT COUNT(*) FROM message WHERE kind = 'password' AND sealed IS NOT NULL"), 0);
	assert_int_equal(bench_integer("SELECT sealed_password IS NULL FROM parcel"), 1);
}

static void cancel_ends_everything_in_every_state_before_use(void **unused)
{
	static const enum order_state before[] = {ORDER_REQUESTED, ORDER_APPROVED, ORDER_OFFERED, ORDER_LOCKED,
						  ORDER_COLLECTING, ORDER_RECEIVED, ORDER_PASSWORD_SENT};
	(void)unused;
	for (size_t i = 0; i < COUNT(before); i++) {
		struct parcel p;
		struct collect_view view;
		bench_reach(&p, before[i]);
		bool issued = before[i] >= ORDER_COLLECTING;
		assert_int_equal(bench_integer("SELECT COUNT(*) FROM certificate WHERE order_id = %Q AND status = 'valid'", p.id),
				 issued);
		assert_ok(order_cancel(&bench.desk, &bench_staff, p.id, "not needed", NULL));
		assert_state(p.id, ORDER_CANCELLED);
		assert_int_equal(bench_integer("SELECT COUNT(*) FROM certificate WHERE order_id = %Q AND status = 'valid'", p.id),
				 0);
		assert_int_equal(bench_integer("SELECT COUNT(*) FROM certificate WHERE order_id = %Q AND reason = 5", p.id), issued);
		assert_int_equal(bench_integer("SELECT COUNT(*) FROM message WHERE order_id = %Q AND state = 'waiting'", p.id), 0);
		assert_int_equal(bench_integer("SELECT COUNT(*) FROM code WHERE order_id = %Q AND used_at IS NULL"
					       " AND dead_at IS NULL", p.id), 0);
		assert_int_equal(bench_integer("SELECT COUNT(*) FROM parcel WHERE order_id = %Q AND (sealed_key IS NOT NULL OR"
					       " sealed_modern IS NOT NULL OR sealed_password IS NOT NULL)", p.id), 0);
		assert_err(collect_look(&bench.desk, p.token, p.claim, &view), ERR_NOT_FOUND);
		assert_int_equal(bench_audits("order.cancelled", p.id), 1);
	}
	assert_int_equal(bench.revocations, 3);
}

static struct parcel racing;

struct race {
	enum err cancelled, received;
};

static void *cancel_racing(void *arg)
{
	struct race *r = arg;
	r->cancelled = order_cancel(&bench.desk, &bench_staff, racing.id, NULL, NULL);
	return NULL;
}

static void *receive_racing(void *arg)
{
	struct race *r = arg;
	r->received = bench_receive(&racing, NULL);
	return NULL;
}

/* Whoever is first: no live certificate and no password goes out once the cancellation has returned. */
static void cancel_beside_a_receipt_leaves_nothing_live(void **unused)
{
	(void)unused;
	for (int i = 0; i < 20; i++) {
		pthread_t a, b;
		struct race r = {ERR_INTERNAL, ERR_INTERNAL};
		bench_reach(&racing, ORDER_COLLECTING);
		assert_int_equal(pthread_create(&a, NULL, i % 2 ? cancel_racing : receive_racing, &r), 0);
		assert_int_equal(pthread_create(&b, NULL, i % 2 ? receive_racing : cancel_racing, &r), 0);
		pthread_join(a, NULL);
		pthread_join(b, NULL);
		assert_err(r.cancelled, ERR_OK);
		assert_state(racing.id, ORDER_CANCELLED);
		assert_int_equal(bench_integer("SELECT COUNT(*) FROM certificate WHERE order_id = %Q AND status <> 'revoked'",
					       racing.id), 0);
		assert_int_equal(bench_messages(racing.id, "password", "waiting"), 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		BENCH_TEST(revoked_is_in_journal_database_and_audit_when_it_returns),
		BENCH_TEST(a_compromise_has_a_date_in_the_past_or_none),
		BENCH_TEST(held_is_refused_and_released_is_good_again),
		BENCH_TEST(a_hold_ends_in_a_revocation_and_that_is_the_end),
		BENCH_TEST(what_cannot_be_held_or_released_is_told_apart),
		BENCH_TEST(without_the_journal_a_hold_stands_and_nothing_is_released),
		BENCH_TEST(revoked_twice_is_a_conflict_that_says_when_and_why),
		BENCH_TEST(many_at_once_revoke_once),
		BENCH_TEST(a_serial_is_understood_as_people_paste_it),
		BENCH_TEST(what_cannot_be_revoked_is_told_apart),
		BENCH_TEST(without_the_journal_nothing_is_revoked),
		BENCH_TEST(nothing_of_a_revoked_certificate_is_handed_out),
		BENCH_TEST(the_password_of_a_revoked_certificate_is_not_sent),
		BENCH_TEST(cancel_ends_everything_in_every_state_before_use),
		BENCH_TEST(cancel_beside_a_receipt_leaves_nothing_live),
	};
	return cmocka_run_group_tests(tests, NULL, bench_group_end);
}

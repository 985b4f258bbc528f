/* Revocation lists: when one is made, and what stands in it. */
#include "base/clock.h"
#include "tests/support/clerk_fakes.h"

#include <signal.h>
#include <sys/resource.h>

static void round_at(int64_t now)
{
	struct errbuf why = {0};
	clock_inject(now);
	fake_page.journal_read_at = now; /* the signer has said that the clock is right */
	if (!fake.rests)
		fake.clerk->crl[0].rests_until = 0; /* on a slow machine every list takes long */
	if (clerk_crl(fake.clerk, now, &why) != ERR_OK)
		fail_msg("%s", why.text);
}

static void a_start_makes_one_and_then_a_period_passes(void **state)
{
	(void)state;
	round_at(NOW);
	assert_int_equal(fake.crls, 1);
	assert_asks("SELECT this_update || next_update || (length(der) > 100) FROM crl", "180000000018000864001");
	assert_int_equal(fake_page.crl_generation, 1);
	round_at(NOW + 1);
	round_at(NOW + HOUR - 1);
	assert_int_equal(fake.crls, 1);
	round_at(NOW + HOUR);
	assert_int_equal(fake.crls, 2);
}

static void a_changed_status_makes_one_at_once(void **state)
{
	(void)state;
	round_at(NOW);
	clerk_revoked(fake.clerk);
	round_at(NOW + 1);
	assert_int_equal(fake.crls, 2);
	round_at(NOW + 2);
	assert_int_equal(fake.crls, 2);
}

static void revoke_meanwhile(struct clerk *c)
{
	clerk_revoked(c);
	fake.while_signing = NULL;
}

static void a_change_while_it_is_signed_makes_another(void **state)
{
	(void)state;
	fake.while_signing = revoke_meanwhile;
	round_at(NOW);
	round_at(NOW + 1);
	assert_int_equal(fake.crls, 2);
}

/* The front committed and died before it said so. */
static void a_change_that_nobody_told_is_counted(void **state)
{
	(void)state;
	round_at(NOW);
	add_certificate(serial_of('1'), "", "revoked", NOW + DAYS);
	round_at(NOW + 1);
	assert_int_equal(fake.crls, 1);
	fake.clerk->crl[0].counted_at -= 30001;
	round_at(NOW + 2);
	assert_int_equal(fake.crls, 2);
	assert_int_equal(fake.crl_entries, 1);
}

static void a_list_has_what_is_revoked_or_held_in_rising_order(void **state)
{
	(void)state;
	add_certificate(serial_of('7'), "", "revoked", NOW + DAYS);
	add_certificate(serial_of('2'), "", "held", NOW + DAYS);
	add_certificate(serial_of('9'), "", "valid", NOW + DAYS);
	round_at(NOW);
	assert_int_equal(fake.crl_entries, 2);
	assert_int_equal(fake.crl_entry[0].serial[0], 0x22);
	assert_int_equal(fake.crl_entry[0].reason, REASON_HOLD);
	assert_int_equal(fake.crl_entry[1].serial[19], 0x77);
	assert_int_equal(fake.crl_entry[1].reason, REASON_KEY_COMPROMISE);
	assert_int_equal(fake.crl_entry[1].revoked_at, 77);
}

static void an_entry_stays_one_period_past_its_expiry(void **state)
{
	(void)state;
	add_certificate(serial_of('1'), "", "revoked", NOW - 1);
	add_certificate(serial_of('2'), "", "revoked", NOW - HOUR + 1);
	add_certificate(serial_of('3'), "", "revoked", NOW - HOUR);
	round_at(NOW);
	assert_int_equal(fake.crl_entries, 2);
	assert_int_equal(fake.crl_entry[1].serial[0], 0x22);
}

static enum err take_list(void *ctx, const struct row *r)
{
	size_t len = 0;
	const uint8_t *der = row_blob(r, 3, &len);
	buf_add(ctx, der, len);
	return ERR_OK;
}

/* In more than one part, with every length of time and reason among them. */
static void a_long_list_is_what_was_asked_to_the_last_octet(void **state)
{
	(void)state;
	enum { MANY = 10000 };
	static struct crl_entry entries[MANY];
	struct buf der = BUF_INIT(CRL_MAX_BYTES), wanted = BUF_INIT(CRL_MAX_BYTES);
	sql("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d)"
	    " INSERT INTO certificate (serial, issuer, kind, fingerprint, subject, not_before, not_after, der, status, revoked_at,"
	    " reason, compromised_at, created_at) SELECT printf('%%040x', i * 65537), 'ca', 'client', CAST(i AS BLOB), 'x', 1, %lld, X'00',"
	    " CASE i %% 9 WHEN 0 THEN 'held' ELSE 'revoked' END, 1000 + i * 280000, CASE i %% 9 WHEN 0 THEN NULL ELSE i %% 6 END,"
	    " CASE i %% 4 WHEN 0 THEN i END, 1 FROM n", MANY, (long long)NOW + DAYS);
	for (uint64_t i = 1; i <= MANY; i++) {
		struct crl_entry *e = &entries[i - 1];
		for (int at = 0; at < 8; at++)
			e->serial[SERIAL_BYTES - 1 - at] = (uint8_t)(i * 65537 >> 8 * at);
		e->revoked_at = 1000 + (int64_t)i * 280000;
		e->reason = i % 9 ? (enum crl_reason)(i % 6) : REASON_HOLD;
		e->compromised_at = i % 4 ? 0 : (int64_t)i;
	}
	round_at(NOW);
	assert_int_equal(fake.crl_entries, MANY);
	assert_int_equal(store_one(fake.clerk->store, STATEMENT_CRL_NEWEST, STORE_VALUES(value_text("ca")), take_list, &der), ERR_OK);
	assert_int_equal(crl_entries_write(entries, MANY, NULL, &wanted, NULL), ERR_OK);
	assert_non_null(memmem(der.data, der.len, wanted.data, wanted.len));
	buf_free(&der);
	buf_free(&wanted);
}

static void a_list_that_its_issuer_did_not_sign_is_not_kept(void **state)
{
	(void)state;
	fake.crl_lies = true;
	assert_int_equal(clerk_crl(fake.clerk, NOW, NULL), ERR_REFUSED);
	assert_asks("SELECT COUNT(*) FROM crl", "0");
	assert_int_equal(fake_page.crl_generation, 0);
	fake.crl_lies = false;
	round_at(NOW + 1);
	assert_asks("SELECT COUNT(*) FROM crl", "1");
}

/* Each takes a while: revocations that come one after the other do not make one list after the other. */
static void a_long_list_rests_before_a_change_makes_the_next(void **state)
{
	(void)state;
	round_at(NOW);
	fake.rests = true;
	fake.clerk->crl[0].rests_until = clock_mono_ms() + 100000;
	clerk_revoked(fake.clerk);
	round_at(NOW + 1);
	assert_int_equal(fake.crls, 1);
	round_at(NOW + HOUR); /* the timetable knows no rest */
	assert_int_equal(fake.crls, 2);
	fake.clerk->crl[0].rests_until = 0;
	clerk_revoked(fake.clerk);
	round_at(NOW + HOUR + 1);
	assert_int_equal(fake.crls, 3);
}

static void another_authoritys_certificates_stay_out(void **state)
{
	(void)state;
	add_certificate(serial_of('1'), "", "revoked", NOW + DAYS);
	sql("UPDATE certificate SET issuer = 'twin'");
	round_at(NOW);
	assert_int_equal(fake.crl_entries, 0);
}

static void only_the_newest_two_are_kept(void **state)
{
	(void)state;
	for (int i = 0; i < 5; i++)
		round_at(NOW + i * HOUR);
	assert_asks("SELECT group_concat(number) FROM (SELECT number FROM crl ORDER BY number)", "4,5");
}

static void a_signer_that_is_away_leaves_the_list_due(void **state)
{
	(void)state;
	fake.crl_says = ERR_UNAVAILABLE;
	assert_int_equal(clerk_crl(fake.clerk, NOW, NULL), ERR_UNAVAILABLE);
	assert_asks("SELECT COUNT(*) FROM crl", "0");
	assert_int_equal(fake_page.crl_generation, 0);
	fake.crl_says = ERR_OK;
	round_at(NOW + 1);
	assert_int_equal(fake.crls, 2);
	assert_asks("SELECT COUNT(*) FROM crl", "1");
}

static void a_list_from_the_future_is_replaced(void **state)
{
	(void)state;
	round_at(NOW + 3 * 365 * DAYS);
	round_at(NOW);
	assert_int_equal(fake.crls, 2);
	round_at(NOW + 1);
	assert_int_equal(fake.crls, 2);
}

/* It would take back what was revoked after the copy was made. */
static void an_old_database_makes_no_list_until_it_is_well(void **state)
{
	(void)state;
	round_at(NOW);
	memcpy(fake.last.done_serial, serial_of('1'), SERIAL_TEXT_SIZE);
	assert_int_equal(clerk_reconcile(fake.clerk, NOW, NULL), ERR_OK);
	clerk_revoked(fake.clerk);
	round_at(NOW + 2 * HOUR);
	assert_int_equal(fake.crls, 1);
	add_certificate(serial_of('1'), "", "valid", NOW + DAYS);
	assert_int_equal(clerk_reconcile(fake.clerk, NOW, NULL), ERR_OK);
	round_at(NOW + 2 * HOUR);
	assert_int_equal(fake.crls, 2);
}

static void nothing_is_listed_before_the_first_comparison(void **state)
{
	(void)state;
	fake.clerk->trusted = false;
	round_at(NOW);
	assert_int_equal(fake.crls, 0);
	assert_int_equal(clerk_reconcile(fake.clerk, NOW, NULL), ERR_OK);
	round_at(NOW);
	assert_int_equal(fake.crls, 1);
}

static void a_serial_that_is_no_serial_is_corrupt(void **state)
{
	(void)state;
	add_certificate("xyz", "", "revoked", NOW + DAYS);
	assert_int_equal(clerk_crl(fake.clerk, NOW, NULL), ERR_CORRUPT);
	assert_int_equal(fake.crls, 0);
}

/* Each number takes some of the journal's last room, which is there for revocations. */
static void no_list_is_asked_for_while_the_database_cannot_be_written(void **state)
{
	(void)state;
	struct rlimit before, none;
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	none = before;
	none.rlim_cur = 0;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
	enum err said = clerk_crl(fake.clerk, NOW, NULL);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	assert_int_equal(said, ERR_IO);
	assert_int_equal(fake.crls, 0);
	round_at(NOW + 5);
	assert_int_equal(fake.crls, 1);
	assert_asks("SELECT COUNT(*) FROM crl", "1");
}

/* A second CA, which has retired. */
static void add_retired(void)
{
	fake.clerk->issuers.at[1] = (struct issuer){.certificate = fake_ca()->certificate, .name = "before", .label = "issuing-before",
						    .standing = ISSUER_RETIRED, .until = NOW + 3000 * DAYS};
	fake.clerk->issuers.count = 2;
}

static void add_of_retired(char digit, const char *status, int64_t until)
{
	char change[256];
	add_certificate(serial_of(digit), "", status, until);
	snprintf(change, sizeof change, "UPDATE certificate SET issuer = 'before' WHERE serial = '%.40s'", serial_of(digit));
	folder_sql(fake.folder->db, change);
}

static void each_ca_has_a_list_of_its_own(void **state)
{
	(void)state;
	add_retired();
	add_certificate(serial_of('1'), "", "revoked", NOW + DAYS);
	add_of_retired('2', "revoked", NOW + DAYS);
	round_at(NOW);
	assert_int_equal(fake.crls, 2);
	assert_string_equal(fake.crl_issuer, "before");
	assert_int_equal(fake.crl_entries, 1);
	assert_int_equal(fake.crl_entry[0].serial[0], 0x22);
	assert_asks("SELECT group_concat(issuer) FROM (SELECT issuer FROM crl ORDER BY issuer)", "before,ca");
	round_at(NOW + HOUR);
	assert_int_equal(fake.crls, 4);
}

/* Of a CA that stands ready nothing was issued: a list that begins its period is enough. */
static void the_next_ca_has_a_list_and_no_changes(void **state)
{
	(void)state;
	add_retired();
	fake.clerk->issuers.at[1].standing = ISSUER_NEXT;
	round_at(NOW);
	assert_int_equal(fake.crls, 2);
	clerk_revoked(fake.clerk);
	round_at(NOW + 1);
	assert_int_equal(fake.crls, 3);
	assert_string_equal(fake.crl_issuer, "ca");
}

/* For two seconds nobody has asked the signer, and then it doubts the clock. */
static void a_clock_that_jumps_and_comes_back_ends_no_ca(void **state)
{
	(void)state;
	add_retired();
	add_of_retired('2', "valid", NOW + DAYS);
	round_at(NOW);
	assert_int_equal(clerk_crl(fake.clerk, NOW + 1461 * DAYS, NULL), ERR_OK);
	assert_false(fake_page.issuer_over[1]);
	fake_page.keys_away = SIGNER_CLOCK_DOUBTED;
	round_at(NOW + 1461 * DAYS + 1);
	assert_false(fake_page.issuer_over[1]);
	fake_page.keys_away = 0; /* one that is believed, and set right all the same */
	round_at(NOW + 1461 * DAYS + 2);
	assert_true(fake_page.issuer_over[1]);
	round_at(NOW + 3);
	assert_false(fake_page.issuer_over[1]);
}

static void a_ca_that_can_sign_no_list_is_told_of(void **state)
{
	(void)state;
	add_retired();
	fake.crl_says = ERR_NOT_FOUND; /* of a CA without its key the signer knows nothing */
	assert_int_equal(clerk_crl(fake.clerk, NOW, NULL), ERR_NOT_FOUND);
	assert_true(fake_page.issuer_silent[1]);
	fake.crl_says = ERR_UNAVAILABLE;
	fake.clerk->crl[0].rests_until = fake.clerk->crl[1].rests_until = 0;
	assert_int_equal(clerk_crl(fake.clerk, NOW, NULL), ERR_UNAVAILABLE);
	assert_true(fake_page.issuer_silent[1]); /* not better, only not known */
	fake.crl_says = ERR_OK;
	fake.clerk->crl[1].rests_until = 0;
	round_at(NOW);
	assert_false(fake_page.issuer_silent[1]);
	fake.crl_says = ERR_FULL; /* has a reason of its own */
	fake.clerk->crl[1].rests_until = 0;
	assert_int_equal(clerk_crl(fake.clerk, NOW + 2 * HOUR, NULL), ERR_FULL);
	assert_false(fake_page.issuer_silent[1]);
}

static void a_retired_ca_says_when_all_that_it_issued_has_expired(void **state)
{
	(void)state;
	add_retired();
	add_of_retired('2', "valid", NOW + DAYS);
	round_at(NOW);
	assert_false(fake_page.issuer_over[1]);
	round_at(NOW + DAYS + HOUR);
	assert_false(fake_page.issuer_over[1]);
	round_at(NOW + DAYS + 2 * HOUR + 1);
	assert_true(fake_page.issuer_over[1]);
	assert_false(fake_page.issuer_over[0]);
	int before = fake.crls;
	round_at(NOW + DAYS + 4 * HOUR); /* its list goes on until somebody takes it away */
	assert_int_equal(fake.crls, before + 2);
	before = fake.crls;
	round_at(NOW + 3001 * DAYS); /* but not beyond its own end */
	assert_int_equal(fake.crls, before + 1);
	assert_string_equal(fake.crl_issuer, "ca");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CLERK_TEST(a_start_makes_one_and_then_a_period_passes),
		CLERK_TEST(a_changed_status_makes_one_at_once),
		CLERK_TEST(a_change_while_it_is_signed_makes_another),
		CLERK_TEST(a_change_that_nobody_told_is_counted),
		CLERK_TEST(a_clock_that_jumps_and_comes_back_ends_no_ca),
		CLERK_TEST(a_ca_that_can_sign_no_list_is_told_of),
		CLERK_TEST(a_retired_ca_says_when_all_that_it_issued_has_expired),
		CLERK_TEST(the_next_ca_has_a_list_and_no_changes),
		CLERK_TEST(each_ca_has_a_list_of_its_own),
		CLERK_TEST(a_list_has_what_is_revoked_or_held_in_rising_order),
		CLERK_TEST(an_entry_stays_one_period_past_its_expiry),
		CLERK_TEST(a_long_list_is_what_was_asked_to_the_last_octet),
		CLERK_TEST(a_list_that_its_issuer_did_not_sign_is_not_kept),
		CLERK_TEST(a_long_list_rests_before_a_change_makes_the_next),
		CLERK_TEST(another_authoritys_certificates_stay_out),
		CLERK_TEST(only_the_newest_two_are_kept),
		CLERK_TEST(a_signer_that_is_away_leaves_the_list_due),
		CLERK_TEST(no_list_is_asked_for_while_the_database_cannot_be_written),
		CLERK_TEST(a_list_from_the_future_is_replaced),
		CLERK_TEST(an_old_database_makes_no_list_until_it_is_well),
		CLERK_TEST(nothing_is_listed_before_the_first_comparison),
		CLERK_TEST(a_serial_that_is_no_serial_is_corrupt),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

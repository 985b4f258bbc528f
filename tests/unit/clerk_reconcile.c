/* Journal and database: an old copy is told from a commit that a crash cut off; orphans end revoked. */
#include "tests/support/clerk_fakes.h"

#include "base/clock.h"

static enum err reconcile(void)
{
	struct errbuf why = {0};
	enum err e = clerk_reconcile(fake.clerk, NOW, &why);
	if (e && e != fake.last_says && e != fake.revoke_says)
		fail_msg("%s", why.text);
	return e;
}

static void know(char *out, char digit)
{
	memcpy(out, serial_of(digit), SERIAL_TEXT_SIZE);
}

static void an_empty_journal_may_issue(void **state)
{
	(void)state;
	assert_int_equal(reconcile(), ERR_OK);
	assert_int_equal(fake.resumed, 1);
	assert_int_equal(fake_page.issuing_paused, 0);
}

static void a_signer_that_is_away_hears_nothing(void **state)
{
	(void)state;
	fake.last_says = ERR_UNAVAILABLE;
	assert_int_equal(reconcile(), ERR_UNAVAILABLE);
	assert_int_equal(fake.resumed, -1);
	assert_int_equal(fake_page.journal_read_at, 0); /* readiness tells it */
	fake.last_says = ERR_OK;
	assert_int_equal(reconcile(), ERR_OK);
	assert_int_equal(fake_page.journal_read_at, NOW);
}

static void a_done_that_the_database_lacks_pauses_issuing(void **state)
{
	(void)state;
	know(fake.last.done_serial, '1');
	assert_int_equal(reconcile(), ERR_OK);
	assert_int_equal(fake.resumed, 0);
	assert_int_equal(fake_page.issuing_paused, ISSUING_OLD_DATABASE);
	assert_false(fake.clerk->trusted);
	add_certificate(serial_of('1'), "", "valid", NOW + DAYS); /* the right database is back */
	assert_int_equal(reconcile(), ERR_OK);
	assert_int_equal(fake.resumed, 1);
	assert_int_equal(fake_page.issuing_paused, 0);
}

static void an_audit_head_that_the_database_lacks_pauses_issuing(void **state)
{
	(void)state;
	const struct audit_event event = {.what = "test", .object = "x"};
	memset(fake.last.audit_head, 7, sizeof fake.last.audit_head);
	assert_int_equal(reconcile(), ERR_OK);
	assert_int_equal(fake.resumed, 0);
	assert_int_equal(store_begin(fake.clerk->store), ERR_OK);
	assert_int_equal(audit_append(fake.clerk->store, &clerk_actor, &event, NOW, fake.last.audit_head), ERR_OK);
	assert_int_equal(store_commit(fake.clerk->store), ERR_OK);
	assert_int_equal(reconcile(), ERR_OK);
	assert_int_equal(fake.resumed, 1);
}

static void a_revocation_of_an_unknown_certificate_pauses_issuing(void **state)
{
	(void)state;
	know(fake.last.revoked[0].serial, '1');
	assert_int_equal(reconcile(), ERR_OK);
	assert_int_equal(fake.resumed, 0);
}

static void an_old_database_keeps_its_orphans_until_it_is_recovered(void **state)
{
	(void)state;
	know(fake.last.done_serial, '1');
	fake.intent_count = 1;
	know(fake.intents[0].serial, '2');
	assert_int_equal(reconcile(), ERR_OK);
	assert_asks("SELECT COUNT(*) FROM certificate", "0");
}

static void a_revocation_about_to_be_committed_gets_its_time(void **state)
{
	(void)state;
	add_certificate(serial_of('1'), "", "valid", NOW + DAYS);
	know(fake.last.revoked[0].serial, '1');
	assert_int_equal(reconcile(), ERR_OK);
	assert_int_equal(reconcile(), ERR_OK);
	assert_int_equal(fake.resumed, 1);
	assert_asks("SELECT status FROM certificate", "valid");
	sql("UPDATE certificate SET status = 'revoked'");
	assert_int_equal(reconcile(), ERR_OK);
	assert_int_equal(fake.clerk->unsettled_count, 0);
}

/* In the journal's list at `place`. */
static void journalled(int place, char digit, enum crl_reason reason, int64_t compromised_at)
{
	fake.last.revoked[place] = (struct revocation){.reason = reason, .revoked_at = NOW - 100, .compromised_at = compromised_at};
	know(fake.last.revoked[place].serial, digit);
}

static void their_time_is_over(void)
{
	for (size_t i = 0; i < fake.clerk->unsettled_count; i++)
		fake.clerk->unsettled[i].since -= 30000;
}

static void a_revocation_that_nobody_committed_is_finished_as_the_journal_has_it(void **state)
{
	(void)state;
	add_order("o", "collecting", NOW + DAYS, NOW);
	add_certificate(serial_of('1'), "o", "valid", NOW + DAYS);
	add_parcel("o", serial_of('1'));
	journalled(0, '1', REASON_KEY_COMPROMISE, NOW - 500);
	assert_int_equal(reconcile(), ERR_OK);
	their_time_is_over();
	assert_int_equal(reconcile(), ERR_OK);
	assert_asks("SELECT status || ' ' || revoked_at || ' ' || reason || ' ' || compromised_at FROM certificate",
		    "revoked 1799999900 1 1799999500");
	assert_asks("SELECT (sealed_key IS NULL) || (sealed_password IS NULL) FROM parcel", "11");
	assert_int_equal(fake_page.revocation_generation, 1);
	assert_asks("SELECT json_extract(record, '$.what') FROM audit WHERE sequence = 1", "certificate.revoked");
	assert_asks("SELECT json_extract(record, '$.detail') FROM audit WHERE sequence = 1",
		    "keyCompromise, invalid since 2027-01-15T07:51:40Z");
}

/* A checkpoint of an earlier version says no more. */
static void a_revocation_of_which_the_serial_alone_is_known_is_finished_too(void **state)
{
	(void)state;
	add_certificate(serial_of('1'), "", "valid", NOW + DAYS);
	add_certificate(serial_of('2'), "", "held", NOW + DAYS);
	know(fake.last.revoked[0].serial, '1');
	know(fake.last.revoked[1].serial, '2'); /* the hold, as far as anybody knows */
	assert_int_equal(reconcile(), ERR_OK);
	their_time_is_over();
	assert_int_equal(reconcile(), ERR_OK);
	assert_asks("SELECT group_concat(status || revoked_at || COALESCE(reason, '')) FROM certificate ORDER BY serial",
		    "revoked18000000000,held77");
}

static void the_revocation_of_a_held_one_that_nobody_committed_is_finished(void **state)
{
	(void)state;
	add_certificate(serial_of('1'), "", "held", NOW + DAYS);
	journalled(0, '1', REASON_KEY_COMPROMISE, NOW - 500);
	assert_int_equal(reconcile(), ERR_OK);
	assert_asks("SELECT status FROM certificate", "held");
	their_time_is_over();
	assert_int_equal(reconcile(), ERR_OK);
	assert_asks("SELECT status || ' ' || revoked_at || ' ' || reason || ' ' || compromised_at FROM certificate",
		    "revoked 1799999900 1 1799999500");
	assert_int_equal(fake_page.revocation_generation, 1);
}

static void at_a_start_the_revocation_of_a_held_one_is_finished_at_once(void **state)
{
	(void)state;
	fake_page.issuing_paused = ISSUING_NOT_COMPARED;
	add_certificate(serial_of('1'), "", "held", NOW + DAYS);
	add_certificate(serial_of('2'), "", "held", NOW + DAYS);
	journalled(0, '1', REASON_SUPERSEDED, 0);
	journalled(1, '2', REASON_HOLD, 0);
	assert_int_equal(reconcile(), ERR_OK);
	assert_asks("SELECT group_concat(status || COALESCE(reason, '') || COALESCE(compromised_at, '')) FROM certificate"
		    " ORDER BY serial", "revoked4,held");
}

static void a_hold_in_between_takes_no_revocation_back(void **state)
{
	(void)state;
	add_certificate(serial_of('1'), "", "valid", NOW + DAYS);
	journalled(0, '1', REASON_KEY_COMPROMISE, 0);
	assert_int_equal(reconcile(), ERR_OK);
	sql("UPDATE certificate SET status = 'held', revoked_at = 5");
	assert_int_equal(reconcile(), ERR_OK);
	assert_int_equal(fake.clerk->unsettled_count, 1);
	sql("UPDATE certificate SET status = 'valid', revoked_at = NULL");
	memset(fake.last.revoked, 0, sizeof fake.last.revoked); /* newer ones have pushed it out */
	their_time_is_over();
	assert_int_equal(reconcile(), ERR_OK);
	assert_asks("SELECT status || reason FROM certificate", "revoked1");
}

static void a_revocation_asked_for_again_is_finished_as_it_was_asked_for_last(void **state)
{
	(void)state;
	add_certificate(serial_of('1'), "", "valid", NOW + DAYS);
	journalled(0, '1', REASON_SUPERSEDED, 0);
	assert_int_equal(reconcile(), ERR_OK);
	journalled(0, '1', REASON_KEY_COMPROMISE, NOW - 500);
	assert_int_equal(reconcile(), ERR_OK);
	assert_int_equal(fake.clerk->unsettled_count, 1);
	their_time_is_over();
	assert_int_equal(reconcile(), ERR_OK);
	assert_asks("SELECT status || reason || compromised_at FROM certificate", "revoked11799999500");
}

/* A backup from before the hold was put back. It is in the database first: nobody is about to commit it. */
static void a_hold_that_the_database_lacks_becomes_a_hold(void **state)
{
	(void)state;
	add_order("o", "collecting", NOW + DAYS, NOW);
	add_certificate(serial_of('1'), "o", "valid", NOW + DAYS);
	add_parcel("o", serial_of('1'));
	journalled(0, '1', REASON_HOLD, 0);
	assert_int_equal(reconcile(), ERR_OK);
	their_time_is_over();
	assert_int_equal(reconcile(), ERR_OK);
	assert_asks("SELECT status || revoked_at || (reason IS NULL) FROM certificate", "held17999999001");
	assert_asks("SELECT sealed_key IS NULL FROM parcel", "0");
	assert_asks("SELECT json_extract(record, '$.what') FROM audit", "certificate.held");
	assert_asks("SELECT COUNT(*) FROM audit", "1");
	assert_int_equal(fake_page.revocation_generation, 1);
}

/* The journal tells of its newest sixteen alone. */
static void a_revocation_that_newer_ones_push_out_is_finished_too(void **state)
{
	(void)state;
	add_certificate(serial_of('1'), "", "valid", NOW + DAYS);
	add_certificate(serial_of('2'), "", "valid", NOW + DAYS);
	add_certificate(serial_of('3'), "", "revoked", NOW + DAYS);
	know(fake.last.revoked[0].serial, '1');
	know(fake.last.revoked[1].serial, '2');
	assert_int_equal(reconcile(), ERR_OK);
	memset(fake.last.revoked, 0, sizeof fake.last.revoked);
	know(fake.last.revoked[0].serial, '3');
	assert_int_equal(reconcile(), ERR_OK);
	assert_int_equal(fake.clerk->unsettled_count, 2);
	fake.clerk->unsettled[0].since -= 30000;
	assert_int_equal(reconcile(), ERR_OK);
	assert_asks("SELECT group_concat(status) FROM (SELECT status FROM certificate ORDER BY serial)", "revoked,valid,revoked");
	fake.clerk->unsettled[0].since -= 30000; /* the other one has moved up */
	assert_int_equal(reconcile(), ERR_OK);
	assert_asks("SELECT group_concat(status) FROM (SELECT status FROM certificate ORDER BY serial)", "revoked,revoked,revoked");
	assert_int_equal(fake.clerk->unsettled_count, 0);
}

static void more_unsettled_revocations_than_can_be_remembered_are_finished_at_once(void **state)
{
	(void)state;
	add_certificate(serial_of('1'), "", "valid", NOW + DAYS);
	know(fake.last.revoked[0].serial, '1');
	fake.clerk->unsettled_count = UNSETTLED_MOST;
	for (int i = 0; i < UNSETTLED_MOST; i++)
		fake.clerk->unsettled[i] = (struct unsettled){{.serial = "other"}, clock_mono_ms()};
	add_certificate("other", "", "valid", NOW + DAYS);
	assert_int_equal(reconcile(), ERR_OK);
	assert_asks("SELECT status FROM certificate WHERE serial <> 'other'", "revoked");
	assert_int_equal(fake.clerk->unsettled_count, UNSETTLED_MOST);
}

/* A hold was in both; it is released in the journal and in the database between the clerk's look at the one and at the
 * other. */
static void release_it(void)
{
	memset(&fake.last.revoked[0], 0, sizeof fake.last.revoked[0]);
}

static void a_release_in_between_is_no_revocation(void **state)
{
	(void)state;
	add_certificate(serial_of('1'), "", "valid", NOW + DAYS);
	journalled(0, '1', REASON_HOLD, 0);
	fake.after_last = release_it;
	assert_int_equal(clerk_reconcile(fake.clerk, NOW, NULL), ERR_OK);
	assert_int_equal(fake.clerk->unsettled_count, 0);
	assert_asks("SELECT status FROM certificate", "valid");
	fake_page.issuing_paused = ISSUING_NOT_COMPARED;
	journalled(0, '1', REASON_HOLD, 0);
	fake.after_last = release_it;
	assert_int_equal(clerk_reconcile(fake.clerk, NOW, NULL), ERR_OK);
	assert_asks("SELECT status FROM certificate", "valid");
}

/* A backup put back, and nothing but revocations since: the revoked are not let in for as long as a commit may take. */
static void at_a_start_the_revocations_that_nobody_committed_are_finished_at_once(void **state)
{
	(void)state;
	fake_page.issuing_paused = ISSUING_NOT_COMPARED;
	add_certificate(serial_of('1'), "", "valid", NOW + DAYS);
	add_certificate(serial_of('2'), "", "valid", NOW + DAYS);
	add_certificate(serial_of('3'), "", "valid", NOW + DAYS);
	know(fake.last.revoked[0].serial, '1');
	know(fake.last.revoked[1].serial, '2');
	assert_int_equal(reconcile(), ERR_OK);
	assert_asks("SELECT group_concat(status) FROM (SELECT status FROM certificate ORDER BY serial)", "revoked,revoked,valid");
	assert_int_equal(fake_page.revocation_generation, 2);
	assert_int_equal(fake_page.issuing_paused, ISSUING_OPEN);
}

static void a_start_stays_closed_until_the_signer_has_answered(void **state)
{
	(void)state;
	fake_page.issuing_paused = ISSUING_NOT_COMPARED;
	fake.last_says = ERR_UNAVAILABLE;
	assert_int_equal(reconcile(), ERR_UNAVAILABLE);
	assert_int_equal(fake_page.issuing_paused, ISSUING_NOT_COMPARED);
	fake.last_says = ERR_OK;
	assert_int_equal(reconcile(), ERR_OK);
	assert_int_equal(fake_page.issuing_paused, ISSUING_OPEN);
}

static void an_intent_without_a_certificate_is_an_orphan_and_revoked(void **state)
{
	(void)state;
	add_order("o", "collecting", NOW + DAYS, NOW);
	fake.intent_count = 1;
	fake.intents[0] = (struct open_intent){.order = "o", .not_before = 5, .not_after = NOW + DAYS};
	know(fake.intents[0].serial, '3');
	assert_int_equal(reconcile(), ERR_OK);
	assert_int_equal(fake.revokes, 1);
	assert_string_equal(fake.revocation.serial, serial_of('3'));
	assert_int_equal(fake.revocation.reason, REASON_CESSATION);
	assert_int_equal(fake.dones, 0);
	assert_asks("SELECT kind || status || reason || order_id || subject || length(der) FROM certificate",
		    "orphanrevoked5oorphan of order o0");
	assert_asks("SELECT json_extract(record, '$.what') FROM audit", "certificate.orphaned");
	assert_int_equal(fake_page.revocation_generation, 1);
}

/* The signer died between the database and the journal: the intent is still open. */
static void an_orphan_is_revoked_again_never_done(void **state)
{
	(void)state;
	fake.intent_count = 1;
	know(fake.intents[0].serial, '3');
	fake.revoke_says = ERR_CLOSED;
	assert_int_equal(reconcile(), ERR_CLOSED);
	fake.revoke_says = ERR_OK;
	assert_int_equal(reconcile(), ERR_OK);
	assert_int_equal(fake.revokes, 2);
	assert_int_equal(fake.dones, 0);
	assert_asks("SELECT COUNT(*) FROM certificate", "1");
	assert_asks("SELECT COUNT(*) FROM audit", "1");
}

static void an_intent_whose_certificate_is_there_is_done(void **state)
{
	(void)state;
	add_certificate(serial_of('4'), "", "valid", NOW + DAYS);
	fake.intent_count = 1;
	know(fake.intents[0].serial, '4');
	assert_int_equal(reconcile(), ERR_OK);
	assert_int_equal(fake.dones, 1);
	assert_string_equal(fake.done, serial_of('4'));
	assert_int_equal(fake.revokes, 0);
	assert_asks("SELECT status FROM certificate", "valid");
}

static void an_orphan_of_an_order_that_is_not_there_is_kept_too(void **state)
{
	(void)state;
	fake.intent_count = 2;
	know(fake.intents[0].serial, '5');
	memcpy(fake.intents[0].order, "nobody", 7);
	know(fake.intents[1].serial, '6');
	assert_int_equal(reconcile(), ERR_OK);
	assert_asks("SELECT COUNT(*) FROM certificate WHERE order_id IS NULL AND status = 'revoked'", "2");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CLERK_TEST(an_empty_journal_may_issue),
		CLERK_TEST(a_signer_that_is_away_hears_nothing),
		CLERK_TEST(a_done_that_the_database_lacks_pauses_issuing),
		CLERK_TEST(an_audit_head_that_the_database_lacks_pauses_issuing),
		CLERK_TEST(a_revocation_of_an_unknown_certificate_pauses_issuing),
		CLERK_TEST(an_old_database_keeps_its_orphans_until_it_is_recovered),
		CLERK_TEST(a_revocation_about_to_be_committed_gets_its_time),
		CLERK_TEST(a_revocation_that_nobody_committed_is_finished_as_the_journal_has_it),
		CLERK_TEST(a_revocation_of_which_the_serial_alone_is_known_is_finished_too),
		CLERK_TEST(the_revocation_of_a_held_one_that_nobody_committed_is_finished),
		CLERK_TEST(at_a_start_the_revocation_of_a_held_one_is_finished_at_once),
		CLERK_TEST(a_hold_in_between_takes_no_revocation_back),
		CLERK_TEST(a_revocation_asked_for_again_is_finished_as_it_was_asked_for_last),
		CLERK_TEST(a_hold_that_the_database_lacks_becomes_a_hold),
		CLERK_TEST(a_revocation_that_newer_ones_push_out_is_finished_too),
		CLERK_TEST(more_unsettled_revocations_than_can_be_remembered_are_finished_at_once),
		CLERK_TEST(a_release_in_between_is_no_revocation),
		CLERK_TEST(at_a_start_the_revocations_that_nobody_committed_are_finished_at_once),
		CLERK_TEST(a_start_stays_closed_until_the_signer_has_answered),
		CLERK_TEST(an_intent_without_a_certificate_is_an_orphan_and_revoked),
		CLERK_TEST(an_orphan_is_revoked_again_never_done),
		CLERK_TEST(an_intent_whose_certificate_is_there_is_done),
		CLERK_TEST(an_orphan_of_an_order_that_is_not_there_is_kept_too),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

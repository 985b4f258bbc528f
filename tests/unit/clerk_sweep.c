/* What time has overtaken, at the second before and at the second. */
#include "tests/support/clerk_fakes.h"

static enum err sweep_at(int64_t now)
{
	struct errbuf why = {0};
	clock_inject(now);
	return clerk_sweep(fake.clerk, now, &why);
}

static void add_code(const char *order, int tries, int64_t last_try_at)
{
	sql("INSERT INTO code (id, order_id, generation, hmac, tries, last_try_at, created_at, asked_by)"
	    " VALUES ('z', '%s', 1, X'00', %d, %lld, 1, 'staff')", order, tries, (long long)last_try_at);
}

static void a_link_lapses_at_its_deadline_not_before(void **state)
{
	(void)state;
	add_order("o", "offered", NOW, 0);
	add_code("o", 0, 0);
	sql("INSERT INTO message (id, order_id, kind, channel, sealed, state, created_at, due_at, drop_after, attempts)"
	    " VALUES ('m', 'o', 'code', 'sms', X'aa', 'waiting', 1, 1, %d, 0)", NOW + HOUR);
	assert_int_equal(sweep_at(NOW - 1), ERR_OK);
	assert_asks("SELECT state FROM orders", "offered");
	assert_int_equal(sweep_at(NOW), ERR_OK);
	assert_asks("SELECT state || state_at || closed_at FROM orders", "lapsed18000000001800000000");
	assert_asks("SELECT link_hash IS NULL FROM orders", "1"); /* its link is one that never was */
	assert_asks("SELECT dead_at FROM code", "1800000000");
	assert_asks("SELECT state || (sealed IS NULL) FROM message", "dropped1");
	assert_asks("SELECT group_concat(json_extract(record, '$.what')) FROM audit WHERE object = 'o'",
		    "message.withdrawn,order.lapsed,notice.missed");
	assert_int_equal(fake.revokes, 0);
}

static void a_locked_parcel_lapses_too(void **state)
{
	(void)state;
	add_order("o", "locked", NOW, 0);
	assert_int_equal(sweep_at(NOW), ERR_OK);
	assert_asks("SELECT state FROM orders", "lapsed");
}

static void a_claim_outlives_the_link_until_its_own_end(void **state)
{
	(void)state;
	add_order("o", "collecting", NOW - HOUR, NOW - DAYS + 1);
	assert_int_equal(sweep_at(NOW), ERR_OK);
	assert_asks("SELECT state FROM orders", "collecting");
	assert_int_equal(sweep_at(NOW + 1), ERR_OK);
	assert_asks("SELECT state FROM orders", "lapsed");
}

static void an_unacknowledged_parcel_is_revoked_and_erased(void **state)
{
	(void)state;
	add_order("o", "collecting", NOW + DAYS, NOW - DAYS);
	add_certificate(serial_of('1'), "o", "valid", NOW + DAYS);
	add_parcel("o", serial_of('1'));
	assert_int_equal(sweep_at(NOW), ERR_OK);
	assert_int_equal(fake.revokes, 1);
	assert_string_equal(fake.revocation.serial, serial_of('1'));
	assert_asks("SELECT status || revoked_at || reason FROM certificate", "revoked18000000005");
	assert_asks("SELECT (sealed_key IS NULL) || (sealed_modern IS NULL) || (sealed_password IS NULL) || erased_at"
		    " FROM parcel",
		    "1111800000000");
	assert_asks("SELECT state FROM orders", "lapsed");
	assert_asks("SELECT COUNT(*) FROM audit WHERE json_extract(record, '$.what') IN"
		    " ('certificate.revoked', 'order.lapsed', 'parcel.erased', 'parcel.password_erased')", "4");
	assert_int_equal(fake_page.revocation_generation, 1);
	assert_true(fake.clerk->erased);
}

static void nothing_lapses_unless_the_journal_has_the_revocation(void **state)
{
	(void)state;
	add_order("o", "collecting", NOW + DAYS, NOW - DAYS);
	add_certificate(serial_of('1'), "o", "valid", NOW + DAYS);
	add_parcel("o", serial_of('1'));
	fake.revoke_says = ERR_UNAVAILABLE;
	assert_int_equal(sweep_at(NOW), ERR_UNAVAILABLE);
	assert_asks("SELECT state || status FROM orders JOIN certificate ON order_id = id", "collectingvalid");
	fake.revoke_says = ERR_OK;
	assert_int_equal(sweep_at(NOW + 10), ERR_OK);
	assert_asks("SELECT state || status FROM orders JOIN certificate ON order_id = id", "lapsedrevoked");
}

static void resend(struct folder *f)
{
	folder_sql(f->db, "UPDATE orders SET state = 'offered', link_until = 1900000000");
}

/* The journal has the revocation: it stands, but the order has a new link. */
static void an_order_sent_again_meanwhile_does_not_lapse(void **state)
{
	(void)state;
	add_order("o", "collecting", NOW + DAYS, NOW - DAYS);
	add_certificate(serial_of('1'), "o", "valid", NOW + DAYS);
	fake.while_revoking = resend;
	assert_int_equal(sweep_at(NOW), ERR_OK);
	assert_asks("SELECT state || status FROM orders JOIN certificate ON order_id = id", "offeredrevoked");
	assert_asks("SELECT COUNT(*) FROM audit WHERE json_extract(record, '$.what') = 'order.lapsed'", "0");
	assert_int_equal(fake_page.revocation_generation, 1);
}

static void received_orders_and_their_certificates_are_left_alone(void **state)
{
	(void)state;
	add_order("o", "received", NOW - DAYS, NOW - 2 * DAYS);
	sql("UPDATE orders SET received_at = %d", NOW - DAYS + 1);
	add_certificate(serial_of('1'), "o", "valid", NOW + DAYS);
	add_parcel("o", serial_of('1'));
	assert_int_equal(sweep_at(NOW), ERR_OK);
	assert_asks("SELECT state || status || (sealed_password IS NULL) FROM orders JOIN certificate c ON c.order_id = id"
		    " JOIN parcel q ON q.order_id = id", "receivedvalid0");
	assert_int_equal(fake.revokes, 0);
}

static void a_password_rests_a_day_after_the_receipt(void **state)
{
	(void)state;
	add_order("o", "password_sent", NOW - DAYS, NOW - 2 * DAYS);
	sql("UPDATE orders SET received_at = %d", NOW - DAYS);
	add_parcel("o", serial_of('1'));
	assert_int_equal(sweep_at(NOW - 1), ERR_OK);
	assert_asks("SELECT sealed_password IS NULL FROM parcel", "0");
	assert_int_equal(sweep_at(NOW), ERR_OK);
	assert_asks("SELECT (sealed_password IS NULL) || password_erased_at FROM parcel", "11800000000");
	assert_asks("SELECT json_extract(record, '$.what') FROM audit", "parcel.password_erased");
	assert_true(fake.clerk->erased);
}

static void fill(const char *kind, const char *state)
{
	sql("INSERT INTO message (id, order_id, kind, channel, sealed, state, created_at, due_at, drop_after, attempts)"
	    " VALUES ('%s', 'o', '%s', 'sms', X'5ea1ed', '%s', 1, 1, %d, 0)", kind, kind, state, NOW + 7 * DAYS);
}

/* What is said to be erased is erased: also where it waits to be sent. */
static void a_password_that_was_never_sent_goes_with_the_one_that_rests(void **state)
{
	struct settings told = fake_settings;
	(void)state;
	told.staff_mail = "staff@example.com";
	fake.clerk->settings = &told;
	add_order("o", "received", NOW - DAYS, NOW - 2 * DAYS);
	sql("UPDATE orders SET received_at = %d", NOW - DAYS);
	add_parcel("o", serial_of('1'));
	fill("password", "waiting");
	assert_int_equal(sweep_at(NOW), ERR_OK);
	assert_asks("SELECT state || (sealed IS NULL) || fault FROM message WHERE id = 'password'", "dropped1withdrawn");
	assert_asks("SELECT group_concat(json_extract(record, '$.what') || ' ' || COALESCE(json_extract(record, '$.detail'), '-'))"
		    " FROM audit", "message.withdrawn password password,parcel.password_erased -");
	assert_asks("SELECT COUNT(*) FROM message WHERE kind = 'lapsed_password' AND sealed IS NOT NULL", "1");
	assert_int_equal(sweep_at(NOW + 1), ERR_OK);
	assert_asks("SELECT COUNT(*) FROM message", "2");
}

static void each_withdrawn_message_is_audited(void **state)
{
	(void)state;
	add_order("o", "collecting", NOW - 1, NOW - 2 * DAYS);
	add_parcel("o", serial_of('1'));
	fill("link", "waiting");
	fill("code", "leased");
	assert_int_equal(sweep_at(NOW), ERR_OK);
	assert_asks("SELECT group_concat(json_extract(record, '$.detail')) FROM (SELECT record FROM audit WHERE object = 'o'"
		    " AND json_extract(record, '$.what') = 'message.withdrawn' ORDER BY sequence)", "code code,link link");
	assert_asks("SELECT COUNT(*) FROM message WHERE state = 'dropped' AND sealed IS NULL", "2");
}

static void tries_that_ran_out_lock_after_a_minute(void **state)
{
	(void)state;
	add_order("o", "offered", NOW + DAYS, 0);
	add_code("o", 5, NOW - 60);
	assert_int_equal(sweep_at(NOW - 1), ERR_OK);
	assert_asks("SELECT state FROM orders", "offered");
	assert_int_equal(sweep_at(NOW), ERR_OK);
	assert_asks("SELECT state FROM orders", "locked");
	assert_asks("SELECT group_concat(json_extract(record, '$.what')) FROM audit", "order.locked,notice.missed");
}

static void four_tries_or_a_right_one_or_a_newer_code_do_not_lock(void **state)
{
	static const char *const changes[] = {
		"UPDATE code SET tries = 4", "UPDATE code SET used_at = 1", "UPDATE code SET dead_at = 1",
		"INSERT INTO code (id, order_id, generation, hmac, tries, created_at, asked_by)"
		" VALUES ('y', 'o', 2, X'00', 0, 1, 'staff')",
	};
	(void)state;
	add_order("o", "offered", NOW + DAYS, 0);
	for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
		sql("DELETE FROM code");
		add_code("o", 5, NOW - 60);
		sql("%s", changes[i]);
		assert_int_equal(sweep_at(NOW), ERR_OK);
		assert_asks("SELECT state FROM orders", "offered");
	}
}

/* By the clock alone: nobody changes anything meanwhile. */
static void what_a_contact_had_before_is_forgotten_after_a_month(void **state)
{
	(void)state;
	sql("INSERT INTO moved VALUES ('k', 'old@acme.example', NULL, %d), ('k', NULL, '+41790000009', %d)", NOW - 31 * DAYS + 1,
	    NOW - 30 * DAYS);
	assert_int_equal(sweep_at(NOW), ERR_OK);
	assert_asks("SELECT COUNT(*) FROM moved", "2");
	assert_false(fake.clerk->erased);
	assert_int_equal(sweep_at(NOW + 60), ERR_OK);
	assert_asks("SELECT group_concat(mobile) FROM moved", "+41790000009");
	assert_true(fake.clerk->erased);
	sql("INSERT INTO moved VALUES ('k', 'old@acme.example', NULL, 1)"); /* a clock that was set back holds nothing up */
	assert_int_equal(sweep_at(NOW - DAYS), ERR_OK);
	assert_asks("SELECT group_concat(mobile) FROM moved", "+41790000009");
	assert_int_equal(sweep_at(NOW + DAYS), ERR_OK);
	assert_asks("SELECT COUNT(*) FROM moved", "0");
}

static void keys_of_creations_are_forgotten_after_a_day(void **state)
{
	(void)state;
	sql("INSERT INTO idempotency VALUES ('s', 'young', X'00', 'o', %d), ('s', 'old', X'00', 'o', %d)", NOW - DAYS + 1, NOW - DAYS);
	assert_int_equal(sweep_at(NOW), ERR_OK);
	assert_asks("SELECT group_concat(key) FROM idempotency", "young");
	assert_true(fake.clerk->erased);
	assert_int_equal(sweep_at(NOW + DAYS), ERR_OK);
	assert_asks("SELECT COUNT(*) FROM idempotency", "0");
}

static void more_than_one_round_can_hold_come_in_the_next(void **state)
{
	(void)state;
	for (int i = 0; i < 60; i++) {
		char id[8];
		snprintf(id, sizeof id, "o%d", i);
		add_order(id, "offered", NOW, 0);
	}
	fake.clerk->more = false;
	assert_int_equal(sweep_at(NOW), ERR_OK);
	assert_asks("SELECT COUNT(*) FROM orders WHERE state = 'lapsed'", "50");
	assert_true(fake.clerk->more);
	assert_int_equal(sweep_at(NOW), ERR_OK);
	assert_asks("SELECT COUNT(*) FROM orders WHERE state = 'lapsed'", "60");
}

/* What it shows as overdue may have been received since. */
static void an_old_database_is_not_swept(void **state)
{
	(void)state;
	add_order("o", "collecting", NOW - HOUR, NOW - DAYS);
	add_certificate(serial_of('1'), "o", "valid", NOW + DAYS);
	fake.clerk->trusted = false;
	assert_int_equal(sweep_at(NOW), ERR_OK);
	assert_int_equal(fake.revokes, 0);
	assert_asks("SELECT o.state || c.status FROM orders o JOIN certificate c ON c.order_id = o.id", "collectingvalid");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CLERK_TEST(a_link_lapses_at_its_deadline_not_before),
		CLERK_TEST(a_locked_parcel_lapses_too),
		CLERK_TEST(a_claim_outlives_the_link_until_its_own_end),
		CLERK_TEST(an_unacknowledged_parcel_is_revoked_and_erased),
		CLERK_TEST(nothing_lapses_unless_the_journal_has_the_revocation),
		CLERK_TEST(an_order_sent_again_meanwhile_does_not_lapse),
		CLERK_TEST(received_orders_and_their_certificates_are_left_alone),
		CLERK_TEST(a_password_rests_a_day_after_the_receipt),
		CLERK_TEST(a_password_that_was_never_sent_goes_with_the_one_that_rests),
		CLERK_TEST(each_withdrawn_message_is_audited),
		CLERK_TEST(tries_that_ran_out_lock_after_a_minute),
		CLERK_TEST(four_tries_or_a_right_one_or_a_newer_code_do_not_lock),
		CLERK_TEST(what_a_contact_had_before_is_forgotten_after_a_month),
		CLERK_TEST(keys_of_creations_are_forgotten_after_a_day),
		CLERK_TEST(more_than_one_round_can_hold_come_in_the_next),
		CLERK_TEST(an_old_database_is_not_swept),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

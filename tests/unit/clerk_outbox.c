/* The outbox: every end of a message, and what a crash leaves. */
#include "tests/support/clerk_fakes.h"

static void add_message(const char *id, const char *order, const char *kind, const char *state, int64_t drop_after)
{
	sql("INSERT INTO message (id, order_id, kind, channel, sealed, state, created_at, due_at, drop_after, lease_until,"
	    " attempts) VALUES ('%s', NULLIF('%s', ''), '%s', 'sms', X'5ea1ed', '%s', 1, 1, %lld, 1, 0)", id, order, kind,
	    state, (long long)drop_after);
}

static void round_of(struct clerk *c)
{
	struct errbuf why = {0};
	if (clerk_outbox(c, NOW, &why) != ERR_OK)
		fail_msg("%s", why.text);
}

static void a_message_is_sent_erased_and_audited(void **state)
{
	(void)state;
	add_message("m1", "", "link", "waiting", NOW + HOUR);
	round_of(fake.clerk);
	assert_int_equal(fake.sends, 1);
	assert_string_equal(fake.sent, "m1");
	assert_asks("SELECT state || sent_at || attempts || (sealed IS NULL) FROM message", "sent180000000011");
	assert_asks("SELECT json_extract(record, '$.what') FROM audit", "message.sent");
	assert_true(fake.clerk->erased);
	round_of(fake.clerk);
	assert_int_equal(fake.sends, 1);
}

/* Somebody waits for a code, with minutes to live, and then for a password; mails have time. */
static void codes_go_first_then_passwords_then_mails(void **state)
{
	static const char *const kinds[] = {"link", "dead", "password", "code"};
	(void)state;
	for (size_t i = 0; i < 12; i++) {
		add_message((char[]){kinds[i % 4][0], (char)('a' + i), '\0'}, "", kinds[i % 4], "waiting", NOW + HOUR);
		sql("UPDATE message SET due_at = %d WHERE due_at = 1", 100 + (int)i);
	}
	add_message("x", "", "code", "leased", NOW + HOUR); /* another clerk is at it */
	sql("UPDATE message SET lease_until = %d, due_at = 1 WHERE id = 'x'", NOW + 1);
	add_message("y", "", "code", "waiting", NOW + HOUR);
	sql("UPDATE message SET due_at = %d WHERE id = 'y'", NOW + 1);
	round_of(fake.clerk);
	assert_string_equal(fake.order, "cccpppldldld");
}

static void the_life_of_a_code_begins_at_its_hand_over(void **state)
{
	(void)state;
	add_order("o", "offered", NOW + DAYS, 0);
	sql("INSERT INTO code (id, order_id, generation, hmac, tries, created_at, asked_by)"
	    " VALUES ('z', 'o', 1, X'00', 0, 1, 'staff')");
	add_message("m1", "o", "code", "waiting", NOW + HOUR);
	sql("UPDATE message SET code_id = 'z'");
	round_of(fake.clerk);
	assert_asks("SELECT handed_over_at FROM code", "1800000000");
}

static void a_sent_password_moves_its_order_once(void **state)
{
	(void)state;
	add_order("o", "received", NOW + DAYS, NOW - 10);
	add_message("m1", "o", "password", "waiting", NOW + HOUR);
	round_of(fake.clerk);
	assert_asks("SELECT state FROM orders", "password_sent");
	assert_asks("SELECT group_concat(json_extract(record, '$.what')) FROM audit WHERE object = 'o'",
		    "message.sent,order.password_sent");
	add_message("m2", "o", "password", "waiting", NOW + HOUR);
	sql("UPDATE orders SET state = 'in_use'");
	round_of(fake.clerk);
	assert_int_equal(fake.sends, 2);
	assert_asks("SELECT state FROM orders", "in_use");
	assert_asks("SELECT COUNT(*) FROM audit WHERE json_extract(record, '$.what') = 'order.password_sent'", "1");
}

static void a_gateway_that_is_away_is_asked_again_later(void **state)
{
	(void)state;
	fake.courier_says = ERR_TIMEOUT;
	add_message("m1", "", "link", "waiting", NOW + DAYS);
	round_of(fake.clerk);
	assert_asks("SELECT state || attempts || fault || hex(sealed) FROM message", "waiting1the gateway says no5EA1ED");
	assert_asks("SELECT due_at BETWEEN 1800000005 AND 1800000006 FROM message", "1");
	round_of(fake.clerk);
	assert_int_equal(fake.sends, 1);
	clock_inject(NOW + 7);
	fake.courier_says = ERR_OK;
	round_of(fake.clerk);
	assert_asks("SELECT state || attempts || COALESCE(fault, '-') FROM message", "sent2-");
}

/* What one server does not take now is no reason for others to wait. */
static void what_is_not_taken_now_does_not_end_the_round(void **state)
{
	static const enum err said[] = {ERR_UNAVAILABLE, ERR_TIMEOUT, ERR_CLOSED, ERR_NETWORK, ERR_LIMIT, ERR_USAGE, ERR_REFUSED};
	(void)state;
	for (size_t i = 0; i < sizeof said / sizeof said[0]; i++) {
		sql("DELETE FROM attempt; DELETE FROM message");
		fake.sends = 0;
		fake.courier_says = said[i];
		add_message("m1", "", "link", "waiting", NOW + DAYS);
		add_message("m2", "", "link", "waiting", NOW + DAYS);
		round_of(fake.clerk);
		assert_int_equal(fake.sends, 2);
	}
}

static void a_courier_that_is_away_ends_the_round(void **state)
{
	(void)state;
	fake.courier_away = true;
	fake.courier_says = ERR_UNAVAILABLE;
	add_message("m1", "", "link", "waiting", NOW + DAYS);
	add_message("m2", "", "link", "waiting", NOW + DAYS);
	round_of(fake.clerk);
	assert_int_equal(fake.sends, 1);
	assert_false(fake.clerk->more);
}

static void a_refused_message_is_dead_and_erased(void **state)
{
	(void)state;
	fake.courier_says = ERR_REFUSED;
	add_order("o", "offered", NOW + DAYS, 0);
	add_message("m1", "o", "code", "waiting", NOW + HOUR);
	round_of(fake.clerk);
	assert_asks("SELECT state || fault || (sealed IS NULL) FROM message", "deadthe gateway says no1");
	assert_asks("SELECT json_extract(record, '$.what') || json_extract(record, '$.object') FROM audit", "message.deado");
	round_of(fake.clerk);
	assert_int_equal(fake.sends, 1);
}

static void a_message_past_its_time_is_dropped_unsent(void **state)
{
	(void)state;
	add_message("m1", "", "code", "waiting", NOW);
	add_message("m2", "", "code", "waiting", NOW + 1);
	round_of(fake.clerk);
	assert_int_equal(fake.sends, 1);
	assert_string_equal(fake.sent, "m2");
	assert_asks("SELECT state || (sealed IS NULL) FROM message WHERE id = 'm1'", "dropped1");
	assert_asks("SELECT COUNT(*) FROM audit WHERE json_extract(record, '$.what') = 'message.dropped'", "1");
}

static void a_failing_message_is_dropped_when_its_time_is_over(void **state)
{
	(void)state;
	fake.courier_says = ERR_NETWORK;
	add_message("m1", "", "code", "waiting", NOW + 3);
	round_of(fake.clerk);
	assert_asks("SELECT due_at FROM message", "1800000003");
	clock_inject(NOW + 3);
	round_of(fake.clerk);
	assert_int_equal(fake.sends, 1);
	assert_asks("SELECT state FROM message", "dropped");
}

/* Handed over, then the clerk died before it could say so. */
static void a_lease_that_ran_out_is_sent_again_under_its_id(void **state)
{
	(void)state;
	add_message("m1", "", "link", "leased", NOW + HOUR);
	sql("UPDATE message SET lease_until = %d", NOW);
	round_of(fake.clerk);
	assert_int_equal(fake.sends, 0);
	clock_inject(NOW + 1);
	round_of(fake.clerk);
	assert_int_equal(fake.sends, 1);
	assert_string_equal(fake.sent, "m1");
}

static void withdraw(struct folder *f)
{
	folder_sql(f->db, "UPDATE message SET state = 'dropped', sealed = NULL");
}

static void a_message_withdrawn_while_it_goes_stays_withdrawn_and_is_audited(void **state)
{
	(void)state;
	fake.while_sending = withdraw;
	add_message("m1", "", "link", "waiting", NOW + HOUR);
	round_of(fake.clerk);
	assert_asks("SELECT state FROM message", "dropped");
	assert_asks("SELECT json_extract(record, '$.why') FROM audit", "it was withdrawn while it was handed over");
}

static void many_messages_leave_room_for_other_tasks(void **state)
{
	(void)state;
	for (int i = 0; i < 20; i++) {
		char id[8];
		snprintf(id, sizeof id, "m%02d", i);
		add_message(id, "", "link", "waiting", NOW + HOUR);
	}
	round_of(fake.clerk);
	assert_int_equal(fake.sends, 16);
	assert_true(fake.clerk->more);
	round_of(fake.clerk);
	assert_int_equal(fake.sends, 20);
	assert_false(fake.clerk->more);
	assert_asks("SELECT COUNT(*) FROM message WHERE state = 'sent'", "20");
}

static void sent_bytes_are_gone_from_the_files(void **state)
{
	struct folder *f = *state;
	char wal[100];
	struct buf db = BUF_INIT(1 << 24), log = BUF_INIT(1 << 24);
	add_message("m1", "", "link", "waiting", NOW + HOUR);
	sql("UPDATE message SET sealed = CAST('CANARY-of-the-outbox' AS BLOB)");
	round_of(fake.clerk);
	assert_int_equal(clerk_truncate(fake.clerk, NOW, NULL), ERR_OK);
	assert_false(fake.clerk->erased);
	snprintf(wal, sizeof wal, "%s-wal", f->db);
	folder_read(f->db, &db);
	folder_read(wal, &log);
	assert_int_equal(log.len, 0);
	assert_null(memmem(db.data, db.len, "CANARY-of-the-outbox", 20));
	buf_free(&db);
	buf_free(&log);
}

static void what_waits_in_an_old_database_is_not_sent(void **state)
{
	(void)state;
	add_message("m1", "", "link", "waiting", NOW + HOUR);
	fake.clerk->trusted = false;
	round_of(fake.clerk);
	assert_int_equal(fake.sends, 0);
	assert_false(fake.clerk->more);
	fake.clerk->trusted = true;
	round_of(fake.clerk);
	assert_int_equal(fake.sends, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CLERK_TEST(a_message_is_sent_erased_and_audited),
		CLERK_TEST(codes_go_first_then_passwords_then_mails),
		CLERK_TEST(the_life_of_a_code_begins_at_its_hand_over),
		CLERK_TEST(a_sent_password_moves_its_order_once),
		CLERK_TEST(a_gateway_that_is_away_is_asked_again_later),
		CLERK_TEST(what_is_not_taken_now_does_not_end_the_round),
		CLERK_TEST(a_courier_that_is_away_ends_the_round),
		CLERK_TEST(a_refused_message_is_dead_and_erased),
		CLERK_TEST(a_message_past_its_time_is_dropped_unsent),
		CLERK_TEST(a_failing_message_is_dropped_when_its_time_is_over),
		CLERK_TEST(a_lease_that_ran_out_is_sent_again_under_its_id),
		CLERK_TEST(a_message_withdrawn_while_it_goes_stays_withdrawn_and_is_audited),
		CLERK_TEST(many_messages_leave_room_for_other_tasks),
		CLERK_TEST(sent_bytes_are_gone_from_the_files),
		CLERK_TEST(what_waits_in_an_old_database_is_not_sent),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

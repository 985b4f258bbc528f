/* A recipient who has not come is reminded once of each link, shortly before its end, and never when it is of no use. */
#include "tests/support/clerk_fakes.h"

#include "base/log.h"
#include "tests/support/clerk_mail.h"

static void remind_at(int64_t now)
{
	struct errbuf why = {0};
	clock_inject(now);
	if (clerk_remind(fake.clerk, now, &why) != ERR_OK)
		fail_msg("%s", why.text);
}

static const char *reminders(void)
{
	return ask("SELECT COUNT(*) FROM message WHERE kind = 'reminder'");
}

static void a_day_before_its_end_and_not_before_and_once(void **state)
{
	(void)state;
	tell("");
	add_offered();
	remind_at(NOW - 1);
	assert_string_equal(reminders(), "0");
	remind_at(NOW);
	remind_at(NOW + 1);
	remind_at(NOW + HOUR);
	assert_string_equal(reminders(), "1");
	assert_asks("SELECT order_id || ' ' || channel || ' ' || drop_after FROM message WHERE kind = 'reminder'",
		    REMINDED " mail 1800086400");
}

static void it_says_which_mail_and_whom_to_ask_and_has_no_link(void **state)
{
	(void)state;
	tell("");
	add_offered();
	remind_at(NOW);
	struct message m = waiting_mail();
	assert_string_equal(m.to, "ann@approved.example"); /* as approved: the directory has another */
	assert_string_equal(m.language, "nb");
	assert_non_null(strstr(buf_string(&m.text), "Emne: Sertifikatet til Shop er klart til henting\n"));
	assert_non_null(strstr(buf_string(&m.text), "Fra: ca@acme.example\n"));
	assert_non_null(strstr(buf_string(&m.text), "Sendt: 9. januar 2027 kl. 08.01 UTC\n"));
	assert_non_null(strstr(buf_string(&m.text), "16. januar 2027"));
	assert_non_null(strstr(buf_string(&m.text), "Ola Orderer"));
	assert_null(strstr(buf_string(&m.text), "http"));
	assert_null(strstr(buf_string(&m.html), "http"));
	message_clear(&m);
}

static void none_where_it_is_of_no_use(void **state)
{
	static const char *const changes[] = {
		"UPDATE orders SET state = 'collecting', claimed_at = 1", "UPDATE orders SET state = 'locked'",
		"UPDATE orders SET state = 'lapsed'", "UPDATE orders SET link_until = 1800000000",
		"UPDATE message SET state = 'dead' WHERE kind = 'link'", "UPDATE message SET state = 'waiting' WHERE kind = 'link'",
		"UPDATE message SET created_at = 1800000000 WHERE kind = 'link'"};
	(void)state;
	tell("");
	for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
		sql("DELETE FROM message; DELETE FROM orders; DELETE FROM staff");
		add_offered();
		sql("%s", changes[i]);
		remind_at(NOW);
		if (strcmp(reminders(), "0") != 0)
			fail_msg("%s", changes[i]);
	}
}

static void a_new_link_is_called_to_mind_too(void **state)
{
	(void)state;
	tell("");
	add_offered();
	remind_at(NOW);
	sql("UPDATE orders SET link_until = %d", NOW + 8 * DAYS);
	add_link_mail("l2", NOW + DAYS, "sent");
	remind_at(NOW + DAYS);
	assert_string_equal(reminders(), "1");
	remind_at(NOW + 7 * DAYS);
	remind_at(NOW + 7 * DAYS + 1);
	assert_string_equal(reminders(), "2");
}

static void none_when_none_are_wanted_or_the_database_is_old(void **state)
{
	(void)state;
	tell("");
	add_offered();
	fake.clerk->trusted = false;
	remind_at(NOW);
	fake.clerk->trusted = true;
	told.reminder = 0;
	remind_at(NOW);
	assert_string_equal(reminders(), "0");
}

static void facts_that_nobody_can_read_hold_up_nobody_else(void **state)
{
	(void)state;
	tell("");
	add_order("aaaaaaaaaaaaaaaa", "offered", NOW + DAYS, 0);
	sql("INSERT INTO message (id, order_id, kind, channel, state, created_at, due_at, drop_after, attempts, sent_at)"
	    " VALUES ('l0', 'aaaaaaaaaaaaaaaa', 'link', 'mail', 'sent', 1, 1, 1, 1, 1)");
	add_offered();
	remind_at(NOW);
	assert_asks("SELECT group_concat(order_id) FROM message WHERE kind = 'reminder'", REMINDED);
}

/* As many as one page has, and some more, all before the one that can be read; `more` drives no round that does nothing. */
static void nor_do_many_of_them_and_none_drives_the_clerk(void **state)
{
	(void)state;
	tell("");
	add_offered();
	sql("WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 120) INSERT INTO orders (id, client_id,"
	    " contact_id, state, state_at, facts, ticket, profile, key_type, note, ordered_by, created_at, link_until)"
	    " SELECT printf('bad%%013d', i), 'c', 'k', 'offered', 0, '{}', X'00', 'client', 'p256', '', 'p', 1, %d FROM n", NOW + DAYS);
	sql("INSERT INTO message (id, order_id, kind, channel, state, created_at, due_at, drop_after, attempts, sent_at)"
	    " SELECT 'l' || id, id, 'link', 'mail', 'sent', 1, 1, 1, 1, 1 FROM orders WHERE id LIKE 'bad%%'");
	fake.clerk->more = false;
	remind_at(NOW);
	assert_asks("SELECT group_concat(order_id) FROM message WHERE kind = 'reminder'", REMINDED);
	remind_at(NOW + 1);
	assert_false(fake.clerk->more);
}

static void more_than_one_round_can_hold_come_in_the_next(void **state)
{
	(void)state;
	tell("");
	add_offered();
	sql("WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 59) INSERT INTO orders (id, client_id,"
	    " contact_id, state, state_at, facts, ticket, profile, key_type, note, ordered_by, created_at, link_until)"
	    " SELECT 'orderaaaaaaaaa' || char(97 + i / 26, 97 + i %% 26), client_id, contact_id, state, state_at, facts, ticket, profile, key_type, note,"
	    " ordered_by, created_at, link_until FROM orders, n");
	sql("UPDATE orders SET facts = replace(facts, '" REMINDED "', id)");
	sql("INSERT INTO message (id, order_id, kind, channel, state, created_at, due_at, drop_after, attempts, sent_at)"
	    " SELECT 'l' || id, id, 'link', 'mail', 'sent', 1, 1, 1, 1, 1 FROM orders WHERE id <> '" REMINDED "'");
	fake.clerk->more = false;
	remind_at(NOW);
	assert_string_equal(reminders(), "50");
	assert_true(fake.clerk->more);
	fake.clerk->more = false;
	remind_at(NOW);
	assert_string_equal(reminders(), "60");
	assert_false(fake.clerk->more);
}

/* A name that no mail can hold, say: here the database does not take the row. */
static void one_that_fails_holds_up_nobody_else(void **state)
{
	struct errbuf why = {0};
	(void)state;
	tell("");
	add_offered();
	sql("INSERT INTO orders (id, client_id, contact_id, state, state_at, facts, ticket, profile, key_type, note, ordered_by,"
	    " created_at, link_until) SELECT 'aaaaaaaaaaaaaaaa', client_id, contact_id, state, 0, replace(facts, '" REMINDED "',"
	    " 'aaaaaaaaaaaaaaaa'), ticket, profile, key_type, note, ordered_by, created_at, link_until FROM orders");
	sql("INSERT INTO message (id, order_id, kind, channel, state, created_at, due_at, drop_after, attempts, sent_at)"
	    " VALUES ('l0', 'aaaaaaaaaaaaaaaa', 'link', 'mail', 'sent', 1, 1, 1, 1, 1)");
	sql("CREATE TRIGGER no BEFORE INSERT ON message WHEN NEW.order_id = 'aaaaaaaaaaaaaaaa'"
	    " BEGIN SELECT RAISE(ABORT, 'no'); END");
	assert_int_not_equal(clerk_remind(fake.clerk, NOW, &why), ERR_OK);
	assert_asks("SELECT group_concat(order_id) FROM message WHERE kind = 'reminder'", REMINDED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CLERK_TEST(a_day_before_its_end_and_not_before_and_once),
		CLERK_TEST(it_says_which_mail_and_whom_to_ask_and_has_no_link),
		CLERK_TEST(none_where_it_is_of_no_use),
		CLERK_TEST(a_new_link_is_called_to_mind_too),
		CLERK_TEST(none_when_none_are_wanted_or_the_database_is_old),
		CLERK_TEST(facts_that_nobody_can_read_hold_up_nobody_else),
		CLERK_TEST(nor_do_many_of_them_and_none_drives_the_clerk),
		CLERK_TEST(more_than_one_round_can_hold_come_in_the_next),
		CLERK_TEST(one_that_fails_holds_up_nobody_else),
	};
	return cmocka_run_group_tests(tests, languages_set_up, languages_tear_down);
}

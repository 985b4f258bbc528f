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

int main(void)
{
	const struct CMUnitTest tests[] = {
		CLERK_TEST(a_day_before_its_end_and_not_before_and_once),
		CLERK_TEST(it_says_which_mail_and_whom_to_ask_and_has_no_link),
		CLERK_TEST(none_where_it_is_of_no_use),
		CLERK_TEST(a_new_link_is_called_to_mind_too),
		CLERK_TEST(none_when_none_are_wanted_or_the_database_is_old),
		CLERK_TEST(facts_that_nobody_can_read_hold_up_nobody_else),
	};
	return cmocka_run_group_tests(tests, languages_set_up, languages_tear_down);
}

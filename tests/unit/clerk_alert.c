/* Messages that nobody will get: the staff is told by mail, once each, and not too often. */
#include "tests/support/clerk_fakes.h"

#include "base/clock.h"
#include "base/log.h"

#include "tests/support/clerk_mail.h"

static void add_sms(const char *id, const char *order)
{
	sql("INSERT INTO message (id, order_id, kind, channel, sealed, state, created_at, due_at, drop_after, attempts)"
	    " VALUES ('%s', NULLIF('%s', ''), 'code', 'sms', X'5ea1ed', 'waiting', 1, 1, %d, 0)", id, order, NOW + DAYS);
}

static void round_of(struct clerk *c)
{
	struct errbuf why = {0};
	if (clerk_outbox(c, clock_now(), &why) != ERR_OK)
		fail_msg("%s", why.text);
}

static void a_dead_message_is_mailed_to_the_staff(void **state)
{
	(void)state;
	tell("staff@acme.example");
	add_order("orderaaaaaaaaaaa", "offered", NOW + DAYS, 0);
	add_sms("m1", "orderaaaaaaaaaaa");
	fake.courier_says = ERR_REFUSED;
	struct errbuf why = {0};
	assert_int_equal(clerk_outbox(fake.clerk, NOW, &why), ERR_OK);
	assert_asks("SELECT group_concat(kind || ' ' || channel || ' ' || state) FROM message ORDER BY id", "code sms dead,dead mail dead");
	assert_int_equal(fake.sends, 2); /* a mail that is refused itself is nobody's mail */
}

static void the_mail_says_which_and_why_and_how_to_go_on(void **state)
{
	(void)state;
	tell("staff@acme.example");
	add_order("orderaaaaaaaaaaa", "offered", NOW + DAYS, 0);
	add_sms("m1", "orderaaaaaaaaaaa");
	sql("UPDATE message SET sealed = NULL"); /* dead without being sent */
	clock_inject(NOW);
	sql("CREATE TRIGGER later AFTER INSERT ON message BEGIN UPDATE message SET due_at = %d WHERE id = NEW.id; END", NOW + 1);
	round_of(fake.clerk);
	sql("UPDATE message SET due_at = %d", NOW);
	struct message m = waiting_mail();
	assert_string_equal(m.to, "staff@acme.example");
	assert_int_equal(m.channel, CHANNEL_MAIL);
	assert_string_equal(buf_string(&m.subject), "Not delivered: code of order orderaaaaaaaaaaa");
	assert_non_null(strstr(buf_string(&m.text), "nothing is sealed in it"));
	assert_non_null(strstr(buf_string(&m.text), "counterfoil order resend orderaaaaaaaaaaa"));
	assert_non_null(strstr(buf_string(&m.html), "nothing is sealed in it"));
	message_clear(&m);
}

static void ten_within_an_hour_are_enough(void **state)
{
	(void)state;
	tell("staff@acme.example");
	fake.courier_says = ERR_REFUSED;
	for (int i = 0; i < 30; i++) {
		char id[8];
		snprintf(id, sizeof id, "m%02d", i);
		add_sms(id, "");
	}
	for (int i = 0; i < 6; i++)
		round_of(fake.clerk);
	assert_asks("SELECT COUNT(*) FROM message WHERE kind = 'code' AND state = 'dead'", "30");
	assert_asks("SELECT COUNT(*) FROM message WHERE kind = 'dead'", "10");
	clock_inject(NOW + HOUR + 1);
	add_sms("n1", "");
	round_of(fake.clerk);
	assert_asks("SELECT COUNT(*) FROM message WHERE kind = 'dead'", "11");
}

static void nobody_is_told_where_nobody_wants_to_be(void **state)
{
	(void)state;
	tell("");
	fake.courier_says = ERR_REFUSED;
	add_sms("m1", "");
	round_of(fake.clerk);
	assert_asks("SELECT COUNT(*) FROM message", "1");
}

/* Whoever waited for it asks for another; nobody can ask for a password but the staff. */
static void a_dropped_code_is_no_news_but_a_password_is(void **state)
{
	(void)state;
	tell("staff@acme.example");
	add_sms("m1", "");
	sql("UPDATE message SET drop_after = 5");
	round_of(fake.clerk);
	assert_asks("SELECT group_concat(state) FROM message", "dropped");
	add_sms("m2", "");
	sql("UPDATE message SET drop_after = 5, kind = 'password' WHERE id = 'm2'");
	round_of(fake.clerk);
	assert_asks("SELECT group_concat(kind || ' ' || state) FROM (SELECT * FROM message ORDER BY kind)",
		    "code dropped,dead sent,password dropped");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CLERK_TEST(a_dead_message_is_mailed_to_the_staff),
		CLERK_TEST(the_mail_says_which_and_why_and_how_to_go_on),
		CLERK_TEST(ten_within_an_hour_are_enough),
		CLERK_TEST(nobody_is_told_where_nobody_wants_to_be),
		CLERK_TEST(a_dropped_code_is_no_news_but_a_password_is),
	};
	return cmocka_run_group_tests(tests, languages_set_up, languages_tear_down);
}

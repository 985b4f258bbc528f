/* What the outbox may send: the limits of a day, the quiet hours, a pause; and the log of attempts by which they count. */
#include "tests/support/clerk_fakes.h"

#include "base/clock.h"

#include <stdlib.h>
#include <time.h>

static void add_sms(const char *id, const char *order, const char *kind)
{
	sql("INSERT INTO message (id, order_id, kind, channel, sealed, state, created_at, due_at, drop_after, attempts)"
	    " VALUES ('%s', NULLIF('%s', ''), '%s', 'sms', X'5ea1ed', 'waiting', 1, 1, %d, 0)", id, order, kind, NOW + 10 * DAYS);
}

static void round_of(struct clerk *c)
{
	struct errbuf why = {0};
	if (clerk_outbox(c, clock_now(), &why) != ERR_OK)
		fail_msg("%s", why.text);
}

/* Rounds until nothing is due. */
static void rounds(struct clerk *c)
{
	do
		round_of(c);
	while (c->more);
}

static struct settings limits;

static void limit(int64_t all, int64_t contact)
{
	limits = fake_settings;
	limits.sms_a_day = all;
	limits.sms_contact_a_day = contact;
	fake.clerk->settings = &limits;
}

static void each_attempt_is_on_record_with_what_came_of_it(void **state)
{
	(void)state;
	add_order("o", "offered", NOW + DAYS, 0);
	add_sms("m1", "o", "code");
	fake.courier_says = ERR_TIMEOUT;
	round_of(fake.clerk);
	fake.courier_says = ERR_OK;
	clock_inject(NOW + 10);
	round_of(fake.clerk);
	assert_asks("SELECT group_concat(number || ' ' || at || ' ' || outcome || ' ' || COALESCE(fault, '-') || ' '"
		    " || COALESCE(reference, '-') || ' ' || contact_id || ' ' || channel) FROM attempt",
		    "1 1800000000 timeout the gateway says no - k sms,2 1800000010 ok - gateway-1 k sms");
}

static void count_while_it_goes(struct folder *f)
{
	(void)f;
	assert_asks("SELECT COUNT(*) FROM attempt WHERE outcome IS NULL", "1");
}

static void an_attempt_is_on_record_before_it_begins(void **state)
{
	(void)state;
	fake.while_sending = count_while_it_goes;
	add_sms("m1", "", "code");
	round_of(fake.clerk);
	assert_int_equal(fake.sends, 1);
}

static void more_than_a_days_messages_wait(void **state)
{
	(void)state;
	limit(3, 100);
	for (int i = 0; i < 10; i++)
		add_sms((char[]){'m', (char)('0' + i), '\0'}, "", "password");
	rounds(fake.clerk);
	assert_int_equal(fake.sends, 3);
	assert_asks("SELECT COUNT(*) || ' ' || MIN(due_at) || ' ' || MIN(attempts) || ' ' || MIN(fault) FROM message"
		    " WHERE state = 'waiting'", "7 1800000900 0 the day's limit of messages is reached");
	assert_true(fake.clerk->limit_told);
	clock_inject(NOW + DAYS - 1);
	rounds(fake.clerk);
	assert_int_equal(fake.sends, 3);
	clock_inject(NOW + DAYS + 1000);
	rounds(fake.clerk);
	assert_int_equal(fake.sends, 6);
	for (int day = 2; day < 5; day++) {
		clock_inject(NOW + day * (DAYS + 2000));
		rounds(fake.clerk);
	}
	assert_asks("SELECT COUNT(*) FROM message WHERE state = 'sent'", "10");
	assert_int_equal(fake.sends, 10);
}

static void one_contact_does_not_use_up_the_others_messages(void **state)
{
	(void)state;
	limit(100, 2);
	sql("INSERT INTO contact (id, organisation_id, name, email, mobile, may_order, may_receive, created_at, changed_at)"
	    " VALUES ('k2', 'g', 'Bo', 'bo@acme.example', '+41790000002', 1, 1, 1, 1)");
	add_order("o", "offered", NOW + DAYS, 0);
	add_order("p", "offered", NOW + DAYS, 0);
	sql("UPDATE orders SET contact_id = 'k2' WHERE id = 'p'");
	for (int i = 0; i < 5; i++)
		add_sms((char[]){'m', (char)('0' + i), '\0'}, "o", "code");
	add_sms("n1", "p", "code");
	rounds(fake.clerk);
	assert_int_equal(fake.sends, 3);
	assert_asks("SELECT state FROM message WHERE id = 'n1'", "sent");
	assert_asks("SELECT COUNT(*) FROM message WHERE fault = 'the day''s limit of messages to this contact is reached'", "3");
}

static void mail_is_not_counted(void **state)
{
	(void)state;
	limit(1, 1);
	add_sms("m1", "", "code");
	for (int i = 0; i < 5; i++) {
		add_sms((char[]){'n', (char)('0' + i), '\0'}, "", "link");
		sql("UPDATE message SET channel = 'mail' WHERE id = 'n%d'", i);
	}
	rounds(fake.clerk);
	assert_int_equal(fake.sends, 6);
}

/* What was plainly not taken costs nothing; what may have been counts, and so does what a crash cut off. */
static void what_may_have_been_sent_counts(void **state)
{
	static const struct {
		enum err said;
		int sends;
	} cases[] = {{ERR_TIMEOUT, 2}, {ERR_CLOSED, 2},  {ERR_UNAVAILABLE, 2}, {ERR_MEMORY, 2},  {ERR_INTERNAL, 2},
		     {ERR_LIMIT, 6},   {ERR_USAGE, 6},   {ERR_REFUSED, 6},     {ERR_INVALID, 6}, {ERR_NETWORK, 6},
		     {ERR_UNAUTHENTICATED, 6}};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		sql("DELETE FROM attempt; DELETE FROM message");
		limit(2, 100);
		fake.sends = 0;
		fake.courier_says = cases[i].said;
		for (int m = 0; m < 6; m++)
			add_sms((char[]){'m', (char)('0' + m), '\0'}, "", "password");
		for (int n = 0; n < 6; n++)
			rounds(fake.clerk);
		if (fake.sends != cases[i].sends)
			fail_msg("%s: %d sends", err_word(cases[i].said), fake.sends);
	}
	sql("DELETE FROM attempt; DELETE FROM message; INSERT INTO message (id, kind, channel, state, created_at, due_at,"
	    " drop_after, attempts) VALUES ('x', 'code', 'sms', 'dropped', 1, 1, 1, 1);"
	    " INSERT INTO attempt (message_id, number, channel, at) VALUES ('x', 1, 'sms', %d), ('x', 2, 'sms', %d)", NOW, NOW);
	fake.sends = 0;
	fake.courier_says = ERR_OK;
	add_sms("m1", "", "password");
	rounds(fake.clerk);
	assert_int_equal(fake.sends, 0);
}

/* Told to say each in turn; under which key was the try after it? */
static void tries(const enum err *said, const char *const *keys, size_t n)
{
	sql("DELETE FROM attempt; DELETE FROM message");
	add_sms("m1", "", "password");
	for (size_t i = 0; i < n; i++) {
		fake.courier_says = said[i];
		sql("UPDATE message SET due_at = 1");
		round_of(fake.clerk);
		if (strcmp(fake.key, keys[i]) != 0)
			fail_msg("try %zu, said to be %s: %s, not %s", i + 1, err_word(said[i]), fake.key, keys[i]);
	}
}

/* A gateway that knows keys would repeat its no, or take the next try for a duplicate of what it never took. */
static void a_plain_no_makes_the_next_try_a_new_one(void **state)
{
	static const enum err said[] = {ERR_LIMIT, ERR_USAGE, ERR_LIMIT, ERR_OK};
	static const char *const keys[] = {"m1", "m1-1", "m1-2", "m1-3"};
	(void)state;
	tries(said, keys, 4);
	tries((enum err[]){ERR_NETWORK, ERR_LIMIT, ERR_OK}, (const char *const[]){"m1", "m1", "m1-1"}, 3); /* it never got there */
}

/* It may be with the gateway already: under another key it would be a second message. */
static void what_is_unknown_keeps_its_key_whatever_is_said_later(void **state)
{
	static const enum err unknown[] = {ERR_TIMEOUT, ERR_UNAVAILABLE, ERR_CLOSED, ERR_MEMORY};
	static const char *const keys[] = {"m1", "m1-1", "m1-1", "m1-1", "m1-1"};
	(void)state;
	for (size_t i = 0; i < sizeof unknown / sizeof unknown[0]; i++) {
		tries((enum err[]){ERR_LIMIT, unknown[i], ERR_LIMIT, ERR_USAGE, ERR_OK}, keys, 5);
		tries((enum err[]){unknown[i], ERR_USAGE, ERR_LIMIT}, (const char *const[]){"m1", "m1", "m1"}, 3);
	}
	sql("DELETE FROM attempt; DELETE FROM message");
	add_sms("m1", "", "password");
	sql("INSERT INTO attempt (message_id, number, channel, at) VALUES ('m1', 1, 'sms', 1);"
	    "INSERT INTO attempt (message_id, number, channel, at, outcome) VALUES ('m1', 2, 'sms', 2, 'limit')");
	round_of(fake.clerk); /* a crash cut off the first */
	assert_string_equal(fake.key, "m1");
}

static void a_held_message_is_dropped_when_its_time_is_over(void **state)
{
	(void)state;
	limit(1, 1);
	add_sms("m1", "", "code");
	add_sms("m2", "", "code");
	sql("UPDATE message SET drop_after = %d WHERE id = 'm2'", NOW + 60);
	sql("UPDATE message SET due_at = 0 WHERE id = 'm1'");
	rounds(fake.clerk);
	assert_asks("SELECT state || due_at FROM message WHERE id = 'm2'", "waiting1800000060");
	clock_inject(NOW + 60);
	rounds(fake.clerk);
	assert_asks("SELECT state || fault FROM message WHERE id = 'm2'", "droppedits time was over");
	assert_int_equal(fake.sends, 1);
}

static void a_paused_outbox_sends_nothing_and_loses_nothing(void **state)
{
	(void)state;
	add_sms("m1", "", "code");
	add_sms("m2", "", "password");
	sql("INSERT INTO meta VALUES ('outbox_paused', '1')");
	rounds(fake.clerk);
	assert_int_equal(fake.sends, 0);
	assert_asks("SELECT group_concat(state || hex(sealed)) FROM message", "waiting5EA1ED,waiting5EA1ED");
	sql("DELETE FROM meta WHERE name = 'outbox_paused'");
	rounds(fake.clerk);
	assert_int_equal(fake.sends, 2);
}

/* 1800000000 is 2027-01-15 08:00:00 UTC. */
static void in_quiet_hours_codes_alone_are_sent(void **state)
{
	(void)state;
	fake.clerk->quiet = (struct quiet_hours){7 * 60, 9 * 60};
	add_sms("m1", "", "code");
	add_sms("m2", "", "password");
	add_sms("m3", "", "link");
	sql("UPDATE message SET channel = 'mail' WHERE id = 'm3'");
	rounds(fake.clerk);
	assert_asks("SELECT group_concat(id) FROM (SELECT id FROM message WHERE state = 'sent' ORDER BY id)", "m1,m3");
	assert_asks("SELECT due_at || fault FROM message WHERE id = 'm2'", "1800003600it waits for the end of the quiet hours");
	clock_inject(NOW + HOUR);
	rounds(fake.clerk);
	assert_asks("SELECT state FROM message WHERE id = 'm2'", "sent");
}

static void quiet_hours_are_read_strictly_and_end_on_time(void **state)
{
	static const char *const bad[] = {"22:00", "22:00-24:00", "22:60-07:00", "2:00-07:000", "22:00 07:00", "aa:bb-cc:dd",
					  "22:00-22:00", "-1:00-07:00", "22:00-07:00 "};
	static const struct {
		const char *hours;
		int64_t at, until; /* seconds of the day */
	} cases[] = {
		{"22:00-07:00", 22 * HOUR - 1, 22 * HOUR - 1}, {"22:00-07:00", 22 * HOUR, DAYS + 7 * HOUR},
		{"22:00-07:00", 23 * HOUR + 17, DAYS + 7 * HOUR}, {"22:00-07:00", 0, 7 * HOUR},
		{"22:00-07:00", 7 * HOUR - 1, 7 * HOUR},       {"22:00-07:00", 7 * HOUR, 7 * HOUR},
		{"08:00-09:30", 9 * HOUR + 1799, 9 * HOUR + 1800}, {"08:00-09:30", 9 * HOUR + 1800, 9 * HOUR + 1800},
		{"", 3, 3},
	};
	struct quiet_hours q;
	struct errbuf why;
	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		if (quiet_hours_read(bad[i], &q, &why) != ERR_USAGE)
			fail_msg("[%s] was taken", bad[i]);
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		int64_t day = 20000 * (int64_t)DAYS;
		assert_int_equal(quiet_hours_read(cases[i].hours, &q, &why), ERR_OK);
		if (quiet_until(&q, day + cases[i].at) != day + cases[i].until)
			fail_msg("%s at %lld: until %lld", cases[i].hours, (long long)cases[i].at,
				 (long long)(quiet_until(&q, day + cases[i].at) - day));
	}
}

static void what_has_arrived_is_not_sent_again(void **state)
{
	(void)state;
	add_order("o", "received", NOW + DAYS, NOW - 10);
	add_sms("m1", "o", "password");
	fake.courier_says = ERR_TIMEOUT;
	round_of(fake.clerk);
	sql("UPDATE message SET delivered_at = %d", NOW + 5);
	clock_inject(NOW + 100);
	round_of(fake.clerk);
	assert_int_equal(fake.sends, 1);
	assert_asks("SELECT state || (sealed IS NULL) FROM message", "sent1");
	assert_asks("SELECT state FROM orders", "password_sent");
}

static int in_utc(void **state)
{
	(void)state;
	setenv("TZ", "UTC", 1);
	tzset();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CLERK_TEST(each_attempt_is_on_record_with_what_came_of_it),
		CLERK_TEST(an_attempt_is_on_record_before_it_begins),
		CLERK_TEST(more_than_a_days_messages_wait),
		CLERK_TEST(one_contact_does_not_use_up_the_others_messages),
		CLERK_TEST(mail_is_not_counted),
		CLERK_TEST(what_may_have_been_sent_counts),
		CLERK_TEST(a_plain_no_makes_the_next_try_a_new_one),
		CLERK_TEST(what_is_unknown_keeps_its_key_whatever_is_said_later),
		CLERK_TEST(a_held_message_is_dropped_when_its_time_is_over),
		CLERK_TEST(a_paused_outbox_sends_nothing_and_loses_nothing),
		CLERK_TEST(in_quiet_hours_codes_alone_are_sent),
		CLERK_TEST(quiet_hours_are_read_strictly_and_end_on_time),
		CLERK_TEST(what_has_arrived_is_not_sent_again),
	};
	return cmocka_run_group_tests(tests, in_utc, NULL);
}

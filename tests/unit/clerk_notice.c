/* Whoever ordered is told when it comes to nothing: once, and in the transaction in which it does. */
#include "tests/support/clerk_fakes.h"

#include "base/log.h"
#include "tests/support/clerk_mail.h"

static void sweep(void)
{
	struct errbuf why = {0};
	if (clerk_sweep(fake.clerk, NOW, &why) != ERR_OK)
		fail_msg("%s", why.text);
}

/* Who ordered all that add_order adds. */
static void add_orderer(const char *email)
{
	sql("INSERT INTO staff (id, name, role, status, created_at, email) VALUES ('p', 'Ola Orderer', 'administrator', 'active', 1, NULLIF('%s', ''))", email);
}

static void add_code(const char *order)
{
	sql("INSERT INTO code (id, order_id, generation, hmac, tries, last_try_at, created_at, asked_by)"
	    " VALUES ('z', '%s', 1, X'00', 5, %d, 1, 'staff')", order, NOW - HOUR);
}

static void add_received(const char *order, const char *state)
{
	add_order(order, state, NOW - DAYS, NOW - 2 * DAYS);
	sql("UPDATE orders SET received_at = %d WHERE id = '%s'", NOW - DAYS, order);
	add_parcel(order, serial_of('1'));
}

static void make_lapsed_link(const char *order)
{
	add_order(order, "offered", NOW, 0);
}

static void make_lapsed_claim(const char *order)
{
	add_order(order, "collecting", NOW + DAYS, NOW - DAYS);
	add_certificate(serial_of('1'), order, "valid", NOW + DAYS);
	add_parcel(order, serial_of('1'));
}

static void make_lapsed_password(const char *order)
{
	add_received(order, "received");
}

static void make_locked_order(const char *order)
{
	add_order(order, "offered", NOW + DAYS, 0);
	add_code(order);
}

/* Until when it could be approved stands where the link's end does later. */
static void make_lapsed_request(const char *order)
{
	add_order(order, "requested", NOW, 0);
	sql("UPDATE orders SET link_hash = NULL, ticket = NULL, approvals = 1 WHERE id = '%s'", order);
}

static void make_lapsed_renewal(const char *order)
{
	add_order(order, "offered", NOW, 0);
	sql("UPDATE orders SET kind = 'renewal', renews = '0011' WHERE id = '%s'", order);
}

static const struct sad {
	const char *kind;
	void (*make)(const char *order);
	const char *subject, *until, *command;
} sad[] = {
	{"lapsed_link", make_lapsed_link, "Not collected: the certificate for Shop", "15 January 2027, 08:00 UTC",
	 "counterfoil order new --organisation acme --service pay --client shop --contact k\n"},
	{"lapsed_claim", make_lapsed_claim, "Not confirmed, so revoked: the certificate for Shop", "15 January 2027, 08:00 UTC",
	 "counterfoil order new --organisation acme --service pay --client shop --contact k\n"},
	{"lapsed_password", make_lapsed_password, "No password was sent: the certificate for Shop", "15 January 2027, 08:00 UTC",
	 "counterfoil order reissue orderaaaaaaaaaaa\n"},
	{"locked_order", make_locked_order, "Locked: the certificate for Shop", "16 January 2027, 08:00 UTC",
	 "counterfoil order unlock orderaaaaaaaaaaa\n"},
	{"lapsed_request", make_lapsed_request, "Not approved in time: the certificate for Shop", "15 January 2027, 08:00 UTC",
	 "counterfoil order new --organisation acme --service pay --client shop --contact k\n"},
	{"lapsed_link", make_lapsed_renewal, "Not collected: the certificate for Shop", "15 January 2027, 08:00 UTC",
	 "counterfoil order renew 0011\n"},
};

/* A text in one line. */
static void flatten(const char *text, char *out, size_t size)
{
	snprintf(out, size, "%s", text);
	for (char *at = out; (at = strchr(at, '\n')) != NULL;)
		*at = ' ';
}

static void the_mail_says(const struct sad *s, const char *to)
{
	static const char *const rows[] = {"For: Shop\n", "Service: Pay\n", "Organisation: Acme\n", "Recipient: Ann\n",
					   "Ordered by: Ola Orderer\n", "counterfoil order show orderaaaaaaaaaaa\n"};
	struct message m = waiting_mail();
	char line[4096];
	flatten(buf_string(&m.text), line, sizeof line);
	assert_string_equal(m.to, to);
	assert_string_equal(buf_string(&m.subject), s->subject);
	if (!strstr(line, s->until) || !strstr(buf_string(&m.text), s->command))
		fail_msg("%s: %s", s->kind, line);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (!strstr(buf_string(&m.text), rows[i]))
			fail_msg("%s has not %s in %s", s->kind, rows[i], buf_string(&m.text));
	assert_non_null(strstr(buf_string(&m.html), s->until));
	message_clear(&m);
}

static void each_end_is_told_to_whoever_ordered_once(void **state)
{
	(void)state;
	tell("staff@acme.example");
	add_orderer("ola@acme.example");
	for (size_t i = 0; i < sizeof sad / sizeof *sad; i++) {
		char wanted[64];
		snprintf(wanted, sizeof wanted, "%s mail orderaaaaaaaaaaa waiting", sad[i].kind);
		sad[i].make("orderaaaaaaaaaaa");
		sweep();
		sweep();
		assert_asks("SELECT group_concat(kind || ' ' || channel || ' ' || order_id || ' ' || state) FROM message",
			    wanted);
		the_mail_says(&sad[i], "ola@acme.example");
		sql("DELETE FROM message; DELETE FROM code; DELETE FROM parcel; DELETE FROM certificate; DELETE FROM orders");
	}
	assert_asks("SELECT COUNT(*) FROM audit WHERE json_extract(record, '$.what') = 'notice.missed'", "0");
}

static void without_an_address_of_theirs_the_staffs_mailbox_is_told(void **state)
{
	static const char *const changes[] = {"UPDATE staff SET email = NULL", "UPDATE staff SET email = 'ola@acme.example', status = 'suspended'",
					      "UPDATE staff SET status = 'removed'"};
	(void)state;
	tell("staff@acme.example");
	add_orderer("");
	for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
		sql("%s; DELETE FROM message; DELETE FROM orders", changes[i]);
		make_lapsed_link("orderaaaaaaaaaaa");
		sweep();
		the_mail_says(&sad[0], "staff@acme.example");
	}
}

static void without_any_address_the_history_says_that_nobody_was_told(void **state)
{
	(void)state;
	tell("");
	add_orderer("");
	for (size_t i = 0; i < sizeof sad / sizeof *sad; i++) {
		char order[8], wanted[64], query[256];
		snprintf(order, sizeof order, "o%zu", i);
		sql("DELETE FROM code; DELETE FROM parcel; DELETE FROM certificate");
		sad[i].make(order);
		sweep();
		snprintf(wanted, sizeof wanted, "%s neither who ordered it nor", sad[i].kind);
		snprintf(query, sizeof query, "SELECT substr(json_extract(record, '$.detail') || ' ' || json_extract(record, '$.why'), 1, %zu)"
			 " FROM audit WHERE object = '%s' AND json_extract(record, '$.what') = 'notice.missed'", strlen(wanted), order);
		assert_asks(query, wanted);
	}
	assert_asks("SELECT COUNT(*) FROM message", "0");
	assert_asks("SELECT group_concat(state) FROM (SELECT state FROM orders ORDER BY id)", "lapsed,lapsed,received,locked,lapsed,lapsed");
}

static void a_password_that_was_sent_is_no_news(void **state)
{
	(void)state;
	tell("staff@acme.example");
	add_received("o", "password_sent");
	sweep();
	assert_asks("SELECT (sealed_password IS NULL) FROM parcel", "1");
	assert_asks("SELECT COUNT(*) FROM message", "0");
}

/* Its message died, and took what it held with it: only the one that rests is left to end. */
static void nor_does_it_matter_what_became_of_its_message(void **state)
{
	(void)state;
	tell("staff@acme.example");
	add_received("o", "received");
	sql("INSERT INTO message (id, order_id, kind, channel, state, created_at, due_at, drop_after, attempts)"
	    " VALUES ('m', 'o', 'password', 'sms', 'dead', 1, 1, 2, 9)");
	sweep();
	assert_asks("SELECT group_concat(kind) FROM (SELECT kind FROM message ORDER BY kind)", "lapsed_password,password");
}

static void send_it_again(struct folder *f)
{
	folder_sql(f->db, "UPDATE orders SET state = 'offered', link_until = 1900000000");
}

static void an_order_that_goes_on_after_all_is_no_news(void **state)
{
	(void)state;
	tell("staff@acme.example");
	make_lapsed_claim("o");
	fake.while_revoking = send_it_again;
	sweep();
	assert_asks("SELECT state FROM orders", "offered");
	assert_asks("SELECT COUNT(*) FROM message", "0");
}

/* Nothing of it is stored without all of it. */
static void what_is_rolled_back_tells_nobody(void **state)
{
	struct errbuf why = {0};
	(void)state;
	tell("staff@acme.example");
	make_lapsed_link("o");
	sql("CREATE TRIGGER no BEFORE INSERT ON message BEGIN SELECT RAISE(ABORT, 'no'); END");
	assert_int_not_equal(clerk_sweep(fake.clerk, NOW, &why), ERR_OK);
	assert_asks("SELECT state FROM orders", "offered");
	sql("DROP TRIGGER no");
	sweep();
	assert_asks("SELECT state || (SELECT COUNT(*) FROM message) FROM orders", "lapsed1");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CLERK_TEST(each_end_is_told_to_whoever_ordered_once),
		CLERK_TEST(without_an_address_of_theirs_the_staffs_mailbox_is_told),
		CLERK_TEST(without_any_address_the_history_says_that_nobody_was_told),
		CLERK_TEST(a_password_that_was_sent_is_no_news),
		CLERK_TEST(nor_does_it_matter_what_became_of_its_message),
		CLERK_TEST(an_order_that_goes_on_after_all_is_no_news),
		CLERK_TEST(what_is_rolled_back_tells_nobody),
	};
	return cmocka_run_group_tests(tests, languages_set_up, languages_tear_down);
}

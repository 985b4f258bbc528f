/* A lost file or password: what was delivered is revoked, and ordered again, once. */
#include "tests/support/own_order.h"
#include "tests/support/request_maker.h"

#include <pthread.h>

static enum err reissue(const char *which, char id[ID_SIZE], bool *made, struct errbuf *why)
{
	struct faults faults = {0};
	const struct reissue_wish wish = {which, "lost"};
	why->text[0] = '\0';
	enum err rc = order_reissue(&bench.desk, &bench_staff, &wish, id, made, &faults, why);
	faults_clear(&faults);
	return rc;
}

static void what_was_delivered_is_revoked_and_ordered_again_linked_both_ways(void **unused)
{
	static const enum order_state states[] = {ORDER_RECEIVED, ORDER_PASSWORD_SENT, ORDER_IN_USE};
	(void)unused;
	for (size_t i = 0; i < sizeof states / sizeof *states; i++) {
		struct parcel p;
		struct errbuf why;
		char id[ID_SIZE], again[ID_SIZE], serial[SERIAL_TEXT_SIZE];
		bool made = false;
		bench_reach(&p, states[i]);
		bench_serial(p.id, serial);
		int64_t orders = bench_integer("SELECT COUNT(*) FROM orders");
		if (reissue(i == 1 ? serial : p.id, id, &made, &why) != ERR_OK)
			fail_msg("%s: %s", order_state_name(states[i]), why.text);
		assert_true(made);
		assert_string_not_equal(id, p.id);
		assert_int_equal(bench_integer("SELECT COUNT(*) FROM certificate WHERE order_id = %Q AND status = 'revoked' AND reason = 4", p.id), 1);
		assert_state(p.id, states[i]); /* it says what was delivered */
		assert_state(id, ORDER_OFFERED);
		assert_int_equal(bench_integer("SELECT COUNT(*) FROM orders o JOIN orders n ON n.replaces = o.id WHERE o.id = %Q"
					       " AND n.client_id = o.client_id AND n.contact_id = o.contact_id AND n.key_type = o.key_type"
					       " AND n.profile = o.profile AND n.link_hash IS NOT NULL", p.id), 1);
		assert_int_equal(bench_integer("SELECT COUNT(*) FROM message WHERE order_id = %Q AND kind IN ('link', 'code')", id), 2);
		assert_int_equal(bench_integer("SELECT COUNT(*) FROM parcel WHERE order_id = %Q AND sealed_password IS NOT NULL", p.id), 0);
		assert_int_equal(bench_audits("order.reissued", p.id), 1);
		assert_int_equal(bench_audits("certificate.revoked", serial), 1);
		assert_ok(reissue(p.id, again, &made, &why)); /* a double click */
		assert_false(made);
		assert_string_equal(again, id);
		assert_int_equal(bench_integer("SELECT COUNT(*) FROM orders"), orders + 1);
		assert_err(reissue(id, again, &made, &why), ERR_CONFLICT); /* nothing of it was delivered yet */
		assert_non_null(strstr(why.text, "order resend"));
	}
}

static void what_makes_no_sense_is_refused_with_what_to_do_instead(void **unused)
{
	static const struct {
		enum order_state state;
		const char *words;
	} cases[] = {
		{ORDER_REQUESTED, "order approve"}, {ORDER_APPROVED, "order resend"}, {ORDER_OFFERED, "order resend"},
		{ORDER_COLLECTING, "order resend"}, {ORDER_LOCKED, "order unlock"}, {ORDER_LAPSED, "order new"},
		{ORDER_REJECTED, "order new"}, {ORDER_CANCELLED, "order new"},
	};
	struct errbuf why;
	char id[ID_SIZE];
	bool made = true;
	struct parcel p;
	(void)unused;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		bench_reach(&p, cases[i].state);
		int64_t orders = bench_integer("SELECT COUNT(*) FROM orders");
		if (reissue(p.id, id, &made, &why) != ERR_CONFLICT || !strstr(why.text, cases[i].words))
			fail_msg("%s: %s", order_state_name(cases[i].state), why.text);
		assert_false(made);
		assert_int_equal(bench_audits("order.refused", p.id), 1);
		assert_int_equal(bench_integer("SELECT COUNT(*) FROM orders"), orders);
		assert_int_equal(bench_integer("SELECT COUNT(*) FROM certificate WHERE status = 'revoked' AND order_id = %Q", p.id), 0);
	}
	bench_reach(&p, ORDER_IN_USE);
	bench_sql("UPDATE certificate SET not_after = 1 WHERE order_id = %Q", p.id);
	assert_err(reissue(p.id, id, &made, &why), ERR_CONFLICT);
	assert_non_null(strstr(why.text, "time is over"));
	for (int reason = 0; reason <= 5; reason++) {
		bench_sql("UPDATE certificate SET status = 'revoked', revoked_at = 1, reason = %d WHERE order_id = %Q", reason, p.id);
		assert_err(reissue(p.id, id, &made, &why), ERR_CONFLICT);
		assert_non_null(strstr(why.text, reason == 4 ? "time is over" : "revoked already"));
	}
	assert_err(reissue("no-such-order", id, &made, &why), ERR_NOT_FOUND);
	assert_err(reissue("00112233445566778899aabbccddeeff00112233", id, &made, &why), ERR_NOT_FOUND);
}

/* Shown once more it would look as if somebody could still get it. */
static void a_repeat_says_when_what_took_its_place_has_ended(void **unused)
{
	static const struct {
		const char *sql, *words;
	} ends[] = {
		{"UPDATE orders SET state = 'lapsed' WHERE id = %Q", "which lapsed: order anew"},
		{"UPDATE orders SET state = 'rejected' WHERE id = %Q", "which was rejected: order anew"},
		{"UPDATE orders SET state = 'cancelled' WHERE id = %Q", "which was cancelled: order anew"},
	};
	struct parcel p;
	struct errbuf why;
	char id[ID_SIZE], again[ID_SIZE];
	bool made = false;
	(void)unused;
	bench_reach(&p, ORDER_IN_USE);
	assert_ok(reissue(p.id, id, &made, &why));
	for (size_t i = 0; i < COUNT(ends); i++) {
		bench_sql(ends[i].sql, id);
		made = true;
		assert_err(reissue(p.id, again, &made, &why), ERR_CONFLICT);
		if (made || !strstr(why.text, ends[i].words) || !strstr(why.text, id))
			fail_msg("%s", why.text);
		assert_int_equal(bench_audits("order.refused", p.id), i + 1);
	}
	assert_int_equal(bench_integer("SELECT COUNT(*) FROM orders"), 2);
}

static void a_repeat_says_when_the_certificate_of_what_took_its_place_was_revoked(void **unused)
{
	struct parcel p, next = {.id = ""};
	struct errbuf why;
	char again[ID_SIZE];
	bool made = false;
	(void)unused;
	bench_reach(&p, ORDER_IN_USE);
	assert_ok(reissue(p.id, next.id, &made, &why));
	bench_read_mail(&next);
	bench_read_code(&next);
	bench_claim(&next);
	assert_ok(bench_prepare(&next));
	assert_ok(reissue(p.id, again, &made, &why));
	bench_sql("UPDATE certificate SET status = 'revoked', revoked_at = 1, reason = 1 WHERE order_id = %Q", next.id);
	assert_err(reissue(p.id, again, &made, &why), ERR_CONFLICT);
	assert_non_null(strstr(why.text, "whose certificate was revoked too"));
}

/* The journal has it and the database has not: a crash between them, or a full disk. `clerk`: it has been finished meanwhile. */
static void cut(struct parcel *p, bool clerk)
{
	struct errbuf why;
	char id[ID_SIZE], serial[SERIAL_TEXT_SIZE];
	bool made = true;
	bench_reach(p, ORDER_IN_USE);
	bench_serial(p->id, serial);
	bench_sql("CREATE TRIGGER full BEFORE INSERT ON orders BEGIN SELECT RAISE(ABORT, 'full'); END");
	if (reissue(p->id, id, &made, &why) == ERR_OK || made)
		fail_msg("nothing was cut");
	bench_sql("DROP TRIGGER full");
	assert_true(fake_signer_revoked(serial));
	assert_int_equal(bench_integer("SELECT COUNT(*) FROM certificate WHERE serial = %Q AND status = 'valid'", serial), 1);
	assert_int_equal(bench_integer("SELECT COUNT(*) FROM audit WHERE object = %Q AND json_extract(record, '$.why') = 'lost'"
				       " AND json_extract(record, '$.what') = 'order.reissue_asked'", p->id), 1);
	if (clerk)
		bench_sql("UPDATE certificate SET status = 'revoked', revoked_at = 1, reason = 4 WHERE serial = %Q", serial);
}

static void what_was_cut_off_behind_the_journal_is_done_by_a_repeat(void **unused)
{
	(void)unused;
	for (int clerk = 0; clerk < 2; clerk++) {
		struct parcel p;
		struct errbuf why;
		char id[ID_SIZE], again[ID_SIZE];
		bool made = false;
		cut(&p, clerk);
		int64_t orders = bench_integer("SELECT COUNT(*) FROM orders");
		if (reissue(p.id, id, &made, &why) != ERR_OK)
			fail_msg("%s", why.text);
		assert_true(made);
		assert_int_equal(bench_integer("SELECT COUNT(*) FROM orders WHERE id = %Q AND replaces = %Q", id, p.id), 1);
		assert_int_equal(bench_integer("SELECT COUNT(*) FROM parcel WHERE order_id = %Q AND sealed_password IS NOT NULL", p.id), 0);
		assert_int_equal(bench_integer("SELECT COUNT(*) FROM certificate WHERE order_id = %Q AND reason = 4", p.id), 1);
		assert_int_equal(bench_audits("order.reissued", p.id), 1);
		assert_ok(reissue(p.id, again, &made, &why));
		assert_false(made);
		assert_string_equal(again, id);
		assert_int_equal(bench_integer("SELECT COUNT(*) FROM orders"), orders + 1);
	}
}

static void to_send_what_was_replaced_names_what_took_its_place(void **unused)
{
	static const enum order_state states[] = {ORDER_RECEIVED, ORDER_PASSWORD_SENT, ORDER_IN_USE};
	(void)unused;
	for (size_t i = 0; i < COUNT(states); i++) {
		struct parcel p;
		struct errbuf why = {{0}};
		char id[ID_SIZE], wanted[64];
		bool made = false;
		bench_reach(&p, states[i]);
		assert_ok(reissue(p.id, id, &made, &why));
		assert_err(order_resend(&bench.desk, &bench_staff, p.id, &why), ERR_CONFLICT);
		snprintf(wanted, sizeof wanted, "(order resend %s)", id);
		if (!strstr(why.text, wanted))
			fail_msg("%s: %s", order_state_name(states[i]), why.text);
		assert_int_equal(bench_audits("order.refused", p.id), 1);
		assert_ok(order_resend(&bench.desk, &bench_staff, id, &why));
	}
}

/* Whoever writes in the database keeps no certificate alive by it. */
static void a_replacement_that_nobody_made_suppresses_no_revocation(void **unused)
{
	static const enum order_state states[] = {ORDER_RECEIVED, ORDER_IN_USE, ORDER_COLLECTING, ORDER_OFFERED};
	(void)unused;
	for (size_t i = 0; i < COUNT(states); i++) {
		struct parcel p, other;
		struct errbuf why;
		char id[ID_SIZE], serial[SERIAL_TEXT_SIZE] = "";
		bool made = true;
		bench_reach(&p, states[i]);
		bench_order(&other);
		bench_sql("UPDATE orders SET replaces = %Q WHERE id = %Q", p.id, other.id);
		if (states[i] != ORDER_OFFERED)
			bench_serial(p.id, serial);
		fake.fail[SIGNER_REVOKE] = ERR_UNAVAILABLE; /* no false success without the signer either */
		assert_err(reissue(p.id, id, &made, &why), serial[0] ? ERR_UNAVAILABLE : ERR_CORRUPT);
		fake.fail[SIGNER_REVOKE] = ERR_OK;
		for (int again = 0; again < 2; again++) {
			assert_err(reissue(p.id, id, &made, &why), ERR_CORRUPT);
			assert_false(made);
			assert_non_null(strstr(why.text, other.id));
			assert_non_null(strstr(why.text, serial[0] ? "the certificate is revoked" : "it has no certificate"));
			assert_int_equal(bench_integer("SELECT COUNT(*) FROM certificate WHERE order_id = %Q AND status <> 'revoked'",
						       p.id), 0);
		}
		assert_int_equal(fake_signer_revoked(serial), serial[0] != '\0');
		assert_int_equal(bench_audits("order.refused", p.id), serial[0] ? 2 : 3);
		assert_int_equal(bench_audits("order.reissued", p.id), 0);
	}
}

/* The contact must still be allowed to receive, and nothing is revoked before that is known. */
static void nothing_is_revoked_when_no_order_can_take_its_place(void **unused)
{
	struct parcel p;
	struct errbuf why;
	char id[ID_SIZE];
	bool made = true;
	(void)unused;
	bench_reach(&p, ORDER_IN_USE);
	bench_sql("UPDATE contact SET may_receive = 0");
	assert_err(reissue(p.id, id, &made, &why), ERR_INVALID);
	bench_sql("UPDATE contact SET may_receive = 1, mobile = '+4799990000'");
	fake.fail[SIGNER_TICKET] = ERR_UNAVAILABLE;
	assert_err(reissue(p.id, id, &made, &why), ERR_UNAVAILABLE);
	fake.fail[SIGNER_TICKET] = ERR_OK;
	fake.fail[SIGNER_REVOKE] = ERR_UNAVAILABLE;
	assert_err(reissue(p.id, id, &made, &why), ERR_UNAVAILABLE);
	fake.fail[SIGNER_REVOKE] = ERR_OK;
	assert_int_equal(bench_integer("SELECT COUNT(*) FROM orders"), 1);
	assert_int_equal(bench_integer("SELECT COUNT(*) FROM certificate WHERE status = 'valid'"), 1);
	assert_ok(reissue(p.id, id, &made, &why));
	assert_int_equal(bench_integer("SELECT COUNT(*) FROM orders WHERE id = %Q AND facts LIKE '%%+4799990000%%'", id), 1);
}

static void an_order_for_an_own_key_is_reissued_as_one(void **unused)
{
	struct parcel p;
	struct errbuf why;
	char id[ID_SIZE];
	bool made = false;
	EVP_PKEY *key = EVP_EC_gen("P-256");
	struct buf request = BUF_INIT(REQUEST_MAX_BYTES), certificate = BUF_INIT(16384);
	(void)unused;
	own_key_order(&p);
	request_make(&(struct wanted_request){.signer = key}, &request);
	assert_ok(bring_bytes(&p, &request, &certificate, &why));
	assert_ok(bench_receive(&p, NULL));
	assert_ok(reissue(p.id, id, &made, &why));
	assert_int_equal(bench_integer("SELECT COUNT(*) FROM orders WHERE id = %Q AND key_type = 'request'", id), 1);
	EVP_PKEY_free(key);
	buf_free(&request);
	buf_free(&certificate);
}

enum { CLICKS = 8 };
struct click {
	const char *which;
	char id[ID_SIZE];
	bool made;
	enum err rc;
};

static void *run_click(void *ctx)
{
	struct click *c = ctx;
	struct errbuf why;
	c->rc = reissue(c->which, c->id, &c->made, &why);
	return NULL;
}

static void many_at_once_make_one_order(void **unused)
{
	struct parcel p;
	struct click clicks[CLICKS];
	pthread_t threads[CLICKS];
	int made = 0;
	(void)unused;
	bench_reach(&p, ORDER_PASSWORD_SENT);
	for (int i = 0; i < CLICKS; i++) {
		clicks[i] = (struct click){.which = p.id};
		assert_int_equal(pthread_create(&threads[i], NULL, run_click, &clicks[i]), 0);
	}
	for (int i = 0; i < CLICKS; i++) {
		pthread_join(threads[i], NULL);
		assert_ok(clicks[i].rc);
		assert_string_equal(clicks[i].id, clicks[0].id);
		made += clicks[i].made;
	}
	assert_int_equal(made, 1);
	assert_int_equal(bench_integer("SELECT COUNT(*) FROM orders"), 2);
}

#define REISSUE_TEST(f) cmocka_unit_test_setup_teardown(f, bench_begin, bench_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		REISSUE_TEST(what_was_delivered_is_revoked_and_ordered_again_linked_both_ways),
		REISSUE_TEST(what_makes_no_sense_is_refused_with_what_to_do_instead),
		REISSUE_TEST(a_repeat_says_when_what_took_its_place_has_ended),
		REISSUE_TEST(a_repeat_says_when_the_certificate_of_what_took_its_place_was_revoked),
		REISSUE_TEST(what_was_cut_off_behind_the_journal_is_done_by_a_repeat),
		REISSUE_TEST(a_replacement_that_nobody_made_suppresses_no_revocation),
		REISSUE_TEST(to_send_what_was_replaced_names_what_took_its_place),
		REISSUE_TEST(nothing_is_revoked_when_no_order_can_take_its_place),
		REISSUE_TEST(an_order_for_an_own_key_is_reissued_as_one),
		REISSUE_TEST(many_at_once_make_one_order),
	};
	return cmocka_run_group_tests(tests, NULL, bench_group_end);
}

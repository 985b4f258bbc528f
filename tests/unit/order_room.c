/* One live certificate a client, unless it may have several; and renewals, which are the exception. */
#include "tests/support/order_bench.h"

static const char *contact; /* of the bodies; NULL: Kari */

static enum err order(const char *member, const char *value, char id[ID_SIZE], char said[512])
{
	struct errbuf why = {{0}};
	struct faults faults = {0};
	json_t *body = bench_order_body();
	if (member)
		json_object_set_new(body, member, json_string(value));
	if (contact)
		json_object_set_new(body, "contact", json_string(contact));
	enum err e = order_new(&bench.desk, &bench_staff, body, id, &faults, &why);
	said[0] = '\0';
	if (json_array_size(faults.list) > 0)
		snprintf(said, 512, "%s: %s", json_string_value(json_object_get(json_array_get(faults.list, 0), "field")),
			 json_string_value(json_object_get(json_array_get(faults.list, 0), "text")));
	faults_clear(&faults);
	json_decref(body);
	return e;
}

static void only_one(void)
{
	contact = NULL;
	bench_sql("UPDATE client SET several = 0");
}

static void assert_refused(const char *member, const char *value, const char *words)
{
	char id[ID_SIZE], said[512];
	int64_t orders = bench_integer("SELECT COUNT(*) FROM orders");
	enum err e = order(member, value, id, said);
	if (e != ERR_INVALID || !strstr(said, words))
		fail_msg("%s, \"%s\", wanted \"%s\"", err_word(e), said, words);
	assert_int_equal(bench_integer("SELECT COUNT(*) FROM orders"), orders);
}

static void a_client_with_an_open_order_is_not_ordered_for_again(void **unused)
{
	static const enum order_state open[] = {ORDER_OFFERED, ORDER_LOCKED, ORDER_COLLECTING, ORDER_APPROVED, ORDER_REQUESTED};
	(void)unused;
	for (size_t i = 0; i < COUNT(open); i++) {
		struct parcel p;
		bench_sql("UPDATE client SET several = 1");
		bench_order(&p);
		bench_sql("UPDATE orders SET state = %Q WHERE id = %Q", order_state_name(open[i]), p.id);
		only_one();
		assert_refused(NULL, NULL, p.id);
		assert_refused(NULL, NULL, "client: the order");
		assert_refused(NULL, NULL, "client change --several yes");
		bench_sql("UPDATE orders SET state = 'cancelled' WHERE id = %Q", p.id);
	}
}

static void a_client_with_a_live_certificate_is_renewed(void **unused)
{
	struct parcel p;
	char serial[SERIAL_TEXT_SIZE], id[ID_SIZE], said[512];
	(void)unused;
	bench_reach(&p, ORDER_IN_USE);
	bench_serial(p.id, serial);
	only_one();
	assert_refused(NULL, NULL, serial);
	assert_refused(NULL, NULL, "order renew");
	bench_sql("UPDATE certificate SET status = 'held'");
	assert_refused(NULL, NULL, serial);
	bench_sql("UPDATE certificate SET status = 'valid', not_after = %lld", (long long)bench.now - 1);
	assert_ok(order(NULL, NULL, id, said));
	bench_sql("UPDATE orders SET state = 'cancelled' WHERE id = %Q; UPDATE certificate SET not_after = %lld, status = 'revoked'", id,
		  (long long)bench.now + 86400);
	assert_ok(order(NULL, NULL, id, said));
}

static void what_was_revoked_before_it_was_received_can_be_ordered_anew(void **unused)
{
	struct parcel p;
	char id[ID_SIZE], said[512];
	(void)unused;
	bench_reach(&p, ORDER_COLLECTING);
	only_one();
	assert_refused(NULL, NULL, "live certificate");
	bench_sql("UPDATE certificate SET status = 'revoked'");
	assert_ok(order(NULL, NULL, id, said));
}

static void a_renewal_stands_beside_the_certificate_that_it_follows(void **unused)
{
	struct parcel p, next;
	char serial[SERIAL_TEXT_SIZE], second[SERIAL_TEXT_SIZE];
	struct errbuf why = {{0}};
	const struct renewal_wish wish = {.which = p.id, .note = "in good time", .due = "2026-12-01"};
	(void)unused;
	bench_reach(&p, ORDER_IN_USE);
	bench_serial(p.id, serial);
	only_one();
	memset(&next, 0, sizeof next);
	if (order_renew(&bench.desk, &bench_staff, &wish, next.id, NULL, &why) != ERR_OK)
		fail_msg("%s", why.text);
	assert_int_equal(bench_integer("SELECT COUNT(*) FROM orders WHERE id = %Q AND kind = 'renewal' AND renews = %Q AND replaces IS NULL"
				       " AND due_at = 1796169599 AND note = 'in good time'", next.id, serial), 1);
	bench_read_mail(&next);
	bench_read_code(&next);
	bench_claim(&next);
	assert_ok(bench_prepare(&next));
	assert_ok(bench_fetch(&next, PACKAGE_MODERN, NULL));
	assert_ok(bench_receive(&next, NULL));
	bench_serial(next.id, second);
	assert_int_equal(bench_integer("SELECT COUNT(*) FROM certificate WHERE status = 'valid'"), 2);
	/* twice is once; the newest can be renewed in its turn, once the first has gone */
	assert_err(order_renew(&bench.desk, &bench_staff, &wish, next.id, NULL, &why), ERR_INVALID);
	const struct renewal_wish again = {.which = second};
	assert_err(order_renew(&bench.desk, &bench_staff, &again, next.id, NULL, &why), ERR_INVALID);
	bench_sql("UPDATE certificate SET status = 'revoked', revoked_at = 1, reason = 4 WHERE serial = %Q", serial);
	assert_ok(order_renew(&bench.desk, &bench_staff, &again, next.id, NULL, &why));
	assert_err(order_renew(&bench.desk, &bench_staff, &again, next.id, NULL, &why), ERR_INVALID);
}

static void what_has_no_live_certificate_is_not_renewed(void **unused)
{
	struct parcel p, q;
	char serial[SERIAL_TEXT_SIZE], id[ID_SIZE];
	struct errbuf why = {{0}};
	(void)unused;
	bench_order(&p);
	const struct renewal_wish wish = {.which = p.id}, nothing = {.which = "nosuchorderaaaaa"};
	assert_err(order_renew(&bench.desk, &bench_staff, &wish, id, NULL, &why), ERR_CONFLICT);
	assert_err(order_renew(&bench.desk, &bench_staff, &nothing, id, NULL, &why), ERR_NOT_FOUND);
	assert_refused("renews", "00112233445566778899aabbccddeeff00112233", "renews: the client has no live certificate");
	assert_refused("renews", "not a serial", "renews: not a serial number");
	bench_reach(&q, ORDER_IN_USE);
	bench_serial(q.id, serial);
	bench_sql("INSERT INTO client (id, service_id, slug, name, created_at) SELECT 'otheraaaaaaaaaaa', service_id, 'other', 'Other', 1 FROM client");
	bench_sql("UPDATE certificate SET client_id = 'otheraaaaaaaaaaa'");
	assert_refused("renews", serial, "renews: the client has no live certificate"); /* another's */
	bench_sql("UPDATE certificate SET client_id = (SELECT id FROM client WHERE slug = 'e-banking'), status = 'revoked'");
	assert_refused("renews", serial, "renews: the client has no live certificate");
	const struct renewal_wish revoked = {.which = serial};
	assert_err(order_renew(&bench.desk, &bench_staff, &revoked, id, NULL, &why), ERR_CONFLICT);
}

static void a_contact_who_may_not_order_can_have_a_lost_one_made_anew(void **unused)
{
	struct parcel p;
	char id[ID_SIZE];
	bool made = false;
	struct errbuf why = {{0}};
	(void)unused;
	bench_reach(&p, ORDER_IN_USE);
	bench_sql("UPDATE contact SET may_order = 0");
	assert_refused(NULL, NULL, "contact: this contact may not order");
	const struct renewal_wish renewal = {.which = p.id};
	assert_err(order_renew(&bench.desk, &bench_staff, &renewal, id, NULL, &why), ERR_INVALID);
	const struct reissue_wish reissue = {p.id, NULL};
	only_one();
	if (order_reissue(&bench.desk, &bench_staff, &reissue, id, &made, NULL, &why) != ERR_OK)
		fail_msg("%s", why.text);
	assert_true(made);
	assert_int_equal(bench_integer("SELECT COUNT(*) FROM orders WHERE id = %Q AND kind = 'reissue' AND replaces = %Q", id, p.id), 1);
}

/* Revoked by hand as lost, and ordered anew: whoever then asks for the reissue of the first would have two. */
static void what_was_ordered_anew_is_not_reissued_too(void **unused)
{
	struct parcel p;
	char serial[SERIAL_TEXT_SIZE], id[ID_SIZE], anew[ID_SIZE], said[512];
	bool made = false;
	struct errbuf why = {{0}};
	(void)unused;
	bench_reach(&p, ORDER_IN_USE);
	bench_serial(p.id, serial);
	only_one();
	const struct revocation_wish wish = {.serial = serial, .reason = "superseded"};
	const struct reissue_wish reissue = {p.id, "lost"};
	assert_ok(certificate_revoke(&bench.desk, &bench_staff, &wish, &why));
	bench_clock(BENCH_NOW + 60);
	assert_ok(order(NULL, NULL, anew, said));
	assert_err(order_reissue(&bench.desk, &bench_staff, &reissue, id, &made, NULL, &why), ERR_CONFLICT);
	assert_non_null(strstr(why.text, "its certificate was revoked already"));
	assert_false(made);
	assert_int_equal(bench_integer("SELECT COUNT(*) FROM orders"), 2);
	bench_sql("UPDATE orders SET state = 'cancelled' WHERE id = %Q", anew);
	assert_ok(order_reissue(&bench.desk, &bench_staff, &reissue, id, &made, NULL, &why));
	assert_true(made);
}

/* What is lost is revoked at once; what takes its place waits like any other. */
static void a_reissue_waits_for_approval_and_its_revocation_does_not(void **unused)
{
	struct parcel p;
	char id[ID_SIZE];
	bool made = false;
	(void)unused;
	bench_reach(&p, ORDER_IN_USE);
	bench.settings.approvals = 1;
	const struct reissue_wish reissue = {p.id, "lost"};
	assert_ok(order_reissue(&bench.desk, &bench_staff, &reissue, id, &made, NULL, NULL));
	assert_state(id, ORDER_REQUESTED);
	assert_int_equal(bench_integer("SELECT COUNT(*) FROM certificate WHERE status = 'revoked'"), 1);
	assert_int_equal(bench_messages(id, "link", "waiting"), 0);
}

static void dates_and_profiles_are_those_that_there_are(void **unused)
{
	char id[ID_SIZE], said[512];
	(void)unused;
	contact = NULL;
	assert_refused("due", "2026-11-21", "due: that day is over");
	assert_refused("due", "2026-02-30", "due: a date is wanted");
	assert_refused("due", "2026-12-01T00:00:00Z", "due: a date is wanted");
	assert_refused("profile", "issuing", "profile: orders have the profile client");
	assert_ok(order("due", "2026-11-22", id, said));
	assert_ok(order("profile", "client", id, said));
}

struct racer {
	pthread_t thread;
	enum err said;
};

static void *race(void *ctx)
{
	struct racer *r = ctx;
	char id[ID_SIZE], said[512];
	r->said = order(NULL, NULL, id, said);
	return NULL;
}

static void of_many_at_once_one_is_ordered(void **unused)
{
	struct racer racers[16];
	size_t won = 0;
	(void)unused;
	only_one();
	for (size_t i = 0; i < COUNT(racers); i++)
		assert_int_equal(pthread_create(&racers[i].thread, NULL, race, &racers[i]), 0);
	for (size_t i = 0; i < COUNT(racers); i++) {
		pthread_join(racers[i].thread, NULL);
		won += racers[i].said == ERR_OK;
		assert_true(racers[i].said == ERR_OK || racers[i].said == ERR_INVALID);
	}
	assert_int_equal(won, 1);
	assert_int_equal(bench_integer("SELECT COUNT(*) FROM orders"), 1);
	assert_int_equal(bench_integer("SELECT COUNT(*) FROM message"), 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		BENCH_TEST(a_client_with_an_open_order_is_not_ordered_for_again),
		BENCH_TEST(a_client_with_a_live_certificate_is_renewed),
		BENCH_TEST(what_was_revoked_before_it_was_received_can_be_ordered_anew),
		BENCH_TEST(a_renewal_stands_beside_the_certificate_that_it_follows),
		BENCH_TEST(what_has_no_live_certificate_is_not_renewed),
		BENCH_TEST(a_contact_who_may_not_order_can_have_a_lost_one_made_anew),
		BENCH_TEST(what_was_ordered_anew_is_not_reissued_too),
		BENCH_TEST(a_reissue_waits_for_approval_and_its_revocation_does_not),
		BENCH_TEST(dates_and_profiles_are_those_that_there_are),
		BENCH_TEST(of_many_at_once_one_is_ordered),
	};
	return cmocka_run_group_tests(tests, NULL, bench_group_end);
}

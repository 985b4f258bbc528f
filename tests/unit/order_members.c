/* Members of the staff: how they come, what becomes of them, and what nobody becomes. Refusals first. */
#include "tests/support/order_bench.h"

#include "base/encode.h"
#include "issuer/order/row.h"
#include "issuer/order/staff.h"

#include <pthread.h>

#define SUPPORT "staffbbbbbbbbbbb"

static struct errbuf reason;
static struct faults told;

static struct actor as(const char *id, const char *role)
{
	return (struct actor){.id = id, .role = role, .request = "request-3"};
}

static enum err add(const char *body, char id[ID_SIZE])
{
	json_t *json = json_loads(body, 0, NULL);
	assert_non_null(json);
	reason = (struct errbuf){{0}};
	faults_clear(&told);
	enum err e = staff_add(&bench.desk, &bench_staff, json, id, &told, &reason);
	json_decref(json);
	return e;
}

static enum err change_as(const struct actor *who, const char *staff, const char *if_match, const char *body)
{
	struct staff_wish wish = {.staff = staff, .if_match = if_match, .body = json_loads(body, 0, NULL)};
	assert_non_null(wish.body);
	reason = (struct errbuf){{0}};
	faults_clear(&told);
	enum err e = staff_change(&bench.desk, who, &wish, &told, &reason);
	json_decref(wish.body);
	return e;
}

static enum err change(const char *staff, const char *body)
{
	return change_as(&bench_staff, staff, NULL, body);
}

/* A member that has a certificate, as `admin new` makes one: without an order. */
static void give_member(const char *id, const char *role, const char *serial)
{
	bench_sql("INSERT INTO staff (id, name, role, status, created_at, email, mobile) VALUES (%Q, %Q, %Q, 'active', 1,"
		  " %Q || '@example.org', '+4790000000')", id, id, role, id);
	bench_sql("INSERT INTO certificate (serial, issuer, kind, staff_id, fingerprint, subject, not_before, not_after, der, status,"
		  " created_at) VALUES (%Q, 'i', 'staff', %Q, CAST(%Q AS BLOB), 's', 1, %lld, X'00', 'valid', 1)", serial, id, serial,
		  BENCH_NOW + 1000000);
}

static void the_first(void)
{
	bench_sql("INSERT INTO certificate (serial, issuer, kind, staff_id, fingerprint, subject, not_before, not_after, der, status,"
		  " created_at) VALUES ('first', 'i', 'staff', %Q, X'01', 's', 1, %lld, X'00', 'valid', 1)", BENCH_STAFF,
		  BENCH_NOW + 1000000);
	bench_sql("UPDATE staff SET email = 'ola@example.org', mobile = '+4791111111' WHERE id = %Q", BENCH_STAFF);
}

static int64_t members(void)
{
	return bench_integer("SELECT COUNT(*) FROM staff");
}

#define KARI "{\"name\":\"Kari Nordmann\",\"role\":\"support\",\"email\":\"kari@example.org\",\"mobile\":\"" BENCH_MOBILE "\"}"

static void every_fault_of_a_new_member_is_told_at_once(void **unused)
{
	char id[ID_SIZE];
	(void)unused;
	assert_err(add("{\"name\":\"\",\"role\":\"root\",\"email\":\"no\",\"mobile\":\"12\",\"organisation\":\"nowhere\",\"admin\":true}", id),
		   ERR_INVALID);
	assert_int_equal(json_array_size(told.list), 6);
	assert_int_equal(members(), 1);
	assert_err(add("{}", id), ERR_INVALID);
	assert_int_equal(json_array_size(told.list), 4);
	assert_int_equal(bench_integer("SELECT COUNT(*) FROM orders"), 0);
	faults_clear(&told);
}

static void order_of(const char *staff, char out[ID_SIZE])
{
	char sql[160];
	snprintf(sql, sizeof sql, "SELECT id FROM orders WHERE staff_id = '%s' ORDER BY created_at DESC, rowid DESC LIMIT 1", staff);
	assert_int_equal(bench_value(out, ID_SIZE, sql), ID_SIZE - 1);
}

static void a_new_member_collects_its_own_certificate_and_is_known_by_it(void **unused)
{
	struct parcel p = {.id = ""};
	struct identity who;
	char id[ID_SIZE];
	(void)unused;
	assert_ok(add(KARI, id));
	order_of(id, p.id);
	assert_state(p.id, ORDER_OFFERED);
	assert_int_equal(bench_integer("SELECT client_id IS NULL AND contact_id IS NULL AND organisation_id IS NULL FROM orders"), 1);
	bench_read_mail(&p);
	bench_read_code(&p);
	bench_claim(&p);
	assert_ok(bench_prepare(&p));
	assert_ok(bench_fetch(&p, PACKAGE_MODERN, NULL));
	assert_ok(bench_receive(&p, NULL));
	assert_int_equal(bench_integer("SELECT COUNT(*) FROM certificate WHERE kind = 'staff' AND staff_id = %Q AND client_id IS NULL"
				       " AND order_id = %Q", id, p.id), 1);
	struct buf *der = &fake.made[fake.made_count - 1].issued.certificate;
	struct store *s = readers_take(bench.desk.readers);
	assert_ok(identity_find(s, der->data, der->len, bench.now, &who, &reason));
	readers_give(bench.desk.readers, s);
	assert_int_equal(who.kind, IDENTITY_STAFF);
	assert_string_equal(who.staff_id, id);
	assert_string_equal(who.role, "support");
	assert_ok(identity_used(&bench.desk, &who));
	assert_int_equal(bench_audits("staff.added", id), 1);
}

static void what_a_limit_reaches_is_one_organisation(void **unused)
{
	char id[ID_SIZE];
	(void)unused;
	assert_ok(add("{\"name\":\"Kari\",\"role\":\"support\",\"email\":\"kari@example.org\",\"mobile\":\"+4799990000\","
		      "\"organisation\":\"sparebank\"}", id));
	assert_int_equal(bench_integer("SELECT organisation_id IS NOT NULL FROM staff WHERE id = %Q", id), 1);
	assert_ok(change(id, "{\"organisation\":null}"));
	assert_int_equal(bench_integer("SELECT organisation_id IS NULL FROM staff WHERE id = %Q", id), 1);
}

/* A support member who came to a colleague's parcel would come to what the colleague may do. */
static void support_has_no_way_to_a_colleagues_parcel(void **unused)
{
	char id[ID_SIZE], order[ID_SIZE], next[ID_SIZE];
	bool made = false;
	(void)unused;
	the_first();
	give_member(SUPPORT, "support", "second");
	assert_ok(add("{\"name\":\"Boss\",\"role\":\"administrator\",\"email\":\"boss@example.org\",\"mobile\":\"+4799990000\"}", id));
	order_of(id, order);
	struct actor support = as(SUPPORT, "support");
	assert_err(order_resend(&bench.desk, &support, order, &reason), ERR_REFUSED);
	assert_non_null(strstr(reason.text, "needs the role administrator"));
	assert_err(order_unlock(&bench.desk, &support, order, &reason), ERR_REFUSED);
	assert_err(order_cancel(&bench.desk, &support, order, NULL, &reason), ERR_REFUSED);
	assert_err(staff_renew(&bench.desk, &support, id, next, &reason), ERR_NOT_FOUND);
	assert_err(staff_renew(&bench.desk, &support, "aaaaaaaaaaaaaaaa", next, &reason), ERR_NOT_FOUND);
	assert_int_equal(bench_integer("SELECT COUNT(*) FROM message WHERE order_id = %Q", order), 2); /* one link and one code */
	assert_int_equal(bench_audits("order.refused", order), 3);
	struct reissue_wish wish = {order, NULL};
	assert_err(order_reissue(&bench.desk, &bench_staff, &wish, next, &made, &told, &reason), ERR_CONFLICT);
	assert_ok(order_resend(&bench.desk, &bench_staff, order, &reason));
}

static void nobody_makes_more_of_oneself(void **unused)
{
	(void)unused;
	the_first();
	give_member(SUPPORT, "administrator", "second");
	struct actor self = as(SUPPORT, "administrator");
	assert_err(change_as(&self, SUPPORT, NULL, "{\"role\":\"support\"}"), ERR_REFUSED);
	assert_err(change_as(&self, SUPPORT, NULL, "{\"organisation\":\"sparebank\"}"), ERR_REFUSED);
	assert_ok(change_as(&self, SUPPORT, NULL, "{\"role\":\"administrator\",\"name\":\"Another Name\"}"));
	assert_int_equal(bench_integer("SELECT COUNT(*) FROM staff WHERE id = %Q AND name = 'Another Name' AND version = 2", SUPPORT), 1);
}

static void an_address_that_changed_is_told_at_both_and_rests(void **unused)
{
	char order[ID_SIZE];
	(void)unused;
	the_first();
	bench.settings.contact_rest = 86400;
	give_member(SUPPORT, "support", "second");
	assert_ok(change(SUPPORT, "{\"email\":\"new@example.org\",\"mobile\":\"+4790000001\"}"));
	assert_int_equal(bench_integer("SELECT COUNT(*) FROM message WHERE kind IN ('new_email', 'new_mobile')"), 4);
	assert_err(staff_renew(&bench.desk, &bench_staff, SUPPORT, order, &reason), ERR_CONFLICT);
	assert_non_null(strstr(reason.text, "nothing can be ordered for it before"));
	bench_clock(bench.now + 86400);
	assert_ok(staff_renew(&bench.desk, &bench_staff, SUPPORT, order, &reason));
	assert_int_equal(bench_integer("SELECT COUNT(*) FROM orders WHERE kind = 'renewal' AND renews = 'second'"), 1);
	assert_err(staff_renew(&bench.desk, &bench_staff, SUPPORT, order, &reason), ERR_CONFLICT);
	assert_non_null(strstr(reason.text, "waits"));
}

static void whoever_has_no_number_yet_gets_one_and_no_rest(void **unused)
{
	char order[ID_SIZE];
	(void)unused;
	the_first();
	bench.settings.contact_rest = 86400;
	give_member(SUPPORT, "support", "second");
	bench_sql("UPDATE staff SET mobile = NULL WHERE id = %Q", SUPPORT);
	struct actor self = as(SUPPORT, "support");
	assert_err(staff_renew(&bench.desk, &self, SUPPORT, order, &reason), ERR_CONFLICT);
	assert_non_null(strstr(reason.text, "no mobile"));
	assert_ok(change(SUPPORT, "{\"mobile\":\"+4790000001\"}"));
	assert_int_equal(bench_integer("SELECT COUNT(*) FROM message WHERE kind = 'new_mobile'"), 1);
	assert_ok(staff_renew(&bench.desk, &self, SUPPORT, order, &reason));
}

static void a_stale_change_says_who_was_first(void **unused)
{
	(void)unused;
	the_first();
	give_member(SUPPORT, "support", "second");
	assert_ok(change_as(&bench_staff, SUPPORT, "\"1\"", "{\"role\":\"auditor\"}"));
	assert_err(change_as(&bench_staff, SUPPORT, "\"1\"", "{\"role\":\"approver\"}"), ERR_PRECONDITION);
	assert_non_null(strstr(reason.text, "Ola Administrator"));
	assert_err(change(SUPPORT, "{}"), ERR_INVALID);
	assert_err(change("aaaaaaaaaaaaaaaa", "{\"role\":\"auditor\"}"), ERR_NOT_FOUND);
	faults_clear(&told);
}

static void the_last_administrator_stays(void **unused)
{
	static const struct {
		const char *name, *other; /* so that the other is no help */
	} cases[] = {
		{"none but it", "UPDATE staff SET role = 'auditor' WHERE id = '" SUPPORT "'"},
		{"suspended", "UPDATE staff SET status = 'suspended' WHERE id = '" SUPPORT "'"},
		{"limited", "UPDATE staff SET organisation_id = (SELECT id FROM organisation) WHERE id = '" SUPPORT "'"},
		{"revoked", "UPDATE certificate SET status = 'revoked' WHERE serial = 'second'"},
		{"on hold", "UPDATE certificate SET status = 'held' WHERE serial = 'second'"},
		{"expired", "UPDATE certificate SET not_after = 2 WHERE serial = 'second'"},
		{"without a certificate", "DELETE FROM certificate WHERE serial = 'second'"},
	};
	(void)unused;
	the_first();
	struct actor other = as(SUPPORT, "administrator");
	for (size_t i = 0; i < COUNT(cases); i++) {
		bench_sql("DELETE FROM certificate WHERE serial = 'second'");
		bench_sql("DELETE FROM staff WHERE id = %Q", SUPPORT);
		give_member(SUPPORT, "administrator", "second");
		bench_sql(cases[i].other);
		enum err had[] = {
			staff_suspend(&bench.desk, &other, BENCH_STAFF, NULL, &reason),
			staff_remove(&bench.desk, &other, BENCH_STAFF, NULL, &reason),
			change_as(&other, BENCH_STAFF, NULL, "{\"role\":\"auditor\"}"),
			change_as(&other, BENCH_STAFF, NULL, "{\"organisation\":\"sparebank\"}"),
		};
		for (size_t k = 0; k < COUNT(had); k++)
			if (had[k] != ERR_CONFLICT)
				fail_msg("%s, %zu: %s", cases[i].name, k, err_word(had[k]));
		assert_non_null(strstr(reason.text, "no administrator left"));
	}
	assert_int_equal(bench_integer("SELECT COUNT(*) FROM staff WHERE id = %Q AND status = 'active' AND version = 1"
				       " AND role = 'administrator' AND organisation_id IS NULL", BENCH_STAFF), 1);
}

struct racer {
	struct actor who;
	const char *victim;
	enum err had;
};

static void *remove_the_other(void *ctx)
{
	struct racer *r = ctx;
	struct errbuf text = {{0}};
	r->had = staff_suspend(&bench.desk, &r->who, r->victim, NULL, &text);
	return NULL;
}

static void two_who_remove_each_other_at_once_leave_one(void **unused)
{
	(void)unused;
	the_first();
	give_member(SUPPORT, "administrator", "second");
	for (int round = 0; round < 20; round++) {
		pthread_t threads[2];
		struct racer r[2] = {{as(BENCH_STAFF, "administrator"), SUPPORT, ERR_OK},
				     {as(SUPPORT, "administrator"), BENCH_STAFF, ERR_OK}};
		for (int i = 0; i < 2; i++)
			assert_int_equal(pthread_create(&threads[i], NULL, remove_the_other, &r[i]), 0);
		for (int i = 0; i < 2; i++)
			pthread_join(threads[i], NULL);
		assert_int_equal((r[0].had == ERR_OK) + (r[1].had == ERR_OK), 1);
		assert_int_equal((r[0].had == ERR_CONFLICT) + (r[1].had == ERR_CONFLICT), 1);
		bench_sql("UPDATE staff SET status = 'active'");
	}
}

static void suspended_is_let_in_no_more_and_restored_is(void **unused)
{
	(void)unused;
	the_first();
	give_member(SUPPORT, "support", "second");
	int before = atomic_load(&bench.revocations);
	assert_err(staff_restore(&bench.desk, &bench_staff, SUPPORT, &reason), ERR_CONFLICT);
	assert_ok(staff_suspend(&bench.desk, &bench_staff, SUPPORT, "on leave", &reason));
	assert_true(atomic_load(&bench.revocations) > before); /* open connections are looked at again */
	assert_err(staff_suspend(&bench.desk, &bench_staff, SUPPORT, NULL, &reason), ERR_CONFLICT);
	assert_string_equal(reason.text, "this member is suspended already");
	assert_ok(staff_restore(&bench.desk, &bench_staff, SUPPORT, &reason));
	assert_err(staff_suspend(&bench.desk, &bench_staff, "aaaaaaaaaaaaaaaa", NULL, &reason), ERR_NOT_FOUND);
	assert_int_equal(bench_audits("staff.suspended", SUPPORT), 1);
	assert_int_equal(bench_audits("staff.restored", SUPPORT), 1);
}

/* Whoever has the telephone of one who is suspended for that, gets no certificate for when it is restored. */
static void suspended_collects_nothing_until_restored(void **unused)
{
	struct parcel p = {.id = ""};
	char id[ID_SIZE];
	int left = 0;
	(void)unused;
	the_first();
	assert_ok(add(KARI, id));
	order_of(id, p.id);
	bench_read_mail(&p);
	bench_read_code(&p);
	assert_ok(staff_suspend(&bench.desk, &bench_staff, id, "the telephone was stolen", &reason));
	assert_err(bench_try(&p, p.code, &left), ERR_NOT_FOUND);
	assert_int_equal(bench_integer("SELECT tries FROM code WHERE order_id = %Q", p.id), 0);
	assert_ok(staff_restore(&bench.desk, &bench_staff, id, &reason));
	bench_claim(&p);
	assert_ok(staff_suspend(&bench.desk, &bench_staff, id, NULL, &reason));
	assert_err(bench_prepare(&p), ERR_NOT_FOUND);
	assert_int_equal(fake.made_count, 0);
	assert_ok(staff_restore(&bench.desk, &bench_staff, id, &reason));
	assert_ok(bench_prepare(&p));
	assert_ok(bench_fetch(&p, PACKAGE_MODERN, NULL));
	assert_ok(staff_suspend(&bench.desk, &bench_staff, id, NULL, &reason));
	assert_err(bench_receive(&p, NULL), ERR_NOT_FOUND);
	assert_state(p.id, ORDER_COLLECTING);
}

static void removed_is_for_good_and_nothing_of_it_lives(void **unused)
{
	char id[ID_SIZE], order[ID_SIZE];
	(void)unused;
	the_first();
	assert_ok(add(KARI, id));
	order_of(id, order);
	bench_sql("INSERT INTO certificate (serial, issuer, kind, staff_id, fingerprint, subject, not_before, not_after, der, status,"
		  " created_at) VALUES ('00112233445566778899aabbccddeeff00112233', 'i', 'staff', %Q, X'02', 's', 1, 2, X'00', 'valid', 1)",
		  id);
	fake.fail[SIGNER_REVOKE] = ERR_UNAVAILABLE;
	assert_err(staff_remove(&bench.desk, &bench_staff, id, "left", &reason), ERR_UNAVAILABLE);
	assert_int_equal(bench_integer("SELECT COUNT(*) FROM staff WHERE status = 'removed'"), 1); /* from here on it has no access */
	fake.fail[SIGNER_REVOKE] = ERR_OK;
	assert_ok(staff_remove(&bench.desk, &bench_staff, id, "left", &reason));
	assert_state(order, ORDER_CANCELLED);
	assert_int_equal(bench_integer("SELECT COUNT(*) FROM certificate WHERE staff_id = %Q AND status = 'revoked' AND reason = 5", id), 1);
	assert_err(staff_remove(&bench.desk, &bench_staff, id, NULL, &reason), ERR_CONFLICT);
	assert_err(staff_restore(&bench.desk, &bench_staff, id, &reason), ERR_CONFLICT);
	assert_err(staff_renew(&bench.desk, &bench_staff, id, order, &reason), ERR_CONFLICT);
	assert_err(change(id, "{\"role\":\"administrator\"}"), ERR_CONFLICT);
	assert_int_equal(bench_audits("staff.removed", id), 1);
}

/* ---- four eyes ---- */

static void digest_of(const char *order, char out[FACTS_HASH_SIZE])
{
	uint8_t bytes[FACTS_DIGEST_BYTES + 1];
	char sql[96];
	snprintf(sql, sizeof sql, "SELECT digest FROM orders WHERE id = '%s'", order);
	assert_int_equal(bench_value(bytes, sizeof bytes, sql), FACTS_DIGEST_BYTES);
	hex_encode(bytes, FACTS_DIGEST_BYTES, out);
}

static void where_orders_want_other_eyes_members_do_too(void **unused)
{
	char id[ID_SIZE], order[ID_SIZE], digest[FACTS_HASH_SIZE];
	(void)unused;
	the_first();
	bench.settings.approvals = 1;
	give_member(SUPPORT, "approver", "second");
	assert_ok(add(KARI, id));
	order_of(id, order);
	digest_of(order, digest);
	assert_state(order, ORDER_REQUESTED);
	assert_int_equal(bench_messages(order, "link", "waiting") + bench_messages(order, "code", "waiting"), 0);
	assert_int_equal(bench_integer("SELECT ticket IS NULL FROM orders WHERE id = %Q", order), 1);
	struct actor own = as(id, "approver"), approver = as(SUPPORT, "approver");
	assert_err(order_approve(&bench.desk, &bench_staff, order, digest, &reason), ERR_REFUSED);
	assert_err(order_approve(&bench.desk, &own, order, digest, &reason), ERR_REFUSED); /* nobody lets oneself in */
	assert_non_null(strstr(reason.text, "your own"));
	bench_sql("UPDATE staff SET role = 'administrator' WHERE id = %Q", id); /* as who writes to the database would */
	assert_err(order_approve(&bench.desk, &approver, order, digest, &reason), ERR_CONFLICT);
	assert_non_null(strstr(reason.text, "its role is not what it was"));
	bench_sql("UPDATE staff SET role = 'support' WHERE id = %Q", id);
	assert_ok(order_approve(&bench.desk, &approver, order, digest, &reason));
	assert_state(order, ORDER_OFFERED);
	assert_int_equal(bench_messages(order, "link", "waiting"), 1);
}

static void and_no_role_becomes_wider_by_one_administrator_alone(void **unused)
{
	static const struct {
		const char *body;
		enum err wanted;
	} cases[] = {
		{"{\"role\":\"administrator\"}", ERR_REFUSED}, {"{\"role\":\"approver\"}", ERR_REFUSED},
		{"{\"organisation\":null}", ERR_REFUSED},	   {"{\"role\":\"auditor\"}", ERR_OK},
		{"{\"name\":\"Another\"}", ERR_OK},
	};
	(void)unused;
	the_first();
	bench.settings.approvals = 1;
	give_member(SUPPORT, "support", "second");
	bench_sql("UPDATE staff SET organisation_id = (SELECT id FROM organisation) WHERE id = %Q", SUPPORT);
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_err(change(SUPPORT, cases[i].body), cases[i].wanted);
	assert_ok(change(SUPPORT, "{\"organisation\":\"sparebank\"}"));
}

/* ---- a role that is limited ---- */

static void beyond_the_limit_there_is_nothing(void **unused)
{
	char serial[SERIAL_TEXT_SIZE], id[ID_SIZE];
	bool made = false;
	struct parcel p;
	(void)unused;
	bench_reach(&p, ORDER_RECEIVED);
	bench_serial(p.id, serial);
	bench_sql("INSERT INTO organisation (id, slug, name, created_at) VALUES ('elsewhereaaaaaaa', 'elsewhere', 'Elsewhere', 1)");
	const struct actor limited = {.id = BENCH_STAFF, .role = "administrator", .request = "r", .scope = "elsewhereaaaaaaa"};
	const char *orders[] = {p.id, "zzzzzzzzzzzzzzzz"}, *serials[] = {serial, "00112233445566778899aabbccddeeff00112233"};
	struct errbuf said[2][8] = {0};
	for (size_t i = 0; i < 2; i++) {
		struct reissue_wish by_id = {orders[i], NULL}, by_serial = {serials[i], NULL};
		struct revocation_wish end = {.serial = serials[i], .reason = "superseded"};
		const enum err had[] = {
			order_cancel(&bench.desk, &limited, orders[i], NULL, &said[i][0]),
			order_resend(&bench.desk, &limited, orders[i], &said[i][1]),
			order_unlock(&bench.desk, &limited, orders[i], &said[i][2]),
			order_reissue(&bench.desk, &limited, &by_id, id, &made, &told, &said[i][3]),
			order_reissue(&bench.desk, &limited, &by_serial, id, &made, &told, &said[i][4]),
			certificate_revoke(&bench.desk, &limited, &end, &said[i][5]),
			certificate_hold(&bench.desk, &limited, serials[i], NULL, &said[i][6]),
			certificate_release(&bench.desk, &limited, serials[i], NULL, &said[i][7]),
		};
		for (size_t k = 0; k < COUNT(had); k++)
			if (had[k] != ERR_NOT_FOUND)
				fail_msg("%zu of %zu: %s, %s", k, i, err_word(had[k]), said[i][k].text);
	}
	for (size_t k = 0; k < 8; k++)
		assert_string_equal(said[0][k].text, said[1][k].text);
	json_t *body = bench_order_body();
	assert_err(order_new(&bench.desk, &limited, body, id, &told, &reason), ERR_INVALID);
	assert_string_equal(json_string_value(json_object_get(json_array_get(told.list, 0), "text")),
			    "there is no organisation \"sparebank\"");
	assert_int_equal(json_array_size(told.list), 1);
	json_decref(body);
	faults_clear(&told);
	assert_state(p.id, ORDER_RECEIVED);
}

/* Renewals of many years, say. */
static void however_much_a_removed_member_has_none_of_it_lives(void **unused)
{
	enum { MANY = 80 };
	char id[ID_SIZE];
	(void)unused;
	the_first();
	assert_ok(add(KARI, id));
	for (int i = 0; i < MANY; i++)
		bench_sql("INSERT INTO certificate (serial, issuer, kind, staff_id, fingerprint, subject, not_before, not_after, der,"
			  " status, created_at) VALUES ('00112233445566778899aabbccddeeff001122%02d', 'i', 'staff', %Q, CAST(%d AS BLOB),"
			  " 's', 1, %lld, X'00', 'valid', 1)", i, id, i, BENCH_NOW + 1000000);
	assert_ok(staff_remove(&bench.desk, &bench_staff, id, NULL, &reason));
	assert_int_equal(bench_integer("SELECT COUNT(*) FROM certificate WHERE staff_id = %Q AND status = 'revoked'", id), MANY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		BENCH_TEST(every_fault_of_a_new_member_is_told_at_once),
		BENCH_TEST(a_new_member_collects_its_own_certificate_and_is_known_by_it),
		BENCH_TEST(what_a_limit_reaches_is_one_organisation),
		BENCH_TEST(support_has_no_way_to_a_colleagues_parcel),
		BENCH_TEST(nobody_makes_more_of_oneself),
		BENCH_TEST(an_address_that_changed_is_told_at_both_and_rests),
		BENCH_TEST(whoever_has_no_number_yet_gets_one_and_no_rest),
		BENCH_TEST(a_stale_change_says_who_was_first),
		BENCH_TEST(the_last_administrator_stays),
		BENCH_TEST(two_who_remove_each_other_at_once_leave_one),
		BENCH_TEST(suspended_is_let_in_no_more_and_restored_is),
		BENCH_TEST(where_orders_want_other_eyes_members_do_too),
		BENCH_TEST(and_no_role_becomes_wider_by_one_administrator_alone),
		BENCH_TEST(beyond_the_limit_there_is_nothing),
		BENCH_TEST(suspended_collects_nothing_until_restored),
		BENCH_TEST(removed_is_for_good_and_nothing_of_it_lives),
		BENCH_TEST(however_much_a_removed_member_has_none_of_it_lives),
	};
	return cmocka_run_group_tests(tests, NULL, bench_group_end);
}

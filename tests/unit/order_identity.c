#include "tests/support/order_bench.h"

static struct buf der;
static char serial[SERIAL_TEXT_SIZE];

/* A client's certificate, received, and a staff member's, both in the database. */
static void holder(struct parcel *p)
{
	bench_reach(p, ORDER_RECEIVED);
	bench_serial(p->id, serial);
	buf_free(&der);
	der = BUF_INIT(16384);
	buf_add(&der, fake.made[fake.made_count - 1].issued.certificate.data,
		fake.made[fake.made_count - 1].issued.certificate.len);
}

static enum err find_at(int64_t now, struct identity *out)
{
	struct errbuf why = {{0}};
	struct store *s = readers_take(bench.desk.readers);
	enum err e = identity_find(s, der.data, der.len, now, out, &why);
	readers_give(bench.desk.readers, s);
	assert_int_equal(out->kind != IDENTITY_NONE, e == ERR_OK);
	assert_int_equal(why.text[0] != '\0', e != ERR_OK);
	return e;
}

static enum err find(struct identity *out)
{
	return find_at(bench.now, out);
}

static void become_staff(const char *status)
{
	bench_sql("UPDATE certificate SET kind = 'staff', staff_id = %Q, client_id = NULL, order_id = NULL", BENCH_STAFF);
	bench_sql("UPDATE staff SET status = %Q", status);
}

static void a_client_is_known_by_its_certificate(void **unused)
{
	struct parcel p;
	struct identity who;
	(void)unused;
	holder(&p);
	assert_ok(find(&who));
	assert_int_equal(who.kind, IDENTITY_CLIENT);
	assert_string_equal(who.serial, serial);
	assert_string_equal(who.order_id, p.id);
	assert_string_equal(who.organisation, "sparebank");
	assert_string_equal(who.service, "pay");
	assert_string_equal(who.client, "e-banking");
	assert_string_equal(who.client_name, "E-Banking");
	assert_string_equal(who.staff_id, "");
	assert_true(who.not_after > BENCH_NOW + 700 * 86400);
}

static void a_member_of_the_staff_is_known_and_only_while_active(void **unused)
{
	struct parcel p;
	struct identity who;
	(void)unused;
	holder(&p);
	become_staff("active");
	assert_ok(find(&who));
	assert_int_equal(who.kind, IDENTITY_STAFF);
	assert_string_equal(who.staff_id, BENCH_STAFF);
	assert_string_equal(who.staff_name, "Ola Administrator");
	assert_string_equal(who.role, "administrator");
	assert_string_equal(who.client, "");
	assert_string_equal(who.scope, "");
	assert_string_equal(who.organisation, "");
	become_staff("suspended");
	assert_err(find(&who), ERR_REFUSED);
	become_staff("removed");
	assert_err(find(&who), ERR_REFUSED);
}

static void a_role_that_is_limited_says_to_which_organisation(void **unused)
{
	struct parcel p;
	struct identity who;
	(void)unused;
	holder(&p);
	assert_ok(find(&who));
	assert_string_equal(who.scope, ""); /* a client's certificate is no matter of roles */
	become_staff("active");
	bench_sql("UPDATE staff SET organisation_id = (SELECT id FROM organisation WHERE slug = 'sparebank')");
	assert_ok(find(&who));
	assert_int_equal(strlen(who.scope), ID_SIZE - 1);
	assert_string_equal(who.organisation, "sparebank");
}

static void each_end_of_a_certificate_has_its_answer(void **unused)
{
	static const struct {
		const char *name, *change;
		int64_t at; /* beside not-after, seconds */
		enum err wanted;
	} cases[] = {
		{"revoked", "UPDATE certificate SET status = 'revoked'", -1, ERR_REVOKED},
		{"held", "UPDATE certificate SET status = 'held'", -1, ERR_REVOKED},
		{"revoked and expired", "UPDATE certificate SET status = 'revoked'", 1, ERR_REVOKED},
		{"expired", "UPDATE certificate SET status = 'valid'", 1, ERR_EXPIRED},
		{"in its last second", "UPDATE certificate SET status = 'valid'", 0, ERR_OK},
		{"not valid yet", "UPDATE certificate SET not_before = not_after", -1, ERR_EXPIRED},
		{"an orphan", "UPDATE certificate SET kind = 'orphan', not_before = 0", -1, ERR_REFUSED},
		{"a server's", "UPDATE certificate SET kind = 'server'", -1, ERR_REFUSED},
		{"another fingerprint", "UPDATE certificate SET kind = 'client', fingerprint = zeroblob(32)", -1,
		 ERR_REFUSED},
		{"a short fingerprint", "UPDATE certificate SET fingerprint = zeroblob(31)", -1, ERR_REFUSED},
		{"nobody's", "UPDATE certificate SET serial = 'none'", -1, ERR_REFUSED},
	};
	struct parcel p;
	struct identity who;
	(void)unused;
	holder(&p);
	assert_ok(find(&who));
	int64_t not_after = who.not_after;
	for (size_t i = 0; i < COUNT(cases); i++) {
		bench_sql(cases[i].change);
		enum err had = find_at(not_after + cases[i].at, &who);
		if (had != cases[i].wanted)
			fail_msg("%s: %s, wanted %s", cases[i].name, err_word(had), err_word(cases[i].wanted));
	}
}

/* The same names and the same serial, signed by somebody else: identity is never the name. */
static void a_twin_under_another_authority_is_refused(void **unused)
{
	struct parcel p;
	struct identity who;
	struct authority stranger = {0};
	EVP_PKEY *key = NULL;
	struct certificate_facts facts;
	static const struct authority_names names = {"Fake Authority", "Fake Root", "Fake Issuing", "http://ca.test/root.crl",
						     "http://ca.test/root.cer", NULL, NULL, NULL};
	(void)unused;
	holder(&p);
	assert_ok(certificate_read(der.data, der.len, &facts, NULL));
	assert_ok(authority_make_issuing(&names, &fake.root, BENCH_NOW, &stranger, NULL));
	assert_ok(key_generate(KEY_P256, &key));
	struct certificate_fields twin = {.profile = PROFILE_CLIENT, .organisation = facts.organisation, .service = facts.unit,
					  .common_name = facts.common_name, .san_uri = facts.san_uri,
					  .crl_url = "http://ca.test/crl/issuing.crl",
					  .issuer_url = "http://ca.test/ca/issuing.cer",
					  .not_before = facts.not_before, .not_after = facts.not_after};
	memcpy(twin.serial, facts.serial, sizeof twin.serial);
	buf_clear(&der);
	assert_ok(authority_issue(&stranger, &twin, key, NULL, &der, NULL));
	assert_err(find(&who), ERR_REFUSED);
	EVP_PKEY_free(key);
	authority_clear(&stranger);
}

static void no_changed_or_cut_certificate_is_anyone(void **unused)
{
	struct parcel p;
	struct identity who;
	struct buf whole;
	(void)unused;
	holder(&p);
	whole = der;
	for (size_t bit = 0; bit < whole.len * 8; bit += 5) { /* every byte, and every bit of the byte in turn */
		whole.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
		assert_err(find(&who), ERR_REFUSED);
		whole.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	for (size_t len = 0; len < whole.len; len++) {
		der.len = len;
		assert_err(find(&who), ERR_REFUSED);
	}
	der.len = whole.len;
	assert_ok(find(&who));
}

static void the_first_use_ends_the_order_and_erases_the_password_once(void **unused)
{
	struct parcel p;
	struct identity who;
	(void)unused;
	holder(&p);
	bench_sql("UPDATE orders SET state = 'password_sent'");
	bench_sql("UPDATE message SET state = 'waiting', sealed = X'5ea1ed' WHERE kind = 'password'"); /* once more */
	assert_ok(find(&who));
	bench_clock(BENCH_NOW + 100);
	assert_ok(identity_used(&bench.desk, &who));
	assert_int_equal(bench_integer("SELECT COUNT(*) FROM message WHERE kind = 'password' AND sealed IS NOT NULL"), 0);
	assert_state(p.id, ORDER_IN_USE);
	assert_int_equal(bench_integer("SELECT first_used_at FROM certificate"), BENCH_NOW + 100);
	assert_int_equal(bench_integer("SELECT sealed_password IS NULL AND password_erased_at IS NOT NULL FROM parcel"), 1);
	bench_clock(BENCH_NOW + 200);
	assert_ok(identity_used(&bench.desk, &who));
	assert_int_equal(bench_integer("SELECT first_used_at FROM certificate"), BENCH_NOW + 100);
	assert_int_equal(bench_audits("order.in_use", p.id), 1);
	assert_int_equal(bench_audits("parcel.password_erased", p.id), 1);
}

static void a_use_before_the_receipt_is_noted_and_moves_nothing(void **unused)
{
	struct parcel p;
	struct identity who;
	(void)unused;
	holder(&p);
	bench_sql("UPDATE orders SET state = 'collecting', received_at = NULL");
	assert_ok(find(&who));
	assert_err(identity_used(&bench.desk, &who), ERR_CONFLICT);
	assert_state(p.id, ORDER_COLLECTING);
	assert_int_equal(bench_audits("order.refused", p.id), 1);
	assert_ok(identity_used(&bench.desk, &who)); /* said once */
	assert_int_equal(bench_audits("order.refused", p.id), 1);
	bench_sql("UPDATE orders SET state = 'received'");
	assert_ok(identity_used(&bench.desk, &who));
	assert_state(p.id, ORDER_IN_USE);
}

static void a_first_use_by_staff_is_noted_without_an_order(void **unused)
{
	struct parcel p;
	struct identity who;
	(void)unused;
	holder(&p);
	become_staff("active");
	assert_ok(find(&who));
	assert_ok(identity_used(&bench.desk, &who));
	assert_int_equal(bench_integer("SELECT first_used_at FROM certificate"), BENCH_NOW);
	assert_state(p.id, ORDER_RECEIVED);
	assert_err(identity_used(&bench.desk, &(struct identity){.kind = IDENTITY_NONE}), ERR_INTERNAL);
}

static int end(void **state)
{
	buf_free(&der);
	return bench_group_end(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		BENCH_TEST(a_client_is_known_by_its_certificate),
		BENCH_TEST(a_member_of_the_staff_is_known_and_only_while_active),
		BENCH_TEST(a_role_that_is_limited_says_to_which_organisation),
		BENCH_TEST(each_end_of_a_certificate_has_its_answer),
		BENCH_TEST(a_twin_under_another_authority_is_refused),
		BENCH_TEST(no_changed_or_cut_certificate_is_anyone),
		BENCH_TEST(the_first_use_ends_the_order_and_erases_the_password_once),
		BENCH_TEST(a_use_before_the_receipt_is_noted_and_moves_nothing),
		BENCH_TEST(a_first_use_by_staff_is_noted_without_an_order),
	};
	return cmocka_run_group_tests(tests, NULL, end);
}

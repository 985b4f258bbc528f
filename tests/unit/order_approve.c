/* Four eyes: who may approve what, and that nothing but the very order that was asked for is approved. */
#include "tests/support/order_bench.h"

#include "base/encode.h"
#include "issuer/order/row.h"

#define APPROVER "approveraaaaaaaa"
#define ANOTHER "approverbbbbbbbb"
#define SUPPORT "supportaaaaaaaaa"

static const struct actor approver = {.id = APPROVER, .role = "approver", .request = "request-3"};
static const struct actor another = {.id = ANOTHER, .role = "administrator", .request = "request-4"};

static void add_staff(const char *id, const char *role)
{
	bench_sql("INSERT INTO staff (id, name, role, status, created_at, email) VALUES (%Q, %Q, %Q, 'active', 1, %Q || '@example.com')",
		  id, id, role, id);
}

/* An order that waits for so many, and its digest. */
struct request {
	char id[ID_SIZE], digest[FACTS_HASH_SIZE];
};

static void read_digest(struct request *r)
{
	uint8_t bytes[FACTS_DIGEST_BYTES + 1];
	char sql[96];
	snprintf(sql, sizeof sql, "SELECT digest FROM orders WHERE id = '%s'", r->id);
	assert_int_equal(bench_value(bytes, sizeof bytes, sql), FACTS_DIGEST_BYTES);
	hex_encode(bytes, FACTS_DIGEST_BYTES, r->digest);
}

static void ask(struct request *r, int approvals)
{
	struct errbuf why = {{0}};
	struct faults faults = {0};
	json_t *body = bench_order_body();
	json_object_set_new(body, "note", json_string("for the new branch"));
	json_object_set_new(body, "due", json_string("2026-12-01"));
	bench.settings.approvals = approvals;
	bench.settings.contact_rest = 86400;
	if (bench_integer("SELECT COUNT(*) FROM staff") == 1) {
		add_staff(APPROVER, "approver");
		add_staff(ANOTHER, "administrator");
		add_staff(SUPPORT, "support");
	}
	if (order_new(&bench.desk, &bench_staff, body, r->id, &faults, &why) != ERR_OK)
		fail_msg("order_new: %s", why.text);
	json_decref(body);
	read_digest(r);
}

static enum err approve(const struct actor *who, const struct request *r)
{
	return order_approve(&bench.desk, who, r->id, r->digest, NULL);
}

static void assert_waits(const struct request *r)
{
	assert_state(r->id, ORDER_REQUESTED);
	assert_int_equal(bench_integer("SELECT COUNT(*) FROM orders WHERE id = %Q AND ticket IS NULL AND link_hash IS NULL", r->id), 1);
	assert_int_equal(bench_integer("SELECT COUNT(*) FROM message WHERE order_id = %Q AND kind IN ('link', 'code')", r->id), 0);
	assert_int_equal(bench_integer("SELECT COUNT(*) FROM code WHERE order_id = %Q", r->id), 0);
}

static void assert_offered(const struct request *r)
{
	assert_state(r->id, ORDER_OFFERED);
	assert_int_equal(bench_messages(r->id, "link", "waiting"), 1);
	assert_int_equal(bench_messages(r->id, "code", "waiting"), 1);
}

static void without_approval_nothing_is_sent_and_there_is_no_ticket(void **unused)
{
	struct request r;
	(void)unused;
	ask(&r, 1);
	assert_waits(&r);
	assert_int_equal(bench_messages(r.id, "approval", "waiting"), 1);
	struct message m;
	bench_open(r.id, "approval", &m);
	assert_string_equal(m.to, APPROVER "@example.com");
	assert_non_null(strstr(buf_string(&m.text), "counterfoil order approve"));
	message_clear(&m);
	assert_err(order_resend(&bench.desk, &bench_staff, r.id, NULL), ERR_CONFLICT);
	assert_err(order_unlock(&bench.desk, &bench_staff, r.id, NULL), ERR_CONFLICT);
	assert_waits(&r);
}

static void what_another_approves_is_offered_and_can_be_collected(void **unused)
{
	struct request r;
	struct parcel p = {0};
	static struct order_row row;
	struct order_facts f;
	uint8_t digest[FACTS_DIGEST_BYTES];
	char text[FACTS_HASH_SIZE];
	(void)unused;
	ask(&r, 1);
	assert_ok(approve(&approver, &r));
	assert_offered(&r);
	assert_int_equal(bench_messages(r.id, "approval", "waiting"), 0);
	assert_int_equal(bench_audits("order.approval", r.id), 1);
	assert_int_equal(bench_audits("order.approved", r.id), 1);
	assert_ok(row_by_id(&bench.desk, r.id, &row));
	assert_ok(row_facts(&row, &f));
	assert_string_equal(f.approved_by, APPROVER);
	assert_string_equal(f.ordered_by, BENCH_STAFF);
	assert_string_equal(f.due, "2026-12-01");
	assert_string_equal(f.digest, r.digest);
	assert_ok(facts_digest(&f, digest));
	hex_encode(digest, sizeof digest, text);
	assert_string_equal(text, r.digest);
	memcpy(p.id, r.id, sizeof p.id);
	bench_read_mail(&p);
	bench_read_code(&p);
	bench_claim(&p);
	assert_ok(bench_prepare(&p));
	assert_ok(bench_fetch(&p, PACKAGE_MODERN, NULL));
}

static void who_may_not_is_refused_and_it_is_noted(void **unused)
{
	static const struct actor support = {.id = SUPPORT, .role = "support", .request = "x"},
				  nobody = {.id = "nobodyaaaaaaaaaa", .role = "approver", .request = "x"},
				  elsewhere = {.id = APPROVER, .role = "approver", .request = "x", .scope = "elsewhereaaaaaaa"};
	struct request r;
	struct errbuf why = {""};
	(void)unused;
	ask(&r, 1);
	assert_err(order_approve(&bench.desk, &bench_staff, r.id, r.digest, &why), ERR_REFUSED);
	assert_non_null(strstr(why.text, "you have ordered it"));
	assert_int_equal(bench_audits("order.refused", r.id), 1);
	assert_err(order_reject(&bench.desk, &bench_staff, r.id, "no", NULL), ERR_REFUSED);
	assert_int_equal(bench_audits("order.refused", r.id), 2);
	assert_err(approve(&support, &r), ERR_CONFLICT);
	assert_err(approve(&nobody, &r), ERR_CONFLICT);
	assert_err(order_reject(&bench.desk, &support, r.id, "no", NULL), ERR_CONFLICT);
	assert_err(approve(&elsewhere, &r), ERR_NOT_FOUND);
	assert_err(order_reject(&bench.desk, &elsewhere, r.id, "no", NULL), ERR_NOT_FOUND);
	bench_sql("UPDATE staff SET status = 'suspended' WHERE id = %Q", APPROVER);
	assert_err(approve(&approver, &r), ERR_CONFLICT);
	bench_sql("UPDATE staff SET status = 'active', organisation_id = NULL WHERE id = %Q", APPROVER);
	assert_waits(&r);
	assert_int_equal(bench_integer("SELECT COUNT(*) FROM approval"), 0);
	assert_ok(approve(&approver, &r));
	assert_offered(&r);
}

/* What would stop a step that looked before somebody changed the row stands in the statement, too. */
static enum err add_approval(struct store *s, void *ctx)
{
	const struct request *r = ctx;
	uint8_t digest[FACTS_DIGEST_BYTES];
	static char facts[FACTS_MAX_BYTES];
	char sql[96];
	int64_t affected = 0;
	assert_ok(hex_decode(r->digest, digest, sizeof digest));
	snprintf(sql, sizeof sql, "SELECT facts FROM orders WHERE id = '%s'", r->id);
	assert_true(bench_value(facts, sizeof facts, sql) > 0);
	enum err e = store_exec(s, STATEMENT_APPROVAL_ADD,
				STORE_VALUES(value_integer(bench.now), value_text(APPROVER), value_blob(digest, sizeof digest),
					     value_text(facts), value_integer(0), value_text("kari@example.org"),
					     value_text(BENCH_MOBILE), value_integer(86400), value_text(r->id)),
				&affected);
	return e != ERR_OK ? e : affected ? ERR_LIMIT : ERR_OK; /* rolled back */
}

static void each_guard_stands_in_the_statement(void **unused)
{
	static const char *const changes[] = {
		"UPDATE orders SET state = 'offered'",
		"UPDATE orders SET digest = zeroblob(32)",
		"UPDATE orders SET link_until = 1",
		"UPDATE orders SET ordered_by = '" APPROVER "'",
		"UPDATE contact SET email = 'mallory@example.org'",
		"UPDATE contact SET mobile = '+4711111111'",
		"UPDATE contact SET may_receive = 0",
		"UPDATE contact SET moved_at = 1795313000",
		"UPDATE staff SET role = 'support' WHERE id = '" APPROVER "'",
		"UPDATE staff SET status = 'suspended' WHERE id = '" APPROVER "'",
	};
	struct request r;
	(void)unused;
	ask(&r, 1);
	bench_sql("CREATE TABLE k_o AS SELECT * FROM orders; CREATE TABLE k_c AS SELECT * FROM contact; CREATE TABLE k_s AS SELECT * FROM staff");
	for (size_t i = 0; i < COUNT(changes); i++) {
		assert_err(writer_run(bench.desk.writer, add_approval, &r), ERR_LIMIT);
		bench_sql("%s", changes[i]);
		if (writer_run(bench.desk.writer, add_approval, &r) != ERR_OK)
			fail_msg("not stopped by: %s", changes[i]);
		bench_sql("REPLACE INTO orders SELECT * FROM k_o; REPLACE INTO contact SELECT * FROM k_c; REPLACE INTO staff SELECT * FROM k_s");
	}
}

static void a_digest_that_is_another_or_none_is_refused(void **unused)
{
	static const char *const none[] = {"", "abc", "zz", NULL};
	struct request r;
	struct errbuf why = {""};
	(void)unused;
	ask(&r, 1);
	for (size_t i = 0; i < COUNT(none); i++)
		assert_err(order_approve(&bench.desk, &approver, r.id, none[i], NULL), ERR_INVALID);
	for (size_t i = 0; i < FACTS_HASH_SIZE - 1; i++) {
		struct request wrong = r;
		wrong.digest[i] = wrong.digest[i] == '0' ? '1' : '0';
		assert_err(order_approve(&bench.desk, &approver, wrong.id, wrong.digest, &why), ERR_CONFLICT);
	}
	assert_non_null(strstr(why.text, "not the digest of the order"));
	assert_int_equal(bench_audits("order.refused", r.id), FACTS_HASH_SIZE - 1);
	assert_waits(&r);
}

/* Each change alone: in a row, in the facts, or in both and the digest with them. */
static const struct edit {
	const char *name, *sql;
	const char *said; /* of the refusal; NULL: any */
} edits[] = {
	{"the contact's e-mail", "UPDATE contact SET email = 'mallory@example.org'", "its email is not what it was"},
	{"the contact's mobile", "UPDATE contact SET mobile = '+4711111111'", "its mobile is not what it was"},
	{"the contact's name", "UPDATE contact SET name = 'Mallory'", "its contact_name is not"},
	{"the contact's language", "UPDATE contact SET language = 'nb'", "its language is not"},
	{"the contact may not receive", "UPDATE contact SET may_receive = 0", "may not receive any more"},
	{"the contact rests", "UPDATE contact SET moved_at = 1795313600", "was changed"},
	{"the organisation's name", "UPDATE organisation SET name = 'Other'", "its organisation_name is not"},
	{"the service's name", "UPDATE service SET name = 'Other'", "its service_name is not"},
	{"the client's name", "UPDATE client SET name = 'Other'", "its client_name is not"},
	{"the client's slug", "UPDATE client SET slug = 'other'", "its client_slug is not"},
	{"the order's key type", "UPDATE orders SET key_type = 'rsa2048'", "its key_type is not"},
	{"the order's note", "UPDATE orders SET note = 'approved by the CISO'", "its note is not"},
	{"the order's date", "UPDATE orders SET due_at = due_at + 86400", "its due is not"},
	{"the order's kind", "UPDATE orders SET kind = 'renewal'", "its kind is not"},
	{"what it renews", "UPDATE orders SET renews = '00112233445566778899aabbccddeeff00112233'", "its renews is not"},
	{"who ordered it", "UPDATE orders SET ordered_by = '" SUPPORT "'", "its ordered_by is not"},
	{"how many must approve", "UPDATE orders SET approvals = 3 - approvals", "its approvals is not"},
	{"the digest", "UPDATE orders SET digest = zeroblob(32)", "not what was ordered"},
	{"no digest", "UPDATE orders SET digest = NULL", "not what was ordered"},
	{"the facts' mobile", "UPDATE orders SET facts = replace(facts, '" BENCH_MOBILE "', '+4711111111')", "not what was ordered"},
	{"the facts' key", "UPDATE orders SET facts = replace(facts, '\"p256\"', '\"p384\"')", "not what was ordered"},
	{"no facts", "UPDATE orders SET facts = '{}'", "not what was ordered"},
	{"the request's record", "UPDATE audit SET record = replace(record, '\"order.requested\"', '\"order.requestee\"')", "not what was ordered"},
};

static void check_edit(const struct edit *e, const struct request *r, const struct actor *who)
{
	struct errbuf why = {""};
	bench_sql("CREATE TABLE k_o AS SELECT * FROM orders; CREATE TABLE k_c AS SELECT * FROM contact; CREATE TABLE k_g AS SELECT * FROM organisation;"
		  "CREATE TABLE k_s AS SELECT * FROM service; CREATE TABLE k_l AS SELECT * FROM client; CREATE TABLE k_a AS SELECT * FROM audit");
	bench_sql("%s", e->sql);
	if (order_approve(&bench.desk, who, r->id, r->digest, &why) != ERR_CONFLICT)
		fail_msg("%s: approved", e->name);
	if (e->said && !strstr(why.text, e->said))
		fail_msg("%s: %s", e->name, why.text);
	assert_state(r->id, ORDER_REQUESTED);
}

static void put_back(void)
{
	bench_sql("REPLACE INTO orders SELECT * FROM k_o; REPLACE INTO contact SELECT * FROM k_c; REPLACE INTO organisation SELECT * FROM k_g;"
		  "REPLACE INTO service SELECT * FROM k_s; REPLACE INTO client SELECT * FROM k_l; REPLACE INTO audit SELECT * FROM k_a;"
		  "DROP TABLE k_o; DROP TABLE k_c; DROP TABLE k_g; DROP TABLE k_s; DROP TABLE k_l; DROP TABLE k_a");
}

static void what_is_changed_between_order_and_approval_is_refused(void **unused)
{
	struct request r;
	(void)unused;
	ask(&r, 1);
	for (size_t i = 0; i < COUNT(edits); i++) {
		check_edit(&edits[i], &r, &approver);
		put_back();
	}
	assert_waits(&r);
	assert_int_equal(bench_audits("order.refused", r.id), COUNT(edits));
	assert_ok(approve(&approver, &r));
}

static void what_is_changed_between_two_approvals_is_refused(void **unused)
{
	static const struct edit more[] = {
		{"an approval that nobody gave", "INSERT INTO approval SELECT order_id, '" SUPPORT "', digest, at FROM approval", "not what was ordered"},
		{"another's approval", "UPDATE approval SET staff_id = '" SUPPORT "'", "not what was ordered"},
		{"the approval's record", "UPDATE audit SET record = replace(record, 'order.approval', 'order.approvel')", "not what was ordered"},
	};
	struct request r;
	(void)unused;
	ask(&r, 2);
	assert_ok(approve(&approver, &r));
	for (size_t i = 0; i < COUNT(edits); i++) {
		check_edit(&edits[i], &r, &another);
		put_back();
	}
	for (size_t i = 0; i < COUNT(more); i++) {
		bench_sql("CREATE TABLE k_p AS SELECT * FROM approval");
		check_edit(&more[i], &r, &another);
		put_back();
		bench_sql("DELETE FROM approval; INSERT INTO approval SELECT * FROM k_p; DROP TABLE k_p");
	}
	assert_waits(&r);
	assert_ok(approve(&another, &r));
	assert_offered(&r);
}

/* Facts, digest and contact changed together: all fits, but for what the audit has. */
static void a_whole_forged_request_is_refused(void **unused)
{
	struct request r, forged;
	struct order_facts f;
	struct errbuf why = {""};
	static char facts[FACTS_MAX_BYTES];
	struct buf text = BUF_INIT(FACTS_MAX_BYTES);
	uint8_t digest[FACTS_DIGEST_BYTES];
	(void)unused;
	ask(&r, 1);
	assert_true(bench_value(facts, sizeof facts, "SELECT facts FROM orders") > 0);
	assert_ok(facts_read_request(facts, strlen(facts), &f, NULL));
	memcpy(f.mobile, "+4711111111", sizeof "+4711111111");
	assert_ok(facts_write_request(&f, &text));
	assert_ok(facts_digest(&f, digest));
	forged = r;
	hex_encode(digest, sizeof digest, forged.digest);
	bench_sql("UPDATE contact SET mobile = '+4711111111'; UPDATE orders SET facts = %Q, digest = x'%s'", buf_string(&text), forged.digest);
	assert_err(order_approve(&bench.desk, &approver, r.id, forged.digest, &why), ERR_CONFLICT);
	assert_non_null(strstr(why.text, "not what was ordered"));
	assert_waits(&r);
	buf_free(&text);
}

/* THREATS 55: whoever changes what was approved gets nothing from the signer. */
static void what_is_changed_after_the_approval_has_no_ticket(void **unused)
{
	struct request r;
	struct parcel p = {0};
	(void)unused;
	ask(&r, 1);
	assert_ok(approve(&approver, &r));
	memcpy(p.id, r.id, sizeof p.id);
	bench_read_mail(&p);
	bench_read_code(&p);
	bench_sql("UPDATE orders SET facts = replace(facts, '" BENCH_MOBILE "', '+4711111111')");
	bench_claim(&p);
	assert_int_not_equal(bench_prepare(&p), ERR_OK);
	assert_int_equal(bench_integer("SELECT COUNT(*) FROM certificate"), 0);
}

static void two_approvals_are_two_peoples(void **unused)
{
	struct request r;
	struct errbuf why = {""};
	(void)unused;
	ask(&r, 2);
	assert_ok(approve(&approver, &r));
	assert_waits(&r);
	assert_err(order_approve(&bench.desk, &approver, r.id, r.digest, &why), ERR_CONFLICT);
	assert_non_null(strstr(why.text, "you have approved it already"));
	assert_err(approve(&bench_staff, &r), ERR_REFUSED);
	assert_waits(&r);
	assert_ok(approve(&another, &r));
	assert_offered(&r);
	assert_int_equal(bench_audits("order.approval", r.id), 2);
	assert_int_equal(bench_integer("SELECT COUNT(*) FROM orders WHERE json_extract(facts, '$.approved_by') = '" APPROVER "+" ANOTHER "'"), 1);
	assert_err(approve(&another, &r), ERR_CONFLICT);
}

/* ---- at once ---- */

struct racer {
	const struct actor *who;
	const struct request *request;
	pthread_t thread;
	enum err said;
	struct errbuf why;
};

static void *race(void *ctx)
{
	struct racer *r = ctx;
	r->said = order_approve(&bench.desk, r->who, r->request->id, r->request->digest, &r->why);
	return NULL;
}

static size_t race_all(struct racer *racers, size_t n)
{
	size_t won = 0;
	for (size_t i = 0; i < n; i++)
		assert_int_equal(pthread_create(&racers[i].thread, NULL, race, &racers[i]), 0);
	for (size_t i = 0; i < n; i++) {
		pthread_join(racers[i].thread, NULL);
		won += racers[i].said == ERR_OK;
		if (racers[i].said != ERR_OK && racers[i].said != ERR_CONFLICT)
			fail_msg("%s: %s", err_word(racers[i].said), racers[i].why.text);
	}
	return won;
}

static void of_two_approvers_at_once_each_counts_once(void **unused)
{
	(void)unused;
	for (int round = 0; round < 8; round++) {
		struct request r;
		ask(&r, 2);
		struct racer racers[8];
		for (size_t i = 0; i < COUNT(racers); i++)
			racers[i] = (struct racer){.who = i % 2 ? &approver : &another, .request = &r};
		assert_int_equal(race_all(racers, COUNT(racers)), 2);
		assert_offered(&r);
		assert_int_equal(bench_audits("order.approval", r.id), 2);
		assert_int_equal(bench_audits("order.offered", r.id), 1);
	}
}

static void of_two_approvers_at_once_one_is_enough_where_one_is_wanted(void **unused)
{
	struct request r;
	(void)unused;
	ask(&r, 1);
	struct racer racers[] = {{.who = &approver, .request = &r}, {.who = &another, .request = &r}};
	assert_int_equal(race_all(racers, 2), 1);
	assert_offered(&r);
	assert_int_equal(bench_integer("SELECT COUNT(*) FROM approval"), 1);
}

/* ---- the end of what nobody approves ---- */

static void what_is_rejected_is_over_and_its_orderer_is_told_why(void **unused)
{
	struct request r;
	struct errbuf why = {""};
	struct message m;
	(void)unused;
	bench_sql("UPDATE staff SET email = 'ola@example.com'");
	ask(&r, 1);
	assert_err(order_reject(&bench.desk, &approver, r.id, NULL, &why), ERR_INVALID);
	assert_err(order_reject(&bench.desk, &approver, r.id, "", &why), ERR_INVALID);
	assert_ok(order_reject(&bench.desk, &approver, r.id, "ask the CISO first", NULL));
	assert_state(r.id, ORDER_REJECTED);
	assert_int_equal(bench_audits("order.rejected", r.id), 1);
	assert_int_equal(bench_messages(r.id, "approval", "waiting"), 0);
	bench_open(r.id, "rejected", &m);
	assert_string_equal(m.to, "ola@example.com");
	assert_non_null(strstr(buf_string(&m.text), "Reason: ask the CISO first"));
	message_clear(&m);
	assert_err(approve(&approver, &r), ERR_CONFLICT);
	assert_err(approve(&another, &r), ERR_CONFLICT);
	assert_err(order_reject(&bench.desk, &another, r.id, "me too", NULL), ERR_CONFLICT);
	assert_err(order_cancel(&bench.desk, &bench_staff, r.id, NULL, NULL), ERR_CONFLICT);
	assert_state(r.id, ORDER_REJECTED);
}

static void its_time_for_approval_ends(void **unused)
{
	struct request r;
	struct errbuf why = {""};
	(void)unused;
	ask(&r, 1);
	bench_clock(BENCH_NOW + bench.settings.link_life);
	assert_err(order_approve(&bench.desk, &approver, r.id, r.digest, &why), ERR_CONFLICT);
	assert_non_null(strstr(why.text, "its time for approval is over"));
	bench_clock(BENCH_NOW + bench.settings.link_life - 1);
	assert_ok(approve(&approver, &r));
	assert_offered(&r);
}

static void a_cancelled_request_is_not_approved(void **unused)
{
	struct request r;
	(void)unused;
	ask(&r, 1);
	assert_ok(order_cancel(&bench.desk, &bench_staff, r.id, "a mistake", NULL));
	assert_int_equal(bench_messages(r.id, "approval", "waiting"), 0);
	assert_err(approve(&approver, &r), ERR_CONFLICT);
	assert_state(r.id, ORDER_CANCELLED);
}

static void what_the_signer_refuses_stays_as_it_was(void **unused)
{
	struct request r;
	(void)unused;
	ask(&r, 1);
	fake.fail[SIGNER_TICKET] = ERR_INVALID;
	assert_err(approve(&approver, &r), ERR_INVALID);
	assert_waits(&r);
	assert_int_equal(bench_audits("certificate.refused", r.id), 1);
	assert_int_equal(bench_integer("SELECT COUNT(*) FROM approval"), 0);
	fake.fail[SIGNER_TICKET] = ERR_OK;
	assert_ok(approve(&approver, &r));
}

/* What the installation wants no administrator can lower by himself. */
static void a_service_may_want_more_and_never_fewer(void **unused)
{
	struct request r;
	struct parcel p;
	(void)unused;
	ask(&r, 1);
	for (int service = 0; service <= 2; service++) {
		bench_sql("UPDATE service SET approvals = %d", service);
		ask(&r, 1);
		assert_int_equal(bench_integer("SELECT approvals FROM orders WHERE id = %Q", r.id), service > 1 ? service : 1);
	}
	bench.settings.approvals = 0;
	bench_sql("UPDATE service SET approvals = 0");
	bench_order(&p);
	assert_state(p.id, ORDER_OFFERED);
}

/* What was approved by somebody who has been found not to be trusted is not approved. */
static void who_may_approve_no_more_has_approved_nothing(void **unused)
{
	static const char *const ends[] = {"status = 'suspended'", "role = 'support'", "organisation_id = (SELECT id FROM organisation"
									     " ORDER BY id = (SELECT organisation_id FROM orders LIMIT 1) LIMIT 1)"};
	struct request r;
	struct errbuf why = {""};
	(void)unused;
	ask(&r, 2);
	bench_sql("INSERT INTO organisation (id, slug, name, created_at) VALUES ('other', 'other', 'Other', 1)");
	assert_ok(approve(&approver, &r));
	for (size_t i = 0; i < COUNT(ends); i++) {
		bench_sql("UPDATE staff SET %s WHERE id = %Q", ends[i], APPROVER);
		assert_err(order_approve(&bench.desk, &another, r.id, r.digest, &why), ERR_CONFLICT);
		assert_non_null(strstr(why.text, "one who has approved it may not approve any more"));
		assert_waits(&r);
		bench_sql("UPDATE staff SET status = 'active', role = 'approver', organisation_id = NULL WHERE id = %Q", APPROVER);
	}
	assert_ok(approve(&another, &r));
	assert_offered(&r);
}

/* ---- who is told ---- */

static void many_orders_do_not_fill_a_mailbox(void **unused)
{
	struct request r;
	(void)unused;
	for (int i = 0; i < 25; i++)
		ask(&r, 1);
	assert_int_equal(bench_integer("SELECT COUNT(*) FROM message WHERE kind = 'approval'"), 20);
	assert_int_equal(bench_audits("notice.missed", r.id), 1);
}

static void administrators_are_told_when_approvers_are_too_few(void **unused)
{
	struct request r;
	(void)unused;
	ask(&r, 2);
	assert_int_equal(bench_messages(r.id, "approval", "waiting"), 2);
	bench_sql("UPDATE staff SET email = NULL");
	ask(&r, 2);
	assert_int_equal(bench_messages(r.id, "approval", "waiting"), 0);
	assert_int_equal(bench_audits("notice.missed", r.id), 1);
	bench.settings.staff_mail = "staff@example.com";
	ask(&r, 2);
	assert_int_equal(bench_messages(r.id, "approval", "waiting"), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		BENCH_TEST(without_approval_nothing_is_sent_and_there_is_no_ticket),
		BENCH_TEST(what_another_approves_is_offered_and_can_be_collected),
		BENCH_TEST(who_may_not_is_refused_and_it_is_noted),
		BENCH_TEST(each_guard_stands_in_the_statement),
		BENCH_TEST(a_digest_that_is_another_or_none_is_refused),
		BENCH_TEST(what_is_changed_between_order_and_approval_is_refused),
		BENCH_TEST(what_is_changed_between_two_approvals_is_refused),
		BENCH_TEST(a_whole_forged_request_is_refused),
		BENCH_TEST(what_is_changed_after_the_approval_has_no_ticket),
		BENCH_TEST(two_approvals_are_two_peoples),
		BENCH_TEST(of_two_approvers_at_once_each_counts_once),
		BENCH_TEST(of_two_approvers_at_once_one_is_enough_where_one_is_wanted),
		BENCH_TEST(what_is_rejected_is_over_and_its_orderer_is_told_why),
		BENCH_TEST(its_time_for_approval_ends),
		BENCH_TEST(a_cancelled_request_is_not_approved),
		BENCH_TEST(what_the_signer_refuses_stays_as_it_was),
		BENCH_TEST(a_service_may_want_more_and_never_fewer),
		BENCH_TEST(who_may_approve_no_more_has_approved_nothing),
		BENCH_TEST(many_orders_do_not_fill_a_mailbox),
		BENCH_TEST(administrators_are_told_when_approvers_are_too_few),
	};
	return cmocka_run_group_tests(tests, NULL, bench_group_end);
}

/* A contact whose e-mail or mobile is changed: both addresses learn of it, nothing new is ordered for a while, and what was
 * ordered goes where it was going. */
#include "tests/support/order_bench.h"

enum { REST = 86400 };

static enum err change(const char *contact, const char *text, struct errbuf *why)
{
	return bench_change(contact, text, NULL, why);
}

static enum err order(struct faults *faults)
{
	char id[ID_SIZE];
	struct errbuf why = {{0}};
	json_t *body = bench_order_body();
	char email[256];
	bench_value(email, sizeof email, "SELECT email FROM contact LIMIT 1");
	json_object_set_new(body, "contact", json_string(email));
	enum err e = order_new(&bench.desk, &bench_staff, body, id, faults, &why);
	json_decref(body);
	return e;
}

static int64_t mails(const char *kind)
{
	return bench_integer("SELECT COUNT(*) FROM message WHERE kind = %Q AND channel = 'mail' AND order_id IS NULL", kind);
}

/* The n-th mail of a kind, opened as the courier would. */
static struct message mail(const char *kind, int n)
{
	static uint8_t sealed[SEAL_MAX_BYTES];
	struct secret *plain = NULL;
	struct message m;
	char sql[160];
	snprintf(sql, sizeof sql, "SELECT sealed FROM message WHERE kind = '%s' ORDER BY rowid LIMIT 1 OFFSET %d", kind, n);
	int len = bench_value(sealed, sizeof sealed, sql);
	assert_true(len > 0);
	assert_ok(seal_open_with(fake.courier, fake.courier_key, sealed, (size_t)len, &plain));
	assert_ok(message_open(plain, bench.desk.languages, &m, NULL));
	secret_free(plain);
	return m;
}

static void a_new_number_is_told_by_mail_and_not_in_full(void **unused)
{
	(void)unused;
	bench.settings.contact_rest = REST;
	int waked = bench.outbox;
	assert_ok(change("kari@example.org", "{\"mobile\":\"+4640001199\"}", NULL));
	assert_int_equal(bench.outbox, waked + 1);
	assert_int_equal(mails("new_mobile"), 1); /* there is one address alone */
	assert_int_equal(mails("new_email"), 0);
	struct message m = mail("new_mobile", 0);
	assert_string_equal(m.to, "kari@example.org");
	assert_non_null(strstr(buf_string(&m.text), "Hello Kari Nordmann,"));
	assert_non_null(strstr(buf_string(&m.text), "Ola Administrator has changed the mobile number"));
	assert_non_null(strstr(buf_string(&m.text), "Before: +47 *** *34\n"));
	assert_non_null(strstr(buf_string(&m.text), "Now: +46 *** *99\n"));
	assert_non_null(strstr(buf_string(&m.text), "23 November 2026, 02:13"));
	assert_null(strstr(buf_string(&m.text), "1234"));
	assert_null(strstr(buf_string(&m.text), "1199"));
	message_clear(&m);
	assert_int_equal(bench_integer("SELECT COUNT(*) FROM contact WHERE mobile = '+4640001199' AND moved_at = %lld",
				       (long long)BENCH_NOW), 1);
}

static void a_new_address_is_told_at_the_old_and_the_new(void **unused)
{
	static const char *const to[] = {"kari@example.org", "kn@example.net"};
	(void)unused;
	assert_ok(change("kari@example.org", "{\"email\":\"kn@example.net\",\"mobile\":\"+4640001199\",\"language\":\"nb\"}", NULL));
	assert_int_equal(mails("new_email"), 2);
	assert_int_equal(mails("new_mobile"), 2);
	for (int i = 0; i < 2; i++) {
		struct message email = mail("new_email", i), mobile = mail("new_mobile", i);
		assert_string_equal(email.to, to[i]);
		assert_string_equal(mobile.to, to[i]);
		assert_string_equal(email.language, "nb");
		assert_non_null(strstr(buf_string(&email.text), "Før: k***@example.org\n"));
		assert_non_null(strstr(buf_string(&email.text), "Nå: k***@example.net\n"));
		assert_null(strstr(buf_string(&email.text), "Ingenting nytt")); /* contact_rest is 0 */
		message_clear(&email);
		message_clear(&mobile);
	}
}

static void what_is_the_same_is_no_change(void **unused)
{
	(void)unused;
	bench.settings.contact_rest = REST;
	int64_t audits = bench_integer("SELECT COUNT(*) FROM audit");
	assert_ok(change("kari@example.org", "{\"email\":\"kari@example.org\",\"mobile\":\"" BENCH_MOBILE "\"}", NULL));
	assert_int_equal(mails("new_email") + mails("new_mobile"), 0);
	assert_int_equal(bench_integer("SELECT COUNT(*) FROM audit"), audits);
	assert_ok(change("kari@example.org", "{\"language\":\"nb\"}", NULL));
	assert_int_equal(mails("new_email") + mails("new_mobile"), 0);
	assert_ok(order(NULL)); /* it has not moved */
	audits = bench_integer("SELECT COUNT(*) FROM audit");
	bench_clock(BENCH_NOW + 5);
	assert_ok(change("kari@example.org", "{\"language\":\"nb\"}", NULL));
	assert_ok(change("kari@example.org", "{\"language\":\"no\",\"mobile\":\"" BENCH_MOBILE "\"}", NULL)); /* the same one */
	assert_int_equal(bench_integer("SELECT COUNT(*) FROM audit"), audits);
	assert_int_equal(bench_integer("SELECT changed_at FROM contact"), BENCH_NOW);
}

/* As directory_change.c writes it. */
static enum err change_a_version(struct store *s, void *ctx)
{
	const int64_t *version = ctx;
	char id[ID_SIZE];
	bench_value(id, sizeof id, "SELECT id FROM contact");
	return store_exec_one(s, STATEMENT_CONTACT_CHANGE,
			      STORE_VALUES(value_text("Kari"), value_text("kn@example.net"), value_text("+4640001199"),
					   value_integer(1), value_integer(1), value_text("en"), value_integer(BENCH_NOW),
					   value_integer(1), value_text(id), value_integer(*version)));
}

static void of_two_changes_at_once_none_undoes_the_other(void **unused)
{
	int64_t version;
	(void)unused;
	assert_ok(change("kari@example.org", "{\"language\":\"nb\"}", NULL));
	for (version = 1; version <= 3; version += 2)
		assert_err(writer_run(bench.desk.writer, change_a_version, &version), ERR_CONFLICT);
	assert_int_equal(bench_integer("SELECT COUNT(*) FROM contact WHERE language = 'nb' AND email = %Q", "kari@example.org"), 1);
	version = 2;
	assert_ok(writer_run(bench.desk.writer, change_a_version, &version));
	assert_int_equal(bench_integer("SELECT version FROM contact"), 3);
}

static void the_audit_says_what_was_changed_and_by_whom_and_no_address(void **unused)
{
	(void)unused;
	assert_ok(change("kari@example.org", "{\"email\":\"kn@example.net\",\"mobile\":\"+4640001199\"}", NULL));
	assert_int_equal(bench_integer("SELECT COUNT(*) FROM audit WHERE json_extract(record, '$.what') = 'directory.contact_changed'"
				       " AND json_extract(record, '$.detail') = 'email, mobile' AND json_extract(record, '$.who') = %Q"
				       " AND object = (SELECT id FROM contact)", BENCH_STAFF), 1);
	assert_int_equal(bench_integer("SELECT COUNT(*) FROM audit WHERE instr(record, '@') OR instr(record, '0001199')"), 0);
}

static void refusals_change_nothing_and_tell_nobody(void **unused)
{
	static const struct {
		const char *name, *text;
		enum err wanted;
	} bad[] = {
		{"no number", "{\"mobile\":\"91234567\"}", ERR_INVALID},
		{"no address", "{\"email\":\"kari\"}", ERR_INVALID},
		{"a line more", "{\"email\":\"kari@example.org\\r\\nBcc: x@example.com\"}", ERR_INVALID},
		{"null", "{\"mobile\":null}", ERR_INVALID},
		{"one good, one bad", "{\"email\":\"kn@example.net\",\"mobile\":\"+0\"}", ERR_INVALID},
		{"another's", "{\"email\":\"ada@example.org\"}", ERR_EXISTS},
	};
	(void)unused;
	bench_add(DIRECTORY_CONTACT, json_pack("{s:s, s:s, s:s, s:s}", "organisation", "sparebank", "name", "Ada", "email",
					       "ada@example.org", "mobile", "+4790000000"));
	int64_t audits = bench_integer("SELECT COUNT(*) FROM audit");
	for (size_t i = 0; i < COUNT(bad); i++)
		if (change("kari@example.org", bad[i].text, NULL) != bad[i].wanted)
			fail_msg("%s", bad[i].name);
	assert_int_equal(bench_integer("SELECT COUNT(*) FROM contact WHERE email = 'kari@example.org' AND mobile = %Q"
				       " AND moved_at IS NULL", BENCH_MOBILE), 1);
	assert_int_equal(bench_integer("SELECT COUNT(*) FROM message"), 0);
	assert_int_equal(bench_integer("SELECT COUNT(*) FROM audit"), audits);
}

static void an_address_of_several_organisations_names_nobody(void **unused)
{
	struct errbuf why = {{0}};
	char id[ID_SIZE];
	(void)unused;
	bench_add(DIRECTORY_ORGANISATION, json_pack("{s:s, s:s}", "slug", "andre", "name", "Andre"));
	bench_add(DIRECTORY_CONTACT, json_pack("{s:s, s:s, s:s, s:s}", "organisation", "andre", "name", "Kari Nordmann", "email",
					       "kari@example.org", "mobile", BENCH_MOBILE));
	assert_err(change("kari@example.org", "{\"mobile\":\"+4640001199\"}", &why), ERR_INVALID);
	assert_non_null(strstr(why.text, "by its id"));
	bench_value(id, sizeof id, "SELECT k.id FROM contact k JOIN organisation g ON g.id = k.organisation_id WHERE g.slug = 'andre'");
	assert_ok(change(id, "{\"mobile\":\"+4640001199\"}", NULL));
	assert_int_equal(bench_integer("SELECT COUNT(*) FROM contact WHERE mobile = '+4640001199' AND id = %Q", id), 1);
	assert_int_equal(bench_integer("SELECT COUNT(*) FROM contact WHERE mobile = '+4640001199'"), 1);
}

static void nothing_is_ordered_for_it_until_it_has_rested(void **unused)
{
	static const char *const changes[] = {"{\"mobile\":\"+4640001199\"}", "{\"email\":\"kn@example.net\"}"};
	(void)unused;
	bench.settings.contact_rest = REST;
	for (size_t i = 0; i < COUNT(changes); i++) {
		struct faults faults = {0};
		int64_t start = BENCH_NOW + (int64_t)i * 2 * REST;
		bench_clock(start);
		assert_ok(order(NULL));
		assert_ok(change("kari@example.org", changes[i], NULL));
		bench_clock(start + REST - 1);
		assert_err(order(&faults), ERR_INVALID);
		assert_int_equal(json_array_size(faults.list), 1);
		assert_string_equal(json_string_value(json_object_get(json_array_get(faults.list, 0), "field")), "contact");
		const char *text = json_string_value(json_object_get(json_array_get(faults.list, 0), "text"));
		assert_non_null(strstr(text, i == 0 ? "before 2026-11-23T02:13:38Z" : "before 2026-11-25T02:13:38Z"));
		faults_clear(&faults);
		bench_clock(start + REST);
		assert_ok(order(NULL));
	}
	bench.settings.contact_rest = 0;
	assert_ok(change("kn@example.net", "{\"mobile\":\"+4640001100\"}", NULL));
	assert_ok(order(NULL));
}

static enum err order_for(const char *email, struct faults *faults)
{
	char id[ID_SIZE];
	struct errbuf why = {{0}};
	json_t *body = bench_order_body();
	json_object_set_new(body, "contact", json_string(email));
	enum err e = order_new(&bench.desk, &bench_staff, body, id, faults, &why);
	json_decref(body);
	return e;
}

static void add_contact(const char *email, const char *mobile)
{
	bench_add(DIRECTORY_CONTACT, json_pack("{s:s, s:s, s:s, s:s}", "organisation", "sparebank", "name", "Kari Nordmann", "email",
					       email, "mobile", mobile));
}

/* Moved away, and added anew with what was left: that would be the same contact, at another number, at once. */
static void a_new_contact_with_what_another_had_rests_too(void **unused)
{
	(void)unused;
	bench.settings.contact_rest = REST;
	add_contact("earlier@example.org", BENCH_MOBILE);
	bench_clock(BENCH_NOW + 10);
	assert_ok(change("kari@example.org", "{\"email\":\"kn@example.net\",\"mobile\":\"+4640001199\"}", NULL));
	bench_clock(BENCH_NOW + 20);
	add_contact("kari@example.org", "+4640001155");
	add_contact("other@example.org", BENCH_MOBILE);
	add_contact("third@example.org", "+4640001166");
	static const char *const resting[] = {"kari@example.org", "other@example.org"};
	for (size_t i = 0; i < COUNT(resting); i++) {
		struct faults faults = {0};
		bench_clock(BENCH_NOW + 10 + REST - 1);
		assert_err(order_for(resting[i], &faults), ERR_INVALID);
		const char *text = json_string_value(json_object_get(json_array_get(faults.list, 0), "text"));
		assert_string_equal(text, "its e-mail or mobile was another contact's: nothing can be ordered for it before "
					  "2026-11-23T02:13:48Z");
		faults_clear(&faults);
		bench_clock(BENCH_NOW + 10 + REST);
		assert_ok(order_for(resting[i], NULL));
	}
	bench_clock(BENCH_NOW + 20);
	assert_ok(order_for("third@example.org", NULL));   /* a wholly new one does not rest */
	assert_ok(order_for("earlier@example.org", NULL)); /* nor one that had the number before */
}

static void what_a_contact_had_is_noted_and_no_more(void **unused)
{
	(void)unused;
	assert_ok(change("kari@example.org", "{\"mobile\":\"+4640001199\"}", NULL));
	assert_ok(change("kari@example.org", "{\"language\":\"nb\"}", NULL));
	assert_int_equal(bench_integer("SELECT COUNT(*) FROM moved WHERE mobile = %Q AND email IS NULL", BENCH_MOBILE), 1);
	assert_int_equal(bench_integer("SELECT COUNT(*) FROM moved"), 1);
	assert_ok(change("kari@example.org", "{\"email\":\"kn@example.net\"}", NULL));
	assert_int_equal(bench_integer("SELECT COUNT(*) FROM moved WHERE mobile IS NULL AND email = 'kari@example.org'"), 1);
	assert_int_equal(bench_integer("SELECT COUNT(*) FROM moved"), 2);
}

/* Each change is a mail to an address that whoever makes it may choose. */
static void five_changes_a_day_and_then_the_time_of_the_next(void **unused)
{
	struct errbuf why = {{0}};
	char body[64];
	(void)unused;
	add_contact("other@example.org", "+4640001166");
	for (int i = 0; i < 40; i++) {
		bench_clock(BENCH_NOW + i);
		snprintf(body, sizeof body, "{\"mobile\":\"+4640001%03d\"}", i);
		assert_err(change("kari@example.org", body, &why), i < 5 ? ERR_OK : ERR_CONFLICT);
	}
	assert_string_equal(why.text, "its e-mail or mobile was changed 5 times within a day: again from 2026-11-23T02:13:38Z");
	assert_int_equal(mails("new_mobile"), 5);
	assert_int_equal(bench_integer("SELECT COUNT(*) FROM contact WHERE mobile = '+4640001004'"), 1);
	assert_int_equal(bench_integer("SELECT COUNT(*) FROM moved"), 5);
	assert_ok(change("kari@example.org", "{\"language\":\"nb\"}", NULL)); /* is told to nobody */
	assert_ok(change("other@example.org", "{\"mobile\":\"+4640001167\"}", NULL));
	bench_clock(BENCH_NOW + 86400 - 1);
	assert_err(change("kari@example.org", body, NULL), ERR_CONFLICT);
	bench_clock(BENCH_NOW + 86400);
	assert_ok(change("kari@example.org", body, NULL));
	assert_err(change("kari@example.org", "{\"mobile\":\"+4640001199\"}", NULL), ERR_CONFLICT);
}

/* Resend, unlock and a new code go by what was approved, not by what stands in the directory now. */
static void what_was_ordered_before_goes_where_it_was_going(void **unused)
{
	struct parcel p;
	(void)unused;
	bench_order(&p);
	assert_ok(change("kari@example.org", "{\"email\":\"thief@example.net\",\"mobile\":\"+4640001199\"}", NULL));
	bench_clock(BENCH_NOW + 60);
	assert_ok(order_resend(&bench.desk, &bench_staff, p.id, NULL));
	bench_read_mail(&p); /* to kari@example.org, or it fails */
	bench_read_code(&p); /* to BENCH_MOBILE */
	bench_clock(BENCH_NOW + 120);
	assert_err(collect_new_code(&bench.desk, &bench_recipient, p.token, "1199", NULL), ERR_WRONG_CODE);
	assert_ok(collect_new_code(&bench.desk, &bench_recipient, p.token, "1234", NULL));
	bench_read_code(&p);
	bench_sql("UPDATE orders SET state = 'locked' WHERE id = %Q", p.id);
	bench_clock(BENCH_NOW + 180);
	assert_ok(order_unlock(&bench.desk, &bench_staff, p.id, NULL));
	bench_read_code(&p);
}

/* The password is sealed with the number when it is made: nobody here can send it elsewhere. */
static void a_password_is_sent_again_until_the_first_use_and_then_reissue_is_named(void **unused)
{
	struct parcel p;
	struct errbuf why = {{0}};
	struct identity who = {.kind = IDENTITY_CLIENT};
	(void)unused;
	bench_reach(&p, ORDER_PASSWORD_SENT);
	bench_sql("UPDATE message SET state = 'sent', sealed = NULL WHERE order_id = %Q AND kind = 'password'", p.id);
	assert_ok(change("kari@example.org", "{\"mobile\":\"+4640001199\"}", NULL));
	assert_ok(order_resend(&bench.desk, &bench_staff, p.id, NULL));
	assert_int_equal(bench_integer("SELECT m.sealed = q.sealed_password FROM message m JOIN parcel q ON q.order_id = m.order_id"
				       " WHERE m.order_id = %Q AND m.kind = 'password' AND m.state = 'waiting'", p.id), 1);
	snprintf(who.order_id, sizeof who.order_id, "%s", p.id);
	bench_serial(p.id, who.serial);
	assert_ok(identity_used(&bench.desk, &who));
	assert_state(p.id, ORDER_IN_USE);
	assert_int_equal(bench_messages(p.id, "password", "waiting"), 0); /* the one on its way is withdrawn */
	assert_err(order_resend(&bench.desk, &bench_staff, p.id, &why), ERR_CONFLICT);
	assert_non_null(strstr(why.text, "order reissue"));
	assert_int_equal(bench_messages(p.id, "password", "waiting"), 0);
}

static void after_its_day_reissue_is_named_too(void **unused)
{
	struct parcel p;
	struct errbuf why = {{0}};
	(void)unused;
	bench_reach(&p, ORDER_PASSWORD_SENT);
	bench_sql("UPDATE parcel SET sealed_password = NULL WHERE order_id = %Q", p.id);
	assert_err(order_resend(&bench.desk, &bench_staff, p.id, &why), ERR_CONFLICT);
	assert_non_null(strstr(why.text, "order reissue"));
}

/* It goes to today's address and number: then it waits as a new order does, and nothing is revoked meanwhile. */
static void a_reissue_waits_like_an_order_anew(void **unused)
{
	struct parcel p;
	struct faults faults = {0};
	struct message m;
	char id[ID_SIZE];
	bool made = true;
	(void)unused;
	bench.settings.contact_rest = REST;
	bench_reach(&p, ORDER_PASSWORD_SENT);
	assert_ok(change("kari@example.org", "{\"mobile\":\"+4640001199\"}", NULL));
	const struct reissue_wish wish = {p.id, NULL};
	assert_err(order_reissue(&bench.desk, &bench_staff, &wish, id, &made, &faults, NULL), ERR_INVALID);
	assert_false(made);
	assert_int_equal(json_array_size(faults.list), 1);
	faults_clear(&faults);
	assert_int_equal(bench_integer("SELECT COUNT(*) FROM certificate WHERE order_id = %Q AND status = 'valid'", p.id), 1);
	bench_clock(BENCH_NOW + REST);
	assert_ok(order_reissue(&bench.desk, &bench_staff, &wish, id, &made, &faults, NULL));
	assert_true(made);
	bench_open(id, "code", &m);
	assert_string_equal(m.to, "+4640001199");
	message_clear(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		BENCH_TEST(a_new_number_is_told_by_mail_and_not_in_full),
		BENCH_TEST(a_new_address_is_told_at_the_old_and_the_new),
		BENCH_TEST(what_is_the_same_is_no_change),
		BENCH_TEST(of_two_changes_at_once_none_undoes_the_other),
		BENCH_TEST(the_audit_says_what_was_changed_and_by_whom_and_no_address),
		BENCH_TEST(refusals_change_nothing_and_tell_nobody),
		BENCH_TEST(an_address_of_several_organisations_names_nobody),
		BENCH_TEST(nothing_is_ordered_for_it_until_it_has_rested),
		BENCH_TEST(a_new_contact_with_what_another_had_rests_too),
		BENCH_TEST(what_a_contact_had_is_noted_and_no_more),
		BENCH_TEST(five_changes_a_day_and_then_the_time_of_the_next),
		BENCH_TEST(what_was_ordered_before_goes_where_it_was_going),
		BENCH_TEST(a_password_is_sent_again_until_the_first_use_and_then_reissue_is_named),
		BENCH_TEST(after_its_day_reissue_is_named_too),
		BENCH_TEST(a_reissue_waits_like_an_order_anew),
	};
	return cmocka_run_group_tests(tests, NULL, bench_group_end);
}

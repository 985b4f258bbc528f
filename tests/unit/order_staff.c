#include "tests/support/order_bench.h"

static enum err add(enum directory_kind kind, const char *text, struct faults *faults)
{
	char id[ID_SIZE];
	struct errbuf why = {{0}};
	json_t *body = json_loads(text, 0, NULL);
	enum err e = directory_add(&bench.desk, &bench_staff, kind, body, id, faults, &why);
	json_decref(body);
	if (e == ERR_OK)
		assert_true(id_shape(id));
	return e;
}

/* Is there exactly one fault on each of the fields, a list of names with spaces? */
static void check_faults(const char *name, const struct faults *faults, const char *fields)
{
	char had[256] = "";
	size_t i;
	json_t *fault;
	json_array_foreach(faults->list, i, fault) {
		const char *field = json_string_value(json_object_get(fault, "field"));
		assert_non_null(field);
		assert_true(strlen(json_string_value(json_object_get(fault, "text"))) > 5);
		snprintf(had + strlen(had), sizeof had - strlen(had), "%s%s", i ? " " : "", field);
	}
	if (strcmp(had, fields) != 0)
		fail_msg("%s: faults on \"%s\", wanted \"%s\"", name, had, fields);
}

static void every_fault_of_an_addition_is_told_at_once(void **unused)
{
	static const struct {
		const char *name;
		enum directory_kind kind;
		const char *body, *fields;
	} cases[] = {
		{"nothing", DIRECTORY_ORGANISATION, "{}", "slug name"},
		{"capitals, a line", DIRECTORY_ORGANISATION, "{\"slug\":\"Bank\",\"name\":\"a\\nb\"}", "slug name"},
		{"numbers", DIRECTORY_ORGANISATION, "{\"slug\":1,\"name\":true}", "slug name"},
		{"a stranger", DIRECTORY_ORGANISATION, "{\"slug\":\"a\",\"name\":\"A\",\"role\":\"x\"}", "role"},
		{"no such organisation", DIRECTORY_SERVICE, "{\"organisation\":\"none\",\"slug\":\"S\",\"name\":\"S\"}",
		 "organisation slug"},
		{"no such service", DIRECTORY_CLIENT,
		 "{\"organisation\":\"sparebank\",\"service\":\"none\",\"slug\":\"c\",\"name\":\"C\"}", "service"},
		{"service of an unknown organisation", DIRECTORY_CLIENT,
		 "{\"organisation\":\"none\",\"service\":\"pay\",\"slug\":\"c\",\"name\":\"C\"}", "organisation"},
		{"all of a contact", DIRECTORY_CONTACT,
		 "{\"organisation\":\"none\",\"name\":\"\",\"email\":\"a\",\"mobile\":\"99\",\"may_order\":1,\"extra\":1}",
		 "extra organisation name email mobile may_order"},
	};
	(void)unused;
	int64_t audits = bench_integer("SELECT COUNT(*) FROM audit");
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct faults faults = {0};
		assert_err(add(cases[i].kind, cases[i].body, &faults), ERR_INVALID);
		check_faults(cases[i].name, &faults, cases[i].fields);
		faults_clear(&faults);
	}
	assert_int_equal(bench_integer("SELECT COUNT(*) FROM audit"), audits);
}

static void what_is_taken_or_no_object_is_refused(void **unused)
{
	(void)unused;
	assert_err(add(DIRECTORY_ORGANISATION, "{\"slug\":\"sparebank\",\"name\":\"Again\"}", NULL), ERR_EXISTS);
	assert_err(add(DIRECTORY_SERVICE, "{\"organisation\":\"sparebank\",\"slug\":\"pay\",\"name\":\"P\"}", NULL), ERR_EXISTS);
	assert_err(add(DIRECTORY_CONTACT, "{\"organisation\":\"sparebank\",\"name\":\"K\",\"email\":\"kari@example.org\","
		       "\"mobile\":\"+4799999999\"}", NULL), ERR_EXISTS);
	assert_err(add(DIRECTORY_ORGANISATION, "[]", NULL), ERR_MALFORMED);
	assert_err(add(DIRECTORY_ORGANISATION, "[\"slug\"]", NULL), ERR_MALFORMED);
	assert_ok(add(DIRECTORY_ORGANISATION, "{\"slug\":\"other\",\"name\":\"Other\"}", NULL));
	assert_ok(add(DIRECTORY_SERVICE, "{\"organisation\":\"other\",\"slug\":\"pay\",\"name\":\"P\"}", NULL));
}

static void additions_are_audited_and_people_by_id_only(void **unused)
{
	static const char *const what[] = {"directory.organisation_added", "directory.service_added", "directory.client_added",
					   "directory.contact_added"};
	(void)unused;
	for (size_t i = 0; i < COUNT(what); i++)
		assert_int_equal(bench_integer("SELECT COUNT(*) FROM audit WHERE json_extract(record, '$.what') = %Q", what[i]), 1);
	assert_int_equal(bench_integer("SELECT COUNT(*) FROM audit WHERE instr(record, 'kari') OR instr(record, 'Kari')"), 0);
}

static enum err change(const char *contact, const char *text, struct faults *faults)
{
	struct errbuf why = {{0}};
	return bench_change(contact, text, faults, &why);
}

static void a_contacts_language_is_changed_for_what_is_ordered_next(void **unused)
{
	static const struct {
		const char *name, *text;
		enum err wanted;
	} bad[] = {
		{"nothing", "{}", ERR_INVALID},
		{"no tag", "{\"language\":\"Norsk\"}", ERR_INVALID},
		{"none such", "{\"language\":\"de\"}", ERR_INVALID},
		{"a number", "{\"language\":1}", ERR_INVALID},
		{"null", "{\"language\":null}", ERR_INVALID},
		{"a slug too", "{\"language\":\"nb\",\"slug\":\"kari\"}", ERR_INVALID},
		{"no object", "[]", ERR_MALFORMED},
	};
	struct parcel before, after;
	struct message m;
	(void)unused;
	int64_t audits = bench_integer("SELECT COUNT(*) FROM audit");
	for (size_t i = 0; i < COUNT(bad); i++)
		if (change("kari@example.org", bad[i].text, NULL) != bad[i].wanted)
			fail_msg("%s", bad[i].name);
	assert_err(change("ola@example.org", "{\"language\":\"nb\"}", NULL), ERR_NOT_FOUND);
	assert_int_equal(bench_integer("SELECT COUNT(*) FROM audit"), audits);
	bench_order(&before);
	assert_ok(change("kari@example.org", "{\"language\":\"no\"}", NULL));
	assert_int_equal(bench_integer("SELECT COUNT(*) FROM contact WHERE language = 'nb'"), 1);
	assert_int_equal(bench_integer("SELECT COUNT(*) FROM audit WHERE json_extract(record, '$.what') = 'directory.contact_changed'"), 1);
	bench_order(&after);
	bench_open(before.id, "link", &m);
	assert_string_equal(m.language, "en");
	message_clear(&m);
	bench_open(after.id, "link", &m);
	assert_string_equal(m.language, "nb");
	message_clear(&m);
	assert_ok(change("kari@example.org", "{\"language\":\"\"}", NULL)); /* the installation's again */
	assert_int_equal(bench_integer("SELECT COUNT(*) FROM contact WHERE language = ''"), 1);
}

static enum err order_with(const char *member, json_t *value, struct faults *faults)
{
	char id[ID_SIZE];
	struct errbuf why = {{0}};
	json_t *body = bench_order_body();
	if (value)
		json_object_set_new(body, member, value);
	else
		json_object_del(body, member);
	enum err e = order_new(&bench.desk, &bench_staff, body, id, faults, &why);
	json_decref(body);
	return e;
}

static json_t *long_note(size_t characters)
{
	struct buf b = BUF_INIT(2048);
	for (size_t i = 0; i < characters; i++)
		buf_text(&b, "\xc3\xb8");
	json_t *text = json_string(buf_string(&b));
	buf_free(&b);
	return text;
}

static void a_faulty_order_names_its_field_and_sends_nothing(void **unused)
{
	const struct {
		const char *name, *member;
		json_t *value;
		const char *fields;
	} cases[] = {
		{"no organisation", "organisation", NULL, "organisation"},
		{"an unknown organisation", "organisation", json_string("none"), "organisation"},
		{"an unknown service", "service", json_string("none"), "service"},
		{"an unknown client", "client", json_string("none"), "client"},
		{"an unknown contact", "contact", json_string("nobody@example.org"), "contact"},
		{"a contact's name", "contact", json_string("Kari Nordmann"), "contact"},
		{"a contact elsewhere", "contact", json_string("per@example.com"), "contact"},
		{"one who may not receive", "contact", json_string("ole@example.org"), "contact"},
		{"a weak key", "key_type", json_string("rsa1024"), "key_type"},
		{"a key type of a number", "key_type", json_integer(256), "key_type"},
		{"a note of two lines", "note", json_string("a\nb"), "note"},
		{"a note with C1", "note", json_string("a\xc2\x85" "b"), "note"},
		{"a note with a NUL", "note", json_stringn("a\0b", 3), "note"},
		{"a note that turns", "note", json_string("a\xe2\x80\xae" "b"), "note"},
		{"a note with a line separator", "note", json_string("a\xe2\x80\xa8" "b"), "note"},
		{"a long note", "note", long_note(501), "note"},
		{"a stranger with a long name",
		 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\xc3\xb8\xc3\xb8", json_true(), "(a long name)"},
		{"a stranger", "approved_by", json_string("me"), "approved_by"},
	};
	(void)unused;
	bench_add(DIRECTORY_ORGANISATION, json_pack("{s:s, s:s}", "slug", "other", "name", "Other"));
	bench_add(DIRECTORY_CONTACT, json_pack("{s:s, s:s, s:s, s:s}", "organisation", "other", "name", "Per", "email",
					       "per@example.com", "mobile", BENCH_MOBILE));
	bench_add(DIRECTORY_CONTACT, json_pack("{s:s, s:s, s:s, s:s, s:b}", "organisation", "sparebank", "name", "Ole",
					       "email", "ole@example.org", "mobile", BENCH_MOBILE, "may_receive", 0));
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct faults faults = {0};
		assert_err(order_with(cases[i].member, cases[i].value, &faults), ERR_INVALID);
		check_faults(cases[i].name, &faults, cases[i].fields);
		faults_clear(&faults);
	}
	assert_int_equal(bench_integer("SELECT COUNT(*) FROM orders"), 0);
	assert_int_equal(bench_integer("SELECT COUNT(*) FROM message"), 0);
	assert_int_equal(bench.outbox, 0);
}

static void an_order_names_its_contact_by_id_too_and_keeps_note_and_key(void **unused)
{
	char id[ID_SIZE], text[64];
	(void)unused;
	assert_int_equal(bench_value(id, sizeof id, "SELECT id FROM contact"), 16);
	assert_ok(order_with("contact", json_string(id), NULL));
	assert_ok(order_with("key_type", json_string("rsa3072"), NULL));
	assert_ok(order_with("note", long_note(500), NULL));
	assert_int_equal(bench_integer("SELECT COUNT(*) FROM orders WHERE key_type = 'p256'"), 2);
	assert_int_equal(bench_integer("SELECT COUNT(*) FROM orders WHERE key_type = 'rsa3072'"
				       " AND json_extract(facts, '$.key_type') = 'rsa3072'"), 1);
	assert_int_equal(bench_integer("SELECT COUNT(*) FROM orders WHERE length(note) = 500"), 1);
	bench_value(text, sizeof text, "SELECT ordered_by FROM orders");
	assert_string_equal(text, BENCH_STAFF);
}

static void a_signer_that_refuses_the_ticket_leaves_no_order(void **unused)
{
	(void)unused;
	fake.fail[SIGNER_TICKET] = ERR_INVALID;
	assert_err(order_with("note", json_string("x"), NULL), ERR_INVALID);
	fake.fail[SIGNER_TICKET] = ERR_UNAVAILABLE;
	assert_err(order_with("note", json_string("x"), NULL), ERR_UNAVAILABLE);
	assert_int_equal(bench_integer("SELECT COUNT(*) FROM orders"), 0);
	assert_int_equal(bench_integer("SELECT COUNT(*) FROM audit WHERE json_extract(record, '$.what') LIKE 'order.%%'"), 0);
	/* what the dry run would not have is said; that the signer is away is no refusal */
	assert_int_equal(bench_integer("SELECT COUNT(*) FROM audit WHERE json_extract(record, '$.what') = 'certificate.refused'"
				       " AND json_extract(record, '$.why') = 'made to fail'"), 1);
}

static void messages_have_their_ends(void **unused)
{
	struct parcel p;
	(void)unused;
	bench_order(&p);
	assert_int_equal(bench_integer("SELECT drop_after FROM message WHERE kind = 'link'"), BENCH_NOW + 7 * 86400);
	assert_int_equal(bench_integer("SELECT drop_after FROM message WHERE kind = 'code'"), BENCH_NOW + 1800);
	assert_int_equal(bench_integer("SELECT COUNT(*) FROM message WHERE due_at = %lld", (long long)BENCH_NOW), 2);
	assert_int_equal(bench_integer("SELECT COUNT(*) FROM message m JOIN code c ON c.id = m.code_id WHERE m.kind = 'code'"), 1);
}

static void resend_kills_the_old_link_code_and_claim(void **unused)
{
	struct parcel p, old;
	struct collect_view view;
	int left = 0;
	(void)unused;
	bench_reach(&p, ORDER_COLLECTING);
	old = p;
	bench_clock(BENCH_NOW + 1000);
	assert_ok(order_resend(&bench.desk, &bench_staff, p.id, NULL));
	assert_state(p.id, ORDER_OFFERED);
	bench_read_mail(&p);
	bench_read_code(&p);
	assert_err(collect_look(&bench.desk, old.token, old.claim, &view), ERR_NOT_FOUND);
	assert_err(bench_fetch(&old, PACKAGE_MODERN, NULL), ERR_NOT_FOUND);
	assert_err(bench_try(&old, p.code, &left), ERR_NOT_FOUND);
	memcpy(old.token, p.token, sizeof old.token); /* the old claim behind the new link */
	assert_ok(collect_look(&bench.desk, old.token, old.claim, &view));
	assert_false(view.claimed_by_caller);
	assert_err(bench_fetch(&old, PACKAGE_MODERN, NULL), ERR_REFUSED);
	old = p;
	snprintf(old.code, sizeof old.code, "%s", "22222222");
	assert_err(bench_try(&old, old.code, &left), ERR_WRONG_CODE);
	bench_claim(&p);
	assert_ok(collect_look(&bench.desk, p.token, p.claim, &view));
	assert_true(view.ready); /* the same certificate */
	assert_int_equal(view.link_until, BENCH_NOW + 1000 + 7 * 86400);
	assert_ok(bench_fetch(&p, PACKAGE_MODERN, NULL));
	assert_ok(bench_receive(&p, NULL));
	assert_int_equal(bench_integer("SELECT COUNT(*) FROM certificate"), 1);
}

static void resend_withdraws_what_still_waits(void **unused)
{
	struct parcel p;
	json_t *body = bench_order_body();
	(void)unused;
	assert_ok(order_new(&bench.desk, &bench_staff, body, p.id, NULL, NULL));
	json_decref(body);
	assert_ok(order_resend(&bench.desk, &bench_staff, p.id, NULL));
	static const char *const kinds[] = {"link", "code"};
	for (size_t i = 0; i < COUNT(kinds); i++) {
		assert_int_equal(bench_messages(p.id, kinds[i], "waiting"), 1);
		assert_int_equal(bench_messages(p.id, kinds[i], "dropped"), 1);
	}
	assert_int_equal(bench_integer("SELECT COUNT(*) FROM message WHERE state = 'dropped' AND sealed IS NOT NULL"), 0);
}

static void resend_after_the_receipt_is_the_password_again(void **unused)
{
	struct parcel p;
	struct errbuf why = {{0}};
	(void)unused;
	bench_reach(&p, ORDER_RECEIVED);
	assert_err(order_resend(&bench.desk, &bench_staff, p.id, &why), ERR_CONFLICT);
	assert_non_null(strstr(why.text, "on its way"));
	bench_sql("UPDATE message SET state = 'dead', sealed = NULL WHERE kind = 'password'");
	assert_ok(order_resend(&bench.desk, &bench_staff, p.id, NULL));
	assert_state(p.id, ORDER_RECEIVED);
	assert_int_equal(bench_messages(p.id, "password", "waiting"), 1);
	bench_sql("UPDATE message SET state = 'sent', sealed = NULL WHERE kind = 'password'");
	bench_sql("UPDATE orders SET state = 'password_sent'");
	assert_ok(order_resend(&bench.desk, &bench_staff, p.id, NULL));
	assert_state(p.id, ORDER_PASSWORD_SENT);
	bench_sql("UPDATE message SET state = 'sent', sealed = NULL WHERE kind = 'password'");
	bench_sql("UPDATE parcel SET sealed_password = NULL"); /* a day later */
	assert_err(order_resend(&bench.desk, &bench_staff, p.id, &why), ERR_CONFLICT);
	assert_non_null(strstr(why.text, "erased"));
}

static void unlock_gives_a_new_code_for_the_same_link(void **unused)
{
	struct parcel p, old;
	int left = 0;
	(void)unused;
	bench_reach(&p, ORDER_LOCKED);
	old = p;
	assert_ok(order_unlock(&bench.desk, &bench_staff, p.id, NULL));
	assert_state(p.id, ORDER_OFFERED);
	bench_read_code(&p);
	assert_err(bench_try(&p, old.code, &left), ERR_WRONG_CODE);
	bench_claim(&p);
	assert_int_equal(bench_audits("order.unlocked", p.id), 1);
}

static void an_unlock_behind_a_dead_link_is_refused(void **unused)
{
	struct parcel p;
	(void)unused;
	bench_reach(&p, ORDER_LOCKED);
	bench_clock(BENCH_NOW + 7 * 86400);
	assert_err(order_unlock(&bench.desk, &bench_staff, p.id, NULL), ERR_CONFLICT);
	assert_state(p.id, ORDER_LOCKED);
}

typedef enum err staff_step(struct desk *d, const struct actor *who, const char *id, struct errbuf *why);

static enum err cancel(struct desk *d, const struct actor *who, const char *id, struct errbuf *why)
{
	return order_cancel(d, who, id, "not needed", why);
}

static void every_step_in_every_state_is_done_or_refused_and_audited(void **unused)
{
	static const struct {
		staff_step *step;
		enum order_event event;
	} steps[] = {{order_resend, EVENT_RESEND}, {order_unlock, EVENT_UNLOCK}, {cancel, EVENT_CANCEL}};
	(void)unused;
	for (enum order_state s = 0; s < ORDER_STATE_COUNT; s++) {
		for (size_t i = 0; i < COUNT(steps); i++) {
			struct parcel p;
			struct errbuf why = {{0}};
			enum order_state to = s;
			bench_reach(&p, s);
			if (steps[i].event == EVENT_RESEND) /* of a password: none is on its way */
				bench_sql("UPDATE message SET state = 'sent', sealed = NULL WHERE kind = 'password'");
			enum err wanted = order_next(s, steps[i].event, &to, NULL);
			enum err had = steps[i].step(&bench.desk, &bench_staff, p.id, &why);
			if (had != wanted)
				fail_msg("%s of %s: %s", order_event_name(steps[i].event), order_state_name(s), err_word(had));
			assert_state(p.id, to);
			assert_int_equal(bench_audits("order.refused", p.id), wanted == ERR_CONFLICT);
			assert_int_equal(strlen(why.text) > 0, wanted == ERR_CONFLICT);
		}
	}
	assert_err(order_resend(&bench.desk, &bench_staff, "orderaaaaaaaaaaa", NULL), ERR_NOT_FOUND);
	assert_err(order_unlock(&bench.desk, &bench_staff, "", NULL), ERR_NOT_FOUND);
	assert_err(order_cancel(&bench.desk, &bench_staff, "' OR 1=1 --", NULL, NULL), ERR_NOT_FOUND);
}

static void a_cancelled_order_has_no_link(void **unused)
{
	struct parcel p;
	(void)unused;
	bench_order(&p);
	assert_ok(order_cancel(&bench.desk, &bench_staff, p.id, NULL, NULL));
	assert_int_equal(bench_integer("SELECT COUNT(*) FROM orders WHERE link_hash IS NOT NULL"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		BENCH_TEST(a_cancelled_order_has_no_link),
		BENCH_TEST(every_fault_of_an_addition_is_told_at_once),
		BENCH_TEST(what_is_taken_or_no_object_is_refused),
		BENCH_TEST(additions_are_audited_and_people_by_id_only),
		BENCH_TEST(a_contacts_language_is_changed_for_what_is_ordered_next),
		BENCH_TEST(a_faulty_order_names_its_field_and_sends_nothing),
		BENCH_TEST(an_order_names_its_contact_by_id_too_and_keeps_note_and_key),
		BENCH_TEST(a_signer_that_refuses_the_ticket_leaves_no_order),
		BENCH_TEST(messages_have_their_ends),
		BENCH_TEST(resend_kills_the_old_link_code_and_claim),
		BENCH_TEST(resend_withdraws_what_still_waits),
		BENCH_TEST(resend_after_the_receipt_is_the_password_again),
		BENCH_TEST(unlock_gives_a_new_code_for_the_same_link),
		BENCH_TEST(an_unlock_behind_a_dead_link_is_refused),
		BENCH_TEST(every_step_in_every_state_is_done_or_refused_and_audited),
	};
	return cmocka_run_group_tests(tests, NULL, bench_group_end);
}

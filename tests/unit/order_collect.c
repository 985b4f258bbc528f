#include "tests/support/order_bench.h"

static void look(const struct parcel *p, struct collect_view *view)
{
	assert_ok(collect_look(&bench.desk, p->token, p->claim[0] ? p->claim : NULL, view));
}

static void one_parcel_from_order_to_use(void **unused)
{
	struct parcel p;
	struct collect_view view;
	struct message m;
	struct buf package = BUF_INIT(PACKAGE_MAX_BYTES);
	uint8_t sha256[32];
	(void)unused;

	bench_order(&p);
	assert_state(p.id, ORDER_OFFERED);
	assert_int_equal(bench.outbox, 1);
	look(&p, &view);
	assert_string_equal(view.facts.client_name, "E-Banking");
	assert_string_equal(view.orderer_name, "Ola Administrator");
	assert_int_equal(view.state, ORDER_OFFERED);
	assert_int_equal(view.tries_left, 5);
	assert_int_equal(view.link_until, BENCH_NOW + 7 * 86400);
	assert_false(view.code_expired || view.claimed_by_caller || view.ready);

	bench_claim(&p);
	assert_state(p.id, ORDER_COLLECTING);
	look(&p, &view);
	assert_true(view.claimed_by_caller && view.code_expired && !view.ready);
	assert_err(bench_fetch(&p, PACKAGE_MODERN, NULL), ERR_UNAVAILABLE);
	assert_ok(bench_prepare(&p));
	look(&p, &view);
	assert_true(view.ready);
	assert_string_equal(view.file_name, "e-banking-20281121.p12");

	assert_ok(bench_fetch(&p, PACKAGE_MODERN, &package));
	SHA256(package.data, package.len, sha256);
	look(&p, &view);
	assert_memory_equal(view.sha256[PACKAGE_MODERN], sha256, 32);
	assert_int_equal(bench_messages(p.id, "password", "waiting"), 0);
	assert_ok(bench_receive(&p, sha256));
	assert_state(p.id, ORDER_RECEIVED);
	assert_int_equal(bench.outbox, 2);
	bench_open(p.id, "password", &m);
	assert_string_equal(m.to, BENCH_MOBILE);
	assert_non_null(strstr(buf_string(&m.text), FAKE_PASSWORD));
	message_clear(&m);

	assert_int_equal(bench_integer("SELECT sealed_key IS NULL AND sealed_modern IS NULL AND sealed_compatible IS NULL"
				       " AND sealed_password IS NOT NULL FROM parcel WHERE order_id = %Q", p.id), 1);
	assert_int_equal(bench_integer("SELECT drop_after - created_at FROM message WHERE kind = 'password'"), 86400);
	static const char *const trail[] = {"order.requested", "order.approved", "order.offered", "order.claimed",
					    "parcel.made", "parcel.served", "parcel.received", "parcel.erased"};
	for (size_t i = 0; i < COUNT(trail); i++)
		assert_int_equal(bench_audits(trail[i], p.id), 1);
	buf_free(&package);
}

static void the_journal_hears_of_the_stored_certificate_with_its_record(void **unused)
{
	struct parcel p;
	char serial[SERIAL_TEXT_SIZE];
	uint8_t hash[33];
	(void)unused;
	bench_reach(&p, ORDER_COLLECTING);
	bench_serial(p.id, serial);
	assert_true(fake.made[0].done);
	assert_int_equal(bench_audits("certificate.issued", serial), 1);
	assert_int_equal(bench_value(hash, sizeof hash,
				     "SELECT hash FROM audit WHERE json_extract(record, '$.what') = 'certificate.issued'"), 32);
	assert_memory_equal(hash, fake.head, 32);
}

static void both_encodings_are_one_set_of_bytes_each_time(void **unused)
{
	struct parcel p;
	struct collect_view view;
	(void)unused;
	bench_reach(&p, ORDER_COLLECTING);
	for (int e = 0; e < PACKAGE_ENCODING_COUNT; e++) {
		struct buf first = BUF_INIT(PACKAGE_MAX_BYTES), second = BUF_INIT(PACKAGE_MAX_BYTES);
		assert_ok(bench_fetch(&p, (enum package_encoding)e, &first));
		assert_ok(bench_fetch(&p, (enum package_encoding)e, &second));
		assert_int_equal(first.len, second.len);
		assert_memory_equal(first.data, second.data, first.len);
		buf_free(&first);
		buf_free(&second);
	}
	fake.fail[SIGNER_PACKAGE] = ERR_UNAVAILABLE; /* made once, then kept */
	assert_ok(bench_fetch(&p, PACKAGE_COMPATIBLE, NULL));
	look(&p, &view);
	assert_memory_not_equal(view.sha256[PACKAGE_MODERN], view.sha256[PACKAGE_COMPATIBLE], 32);
	assert_ok(bench_receive(&p, view.sha256[PACKAGE_COMPATIBLE]));
}

static void a_package_altered_at_rest_is_not_handed_out(void **unused)
{
	struct parcel p;
	struct buf out = BUF_INIT(PACKAGE_MAX_BYTES);
	(void)unused;
	bench_reach(&p, ORDER_COLLECTING);
	bench_sql("UPDATE parcel SET sealed_modern = CAST('sealed:another package' AS BLOB)");
	assert_err(bench_fetch(&p, PACKAGE_MODERN, &out), ERR_CORRUPT);
	assert_int_equal(out.len, 0);
	buf_free(&out);
}

static void received_with_a_wrong_hash_sends_nothing(void **unused)
{
	struct parcel p;
	struct collect_view view;
	uint8_t zeros[32] = {0};
	(void)unused;
	bench_reach(&p, ORDER_COLLECTING);
	look(&p, &view);
	for (int bit = 0; bit < 256; bit++) {
		view.sha256[PACKAGE_MODERN][bit / 8] ^= (uint8_t)(1u << bit % 8);
		assert_err(bench_receive(&p, view.sha256[PACKAGE_MODERN]), ERR_CONFLICT);
		view.sha256[PACKAGE_MODERN][bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	assert_err(bench_receive(&p, zeros), ERR_CONFLICT); /* the hash of a package that was never made */
	assert_state(p.id, ORDER_COLLECTING);
	assert_int_equal(bench_messages(p.id, "password", "waiting"), 0);
	assert_ok(bench_fetch(&p, PACKAGE_MODERN, NULL));
	assert_ok(bench_receive(&p, view.sha256[PACKAGE_MODERN]));
}

/* Its hash is told with the claim, and is no sign that anything has arrived. */
static void received_with_the_hash_of_an_encoding_that_was_not_fetched_is_refused(void **unused)
{
	struct parcel p;
	struct collect_view view;
	(void)unused;
	bench_order(&p);
	bench_claim(&p);
	assert_ok(bench_prepare(&p));
	for (int e = PACKAGE_COMPATIBLE; e >= PACKAGE_MODERN; e--) {
		look(&p, &view);
		assert_err(bench_receive(&p, view.sha256[PACKAGE_MODERN]), ERR_CONFLICT);
		assert_ok(bench_fetch(&p, (enum package_encoding)e, NULL));
	}
	assert_int_equal(bench_audits("parcel.served", p.id), 2);
	bench_sql("UPDATE orders SET served = 1"); /* a newer claim that has fetched the other */
	look(&p, &view);
	assert_err(bench_receive(&p, view.sha256[PACKAGE_COMPATIBLE]), ERR_CONFLICT);
	assert_int_equal(bench_messages(p.id, "password", "waiting"), 0);
	assert_ok(bench_receive(&p, view.sha256[PACKAGE_MODERN]));
}

static void received_before_any_download_is_refused(void **unused)
{
	struct parcel p;
	(void)unused;
	bench_order(&p);
	bench_claim(&p);
	assert_err(bench_receive(&p, NULL), ERR_CONFLICT);
	assert_ok(bench_prepare(&p));
	assert_err(bench_receive(&p, NULL), ERR_CONFLICT);
	assert_state(p.id, ORDER_COLLECTING);
}

static void received_twice_sends_one_password(void **unused)
{
	struct parcel p;
	(void)unused;
	bench_reach(&p, ORDER_RECEIVED);
	assert_ok(bench_receive(&p, NULL));
	bench_sql("UPDATE orders SET state = 'password_sent' WHERE id = %Q", p.id);
	assert_ok(bench_receive(&p, NULL));
	assert_int_equal(bench_integer("SELECT COUNT(*) FROM message WHERE kind = 'password'"), 1);
	assert_int_equal(bench_audits("parcel.received", p.id), 1);
	assert_err(bench_fetch(&p, PACKAGE_MODERN, NULL), ERR_CONFLICT);
}

static void *receive_once(void *arg)
{
	return (void *)(intptr_t)bench_receive(arg, NULL);
}

static void many_receipts_at_once_send_one_password(void **unused)
{
	struct parcel p;
	pthread_t threads[16];
	(void)unused;
	bench_reach(&p, ORDER_COLLECTING);
	for (size_t i = 0; i < COUNT(threads); i++)
		assert_int_equal(pthread_create(&threads[i], NULL, receive_once, &p), 0);
	for (size_t i = 0; i < COUNT(threads); i++) {
		void *rc = NULL;
		pthread_join(threads[i], &rc);
		assert_err((enum err)(intptr_t)rc, ERR_OK);
	}
	assert_int_equal(bench_integer("SELECT COUNT(*) FROM message WHERE kind = 'password'"), 1);
	assert_int_equal(bench_audits("parcel.received", p.id), 1);
}

static void nothing_but_the_look_works_without_the_claim(void **unused)
{
	struct parcel p, stranger;
	(void)unused;
	bench_reach(&p, ORDER_COLLECTING);
	stranger = p;
	for (size_t i = 0; i < strlen(p.claim); i++) {
		stranger.claim[i] = p.claim[i] == 'A' ? 'B' : 'A';
		assert_err(bench_prepare(&stranger), ERR_REFUSED);
		assert_err(bench_fetch(&stranger, PACKAGE_MODERN, NULL), ERR_REFUSED);
		assert_err(bench_receive(&stranger, NULL), ERR_REFUSED);
		stranger.claim[i] = p.claim[i];
	}
	stranger.claim[0] = '\0';
	assert_err(bench_receive(&stranger, NULL), ERR_REFUSED);
	assert_ok(bench_receive(&p, NULL));
	assert_err(bench_receive(&stranger, NULL), ERR_NOT_FOUND); /* now the link is dead to others */
}

static void a_second_claim_ends_the_first_and_must_fetch_for_itself(void **unused)
{
	struct parcel p, second;
	(void)unused;
	bench_reach(&p, ORDER_COLLECTING);
	second = p;
	assert_ok(collect_new_code(&bench.desk, &bench_recipient, p.token, "1234", NULL));
	assert_ok(bench_fetch(&p, PACKAGE_MODERN, NULL)); /* a claim stays until the new code is accepted */
	bench_read_code(&second);
	bench_claim(&second);
	assert_err(bench_fetch(&p, PACKAGE_MODERN, NULL), ERR_REFUSED);
	assert_err(bench_receive(&p, NULL), ERR_REFUSED);
	assert_ok(bench_prepare(&second));
	assert_err(bench_receive(&second, NULL), ERR_CONFLICT);
	assert_ok(bench_fetch(&second, PACKAGE_MODERN, NULL));
	assert_ok(bench_receive(&second, NULL));
	assert_int_equal(bench_integer("SELECT COUNT(*) FROM certificate WHERE order_id = %Q", p.id), 1);
}

static void whoever_has_claimed_gets_no_mail_about_the_link_any_more(void **unused)
{
	struct parcel p, other;
	(void)unused;
	bench_order(&p);
	bench_order(&other);
	bench_sql("INSERT INTO message (id, order_id, kind, channel, sealed, state, created_at, due_at, drop_after, attempts)"
		  " SELECT 'reminder-' || id, id, 'reminder', 'mail', X'5ea1ed', 'waiting', 1, 1, link_until, 0 FROM orders");
	bench_claim(&p);
	assert_int_equal(bench_integer("SELECT SUM(state = 'dropped' AND sealed IS NULL AND fault = 'withdrawn') FROM message"
				       " WHERE order_id = %Q AND kind IN ('link', 'reminder')", p.id), 2);
	assert_int_equal(bench_audits("message.withdrawn", p.id), 2);
	assert_int_equal(bench_messages(other.id, "reminder", "waiting"), 1);
	assert_int_equal(bench_messages(other.id, "link", "waiting"), 1);
}

static void edited_facts_are_refused_by_the_ticket(void **unused)
{
	struct parcel p;
	(void)unused;
	bench_order(&p);
	bench_sql("UPDATE orders SET facts = replace(facts, %Q, '+4799990000')", BENCH_MOBILE);
	bench_claim(&p);
	assert_err(bench_prepare(&p), ERR_REFUSED);
	assert_int_equal(bench_audits("order.ticket_refused", p.id), 1);
	assert_int_equal(bench_integer("SELECT COUNT(*) FROM certificate"), 0);
	assert_int_equal(bench_integer("SELECT COUNT(*) FROM parcel"), 0);
}

static void what_the_lint_refuses_is_not_made_and_is_audited(void **unused)
{
	struct parcel p;
	(void)unused;
	bench_order(&p);
	bench_claim(&p);
	fake.fail[SIGNER_ISSUE] = ERR_INVALID;
	assert_err(bench_prepare(&p), ERR_INVALID);
	assert_int_equal(bench_audits("certificate.refused", p.id), 1);
	assert_int_equal(bench_integer("SELECT COUNT(*) FROM audit WHERE json_extract(record, '$.what') = 'certificate.refused'"
				       " AND json_extract(record, '$.why') = 'made to fail'"), 1);
	assert_int_equal(bench_integer("SELECT COUNT(*) FROM certificate"), 0);
	assert_int_equal(bench_integer("SELECT COUNT(*) FROM parcel"), 0);
	fake.fail[SIGNER_ISSUE] = ERR_OK;
	assert_ok(bench_prepare(&p)); /* nothing is lost by it */
}

static void facts_of_another_order_are_damage(void **unused)
{
	struct parcel p, other;
	struct collect_view view;
	(void)unused;
	bench_order(&p);
	bench_order(&other);
	bench_sql("UPDATE orders SET facts = (SELECT facts FROM orders WHERE id = %Q), ticket = (SELECT ticket FROM orders"
		  " WHERE id = %Q) WHERE id = %Q", other.id, other.id, p.id);
	assert_err(collect_look(&bench.desk, p.token, NULL, &view), ERR_CORRUPT);
	assert_ok(order_cancel(&bench.desk, &bench_staff, p.id, NULL, NULL)); /* it can still be ended */
}

static void a_signer_away_loses_nothing(void **unused)
{
	struct parcel p;
	(void)unused;
	bench_order(&p);
	bench_claim(&p);
	fake.fail[SIGNER_ISSUE] = ERR_UNAVAILABLE;
	assert_err(bench_prepare(&p), ERR_UNAVAILABLE);
	fake.fail[SIGNER_ISSUE] = ERR_OK;
	fake.fail[SIGNER_DONE] = ERR_CLOSED; /* stored; the clerk will say it */
	assert_ok(bench_prepare(&p));
	assert_ok(bench_prepare(&p));
	assert_int_equal(bench_integer("SELECT COUNT(*) FROM certificate WHERE status = 'valid'"), 1);
}

static void *prepare_once(void *arg)
{
	return (void *)(intptr_t)bench_prepare(arg);
}

static void many_preparations_make_one_certificate(void **unused)
{
	struct parcel p;
	pthread_t threads[16];
	(void)unused;
	bench_order(&p);
	bench_claim(&p);
	for (size_t i = 0; i < COUNT(threads); i++)
		assert_int_equal(pthread_create(&threads[i], NULL, prepare_once, &p), 0);
	for (size_t i = 0; i < COUNT(threads); i++) {
		void *rc = NULL;
		pthread_join(threads[i], &rc);
		assert_err((enum err)(intptr_t)rc, ERR_OK);
	}
	assert_int_equal(bench_integer("SELECT COUNT(*) FROM certificate"), 1);
	assert_int_equal(bench_integer("SELECT COUNT(*) FROM parcel"), 1);
	assert_int_equal(fake.revoked_count, 0);
}

static struct parcel interrupted;

static void cancel_meanwhile(void)
{
	assert_ok(order_cancel(&bench.desk, &bench_staff, interrupted.id, "not wanted", NULL));
}

static void a_certificate_signed_for_a_cancelled_order_is_revoked_at_once(void **unused)
{
	char serial[SERIAL_TEXT_SIZE];
	(void)unused;
	bench_order(&interrupted);
	bench_claim(&interrupted);
	fake.while_issuing = cancel_meanwhile;
	assert_err(bench_prepare(&interrupted), ERR_NOT_FOUND);
	assert_state(interrupted.id, ORDER_CANCELLED);
	assert_int_equal(bench_value(serial, sizeof serial,
				     "SELECT serial FROM certificate WHERE kind = 'orphan' AND status = 'revoked'"), 40);
	assert_true(fake_signer_revoked(serial));
	assert_int_equal(bench_audits("certificate.orphaned", serial), 1);
	assert_int_equal(bench_integer("SELECT COUNT(*) FROM parcel"), 0);
	assert_int_equal(bench.revocations, 1);
	assert_err(certificate_revoke(&bench.desk, &bench_staff, &(struct revocation_wish){serial, "superseded", NULL, NULL}, NULL), ERR_NOT_FOUND);
}

/* The other way round a crash between the two would look like an old database. */
static void an_orphan_is_in_the_database_before_the_journal(void **unused)
{
	(void)unused;
	bench_order(&interrupted);
	bench_claim(&interrupted);
	fake.while_issuing = cancel_meanwhile;
	fake.fail[SIGNER_REVOKE] = ERR_UNAVAILABLE;
	assert_err(bench_prepare(&interrupted), ERR_NOT_FOUND);
	assert_int_equal(bench_integer("SELECT COUNT(*) FROM certificate WHERE kind = 'orphan' AND status = 'revoked'"), 1);
	assert_int_equal(fake.revoked_count, 0);
}

static void claim_meanwhile(void)
{
	assert_ok(collect_new_code(&bench.desk, &bench_recipient, interrupted.token, "1234", NULL));
	bench_read_code(&interrupted);
	bench_claim(&interrupted);
}

static void a_certificate_signed_for_a_lost_claim_goes_to_the_next(void **unused)
{
	struct parcel first;
	(void)unused;
	bench_order(&interrupted);
	bench_claim(&interrupted);
	first = interrupted;
	fake.while_issuing = claim_meanwhile;
	assert_err(bench_prepare(&first), ERR_REFUSED);
	assert_int_equal(bench_integer("SELECT COUNT(*) FROM certificate"), 0);
	assert_ok(bench_prepare(&interrupted));
	assert_int_equal(fake.made_count, 1);
	assert_int_equal(bench_integer("SELECT COUNT(*) FROM certificate WHERE status = 'valid'"), 1);
}

static void prepare_beside(void)
{
	assert_ok(bench_prepare(&interrupted));
}

/* The signer refuses a second certificate after its `done`: that is no failure when the first one is there. */
static void a_preparation_that_comes_after_another_finds_its_work_done(void **unused)
{
	(void)unused;
	bench_order(&interrupted);
	bench_claim(&interrupted);
	fake.before_issuing = prepare_beside;
	assert_ok(bench_prepare(&interrupted));
	assert_true(fake.made[0].done);
	assert_int_equal(bench_integer("SELECT COUNT(*) FROM certificate"), 1);
	bench_sql("DELETE FROM parcel; DELETE FROM certificate"); /* an old database */
	assert_err(bench_prepare(&interrupted), ERR_UNAVAILABLE);
	assert_int_equal(bench_integer("SELECT COUNT(*) FROM certificate"), 0);
}

static void dead_links_are_all_not_found(void **unused)
{
	static const enum order_state dead[] = {ORDER_REJECTED, ORDER_LAPSED, ORDER_CANCELLED, ORDER_RECEIVED,
						ORDER_PASSWORD_SENT, ORDER_IN_USE};
	static const char *const tokens[] = {"", "short", "AAAAAAAAAAAAAAAAAAAAAA", "AAAAAAAAAAAAAAAAAAAAAAA",
					     "AAAAAAAAAAAAAAAAAAAA/A", "' OR 1=1 --"};
	struct collect_view view;
	struct parcel p;
	(void)unused;
	for (size_t i = 0; i < COUNT(dead); i++) {
		int left = 0;
		bench_reach(&p, dead[i]);
		p.claim[0] = '\0';
		assert_err(collect_look(&bench.desk, p.token, NULL, &view), ERR_NOT_FOUND);
		assert_err(bench_try(&p, p.code, &left), ERR_NOT_FOUND);
		assert_err(collect_new_code(&bench.desk, &bench_recipient, p.token, "1234", NULL), ERR_NOT_FOUND);
		assert_err(bench_prepare(&p), ERR_NOT_FOUND);
		assert_err(bench_fetch(&p, PACKAGE_MODERN, NULL), ERR_NOT_FOUND);
		assert_err(bench_receive(&p, NULL), ERR_NOT_FOUND);
	}
	for (size_t i = 0; i < COUNT(tokens); i++)
		assert_err(collect_look(&bench.desk, tokens[i], NULL, &view), ERR_NOT_FOUND);
}

static void a_link_dies_at_its_time_but_a_claim_has_its_own(void **unused)
{
	struct parcel offered, late;
	struct collect_view view;
	(void)unused;
	bench_order(&offered);
	bench_order(&late);
	bench_clock(BENCH_NOW + 7 * 86400 - 10);
	bench_sql("UPDATE code SET handed_over_at = %lld WHERE order_id = %Q", (long long)bench.now, late.id);
	bench_claim(&late);
	bench_clock(BENCH_NOW + 7 * 86400 - 1);
	look(&offered, &view);
	bench_clock(BENCH_NOW + 7 * 86400);
	assert_err(collect_look(&bench.desk, offered.token, NULL, &view), ERR_NOT_FOUND);
	assert_err(collect_look(&bench.desk, late.token, NULL, &view), ERR_NOT_FOUND);
	look(&late, &view);
	assert_ok(bench_prepare(&late));
	bench_clock(BENCH_NOW + 7 * 86400 - 10 + 86400);
	assert_err(collect_look(&bench.desk, late.token, late.claim, &view), ERR_NOT_FOUND);
	assert_err(bench_fetch(&late, PACKAGE_MODERN, NULL), ERR_NOT_FOUND);
}

static void the_last_page_is_seen_for_a_day(void **unused)
{
	struct parcel p;
	struct collect_view view;
	(void)unused;
	bench_reach(&p, ORDER_RECEIVED);
	bench_clock(BENCH_NOW + 86399);
	look(&p, &view);
	assert_int_equal(view.state, ORDER_RECEIVED);
	bench_clock(BENCH_NOW + 86400);
	assert_err(collect_look(&bench.desk, p.token, p.claim, &view), ERR_NOT_FOUND);
}

static void looking_changes_nothing(void **unused)
{
	struct parcel p;
	struct collect_view view;
	(void)unused;
	bench_reach(&p, ORDER_COLLECTING);
	int64_t before = bench_integer("SELECT COUNT(*) FROM audit"), version = bench_integer("SELECT data_version FROM pragma_data_version");
	for (int i = 0; i < 10; i++)
		look(&p, &view);
	assert_int_equal(bench_integer("SELECT COUNT(*) FROM audit"), before);
	assert_int_equal(bench_integer("SELECT data_version FROM pragma_data_version"), version);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		BENCH_TEST(one_parcel_from_order_to_use),
		BENCH_TEST(the_journal_hears_of_the_stored_certificate_with_its_record),
		BENCH_TEST(both_encodings_are_one_set_of_bytes_each_time),
		BENCH_TEST(a_package_altered_at_rest_is_not_handed_out),
		BENCH_TEST(received_with_a_wrong_hash_sends_nothing),
		BENCH_TEST(received_with_the_hash_of_an_encoding_that_was_not_fetched_is_refused),
		BENCH_TEST(received_before_any_download_is_refused),
		BENCH_TEST(received_twice_sends_one_password),
		BENCH_TEST(many_receipts_at_once_send_one_password),
		BENCH_TEST(nothing_but_the_look_works_without_the_claim),
		BENCH_TEST(a_second_claim_ends_the_first_and_must_fetch_for_itself),
		BENCH_TEST(whoever_has_claimed_gets_no_mail_about_the_link_any_more),
		BENCH_TEST(edited_facts_are_refused_by_the_ticket),
		BENCH_TEST(what_the_lint_refuses_is_not_made_and_is_audited),
		BENCH_TEST(facts_of_another_order_are_damage),
		BENCH_TEST(a_signer_away_loses_nothing),
		BENCH_TEST(many_preparations_make_one_certificate),
		BENCH_TEST(a_certificate_signed_for_a_cancelled_order_is_revoked_at_once),
		BENCH_TEST(an_orphan_is_in_the_database_before_the_journal),
		BENCH_TEST(a_certificate_signed_for_a_lost_claim_goes_to_the_next),
		BENCH_TEST(a_preparation_that_comes_after_another_finds_its_work_done),
		BENCH_TEST(dead_links_are_all_not_found),
		BENCH_TEST(a_link_dies_at_its_time_but_a_claim_has_its_own),
		BENCH_TEST(the_last_page_is_seen_for_a_day),
		BENCH_TEST(looking_changes_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, bench_group_end);
}

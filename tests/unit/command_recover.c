/* recover: an old database held against the journal, and brought up to it. What was issued since is never good again. */
#include "tests/support/test.h"

#include "base/file.h"
#include "issuer/clerk/clerk_reconcile.h"
#include "issuer/command/recover.h"
#include "issuer/order/state.h"
#include "tests/support/store_folder.h"

#include <fcntl.h>
#include <string.h>

enum { NOW = 1800000000, AGO = NOW - 5000, DAY = 86400 };
#define assert_ok(call) assert_int_equal((call), ERR_OK)

/* The right database of an installation, its journal, and the books of the copy that is put back. */
struct place {
	struct folder *folder;
	struct settings settings;
	struct host_books books;
	struct recovery r;
	char journal[96];
};

static const char *serial_of(char digit)
{
	static char texts[128][SERIAL_TEXT_SIZE];
	memset(texts[(int)digit], digit, SERIAL_TEXT_SIZE - 1);
	return texts[(int)digit];
}

static int open_place(void **state)
{
	struct place *p = calloc(1, sizeof *p);
	void *folder = NULL;
	folder_open(&folder);
	p->folder = folder;
	snprintf(p->journal, sizeof p->journal, "%s/journal", p->folder->path);
	int fd = open(p->journal, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
	p->settings = (struct settings){.node = "n1", .database = p->folder->db, .journal = p->journal};
	p->books = (struct host_books){.settings = &p->settings, .store = p->folder->store, .issuer = "ca",
				       .issuing_until = NOW + 3650 * DAY};
	assert_ok(journal_open(fd, "n1", &p->books.journal, NULL));
	folder_sql(p->folder->db, "INSERT INTO organisation (id, slug, name, created_at) VALUES ('g', 'acme', 'Acme', 1);"
				  "INSERT INTO service (id, organisation_id, slug, name, created_at) VALUES ('s', 'g', 'pay', 'Pay', 1);"
				  "INSERT INTO client (id, service_id, slug, name, created_at) VALUES ('c', 's', 'shop', 'Shop', 1);"
				  "INSERT INTO contact (id, organisation_id, name, email, mobile, may_order, may_receive, created_at, changed_at, language, moved_at) VALUES ('k', 'g', 'Ann', 'ann@acme.example', '+41790000001', 1, 1, 1, 1, '', NULL)");
	*state = p;
	return 0;
}

static int close_place(void **state)
{
	struct place *p = *state;
	recovery_clear(&p->r);
	journal_close(p->books.journal);
	void *folder = p->folder;
	folder_close(&folder);
	free(p);
	return 0;
}

static void add_order(struct place *p, const char *id, const char *order_state)
{
	char sql[512];
	snprintf(sql, sizeof sql,
		 "INSERT INTO orders (id, client_id, contact_id, state, state_at, facts, ticket, profile, key_type, note, ordered_by,"
		 " created_at, link_hash, link_until) VALUES ('%s', 'c', 'k', '%s', 1, '{}', X'00', 'client', 'p256', '', 'p', 1,"
		 " CAST('%s' AS BLOB), %d)", id, order_state, id, NOW + DAY);
	folder_sql(p->folder->db, sql);
}

static void add_certificate(struct place *p, char digit, const char *order, const char *status)
{
	char sql[1024];
	snprintf(sql, sizeof sql,
		 "INSERT INTO certificate (serial, issuer, kind, order_id, fingerprint, subject, not_before, not_after, der, status,"
		 " revoked_at, created_at) VALUES ('%s', 'ca', 'client', (SELECT id FROM orders WHERE id = '%s'),"
		 " CAST('%s' AS BLOB), 'x', 1, %d, X'00', '%s', CASE '%s' WHEN 'valid' THEN NULL ELSE 7 END, 1)", serial_of(digit),
		 order, serial_of(digit), NOW + DAY, status, status);
	folder_sql(p->folder->db, sql);
}

static void journal(struct place *p, const char *op, char digit, const char *order, enum crl_reason reason)
{
	static const uint8_t unknown_head[32] = {1, 2, 3};
	bool intent = strcmp(op, "intent") == 0, revoke = strcmp(op, "revoke") == 0;
	const struct journal_record r = {.op = op, .issuer = "ca", .serial = serial_of(digit), .order = order,
					 .not_before = intent ? AGO : 0, .not_after = intent ? NOW + 700 * DAY : 0,
					 .reason = (int)reason, .revoked_at = revoke ? AGO : 0,
					 .compromised_at = revoke && reason == REASON_KEY_COMPROMISE ? AGO - 60 : 0,
					 .audit_head = intent ? NULL : unknown_head};
	assert_ok(journal_append(p->books.journal, &r, NOW));
}

static void issued(struct place *p, char digit, const char *order)
{
	journal(p, "intent", digit, order, 0);
	journal(p, "done", digit, order, 0);
}

static void plan(struct place *p)
{
	struct errbuf why = {""};
	recovery_clear(&p->r);
	if (recovery_plan(&p->r, &p->books, NOW, &why) != ERR_OK)
		fail_msg("plan: %s", why.text);
}

static void recover_whole(struct place *p)
{
	uint8_t head[AUDIT_HASH_BYTES];
	struct errbuf why = {""};
	plan(p);
	assert_ok(recovery_journal(&p->r, &why));
	assert_ok(recovery_commit(&p->r, head, &why));
	if (recovery_agree(&p->r, head, &why) != ERR_OK)
		fail_msg("agree: %s", why.text);
}

static void assert_nothing_due(struct place *p)
{
	plan(p);
	assert_false(recovery_due(&p->r));
}

static const char *ask(struct place *p, const char *query)
{
	static char answer[256];
	sqlite3 *db = NULL;
	sqlite3_stmt *q = NULL;
	assert_int_equal(sqlite3_open(p->folder->db, &db), SQLITE_OK);
	if (sqlite3_prepare_v2(db, query, -1, &q, NULL) != SQLITE_OK)
		fail_msg("%s: %s", query, sqlite3_errmsg(db));
	answer[0] = '\0';
	if (sqlite3_step(q) == SQLITE_ROW && sqlite3_column_text(q, 0))
		snprintf(answer, sizeof answer, "%s", (const char *)sqlite3_column_text(q, 0));
	sqlite3_finalize(q);
	sqlite3_close(db);
	return answer;
}
#define assert_asks(p, query, wanted) assert_string_equal(ask((p), (query)), (wanted))

static void an_empty_journal_has_nothing_to_say(void **state)
{
	assert_nothing_due(*state);
}

static void a_database_that_is_not_old_is_left_alone(void **state)
{
	struct place *p = *state;
	const struct audit_event event = {.what = "test", .object = "x"};
	uint8_t head[AUDIT_HASH_BYTES];
	add_order(p, "orderaaaaaaaaaaa", "in_use");
	add_certificate(p, '1', "orderaaaaaaaaaaa", "valid");
	add_certificate(p, '2', "", "revoked");
	journal(p, "intent", '1', "orderaaaaaaaaaaa", 0);
	journal(p, "intent", '2', "", 0);
	journal(p, "intent", '3', "", 0); /* open */
	assert_ok(store_begin(p->folder->store));
	assert_ok(audit_append(p->folder->store, &host_actor, &event, NOW, head));
	assert_ok(store_commit(p->folder->store));
	assert_ok(journal_append(p->books.journal, &(struct journal_record){.op = "done", .issuer = "ca", .serial = serial_of('1'),
									    .order = "orderaaaaaaaaaaa", .audit_head = head}, NOW));
	assert_ok(journal_append(p->books.journal, &(struct journal_record){.op = "revoke", .issuer = "ca", .serial = serial_of('2'),
									    .revoked_at = AGO, .audit_head = head}, NOW));
	assert_nothing_due(p);
}

static void a_certificate_that_the_database_lacks_is_revoked_and_names_its_order(void **state)
{
	struct place *p = *state;
	issued(p, '1', "orderaaaaaaaaaaa");
	recover_whole(p);
	assert_asks(p, "SELECT kind || ' ' || status || ' ' || reason || ' ' || subject || ' ' || revoked_at || ' ' || not_after"
		    " FROM certificate", "orphan revoked 4 orphan of order orderaaaaaaaaaaa 1800000000 1860480000");
	assert_asks(p, "SELECT group_concat(json_extract(record, '$.what')) FROM audit",
		    "certificate.orphaned,database.recovered");
	assert_asks(p, "SELECT json_extract(record, '$.detail') FROM audit ORDER BY sequence DESC",
		    "1 lost, 0 revoked, 0 held, 0 released, 0 orders cancelled");
	assert_asks(p, "SELECT json_extract(record, '$.who') FROM audit", "host");
	struct journal_last last;
	journal_last_known(p->books.journal, &last);
	assert_string_equal(last.revoked[0].serial, serial_of('1')); /* another old copy would be noticed again */
	assert_nothing_due(p);
}

static void a_lost_certificate_that_the_journal_has_revoked_keeps_its_reason_and_time(void **state)
{
	struct place *p = *state;
	issued(p, '1', "orderaaaaaaaaaaa");
	journal(p, "revoke", '1', NULL, REASON_KEY_COMPROMISE);
	uint64_t before;
	struct journal_last last;
	journal_last_known(p->books.journal, &last);
	before = last.sequence;
	recover_whole(p);
	char wanted[64];
	snprintf(wanted, sizeof wanted, "revoked 1 %d %d", AGO, AGO - 60);
	assert_asks(p, "SELECT status || ' ' || reason || ' ' || revoked_at || ' ' || compromised_at FROM certificate", wanted);
	journal_last_known(p->books.journal, &last);
	assert_int_equal(last.sequence, before + 1); /* it is not journalled a second time: only the agreement is */
	assert_nothing_due(p);
}

static void every_standing_of_the_journal_comes_to_hold_in_the_database(void **state)
{
	static const struct {
		const char *name, *had, *ops; /* r: revoke, h: hold, l: release */
		const char *then;
	} cases[] = {
		{"nothing happened", "valid", "", "valid"},
		{"revoked", "valid", "r", "revoked"},
		{"held", "valid", "h", "held"},
		{"held and released", "valid", "hl", "valid"},
		{"held, and then released", "held", "hl", "valid"},
		{"held, released and held", "held", "hlh", "held"},
		{"held and revoked", "held", "hr", "revoked"},
		{"held, released and revoked", "valid", "hlr", "revoked"},
		{"a release does not undo a revocation", "valid", "hrl", "revoked"},
		{"a hold does not soften a revocation", "valid", "rh", "revoked"},
		{"revoked already", "revoked", "r", "revoked"},
		{"what the database alone has revoked stays so", "revoked", "hl", "revoked"},
		{"what the database alone holds stays so", "held", "", "held"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		open_place(state);
		struct place *p = *state;
		add_certificate(p, '1', "", cases[i].had);
		issued(p, '1', NULL);
		for (const char *op = cases[i].ops; *op; op++)
			journal(p, *op == 'l' ? "release" : "revoke", '1', NULL, *op == 'h' ? REASON_HOLD : REASON_KEY_COMPROMISE);
		recover_whole(p);
		if (strcmp(ask(p, "SELECT status FROM certificate"), cases[i].then) != 0)
			fail_msg("%s: wanted %s, had %s", cases[i].name, cases[i].then, ask(p, "SELECT status FROM certificate"));
		assert_asks(p, "SELECT COUNT(*) FROM certificate WHERE status = 'valid' AND (revoked_at IS NOT NULL OR reason IS NOT NULL)",
			    "0");
		assert_nothing_due(p);
		close_place(state);
	}
}

static void a_revocation_has_the_journals_time_and_ends_the_delivery(void **state)
{
	struct place *p = *state;
	add_order(p, "orderaaaaaaaaaaa", "collecting");
	add_certificate(p, '1', "orderaaaaaaaaaaa", "valid");
	folder_sql(p->folder->db, "INSERT INTO parcel (order_id, serial, sealed_key, sealed_modern, sealed_password, created_at)"
		   " SELECT order_id, serial, X'aa', X'bb', X'cc', 1 FROM certificate");
	issued(p, '1', "orderaaaaaaaaaaa");
	journal(p, "revoke", '1', NULL, REASON_KEY_COMPROMISE);
	recover_whole(p);
	char wanted[64];
	snprintf(wanted, sizeof wanted, "revoked 1 %d", AGO);
	assert_asks(p, "SELECT status || ' ' || reason || ' ' || revoked_at FROM certificate", wanted);
	assert_asks(p, "SELECT (sealed_key IS NULL) || (sealed_modern IS NULL) || (sealed_password IS NULL) FROM parcel", "111");
}

static void an_order_whose_certificate_is_lost_is_cancelled_in_every_state_before_use(void **state)
{
	for (enum order_state s = 0; s < ORDER_STATE_COUNT; s++) {
		enum order_state to;
		bool cancelled = order_next(s, EVENT_CANCEL, &to, NULL) == ERR_OK;
		open_place(state);
		struct place *p = *state;
		add_order(p, "orderaaaaaaaaaaa", order_state_name(s));
		add_order(p, "orderbbbbbbbbbbb", "offered"); /* another's */
		folder_sql(p->folder->db, "INSERT INTO code (id, order_id, generation, hmac, tries, created_at, asked_by)"
			   " VALUES ('z', 'orderaaaaaaaaaaa', 1, X'00', 0, 1, 'staff')");
		issued(p, '1', "orderaaaaaaaaaaa");
		recover_whole(p);
		const char *had = ask(p, "SELECT state FROM orders WHERE id = 'orderaaaaaaaaaaa'");
		if (strcmp(had, cancelled ? "cancelled" : order_state_name(s)) != 0)
			fail_msg("%s became %s", order_state_name(s), had);
		assert_int_equal(p->r.cancelled, cancelled);
		assert_asks(p, "SELECT dead_at IS NOT NULL FROM code", cancelled ? "1" : "0");
		assert_asks(p, "SELECT json_extract(record, '$.why') FROM audit WHERE object = 'orderaaaaaaaaaaa'",
			    cancelled ? "recovered: its certificate was issued after the backup" : "");
		assert_asks(p, "SELECT state FROM orders WHERE id = 'orderbbbbbbbbbbb'", "offered");
		close_place(state);
	}
}

static void an_orphan_that_nobody_got_is_put_back_and_its_order_goes_on(void **state)
{
	struct place *p = *state;
	add_order(p, "orderaaaaaaaaaaa", "collecting");
	journal(p, "intent", '1', "orderaaaaaaaaaaa", 0);
	journal(p, "revoke", '1', NULL, REASON_CESSATION);
	recover_whole(p);
	assert_asks(p, "SELECT kind || status || reason FROM certificate", "orphanrevoked5");
	assert_asks(p, "SELECT state FROM orders", "collecting");
	assert_int_equal(p->r.open, 1);
	assert_nothing_due(p);
}

static void an_open_intent_is_the_daemons_to_settle(void **state)
{
	struct place *p = *state;
	journal(p, "intent", '1', "orderaaaaaaaaaaa", 0);
	issued(p, '2', NULL);
	recover_whole(p);
	assert_asks(p, "SELECT group_concat(serial) FROM certificate", serial_of('2'));
}

static void lost_audit_records_alone_are_an_old_database_too(void **state)
{
	struct place *p = *state;
	add_certificate(p, '1', "", "valid");
	issued(p, '1', NULL); /* its audit head is of a record that the copy lacks */
	plan(p);
	assert_true(recovery_due(&p->r));
	assert_int_equal(p->r.count, 0);
	recover_whole(p);
	assert_asks(p, "SELECT group_concat(json_extract(record, '$.what')) FROM audit", "database.recovered");
	assert_nothing_due(p);
}

static void a_run_that_is_cut_off_is_ended_by_the_next(void **state)
{
	for (int cut = 0; cut < 2; cut++) {
		uint8_t head[AUDIT_HASH_BYTES];
		open_place(state);
		struct place *p = *state;
		add_order(p, "orderaaaaaaaaaaa", "offered");
		issued(p, '1', "orderaaaaaaaaaaa");
		plan(p);
		assert_ok(recovery_journal(&p->r, NULL));
		if (cut == 1)
			assert_ok(recovery_commit(&p->r, head, NULL));
		plan(p);
		assert_true(recovery_due(&p->r));
		assert_int_equal(host_books_agree(p->folder->store, p->books.journal, NULL), ERR_REFUSED);
		recover_whole(p);
		assert_asks(p, "SELECT COUNT(*) || max(status) || max(reason) FROM certificate", "1revoked4");
		assert_asks(p, "SELECT state FROM orders", "cancelled");
		assert_asks(p, "SELECT COUNT(*) FROM audit WHERE json_extract(record, '$.what') = 'certificate.orphaned'", "1");
		assert_nothing_due(p);
		close_place(state);
	}
}

static void a_commit_that_fails_leaves_the_database_as_it_was(void **state)
{
	struct place *p = *state;
	uint8_t head[AUDIT_HASH_BYTES];
	struct errbuf why = {""};
	add_certificate(p, '1', "", "valid");
	issued(p, '1', NULL);
	issued(p, '2', NULL);
	journal(p, "revoke", '1', NULL, REASON_KEY_COMPROMISE);
	folder_sql(p->folder->db, "CREATE TRIGGER no BEFORE INSERT ON audit WHEN NEW.record LIKE '%database.recovered%'"
		   " BEGIN SELECT RAISE(ABORT, 'no'); END");
	plan(p);
	assert_ok(recovery_journal(&p->r, NULL));
	assert_int_not_equal(recovery_commit(&p->r, head, &why), ERR_OK);
	assert_asks(p, "SELECT group_concat(status) FROM certificate", "valid");
	assert_asks(p, "SELECT COUNT(*) FROM audit", "0");
	folder_sql(p->folder->db, "DROP TRIGGER no");
	recover_whole(p);
	assert_asks(p, "SELECT group_concat(status) FROM certificate", "revoked,revoked");
}

static void a_damaged_journal_recovers_nothing(void **state)
{
	struct place *p = *state;
	struct errbuf why = {""};
	issued(p, '1', NULL);
	issued(p, '2', NULL);
	struct buf text = BUF_INIT(65536);
	assert_ok(file_read(p->journal, &text, NULL));
	for (size_t at = 0; at + 1 < text.len; at += 7) { /* the last line feed may be torn off */
		uint8_t was = text.data[at];
		text.data[at] ^= 1;
		int fd = open(p->journal, O_WRONLY | O_TRUNC | O_CLOEXEC);
		assert_ok(file_write_all(fd, text.data, text.len));
		close(fd);
		text.data[at] = was;
		recovery_clear(&p->r);
		if (recovery_plan(&p->r, &p->books, NOW, &why) == ERR_OK)
			fail_msg("byte %zu changed, and nothing was said", at);
	}
	buf_free(&text);
}

/* Ten thousand certificates, in the order of their serials: the tree must not become a list. */
static void a_long_journal_is_read_in_good_time(void **state)
{
	enum { MANY = 10000 };
	struct place *p = *state;
	struct buf text = BUF_INIT(1 << 24);
	struct history h;
	struct journal_line l = {.node = "n1", .op = "intent", .issuer = "ca", .at = NOW};
	char check[JOURNAL_CHECK_SIZE];
	memcpy(check, journal_check_none, sizeof check);
	for (int i = 1; i <= MANY; i++) {
		l.sequence = i;
		snprintf(l.serial, sizeof l.serial, "%040d", i);
		assert_ok(journal_line_write(&l, check, &text));
		memcpy(check, l.check, sizeof check);
	}
	int fd = open(p->journal, O_RDWR | O_TRUNC | O_CLOEXEC);
	assert_ok(file_write_all(fd, text.data, text.len));
	assert_ok(history_read(fd, &h, NULL));
	int n = 0;
	for (struct history_entry *e = h.first; e; e = e->next)
		n++;
	assert_int_equal(n, MANY);
	history_free(&h);
	close(fd);
	buf_free(&text);
}

#define placed(test) cmocka_unit_test_setup_teardown(test, open_place, close_place)

int main(void)
{
	const struct CMUnitTest tests[] = {
		placed(an_empty_journal_has_nothing_to_say),
		placed(a_database_that_is_not_old_is_left_alone),
		placed(a_certificate_that_the_database_lacks_is_revoked_and_names_its_order),
		placed(a_lost_certificate_that_the_journal_has_revoked_keeps_its_reason_and_time),
		cmocka_unit_test(every_standing_of_the_journal_comes_to_hold_in_the_database),
		placed(a_revocation_has_the_journals_time_and_ends_the_delivery),
		cmocka_unit_test(an_order_whose_certificate_is_lost_is_cancelled_in_every_state_before_use),
		placed(an_orphan_that_nobody_got_is_put_back_and_its_order_goes_on),
		placed(an_open_intent_is_the_daemons_to_settle),
		placed(lost_audit_records_alone_are_an_old_database_too),
		cmocka_unit_test(a_run_that_is_cut_off_is_ended_by_the_next),
		placed(a_commit_that_fails_leaves_the_database_as_it_was),
		placed(a_damaged_journal_recovers_nothing),
		placed(a_long_journal_is_read_in_good_time),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

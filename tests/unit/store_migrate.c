/* Databases of earlier versions, brought up to this one. */
#include "tests/unit/ca_fixture.h"

#include "base/encode.h"
#include "base/embed.h"
#include "tests/support/store_folder.h"

EMBED_TEXT(schema_12_sql, "tests/support/schema_12.sql");

/* A client and its contact, for whom orders are. */
#define PARENTS                                                                                                        \
	"INSERT INTO organisation VALUES ('g', 'g', 'G', 1); INSERT INTO service VALUES ('s', 'g', 's', 'S', 1);"      \
	"INSERT INTO client VALUES ('c', 's', 'c', 'C', 1); INSERT INTO contact (id, organisation_id, name, email, mobile, may_order,"  \
	" may_receive, created_at, changed_at) VALUES ('k', 'g', 'K', 'k@g.example', '+4712345678', 1, 1, 1, 1);"

/* As the file of version 12 was, and then further back. */
static void go_back(const struct folder *f, const char *sql)
{
	folder_sql(f->db, schema_12_sql);
	folder_sql(f->db, sql);
}

/* What version 4 had not. */
#define WITHOUT_RECEIPTS                                                                                               \
	"DROP TABLE attempt; DROP INDEX message_dead; DROP INDEX message_lost;"                                         \
	"ALTER TABLE message DROP COLUMN delivered_at; ALTER TABLE message DROP COLUMN failed_at;"                  \
	"ALTER TABLE message DROP COLUMN receipt;"
/* What version 5 had not. */
#define WITHOUT_LANGUAGES WITHOUT_LINKS "ALTER TABLE contact DROP COLUMN language;"
/* What version 6 had not. */
#define WITHOUT_LINKS WITHOUT_NOTICES "DROP INDEX orders_link; DROP INDEX orders_claim;"
/* What version 7 had not. */
#define WITHOUT_NOTICES WITHOUT_SERVED "ALTER TABLE staff DROP COLUMN email; ALTER TABLE contact DROP COLUMN moved_at;"
/* What version 8 had not. */
#define WITHOUT_SERVED WITHOUT_REPLACES "ALTER TABLE orders DROP COLUMN served;"

/* What version 9 had not. */
#define WITHOUT_REPLACES WITHOUT_MOVED "DROP INDEX orders_replaces; ALTER TABLE orders DROP COLUMN replaces;"

/* What version 10 had not. */
#define WITHOUT_MOVED WITHOUT_ADDRESSES "DROP TABLE moved;"

/* What version 11 had not, or not always. */
#define WITHOUT_ADDRESSES "DROP INDEX contact_email; DROP INDEX message_kind_due;"

/* As it was before keys were known again: their hashes are taken from the certificates, where there are any. */
static void version_1_learns_the_keys_of_its_certificates(void **state)
{
	struct folder *f = *state;
	struct pki pki;
	struct buf der = BUF_INIT(16384), sql = BUF_INIT(65536);
	EVP_PKEY *key = NULL;
	uint8_t hash[KEY_HASH_BYTES];
	char text[2 * KEY_HASH_BYTES + 1];
	struct store *s = NULL;
	struct errbuf why = {""};
	pki_new(&pki, NOW);
	assert_ok(key_generate(KEY_P256, &key));
	issue_der(&pki.issuing, PROFILE_CLIENT, key, &der);
	store_close(f->store);
	f->store = NULL;
	buf_text(&sql, WITHOUT_LANGUAGES WITHOUT_RECEIPTS "DROP INDEX certificate_key; ALTER TABLE certificate DROP COLUMN key_hash;"
		       "ALTER TABLE certificate DROP COLUMN request_hash; UPDATE meta SET value = '1' WHERE name = 'schema_version';");
	for (int i = 0; i < 2; i++) {
		buf_format(&sql, "INSERT INTO certificate (serial, issuer, kind, fingerprint, subject, not_before, not_after, der,"
				 " status, created_at) VALUES ('%d', 'ca', 'orphan', X'0%d', '', 1, 2, X'", i, i);
		for (size_t b = 0; i == 0 && b < der.len; b++)
			buf_format(&sql, "%02x", der.data[b]);
		buf_text(&sql, "', 'revoked', 1);");
	}
	go_back(f, buf_string(&sql));
	if (store_open(f->db, STORE_OPEN, &s, &why) != ERR_OK)
		fail_msg("%s", why.text);
	assert_ok(key_hash(key, hash));
	hex_encode(hash, sizeof hash, text);
	buf_clear(&sql);
	buf_format(&sql, "CREATE TABLE wanted (n INTEGER CHECK (n = 1)); INSERT INTO wanted SELECT COUNT(*) FROM certificate WHERE"
			 " serial = '0' AND key_hash = X'%s'; INSERT INTO wanted SELECT COUNT(*) FROM certificate WHERE"
			 " serial = '1' AND key_hash IS NULL", text);
	folder_sql(f->db, buf_string(&sql));
	store_close(s);
	EVP_PKEY_free(key);
	pki_clear(&pki);
	buf_free(&der);
	buf_free(&sql);
}

/* The list of a million is made from the index alone, in the order in which it stands there. */
static void version_2_gets_an_index_from_which_lists_are_made(void **state)
{
	struct folder *f = *state;
	struct store *s = NULL;
	struct errbuf why = {""};
	sqlite3 *db = NULL;
	sqlite3_stmt *q = NULL;
	store_close(f->store);
	f->store = NULL;
	go_back(f, WITHOUT_LANGUAGES WITHOUT_RECEIPTS "DROP INDEX certificate_revoked; UPDATE meta SET value = '2' WHERE name = 'schema_version';"
			  "CREATE INDEX certificate_revoked ON certificate (issuer, serial) WHERE status <> 'valid'");
	if (store_open(f->db, STORE_OPEN, &s, &why) != ERR_OK)
		fail_msg("%s", why.text);
	store_close(s);
	assert_int_equal(sqlite3_open(f->db, &db), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db, "EXPLAIN QUERY PLAN SELECT serial, COALESCE(revoked_at, created_at), CASE status"
					       " WHEN 'held' THEN 6 ELSE COALESCE(reason, 0) END, compromised_at FROM certificate WHERE"
					       " issuer = ?1 AND status <> 'valid' AND not_after > ?2 ORDER BY serial", -1, &q, NULL),
			 SQLITE_OK);
	assert_int_equal(sqlite3_step(q), SQLITE_ROW);
	assert_string_equal(sqlite3_column_text(q, 3), "SEARCH certificate USING COVERING INDEX certificate_revoked (issuer=?)");
	assert_int_equal(sqlite3_step(q), SQLITE_DONE); /* nothing is sorted */
	sqlite3_finalize(q);
	sqlite3_close(db);
}

/* A serial is looked up by itself: then no other of our CAs may have it. */
static void version_3_has_no_serial_twice_from_then_on(void **state)
{
	static const char add[] = "INSERT INTO certificate (serial, issuer, kind, fingerprint, subject, not_before, not_after, der, status,"
				  " created_at) VALUES ('1', '%s', 'orphan', X'%s', '', 1, 2, X'', 'revoked', 1)";
	struct folder *f = *state;
	struct store *s = NULL;
	struct errbuf why = {""};
	sqlite3 *db = NULL;
	char sql[256];
	store_close(f->store);
	f->store = NULL;
	go_back(f, WITHOUT_LANGUAGES WITHOUT_RECEIPTS "DROP INDEX certificate_serial; CREATE INDEX certificate_serial ON certificate (serial);"
			  "DROP INDEX certificate_expiry; CREATE INDEX certificate_expiry ON certificate (not_after);"
			  "UPDATE meta SET value = '3' WHERE name = 'schema_version'");
	snprintf(sql, sizeof sql, add, "one", "01");
	folder_sql(f->db, sql);
	if (store_open(f->db, STORE_OPEN, &s, &why) != ERR_OK)
		fail_msg("%s", why.text);
	store_close(s);
	assert_int_equal(sqlite3_open(f->db, &db), SQLITE_OK);
	snprintf(sql, sizeof sql, add, "another", "02");
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_CONSTRAINT);
	sqlite3_stmt *q = NULL;
	assert_int_equal(sqlite3_prepare_v2(db, "EXPLAIN QUERY PLAN SELECT COALESCE(MAX(not_after), 0) FROM certificate WHERE issuer = ?1", -1,
					       &q, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(q), SQLITE_ROW);
	assert_string_equal(sqlite3_column_text(q, 3), "SEARCH certificate USING COVERING INDEX certificate_expiry (issuer=?)");
	sqlite3_finalize(q);
	sqlite3_close(db);
}

static enum err count_attempts(void *ctx, const struct row *r)
{
	*(int64_t *)ctx = row_integer(r, 0);
	return ERR_OK;
}

static void version_4_learns_of_attempts_and_receipts(void **state)
{
	struct folder *f = *state;
	struct store *s = NULL;
	struct errbuf why = {""};
	int64_t attempts = -1;
	store_close(f->store);
	f->store = NULL;
	go_back(f, WITHOUT_LANGUAGES WITHOUT_RECEIPTS "UPDATE meta SET value = '4' WHERE name = 'schema_version';"
			  "INSERT INTO message (id, kind, channel, state, created_at, due_at, drop_after, attempts)"
			  " VALUES ('m', 'code', 'sms', 'sent', 1, 1, 1, 1)");
	if (store_open(f->db, STORE_OPEN, &s, &why) != ERR_OK)
		fail_msg("%s", why.text);
	assert_ok(store_one(s, STATEMENT_ATTEMPT_DAY, STORE_VALUES(value_null(), value_text("sms"), value_integer(0)),
			    count_attempts, &attempts));
	assert_int_equal(attempts, 0);
	store_close(s);
	folder_sql(f->db, "UPDATE message SET delivered_at = 5, failed_at = NULL, receipt = 'x'");
}

static void version_5_has_contacts_without_a_language(void **state)
{
	struct folder *f = *state;
	struct store *s = NULL;
	struct errbuf why = {""};
	store_close(f->store);
	f->store = NULL;
	go_back(f, WITHOUT_LANGUAGES "UPDATE meta SET value = '5' WHERE name = 'schema_version';"
			  "INSERT INTO organisation VALUES ('g', 'acme', 'Acme', 1);"
			  "INSERT INTO contact VALUES ('k', 'g', 'Ann', 'ann@acme.example', '+41790000001', 1, 1, 1, 1)");
	if (store_open(f->db, STORE_OPEN, &s, &why) != ERR_OK)
		fail_msg("%s", why.text);
	folder_sql(f->db, "CREATE TABLE wanted (n INTEGER CHECK (n = 1)); INSERT INTO wanted SELECT COUNT(*) FROM contact"
			  " WHERE language = ''");
	store_close(s);
}

static void version_6_gets_the_indexes_of_links(void **state)
{
	struct folder *f = *state;
	struct store *s = NULL;
	struct errbuf why = {""};
	store_close(f->store);
	f->store = NULL;
	go_back(f, WITHOUT_LINKS "UPDATE meta SET value = '6' WHERE name = 'schema_version'");
	if (store_open(f->db, STORE_OPEN, &s, &why) != ERR_OK)
		fail_msg("%s", why.text);
	enum err rc = store_one(s, STATEMENT_ORDER_BY_LINK,
				STORE_VALUES(value_blob("l", 1), value_integer(1), value_integer(1), value_blob("c", 1),
					     value_integer(1)),
				count_attempts, NULL);
	assert_int_equal(rc, ERR_NOT_FOUND);
	store_close(s);
}

static void version_7_has_staff_without_an_address_and_contacts_that_never_moved(void **state)
{
	struct folder *f = *state;
	struct store *s = NULL;
	struct errbuf why = {""};
	store_close(f->store);
	f->store = NULL;
	go_back(f, WITHOUT_NOTICES "UPDATE meta SET value = '7' WHERE name = 'schema_version';"
			  "INSERT INTO staff VALUES ('p', 'Ola', 'administrator', 'active', 1);"
			  "INSERT INTO organisation VALUES ('g', 'acme', 'Acme', 1);"
			  "INSERT INTO contact VALUES ('k', 'g', 'Ann', 'ann@acme.example', '+41790000001', 1, 1, 1, 1, '')");
	if (store_open(f->db, STORE_OPEN, &s, &why) != ERR_OK)
		fail_msg("%s", why.text);
	assert_ok(store_begin(s));
	assert_ok(store_exec_one(s, STATEMENT_STAFF_ADD,
				 STORE_VALUES(value_text("q"), value_text("Ada"), value_text("support"), value_integer(1),
					      value_text("ada@example.com"), value_null(), value_text(""), value_null())));
	assert_ok(store_commit(s));
	folder_sql(f->db, "CREATE TABLE wanted (n INTEGER CHECK (n = 1)); INSERT INTO wanted SELECT COUNT(*) FROM staff"
			  " WHERE email IS NULL; INSERT INTO wanted SELECT COUNT(*) FROM contact WHERE moved_at IS NULL");
	store_close(s);
}

/* A claim that has been served at the moment of the change may acknowledge either encoding, as before. */
static void version_8_takes_what_was_served_for_either_encoding(void **state)
{
	struct folder *f = *state;
	struct store *s = NULL;
	struct errbuf why = {""};
	store_close(f->store);
	f->store = NULL;
	go_back(f, WITHOUT_SERVED "UPDATE meta SET value = '8' WHERE name = 'schema_version';" PARENTS
			  "INSERT INTO orders (id, client_id, contact_id, state, state_at, facts, ticket, profile, key_type, note,"
			  " ordered_by, created_at, served_at) VALUES ('a', 'c', 'k', 'collecting', 1, '', X'00', '', '', '', '', 1, 1),"
			  " ('b', 'c', 'k', 'collecting', 1, '', X'00', '', '', '', '', 1, NULL)");
	if (store_open(f->db, STORE_OPEN, &s, &why) != ERR_OK)
		fail_msg("%s", why.text);
	folder_sql(f->db, "CREATE TABLE wanted (n INTEGER CHECK (n = 1)); INSERT INTO wanted SELECT served = 3 FROM orders WHERE id = 'a';"
			  "INSERT INTO wanted SELECT served = 0 FROM orders WHERE id = 'b'");
	store_close(s);
}

/* No order of before replaces another; from then on one at most replaces each. */
static void version_9_has_orders_that_replace_none(void **state)
{
	struct folder *f = *state;
	struct store *s = NULL;
	struct errbuf why = {""};
	store_close(f->store);
	f->store = NULL;
	go_back(f, WITHOUT_REPLACES "UPDATE meta SET value = '9' WHERE name = 'schema_version';" PARENTS
			  "INSERT INTO orders (id, client_id, contact_id, state, state_at, facts, ticket, profile, key_type, note,"
			  " ordered_by, created_at) VALUES ('a', 'c', 'k', 'in_use', 1, '', X'00', '', '', '', '', 1)");
	if (store_open(f->db, STORE_OPEN, &s, &why) != ERR_OK)
		fail_msg("%s", why.text);
	folder_sql(f->db, "CREATE TABLE wanted (n INTEGER CHECK (n = 1)); INSERT INTO wanted SELECT replaces IS NULL FROM orders;"
			  "INSERT INTO orders (id, client_id, contact_id, state, state_at, facts, ticket, profile, key_type, note,"
			  " ordered_by, created_at, replaces) VALUES ('b', 'c', 'k', 'offered', 1, '', X'00', '', '', '', '', 1, 'a');"
			  "INSERT OR IGNORE INTO orders (id, client_id, contact_id, state, state_at, facts, ticket, profile, key_type,"
			  " note, ordered_by, created_at, replaces) VALUES ('d', 'c', 'k', 'offered', 1, '', X'00', '', '', '', '', 1, 'a');"
			  "INSERT INTO wanted SELECT COUNT(*) FROM orders WHERE replaces = 'a'");
	store_close(s);
}

static void version_10_knows_of_no_earlier_address(void **state)
{
	struct folder *f = *state;
	struct store *s = NULL;
	struct errbuf why = {""};
	store_close(f->store);
	f->store = NULL;
	go_back(f, WITHOUT_MOVED "UPDATE meta SET value = '10' WHERE name = 'schema_version'");
	if (store_open(f->db, STORE_OPEN, &s, &why) != ERR_OK)
		fail_msg("%s", why.text);
	folder_sql(f->db, "CREATE TABLE wanted (n INTEGER CHECK (n = 0)); INSERT INTO wanted SELECT COUNT(*) FROM moved;"
			  "INSERT INTO wanted SELECT COUNT(*) - 3 FROM sqlite_schema WHERE tbl_name = 'moved' AND type = 'index'");
	store_close(s);
}

/* What is known of orders and certificates by their client is written beside them; and nobody loses a row. */
static void version_12_keeps_its_rows_and_learns_whose_they_are(void **state)
{
	struct folder *f = *state;
	struct store *s = NULL;
	struct errbuf why = {""};
	store_close(f->store);
	f->store = NULL;
	go_back(f, PARENTS
		"INSERT INTO staff VALUES ('p', 'Ola', 'administrator', 'active', 1, 'ola@g.example');"
		"INSERT INTO orders (id, client_id, contact_id, state, state_at, facts, ticket, profile, key_type, note, ordered_by,"
		" created_at, replaces) VALUES ('a', 'c', 'k', 'in_use', 1, '{}', X'07', '', '', '', 'p', 1, NULL),"
		" ('b', 'c', 'k', 'offered', 1, '', X'00', '', '', '', 'p', 1, 'a');"
		"INSERT INTO message (id, order_id, kind, channel, state, created_at, due_at, drop_after, attempts)"
		" VALUES ('m', 'a', 'link', 'mail', 'sent', 1, 1, 1, 1);"
		"INSERT INTO certificate (serial, issuer, kind, order_id, client_id, fingerprint, subject, not_before, not_after, der,"
		" status, created_at) VALUES ('1', 'ca', 'client', 'a', 'c', X'01', '', 1, 2, X'', 'valid', 1);"
		"INSERT INTO client VALUES ('d', 's', 'd', 'D', 1), ('e', 's', 'e', 'E', 1);"
		"INSERT INTO certificate (serial, issuer, kind, client_id, fingerprint, subject, not_before, not_after, der, status, created_at)"
		" SELECT n, 'ca', 'client', 'd', CAST('f' || n AS BLOB), '', 1, unixepoch() + 9, X'', CASE n WHEN 2 THEN 'held' ELSE 'valid' END, 1"
		" FROM (SELECT 2 AS n UNION SELECT 3) UNION SELECT n, 'ca', 'client', 'e', CAST('f' || n AS BLOB), '', 1,"
		" unixepoch() + CASE n WHEN 4 THEN 9 ELSE -9 END, X'', CASE n WHEN 6 THEN 'revoked' ELSE 'valid' END, 1"
		" FROM (SELECT 4 AS n UNION SELECT 5 UNION SELECT 6);");
	if (store_open(f->db, STORE_OPEN, &s, &why) != ERR_OK)
		fail_msg("%s", why.text);
	store_close(s);
	folder_sql(f->db, "PRAGMA foreign_keys = ON; CREATE TABLE wanted (n INTEGER CHECK (n = 1));"
			  "INSERT INTO wanted SELECT email = 'ola@g.example' AND version = 1 FROM staff;"
			  "INSERT INTO wanted SELECT organisation_id = 'g' AND kind = 'new' AND ticket = X'07' FROM orders WHERE id = 'a';"
			  "INSERT INTO wanted SELECT kind = 'reissue' AND replaces = 'a' FROM orders WHERE id = 'b';"
			  "INSERT INTO wanted SELECT organisation_id = 'g' FROM certificate;"
			  "INSERT INTO wanted SELECT several = (id = 'd') FROM client;" /* it has two that live */
			  "INSERT INTO wanted SELECT COUNT(*) FROM message m JOIN orders o ON o.id = m.order_id;"
			  "INSERT INTO wanted SELECT COUNT(*) = 0 FROM pragma_foreign_key_check;"
			  "INSERT INTO approval VALUES ('b', 'p', X'00', 1); UPDATE staff SET role = 'approver'");
}

/* Such a database was never written by us: it is not brought up, and its copy and itself stay as they are. */
static void a_row_that_names_another_that_is_not_there_stops_the_change(void **state)
{
	struct folder *f = *state;
	struct store *s = NULL;
	struct errbuf why = {""};
	store_close(f->store);
	f->store = NULL;
	go_back(f, "INSERT INTO service VALUES ('s', 'nobody', 's', 'S', 1)");
	assert_int_equal(store_open(f->db, STORE_OPEN, &s, &why), ERR_CORRUPT);
	assert_null(s);
	assert_non_null(strstr(why.text, "1 rows of this database name others"));
	folder_sql(f->db, "CREATE TABLE wanted (n INTEGER CHECK (n = 1)); INSERT INTO wanted SELECT value = '12' FROM meta WHERE name ="
			  " 'schema_version'; INSERT INTO staff VALUES ('p', 'Ola', 'administrator', 'active', 1, NULL)");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(version_1_learns_the_keys_of_its_certificates, folder_open, folder_close),
		cmocka_unit_test_setup_teardown(version_2_gets_an_index_from_which_lists_are_made, folder_open, folder_close),
		cmocka_unit_test_setup_teardown(version_3_has_no_serial_twice_from_then_on, folder_open, folder_close),
		cmocka_unit_test_setup_teardown(version_4_learns_of_attempts_and_receipts, folder_open, folder_close),
		cmocka_unit_test_setup_teardown(version_5_has_contacts_without_a_language, folder_open, folder_close),
		cmocka_unit_test_setup_teardown(version_6_gets_the_indexes_of_links, folder_open, folder_close),
		cmocka_unit_test_setup_teardown(version_7_has_staff_without_an_address_and_contacts_that_never_moved, folder_open,
						folder_close),
		cmocka_unit_test_setup_teardown(version_9_has_orders_that_replace_none, folder_open, folder_close),
		cmocka_unit_test_setup_teardown(version_10_knows_of_no_earlier_address, folder_open, folder_close),
		cmocka_unit_test_setup_teardown(version_8_takes_what_was_served_for_either_encoding, folder_open, folder_close),
		cmocka_unit_test_setup_teardown(version_12_keeps_its_rows_and_learns_whose_they_are, folder_open, folder_close),
		cmocka_unit_test_setup_teardown(a_row_that_names_another_that_is_not_there_stops_the_change, folder_open, folder_close),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The chain: whatever is done to a record afterwards, verify names it. */
#include "issuer/store/audit.h"
#include "base/encode.h"
#include "tests/support/store_folder.h"

#include <openssl/sha.h>
#include <string.h>

enum { RECORDS = 12 };

static const struct actor clerk = {.id = "clerk", .role = "daemon", .request = "r1"};

static void append(struct store *s, const char *object, const char *why, uint8_t head[AUDIT_HASH_BYTES])
{
	const struct audit_event event = {.what = "order.offered", .object = object, .why = why};
	assert_int_equal(store_begin(s), ERR_OK);
	assert_int_equal(audit_append(s, &clerk, &event, 1795312418, head), ERR_OK);
	assert_int_equal(store_commit(s), ERR_OK);
}

static int chain_open(void **state)
{
	folder_open(state);
	struct folder *f = *state;
	for (int i = 1; i <= RECORDS; i++) {
		char object[16];
		snprintf(object, sizeof object, "order%d", i);
		append(f->store, object, i % 2 ? NULL : "because", NULL);
	}
	return 0;
}

static enum err verify(struct folder *f, struct errbuf *why)
{
	int64_t records = 0;
	uint8_t head[AUDIT_HASH_BYTES];
	*why = (struct errbuf){0};
	return audit_verify(f->store, &records, head, why);
}

/* Do it, require a refusal that names the record, and put it back. */
static void tamper(struct folder *f, const char *sql, int named)
{
	struct errbuf why;
	char wanted[40];
	folder_sql(f->db, "DROP TABLE IF EXISTS kept; CREATE TABLE kept AS SELECT * FROM audit");
	folder_sql(f->db, sql);
	snprintf(wanted, sizeof wanted, "audit record %d ", named);
	if (verify(f, &why) != ERR_CORRUPT || strncmp(why.text, wanted, strlen(wanted)) != 0)
		fail_msg("%s\n  gave: '%s', wanted '%s...'", sql, why.text, wanted);
	folder_sql(f->db, "DELETE FROM audit; INSERT INTO audit SELECT * FROM kept");
	assert_int_equal(verify(f, &why), ERR_OK);
}

static void a_chain_verifies_and_gives_its_head(void **state)
{
	struct folder *f = *state;
	int64_t records = 0, sequence = 0;
	uint8_t verified[AUDIT_HASH_BYTES], newest[AUDIT_HASH_BYTES], appended[AUDIT_HASH_BYTES];
	append(f->store, "last", NULL, appended);
	assert_int_equal(audit_verify(f->store, &records, verified, NULL), ERR_OK);
	assert_int_equal(audit_head(f->store, &sequence, newest), ERR_OK);
	assert_int_equal(records, RECORDS + 1);
	assert_int_equal(sequence, RECORDS + 1);
	assert_memory_equal(verified, newest, sizeof newest);
	assert_memory_equal(appended, newest, sizeof newest);
}

static void an_empty_chain_has_a_head_of_zeros(void **state)
{
	struct folder *f = *state;
	static const uint8_t zeros[AUDIT_HASH_BYTES];
	int64_t records = 1, sequence = 1;
	uint8_t head[AUDIT_HASH_BYTES];
	assert_int_equal(audit_verify(f->store, &records, head, NULL), ERR_OK);
	assert_int_equal(records, 0);
	assert_memory_equal(head, zeros, sizeof zeros);
	assert_int_equal(audit_head(f->store, &sequence, head), ERR_OK);
	assert_int_equal(sequence, 0);
	assert_memory_equal(head, zeros, sizeof zeros);
}

static enum err keep_record(void *ctx, const struct row *r)
{
	snprintf(ctx, 512, "%s", row_text(r, 1));
	return ERR_OK;
}

static void a_record_is_canonical_json(void **state)
{
	struct folder *f = *state;
	char record[512];
	const struct audit_event event = {.what = "certificate.revoked", .object = "4f", .why = "lost\n\"phone\""};
	assert_int_equal(store_begin(f->store), ERR_OK);
	assert_int_equal(audit_append(f->store, &clerk, &event, 1795312418, NULL), ERR_OK);
	assert_int_equal(store_commit(f->store), ERR_OK);
	assert_int_equal(store_one(f->store, STATEMENT_AUDIT_LIST,
				   STORE_VALUES(value_integer(0), value_integer(1)), keep_record, record), ERR_OK);
	assert_string_equal(record,
			    "{\"at\":\"2026-11-22T01:53:38Z\",\"detail\":null,\"object\":\"4f\",\"previous\":"
			    "\"0000000000000000000000000000000000000000000000000000000000000000\",\"request\":\"r1\","
			    "\"role\":\"daemon\",\"sequence\":1,\"what\":\"certificate.revoked\",\"who\":\"clerk\","
			    "\"why\":\"lost\\n\\\"phone\\\"\"}");
}

static void text_that_is_no_utf8_never_enters(void **state)
{
	struct folder *f = *state;
	const struct audit_event event = {.what = "order.offered", .object = "x", .why = "\xff"};
	assert_int_equal(store_begin(f->store), ERR_OK);
	assert_int_equal(audit_append(f->store, &clerk, &event, 1, NULL), ERR_INVALID);
	store_rollback(f->store);
}

static void one_changed_byte_is_named(void **state)
{
	struct folder *f = *state;
	char sql[512];
	for (int i = 1; i <= RECORDS; i++)
		for (int at = 1; at < 200; at += 37) {
			snprintf(sql, sizeof sql,
				 "UPDATE audit SET record = substr(record, 1, %d - 1) || char(unicode(substr(record, %d, 1)) + 1)"
				 " || substr(record, %d + 1) WHERE sequence = %d", at, at, at, i);
			tamper(f, sql, i);
		}
}

static void a_flipped_bit_of_a_hash_is_named(void **state)
{
	struct folder *f = *state;
	char sql[256];
	for (int i = 1; i <= RECORDS; i++) {
		snprintf(sql, sizeof sql,
			 "UPDATE audit SET hash = (SELECT hash FROM audit WHERE sequence = %d) WHERE sequence = %d",
			 i % RECORDS + 1, i);
		tamper(f, sql, i);
	}
}

static void a_dropped_record_is_named(void **state)
{
	struct folder *f = *state;
	char sql[256];
	for (int i = 1; i < RECORDS; i++) {
		snprintf(sql, sizeof sql, "DELETE FROM audit WHERE sequence = %d", i);
		tamper(f, sql, i);
		snprintf(sql, sizeof sql, /* and the gap closed */
			 "DELETE FROM audit WHERE sequence = %d; UPDATE audit SET sequence = -sequence + 1 WHERE sequence > %d;"
			 "UPDATE audit SET sequence = -sequence WHERE sequence < 0", i, i);
		tamper(f, sql, i);
	}
}

static void the_last_record_dropped_shows_in_the_head(void **state)
{
	struct folder *f = *state;
	uint8_t before[AUDIT_HASH_BYTES], after[AUDIT_HASH_BYTES];
	int64_t records = 0;
	assert_int_equal(audit_verify(f->store, &records, before, NULL), ERR_OK);
	folder_sql(f->db, "DELETE FROM audit WHERE sequence = (SELECT MAX(sequence) FROM audit)");
	assert_int_equal(audit_verify(f->store, &records, after, NULL), ERR_OK);
	assert_int_equal(records, RECORDS - 1);
	assert_memory_not_equal(before, after, sizeof before); /* the journal keeps the one before */
}

static void two_records_in_another_order_are_named(void **state)
{
	struct folder *f = *state;
	char sql[512];
	for (int i = 1; i < RECORDS; i++) {
		snprintf(sql, sizeof sql,
			 "UPDATE audit SET sequence = -1 WHERE sequence = %d; UPDATE audit SET sequence = %d WHERE sequence = %d;"
			 "UPDATE audit SET sequence = %d WHERE sequence = -1", i, i, i + 1, i + 1);
		tamper(f, sql, i);
	}
}

static void a_cut_record_is_named(void **state)
{
	struct folder *f = *state;
	char sql[256];
	for (int i = 1; i <= RECORDS; i++)
		for (int len = 0; len < 200; len += 61) {
			snprintf(sql, sizeof sql, "UPDATE audit SET record = substr(record, 1, %d) WHERE sequence = %d", len, i);
			tamper(f, sql, i);
		}
}

static void an_index_that_points_elsewhere_is_named(void **state)
{
	struct folder *f = *state;
	tamper(f, "UPDATE audit SET object = 'order1' WHERE sequence = 3", 3);
	tamper(f, "UPDATE audit SET at = at + 1 WHERE sequence = 4", 4);
}

static void a_forged_record_with_its_own_right_hash_is_named(void **state)
{
	struct folder *f = *state;
	struct errbuf why;
	append(f->store, "forged", NULL, NULL);
	/* the forger puts a well-formed record in the place of the fifth: right hash, wrong chain */
	folder_sql(f->db, "DELETE FROM audit WHERE sequence = 5; UPDATE audit SET sequence = 5 WHERE object = 'forged'");
	assert_int_equal(verify(f, &why), ERR_CORRUPT);
	assert_non_null(strstr(why.text, "audit record 5 "));
}

/* Each record by itself is as it should be, so only the one behind can tell: it names the hash of what stood there. */
static void a_record_rewritten_with_its_hash_breaks_the_one_behind_it(void **state)
{
	struct folder *f = *state;
	char record[512], hex[2 * AUDIT_HASH_BYTES + 1], sql[1024];
	uint8_t hash[AUDIT_HASH_BYTES];
	struct errbuf why;
	assert_int_equal(store_one(f->store, STATEMENT_AUDIT_LIST,
				   STORE_VALUES(value_integer(4), value_integer(1)), keep_record, record), ERR_OK);
	char *who = strstr(record, "\"who\":\"");
	assert_non_null(who);
	who[7] ^= 1; /* another letter: somebody else did it */
	assert_non_null(SHA256((const uint8_t *)record, strlen(record), hash));
	hex_encode(hash, sizeof hash, hex);
	assert_true(snprintf(sql, sizeof sql, "UPDATE audit SET record = '%s', hash = X'%s' WHERE sequence = 5", record, hex) <
		    (int)sizeof sql);
	folder_sql(f->db, sql);
	assert_int_equal(verify(f, &why), ERR_CORRUPT);
	assert_non_null(strstr(why.text, "audit record 6 "));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, chain_open, folder_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_chain_verifies_and_gives_its_head),
		cmocka_unit_test_setup_teardown(an_empty_chain_has_a_head_of_zeros, folder_open, folder_close),
		cmocka_unit_test_setup_teardown(a_record_is_canonical_json, folder_open, folder_close),
		TEST(text_that_is_no_utf8_never_enters),
		TEST(one_changed_byte_is_named),
		TEST(a_flipped_bit_of_a_hash_is_named),
		TEST(a_dropped_record_is_named),
		TEST(the_last_record_dropped_shows_in_the_head),
		TEST(two_records_in_another_order_are_named),
		TEST(a_cut_record_is_named),
		TEST(an_index_that_points_elsewhere_is_named),
		TEST(a_forged_record_with_its_own_right_hash_is_named),
		TEST(a_record_rewritten_with_its_hash_breaks_the_one_behind_it),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

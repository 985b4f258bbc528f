/* The audit chain, checked away from the server: whatever is flipped, dropped, reordered, repeated or cut is found. */
#include "base/encode.h"
#include "client/command/audit.h"
#include "tests/support/test.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RECORDS = 12 };

static char texts[RECORDS + 1][512], hashes[RECORDS + 1][AUDIT_HASH_TEXT];

static void hash(const char *text, char out[AUDIT_HASH_TEXT])
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	assert_int_equal(EVP_Digest(text, strlen(text), digest, NULL, EVP_sha256(), NULL), 1);
	hex_encode(digest, 32, out);
}

static int make_records(void **state)
{
	(void)state;
	memset(hashes[0], '0', AUDIT_HASH_TEXT - 1);
	for (int i = 1; i <= RECORDS; i++) {
		snprintf(texts[i], sizeof texts[i],
			 "{\"at\":%d,\"object\":\"o\",\"previous\":\"%.64s\",\"sequence\":%d,\"what\":\"order.offered\",\"who\":\"s\"}",
			 1700000000 + i, hashes[i - 1], i);
		hash(texts[i], hashes[i]);
	}
	return 0;
}

static json_t *item(int sequence, const char *text, const char *its_hash)
{
	return json_pack("{s:i, s:s, s:s}", "sequence", sequence, "record", text, "hash", its_hash);
}

static json_t *all(void)
{
	json_t *list = json_array();
	for (int i = 1; i <= RECORDS; i++)
		json_array_append_new(list, item(i, texts[i], hashes[i]));
	return list;
}

static enum err verify(const json_t *list, int head, int journal, struct audit_chain *c, struct errbuf *why)
{
	json_t *heads = json_pack("{s:i, s:s, s:s}", "sequence", head, "hash", hashes[head], "journal_head", hashes[journal]);
	enum err e = audit_begin(c, heads, why);
	for (size_t i = 0; !e && i < json_array_size(list); i++)
		e = audit_add(c, json_array_get(list, i), why);
	json_decref(heads);
	return e ? e : audit_end(c, why);
}

static void expect(json_t *list, int head, int journal, enum err want)
{
	struct audit_chain c;
	struct errbuf why = {0};
	enum err e = verify(list, head, journal, &c, &why);
	if (e != want)
		fail_msg("wanted %s, had %s: %s", err_word(want), err_word(e), why.text);
	json_decref(list);
}

static void a_whole_chain_is_whole_wherever_the_journal_stands(void **state)
{
	(void)state;
	for (int journal = 0; journal <= RECORDS; journal++) {
		struct audit_chain c;
		json_t *list = all();
		assert_int_equal(verify(list, RECORDS, journal, &c, NULL), ERR_OK);
		assert_int_equal(c.records, RECORDS);
		assert_int_equal(c.journal_record, journal);
		json_decref(list);
	}
	expect(json_array(), 0, 0, ERR_OK);
	expect(all(), RECORDS - 3, 2, ERR_OK); /* records made after the head was asked for */
}

static void a_flip_anywhere_in_any_record_is_found(void **state)
{
	(void)state;
	for (int i = 1; i <= RECORDS; i++)
		for (size_t at = 0; at < strlen(texts[i]); at++) {
			char text[512];
			snprintf(text, sizeof text, "%s", texts[i]);
			text[at] ^= 1;
			json_t *list = all();
			json_array_set_new(list, (size_t)i - 1, item(i, text, hashes[i]));
			expect(list, RECORDS, 3, ERR_CORRUPT);
		}
}

static void a_record_rewritten_with_its_hash_is_found(void **state)
{
	(void)state;
	for (int i = 1; i < RECORDS; i++) {
		char text[512], its_hash[AUDIT_HASH_TEXT];
		snprintf(text, sizeof text, "%s", texts[i]);
		memcpy(strstr(text, "order.offered"), "order.refused", 13);
		hash(text, its_hash);
		json_t *list = all();
		json_array_set_new(list, (size_t)i - 1, item(i, text, its_hash));
		expect(list, RECORDS, i - 1, ERR_CORRUPT);
	}
}

static void the_newest_record_rewritten_with_its_hash_is_found_by_the_heads(void **state)
{
	(void)state;
	char text[512], its_hash[AUDIT_HASH_TEXT];
	snprintf(text, sizeof text, "%s", texts[RECORDS]);
	memcpy(strstr(text, "order.offered"), "order.refused", 13);
	hash(text, its_hash);
	json_t *list = all();
	json_array_set_new(list, RECORDS - 1, item(RECORDS, text, its_hash));
	expect(list, RECORDS, 0, ERR_CORRUPT);
}

static void records_dropped_repeated_reordered_or_cut_are_found(void **state)
{
	(void)state;
	for (int i = 1; i <= RECORDS; i++) {
		json_t *dropped = all(), *repeated = all(), *swapped = all(), *cut = all();
		json_array_remove(dropped, (size_t)i - 1);
		expect(dropped, RECORDS, 0, ERR_CORRUPT);
		json_array_insert_new(repeated, (size_t)i, item(i, texts[i], hashes[i]));
		expect(repeated, RECORDS, 0, ERR_CORRUPT);
		int j = i == RECORDS ? 1 : i + 1;
		json_array_set_new(swapped, (size_t)i - 1, item(j, texts[j], hashes[j]));
		json_array_set_new(swapped, (size_t)j - 1, item(i, texts[i], hashes[i]));
		expect(swapped, RECORDS, 0, ERR_CORRUPT);
		while (json_array_size(cut) >= (size_t)i)
			json_array_remove(cut, json_array_size(cut) - 1);
		expect(cut, RECORDS, 0, ERR_CORRUPT);
	}
}

static void a_database_put_back_to_an_older_one_is_found_by_the_journal(void **state)
{
	(void)state;
	for (int kept = 0; kept < RECORDS; kept++) {
		json_t *list = all();
		while (json_array_size(list) > (size_t)kept)
			json_array_remove(list, json_array_size(list) - 1);
		expect(list, kept, RECORDS, ERR_CORRUPT); /* the server's own head is as old as its records */
	}
}

static void numbers_and_links_inside_are_compared_with_those_outside(void **state)
{
	(void)state;
	char its_hash[AUDIT_HASH_TEXT], text[512];
	static const char *const inside[] = {
		"{\"previous\":\"%s\",\"sequence\":2}", "{\"previous\":\"%.63s1\",\"sequence\":1}", "{\"sequence\":1,\"x\":\"%s\"}",
		"{\"previous\":\"%s\",\"sequence\":\"1\"}", "[\"%s\"]", "%s",
		"{\"previous\":\"%s\",\"sequence\":1,\"sequence\":1}"};
	for (size_t i = 0; i < sizeof inside / sizeof *inside; i++) {
		memcpy(text, "", 1);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		snprintf(text, sizeof text, inside[i], hashes[0]);
#pragma GCC diagnostic pop
		hash(text, its_hash);
		json_t *list = json_array();
		json_array_append_new(list, item(1, text, its_hash));
		struct audit_chain c;
		json_t *heads = json_pack("{s:i, s:s, s:s}", "sequence", 1, "hash", its_hash, "journal_head", hashes[0]);
		assert_int_equal(audit_begin(&c, heads, NULL), ERR_OK);
		assert_int_equal(audit_add(&c, json_array_get(list, 0), NULL), ERR_CORRUPT);
		json_decref(heads);
		json_decref(list);
	}
}

static void heads_and_items_of_another_shape_are_refused(void **state)
{
	(void)state;
	static const char *const heads[] = {
		"{}", "{\"sequence\":-1,\"hash\":\"%s\",\"journal_head\":\"%s\"}", "{\"sequence\":\"1\",\"hash\":\"%s\",\"journal_head\":\"%s\"}",
		"{\"sequence\":1,\"hash\":\"0\",\"journal_head\":\"%s\"}", "{\"sequence\":1,\"hash\":\"%s\"}"};
	for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) {
		char text[512];
		struct audit_chain c;
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		snprintf(text, sizeof text, heads[i], hashes[0], hashes[0]);
#pragma GCC diagnostic pop
		json_t *head = json_loads(text, 0, NULL);
		assert_non_null(head);
		assert_int_equal(audit_begin(&c, head, NULL), ERR_MALFORMED);
		json_decref(head);
	}
	struct audit_chain c;
	json_t *head = json_pack("{s:i, s:s, s:s}", "sequence", 1, "hash", hashes[1], "journal_head", hashes[0]);
	assert_int_equal(audit_begin(&c, head, NULL), ERR_OK);
	json_decref(head);
	json_t *upper = item(1, texts[1], "ABCDEF0000000000000000000000000000000000000000000000000000000000");
	assert_int_equal(audit_add(&c, upper, NULL), ERR_CORRUPT);
	assert_int_equal(audit_add(&c, NULL, NULL), ERR_CORRUPT);
	json_decref(upper);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_whole_chain_is_whole_wherever_the_journal_stands),
		cmocka_unit_test(a_flip_anywhere_in_any_record_is_found),
		cmocka_unit_test(a_record_rewritten_with_its_hash_is_found),
		cmocka_unit_test(the_newest_record_rewritten_with_its_hash_is_found_by_the_heads),
		cmocka_unit_test(records_dropped_repeated_reordered_or_cut_are_found),
		cmocka_unit_test(a_database_put_back_to_an_older_one_is_found_by_the_journal),
		cmocka_unit_test(numbers_and_links_inside_are_compared_with_those_outside),
		cmocka_unit_test(heads_and_items_of_another_shape_are_refused),
	};
	return cmocka_run_group_tests(tests, make_records, NULL);
}

#include "client/command/audit.h"
#include "base/encode.h"

#include <openssl/evp.h>
#include <stdbool.h>
#include <string.h>

static const char zeros[AUDIT_HASH_TEXT] = "0000000000000000000000000000000000000000000000000000000000000000";

/* 64 lower-case digits into out. */
static bool take_hash(const json_t *object, const char *name, char out[AUDIT_HASH_TEXT])
{
	const char *text = json_string_value(json_object_get(object, name));
	if (!text || strlen(text) != AUDIT_HASH_TEXT - 1 || strspn(text, "0123456789abcdef") != AUDIT_HASH_TEXT - 1)
		return false;
	memcpy(out, text, AUDIT_HASH_TEXT);
	return true;
}

enum err audit_begin(struct audit_chain *c, const json_t *head, struct errbuf *why)
{
	*c = (struct audit_chain){0};
	memcpy(c->hash, zeros, sizeof zeros);
	const json_t *sequence = json_object_get(head, "sequence");
	if (!json_is_integer(sequence) || json_integer_value(sequence) < 0 || !take_hash(head, "hash", c->head) ||
	    !take_hash(head, "journal_head", c->journal))
		return fail(why, ERR_MALFORMED, "the audit head is not {sequence, hash, journal_head}");
	c->head_sequence = json_integer_value(sequence);
	return ERR_OK;
}

static bool hash_text(const json_t *record, char out[AUDIT_HASH_TEXT])
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	if (!EVP_Digest(json_string_value(record), json_string_length(record), digest, NULL, EVP_sha256(), NULL))
		return false;
	hex_encode(digest, 32, out);
	return true;
}

/* What the record says of itself. */
static enum err check_inside(const struct audit_chain *c, const json_t *text, int64_t sequence, struct errbuf *why)
{
	json_t *record = json_loadb(json_string_value(text), json_string_length(text), JSON_REJECT_DUPLICATES, NULL);
	const json_t *number = json_object_get(record, "sequence");
	const char *previous = json_string_value(json_object_get(record, "previous"));
	enum err e = ERR_OK;
	if (!json_is_object(record))
		e = fail(why, ERR_CORRUPT, "record %lld is not JSON", (long long)sequence);
	else if (!json_is_integer(number) || json_integer_value(number) != sequence)
		e = fail(why, ERR_CORRUPT, "record %lld has another number inside", (long long)sequence);
	else if (!previous || strcmp(previous, c->hash) != 0)
		e = fail(why, ERR_CORRUPT, "record %lld does not follow on the record before it", (long long)sequence);
	json_decref(record);
	return e;
}

enum err audit_add(struct audit_chain *c, const json_t *item, struct errbuf *why)
{
	const json_t *number = json_object_get(item, "sequence"), *record = json_object_get(item, "record");
	char told[AUDIT_HASH_TEXT], made[AUDIT_HASH_TEXT];
	const long long want = c->records + 1;
	if (!json_is_integer(number) || !json_is_string(record) || !take_hash(item, "hash", told))
		return fail(why, ERR_CORRUPT, "record %lld cannot be read", want);
	if (json_integer_value(number) != want)
		return fail(why, ERR_CORRUPT, "record %lld is missing: record %lld stands in its place", want,
			    (long long)json_integer_value(number));
	if (!hash_text(record, made))
		return fail(why, ERR_CRYPTO, "SHA-256 failed");
	if (strcmp(told, made) != 0)
		return fail(why, ERR_CORRUPT, "record %lld has been changed: its hash is another", want);
	enum err e = check_inside(c, record, want, why);
	if (e)
		return e;
	if (want == c->head_sequence && strcmp(made, c->head) != 0)
		return fail(why, ERR_CORRUPT, "record %lld is not the one that the server calls its newest", want);
	c->records = want;
	memcpy(c->hash, made, sizeof made);
	if (strcmp(made, c->journal) == 0)
		c->journal_record = want;
	return ERR_OK;
}

enum err audit_end(const struct audit_chain *c, struct errbuf *why)
{
	if (c->records < c->head_sequence)
		return fail(why, ERR_CORRUPT, "records are missing at the end: %lld came, the server counts %lld",
			    (long long)c->records, (long long)c->head_sequence);
	if (c->head_sequence == 0 && strcmp(c->head, zeros) != 0)
		return fail(why, ERR_CORRUPT, "the server names a newest record, but no number of it");
	if (strcmp(c->journal, zeros) != 0 && c->journal_record == 0)
		return fail(why, ERR_CORRUPT, "the head that the signer's journal keeps is none of the %lld records: "
					      "the database is older than the journal, or records were cut off",
			    (long long)c->records);
	return ERR_OK;
}

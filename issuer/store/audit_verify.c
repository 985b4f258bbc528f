/* The chain walked from its beginning: every record must hash to what stands beside it, name the hash of the one
 * before, and agree with the columns that are there only to find it. */
#include "base/clock.h"
#include "base/encode.h"
#include "issuer/store/audit.h"

#include <openssl/sha.h>
#include <string.h>

struct walk {
	int64_t records;
	uint8_t head[AUDIT_HASH_BYTES];
	struct errbuf *why;
};

struct columns {
	int64_t sequence, at;
	const char *record, *object;
	const uint8_t *hash;
	size_t record_len, hash_len;
};

static bool is_text(const json_t *record, const char *member, const char *wanted)
{
	const char *had = json_string_value(json_object_get(record, member));
	return had && wanted && strcmp(had, wanted) == 0;
}

/* What is wrong with it, or NULL. */
static const char *fault_of(const struct walk *w, const struct columns *c, const json_t *record)
{
	char previous[2 * AUDIT_HASH_BYTES + 1], at[CLOCK_TEXT_SIZE];
	hex_encode(w->head, sizeof w->head, previous);
	clock_text(c->at, at);
	if (!json_is_object(record))
		return "is no JSON object";
	if (json_integer_value(json_object_get(record, "sequence")) != c->sequence)
		return "carries another sequence";
	if (!is_text(record, "previous", previous))
		return "does not follow the record before it";
	if (!is_text(record, "object", c->object) || !is_text(record, "at", at))
		return "does not agree with its index";
	return NULL;
}

static const char *hash_fault(const struct columns *c, uint8_t hash[AUDIT_HASH_BYTES])
{
	if (!SHA256((const uint8_t *)c->record, c->record_len, hash))
		return "cannot be hashed";
	return c->hash_len != AUDIT_HASH_BYTES || memcmp(hash, c->hash, AUDIT_HASH_BYTES) != 0
		       ? "does not have the hash that stands beside it"
		       : NULL;
}

static enum err check_record(void *ctx, const struct row *r)
{
	struct walk *w = ctx;
	uint8_t hash[AUDIT_HASH_BYTES] = {0};
	struct columns c = {.sequence = row_integer(r, 0), .at = row_integer(r, 4)};
	c.record = (const char *)row_blob(r, 1, &c.record_len);
	c.hash = row_blob(r, 2, &c.hash_len);
	c.object = row_text(r, 3);
	if (c.sequence != w->records + 1)
		return fail(w->why, ERR_CORRUPT, "audit record %lld is missing", (long long)w->records + 1);
	if (!c.record)
		return fail(w->why, ERR_CORRUPT, "audit record %lld is empty", (long long)c.sequence);
	json_t *record = json_loadb(c.record, c.record_len, JSON_REJECT_DUPLICATES, NULL);
	const char *fault = hash_fault(&c, hash);
	if (!fault)
		fault = fault_of(w, &c, record);
	json_decref(record);
	if (fault)
		return fail(w->why, ERR_CORRUPT, "audit record %lld %s", (long long)c.sequence, fault);
	memcpy(w->head, hash, sizeof hash);
	w->records++;
	return ERR_OK;
}

enum err audit_verify(struct store *s, int64_t *records, uint8_t head[AUDIT_HASH_BYTES], struct errbuf *why)
{
	struct walk w = {.why = why};
	enum err e = store_each(s, STATEMENT_AUDIT_WALK, NULL, 0, check_record, &w);
	*records = w.records;
	memcpy(head, w.head, sizeof w.head);
	return e;
}

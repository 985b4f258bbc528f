#include "issuer/order/row.h"

#include "base/log.h"
#include "delivery/code.h"

#include <string.h>

enum column { /* of ORDER_ROW in sql_order.def */
	ID, STATE, FACTS, TICKET, LINK_UNTIL, CLAIM_HASH, CLAIMED_AT, SERVED_AT, CONTACT, ORDERER, CODE, CODE_TRIES,
	CODE_HANDED_OVER_AT, CODE_SPENT, SERIAL, STATUS, NOT_AFTER, SHA256_MODERN, SHA256_COMPATIBLE, ERASED_AT, PASSWORD,
	CODE_CREATED_AT, SERVED, BY_REQUEST, FINGERPRINT, STAFF, ORGANISATION
};

static enum err copy_text(const struct row *r, int column, char *out, size_t size)
{
	const char *text = row_text(r, column);
	size_t len = text ? strlen(text) : 0;
	if (len >= size)
		return ERR_CORRUPT;
	if (len)
		memcpy(out, text, len);
	out[len] = '\0';
	return ERR_OK;
}

/* NULL leaves the zeros that stand there. */
static enum err copy_hash(const struct row *r, int column, uint8_t *out, size_t size)
{
	size_t len = 0;
	const uint8_t *bytes = row_blob(r, column, &len);
	if (!bytes)
		return ERR_OK;
	if (len != size)
		return ERR_CORRUPT;
	memcpy(out, bytes, len);
	return ERR_OK;
}

#define TEXT(column, member) {column, offsetof(struct order_row, member), sizeof(((struct order_row *)0)->member)}
static const struct {
	int column;
	size_t offset, size;
} texts[] = {
	TEXT(ID, id), TEXT(FACTS, facts), TEXT(CONTACT, contact), TEXT(ORDERER, orderer_name), TEXT(CODE, code),
	TEXT(SERIAL, serial), TEXT(STAFF, staff), TEXT(ORGANISATION, organisation),
}, hashes[] = {
	TEXT(TICKET, ticket), TEXT(CLAIM_HASH, claim_hash), TEXT(SHA256_MODERN, sha256[PACKAGE_MODERN]),
	TEXT(SHA256_COMPATIBLE, sha256[PACKAGE_COMPATIBLE]), TEXT(FINGERPRINT, fingerprint),
};
#undef TEXT

static enum err take_texts(const struct row *r, struct order_row *out)
{
	enum err rc = ERR_OK;
	for (size_t i = 0; rc == ERR_OK && i < sizeof texts / sizeof texts[0]; i++)
		rc = copy_text(r, texts[i].column, (char *)out + texts[i].offset, texts[i].size);
	for (size_t i = 0; rc == ERR_OK && i < sizeof hashes / sizeof hashes[0]; i++)
		rc = copy_hash(r, hashes[i].column, (uint8_t *)out + hashes[i].offset, hashes[i].size);
	out->facts_len = strlen(out->facts);
	return rc;
}

static enum err take_row(void *ctx, const struct row *r)
{
	struct order_row *out = ctx;
	const char *status = row_text(r, STATUS);
	out->link_until = row_integer(r, LINK_UNTIL);
	out->served_at = row_integer(r, SERVED_AT);
	out->served = row_integer(r, SERVED);
	out->claimed = !row_is_null(r, CLAIM_HASH);
	out->code_tries = row_integer(r, CODE_TRIES);
	out->code_created_at = row_integer(r, CODE_CREATED_AT);
	out->code_handed_over_at = row_integer(r, CODE_HANDED_OVER_AT);
	out->code_spent = row_integer(r, CODE_SPENT) != 0;
	out->alive = status && strcmp(status, "revoked") != 0;
	out->not_after = row_integer(r, NOT_AFTER);
	out->erased = !row_is_null(r, ERASED_AT);
	out->by_request = row_integer(r, BY_REQUEST) != 0;
	out->password_rests = row_integer(r, PASSWORD) != 0;
	if (order_state_from_name(row_text(r, STATE), &out->state) != ERR_OK)
		return ERR_CORRUPT;
	return take_texts(r, out);
}

bool row_only_request(const struct order_row *row)
{
	struct order_facts facts;
	return facts_read(row->facts, row->facts_len, &facts, NULL) == ERR_OK &&
	       strcmp(facts.key_type, FACTS_OWN_KEY) == 0;
}

enum err row_hash(const char *text, uint8_t out[HASH_BYTES])
{
	memset(out, 0, HASH_BYTES);
	enum err rc = text ? token_hash(text, strlen(text), out) : ERR_OK;
	return rc == ERR_NOT_FOUND ? ERR_OK : rc;
}

enum err row_by_id(struct desk *d, const char *id, struct order_row *out)
{
	*out = (struct order_row){0};
	struct store *s = readers_take(d->readers);
	enum err rc = store_one(s, STATEMENT_ORDER_BY_ID, STORE_VALUES(value_text(id)), take_row, out);
	readers_give(d->readers, s);
	return rc;
}

enum err row_by_link(struct desk *d, const char *token, const char *claim, int64_t now, struct order_row *out)
{
	uint8_t link_hash[HASH_BYTES], claim_hash[HASH_BYTES];
	*out = (struct order_row){0};
	enum err rc = row_hash(token, link_hash);
	if (rc == ERR_OK)
		rc = row_hash(claim, claim_hash);
	if (rc != ERR_OK)
		return rc;
	struct store *s = readers_take(d->readers);
	rc = store_one(s, STATEMENT_ORDER_BY_LINK,
				STORE_VALUES(value_blob(link_hash, HASH_BYTES), value_integer(now),
					     value_integer(now - d->settings->claim_life), value_blob(claim_hash, HASH_BYTES),
					     value_integer(now - DAY)),
				take_row, out);
	readers_give(d->readers, s);
	if (rc == ERR_OK)
		out->by_claimant = claim && out->claimed && secret_equal_bytes(claim_hash, out->claim_hash, HASH_BYTES);
	return rc;
}

enum err row_by_claim(struct desk *d, const char *token, const char *claim, int64_t now, struct order_row *out,
		      struct errbuf *why)
{
	enum err rc = row_by_link(d, token, claim, now, out);
	if (rc == ERR_OK && !out->by_claimant)
		return fail(why, ERR_REFUSED, "type the one-time code first");
	return rc;
}

enum err row_facts(const struct order_row *row, struct order_facts *out)
{
	struct errbuf why = {{0}};
	enum err rc = facts_read(row->facts, row->facts_len, out, &why);
	if (rc == ERR_OK && strcmp(out->order, row->id) != 0)
		rc = fail(&why, ERR_CORRUPT, "the facts are another order's");
	if (rc == ERR_OK || rc == ERR_MEMORY)
		return rc;
	log_event(LOG_LEVEL_ALARM, "order.facts_damaged", {"order", row->id}, {"why", why.text});
	return ERR_CORRUPT;
}

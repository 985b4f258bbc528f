/* Whoever makes a ticket looks here by itself: an order that others than its orderer were to approve was approved by so
 * many others, and is the very one that they saw. */
#include "issuer/order/facts_approval.h"

#include "base/encode.h"
#include "issuer/store/store.h"

#include <openssl/sha.h>
#include <stdio.h>
#include <string.h>

bool approvers_read(const char *text, struct approvers *out)
{
	*out = (struct approvers){.n = 0};
	for (const char *at = text;;) {
		size_t len = strcspn(at, "+");
		if (out->n == APPROVERS_MOST || len >= sizeof out->of[0])
			return false;
		char *id = out->of[out->n++];
		memcpy(id, at, len);
		if (!id_shape(id) && strcmp(id, "host") != 0)
			return false;
		if (!at[len])
			return true;
		at += len + 1;
	}
}

enum err facts_digest(const struct order_facts *f, uint8_t out[FACTS_DIGEST_BYTES])
{
	struct buf text = BUF_INIT(FACTS_MAX_BYTES + 1);
	enum err e = facts_write_request(f, &text);
	if (e == ERR_OK && !SHA256(text.data, text.len, out))
		e = ERR_CRYPTO;
	buf_free(&text);
	return e;
}

static bool others_approved(const struct order_facts *f)
{
	struct approvers a;
	if (!approvers_read(f->approved_by, &a) || a.n != (size_t)(f->approvals[0] - '0') || !f->ordered_by[0])
		return false;
	for (size_t i = 0; i < a.n; i++)
		if (strcmp(a.of[i], f->ordered_by) == 0 || strcmp(a.of[i], f->staff) == 0 || (i > 0 && strcmp(a.of[i], a.of[0]) == 0))
			return false;
	return true;
}

enum err approval_check(const struct order_facts *f)
{
	uint8_t digest[FACTS_DIGEST_BYTES];
	char text[FACTS_HASH_SIZE];
	if (!f->approvals[0]) /* nobody else was asked: one name, and nothing of the rest */
		return f->ordered_by[0] || f->kind[0] || f->renews[0] || f->due[0] || f->note[0] || f->digest[0] ||
				       strchr(f->approved_by, '+')
			       ? ERR_INVALID
			       : ERR_OK;
	if (!others_approved(f))
		return ERR_INVALID;
	enum err e = facts_digest(f, digest);
	if (e != ERR_OK)
		return e;
	hex_encode(digest, sizeof digest, text);
	return strcmp(text, f->digest) == 0 ? ERR_OK : ERR_INVALID;
}

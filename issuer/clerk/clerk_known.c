/* What the database knows of what the journal knows. The clerk asks in every round, tools on the host before they write:
 * what they add to the journal would make an old database look like the right one. */
#include "issuer/clerk/clerk_reconcile.h"

#include <openssl/sha.h>
#include <stdio.h>
#include <string.h>

static enum err take_certificate(void *ctx, const struct row *r)
{
	struct known *k = ctx;
	snprintf(k->kind, sizeof k->kind, "%s", row_text(r, 0));
	snprintf(k->status, sizeof k->status, "%s", row_text(r, 1));
	snprintf(k->order, sizeof k->order, "%s", row_text(r, 2));
	snprintf(k->issuer, sizeof k->issuer, "%s", row_text(r, 3));
	k->not_after = row_integer(r, 4);
	return ERR_OK;
}

enum err reconcile_find(struct store *s, const char *serial, struct known *out)
{
	*out = (struct known){0};
	return store_one(s, STATEMENT_CLERK_CERTIFICATE, STORE_VALUES(value_text(serial)), take_certificate, out);
}

void reconcile_orphan_fingerprint(const char *serial, uint8_t out[FINGERPRINT_BYTES])
{
	char text[8 + SERIAL_TEXT_SIZE];
	int n = snprintf(text, sizeof text, "orphan%s", serial);
	SHA256((const uint8_t *)text, (size_t)n, out);
}

static enum err take_nothing(void *ctx, const struct row *r)
{
	(void)ctx;
	(void)r;
	return ERR_OK;
}

static enum err knows_head(struct store *s, const uint8_t head[AUDIT_HASH_BYTES])
{
	static const uint8_t none[AUDIT_HASH_BYTES];
	if (memcmp(head, none, sizeof none) == 0)
		return ERR_OK;
	return store_one(s, STATEMENT_CLERK_AUDIT_KNOWS, STORE_VALUES(value_blob(head, AUDIT_HASH_BYTES)), take_nothing, NULL);
}

enum err reconcile_newest(struct store *s, const struct journal_last *last, struct errbuf *why)
{
	struct known known;
	enum err e = last->done_serial[0] ? reconcile_find(s, last->done_serial, &known) : ERR_OK;
	if (e)
		return fail(why, e, "certificate %s is in the journal", last->done_serial);
	e = knows_head(s, last->audit_head);
	if (e)
		return fail(why, e, "the journal knows an audit record that is not there");
	for (int i = 0; !e && i < (int)REVOKED_MOST && last->revoked[i].serial[0]; i++) {
		e = reconcile_find(s, last->revoked[i].serial, &known);
		if (e)
			fail(why, e, "certificate %s is revoked in the journal", last->revoked[i].serial);
	}
	return e;
}

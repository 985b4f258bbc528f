#include "issuer/order/certified.h"

#include "ca/crl.h"

#include <string.h>

struct look {
	const struct certificate_request *request;
	const char *order;
	struct buf *same;
	bool compromised, elsewhere;
};

static enum err take_row(void *ctx, const struct row *r)
{
	struct look *l = ctx;
	size_t hash_len = 0, der_len = 0;
	const uint8_t *hash = row_blob(r, 1, &hash_len), *der = row_blob(r, 4, &der_len);
	bool revoked = strcmp(row_text(r, 2), "revoked") == 0;
	bool ours = strcmp(row_text(r, 0), l->order) == 0 && hash_len == sizeof l->request->hash &&
		    memcmp(hash, l->request->hash, hash_len) == 0;
	l->compromised |= revoked && row_integer(r, 3) == REASON_KEY_COMPROMISE;
	l->elsewhere |= !ours;
	if (ours && !revoked)
		buf_add(l->same, der, der_len);
	return ERR_OK;
}

enum err certified_look(struct store *s, const struct certificate_request *r, const char *order, struct buf *same, struct errbuf *why)
{
	struct look l = {.request = r, .order = order, .same = same};
	enum err rc = store_each(s, STATEMENT_CERTIFICATE_OF_KEY, STORE_VALUES(value_blob(r->key_hash, sizeof r->key_hash)),
				 take_row, &l);
	if (!rc)
		rc = buf_check(same);
	if (!rc && l.compromised)
		rc = fail(why, ERR_INVALID, "this key was reported as compromised: make a new one");
	if (!rc && l.elsewhere)
		rc = fail(why, ERR_INVALID, "this key was certified before: make a new one for each certificate");
	if (rc)
		buf_clear(same);
	return rc;
}

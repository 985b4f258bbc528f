#include "issuer/issuers_missing.h"

#include "base/encode.h"

#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

struct search {
	const struct issuers *all;
	struct issuers_missing *out;
};

/* A certificate says its issuer's key identifier, whose first digits are the name of that CA's files. */
static void read_id(const void *der, size_t len, char out[ISSUER_ID_SIZE])
{
	const uint8_t *at = der;
	X509 *x = der && len ? d2i_X509(NULL, &at, (long)len) : NULL;
	const ASN1_OCTET_STRING *id = x ? X509_get0_authority_key_id(x) : NULL;
	snprintf(out, ISSUER_ID_SIZE, "ID");
	if (id && ASN1_STRING_length(id) >= (ISSUER_ID_SIZE - 1) / 2)
		hex_encode(ASN1_STRING_get0_data(id), (ISSUER_ID_SIZE - 1) / 2, out);
	X509_free(x);
}

static enum err take_living(void *ctx, const struct row *r)
{
	struct search *s = ctx;
	const char *name = row_text(r, 0);
	const struct issuer *here = name ? issuers_named(s->all, name) : NULL;
	s->out->next_has_issued |= here && here->standing == ISSUER_NEXT;
	if (!name || here || s->out->count == ISSUERS_MOST)
		return ERR_OK;
	struct issuer_missing *m = &s->out->at[s->out->count++];
	size_t len = 0;
	const void *der = row_blob(r, 2, &len);
	snprintf(m->name, sizeof m->name, "%s", name);
	m->last = row_integer(r, 1);
	read_id(der, len, m->id);
	return ERR_OK;
}

enum err issuers_missing(struct store *s, const struct issuers *all, int64_t now, struct issuers_missing *out)
{
	struct search search = {all, out};
	*out = (struct issuers_missing){.count = 0};
	return store_each(s, STATEMENT_ISSUERS_LIVING, STORE_VALUES(value_integer(now)), take_living, &search);
}

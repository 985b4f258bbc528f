#include "ca/chain_trust.h"

#include "ca/asn1_time.h"
#include "ca/crypto_why.h"

#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

enum { CERTIFICATE_MAX = 16384 };

struct vouch {
	uint8_t *der;
	int len;
	bool given;
	int64_t from, to; /* when every certificate above is in its time */
};

X509 *chain_decode(const void *der, size_t len)
{
	const uint8_t *at = der;
	if (len == 0 || len > CERTIFICATE_MAX)
		return NULL;
	X509 *x = d2i_X509(NULL, &at, (long)len);
	if (x && at == (const uint8_t *)der + len)
		return x;
	X509_free(x);
	return NULL;
}

static enum err trust_add(struct chain_trust *t, const struct buf *der, bool *anchor, struct errbuf *why)
{
	enum err rc = ERR_MEMORY;
	X509 *x = chain_decode(der->data, der->len);
	if (!x)
		return crypto_why(why, ERR_MALFORMED, "a certificate of the trust list cannot be read");
	if (X509_check_ca(x) != 1) {
		rc = fail(why, ERR_INVALID, "a certificate of the trust list is not a CA's (basicConstraints CA:TRUE)");
		goto out;
	}
	int self_signed = X509_self_signed(x, 1);
	if (self_signed == 1) {
		*anchor = true;
		rc = X509_STORE_add_cert(t->store, x) == 1 ? ERR_OK : ERR_MEMORY;
	} else if (self_signed == 0 && sk_X509_push(t->intermediates, x) > 0) {
		x = NULL;
		rc = ERR_OK;
	} else if (self_signed < 0) {
		rc = crypto_why(why, ERR_MALFORMED, "a certificate of the trust list cannot be read");
	}
out:
	X509_free(x);
	return rc;
}

static enum err trust_fill(struct chain_trust *t, const void *pem, size_t len, struct errbuf *why)
{
	bool anchor = false;
	for (unsigned n = 0;; n++) {
		struct buf der = BUF_INIT(CERTIFICATE_MAX);
		enum err rc = certificate_pem_to_der(pem, len, n, &der);
		bool end = rc == ERR_NOT_FOUND;
		if (rc == ERR_OK)
			rc = trust_add(t, &der, &anchor, why);
		else if (!end)
			rc = fail(why, rc, "certificate %u of the trust list cannot be read", n + 1);
		buf_free(&der);
		if (end)
			break;
		if (rc)
			return rc;
	}
	return anchor ? ERR_OK : fail(why, ERR_INVALID, "the trust list has no self-signed CA certificate");
}

/* For clients and for servers alike, as when it stands in a chain. */
static bool fit_above(X509 *x)
{
	return X509_check_purpose(x, X509_PURPOSE_SSL_CLIENT, 1) == 1 &&
	       X509_check_purpose(x, X509_PURPOSE_SSL_SERVER, 1) == 1;
}

/* How many CAs below it X permits must be permitted by each that is above it. */
static bool lengths_agree(const STACK_OF(X509) *chain)
{
	long below = X509_get_pathlen(sk_X509_value(chain, 0));
	long between = 0;
	for (int i = 1; i < sk_X509_num(chain); i++) {
		long permitted = X509_get_pathlen(sk_X509_value(chain, i));
		between += !(X509_get_extension_flags(sk_X509_value(chain, i - 1)) & EXFLAG_SI);
		if (permitted >= 0 && (below < 0 || between + below > permitted))
			return false;
	}
	return true;
}

/* What a certificate above the first asks of those below it would be lost where a chain ends at the first; of policies, what
 * the first asks too. */
static bool limits_nothing_below(const STACK_OF(X509) *chain)
{
	for (int i = 0; i < sk_X509_num(chain); i++) {
		const X509 *x = sk_X509_value(chain, i);
		if (chain_limits_policies(x) || (i > 0 && X509_get_ext_by_NID(x, NID_name_constraints, -1) >= 0))
			return false;
	}
	return lengths_agree(chain);
}

static bool vouch_read(struct vouch *v, const STACK_OF(X509) *chain)
{
	v->from = 0;
	v->to = ASN1_TIME_LAST;
	for (int i = 0; i < sk_X509_num(chain); i++) {
		int64_t from, to;
		X509 *x = sk_X509_value(chain, i);
		if (asn1_time_read(X509_get0_notBefore(x), &from) || asn1_time_read(X509_get0_notAfter(x), &to) || !fit_above(x))
			return false;
		v->from = from > v->from ? from : v->from;
		v->to = to < v->to ? to : v->to;
	}
	return limits_nothing_below(chain) && chain_strong(chain, NULL) == ERR_OK;
}

/* What does not verify now is not refused: each chain through it will be looked at as a whole. */
static enum err vouch_for(const struct chain_trust *t, X509 *x, struct vouch *v)
{
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	enum err rc = ERR_MEMORY;
	if (!ctx || X509_STORE_CTX_init(ctx, t->store, x, t->intermediates) != 1)
		goto out;
	X509_VERIFY_PARAM *param = X509_STORE_CTX_get0_param(ctx);
	X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_X509_STRICT | X509_V_FLAG_NO_CHECK_TIME);
	X509_VERIFY_PARAM_set_depth(param, CHAIN_DEPTH_MAX);
	X509_VERIFY_PARAM_set_auth_level(param, 2);
	v->given = X509_verify_cert(ctx) == 1 && vouch_read(v, X509_STORE_CTX_get0_chain(ctx));
	v->len = i2d_X509(x, &v->der);
	rc = crypto_why(NULL, v->len > 0 ? ERR_OK : ERR_MEMORY, "");
out:
	X509_STORE_CTX_free(ctx);
	return rc;
}

/* First all are judged, by the roots alone; then those that passed join them. */
static enum err vouch_for_all(struct chain_trust *t)
{
	int n = sk_X509_num(t->intermediates);
	enum err rc = ERR_OK;
	t->vouches = calloc((size_t)n + 1, sizeof *t->vouches);
	if (!t->vouches)
		return ERR_MEMORY;
	for (int i = 0; rc == ERR_OK && i < n; i++)
		rc = vouch_for(t, sk_X509_value(t->intermediates, i), &t->vouches[i]);
	for (int i = 0; rc == ERR_OK && i < n; i++)
		if (t->vouches[i].given && X509_STORE_add_cert(t->store, sk_X509_value(t->intermediates, i)) != 1)
			rc = ERR_MEMORY;
	return rc;
}

enum err chain_trust_new(const void *pem, size_t len, struct chain_trust **out, struct errbuf *why)
{
	struct chain_trust *t = calloc(1, sizeof *t);
	if (!t)
		return ERR_MEMORY;
	t->store = X509_STORE_new();
	t->intermediates = sk_X509_new_null();
	enum err rc = t->store && t->intermediates ? trust_fill(t, pem, len, why) : ERR_MEMORY;
	if (rc == ERR_OK)
		rc = vouch_for_all(t);
	if (rc == ERR_OK) {
		*out = t;
		t = NULL;
	}
	chain_trust_free(t);
	return rc;
}

void chain_trust_free(struct chain_trust *t)
{
	if (!t)
		return;
	for (int i = 0; t->vouches && i < sk_X509_num(t->intermediates); i++)
		OPENSSL_free(t->vouches[i].der);
	free(t->vouches);
	X509_STORE_free(t->store);
	X509_CRL_free(t->root_list);
	sk_X509_pop_free(t->intermediates, X509_free);
	free(t);
}

bool chain_limits_policies(const X509 *x)
{
	static const int by[] = {NID_policy_constraints, NID_policy_mappings, NID_inhibit_any_policy};
	for (size_t i = 0; i < sizeof by / sizeof by[0]; i++)
		if (X509_get_ext_by_NID(x, by[i], -1) >= 0)
			return true;
	return false;
}

bool chain_trust_has(const struct chain_trust *t, const struct der_view *der)
{
	for (int i = 0; i < sk_X509_num(t->intermediates); i++)
		if ((size_t)t->vouches[i].len == der->len && memcmp(t->vouches[i].der, der->bytes, der->len) == 0)
			return true;
	return false;
}

enum err chain_trust_time(const struct chain_trust *t, const STACK_OF(X509) *chain, int64_t now, struct errbuf *why)
{
	int last = sk_X509_num(chain) - 1;
	for (int i = 0; i < sk_X509_num(t->intermediates); i++) {
		const struct vouch *v = &t->vouches[i];
		if (v->given && X509_cmp(sk_X509_value(t->intermediates, i), sk_X509_value(chain, last)) == 0 &&
		    (now < v->from || now >= v->to))
			return fail(why, ERR_EXPIRED, "a certificate above certificate %d of the chain is out of its time",
				    last + 1);
	}
	return ERR_OK;
}

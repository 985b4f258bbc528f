#include "ca/chain_trust.h"

#include "ca/crypto_why.h"

#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>
#include <string.h>

enum { PEER_CERTIFICATES_MAX = 8 };

/* OpenSSL also reads some encodings that are not DER; a certificate must not have two of them, hence two fingerprints. */
static X509 *peer_certificate(const struct der_view *view)
{
	uint8_t *again = NULL;
	X509 *x = chain_decode(view->bytes, view->len);
	int len = x ? i2d_X509(x, &again) : 0;
	bool same = len > 0 && (size_t)len == view->len && memcmp(again, view->bytes, view->len) == 0;
	OPENSSL_free(again);
	if (same)
		return x;
	X509_free(x);
	return NULL;
}

/* What the peer sent after its leaf, and our own intermediates. */
static enum err untrusted_collect(const struct chain_trust *t, const struct chain_asked *asked, STACK_OF(X509) *out,
				  struct errbuf *why)
{
	for (size_t i = 1; i < asked->n; i++) {
		if (chain_trust_has(t, &asked->ders[i]))
			continue;
		X509 *x = peer_certificate(&asked->ders[i]);
		if (!x)
			return crypto_why(why, ERR_MALFORMED, "a certificate sent with the peer's cannot be read");
		if (sk_X509_push(out, x) <= 0) {
			X509_free(x);
			return ERR_MEMORY;
		}
	}
	return X509_add_certs(out, t->intermediates, X509_ADD_FLAG_UP_REF | X509_ADD_FLAG_NO_DUP) == 1 ? ERR_OK
												       : ERR_MEMORY;
}

/* The library takes a leaf without extendedKeyUsage for every purpose; we do not. */
static enum err leaf_check(X509 *leaf, enum chain_purpose purpose, struct errbuf *why)
{
	uint32_t wanted = purpose == CHAIN_SERVER ? XKU_SSL_SERVER : XKU_SSL_CLIENT;
	uint32_t flags = X509_get_extension_flags(leaf);
	if (flags & (EXFLAG_V1 | EXFLAG_INVALID))
		return fail(why, ERR_REFUSED, "the certificate is not version 3, or its extensions cannot be read");
	if (flags & EXFLAG_CA || X509_check_ca(leaf) != 0) /* the latter overlooks CA:TRUE without keyCertSign */
		return fail(why, ERR_REFUSED, "a CA's certificate is not an end entity's");
	if (!(flags & EXFLAG_XKUSAGE) || !(X509_get_extended_key_usage(leaf) & wanted))
		return fail(why, ERR_REFUSED, "the certificate is not for a TLS %s (extendedKeyUsage)",
			    purpose == CHAIN_SERVER ? "server" : "client");
	return ERR_OK;
}

static enum err verdict(X509_STORE_CTX *ctx, struct errbuf *why)
{
	int error = X509_STORE_CTX_get_error(ctx);
	bool late = error == X509_V_ERR_CERT_HAS_EXPIRED || error == X509_V_ERR_CERT_NOT_YET_VALID;
	return fail(why, late ? ERR_EXPIRED : ERR_REFUSED, "%s (certificate %d of the chain)",
		    X509_verify_cert_error_string(error), X509_STORE_CTX_get_error_depth(ctx) + 1);
}

static bool may_end_early(const X509 *leaf, const STACK_OF(X509) *others)
{
	bool limited = chain_limits_policies(leaf);
	for (int i = 0; i < sk_X509_num(others); i++)
		limited |= chain_limits_policies(sk_X509_value(others, i));
	return !limited;
}

/* RFC 5280 section 6.1.1: any policy will do, and none is required but by a CA. */
static bool aim(X509_STORE_CTX *ctx, const struct chain_asked *asked)
{
	X509_VERIFY_PARAM *param = X509_STORE_CTX_get0_param(ctx);
	bool early = may_end_early(X509_STORE_CTX_get0_cert(ctx), X509_STORE_CTX_get0_untrusted(ctx));
	X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_X509_STRICT | X509_V_FLAG_POLICY_CHECK |
						   (early ? X509_V_FLAG_PARTIAL_CHAIN : 0));
	X509_VERIFY_PARAM_set_time(param, (time_t)asked->now);
	X509_VERIFY_PARAM_set_depth(param, CHAIN_DEPTH_MAX);
	X509_VERIFY_PARAM_set_auth_level(param, 2);
	return X509_VERIFY_PARAM_add0_policy(param, OBJ_nid2obj(NID_any_policy)) == 1 &&
	       X509_VERIFY_PARAM_set_purpose(param, asked->purpose == CHAIN_SERVER ? X509_PURPOSE_SSL_SERVER
										   : X509_PURPOSE_SSL_CLIENT) == 1;
}

static enum err chain_build(const struct chain_trust *t, X509_STORE_CTX *ctx, const struct chain_asked *asked,
			    struct errbuf *why)
{
	if (!aim(ctx, asked))
		return crypto_why(why, ERR_CRYPTO, "what the verification is to look at");
	if (X509_verify_cert(ctx) == 1) {
		const STACK_OF(X509) *chain = X509_STORE_CTX_get0_chain(ctx);
		enum err late = chain_trust_time(t, chain, asked->now, why);
		if (!late)
			late = chain_unrevoked(t, chain, why);
		return late ? late : chain_strong(chain, why);
	}
	enum err rc = verdict(ctx, why);
	return crypto_why(NULL, rc, ""); /* empties the library's queue; the reason has been said */
}

enum err chain_path(const struct chain_trust *t, const struct chain_asked *asked, X509 *leaf, struct errbuf *why)
{
	STACK_OF(X509) *untrusted = sk_X509_new_null();
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	enum err rc = untrusted && ctx ? untrusted_collect(t, asked, untrusted, why) : ERR_MEMORY;
	if (!rc)
		rc = X509_STORE_CTX_init(ctx, t->store, leaf, untrusted) == 1 ? chain_build(t, ctx, asked, why) : ERR_MEMORY;
	X509_STORE_CTX_free(ctx);
	sk_X509_pop_free(untrusted, X509_free);
	return rc;
}

enum err chain_verify(const struct chain_trust *t, const struct der_view *ders, size_t n, enum chain_purpose purpose,
		      int64_t now, struct errbuf *why)
{
	const struct chain_asked asked = {.ders = ders, .n = n, .purpose = purpose, .now = now};
	if (n == 0 || n > PEER_CERTIFICATES_MAX)
		return fail(why, ERR_MALFORMED, "1 to %d certificates were wanted, %zu came", PEER_CERTIFICATES_MAX, n);
	X509 *leaf = peer_certificate(&ders[0]);
	if (!leaf)
		return crypto_why(why, ERR_MALFORMED, "the peer's certificate cannot be read");
	enum err rc = leaf_check(leaf, purpose, why);
	if (!rc)
		rc = chain_path(t, &asked, leaf, why);
	X509_free(leaf);
	return rc;
}

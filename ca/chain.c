#include "ca/chain.h"

#include "ca/crypto_why.h"

#include <limits.h>
#include <openssl/ec.h>
#include <openssl/objects.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

enum { PEER_CERTIFICATES_MAX = 8, CERTIFICATE_MAX = 16384, DEPTH_MAX = 8, RSA_BITS_MIN = 2048 };

struct chain_trust {
	X509_STORE *store;             /* the anchors */
	STACK_OF(X509) *intermediates; /* ours, so that a peer need not send them */
};

static X509 *certificate_decode(const void *der, size_t len)
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
	X509 *x = certificate_decode(der->data, der->len);
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

enum err chain_trust_new(const void *pem, size_t len, struct chain_trust **out, struct errbuf *why)
{
	struct chain_trust *t = calloc(1, sizeof *t);
	if (!t)
		return ERR_MEMORY;
	t->store = X509_STORE_new();
	t->intermediates = sk_X509_new_null();
	enum err rc = t->store && t->intermediates ? trust_fill(t, pem, len, why) : ERR_MEMORY;
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
	X509_STORE_free(t->store);
	sk_X509_pop_free(t->intermediates, X509_free);
	free(t);
}

/* OpenSSL also reads some encodings that are not DER; a certificate must not have two of them, hence two fingerprints. */
static X509 *peer_certificate(const struct der_view *view)
{
	uint8_t *again = NULL;
	X509 *x = certificate_decode(view->bytes, view->len);
	int len = x ? i2d_X509(x, &again) : 0;
	bool same = len > 0 && (size_t)len == view->len && memcmp(again, view->bytes, view->len) == 0;
	OPENSSL_free(again);
	if (same)
		return x;
	X509_free(x);
	return NULL;
}

/* What the peer sent after its leaf, and our own intermediates. */
static enum err untrusted_collect(const struct chain_trust *t, const struct der_view *ders, size_t n,
				  STACK_OF(X509) *out, struct errbuf *why)
{
	for (size_t i = 1; i < n; i++) {
		X509 *x = peer_certificate(&ders[i]);
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

static bool key_strong(EVP_PKEY *key)
{
	static const char *const curves[] = {"prime256v1", "secp384r1", "secp521r1"};
	char curve[64] = "";
	if (!key)
		return false;
	if (EVP_PKEY_is_a(key, "RSA"))
		return EVP_PKEY_get_bits(key) >= RSA_BITS_MIN;
	if (!EVP_PKEY_is_a(key, "EC") || EVP_PKEY_get_group_name(key, curve, sizeof curve, NULL) != 1)
		return false;
	for (size_t i = 0; i < sizeof curves / sizeof curves[0]; i++)
		if (strcmp(curve, curves[i]) == 0)
			return true;
	return false;
}

static bool digest_strong(X509 *x)
{
	static const int strong[] = {NID_sha256, NID_sha384, NID_sha512};
	int digest = NID_undef;
	if (X509_get_signature_info(x, &digest, NULL, NULL, NULL) != 1)
		return false;
	for (size_t i = 0; i < sizeof strong / sizeof strong[0]; i++)
		if (digest == strong[i])
			return true;
	return false;
}

/* An anchor's own signature proves nothing, so its hash may be any; its key may not. */
static enum err strength_check(const STACK_OF(X509) *chain, struct errbuf *why)
{
	int n = sk_X509_num(chain);
	for (int i = 0; i < n; i++) {
		X509 *x = sk_X509_value(chain, i);
		if (!key_strong(X509_get0_pubkey(x)))
			return fail(why, ERR_REFUSED, "a key is weaker than P-256 or RSA %d (certificate %d of the chain)",
				    RSA_BITS_MIN, i + 1);
		if (i < n - 1 && !digest_strong(x))
			return fail(why, ERR_REFUSED, "a signature is weaker than SHA-256 (certificate %d of the chain)",
				    i + 1);
	}
	return ERR_OK;
}

static enum err verdict(X509_STORE_CTX *ctx, struct errbuf *why)
{
	int error = X509_STORE_CTX_get_error(ctx);
	bool late = error == X509_V_ERR_CERT_HAS_EXPIRED || error == X509_V_ERR_CERT_NOT_YET_VALID;
	return fail(why, late ? ERR_EXPIRED : ERR_REFUSED, "%s (certificate %d of the chain)",
		    X509_verify_cert_error_string(error), X509_STORE_CTX_get_error_depth(ctx) + 1);
}

static enum err chain_build(X509_STORE_CTX *ctx, enum chain_purpose purpose, int64_t now, struct errbuf *why)
{
	X509_VERIFY_PARAM *param = X509_STORE_CTX_get0_param(ctx);
	X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_X509_STRICT);
	X509_VERIFY_PARAM_set_time(param, (time_t)now);
	X509_VERIFY_PARAM_set_depth(param, DEPTH_MAX);
	X509_VERIFY_PARAM_set_auth_level(param, 2);
	int library_purpose = purpose == CHAIN_SERVER ? X509_PURPOSE_SSL_SERVER : X509_PURPOSE_SSL_CLIENT;
	if (X509_VERIFY_PARAM_set_purpose(param, library_purpose) != 1)
		return crypto_why(why, ERR_CRYPTO, "purpose");
	if (X509_verify_cert(ctx) == 1)
		return strength_check(X509_STORE_CTX_get0_chain(ctx), why);
	enum err rc = verdict(ctx, why);
	return crypto_why(NULL, rc, ""); /* empties the library's queue; the reason has been said */
}

enum err chain_verify(const struct chain_trust *t, const struct der_view *ders, size_t n, enum chain_purpose purpose,
		      int64_t now, struct errbuf *why)
{
	X509 *leaf = NULL;
	STACK_OF(X509) *untrusted = NULL;
	X509_STORE_CTX *ctx = NULL;
	enum err rc = ERR_REFUSED;
	if (n == 0 || n > PEER_CERTIFICATES_MAX)
		return fail(why, ERR_MALFORMED, "1 to %d certificates were wanted, %zu came", PEER_CERTIFICATES_MAX, n);
	leaf = peer_certificate(&ders[0]);
	if (!leaf) {
		rc = crypto_why(why, ERR_MALFORMED, "the peer's certificate cannot be read");
		goto out;
	}
	rc = leaf_check(leaf, purpose, why);
	if (rc)
		goto out;
	untrusted = sk_X509_new_null();
	ctx = X509_STORE_CTX_new();
	rc = untrusted && ctx ? untrusted_collect(t, ders, n, untrusted, why) : ERR_MEMORY;
	if (rc)
		goto out;
	rc = X509_STORE_CTX_init(ctx, t->store, leaf, untrusted) == 1 ? chain_build(ctx, purpose, now, why) : ERR_MEMORY;
out:
	X509_STORE_CTX_free(ctx);
	sk_X509_pop_free(untrusted, X509_free);
	X509_free(leaf);
	return rc;
}

#include "ca/signature.h"

#include "ca/crypto_why.h"

#include <openssl/objects.h>

const EVP_MD *signature_digest(const EVP_PKEY *key)
{
	return EVP_PKEY_get_base_id(key) == EVP_PKEY_EC && EVP_PKEY_get_bits(key) >= 384 ? EVP_sha384() : EVP_sha256();
}

/* ECDSA has no parameters (RFC 5758 3.2), RSA has NULL (RFC 4055 5). */
static enum err algorithm_set(X509_ALGOR *a, const EVP_PKEY *key)
{
	int nid = NID_undef, type = EVP_PKEY_get_base_id(key);
	if (OBJ_find_sigid_by_algs(&nid, EVP_MD_get_type(signature_digest(key)), type) != 1)
		return crypto_why(NULL, ERR_CRYPTO, "signature algorithm");
	int parameters = type == EVP_PKEY_RSA ? V_ASN1_NULL : V_ASN1_UNDEF;
	return X509_ALGOR_set0(a, OBJ_nid2obj(nid), parameters, NULL) == 1 ? ERR_OK : ERR_MEMORY;
}

enum err signature_announce(X509 *x, const EVP_PKEY *key)
{
	const X509_ALGOR *outer = NULL;
	const ASN1_BIT_STRING *signature = NULL;
	X509_get0_signature(&signature, &outer, x);
	/* OpenSSL has no setter for an X509 that we own, only X509_sign, which would sign first. */
	enum err rc = algorithm_set((X509_ALGOR *)X509_get0_tbs_sigalg(x), key);
	return rc ? rc : algorithm_set((X509_ALGOR *)outer, key);
}

bool signature_announced(const X509 *x, const EVP_PKEY *key)
{
	const X509_ALGOR *outer = NULL;
	const ASN1_BIT_STRING *signature = NULL;
	X509_ALGOR *wanted = X509_ALGOR_new();
	X509_get0_signature(&signature, &outer, x);
	bool same = wanted && algorithm_set(wanted, key) == ERR_OK && X509_ALGOR_cmp(wanted, outer) == 0 &&
		    X509_ALGOR_cmp(wanted, X509_get0_tbs_sigalg(x)) == 0;
	X509_ALGOR_free(wanted);
	return same;
}

enum err signature_algorithm_write(const EVP_PKEY *key, struct buf *out)
{
	uint8_t *der = NULL;
	X509_ALGOR *a = X509_ALGOR_new();
	enum err rc = a ? algorithm_set(a, key) : ERR_MEMORY;
	int len = rc ? 0 : i2d_X509_ALGOR(a, &der);
	if (rc == ERR_OK && len <= 0)
		rc = crypto_why(NULL, ERR_CRYPTO, "signature algorithm");
	if (rc == ERR_OK) {
		buf_add(out, der, (size_t)len);
		rc = buf_check(out);
	}
	OPENSSL_free(der);
	X509_ALGOR_free(a);
	return rc;
}

enum err signature_make(EVP_PKEY *key, const void *bytes, size_t len, struct buf *out)
{
	enum err rc = ERR_CRYPTO;
	uint8_t signature[1024];
	size_t signature_len = sizeof signature;
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	if (!ctx || EVP_DigestSignInit(ctx, NULL, signature_digest(key), NULL, key) != 1 ||
	    EVP_DigestSign(ctx, signature, &signature_len, bytes, len) != 1)
		goto out;
	buf_add(out, signature, signature_len);
	rc = buf_check(out);
out:
	EVP_MD_CTX_free(ctx);
	return rc ? crypto_why(NULL, rc, "signature") : ERR_OK;
}

#include "ca/certificate_lint.h"

#include "ca/crypto_why.h"
#include "ca/signature.h"

#include <openssl/err.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>
#include <string.h>

enum err certificate_tbs_hash(X509 *built, EVP_PKEY *issuer_key, uint8_t out[32])
{
	uint8_t *tbs = NULL;
	enum err rc = signature_announce(built, issuer_key);
	if (rc)
		return rc;
	int len = i2d_re_X509_tbs(built, &tbs); /* encoded anew: an encoding kept from before may not have the algorithm */
	bool done = len > 0 && EVP_Digest(tbs, (size_t)len, out, NULL, EVP_sha256(), NULL) == 1;
	OPENSSL_free(tbs);
	return done ? ERR_OK : crypto_why(NULL, ERR_CRYPTO, "hash");
}

static int purpose(enum profile_id id)
{
	static const int table[PROFILE_COUNT] = {
		[PROFILE_ROOT] = X509_PURPOSE_ANY,          [PROFILE_ISSUING] = X509_PURPOSE_ANY,
		[PROFILE_CLIENT] = X509_PURPOSE_SSL_CLIENT, [PROFILE_STAFF] = X509_PURPOSE_SSL_CLIENT,
		[PROFILE_SERVER] = X509_PURPOSE_SSL_SERVER, [PROFILE_OCSP] = X509_PURPOSE_OCSP_HELPER,
	};
	return table[id];
}

enum err certificate_verify_strictly(const struct certificate_fields *f, X509 *x, X509 *anchor, struct errbuf *why)
{
	enum err rc = ERR_CRYPTO;
	X509_STORE *store = X509_STORE_new();
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	if (!store || !ctx || X509_STORE_add_cert(store, anchor) != 1 || X509_STORE_CTX_init(ctx, store, x, NULL) != 1)
		goto out;
	X509_VERIFY_PARAM *param = X509_STORE_CTX_get0_param(ctx);
	X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_X509_STRICT | X509_V_FLAG_PARTIAL_CHAIN |
						   X509_V_FLAG_CHECK_SS_SIGNATURE);
	X509_VERIFY_PARAM_set_time(param, (time_t)f->not_before);
	X509_VERIFY_PARAM_set_auth_level(param, 2);
	if (X509_VERIFY_PARAM_set_purpose(param, purpose(f->profile)) != 1)
		goto out;
	if (X509_verify_cert(ctx) != 1) {
		int verdict = X509_STORE_CTX_get_error(ctx);
		rc = fail(why, verdict == X509_V_ERR_OUT_OF_MEM ? ERR_MEMORY : ERR_INVALID,
			  "the signed certificate does not verify: %s", X509_verify_cert_error_string(verdict));
		goto out;
	}
	rc = ERR_OK;
out:
	ERR_clear_error();
	X509_STORE_CTX_free(ctx);
	X509_STORE_free(store);
	return rc;
}

/* Everything that a reader relies on, on the bytes that will leave. x has been read from them. */
static enum err signed_check(const struct certificate_fields *f, X509 *x, X509 *issuer, EVP_PKEY *subject_key,
			     struct errbuf *why)
{
	enum err rc = certificate_lint_read(f, x, issuer, why);
	if (rc)
		return rc;
	if (EVP_PKEY_eq(X509_get0_pubkey(x), subject_key) != 1)
		return fail(why, ERR_CRYPTO, "the signed certificate has another key than was given");
	return certificate_verify_strictly(f, x, issuer ? issuer : x, why);
}

enum err certificate_sign(const struct certificate_fields *f, X509 *built, EVP_PKEY *issuer_key, X509 *issuer,
			  EVP_PKEY *subject_key, X509 **out, struct errbuf *why)
{
	X509 *x = NULL;
	enum err rc = ERR_CRYPTO;
	if (EVP_PKEY_eq(issuer ? X509_get0_pubkey(issuer) : subject_key, issuer_key) != 1)
		return crypto_why(why, ERR_INVALID, "the issuer's key does not belong to the issuer's certificate");
	if (X509_sign(built, issuer_key, signature_digest(issuer_key)) <= 0) {
		rc = crypto_why(why, ERR_CRYPTO, "the certificate could not be signed");
		goto out;
	}
	x = certificate_reread(built);
	if (!x) {
		rc = crypto_why(why, ERR_CRYPTO, "the signed certificate does not read back");
		goto out;
	}
	rc = signed_check(f, x, issuer, subject_key, why);
	if (rc)
		goto out;
	*out = x;
	x = NULL;
out:
	X509_free(x);
	return rc;
}

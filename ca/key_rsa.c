#include "ca/key_rsa.h"

#include "ca/crypto_why.h"
#include "ca/key_weak.h"

#include <gnutls/abstract.h>
#include <gnutls/x509.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/param_build.h>
#include <stdbool.h>
#include <string.h>

enum { MODULUS, EXPONENT, PRIVATE, PRIME_1, PRIME_2, COEFFICIENT, EXPONENT_1, EXPONENT_2, PARTS };

static const char *const part_names[PARTS] = {
	[MODULUS] = OSSL_PKEY_PARAM_RSA_N,
	[EXPONENT] = OSSL_PKEY_PARAM_RSA_E,
	[PRIVATE] = OSSL_PKEY_PARAM_RSA_D,
	[PRIME_1] = OSSL_PKEY_PARAM_RSA_FACTOR1,
	[PRIME_2] = OSSL_PKEY_PARAM_RSA_FACTOR2,
	[COEFFICIENT] = OSSL_PKEY_PARAM_RSA_COEFFICIENT1,
	[EXPONENT_1] = OSSL_PKEY_PARAM_RSA_EXPONENT1,
	[EXPONENT_2] = OSSL_PKEY_PARAM_RSA_EXPONENT2,
};

/* Raw numbers and not an encoded key: encoders leave copies of it in freed memory. */
static enum err generate_raw(unsigned bits, gnutls_datum_t part[PARTS])
{
	gnutls_x509_privkey_t key = NULL;
	enum err rc = ERR_CRYPTO;
	if (gnutls_x509_privkey_init(&key) < 0)
		return ERR_MEMORY;
	if (gnutls_x509_privkey_generate(key, GNUTLS_PK_RSA, bits, 0) < 0)
		goto out;
	if (gnutls_x509_privkey_export_rsa_raw2(key, &part[MODULUS], &part[EXPONENT], &part[PRIVATE], &part[PRIME_1],
						&part[PRIME_2], &part[COEFFICIENT], &part[EXPONENT_1],
						&part[EXPONENT_2]) < 0)
		goto out;
	rc = ERR_OK;
out:
	gnutls_x509_privkey_deinit(key);
	return rc;
}

/* Each product is 1, modulo a prime or what is before it (RFC 8017 3.2). */
static const struct {
	int factor[2], prime;
	bool less_one;
} products[] = {
	{{EXPONENT, PRIVATE}, PRIME_1, true},	 {{EXPONENT, PRIVATE}, PRIME_2, true},
	{{EXPONENT, EXPONENT_1}, PRIME_1, true}, {{EXPONENT, EXPONENT_2}, PRIME_2, true},
	{{COEFFICIENT, PRIME_2}, PRIME_1, false},
};

static bool product_is_one(BIGNUM *const number[PARTS], size_t i, BN_CTX *ctx)
{
	BN_CTX_start(ctx);
	BIGNUM *modulus = BN_CTX_get(ctx), *product = BN_CTX_get(ctx);
	bool one = product && BN_copy(modulus, number[products[i].prime]) &&
		   (!products[i].less_one || BN_sub_word(modulus, 1)) &&
		   BN_mod_mul(product, number[products[i].factor[0]], number[products[i].factor[1]], modulus, ctx) &&
		   BN_is_one(product);
	BN_CTX_end(ctx);
	return one;
}

/* A signature does not show it all: where a prime is wrong OpenSSL sees that, and signs without the primes. */
static enum err numbers_check(BIGNUM *const number[PARTS])
{
	BN_CTX *ctx = BN_CTX_secure_new();
	BIGNUM *product = BN_secure_new();
	bool right = ctx && product && BN_mul(product, number[PRIME_1], number[PRIME_2], ctx) &&
		     BN_cmp(product, number[MODULUS]) == 0;
	for (size_t i = 0; right && i < sizeof products / sizeof *products; i++)
		right = product_is_one(number, i, ctx);
	BN_clear_free(product);
	BN_CTX_free(ctx);
	return right ? ERR_OK : ERR_CRYPTO;
}

/* Numbers from the secure constructor are wiped by every OpenSSL call that copies or frees them. */
static enum err params_from_raw(const gnutls_datum_t part[PARTS], OSSL_PARAM **out)
{
	BIGNUM *number[PARTS] = {NULL};
	enum err rc = ERR_MEMORY;
	OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
	if (!builder)
		goto out;
	for (size_t i = 0; i < PARTS; i++) {
		number[i] = BN_secure_new();
		if (!number[i] || !BN_bin2bn(part[i].data, (int)part[i].size, number[i]) ||
		    OSSL_PARAM_BLD_push_BN(builder, part_names[i], number[i]) != 1)
			goto out;
	}
	rc = numbers_check(number);
	if (rc)
		goto out;
	*out = OSSL_PARAM_BLD_to_param(builder);
	rc = *out ? ERR_OK : ERR_MEMORY;
out:
	for (size_t i = 0; i < PARTS; i++)
		BN_clear_free(number[i]);
	OSSL_PARAM_BLD_free(builder);
	return rc;
}

static enum err key_from_params(OSSL_PARAM *params, EVP_PKEY **out)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	enum err rc = ERR_CRYPTO;
	if (ctx && EVP_PKEY_fromdata_init(ctx) == 1 && EVP_PKEY_fromdata(ctx, out, EVP_PKEY_KEYPAIR, params) == 1)
		rc = ERR_OK;
	EVP_PKEY_CTX_free(ctx);
	return rc;
}

static enum err key_try(EVP_PKEY *key)
{
	static const uint8_t text[] = "does this pair belong together?";
	uint8_t signature[512];
	size_t len = sizeof signature;
	enum err rc = ERR_CRYPTO;
	EVP_MD_CTX *sign = EVP_MD_CTX_new(), *verify = EVP_MD_CTX_new();
	if (sign && verify && EVP_DigestSignInit(sign, NULL, EVP_sha256(), NULL, key) == 1 &&
	    EVP_DigestSign(sign, signature, &len, text, sizeof text) == 1 &&
	    EVP_DigestVerifyInit(verify, NULL, EVP_sha256(), NULL, key) == 1 &&
	    EVP_DigestVerify(verify, signature, len, text, sizeof text) == 1)
		rc = ERR_OK;
	EVP_MD_CTX_free(sign);
	EVP_MD_CTX_free(verify);
	return rc;
}

enum err key_rsa_generate(unsigned bits, EVP_PKEY **out)
{
	gnutls_datum_t part[PARTS] = {{NULL, 0}};
	OSSL_PARAM *params = NULL;
	EVP_PKEY *key = NULL;
	enum err rc = generate_raw(bits, part);
	if (rc)
		goto out;
	rc = params_from_raw(part, &params);
	if (rc)
		goto out;
	rc = key_from_params(params, &key);
	if (rc)
		goto out;
	rc = key_try(key);
	if (rc)
		goto out;
	rc = key_weak_check_made(key, NULL);
	if (rc)
		goto out;
	*out = key;
	key = NULL;
out:
	for (size_t i = 0; i < PARTS; i++) {
		if (part[i].data)
			explicit_bzero(part[i].data, part[i].size);
		gnutls_free(part[i].data);
	}
	OSSL_PARAM_free(params);
	EVP_PKEY_free(key);
	return rc ? crypto_why(NULL, rc, "RSA key") : ERR_OK;
}

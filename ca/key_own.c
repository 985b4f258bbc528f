/* The public halves of keys that others have made. */
#include "ca/key.h"

#include "ca/crypto_why.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/x509.h>
#include <stdbool.h>

enum { EXPONENT_LEAST = 65537, EXPONENT_BITS_MOST = 31 };

const struct own_keys key_own_any = {.curves = 1u << KEY_P256 | 1u << KEY_P384, .rsa_least = 2048, .rsa_most = 4096};

static bool exponent_sane(const EVP_PKEY *key)
{
	BIGNUM *e = NULL;
	bool sane = EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_E, &e) == 1 && BN_is_odd(e) &&
		    BN_num_bits(e) <= EXPONENT_BITS_MOST && BN_get_word(e) >= EXPONENT_LEAST;
	BN_free(e);
	return sane;
}

static enum err rsa_check(const EVP_PKEY *key, const struct own_keys *permitted, struct errbuf *why)
{
	int bits = EVP_PKEY_get_bits(key);
	if (!permitted->rsa_most)
		return fail(why, ERR_REFUSED, "RSA keys are not permitted");
	if (bits < permitted->rsa_least || bits > permitted->rsa_most)
		return fail(why, ERR_REFUSED, "an RSA key has %d to %d bits, this one %d", permitted->rsa_least,
			    permitted->rsa_most, bits);
	if (!exponent_sane(key))
		return crypto_why(why, ERR_REFUSED, "the exponent of the RSA key is not odd and from 65537 to 2147483647");
	return ERR_OK;
}

enum err key_own_check(const EVP_PKEY *key, const struct own_keys *permitted, struct errbuf *why)
{
	enum key_type type = KEY_TYPE_COUNT;
	if (EVP_PKEY_is_a(key, "RSA") == 1)
		return rsa_check(key, permitted, why);
	if (key_type_of(key, &type))
		return fail(why, ERR_REFUSED, "the key is not RSA, P-256 or P-384");
	if (!(permitted->curves & 1u << type))
		return fail(why, ERR_REFUSED, "keys of the type %s are not permitted", key_type_name(type));
	return ERR_OK;
}

enum key_type key_own_type(const struct own_keys *permitted)
{
	static const int bits[KEY_TYPE_COUNT] = {[KEY_RSA2048] = 2048, [KEY_RSA3072] = 3072};
	unsigned type = 0;
	while (type < KEY_TYPE_COUNT && !(permitted->curves & 1u << type) &&
	       !(bits[type] && bits[type] >= permitted->rsa_least && bits[type] <= permitted->rsa_most))
		type++;
	return (enum key_type)type;
}

EVP_PKEY *key_public_half(const EVP_PKEY *key)
{
	uint8_t *der = NULL;
	int len = i2d_PUBKEY(key, &der);
	const uint8_t *at = der;
	EVP_PKEY *half = len > 0 ? d2i_PUBKEY(NULL, &at, len) : NULL;
	OPENSSL_free(der);
	return half;
}

enum err key_hash(const EVP_PKEY *key, uint8_t out[KEY_HASH_BYTES])
{
	uint8_t *der = NULL;
	int len = i2d_PUBKEY(key, &der);
	bool done = len > 0 && EVP_Digest(der, (size_t)len, out, NULL, EVP_sha256(), NULL) == 1;
	OPENSSL_free(der);
	return done ? ERR_OK : crypto_why(NULL, ERR_CRYPTO, "key");
}

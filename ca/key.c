#include "ca/key.h"

#include "ca/crypto_why.h"
#include "ca/key_rsa.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/rsa.h>
#include <stdbool.h>
#include <string.h>

static const struct {
	const char *name;
	const char *curve; /* as OpenSSL names it; NULL for RSA */
	unsigned bits;     /* of the RSA modulus */
} table[KEY_TYPE_COUNT] = {
	[KEY_P256] = {.name = "p256", .curve = "prime256v1"},
	[KEY_P384] = {.name = "p384", .curve = "secp384r1"},
	[KEY_RSA2048] = {.name = "rsa2048", .bits = 2048},
	[KEY_RSA3072] = {.name = "rsa3072", .bits = 3072},
};

const char *key_type_name(enum key_type type)
{
	return (unsigned)type < KEY_TYPE_COUNT ? table[type].name : NULL;
}

enum err key_type_from_name(const char *name, enum key_type *out)
{
	for (unsigned i = 0; i < KEY_TYPE_COUNT; i++) {
		if (strcmp(table[i].name, name) == 0) {
			*out = (enum key_type)i;
			return ERR_OK;
		}
	}
	return ERR_INVALID;
}

static bool rsa_exponent_is_65537(const EVP_PKEY *key)
{
	BIGNUM *e = NULL;
	bool right = EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_E, &e) == 1 && BN_is_word(e, RSA_F4);
	BN_free(e);
	return right;
}

/* The group's name is known also for explicit parameters that happen to equal it: those are refused (RFC 5480 2.1.1). */
static bool curve_is(const EVP_PKEY *key, const char *curve)
{
	char name[64] = "", form[32] = "";
	return EVP_PKEY_get_group_name(key, name, sizeof name, NULL) == 1 && strcmp(name, curve) == 0 &&
	       EVP_PKEY_get_utf8_string_param(key, OSSL_PKEY_PARAM_EC_ENCODING, form, sizeof form, NULL) == 1 &&
	       strcmp(form, OSSL_PKEY_EC_ENCODING_GROUP) == 0;
}

enum err key_type_of(const EVP_PKEY *key, enum key_type *out)
{
	bool ec = EVP_PKEY_is_a(key, "EC") == 1;
	bool rsa = EVP_PKEY_is_a(key, "RSA") == 1 && rsa_exponent_is_65537(key);
	for (unsigned i = 0; i < KEY_TYPE_COUNT; i++) {
		if (table[i].curve ? ec && curve_is(key, table[i].curve)
				   : rsa && EVP_PKEY_get_bits(key) == (int)table[i].bits) {
			*out = (enum key_type)i;
			return ERR_OK;
		}
	}
	return crypto_why(NULL, ERR_REFUSED, "key type");
}

enum err key_generate(enum key_type type, EVP_PKEY **out)
{
	if ((unsigned)type >= KEY_TYPE_COUNT)
		return ERR_INVALID;
	if (!table[type].curve)
		return key_rsa_generate(table[type].bits, out);
	*out = EVP_EC_gen(table[type].curve);
	return *out ? ERR_OK : crypto_why(NULL, ERR_CRYPTO, "EC key");
}

#include "client/key.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>

static const char *const numbers[] = {
	OSSL_PKEY_PARAM_RSA_E,		OSSL_PKEY_PARAM_RSA_D,	       OSSL_PKEY_PARAM_RSA_FACTOR1,	 OSSL_PKEY_PARAM_RSA_FACTOR2,
	OSSL_PKEY_PARAM_RSA_EXPONENT1, OSSL_PKEY_PARAM_RSA_EXPONENT2, OSSL_PKEY_PARAM_RSA_COEFFICIENT1,
};

static bool is_within(const EVP_PKEY *key, const char *number, int bits)
{
	BIGNUM *value = NULL;
	bool within = EVP_PKEY_get_bn_param(key, number, &value) == 1 && BN_num_bits(value) <= bits;
	BN_clear_free(value);
	return within;
}

/* A third factor and those behind it are nowhere in use. */
bool key_is_sane(const EVP_PKEY *key)
{
	int bits = EVP_PKEY_get_bits(key);
	BIGNUM *third = NULL;
	if (bits > KEY_BITS_MAX)
		return false;
	if (!EVP_PKEY_is_a(key, "RSA") && !EVP_PKEY_is_a(key, "RSA-PSS"))
		return true;
	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
		if (!is_within(key, numbers[i], bits))
			return false;
	bool several = EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_FACTOR3, &third) == 1;
	BN_clear_free(third);
	return !several;
}

/* Which keys the service takes, so that what it would refuse is said before a code is used up. */
#include "client/command/collect_key.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/rsa.h>
#include <stdio.h>
#include <string.h>

enum { RSA_LEAST = 2048, RSA_MOST = 4096, EXPONENT_LEAST = 65537, EXPONENT_BITS_MOST = 31, WORD_SIZE = 16 };

static const struct {
	const char *word, *curve, *group;
	unsigned bits;
} types[] = {
	{"p256", "P-256", SN_X9_62_prime256v1, 0},
	{"p384", "P-384", SN_secp384r1, 0},
	{"rsa2048", NULL, NULL, 2048},
	{"rsa3072", NULL, NULL, 3072},
	{"rsa4096", NULL, NULL, 4096},
};

enum err own_key_type(const char *word, struct errbuf *why)
{
	for (size_t i = 0; word && i < sizeof types / sizeof *types; i++)
		if (strcmp(types[i].word, word) == 0)
			return ERR_OK;
	return word ? fail(why, ERR_USAGE, "--key-type is p256, p384, rsa2048, rsa3072 or rsa4096, not \"%.40s\"", word) : ERR_OK;
}

EVP_PKEY *own_key_generate(const char *word)
{
	size_t i = 0;
	while (word && i + 1 < sizeof types / sizeof *types && strcmp(types[i].word, word) != 0)
		i++;
	return types[i].curve ? EVP_EC_gen(types[i].curve) : EVP_RSA_gen(types[i].bits);
}

static bool exponent_serves(const EVP_PKEY *key)
{
	BIGNUM *e = NULL;
	bool serves = EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_E, &e) == 1 && BN_is_odd(e) &&
		      BN_num_bits(e) <= EXPONENT_BITS_MOST && BN_get_word(e) >= EXPONENT_LEAST;
	BN_free(e);
	return serves;
}

static bool rsa_word(const EVP_PKEY *key, char word[WORD_SIZE])
{
	int bits = EVP_PKEY_get_bits(key);
	snprintf(word, WORD_SIZE, "rsa%d", bits);
	return bits >= RSA_LEAST && bits <= RSA_MOST && exponent_serves(key);
}

static bool ec_word(const EVP_PKEY *key, char word[WORD_SIZE])
{
	char group[64] = "";
	size_t len = 0;
	if (EVP_PKEY_get_group_name(key, group, sizeof group, &len) != 1)
		return false;
	for (size_t i = 0; i < sizeof types / sizeof *types; i++)
		if (types[i].group && strcmp(types[i].group, group) == 0) {
			snprintf(word, WORD_SIZE, "%s", types[i].word);
			return true;
		}
	return false;
}

/* However the file says it: a request names its curve, and gives its point uncompressed. */
static bool say_plainly(EVP_PKEY *key)
{
	return EVP_PKEY_set_utf8_string_param(key, OSSL_PKEY_PARAM_EC_ENCODING, OSSL_PKEY_EC_ENCODING_GROUP) == 1 &&
	       EVP_PKEY_set_utf8_string_param(key, OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT,
					      OSSL_PKEY_EC_POINT_CONVERSION_FORMAT_UNCOMPRESSED) == 1;
}

enum err own_key_serves(const struct own_key *k, const char *type, struct errbuf *why)
{
	char word[WORD_SIZE] = "";
	bool serves = EVP_PKEY_is_a(k->key, "EC") == 1 ? ec_word(k->key, word) && say_plainly(k->key)
						       : EVP_PKEY_is_a(k->key, "RSA") == 1 && rsa_word(k->key, word);
	ERR_clear_error();
	if (!serves)
		return fail(why, ERR_REFUSED, "the key in %.200s is of a kind that is not taken: P-256, P-384, and RSA of %d to %d bits "
					      "with an exponent from %d are; give another name, and a key is made", k->path, RSA_LEAST,
			    RSA_MOST, EXPONENT_LEAST);
	if (type && strcmp(type, word) != 0)
		return fail(why, ERR_USAGE, "--key-type %s, but the key that lies in %.200s is %s: leave it out, or give another name",
			    type, k->path, word);
	return ERR_OK;
}

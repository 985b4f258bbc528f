/* What a chain's keys and signatures must be worth. */
#include "ca/chain_trust.h"

#include <openssl/ec.h>
#include <openssl/objects.h>
#include <string.h>

enum { RSA_BITS_MIN = 2048 };

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
enum err chain_strong(const STACK_OF(X509) *chain, struct errbuf *why)
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

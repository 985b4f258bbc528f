#include "ca/ocsp_internal.h"

#include "ca/crypto_why.h"

#include <string.h>

const struct ocsp_digest ocsp_digests[OCSP_HASH_COUNT] = {
	[OCSP_SHA1] = {{0x2b, 0x0e, 0x03, 0x02, 0x1a}, 5, 20},
	[OCSP_SHA256] = {{0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01}, 9, 32},
};
const uint8_t ocsp_nonce_oid[] = {0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x30, 0x01, 0x02};

static const EVP_MD *digest_of(enum ocsp_hash h)
{
	return h == OCSP_SHA1 ? EVP_sha1() : EVP_sha256(); /* SHA-1 names an issuer here; nothing is signed with it */
}

enum err ocsp_issuer_of(const X509 *issuer, struct ocsp_issuer *out)
{
	const uint8_t *name = NULL;
	size_t name_len = 0;
	const ASN1_BIT_STRING *key = X509_get0_pubkey_bitstr(issuer);
	memset(out, 0, sizeof *out);
	if (!key || X509_NAME_get0_der(X509_get_subject_name(issuer), &name, &name_len) != 1)
		return crypto_why(NULL, ERR_CRYPTO, "issuer");
	for (int h = 0; h < OCSP_HASH_COUNT; h++) {
		const EVP_MD *md = digest_of((enum ocsp_hash)h);
		if (EVP_Digest(name, name_len, out->name[h], NULL, md, NULL) != 1 ||
		    EVP_Digest(ASN1_STRING_get0_data(key), (size_t)ASN1_STRING_length(key), out->key[h], NULL, md,
			       NULL) != 1)
			return crypto_why(NULL, ERR_CRYPTO, "issuer");
	}
	return ERR_OK;
}

bool ocsp_issuer_is(const struct ocsp_issuer *issuer, const struct ocsp_certificate_id *id)
{
	if ((unsigned)id->hash >= OCSP_HASH_COUNT)
		return false;
	size_t len = ocsp_digests[id->hash].len;
	return id->name_len == len && id->key_len == len && memcmp(id->name_digest, issuer->name[id->hash], len) == 0 &&
	       memcmp(id->key_digest, issuer->key[id->hash], len) == 0;
}

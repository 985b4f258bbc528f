#include "client/signature.h"

#include <openssl/rsa.h>

static bool digest_is_strong(int digest)
{
	static const int strong[] = {NID_sha256,     NID_sha384,   NID_sha512,	 NID_sha224,   NID_sha512_256,
				     NID_sha512_224, NID_sha3_256, NID_sha3_384, NID_sha3_512, NID_sha3_224};
	for (size_t i = 0; i < sizeof strong / sizeof *strong; i++)
		if (digest == strong[i])
			return true;
	return false;
}

/* What it is masked with needs no strength against collisions. */
static int digest_of_pss(const X509_ALGOR *algorithm)
{
	int type = V_ASN1_UNDEF;
	const void *value = NULL;
	X509_ALGOR_get0(NULL, &type, &value, algorithm);
	RSA_PSS_PARAMS *parameters =
		type == V_ASN1_SEQUENCE ? ASN1_item_unpack(value, ASN1_ITEM_rptr(RSA_PSS_PARAMS)) : NULL;
	int digest = NID_undef;
	if (parameters && parameters->hashAlgorithm) {
		const ASN1_OBJECT *name = NULL;
		X509_ALGOR_get0(&name, NULL, NULL, parameters->hashAlgorithm);
		digest = OBJ_obj2nid(name);
	}
	RSA_PSS_PARAMS_free(parameters);
	return digest;
}

bool signature_is_strong(const X509_ALGOR *algorithm)
{
	const ASN1_OBJECT *name = NULL;
	int digest = NID_undef, key = NID_undef;
	X509_ALGOR_get0(&name, NULL, NULL, algorithm);
	if (OBJ_obj2nid(name) == NID_rsassaPss)
		return digest_is_strong(digest_of_pss(algorithm));
	if (!OBJ_find_sigid_algs(OBJ_obj2nid(name), &digest, &key))
		return false;
	return key == NID_ED25519 || key == NID_ED448 || digest_is_strong(digest);
}

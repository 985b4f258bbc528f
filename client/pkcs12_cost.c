/* pkcs12_cost: what an encryption of the file asks of us, read from its ASN.1 parameters before anything is derived. */
#include "client/pkcs12.h"

#include <openssl/asn1.h>
#include <openssl/objects.h>
#include <openssl/pkcs12.h>

/* Which algorithms are accepted, and which are known to be old; what is absent is unsupported. */
struct verdict {
	int nid;
	counterfoil_code code;
};

static const struct verdict schemes[] = {
	{NID_pbes2, COUNTERFOIL_OK},
	{NID_pbe_WithSHA1And3_Key_TripleDES_CBC, COUNTERFOIL_OK},
	{NID_pbe_WithSHA1And2_Key_TripleDES_CBC, COUNTERFOIL_OLD_ENCRYPTION},
	{NID_pbe_WithSHA1And40BitRC2_CBC, COUNTERFOIL_OLD_ENCRYPTION},
	{NID_pbe_WithSHA1And128BitRC2_CBC, COUNTERFOIL_OLD_ENCRYPTION},
	{NID_pbe_WithSHA1And40BitRC4, COUNTERFOIL_OLD_ENCRYPTION},
	{NID_pbe_WithSHA1And128BitRC4, COUNTERFOIL_OLD_ENCRYPTION},
	{NID_pbeWithMD2AndDES_CBC, COUNTERFOIL_OLD_ENCRYPTION},
	{NID_pbeWithMD5AndDES_CBC, COUNTERFOIL_OLD_ENCRYPTION},
	{NID_pbeWithMD2AndRC2_CBC, COUNTERFOIL_OLD_ENCRYPTION},
	{NID_pbeWithMD5AndRC2_CBC, COUNTERFOIL_OLD_ENCRYPTION},
	{NID_pbeWithSHA1AndDES_CBC, COUNTERFOIL_OLD_ENCRYPTION},
	{NID_pbeWithSHA1AndRC2_CBC, COUNTERFOIL_OLD_ENCRYPTION},
};

static const struct verdict ciphers[] = {
	{NID_aes_128_cbc, COUNTERFOIL_OK}, {NID_aes_192_cbc, COUNTERFOIL_OK},
	{NID_aes_256_cbc, COUNTERFOIL_OK}, {NID_des_ede3_cbc, COUNTERFOIL_OK},
	{NID_rc2_cbc, COUNTERFOIL_OLD_ENCRYPTION}, {NID_rc4, COUNTERFOIL_OLD_ENCRYPTION},
	{NID_des_cbc, COUNTERFOIL_OLD_ENCRYPTION},
};

static const struct verdict digests[] = {
	{NID_hmacWithSHA1, COUNTERFOIL_OK}, {NID_hmacWithSHA224, COUNTERFOIL_OK},
	{NID_hmacWithSHA256, COUNTERFOIL_OK}, {NID_hmacWithSHA384, COUNTERFOIL_OK},
	{NID_hmacWithSHA512, COUNTERFOIL_OK}, {NID_hmacWithMD5, COUNTERFOIL_OLD_ENCRYPTION},
};

#define VERDICT(table, which) verdict(table, sizeof(table) / sizeof *(table), OBJ_obj2nid((which)->algorithm))

static counterfoil_code verdict(const struct verdict *rows, size_t count, int nid)
{
	for (size_t i = 0; i < count; i++)
		if (rows[i].nid == nid)
			return rows[i].code;
	return COUNTERFOIL_UNSUPPORTED;
}

static void *parameters(const X509_ALGOR *algorithm, const ASN1_ITEM *type)
{
	if (!algorithm->parameter || algorithm->parameter->type != V_ASN1_SEQUENCE)
		return NULL;
	return ASN1_TYPE_unpack_sequence(type, algorithm->parameter);
}

static counterfoil_code rounds_of(const ASN1_INTEGER *number, int64_t *rounds)
{
	if (!number || !ASN1_INTEGER_get_int64(rounds, number))
		return COUNTERFOIL_TOO_COSTLY;
	if (*rounds < 1)
		return COUNTERFOIL_NOT_PKCS12;
	return *rounds > PKCS12_ROUNDS_MAX ? COUNTERFOIL_TOO_COSTLY : COUNTERFOIL_OK;
}

static counterfoil_code cost_pbkdf2(const X509_ALGOR *derivation, int64_t *rounds)
{
	/* scrypt is left out: its parameters can ask for hours within any memory cap. */
	if (OBJ_obj2nid(derivation->algorithm) != NID_id_pbkdf2)
		return COUNTERFOIL_UNSUPPORTED;
	PBKDF2PARAM *p = parameters(derivation, ASN1_ITEM_rptr(PBKDF2PARAM));
	if (!p)
		return COUNTERFOIL_NOT_PKCS12;
	counterfoil_code code = p->prf ? VERDICT(digests, p->prf) : COUNTERFOIL_OK;
	if (!code)
		code = rounds_of(p->iter, rounds);
	PBKDF2PARAM_free(p);
	return code;
}

static counterfoil_code cost_pbes2(const X509_ALGOR *algorithm, int64_t *rounds)
{
	PBE2PARAM *p = parameters(algorithm, ASN1_ITEM_rptr(PBE2PARAM));
	if (!p)
		return COUNTERFOIL_NOT_PKCS12;
	counterfoil_code code = VERDICT(ciphers, p->encryption);
	if (!code)
		code = cost_pbkdf2(p->keyfunc, rounds);
	PBE2PARAM_free(p);
	return code;
}

counterfoil_code pkcs12_cost(const X509_ALGOR *algorithm, int64_t *rounds)
{
	*rounds = 0;
	counterfoil_code code = VERDICT(schemes, algorithm);
	if (code)
		return code;
	if (OBJ_obj2nid(algorithm->algorithm) == NID_pbes2)
		return cost_pbes2(algorithm, rounds);
	PBEPARAM *p = parameters(algorithm, ASN1_ITEM_rptr(PBEPARAM));
	if (!p)
		return COUNTERFOIL_NOT_PKCS12;
	code = rounds_of(p->iter, rounds);
	PBEPARAM_free(p);
	return code;
}

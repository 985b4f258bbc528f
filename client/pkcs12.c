#include "client/pkcs12.h"
#include "client/key.h"

#include <openssl/asn1.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/pkcs12.h>
#include <openssl/pkcs12err.h>

/* One opening: the password in the form that the MAC proved, what has been found, what it has cost so far. */
struct opening {
	const char *password;
	int password_len;
	int64_t rounds; /* that are left */
	int bags;
	int keys;
	EVP_PKEY *key;
	STACK_OF(X509) *certificates;
};

static counterfoil_code spend(struct opening *o, counterfoil_code code, int64_t rounds)
{
	if (code)
		return code;
	if (rounds > o->rounds)
		return COUNTERFOIL_TOO_COSTLY;
	o->rounds -= rounds;
	return COUNTERFOIL_OK;
}

/* The MAC does not cover the version: it must be 3 (RFC 7292 section 4). */
static int version_is_3(counterfoil_bytes file)
{
	static const unsigned char three[] = {0x02, 0x01, 0x03};
	const unsigned char *at = file.data;
	const unsigned char *end = at + file.len;
	long len;
	int tag, class;
	int form = ASN1_get_object(&at, &len, &tag, &class, (long)file.len);
	return !(form & 0x80) && tag == V_ASN1_SEQUENCE && class == V_ASN1_UNIVERSAL &&
	       (size_t)(end - at) > sizeof three && memcmp(at, three, sizeof three) == 0;
}

static counterfoil_code decode(counterfoil_bytes file, PKCS12 **p12)
{
	if (file.len > PKCS12_FILE_MAX)
		return COUNTERFOIL_TOO_LARGE;
	if (file.len == 0 || !version_is_3(file))
		return COUNTERFOIL_NOT_PKCS12;
	const unsigned char *at = file.data;
	*p12 = d2i_PKCS12(NULL, &at, (long)file.len);
	return *p12 && at == (const unsigned char *)file.data + file.len ? COUNTERFOIL_OK : COUNTERFOIL_NOT_PKCS12;
}

static counterfoil_code mac_digest(const X509_ALGOR *algorithm)
{
	static const int accepted[] = {NID_sha1, NID_sha224, NID_sha256, NID_sha384, NID_sha512};
	int nid = OBJ_obj2nid(algorithm->algorithm);
	if (algorithm->parameter && algorithm->parameter->type != V_ASN1_NULL)
		return nid == NID_undef ? COUNTERFOIL_UNSUPPORTED : COUNTERFOIL_NOT_PKCS12;
	for (size_t i = 0; i < sizeof accepted / sizeof *accepted; i++)
		if (accepted[i] == nid)
			return COUNTERFOIL_OK;
	return nid == NID_md5 || nid == NID_md2 || nid == NID_md4 ? COUNTERFOIL_OLD_ENCRYPTION : COUNTERFOIL_UNSUPPORTED;
}

static counterfoil_code mac_cost(const PKCS12 *p12, int64_t *rounds)
{
	const X509_ALGOR *algorithm = NULL;
	const ASN1_INTEGER *count = NULL;
	PKCS12_get0_mac(NULL, &algorithm, NULL, &count, p12);
	counterfoil_code code = mac_digest(algorithm);
	*rounds = 1;
	if (code || !count)
		return code;
	if (!ASN1_INTEGER_get_int64(rounds, count) || *rounds > PKCS12_ROUNDS_MAX)
		return COUNTERFOIL_TOO_COSTLY;
	return *rounds < 1 ? COUNTERFOIL_NOT_PKCS12 : COUNTERFOIL_OK;
}

/* An empty password is written in two ways by different makers: no bytes, and a terminating NUL. */
static counterfoil_code verify_mac(struct opening *o, PKCS12 *p12)
{
	if (!PKCS12_mac_present(p12))
		return COUNTERFOIL_UNPROTECTED;
	int64_t rounds;
	counterfoil_code code = mac_cost(p12, &rounds);
	code = spend(o, code, rounds);
	if (code)
		return code;
	if (PKCS12_verify_mac(p12, o->password, o->password_len))
		return COUNTERFOIL_OK;
	if (o->password_len == 0) {
		o->password = o->password ? NULL : "";
		code = spend(o, COUNTERFOIL_OK, rounds);
		if (code || PKCS12_verify_mac(p12, o->password, 0))
			return code;
	}
	unsigned long last = ERR_peek_last_error();
	return ERR_GET_LIB(last) == ERR_LIB_PKCS12 && ERR_GET_REASON(last) == PKCS12_R_MAC_GENERATION_ERROR
		       ? COUNTERFOIL_NOT_PKCS12
		       : COUNTERFOIL_WRONG_PASSWORD;
}

static counterfoil_code take_key(struct opening *o, const PKCS8_PRIV_KEY_INFO *info)
{
	if (!info)
		return COUNTERFOIL_NOT_PKCS12;
	if (++o->keys > 1)
		return COUNTERFOIL_SEVERAL_KEYS;
	o->key = EVP_PKCS82PKEY(info);
	return o->key && key_is_sane(o->key) ? COUNTERFOIL_OK : COUNTERFOIL_UNSUPPORTED;
}

/* The MAC has held, so the file is as it was made: what cannot be decrypted now has another password, or the same one in
 * another spelling (the MAC also takes Latin-1 for what is no UTF-8, PBKDF2 does not). */
static counterfoil_code take_shrouded_key(struct opening *o, const PKCS12_SAFEBAG *bag)
{
	const X509_SIG *sealed = PKCS12_SAFEBAG_get0_pkcs8(bag);
	const X509_ALGOR *algorithm = NULL;
	int64_t rounds;
	if (!sealed)
		return COUNTERFOIL_NOT_PKCS12;
	X509_SIG_get0(sealed, &algorithm, NULL);
	counterfoil_code code = pkcs12_cost(algorithm, &rounds);
	code = spend(o, code, rounds);
	if (code)
		return code;
	PKCS8_PRIV_KEY_INFO *info = PKCS12_decrypt_skey(bag, o->password, o->password_len);
	code = info ? take_key(o, info) : COUNTERFOIL_WRONG_PASSWORD;
	PKCS8_PRIV_KEY_INFO_free(info); /* wipes */
	return code;
}

static counterfoil_code take_certificate(struct opening *o, const PKCS12_SAFEBAG *bag)
{
	if (PKCS12_SAFEBAG_get_bag_nid(bag) != NID_x509Certificate)
		return COUNTERFOIL_OK; /* an SDSI certificate: of no use here */
	X509 *certificate = PKCS12_SAFEBAG_get1_cert(bag);
	if (!certificate)
		return COUNTERFOIL_NOT_PKCS12;
	int ok = X509_add_cert(o->certificates, certificate, X509_ADD_FLAG_UP_REF | X509_ADD_FLAG_NO_DUP);
	X509_free(certificate);
	return ok ? COUNTERFOIL_OK : COUNTERFOIL_OUT_OF_MEMORY;
}

static counterfoil_code take_bags(struct opening *o, const STACK_OF(PKCS12_SAFEBAG) *bags, int depth);

static counterfoil_code take_bag(struct opening *o, const PKCS12_SAFEBAG *bag, int depth)
{
	if (++o->bags > PKCS12_BAGS_MAX)
		return COUNTERFOIL_TOO_LARGE;
	switch (PKCS12_SAFEBAG_get_nid(bag)) {
	case NID_keyBag:
		return take_key(o, PKCS12_SAFEBAG_get0_p8inf(bag));
	case NID_pkcs8ShroudedKeyBag:
		return take_shrouded_key(o, bag);
	case NID_certBag:
		return take_certificate(o, bag);
	case NID_safeContentsBag:
		return take_bags(o, PKCS12_SAFEBAG_get0_safes(bag), depth + 1);
	default: /* revocation lists, other secrets */
		return COUNTERFOIL_OK;
	}
}

static counterfoil_code take_bags(struct opening *o, const STACK_OF(PKCS12_SAFEBAG) *bags, int depth)
{
	if (!bags || depth > PKCS12_DEPTH_MAX)
		return COUNTERFOIL_NOT_PKCS12;
	for (int i = 0; i < sk_PKCS12_SAFEBAG_num(bags); i++) {
		counterfoil_code code = take_bag(o, sk_PKCS12_SAFEBAG_value(bags, i), depth);
		if (code)
			return code;
	}
	return COUNTERFOIL_OK;
}

static counterfoil_code open_encrypted(struct opening *o, PKCS7 *safe, STACK_OF(PKCS12_SAFEBAG) **bags)
{
	if (!safe->d.encrypted || !safe->d.encrypted->enc_data || !safe->d.encrypted->enc_data->algorithm)
		return COUNTERFOIL_NOT_PKCS12;
	int64_t rounds;
	counterfoil_code code = pkcs12_cost(safe->d.encrypted->enc_data->algorithm, &rounds);
	code = spend(o, code, rounds);
	if (code)
		return code;
	*bags = PKCS12_unpack_p7encdata(safe, o->password, o->password_len);
	return *bags ? COUNTERFOIL_OK : COUNTERFOIL_WRONG_PASSWORD;
}

static counterfoil_code take_safe(struct opening *o, PKCS7 *safe)
{
	STACK_OF(PKCS12_SAFEBAG) *bags = NULL;
	counterfoil_code code = COUNTERFOIL_OK;
	if (PKCS7_type_is_data(safe))
		bags = PKCS12_unpack_p7data(safe);
	else if (PKCS7_type_is_encrypted(safe))
		code = open_encrypted(o, safe, &bags);
	else
		code = COUNTERFOIL_UNSUPPORTED; /* sealed to a public key: no password opens it */
	if (!code)
		code = take_bags(o, bags, 0);
	sk_PKCS12_SAFEBAG_pop_free(bags, PKCS12_SAFEBAG_free);
	return code;
}

static counterfoil_code take_safes(struct opening *o, const PKCS12 *p12)
{
	STACK_OF(PKCS7) *safes = PKCS12_unpack_authsafes(p12);
	counterfoil_code code = safes ? COUNTERFOIL_OK : COUNTERFOIL_NOT_PKCS12;
	for (int i = 0; !code && i < sk_PKCS7_num(safes); i++)
		code = take_safe(o, sk_PKCS7_value(safes, i));
	sk_PKCS7_pop_free(safes, PKCS7_free);
	return code;
}

counterfoil_code pkcs12_match(EVP_PKEY **key, STACK_OF(X509) **certificates, struct pkcs12_parts *parts)
{
	for (int i = 0; *key && i < sk_X509_num(*certificates); i++) {
		if (X509_check_private_key(sk_X509_value(*certificates, i), *key) != 1)
			continue;
		*parts = (struct pkcs12_parts){*key, sk_X509_delete(*certificates, i), *certificates};
		*key = NULL;
		*certificates = NULL;
		return COUNTERFOIL_OK;
	}
	return COUNTERFOIL_NO_KEY;
}

counterfoil_code pkcs12_open(counterfoil_bytes file, counterfoil_bytes password, struct pkcs12_parts *parts,
			     counterfoil_error *error)
{
	int64_t rounds = PKCS12_ROUNDS_TOGETHER_MAX;
	return pkcs12_open_within(&rounds, file, password, parts, error);
}

counterfoil_code pkcs12_open_within(int64_t *rounds, counterfoil_bytes file, counterfoil_bytes password,
				    struct pkcs12_parts *parts, counterfoil_error *error)
{
	*parts = (struct pkcs12_parts){0};
	if (password.len > PKCS12_PASSWORD_MAX || (!password.data && password.len) || !file.data)
		return outcome(error, COUNTERFOIL_BAD_INPUT, "the password is longer than %d bytes, or an argument is NULL",
			       PKCS12_PASSWORD_MAX);
	struct opening o = {.password = password.len ? password.data : NULL, .password_len = (int)password.len, .rounds = *rounds};
	PKCS12 *p12 = NULL;
	ERR_set_mark();
	o.certificates = sk_X509_new_null();
	counterfoil_code code = o.certificates ? decode(file, &p12) : COUNTERFOIL_OUT_OF_MEMORY;
	if (!code)
		code = verify_mac(&o, p12);
	if (!code)
		code = take_safes(&o, p12);
	if (!code)
		code = pkcs12_match(&o.key, &o.certificates, parts);
	*rounds = o.rounds;
	PKCS12_free(p12);
	EVP_PKEY_free(o.key);
	sk_X509_pop_free(o.certificates, X509_free);
	ERR_pop_to_mark();
	if (code == COUNTERFOIL_TOO_LARGE)
		return outcome(error, code, "the file is larger than a PKCS#12 file for one key is (%d bytes, %d bags)",
			       PKCS12_FILE_MAX, PKCS12_BAGS_MAX);
	return outcome(error, code, NULL);
}

void pkcs12_parts_clear(struct pkcs12_parts *parts)
{
	EVP_PKEY_free(parts->key);
	X509_free(parts->certificate);
	sk_X509_pop_free(parts->others, X509_free);
	*parts = (struct pkcs12_parts){0};
}

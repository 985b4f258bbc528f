#include "ca/certificate.h"

#include "ca/asn1_time.h"
#include "ca/certificate_extensions.h"
#include "ca/crypto_why.h"
#include "ca/key.h"
#include "ca/signature.h"
#include "ca/subject.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/x509v3.h>
#include <stdbool.h>

enum { POINT_MAX = 1 + 2 * 48 };

const struct profile *certificate_profile(const struct certificate_fields *f)
{
	return f->rules && f->rules->id == f->profile ? f->rules : f->rules ? NULL : profile_get(f->profile);
}

void certificate_life(const struct profile *p, const X509 *issuer, int64_t now, struct certificate_fields *f)
{
	int64_t from = 0, to = ASN1_TIME_LAST;
	if (issuer && (asn1_time_read(X509_get0_notBefore(issuer), &from) ||
		       asn1_time_read(X509_get0_notAfter(issuer), &to)))
		to = 0; /* an issuer without readable times: the lint refuses what comes of it */
	f->not_before = now - p->backdate;
	f->not_after = now + p->life;
	if (f->not_before < from)
		f->not_before = from;
	if (f->not_after > to)
		f->not_after = to;
}

static bool serial_set(X509 *x, const uint8_t serial[SERIAL_BYTES])
{
	BIGNUM *n = BN_bin2bn(serial, SERIAL_BYTES, NULL);
	bool done = n && BN_to_ASN1_INTEGER(n, X509_get_serialNumber(x));
	BN_free(n);
	return done;
}

/* UTF8String whatever the library's global string mask says (RFC 5280 4.1.2.4). */
static bool subject_set(X509 *x, const struct subject *s)
{
	X509_NAME *name = X509_get_subject_name(x);
	for (size_t i = 0; i < s->count; i++)
		if (X509_NAME_add_entry_by_NID(name, s->part[i].nid, V_ASN1_UTF8STRING,
					       (const uint8_t *)s->part[i].text, -1, -1, 0) != 1)
			return false;
	return true;
}

/* The issuer's name byte for byte: some compare encodings, not characters. */
static bool names_set(X509 *x, const struct subject *s, X509 *issuer)
{
	return subject_set(x, s) && X509_set_issuer_name(x, X509_get_subject_name(issuer ? issuer : x)) == 1;
}

static bool validity_set(X509 *x, const struct certificate_fields *f)
{
	return ASN1_TIME_set(X509_getm_notBefore(x), (time_t)f->not_before) &&
	       ASN1_TIME_set(X509_getm_notAfter(x), (time_t)f->not_after);
}

/* X509_set_pubkey writes a key out and reads it in again, which costs as much as a signature. The point of a named curve
 * needs no more than its place: whoever checks the certificate reads it from there, and holds it against the key. */
static bool point_set(X509 *x, const EVP_PKEY *key)
{
	char curve[64] = "";
	uint8_t point[POINT_MAX], *bytes = NULL;
	size_t len = 0;
	if (EVP_PKEY_get_group_name(key, curve, sizeof curve, NULL) != 1 ||
	    EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof point, &len) != 1 ||
	    !(bytes = OPENSSL_memdup(point, len)))
		return false;
	if (X509_PUBKEY_set0_param(X509_get_X509_PUBKEY(x), OBJ_nid2obj(NID_X9_62_id_ecPublicKey), V_ASN1_OBJECT,
				   OBJ_nid2obj(OBJ_sn2nid(curve)), bytes, (int)len) == 1)
		return true;
	OPENSSL_free(bytes);
	return false;
}

static bool key_set(X509 *x, EVP_PKEY *key)
{
	enum key_type type = KEY_TYPE_COUNT;
	bool curve = key_type_of(key, &type) == ERR_OK && (type == KEY_P256 || type == KEY_P384);
	return curve ? point_set(x, key) : X509_set_pubkey(x, key) == 1;
}

static X509 *fields_set(const struct certificate_fields *f, const struct subject *s, EVP_PKEY *subject_key, X509 *issuer)
{
	X509 *x = X509_new();
	if (x && X509_set_version(x, X509_VERSION_3) == 1 && serial_set(x, f->serial) && names_set(x, s, issuer) &&
	    validity_set(x, f) && key_set(x, subject_key))
		return x;
	X509_free(x);
	return NULL;
}

static enum err issuer_check(const struct certificate_fields *f, X509 *issuer, struct errbuf *why)
{
	if (!issuer != (f->profile == PROFILE_ROOT))
		return fail(why, ERR_INVALID, "a root is issued to itself, and nothing else is");
	if (issuer && X509_check_ca(issuer) != 1)
		return fail(why, ERR_INVALID, "the issuer's certificate is not a CA's");
	if (issuer && !X509_get0_subject_key_id(issuer))
		return fail(why, ERR_INVALID, "the issuer's certificate has no subjectKeyIdentifier (RFC 5280 4.2.1.2)");
	if (issuer && !X509_get0_pubkey(issuer))
		return crypto_why(why, ERR_INVALID, "the issuer's public key cannot be read");
	return ERR_OK;
}

enum err certificate_build(const struct certificate_fields *f, EVP_PKEY *subject_key, X509 *issuer, X509 **out,
			   struct errbuf *why)
{
	struct subject subject;
	X509 *x = NULL;
	enum err rc = subject_from_fields(f, &subject, why);
	if (rc)
		goto out;
	rc = issuer_check(f, issuer, why);
	if (rc)
		goto out;
	x = fields_set(f, &subject, subject_key, issuer);
	if (!x) {
		rc = crypto_why(why, ERR_CRYPTO, "the certificate could not be built");
		goto out;
	}
	rc = certificate_extensions_add(f, x, issuer, why);
	if (rc)
		goto out;
	rc = signature_announce(x, issuer ? X509_get0_pubkey(issuer) : subject_key);
	if (rc)
		goto out;
	*out = x;
	x = NULL;
out:
	X509_free(x);
	return rc;
}

#include "ca/certificate_lint.h"

#include "ca/asn1_time.h"
#include "ca/certificate_extensions.h"
#include "ca/crypto_why.h"
#include "ca/signature.h"
#include "ca/subject.h"

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/x509v3.h>
#include <string.h>

struct lint {
	const struct certificate_fields *f;
	const struct profile *p;
	struct subject subject;
	X509 *x, *issuer;
	struct errbuf *why;
};

static enum err wrong(const struct lint *l, const char *sentence)
{
	return fail(l->why, ERR_INVALID, "certificate lint: %s", sentence);
}

static enum err lint_version_and_serial(const struct lint *l)
{
	const ASN1_INTEGER *serial = X509_get0_serialNumber(l->x);
	uint8_t bytes[SERIAL_BYTES] = {0};
	int len = ASN1_STRING_length(serial);
	if (X509_get_version(l->x) != X509_VERSION_3)
		return wrong(l, "it is not version 3");
	if (ASN1_STRING_type(serial) != V_ASN1_INTEGER || len < 1 || len > SERIAL_BYTES || l->f->serial[0] & 0x80)
		return wrong(l, "the serial is not a positive INTEGER of at most 20 octets (RFC 5280 4.1.2.2)");
	memcpy(bytes + SERIAL_BYTES - len, ASN1_STRING_get0_data(serial), (size_t)len);
	if (memcmp(bytes, (uint8_t[SERIAL_BYTES]){0}, SERIAL_BYTES) == 0)
		return wrong(l, "the serial is zero (RFC 5280 4.1.2.2)");
	return memcmp(bytes, l->f->serial, SERIAL_BYTES) == 0 ? ERR_OK : wrong(l, "the serial is not the one asked for");
}

static enum err lint_validity(const struct lint *l)
{
	int64_t from = 0, to = 0, issuer_from = 0, issuer_to = 0;
	const ASN1_TIME *not_before = X509_get0_notBefore(l->x), *not_after = X509_get0_notAfter(l->x);
	X509 *issuer = l->issuer ? l->issuer : l->x;
	if (!asn1_time_form_right(not_before) || !asn1_time_form_right(not_after))
		return wrong(l, "a time is not in the form of RFC 5280 4.1.2.5");
	if (asn1_time_read(not_before, &from) || asn1_time_read(not_after, &to) ||
	    asn1_time_read(X509_get0_notBefore(issuer), &issuer_from) ||
	    asn1_time_read(X509_get0_notAfter(issuer), &issuer_to))
		return wrong(l, "a time cannot be read");
	if (from != l->f->not_before || to != l->f->not_after)
		return wrong(l, "the validity is not the one asked for");
	if (from >= to)
		return wrong(l, "it ends before it begins");
	if (to - from > l->p->life + l->p->backdate)
		return wrong(l, "it lives longer than its profile allows");
	if (from < issuer_from || to > issuer_to)
		return wrong(l, "it is not valid within its issuer's validity");
	return ERR_OK;
}

static bool entry_is(const X509_NAME_ENTRY *entry, int nid, const char *text)
{
	const ASN1_STRING *data = X509_NAME_ENTRY_get_data(entry);
	return OBJ_obj2nid(X509_NAME_ENTRY_get_object(entry)) == nid && ASN1_STRING_type(data) == V_ASN1_UTF8STRING &&
	       (size_t)ASN1_STRING_length(data) == strlen(text) &&
	       memcmp(ASN1_STRING_get0_data(data), text, strlen(text)) == 0;
}

static enum err lint_names(const struct lint *l)
{
	X509_NAME *name = X509_get_subject_name(l->x);
	X509_NAME *issuer = X509_get_subject_name(l->issuer ? l->issuer : l->x);
	const uint8_t *have = NULL, *want = NULL;
	size_t have_len = 0, want_len = 0;
	if ((size_t)X509_NAME_entry_count(name) != l->subject.count)
		return wrong(l, "the subject has more or fewer attributes than its profile");
	if (X509_NAME_ENTRY_set(X509_NAME_get_entry(name, (int)l->subject.count - 1)) != (int)l->subject.count - 1)
		return wrong(l, "the subject has several attributes in one set");
	for (size_t i = 0; i < l->subject.count; i++) {
		const X509_NAME_ENTRY *entry = X509_NAME_get_entry(name, (int)i);
		if (!entry_is(entry, l->subject.part[i].nid, l->subject.part[i].text))
			return wrong(l, "the subject is not the one asked for, in UTF8String");
	}
	if (X509_NAME_get0_der(X509_get_issuer_name(l->x), &have, &have_len) != 1 ||
	    X509_NAME_get0_der(issuer, &want, &want_len) != 1 || have_len != want_len ||
	    memcmp(have, want, want_len) != 0)
		return wrong(l, "the issuer's name is not, byte for byte, the issuer's subject (RFC 5280 4.1.2.4)");
	if (l->issuer && X509_NAME_cmp(name, issuer) == 0)
		return wrong(l, "it has the name of its issuer: only a root may");
	return ERR_OK;
}

/* EC points uncompressed and curves by name (RFC 5480 2.1.1, 2.2): others are refused by half of the world. */
static bool key_encoded_right(X509 *x, bool ec)
{
	const uint8_t *bits = NULL;
	int len = 0;
	X509_ALGOR *algorithm = NULL;
	const ASN1_OBJECT *oid = NULL;
	int parameters = V_ASN1_UNDEF;
	if (X509_PUBKEY_get0_param(NULL, &bits, &len, &algorithm, X509_get_X509_PUBKEY(x)) != 1)
		return false;
	X509_ALGOR_get0(&oid, &parameters, NULL, algorithm);
	if (ec)
		return OBJ_obj2nid(oid) == NID_X9_62_id_ecPublicKey && parameters == V_ASN1_OBJECT && len > 0 &&
		       bits[0] == POINT_CONVERSION_UNCOMPRESSED;
	return OBJ_obj2nid(oid) == NID_rsaEncryption && parameters == V_ASN1_NULL;
}

static enum err lint_key_made_here(const struct lint *l, const EVP_PKEY *key)
{
	enum key_type type = KEY_TYPE_COUNT;
	if (key_type_of(key, &type))
		return wrong(l, "the key is none of P-256, P-384, RSA 2048, RSA 3072 with the exponent 65537");
	return (l->p->key_types & 1u << type) ? ERR_OK : wrong(l, "the profile does not permit this type of key");
}

static enum err lint_own_key(const struct lint *l, const EVP_PKEY *key)
{
	struct errbuf reason = {""};
	return key_own_check(key, &l->p->own, &reason) ? wrong(l, reason.text) : ERR_OK;
}

static enum err lint_key(const struct lint *l)
{
	EVP_PKEY *key = X509_get0_pubkey(l->x);
	if (!key)
		return crypto_why(l->why, ERR_INVALID, "certificate lint: the public key cannot be read");
	enum err rc = l->f->own_key ? lint_own_key(l, key) : lint_key_made_here(l, key);
	if (rc)
		return rc;
	if (!key_encoded_right(l->x, EVP_PKEY_is_a(key, "EC") == 1))
		return wrong(l, "the public key is not encoded as a named curve's uncompressed point or as RSA");
	if (l->issuer && EVP_PKEY_eq(key, X509_get0_pubkey(l->issuer)) == 1)
		return wrong(l, "the key is the issuer's own");
	return ERR_OK;
}

static enum err lint_algorithm(const struct lint *l)
{
	const ASN1_BIT_STRING *issuer_id = NULL, *subject_id = NULL;
	X509_get0_uids(l->x, &issuer_id, &subject_id);
	if (issuer_id || subject_id)
		return wrong(l, "it has unique identifiers (RFC 5280 4.1.2.8)");
	if (!signature_announced(l->x, X509_get0_pubkey(l->issuer ? l->issuer : l->x)))
		return wrong(l, "the two signature algorithms are not the one of the issuer's key");
	return ERR_OK;
}

/* A path length bounds the CAs below: zero leaves room for none (RFC 5280 4.2.1.9). Path validation alone would let a
 * further CA pass as the last certificate of its path, and only refuse what that one signs. */
static enum err lint_path_length(const struct lint *l)
{
	long room = l->issuer ? X509_get_pathlen(l->issuer) : -1;
	if (l->p->ca && room >= 0 && room <= l->p->path_length)
		return wrong(l, "its issuer's path length leaves no room for this CA");
	return ERR_OK;
}

static enum err lint_extensions(const struct lint *l)
{
	return certificate_extensions_lint(l->f, l->x, l->issuer, l->why);
}

static enum err lint_all(const struct lint *l)
{
	static enum err (*const rules[])(const struct lint *) = {
		lint_version_and_serial, lint_validity,    lint_names,      lint_key,
		lint_algorithm,          lint_path_length, lint_extensions,
	};
	for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
		enum err rc = rules[i](l);
		if (rc)
			return rc;
	}
	return ERR_OK;
}

X509 *certificate_reread(X509 *x)
{
	uint8_t *der = NULL, *again = NULL;
	int len = i2d_X509(x, &der);
	const uint8_t *at = der;
	X509 *read = len > 0 ? d2i_X509(NULL, &at, len) : NULL;
	bool same = read && at == der + len && i2d_X509(read, &again) == len && memcmp(der, again, (size_t)len) == 0;
	OPENSSL_free(der);
	OPENSSL_free(again);
	if (same)
		return read;
	X509_free(read);
	return NULL;
}

enum err certificate_lint_read(const struct certificate_fields *f, X509 *read, X509 *issuer, struct errbuf *why)
{
	struct lint l = {.f = f, .p = certificate_profile(f), .x = read, .issuer = issuer, .why = why};
	enum err rc = subject_from_fields(f, &l.subject, why);
	if (rc)
		return rc;
	if (!issuer != (f->profile == PROFILE_ROOT))
		return wrong(&l, "a root is issued to itself, and nothing else is");
	return lint_all(&l);
}

/* What counts is what will be read by others: everything is looked at in a copy read from the encoding. */
enum err certificate_lint(const struct certificate_fields *f, X509 *built, X509 *issuer, struct errbuf *why)
{
	X509 *read = certificate_reread(built);
	enum err rc = read ? certificate_lint_read(f, read, issuer, why)
			   : crypto_why(why, ERR_INVALID, "certificate lint: its DER does not read back as it was written");
	X509_free(read);
	return rc;
}

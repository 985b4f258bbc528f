/* identity_save_chain: the certificates of an identity, chosen and put in order for other programs. */
#include "base/clock.h"
#include "client/identity_save.h"

#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/x509v3.h>
#include <stdio.h>

/* The name alone proves nothing: the signature does. */
static X509 *issuer_of(X509 *subject, const STACK_OF(X509) *among)
{
	for (int i = 0; i < sk_X509_num(among); i++) {
		X509 *ca = sk_X509_value(among, i);
		if (X509_check_issued(ca, subject) == X509_V_OK && X509_verify(subject, X509_get0_pubkey(ca)) == 1)
			return ca;
	}
	return NULL;
}

static bool is_root(X509 *x)
{
	return X509_check_issued(x, x) == X509_V_OK;
}

/* No more steps than there are certificates: two that issued each other do not go on for ever. */
static counterfoil_code walk(const struct pkcs12_parts *parts, STACK_OF(X509) *chain)
{
	X509 *at = parts->certificate;
	for (int steps = sk_X509_num(parts->others); steps > 0; steps--) {
		at = issuer_of(at, parts->others);
		if (!at)
			return COUNTERFOIL_NO_TRUST;
		if (!sk_X509_push(chain, at))
			return COUNTERFOIL_OUT_OF_MEMORY;
		if (is_root(at))
			return COUNTERFOIL_OK;
	}
	return COUNTERFOIL_NO_TRUST;
}

static int64_t within(const counterfoil_identity *identity, int64_t now)
{
	const int64_t last = identity->not_after - 1; /* OpenSSL takes not-after itself for over */
	return now < identity->not_before ? identity->not_before : now > last ? last : now;
}

counterfoil_code saving_chain(const counterfoil_identity *identity, struct saving *s, counterfoil_error *error)
{
	/* a time that is over is no reason: a copy may be wanted all the same */
	counterfoil_code code = identity_check_chain(identity, within(identity, clock_now()), error);
	if (code)
		return code;
	s->chain = sk_X509_new_null();
	ERR_set_mark();
	code = s->chain ? walk(s->parts, s->chain) : COUNTERFOIL_OUT_OF_MEMORY;
	ERR_pop_to_mark();
	return code == COUNTERFOIL_NO_TRUST
		       ? outcome(error, code, "the file does not hold the CA's certificates up to its root: fetch it again")
		       : outcome(error, code, NULL);
}

static bool write_intermediates(const struct saving *s, BIO *out)
{
	bool written = true;
	for (int i = 0; written && i < sk_X509_num(s->chain) - 1; i++)
		written = PEM_write_bio_X509(out, sk_X509_value(s->chain, i)) == 1;
	return written;
}

static bool write_ca(const struct saving *s, BIO *out)
{
	bool written = true;
	for (int i = 0; written && i < sk_X509_num(s->parts->others); i++)
		written = PEM_write_bio_X509(out, sk_X509_value(s->parts->others, i)) == 1;
	return written;
}

bool saving_certificates(const struct saving *s, BIO *out)
{
	if (s->content & COUNTERFOIL_CONTENT_CERTIFICATE && PEM_write_bio_X509(out, s->parts->certificate) != 1)
		return false;
	if (s->content & COUNTERFOIL_CONTENT_INTERMEDIATES && !write_intermediates(s, out))
		return false;
	return !(s->content & COUNTERFOIL_CONTENT_CA) || write_ca(s, out);
}

/* Java takes a certificate in PKCS#12 for a trusted one by this attribute of Oracle's, whose value names the purposes. */
static bool add_trusted(STACK_OF(PKCS12_SAFEBAG) *bags, X509 *ca, int number)
{
	static const char trusted_key_usage[] = "2.16.840.1.113894.746875.1.1";
	const ASN1_OBJECT *any_purpose = OBJ_nid2obj(NID_anyExtendedKeyUsage);
	char alias[32];
	int len = snprintf(alias, sizeof alias, "counterfoil-ca-%d", number);
	PKCS12_SAFEBAG *bag = PKCS12_SAFEBAG_create_cert(ca);
	if (bag && PKCS12_add_friendlyname_utf8(bag, alias, len) == 1 &&
	    PKCS12_add1_attr_by_txt(bag, trusted_key_usage, V_ASN1_OBJECT, (const unsigned char *)any_purpose, -1) == 1 &&
	    sk_PKCS12_SAFEBAG_push(bags, bag) > 0)
		return true;
	PKCS12_SAFEBAG_free(bag);
	return false;
}

/* Owns what it is given. */
static PKCS12 *without_mac(PKCS7 *safe)
{
	STACK_OF(PKCS7) *safes = sk_PKCS7_new_null();
	PKCS12 *p12 = NULL;
	if (safe && safes && sk_PKCS7_push(safes, safe) > 0) {
		safe = NULL;
		p12 = PKCS12_add_safes(safes, 0);
	}
	PKCS7_free(safe);
	sk_PKCS7_pop_free(safes, PKCS7_free);
	return p12;
}

bool saving_trust_store(const struct saving *s, BIO *out)
{
	STACK_OF(PKCS12_SAFEBAG) *bags = sk_PKCS12_SAFEBAG_new_null();
	bool filled = bags;
	for (int i = 0; filled && i < sk_X509_num(s->parts->others); i++)
		filled = add_trusted(bags, sk_X509_value(s->parts->others, i), i + 1);
	PKCS12 *p12 = filled ? without_mac(PKCS12_pack_p7data(bags)) : NULL;
	bool written = p12 && i2d_PKCS12_bio(out, p12) == 1;
	PKCS12_free(p12);
	sk_PKCS12_SAFEBAG_pop_free(bags, PKCS12_SAFEBAG_free);
	return written;
}

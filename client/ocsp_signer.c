/* ocsp_signer: may whoever signed an answer speak for the CA? (RFC 6960 section 4.2.2.2) */
#include "client/ocsp.h"
#include "client/signature.h"

#include <openssl/x509v3.h>
#include <stdbool.h>
#include <string.h>

enum { SECURITY_BITS = 112 /* RSA 2048 */, KEY_HASH_SIZE = 20 };

/* RFC 6960 names the responder by its name, or by the SHA-1 of its key: to find it, not to believe it. */
static bool is_named(const OCSP_BASICRESP *response, const X509 *candidate)
{
	const ASN1_OCTET_STRING *key = NULL;
	const X509_NAME *name = NULL;
	unsigned char hash[EVP_MAX_MD_SIZE];
	unsigned int len = 0;
	if (OCSP_resp_get0_id(response, &key, &name) != 1)
		return false;
	if (name)
		return X509_NAME_cmp(name, X509_get_subject_name(candidate)) == 0;
	return key && X509_pubkey_digest(candidate, EVP_sha1(), hash, &len) == 1 && len == KEY_HASH_SIZE &&
	       ASN1_STRING_length(key) == KEY_HASH_SIZE && memcmp(ASN1_STRING_get0_data(key), hash, len) == 0;
}

static bool key_is_strong(const X509 *certificate)
{
	const EVP_PKEY *key = X509_get0_pubkey(certificate);
	return key && EVP_PKEY_get_security_bits(key) >= SECURITY_BITS;
}

/* Charged by the issuer itself, with exactly this, and now. Whether that certificate was revoked in its turn is for the CA to
 * prevent by its short life (section 4.2.2.2.1 leaves it to us, and with id-pkix-ocsp-nocheck there is nothing to ask). */
static bool is_charged(X509 *candidate, const struct ocsp_question *q)
{
	uint32_t flags = X509_get_extension_flags(candidate);
	time_t early = (time_t)(q->now + OCSP_CLOCK_SKEW), now = (time_t)q->now;
	return !(flags & (EXFLAG_INVALID | EXFLAG_CRITICAL | EXFLAG_CA)) && flags & EXFLAG_XKUSAGE &&
	       X509_get_extended_key_usage(candidate) & XKU_OCSP_SIGN &&
	       X509_get_key_usage(candidate) & KU_DIGITAL_SIGNATURE &&
	       X509_cmp_time(X509_get0_notBefore(candidate), &early) < 0 &&
	       X509_cmp_time(X509_get0_notAfter(candidate), &now) > 0 &&
	       X509_check_issued(q->issuer, candidate) == X509_V_OK &&
	       X509_verify(candidate, X509_get0_pubkey(q->issuer)) == 1;
}

static enum ocsp_flaw verify(OCSP_BASICRESP *response, X509 *signer)
{
	if (!signature_is_strong(OCSP_resp_get0_tbs_sigalg(response)) || !key_is_strong(signer))
		return OCSP_FLAW_WEAK;
	STACK_OF(X509) *only = sk_X509_new_null();
	if (!only || sk_X509_push(only, signer) <= 0) {
		sk_X509_free(only);
		return OCSP_FLAW_MEMORY;
	}
	int verified = OCSP_basic_verify(response, only, NULL, OCSP_NOINTERN | OCSP_NOVERIFY);
	sk_X509_free(only);
	return verified == 1 ? OCSP_FLAW_NONE : OCSP_FLAW_SIGNATURE;
}

/* Two of the same name are told apart by the signature alone. */
enum ocsp_flaw ocsp_signed(OCSP_BASICRESP *response, const struct ocsp_question *question)
{
	const STACK_OF(X509) *brought = OCSP_resp_get0_certs(response);
	enum ocsp_flaw flaw = is_named(response, question->issuer) ? verify(response, question->issuer) : OCSP_FLAW_STRANGER;
	for (int i = 0; flaw && i < sk_X509_num(brought); i++) {
		X509 *candidate = sk_X509_value(brought, i);
		if (!is_named(response, candidate) || !is_charged(candidate, question))
			continue;
		bool strong = signature_is_strong(X509_get0_tbs_sigalg(candidate));
		flaw = strong ? verify(response, candidate) : OCSP_FLAW_WEAK;
	}
	return flaw;
}

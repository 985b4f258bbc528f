/* Revocation lists as a caller's verifier gets them, in PEM or DER, as they came and signed anew by a CA that counts: whoever
 * is found good stands on no list of it, whose time must not be over. */
#include "client/revocation.h"
#include "tests/fuzz/target.h"

#include <openssl/evp.h>
#include <openssl/x509v3.h>

enum { NOW = 1795313618 };

static STACK_OF(X509) *chain, *issuers; /* a leaf with serial 7 and its CA; that CA */
static EVP_PKEY *key;

static X509 *certificate(long serial, const char *name)
{
	X509 *x = X509_new();
	HOLDS(x && X509_set_version(x, X509_VERSION_3) && ASN1_INTEGER_set(X509_get_serialNumber(x), serial));
	HOLDS(X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_UTF8, (const uint8_t *)name, -1, -1, 0));
	HOLDS(X509_NAME_add_entry_by_txt(X509_get_issuer_name(x), "CN", MBSTRING_UTF8, (const uint8_t *)"CA", -1, -1, 0));
	HOLDS(ASN1_TIME_set(X509_getm_notBefore(x), NOW - 1000) && ASN1_TIME_set(X509_getm_notAfter(x), NOW + 1000));
	HOLDS(X509_set_pubkey(x, key) && X509_sign(x, key, EVP_sha256()) > 0);
	return x;
}

static void stage(void)
{
	key = EVP_EC_gen("P-256");
	chain = sk_X509_new_null();
	HOLDS(key && chain && sk_X509_push(chain, certificate(7, "leaf")) && sk_X509_push(chain, certificate(1, "CA")));
	issuers = X509_chain_up_ref(chain);
	X509_free(sk_X509_shift(issuers));
}

/* Of one list, which every certificate of the chain's CA has signed. */
static void found_good(X509_CRL *crl)
{
	STACK_OF(X509_REVOKED) *entries = X509_CRL_get_REVOKED(crl);
	for (int i = 0; i < sk_X509_REVOKED_num(entries); i++)
		HOLDS(ASN1_INTEGER_cmp(X509_REVOKED_get0_serialNumber(sk_X509_REVOKED_value(entries, i)),
				       X509_get0_serialNumber(sk_X509_value(chain, 0))) != 0);
	HOLDS(ASN1_TIME_cmp_time_t(X509_CRL_get0_nextUpdate(crl), NOW) >= 0);
}

static counterfoil_revocation look(const uint8_t *data, size_t size)
{
	char why[REVOCATION_WHY_SIZE] = "";
	counterfoil_revocation found = COUNTERFOIL_REVOCATION_UNKNOWN;
	struct revocation_lists *lists = revocation_lists_read((counterfoil_bytes){data, size}, issuers, why);
	if (lists)
		found = revocation_lists_of(lists, chain, NOW, why);
	HOLDS(found != COUNTERFOIL_REVOCATION_UNKNOWN || why[0]);
	revocation_lists_free(lists);
	return found;
}

static void sign_anew(const uint8_t *data, size_t size)
{
	uint8_t *der = NULL;
	const uint8_t *at = data;
	X509_CRL *crl = d2i_X509_CRL(NULL, &at, (long)size);
	if (crl && X509_CRL_set_issuer_name(crl, X509_get_subject_name(sk_X509_value(chain, 1))) == 1 &&
	    X509_CRL_sign(crl, key, EVP_sha256()) > 0) {
		int len = i2d_X509_CRL(crl, &der);
		if (len > 0 && look(der, (size_t)len) == COUNTERFOIL_REVOCATION_GOOD)
			found_good(crl);
	}
	OPENSSL_free(der);
	X509_CRL_free(crl);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!key)
		stage();
	HOLDS(look(data, size) == COUNTERFOIL_REVOCATION_UNKNOWN);
	sign_anew(data, size);
	return 0;
}

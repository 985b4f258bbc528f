#include "ca/crl.h"

#include "ca/asn1_time.h"
#include "ca/crypto_why.h"

#include <limits.h>
#include <openssl/x509v3.h>

static enum err issuer_check(X509_CRL *crl, X509 *issuer, struct errbuf *why)
{
	if (X509_NAME_cmp(X509_CRL_get_issuer(crl), X509_get_subject_name(issuer)) != 0)
		return fail(why, ERR_REFUSED, "the list is another issuer's");
	if (X509_CRL_verify(crl, X509_get0_pubkey(issuer)) != 1)
		return crypto_why(why, ERR_REFUSED, "the list's signature is not its issuer's");
	return ERR_OK;
}

static enum err number_read(const X509_CRL *crl, uint64_t *out, struct errbuf *why)
{
	ASN1_INTEGER *number = X509_CRL_get_ext_d2i(crl, NID_crl_number, NULL, NULL);
	enum err rc = number && ASN1_INTEGER_get_uint64(out, number) == 1 ? ERR_OK : ERR_MALFORMED;
	ASN1_INTEGER_free(number);
	return rc ? crypto_why(why, rc, "the list has no readable cRLNumber below 2^64") : ERR_OK;
}

enum err crl_read(const void *der, size_t len, X509 *issuer, struct crl_head *head, size_t *entries, struct errbuf *why)
{
	struct crl_head found = {.number = 0};
	const uint8_t *at = der;
	X509_CRL *crl = len > 0 && len <= LONG_MAX ? d2i_X509_CRL(NULL, &at, (long)len) : NULL;
	enum err rc = ERR_MALFORMED;
	if (!crl || at != (const uint8_t *)der + len || X509_CRL_get_version(crl) != X509_CRL_VERSION_2) {
		rc = crypto_why(why, ERR_MALFORMED, "this is not one version 2 revocation list in DER");
		goto out;
	}
	rc = issuer_check(crl, issuer, why);
	if (rc)
		goto out;
	if (asn1_time_read(X509_CRL_get0_lastUpdate(crl), &found.this_update) ||
	    asn1_time_read(X509_CRL_get0_nextUpdate(crl), &found.next_update)) {
		rc = fail(why, ERR_MALFORMED, "the list's times cannot be read");
		goto out;
	}
	rc = number_read(crl, &found.number, why);
	if (rc)
		goto out;
	int count = sk_X509_REVOKED_num(X509_CRL_get_REVOKED(crl)); /* -1 when there is no list */
	*entries = count > 0 ? (size_t)count : 0;
	*head = found;
out:
	X509_CRL_free(crl);
	return rc;
}

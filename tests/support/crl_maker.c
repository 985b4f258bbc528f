#include "tests/support/crl_maker.h"
#include "tests/support/test.h"

#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <time.h>

static void add_entry(X509_CRL *crl, const struct pair *revoked, int reason, const ASN1_TIME *when)
{
	X509_REVOKED *entry = X509_REVOKED_new();
	assert_int_equal(X509_REVOKED_set_serialNumber(entry, X509_get_serialNumber(revoked->certificate)), 1);
	assert_int_equal(X509_REVOKED_set_revocationDate(entry, (ASN1_TIME *)when), 1);
	if (reason) {
		ASN1_ENUMERATED *value = ASN1_ENUMERATED_new();
		ASN1_ENUMERATED_set(value, reason);
		assert_int_equal(X509_REVOKED_add1_ext_i2d(entry, NID_crl_reason, value, 0, 0), 1);
		ASN1_ENUMERATED_free(value);
	}
	assert_int_equal(X509_CRL_add0_revoked(crl, entry), 1);
}

static void fill(X509_CRL *crl, const struct crl_wanted *w)
{
	bool dated = w->from || w->until;
	time_t now = time(NULL);
	ASN1_TIME *when = ASN1_TIME_set(NULL, now + (dated ? w->from : -3600));
	X509_CRL_set_version(crl, X509_CRL_VERSION_2);
	X509_CRL_set_issuer_name(crl, X509_get_subject_name(w->issuer->certificate));
	X509_CRL_set1_lastUpdate(crl, when);
	for (int i = 0; i < 2; i++)
		if (w->revoked[i])
			add_entry(crl, w->revoked[i], i ? 0 : w->reason, when);
	ASN1_TIME_set(when, now + (dated ? w->until : DAY));
	if (!w->endless)
		X509_CRL_set1_nextUpdate(crl, when);
	ASN1_TIME_free(when);
	ASN1_INTEGER *number = ASN1_INTEGER_new();
	ASN1_INTEGER_set(number, 7);
	assert_int_equal(X509_CRL_add1_ext_i2d(crl, NID_crl_number, number, 0, 0), 1);
	if (w->critical)
		assert_int_equal(X509_CRL_add1_ext_i2d(crl, NID_delta_crl, number, 1, 0), 1);
	ASN1_INTEGER_free(number);
	X509_CRL_sort(crl);
}

void crl_write(const struct crl_wanted *w, struct buf *out)
{
	X509_CRL *crl = X509_CRL_new();
	BIO *memory = BIO_new(BIO_s_mem());
	char *bytes = NULL;
	fill(crl, w);
	assert_true(X509_CRL_sign(crl, (w->signer ? w->signer : w->issuer)->key, w->digest ? w->digest : EVP_sha256()) > 0);
	assert_int_equal(w->pem ? PEM_write_bio_X509_CRL(memory, crl) : i2d_X509_CRL_bio(memory, crl), 1);
	long len = BIO_get_mem_data(memory, &bytes);
	buf_add(out, bytes, (size_t)len);
	assert_int_equal(buf_check(out), ERR_OK);
	BIO_free(memory);
	X509_CRL_free(crl);
}

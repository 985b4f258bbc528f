#include "tests/support/ocsp_maker.h"
#include "tests/support/test.h"

#include <openssl/x509v3.h>
#include <string.h>
#include <time.h>

static OCSP_SINGLERESP *add(OCSP_BASICRESP *basic, const struct ocsp_wanted *w, const X509 *subject, int status)
{
	const bool dated = w->from || w->until;
	const time_t now = time(NULL);
	ASN1_TIME *from = ASN1_GENERALIZEDTIME_set(NULL, now + (dated ? w->from : -3600));
	ASN1_TIME *until = ASN1_GENERALIZEDTIME_set(NULL, now + (dated ? w->until : DAY));
	OCSP_CERTID *id = subject ? OCSP_cert_to_id(w->id_digest ? w->id_digest : EVP_sha1(), subject, w->issuer->certificate)
				  : OCSP_CERTID_dup(w->id);
	assert_non_null(id);
	OCSP_SINGLERESP *single = OCSP_basic_add1_status(basic, id, status, w->reason ? w->reason : OCSP_NO_REASON, from, from,
							 w->endless ? NULL : until);
	assert_non_null(single);
	OCSP_CERTID_free(id);
	ASN1_GENERALIZEDTIME_free(from);
	ASN1_GENERALIZEDTIME_free(until);
	return single;
}

static void add_nonce(OCSP_BASICRESP *basic, const struct ocsp_wanted *w)
{
	if (w->asked)
		OCSP_copy_nonce(basic, w->asked);
	if (w->nonce)
		assert_int_equal(OCSP_basic_add1_nonce(basic, (unsigned char *)(uintptr_t)w->nonce, (int)strlen(w->nonce)), 1);
}

static X509_EXTENSION *critical(int nid)
{
	ASN1_OCTET_STRING *value = ASN1_OCTET_STRING_new();
	assert_int_equal(ASN1_OCTET_STRING_set(value, (const unsigned char *)"\x05", 2), 1); /* an ASN.1 NULL */
	X509_EXTENSION *made = X509_EXTENSION_create_by_NID(NULL, nid, 1, value);
	assert_non_null(made);
	ASN1_OCTET_STRING_free(value);
	return made;
}

static void add_critical(OCSP_BASICRESP *basic, OCSP_SINGLERESP *single, const struct ocsp_wanted *w)
{
	X509_EXTENSION *one = critical(w->critical ? w->critical : NID_id_pkix_OCSP_archiveCutoff);
	if (w->critical)
		assert_int_equal(OCSP_BASICRESP_add_ext(basic, one, -1), 1);
	if (w->critical_single)
		assert_int_equal(OCSP_SINGLERESP_add_ext(single, one, -1), 1);
	X509_EXTENSION_free(one);
}

static OCSP_BASICRESP *make(const struct ocsp_wanted *w)
{
	const struct pair *signer = w->signer ? w->signer : w->issuer;
	const bool ed = EVP_PKEY_is_a(signer->key, "ED25519");
	unsigned long flags = (w->by_key ? OCSP_RESPID_KEY : 0) | (w->alone ? OCSP_NOCERTS : 0);
	OCSP_BASICRESP *basic = OCSP_BASICRESP_new();
	if (w->other)
		add(basic, w, w->other, V_OCSP_CERTSTATUS_GOOD);
	OCSP_SINGLERESP *single = add(basic, w, w->subject, w->status);
	if (w->again)
		add(basic, w, w->subject, w->again - 1);
	add_nonce(basic, w);
	add_critical(basic, single, w);
	assert_int_equal(OCSP_basic_sign(basic, signer->certificate, signer->key, ed ? NULL : w->digest ? w->digest : EVP_sha256(),
					 NULL, flags), 1);
	return basic;
}

void ocsp_write(const struct ocsp_wanted *w, struct buf *out)
{
	OCSP_BASICRESP *basic = w->error ? NULL : make(w);
	OCSP_RESPONSE *response = OCSP_response_create(w->error, basic);
	unsigned char *der = NULL;
	int len = i2d_OCSP_RESPONSE(response, &der);
	assert_true(len > 0);
	buf_add(out, der, (size_t)len);
	assert_int_equal(buf_check(out), ERR_OK);
	OPENSSL_free(der);
	OCSP_RESPONSE_free(response);
	OCSP_BASICRESP_free(basic);
}

#include "ca/ocsp.h"

#include "ca/crypto_why.h"

#include <openssl/ocsp.h>
#include <string.h>

enum { HOUR = 3600 };

/* Does it say of this certificate that it was revoked, for this reason, and is it signed by the delegate? */
static bool says(OCSP_BASICRESP *basic, OCSP_CERTID *id, X509 *delegate, int wanted)
{
	int status = -1, reason = -1;
	STACK_OF(X509) *certificates = sk_X509_new_null();
	bool right = certificates && sk_X509_push(certificates, delegate) > 0 &&
		     OCSP_resp_find_status(basic, id, &status, &reason, NULL, NULL, NULL) == 1 &&
		     status == V_OCSP_CERTSTATUS_REVOKED && reason == wanted &&
		     OCSP_basic_verify(basic, certificates, NULL, OCSP_NOVERIFY) == 1;
	sk_X509_free(certificates);
	return right;
}

static bool reads_right(const struct buf *der, X509 *issuer, X509 *delegate, const struct ocsp_single *asked)
{
	const uint8_t *at = der->data;
	BIGNUM *number = BN_bin2bn(asked->serial, (int)asked->serial_len, NULL);
	ASN1_INTEGER *serial = number ? BN_to_ASN1_INTEGER(number, NULL) : NULL;
	OCSP_CERTID *id = serial ? OCSP_cert_id_new(EVP_sha256(), X509_get_subject_name(issuer),
						    X509_get0_pubkey_bitstr(issuer), serial)
				 : NULL;
	OCSP_RESPONSE *response = d2i_OCSP_RESPONSE(NULL, &at, (long)der->len);
	OCSP_BASICRESP *basic = response ? OCSP_response_get1_basic(response) : NULL;
	bool right = id && basic && at == der->data + der->len &&
		     OCSP_response_status(response) == OCSP_RESPONSE_STATUS_SUCCESSFUL &&
		     says(basic, id, delegate, asked->reason);
	OCSP_BASICRESP_free(basic);
	OCSP_RESPONSE_free(response);
	OCSP_CERTID_free(id);
	ASN1_INTEGER_free(serial);
	BN_free(number);
	return right;
}

enum err ocsp_responder_check(struct ocsp_responder *r, X509 *issuer, X509 *delegate, int64_t now, struct errbuf *why)
{
	const struct ocsp_single single = {.hash = OCSP_SHA256, .serial = {0x5e, 1, 2}, .serial_len = 3,
					   .status = OCSP_REVOKED, .reason = REASON_SUPERSEDED, .revoked_at = now};
	const struct ocsp_answer answer = {
		.singles = &single, .count = 1, .this_update = now, .next_update = now + HOUR};
	struct buf der = BUF_INIT(OCSP_ANSWER_BYTES_MAX);
	enum err rc = ocsp_answer_make(r, &answer, &der);
	if (rc)
		rc = fail(why, rc, "an OCSP answer cannot be made");
	else if (!reads_right(&der, issuer, delegate, &single))
		rc = crypto_why(why, ERR_CRYPTO, "an OCSP answer does not say what was asked");
	buf_free(&der);
	return rc;
}

/* ocsp_maker: answers of OCSP responders, good and bad, made inside the test by OpenSSL. */
#ifndef TESTS_OCSP_MAKER_H
#define TESTS_OCSP_MAKER_H

#include "tests/support/pkcs12_maker.h"

#include <openssl/ocsp.h>

enum { OCSP_NO_REASON = -1 };

struct ocsp_wanted {
	const struct pair *issuer;
	const X509 *subject;
	OCSP_CERTID *id;         /* instead of the subject: this name of it */
	int status, reason;      /* V_OCSP_CERTSTATUS_GOOD; of REVOKED, 0: none told */
	int64_t from, until;     /* seconds from now; 0, 0: an hour ago until in a day */
	bool endless;            /* without nextUpdate */
	const struct pair *signer; /* NULL: the issuer */
	bool alone;              /* the signer's certificate does not come along */
	bool by_key;             /* the responder is named by its key */
	const EVP_MD *digest;    /* of the signature; NULL: SHA-256 */
	const EVP_MD *id_digest; /* of the certificate's name; NULL: SHA-1 */
	const X509 *other;       /* another certificate of the issuer, good, comes first; NULL: none */
	int again;               /* V_OCSP_CERTSTATUS_* + 1: something else about the same one behind it */
	OCSP_REQUEST *asked;     /* its nonce is echoed */
	const char *nonce;       /* this one instead; NULL: none */
	int critical;            /* NID of a critical extension of the whole */
	bool critical_single;    /* or of the one */
	int error;               /* OCSP_RESPONSE_STATUS_*: nothing else is in it */
};
/* Append it to out. */
void ocsp_write(const struct ocsp_wanted *w, struct buf *out);

#endif

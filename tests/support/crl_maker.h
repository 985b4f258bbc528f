/* crl_maker: revocation lists, good and bad, made inside the test by OpenSSL. */
#ifndef TESTS_CRL_MAKER_H
#define TESTS_CRL_MAKER_H

#include "tests/support/pkcs12_maker.h"

struct crl_wanted {
	const struct pair *issuer;
	const struct pair *signer;     /* NULL: the issuer */
	const struct pair *revoked[2]; /* NULL for none */
	int reason;                    /* of the first; 0: none told */
	int64_t from, until;           /* seconds from now; 0, 0: an hour ago until in a day */
	const EVP_MD *digest;          /* NULL: SHA-256 */
	bool critical;                 /* with a critical extension: a delta of another list */
	bool endless;                  /* without nextUpdate */
	bool pem;
};
/* Append it to out. */
void crl_write(const struct crl_wanted *w, struct buf *out);

#endif

/* packing: inside the signer: what a recipient is to fetch, made and sealed, and the test of how it is made. */
#ifndef ISSUER_SIGNER_PACKING_H
#define ISSUER_SIGNER_PACKING_H

#include "issuer/signer/serve.h"

/* A package with our chain, appended to `sealed` under the parcel key; sha256 is of the package itself. */
struct packing {
	const char *order, *friendly_name;
	enum package_encoding encoding;
	EVP_PKEY *key;
	X509 *certificate;
	const struct secret *password;
};
enum err package_seal(const struct signer *s, const struct packing *p, struct buf *sealed, uint8_t sha256[32],
		      struct errbuf *why) MUST_CHECK;
/* Key and password as they rest: 29 bytes of password, then PKCS#8 DER. */
enum err subject_key_seal(const struct signer *s, const char *order, EVP_PKEY *key, const struct secret *password,
			  struct buf *sealed) MUST_CHECK;

/* What is packed is opened again and compared, also by another implementation of the derivation (OpenSSL's). */
enum err package_self_test(struct errbuf *why) MUST_CHECK;
/* It was tested so by this signer, now or before: when it first has a moment, and at the latest before it journals what it
 * would pack. OCSP, lists and revocations do not wait for it. */
enum err packaging_check(struct signer *s, struct errbuf *why) MUST_CHECK;

#endif

/* signature: the hash and the AlgorithmIdentifier that go with an issuer's key: SHA-256, SHA-384 for P-384 and above.
 * Private to ca/. */
#ifndef CA_SIGNATURE_H
#define CA_SIGNATURE_H

#include "base/buf.h"

#include <openssl/x509.h>
#include <stdbool.h>

const EVP_MD *signature_digest(const EVP_PKEY *key);

/* Set both AlgorithmIdentifiers of an unsigned certificate as signing by this key will set them (RFC 5280 4.1.1.2), so
 * that its to-be-signed bytes are final before the signature. */
enum err signature_announce(X509 *x, const EVP_PKEY *key) MUST_CHECK;

/* Does the certificate announce what this key signs, in both places? */
bool signature_announced(const X509 *x, const EVP_PKEY *key);

/* Append the AlgorithmIdentifier in DER. */
enum err signature_algorithm_write(const EVP_PKEY *key, struct buf *out) MUST_CHECK;

/* Append the signature over len bytes. */
enum err signature_make(EVP_PKEY *key, const void *bytes, size_t len, struct buf *out) MUST_CHECK;

#endif

/* signature: is a signature made in a way that still counts? For answers, lists and certificates of those who speak for a CA. */
#ifndef CLIENT_SIGNATURE_H
#define CLIENT_SIGNATURE_H

#include <openssl/x509.h>
#include <stdbool.h>

/* By SHA-2, SHA-3 or the digest that Ed25519 and Ed448 have of their own. RSA-PSS says in its parameters which (RFC 4055
 * section 3.1); without parameters it is SHA-1. Whether it is right is for OpenSSL to verify. */
bool signature_is_strong(const X509_ALGOR *algorithm);

#endif

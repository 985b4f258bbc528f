/* key_rsa: RSA key pairs by GnuTLS, which makes them about 2.6 times faster than OpenSSL 3.0. Private to ca/. */
#ifndef CA_KEY_RSA_H
#define CA_KEY_RSA_H

#include "base/err.h"

#include <openssl/evp.h>

/* Exponent 65537, a modulus of exactly `bits`. Before it is handed out its numbers are held against each other, a signature
 * is tried, and what can be seen from outside (key_weak.h). */
enum err key_rsa_generate(unsigned bits, EVP_PKEY **out) MUST_CHECK;

#endif

/* key_weak: RSA keys whose public half tells how to find the private one. Private to ca/.
 *
 * What is looked for: an even modulus or one with a prime factor up to 751; a modulus of the library of CVE-2017-15361
 * (ROCA); two primes so close that Fermat's method finds them in 100 rounds; a modulus that is a prime or a power of one. */
#ifndef CA_KEY_WEAK_H
#define CA_KEY_WEAK_H

#include "base/err.h"

#include <openssl/evp.h>

/* ERR_REFUSED with the reason. Of elliptic curves nothing of the kind is known: ERR_OK. */
enum err key_weak_check(const EVP_PKEY *key, struct errbuf *why) MUST_CHECK;
/* The same of a pair that was made here and has signed: without the last test, which such a pair has passed by that, and
 * which costs as much as a twentieth of the making. */
enum err key_weak_check_made(const EVP_PKEY *key, struct errbuf *why) MUST_CHECK;

#endif

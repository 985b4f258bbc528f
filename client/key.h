/* key: a private key from a hostile file, before anything is computed with it. */
#ifndef CLIENT_KEY_H
#define CLIENT_KEY_H

#include <openssl/evp.h>
#include <stdbool.h>

enum { KEY_BITS_MAX = 8192 };

/* It is no larger than KEY_BITS_MAX, and none of its numbers is longer than it: a modulus of 2,048 bits with factors of
 * 30,000 would load at once, and sign for minutes. False when memory is short too. */
bool key_is_sane(const EVP_PKEY *key);

#endif

/* key: private keys of the authority and of subjects, as OpenSSL EVP_PKEY.
 *
 * Key types are the table below. Files are PKCS#8 PEM; the encrypted form is PBES2 with AES-256-CBC and
 * PBKDF2-HMAC-SHA-256, 600,000 rounds (RFC 8018). Nothing here opens a file. */
#ifndef CA_KEY_H
#define CA_KEY_H

#include "base/buf.h"
#include "base/secret.h"

#include <openssl/evp.h>

enum key_type { KEY_P256, KEY_P384, KEY_RSA2048, KEY_RSA3072, KEY_TYPE_COUNT };

const char *key_type_name(enum key_type type); /* "p256", "p384", "rsa2048", "rsa3072" */
enum err key_type_from_name(const char *name, enum key_type *out) MUST_CHECK; /* ERR_INVALID */

/* Which of the types a key, or the public half of one, is: the curve by name, RSA by its exact size with the exponent
 * 65537. ERR_REFUSED for every other key. */
enum err key_type_of(const EVP_PKEY *key, enum key_type *out) MUST_CHECK;

/* A new key pair; the caller frees it with EVP_PKEY_free. */
enum err key_generate(enum key_type type, EVP_PKEY **out) MUST_CHECK;

/* PKCS#8 PEM appended to out: encrypted when pass is not NULL (its bytes, UTF-8, 1 to 1,024). */
enum err key_write_pem(EVP_PKEY *key, const struct secret *pass, struct buf *out) MUST_CHECK;
/* The first private key in PEM text. ERR_REFUSED: encrypted and pass is NULL or wrong; ERR_MALFORMED. */
enum err key_read_pem(const void *pem, size_t len, const struct secret *pass, EVP_PKEY **out,
		      struct errbuf *why) MUST_CHECK;

/* DER of the private key (PKCS#8, unencrypted) into a new secret, and back. */
enum err key_write_der(EVP_PKEY *key, struct secret **out) MUST_CHECK;
enum err key_read_der(const void *der, size_t len, EVP_PKEY **out) MUST_CHECK;

#endif

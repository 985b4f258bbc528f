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

/* What keys somebody may bring who has made his own: curves by bits (1u << enum key_type), RSA by the bits of its modulus,
 * 0 for none. */
struct own_keys {
	unsigned curves;
	int rsa_least, rsa_most;
};
extern const struct own_keys key_own_any; /* P-256, P-384, RSA 2048 to 4096: what this authority takes at most */
/* ERR_REFUSED with the reason: another key, or one of RSA whose exponent is even or not from 65537 to 2^31 - 1 (more is
 * not read by half of the world). */
enum err key_own_check(const EVP_PKEY *key, const struct own_keys *permitted, struct errbuf *why) MUST_CHECK;
/* The first of our types that is among them; KEY_TYPE_COUNT: only RSA of sizes that are none of the types. */
enum key_type key_own_type(const struct own_keys *permitted);

/* SHA-256 of the public half as SubjectPublicKeyInfo in DER: by it a key is known again. */
enum { KEY_HASH_BYTES = 32 };
enum err key_hash(const EVP_PKEY *key, uint8_t out[KEY_HASH_BYTES]) MUST_CHECK;

/* Its public half alone, as OpenSSL's own kind of key, whatever has the private half. NULL: it cannot be had. */
EVP_PKEY *key_public_half(const EVP_PKEY *key);

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

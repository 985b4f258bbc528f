/* key_remote: a private key whose signatures somebody else makes: a token, another process. What OpenSSL is given
 * looks like any other key, and its private half is not in it.
 *
 * The public half is known beforehand, from a certificate. Every signature is verified by it before anybody sees it:
 * whoever has another key under the same name signs nothing that leaves. */
#ifndef CA_KEY_REMOTE_H
#define CA_KEY_REMOTE_H

#include "base/err.h"

#include <openssl/evp.h>
#include <stdbool.h>

enum { KEY_REMOTE_SIGNATURE_MAX = 512, KEY_REMOTE_DIGEST_MAX = 64 };

struct key_digest {
	int algorithm; /* NID_sha256 or NID_sha384 */
	uint8_t bytes[KEY_REMOTE_DIGEST_MAX];
	size_t len;
};

struct key_signature {
	uint8_t bytes[KEY_REMOTE_SIGNATURE_MAX]; /* ECDSA: in DER; RSA: PKCS #1 v1.5 */
	size_t len;
};

/* Whoever has the private half. sign may be called from any thread that signs with the key. */
struct key_hand {
	enum err (*sign)(void *ctx, const struct key_digest *digest, struct key_signature *out);
	void *ctx;
};

/* `hand` is borrowed until the key is freed. ERR_REFUSED: the public half is neither P-256, P-384 nor RSA. */
enum err key_remote_new(const EVP_PKEY *public, const struct key_hand *hand, EVP_PKEY **out) MUST_CHECK;

/* Have a digest of random octets signed, so that it is known whether the hand has the private half. Nothing that is
 * ever signed has such a digest. */
enum err key_remote_try(EVP_PKEY *key, struct errbuf *why) MUST_CHECK;

/* For the other side, with a key that is at hand; what OpenSSL's queue says of a failure is left in it. */
enum err key_digest_sign(EVP_PKEY *key, const struct key_digest *digest, struct key_signature *out) MUST_CHECK;
/* A digest for key_remote_try's question, and whether a signature of it is this key's. */
enum err key_digest_random(struct key_digest *out) MUST_CHECK;
bool key_digest_verify(EVP_PKEY *public, const struct key_digest *digest, const struct key_signature *s);

#endif

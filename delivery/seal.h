/* seal: two ways of closing bytes so that only one process can open them. Both are authenticated; both name their key.
 *
 * For the courier: CMS AuthEnvelopedData, AES-256-GCM (RFC 5083, 5084), to the courier's certificate.
 * At rest: 0x01 || key id 8 || nonce 12 || AES-256-GCM ciphertext || tag 16, under a 32-byte key, with associated data
 * that says what and whose it is ("package modern\0" order id). The key id is the first 8 bytes of SHA-256 of the key
 * under the label "counterfoil key id": SHA-256 of the label's 18 bytes and then the key. */
#ifndef DELIVERY_SEAL_H
#define DELIVERY_SEAL_H

#include "base/buf.h"
#include "base/secret.h"

#include <openssl/evp.h>
#include <openssl/x509.h>

enum { SEAL_KEY_BYTES = 32, SEAL_OVERHEAD = 1 + 8 + 12 + 16, SEAL_MAX_BYTES = 65536 };

/* 1 byte or more; the sealed form is at most SEAL_MAX_BYTES. The recipient's key must be P-256. */
enum err seal_to(X509 *recipient, const void *plain, size_t len, struct buf *out) MUST_CHECK;
/* ERR_REFUSED: not for this key, altered in any bit, or not this shape; one answer for all three. */
enum err seal_open_with(X509 *recipient, EVP_PKEY *key, const void *sealed, size_t len, struct secret **out) MUST_CHECK;

/* A recipient: a P-256 key and a certificate of it signed by itself, 20 years, key usage keyAgreement only. The caller
 * frees both. For `counterfoild init`. */
enum err seal_recipient_new(const char *name, EVP_PKEY **key, X509 **certificate) MUST_CHECK;

/* key: SEAL_KEY_BYTES. plain: 1 to SEAL_MAX_BYTES bytes; the sealed form is SEAL_OVERHEAD longer. */
enum err seal_rest(const struct secret *key, const void *label, size_t label_len, const void *plain, size_t len,
		   struct buf *out) MUST_CHECK;
/* ERR_REFUSED: another key, another label, altered, or not this shape. */
enum err seal_open_rest(const struct secret *key, const void *label, size_t label_len, const void *sealed, size_t len,
			struct secret **out) MUST_CHECK;

#endif

/* seal: two ways of closing bytes so that only one process can open them. Both are authenticated; both name their key.
 *
 * For the courier: CMS AuthEnvelopedData, AES-256-GCM (RFC 5083, 5084), to the courier's certificate.
 * At rest: 0x01 || key id 8 || nonce 12 || AES-256-GCM ciphertext || tag 16, under a 32-byte key, with associated data
 * that says what and whose it is ("package modern\0" order id). The key id is the first 8 bytes of SHA-256 of the key
 * under the label "counterfoil key id". */
#ifndef DELIVERY_SEAL_H
#define DELIVERY_SEAL_H

#include "base/buf.h"
#include "base/secret.h"

#include <openssl/evp.h>
#include <openssl/x509.h>

enum { SEAL_KEY_BYTES = 32, SEAL_OVERHEAD = 1 + 8 + 12 + 16, SEAL_MAX_BYTES = 65536 };

enum err seal_to(X509 *recipient, const void *plain, size_t len, struct buf *out) MUST_CHECK;
/* ERR_REFUSED: not for this key, altered, or not this shape; one text for all three. */
enum err seal_open_with(X509 *recipient, EVP_PKEY *key, const void *sealed, size_t len, struct secret **out) MUST_CHECK;

enum err seal_rest(const struct secret *key, const void *label, size_t label_len, const void *plain, size_t len,
		   struct buf *out) MUST_CHECK;
enum err seal_open_rest(const struct secret *key, const void *label, size_t label_len, const void *sealed, size_t len,
			struct secret **out) MUST_CHECK;

#endif

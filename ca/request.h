/* request: a certificate request (PKCS#10, RFC 2986) from outside. Pure: bytes in, a key out.
 *
 * Only the key is taken. Name, attributes and extensions that somebody wishes for are passed over without being decoded:
 * what the certificate says was approved before. A request is refused, with the reason, unless
 * - it has at most 16 KB and is DER, whole and with nothing behind it;
 * - its key is RSA of 2048 to 4096 bits with an odd exponent from 65537 to 2^31 - 1, or a point of P-256 or P-384, the
 *   curve by its name and the point uncompressed (RFC 5480 2);
 * - it is signed by that very key with SHA-256, SHA-384 or SHA-512: whoever sends it has the private half;
 * - the private half cannot be found from the public one (key_weak.h).
 * Whether the key was certified before, or is known to others, the caller's books must say: key_hash is what they go by. */
#ifndef CA_REQUEST_H
#define CA_REQUEST_H

#include "base/buf.h"
#include "ca/key.h"

enum { REQUEST_MAX_BYTES = 16384 };

struct certificate_request {
	EVP_PKEY *key;                     /* owned */
	uint8_t key_hash[KEY_HASH_BYTES];  /* as key_hash() gives it */
	uint8_t hash[32];                  /* SHA-256 of the request's DER: the same request has the same bytes */
};

/* ERR_TOO_LARGE; ERR_MALFORMED: not a PKCS#10 in DER; ERR_REFUSED: its key or its signature is not acceptable. */
enum err request_read(const void *der, size_t len, struct certificate_request *out, struct errbuf *why) MUST_CHECK;
void request_clear(struct certificate_request *r);

/* What people send: DER as it is, or one PEM block "CERTIFICATE REQUEST" or "NEW CERTIFICATE REQUEST"; DER appended to out.
 * ERR_TOO_LARGE, ERR_MALFORMED. */
enum err request_to_der(const void *text, size_t len, struct buf *out, struct errbuf *why) MUST_CHECK;

#endif

/* ocsp_internal: what reads requests and what writes answers have in common. Private to ca/. */
#ifndef CA_OCSP_INTERNAL_H
#define CA_OCSP_INTERNAL_H

#include "ca/ocsp.h"

/* By which a CertID names its issuer; the OID's contents in DER. */
struct ocsp_digest {
	uint8_t oid[9];
	size_t oid_len, len; /* len: of a digest */
};
extern const struct ocsp_digest ocsp_digests[OCSP_HASH_COUNT];

extern const uint8_t ocsp_nonce_oid[9]; /* id-pkix-ocsp-nonce, the same form */

#endif

/* crl: full certificate revocation lists, version 2 (RFC 5280 section 5), written as direct DER.
 *
 * Extensions: cRLNumber, authorityKeyIdentifier. Entries carry reasonCode unless it is unspecified (0), and
 * invalidityDate when compromised_at is given. Entries must come in rising serial order without repeats. */
#ifndef CA_CRL_H
#define CA_CRL_H

#include "ca/certificate.h"

enum crl_reason { /* RFC 5280 5.3.1; 7 and the attribute reasons are not used */
	REASON_UNSPECIFIED = 0, REASON_KEY_COMPROMISE = 1, REASON_CA_COMPROMISE = 2, REASON_AFFILIATION_CHANGED = 3,
	REASON_SUPERSEDED = 4, REASON_CESSATION = 5, REASON_HOLD = 6
};

const char *crl_reason_name(enum crl_reason r); /* "keyCompromise"; NULL when not one of ours */
enum err crl_reason_from_name(const char *name, enum crl_reason *out) MUST_CHECK; /* also takes "key-compromise" */

struct crl_entry {
	uint8_t serial[SERIAL_BYTES];
	int64_t revoked_at;
	int64_t compromised_at; /* 0: not said */
	enum crl_reason reason;
};

struct crl_head {
	uint64_t number; /* rises from one list to the next */
	int64_t this_update, next_update;
};

/* Append the signed DER to out, whose cap bounds it; parsed and verified against the issuer before it is kept. */
enum err crl_make(const struct crl_head *head, const struct crl_entry *entries, size_t n, X509 *issuer,
		  EVP_PKEY *issuer_key, struct buf *out, struct errbuf *why) MUST_CHECK;
/* Verify a CRL's signature by its issuer and read its head; *entries gets the number of entries. */
enum err crl_read(const void *der, size_t len, X509 *issuer, struct crl_head *head, size_t *entries,
		  struct errbuf *why) MUST_CHECK;

#endif

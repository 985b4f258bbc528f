/* crl: full certificate revocation lists, version 2 (RFC 5280 section 5), written as direct DER.
 *
 * Extensions: cRLNumber, authorityKeyIdentifier. Entries carry reasonCode unless it is unspecified (0), and
 * invalidityDate when compromised_at is given. Entries must come in rising serial order without repeats.
 *
 * A list has a head, its entries, and a tail with the signature. Whoever signs hashes the entries as they come and holds
 * none of them: the length of all must be known before the first, for it stands in the head. */
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

enum {
	CRL_ENTRY_MAX = 96,  /* bytes of an entry at most */
	CRL_PART_MAX = 4096, /* of the head, and of the tail */
	CRL_MAX_BYTES = 256 << 20,
};

/* Octets of an entry in DER. */
size_t crl_entry_size(const struct crl_entry *e);
/* Append n entries. ERR_INVALID names the first that may not stand in a list; `before` is the serial of the one before, NULL
 * for none. */
enum err crl_entries_write(const struct crl_entry *entries, size_t n, const uint8_t before[SERIAL_BYTES], struct buf *out,
			   struct errbuf *why) MUST_CHECK;

/* A list that is being signed. Certificate and key are borrowed until crl_signing_end. */
struct crl_signing;
/* entries_len: octets of all entries together. ERR_INVALID: nobody should sign this. */
enum err crl_signing_begin(const struct crl_head *head, size_t entries_len, X509 *issuer, EVP_PKEY *issuer_key,
			   struct crl_signing **out, struct errbuf *why) MUST_CHECK;
/* After an error the list cannot be ended. */
enum err crl_signing_add(struct crl_signing *s, const struct crl_entry *entries, size_t n, struct errbuf *why) MUST_CHECK;
/* Append what stands before and behind the entries. ERR_INVALID when they have not the length that was announced. */
enum err crl_signing_end(struct crl_signing *s, struct buf *head, struct buf *tail, struct errbuf *why) MUST_CHECK;
void crl_signing_free(struct crl_signing *s); /* NULL is fine */

/* All in one: append the signed DER to out, whose cap bounds it; read and verified before it is kept. */
enum err crl_make(const struct crl_head *head, const struct crl_entry *entries, size_t n, X509 *issuer,
		  EVP_PKEY *issuer_key, struct buf *out, struct errbuf *why) MUST_CHECK;
/* Verify one of our lists: its signature by its issuer, its form, the order of its entries; read its head. *entries gets
 * the number of entries. Holds nothing: a million take no more memory than none. */
enum err crl_read(const void *der, size_t len, X509 *issuer, struct crl_head *head, size_t *entries,
		  struct errbuf *why) MUST_CHECK;
/* The same of a list that was just made: ERR_INTERNAL when it does not say what was asked. */
enum err crl_check(const void *der, size_t len, X509 *issuer, const struct crl_head *asked, size_t entries,
		   struct errbuf *why) MUST_CHECK;

#endif

/* ocsp: the messages of RFC 6960 as this responder reads and writes them: requests taken apart without a copy, answers
 * written as direct DER. Pure.
 *
 * A request: up to OCSP_SINGLES_MAX certificates, a nonce of 1 to 128 octets or none (RFC 9654 2.1). A signature on it is
 * not looked at (RFC 5019 2.1.2); an extension that is critical and is not the nonce is refused. An answer: responder by
 * key, thisUpdate = producedAt, nextUpdate always, the delegate's certificate with it, for each certificate that was ever
 * issued the archive cut-off, and the nonce as it came. */
#ifndef CA_OCSP_H
#define CA_OCSP_H

#include "ca/crl.h"

#include <stdbool.h>

enum {
	OCSP_REQUEST_BYTES_MAX = 16384,
	OCSP_SINGLES_MAX = 32,
	OCSP_NONCE_MAX = 128,
	OCSP_SERIAL_MAX = SERIAL_BYTES,
	OCSP_DIGEST_MAX = 32,
	OCSP_ANSWER_BYTES_MAX = 16384
};

enum ocsp_hash { OCSP_SHA1, OCSP_SHA256, OCSP_HASH_COUNT };

/* ---- requests ---- */

struct ocsp_certificate_id { /* views into the request */
	enum ocsp_hash hash; /* OCSP_HASH_COUNT: one that we do not know */
	const uint8_t *name_digest, *key_digest;
	size_t name_len, key_len;
	const uint8_t *serial; /* the contents of the INTEGER */
	size_t serial_len;     /* 1 to OCSP_SERIAL_MAX */
};

struct ocsp_request {
	struct ocsp_certificate_id ids[OCSP_SINGLES_MAX];
	size_t count; /* at least 1 */
	const uint8_t *nonce;
	size_t nonce_len; /* 0: none */
};

/* Everything in *out points into der. ERR_MALFORMED with the reason. */
enum err ocsp_request_read(const void *der, size_t len, struct ocsp_request *out, struct errbuf *why) MUST_CHECK;

/* What identifies an issuer in a request: digests of its name and of its public key (RFC 6960 4.1.1). */
struct ocsp_issuer {
	uint8_t name[OCSP_HASH_COUNT][OCSP_DIGEST_MAX], key[OCSP_HASH_COUNT][OCSP_DIGEST_MAX];
};
enum err ocsp_issuer_of(const X509 *issuer, struct ocsp_issuer *out) MUST_CHECK;
bool ocsp_issuer_is(const struct ocsp_issuer *issuer, const struct ocsp_certificate_id *id);

/* The serial as the rest of the system writes it; false: it is negative or zero, which no certificate has. */
bool ocsp_serial_text(const struct ocsp_certificate_id *id, char out[SERIAL_TEXT_SIZE]);

/* ---- answers ---- */

enum ocsp_status { OCSP_GOOD, OCSP_REVOKED, OCSP_UNKNOWN, OCSP_STATUS_COUNT }; /* also their tags */

struct ocsp_single {
	enum ocsp_hash hash;
	uint8_t serial[OCSP_SERIAL_MAX];
	size_t serial_len;
	enum ocsp_status status;
	enum crl_reason reason; /* of OCSP_REVOKED, with its time; unspecified is left out */
	int64_t revoked_at;
	unsigned issuer; /* its number with the caller, who has several; nothing is written of it */
};

struct ocsp_answer {
	const struct ocsp_single *singles;
	size_t count;
	const uint8_t *nonce;
	size_t nonce_len; /* 0: none */
	int64_t this_update, next_update;
};

/* Whoever signs: the issuer's delegate (RFC 6960 4.2.2.2), with everything that is the same in all its answers. For one
 * thread at a time. */
struct ocsp_responder;
enum err ocsp_responder_new(const X509 *issuer, X509 *delegate, EVP_PKEY *key, struct ocsp_responder **out) MUST_CHECK;
void ocsp_responder_free(struct ocsp_responder *r);
/* Append the whole OCSPResponse. ERR_INVALID: it says something that cannot be said. */
enum err ocsp_answer_make(struct ocsp_responder *r, const struct ocsp_answer *a, struct buf *out) MUST_CHECK;

/* Sign an answer and read it again by OpenSSL's own reader, which shares nothing with the writer but the standard. */
enum err ocsp_responder_check(struct ocsp_responder *r, X509 *issuer, X509 *delegate, int64_t now,
			      struct errbuf *why) MUST_CHECK;

/* The answers that nobody signs. */
enum ocsp_refusal {
	OCSP_MALFORMED_REQUEST = 1, OCSP_INTERNAL_ERROR = 2, OCSP_TRY_LATER = 3, OCSP_UNAUTHORIZED = 6
};
enum { OCSP_REFUSAL_BYTES = 5 };
void ocsp_refusal_make(enum ocsp_refusal refusal, uint8_t out[OCSP_REFUSAL_BYTES]);

#endif

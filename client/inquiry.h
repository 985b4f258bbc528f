/* inquiry: whether a certificate was revoked, asked of its CA's OCSP responder (RFC 6960), kept, and asked again in time. */
#ifndef CLIENT_INQUIRY_H
#define CLIENT_INQUIRY_H

#include "client/ocsp.h"
#include "client/revocation.h"

#include <stdbool.h>

struct inquiry_settings {
	const char *responder; /* http:// URL, or COUNTERFOIL_OCSP_CERTIFICATE; copied */
	uint32_t refresh_ms, timeout_ms;
	uint32_t kept; /* answers; rounded up to a multiple of 8 */
};

struct inquiry;

/* NULL: out of memory. All that it will ever keep is allocated here. */
struct inquiry *inquiry_new(const struct inquiry_settings *settings);
void inquiry_free(struct inquiry *inquiry);

/* What is known of the first certificate of a verified chain at the time `now`. One thread asks about a certificate, the
 * others that want to know the same go on with the answer at hand or wait for it. UNKNOWN says why, and *denied, which may be
 * NULL, whether that is an answer of the CA's, signed: that it knows no such certificate. Any number of threads. */
counterfoil_revocation inquiry_of(struct inquiry *inquiry, const STACK_OF(X509) *chain, int64_t now, bool *denied,
				  char why[REVOCATION_WHY_SIZE]);

/* Below: its parts. Ask now, over the network: OCSP_FLAW_NONE and *answer. */
struct ocsp_inquirer {
	const char *responder; /* as above */
	uint32_t timeout_ms;
	X509 *certificate, *issuer;
	int64_t now;
};
enum ocsp_flaw ocsp_ask(const struct ocsp_inquirer *inquirer, struct ocsp_answer *answer);

enum { KEPT_KEY_SIZE = 32 /* SHA-256 of the certificate */ };

struct kept { /* what is known of one certificate */
	unsigned char key[KEPT_KEY_SIZE];
	struct ocsp_answer answer; /* the last; of revocation UNKNOWN: there was none yet */
	int64_t due_at;            /* clock_mono_ms */
	uint64_t used;             /* when: the larger, the later */
	enum ocsp_flaw flaw;       /* of the last asking */
	bool taken, asking;
};

struct cache;
struct cache *cache_new(uint32_t count); /* NULL: out of memory */
void cache_free(struct cache *cache);
/* That of this key, or one that was free or used least lately and is its own now, with nothing known; NULL while all that
 * it could have are being asked about: those stay where they are. */
struct kept *cache_find(struct cache *cache, const unsigned char key[KEPT_KEY_SIZE]);

#endif

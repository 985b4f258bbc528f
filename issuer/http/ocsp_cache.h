/* ocsp_cache: answers that are signed and may be given again to whoever asks the same without a nonce: one certificate
 * that was issued. An entry is good while the counter of revocations stands where it stood when the status was read;
 * when it has moved, the caller looks at the database again and keeps the entry as good as of now, or has a new one made.
 * A fixed number of entries; a set that is full loses its oldest. One thread. */
#ifndef ISSUER_HTTP_OCSP_CACHE_H
#define ISSUER_HTTP_OCSP_CACHE_H

#include "ca/ocsp.h"
#include "issuer/http/crl_cache.h"
#include "issuer/http/route.h"

enum { OCSP_CACHE_SETS = 1024, OCSP_CACHE_WAYS = 4, OCSP_CACHE_PREPARED = 256 };

struct ocsp_cached {
	struct ocsp_single single;  /* whose, under which digest, and what was said */
	uint64_t generation;        /* of the shared page, as read before the status */
	int64_t this_update, next_update;
	uint8_t *der;               /* NULL: the place is free */
	size_t len;
	char etag[ETAG_SIZE];
	struct MHD_Response *prepared; /* the cache's; NULL: not yet, or no more */
};

struct ocsp_cache;
enum err ocsp_cache_new(struct ocsp_cache **out) MUST_CHECK;
void ocsp_cache_free(struct ocsp_cache *c); /* NULL is fine */

/* The same certificate under the same digest, with time left at `now`; its status may be out of date. NULL: none. Lent
 * until the next put. */
struct ocsp_cached *ocsp_cache_find(struct ocsp_cache *c, const struct ocsp_single *id, int64_t now);
/* Copies the bytes. What there is no memory for is not kept. */
void ocsp_cache_put(struct ocsp_cache *c, const struct ocsp_cached *entry);
/* The reply that gives an entry as it was found, as a response for all who ask (send_prepare). Lent until the next put or
 * prepare. The last OCSP_CACHE_PREPARED that were made are kept, each about two kilobytes. NULL when out of memory. */
struct MHD_Response *ocsp_cache_prepare(struct ocsp_cache *c, struct ocsp_cached *e, const struct reply *r);

/* Is it the same certificate, and the same status? */
bool ocsp_same_certificate(const struct ocsp_single *a, const struct ocsp_single *b);
bool ocsp_same_status(const struct ocsp_single *a, const struct ocsp_single *b);

#endif

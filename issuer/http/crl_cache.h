/* crl_cache: the issuing CA's newest revocation list, read from the database when a newer one is there (a counter in
 * shared memory says so) and at least every few seconds. While the database does not answer, the last one is given: it
 * is signed and says itself how long it is good. Any thread. */
#ifndef ISSUER_HTTP_CRL_CACHE_H
#define ISSUER_HTTP_CRL_CACHE_H

#include "ca/crl.h"
#include "issuer/store/writer.h"

#include <stdatomic.h>

struct crl_cache;

/* issuer, readers and generation are borrowed. */
enum err crl_cache_new(const char *issuer, struct readers *readers, const _Atomic uint64_t *generation,
		       struct crl_cache **out) MUST_CHECK;
void crl_cache_free(struct crl_cache *c);

enum { ETAG_SIZE = 72 };
/* der and etag may be NULL; the DER is appended. ERR_NOT_FOUND before the first list; ERR_UNAVAILABLE. */
enum err crl_cache_read(struct crl_cache *c, int64_t now, struct crl_head *head, struct buf *der,
			char etag[ETAG_SIZE]) MUST_CHECK;

/* A strong entity tag: the first 128 bits of the SHA-256, quoted. */
void etag_of(const void *bytes, size_t len, char etag[ETAG_SIZE]);

#endif

/* crl_cache: the newest revocation list of each issuing CA, ready to be served. A thread of its own reads it from the database
 * when a newer one is there (a counter in shared memory says so; it looks every second, and at once when somebody asks for
 * a list that is no longer the newest): a long list takes a moment, for which no listener stands still. While the database
 * does not answer, the last one is given: it is signed and says itself how long it is good. Of the older ones that are still
 * being fetched, four live; who is slower than that is cut off and begins again. Any thread. */
#ifndef ISSUER_HTTP_CRL_CACHE_H
#define ISSUER_HTTP_CRL_CACHE_H

#include "issuer/http/crl_edition.h"
#include "issuer/issuers.h"
#include "issuer/store/writer.h"

struct crl_cache;

struct crl_cache_source { /* all borrowed */
	const char *issuer;
	struct readers *readers;
	const _Atomic uint64_t *generation;
	const struct buf *root_der; /* the root's list, for the bundle */
	const struct issuers *all;  /* whose lists there are beside that of `issuer`; NULL: none */
};
enum err crl_cache_new(const struct crl_cache_source *from, struct crl_cache **out) MUST_CHECK;
enum err crl_cache_start(struct crl_cache *c) MUST_CHECK; /* the thread; it ends with the cache */
void crl_cache_free(struct crl_cache *c);

/* What the thread does in a round: read the newest list if it may be another one, and compress what is asked for so. */
enum err crl_cache_refresh(struct crl_cache *c) MUST_CHECK;

/* The present CA's. ERR_NOT_FOUND before the first list; ERR_UNAVAILABLE. */
enum err crl_cache_head(struct crl_cache *c, struct crl_head *head) MUST_CHECK;
/* That of any of them, by its place in `all`. */
enum err crl_cache_head_of(struct crl_cache *c, size_t issuer, struct crl_head *head) MUST_CHECK;
/* The present CA's newest list in one form (CRL_DER, or CRL_BUNDLE with those of all others), compressed if that is welcome and
 * there already. Give *out back. */
struct crl_lent {
	struct crl_edition *edition;
	const struct crl_part *part;
	bool gzip;
};
enum err crl_cache_take(struct crl_cache *c, enum crl_form form, bool gzip, struct crl_lent *out) MUST_CHECK;
/* CRL_DER of any of them, by its place in `all`. */
enum err crl_cache_take_of(struct crl_cache *c, size_t issuer, bool gzip, struct crl_lent *out) MUST_CHECK;

#endif

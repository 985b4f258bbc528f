#include "issuer/http/crl_cache.h"
#include "base/encode.h"
#include "issuer/store/store.h"

#include <openssl/sha.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { LOOK_SECONDS = 5 };

struct crl_cache {
	const char *issuer;
	struct readers *readers;
	const _Atomic uint64_t *generation;
	pthread_mutex_t lock; /* of what follows */
	bool looked;
	uint64_t seen;
	int64_t looked_at;
	struct crl_head head;
	struct buf der; /* empty: there is none yet */
	char etag[ETAG_SIZE];
};

void etag_of(const void *bytes, size_t len, char etag[ETAG_SIZE])
{
	uint8_t hash[SHA256_DIGEST_LENGTH];
	etag[0] = '\0';
	if (!SHA256(bytes, len, hash))
		return; /* served without one */
	etag[0] = '"';
	hex_encode(hash, 16, etag + 1);
	memcpy(etag + 33, "\"", 2);
}

enum err crl_cache_new(const char *issuer, struct readers *readers, const _Atomic uint64_t *generation,
		       struct crl_cache **out)
{
	struct crl_cache *c = calloc(1, sizeof *c);
	if (!c)
		return ERR_MEMORY;
	c->issuer = issuer;
	c->readers = readers;
	c->generation = generation;
	c->der = BUF_INIT(CRL_MAX_BYTES);
	pthread_mutex_init(&c->lock, NULL);
	*out = c;
	return ERR_OK;
}

void crl_cache_free(struct crl_cache *c)
{
	if (!c)
		return;
	buf_free(&c->der);
	pthread_mutex_destroy(&c->lock);
	free(c);
}

/* Replaces the list only when the new one is whole in memory. */
static enum err keep(void *ctx, const struct row *r)
{
	struct crl_cache *c = ctx;
	struct crl_head head = {.number = (uint64_t)row_integer(r, 0), .this_update = row_integer(r, 1),
				.next_update = row_integer(r, 2)};
	if (c->der.len && head.number == c->head.number)
		return ERR_OK;
	size_t len = 0;
	const uint8_t *bytes = row_blob(r, 3, &len);
	struct buf der = BUF_INIT(CRL_MAX_BYTES);
	buf_add(&der, bytes, len);
	if (buf_check(&der) != ERR_OK || !len) {
		buf_free(&der);
		return ERR_CORRUPT;
	}
	buf_free(&c->der);
	c->der = der;
	c->head = head;
	etag_of(der.data, der.len, c->etag);
	return ERR_OK;
}

static enum err look(struct crl_cache *c, int64_t now)
{
	uint64_t generation = atomic_load(c->generation); /* before the database, so that nothing is missed */
	if (c->looked && c->seen == generation && now >= c->looked_at && now - c->looked_at < LOOK_SECONDS)
		return ERR_OK;
	struct store *s = readers_take(c->readers);
	enum err rc = store_one(s, STATEMENT_CRL_NEWEST, STORE_VALUES(value_text(c->issuer)), keep, c);
	readers_give(c->readers, s);
	c->looked = rc == ERR_OK;
	c->seen = generation;
	c->looked_at = now;
	return rc;
}

enum err crl_cache_read(struct crl_cache *c, int64_t now, struct crl_head *head, struct buf *der, char etag[ETAG_SIZE])
{
	pthread_mutex_lock(&c->lock);
	enum err rc = look(c, now);
	if (c->der.len) {
		rc = ERR_OK;
		*head = c->head;
		if (der)
			buf_add(der, c->der.data, c->der.len);
		if (etag)
			memcpy(etag, c->etag, ETAG_SIZE);
	} else if (rc != ERR_NOT_FOUND) {
		rc = ERR_UNAVAILABLE;
	}
	pthread_mutex_unlock(&c->lock);
	return rc == ERR_OK && der ? buf_check(der) : rc;
}

#include "issuer/http/ocsp_cache.h"

#include "issuer/http/send.h"

#include <stdlib.h>
#include <string.h>

struct ocsp_cache {
	struct ocsp_cached *sets[OCSP_CACHE_SETS]; /* of OCSP_CACHE_WAYS places; NULL before the first entry */
	struct ocsp_cached *prepared[OCSP_CACHE_PREPARED]; /* places, round and round */
	size_t turn;
};

enum err ocsp_cache_new(struct ocsp_cache **out)
{
	*out = calloc(1, sizeof **out);
	return *out ? ERR_OK : ERR_MEMORY;
}

static void drop_prepared(struct ocsp_cached *e)
{
	if (e->prepared)
		MHD_destroy_response(e->prepared);
	e->prepared = NULL;
}

static void forget(struct ocsp_cached *e)
{
	drop_prepared(e);
	free(e->der);
	*e = (struct ocsp_cached){.der = NULL};
}

void ocsp_cache_free(struct ocsp_cache *c)
{
	for (size_t i = 0; c && i < OCSP_CACHE_SETS; i++) {
		for (size_t k = 0; c->sets[i] && k < OCSP_CACHE_WAYS; k++)
			forget(&c->sets[i][k]);
		free(c->sets[i]);
	}
	free(c);
}

/* Only serials that were issued come here, and those are random: their last octets are as good as a hash. */
static struct ocsp_cached **set_of(struct ocsp_cache *c, const struct ocsp_single *id)
{
	unsigned n = id->hash;
	for (size_t i = id->serial_len > 2 ? id->serial_len - 2 : 0; i < id->serial_len; i++)
		n = n * 256 + id->serial[i];
	return &c->sets[n % OCSP_CACHE_SETS];
}

bool ocsp_same_certificate(const struct ocsp_single *a, const struct ocsp_single *b)
{
	return a->hash == b->hash && a->issuer == b->issuer && a->serial_len == b->serial_len && memcmp(a->serial, b->serial, a->serial_len) == 0;
}

bool ocsp_same_status(const struct ocsp_single *a, const struct ocsp_single *b)
{
	return a->status == b->status && a->reason == b->reason && a->revoked_at == b->revoked_at;
}

/* A tenth of its life before its end it is made anew, so that nobody gets one that is about to be over. */
static bool fresh(const struct ocsp_cached *e, int64_t now)
{
	return now >= e->this_update && now < e->next_update - (e->next_update - e->this_update) / 10;
}

struct ocsp_cached *ocsp_cache_find(struct ocsp_cache *c, const struct ocsp_single *id, int64_t now)
{
	struct ocsp_cached *set = *set_of(c, id);
	for (size_t k = 0; set && k < OCSP_CACHE_WAYS; k++)
		if (set[k].der && ocsp_same_certificate(&set[k].single, id))
			return fresh(&set[k], now) ? &set[k] : NULL;
	return NULL;
}

/* Its own old place, a free one, or that of the oldest; NULL when there is no memory. */
static struct ocsp_cached *place_for(struct ocsp_cache *c, const struct ocsp_single *id)
{
	struct ocsp_cached **at = set_of(c, id);
	if (!*at)
		*at = calloc(OCSP_CACHE_WAYS, sizeof **at);
	struct ocsp_cached *set = *at, *best = set;
	for (size_t k = 0; set && k < OCSP_CACHE_WAYS; k++) {
		if (set[k].der && ocsp_same_certificate(&set[k].single, id))
			return &set[k];
		if (best->der && (!set[k].der || set[k].this_update < best->this_update))
			best = &set[k];
	}
	return best;
}

void ocsp_cache_put(struct ocsp_cache *c, const struct ocsp_cached *entry)
{
	struct ocsp_cached *place = place_for(c, &entry->single);
	uint8_t *copy = place ? malloc(entry->len) : NULL;
	if (!copy) {
		if (place && place->der && ocsp_same_certificate(&place->single, &entry->single))
			forget(place); /* it would say what is no longer so */
		return;
	}
	memcpy(copy, entry->der, entry->len);
	forget(place);
	*place = *entry;
	place->der = copy;
	place->prepared = NULL;
}

/* The place whose turn it is loses its own, whatever stands there by now. */
struct MHD_Response *ocsp_cache_prepare(struct ocsp_cache *c, struct ocsp_cached *e, const struct reply *r)
{
	if (e->prepared)
		return e->prepared;
	struct ocsp_cached **turn = &c->prepared[c->turn++ % OCSP_CACHE_PREPARED];
	if (*turn)
		drop_prepared(*turn);
	*turn = e;
	e->prepared = send_prepare(r);
	return e->prepared;
}

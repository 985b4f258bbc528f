/* inquiry_cache: a fixed number of answers, in sets of eight: a key has its place in one of them. */
#include "client/inquiry.h"

#include <stdlib.h>
#include <string.h>

enum { WAYS = 8 };

struct cache {
	uint32_t sets;
	uint64_t uses; /* of all together: what a use is numbered by */
	struct kept all[];
};

struct cache *cache_new(uint32_t count)
{
	const uint32_t sets = count / WAYS + (count % WAYS != 0);
	struct cache *cache = calloc(1, sizeof *cache + (size_t)sets * WAYS * sizeof cache->all[0]);
	if (cache)
		cache->sets = sets;
	return cache;
}

void cache_free(struct cache *cache)
{
	free(cache);
}

/* The key is a digest: any part of it is as good as any other. */
static struct kept *set_of(struct cache *cache, const unsigned char key[KEPT_KEY_SIZE])
{
	uint32_t number;
	memcpy(&number, key, sizeof number);
	return &cache->all[(size_t)(number % cache->sets) * WAYS];
}

static bool is_older(const struct kept *one, const struct kept *other)
{
	return !other || (other->taken && (!one->taken || one->used < other->used));
}

struct kept *cache_find(struct cache *cache, const unsigned char key[KEPT_KEY_SIZE])
{
	struct kept *set = set_of(cache, key), *found = NULL;
	for (int i = 0; i < WAYS; i++) {
		if (set[i].taken && memcmp(set[i].key, key, KEPT_KEY_SIZE) == 0) {
			set[i].used = ++cache->uses;
			return &set[i];
		}
		if (!set[i].asking && is_older(&set[i], found))
			found = &set[i];
	}
	if (!found)
		return NULL;
	*found = (struct kept){.taken = true, .used = ++cache->uses, .due_at = INT64_MIN};
	memcpy(found->key, key, KEPT_KEY_SIZE);
	return found;
}

#include "issuer/signer/serve.h"

#include <string.h>

static void forget(struct issued_entry *e)
{
	buf_free(&e->answer);
	explicit_bzero(e, sizeof *e);
}

struct issued_entry *issued_find(struct issued_cache *c, const char *order)
{
	for (size_t i = 0; i < ISSUED_CACHE_ENTRIES; i++)
		if (order[0] && !strcmp(c->entries[i].order, order))
			return &c->entries[i];
	return NULL;
}

struct issued_entry *issued_add(struct issued_cache *c, const char *order, const char *serial)
{
	struct issued_entry *e = &c->entries[c->next];
	c->next = (c->next + 1) % ISSUED_CACHE_ENTRIES;
	forget(e);
	memcpy(e->order, order, strnlen(order, sizeof e->order - 1));
	memcpy(e->serial, serial, strnlen(serial, sizeof e->serial - 1));
	return e;
}

void issued_forget_order(struct issued_cache *c, const char *order)
{
	struct issued_entry *e = issued_find(c, order);
	if (e)
		forget(e);
}

void issued_forget_serial(struct issued_cache *c, const char *serial)
{
	for (size_t i = 0; i < ISSUED_CACHE_ENTRIES; i++)
		if (c->entries[i].order[0] && !strcmp(c->entries[i].serial, serial))
			forget(&c->entries[i]);
}

void issued_forget_all(struct issued_cache *c)
{
	for (size_t i = 0; i < ISSUED_CACHE_ENTRIES; i++)
		forget(&c->entries[i]);
}

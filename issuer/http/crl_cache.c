#include "issuer/http/crl_cache.h"
#include "base/clock.h"
#include "issuer/store/store.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* A short list is compressed before anybody asks; a long one takes a second for it, and is when somebody has asked once. */
enum { LOOK_MS = 5000, SHORT_BYTES = 1 << 20, ROUND_SECONDS = 1 };

/* Older editions that somebody is still fetching. A slow reader of a long list takes minutes for it, in which many newer
 * ones may be made: he keeps so many in memory, and not one more. */
enum { SUPERSEDED_MOST = 4 };

/* One CA's. The first is the present one, whose edition has the bundle. */
struct slot {
	const char *issuer;
	struct crl_edition *newest; /* NULL: there is none yet */
	bool wanted[CRL_FORMS];
};

struct crl_cache {
	struct crl_cache_source from;
	/* of whoever refreshes: */
	bool looked;
	uint64_t seen;
	int64_t looked_at; /* by clock_mono_ms */
	bool stale;        /* the bundle lacks the newest list of another CA */
	struct crl_edition *superseded[SUPERSEDED_MOST]; /* oldest first */
	size_t superseded_count;

	pthread_mutex_t lock; /* of what follows */
	struct slot slots[ISSUERS_MOST];
	size_t count;
	enum err said; /* by the last look */
	pthread_cond_t changed;
	bool poked, stopping, started;
	pthread_t thread;
};

enum err crl_cache_new(const struct crl_cache_source *from, struct crl_cache **out)
{
	pthread_condattr_t attributes;
	struct crl_cache *c = calloc(1, sizeof *c);
	if (!c)
		return ERR_MEMORY;
	c->from = *from;
	c->slots[c->count++].issuer = from->issuer;
	for (size_t i = 1; from->all && i < from->all->count; i++)
		c->slots[c->count++].issuer = from->all->at[i].name;
	c->said = ERR_UNAVAILABLE;
	pthread_mutex_init(&c->lock, NULL);
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&c->changed, &attributes);
	pthread_condattr_destroy(&attributes);
	*out = c;
	return ERR_OK;
}

static void stop(struct crl_cache *c)
{
	pthread_mutex_lock(&c->lock);
	c->stopping = true;
	pthread_cond_signal(&c->changed);
	pthread_mutex_unlock(&c->lock);
	pthread_join(c->thread, NULL);
}

void crl_cache_free(struct crl_cache *c)
{
	if (!c)
		return;
	if (c->started)
		stop(c);
	for (size_t i = 0; i < c->count; i++)
		crl_edition_give_back(c->slots[i].newest);
	for (size_t i = 0; i < c->superseded_count; i++)
		crl_edition_give_back(c->superseded[i]);
	pthread_cond_destroy(&c->changed);
	pthread_mutex_destroy(&c->lock);
	free(c);
}

/* A look for a newer list of one CA, and what its bundle has behind it. */
struct found {
	uint64_t had; /* the number that is known */
	const struct buf *behind[ISSUERS_MOST];
	size_t n;
	struct crl_edition *edition; /* NULL: nothing newer */
};

static enum err take_newest(void *ctx, const struct row *r)
{
	struct found *f = ctx;
	struct crl_head head = {.number = (uint64_t)row_integer(r, 0), .this_update = row_integer(r, 1),
				.next_update = row_integer(r, 2)};
	if (head.number == f->had)
		return ERR_OK;
	size_t len = 0;
	uint8_t *bytes = (uint8_t *)(uintptr_t)row_blob(r, 3, &len);
	const struct buf der = {.data = bytes, .len = len};
	return len ? crl_edition_new(&head, &der, f->behind, f->n, &f->edition) : ERR_CORRUPT;
}

static void forget_superseded(struct crl_cache *c, size_t at)
{
	crl_edition_give_back(c->superseded[at]);
	c->superseded_count--;
	memmove(&c->superseded[at], &c->superseded[at + 1], (c->superseded_count - at) * sizeof *c->superseded);
}

/* Those that nobody is fetching any more; they get no new readers. */
static void forget_unread(struct crl_cache *c)
{
	for (size_t i = c->superseded_count; i-- > 0;)
		if (!crl_edition_shared(c->superseded[i]))
			forget_superseded(c, i);
}

static void supersede(struct crl_cache *c, struct crl_edition *old)
{
	forget_unread(c);
	if (c->superseded_count == SUPERSEDED_MOST) {
		atomic_store(&c->superseded[0]->withdrawn, true);
		forget_superseded(c, 0);
	}
	c->superseded[c->superseded_count++] = old;
	forget_unread(c);
}

static void replace(struct crl_cache *c, struct slot *slot, struct crl_edition *fresh)
{
	pthread_mutex_lock(&c->lock);
	struct crl_edition *old = slot->newest;
	slot->newest = fresh;
	pthread_mutex_unlock(&c->lock);
	if (old)
		supersede(c, old);
}

static enum err find_newest(struct crl_cache *c, struct slot *slot, struct found *f)
{
	f->had = slot->newest ? slot->newest->head.number : 0;
	struct store *s = readers_take(c->from.readers);
	enum err rc = store_one(s, STATEMENT_CRL_NEWEST, STORE_VALUES(value_text(slot->issuer)), take_newest, f);
	readers_give(c->from.readers, s);
	if (f->edition)
		replace(c, slot, f->edition);
	return rc;
}

/* Of the CAs that are not the present one; a CA that has no list yet has none. */
static enum err look_at_others(struct crl_cache *c)
{
	enum err rc = ERR_OK;
	for (size_t i = 1; !rc && i < c->count; i++) {
		struct found f = {.n = 0};
		rc = find_newest(c, &c->slots[i], &f);
		rc = rc == ERR_NOT_FOUND ? ERR_OK : rc;
		c->stale |= f.edition != NULL;
	}
	return rc;
}

/* Whoever refreshes is alone with what stands in the slots. */
static enum err look_at_all(struct crl_cache *c)
{
	struct slot *present = &c->slots[0];
	struct found f = {.n = 0};
	enum err rc = look_at_others(c);
	for (size_t i = 1; i < c->count; i++)
		if (c->slots[i].newest)
			f.behind[f.n++] = &c->slots[i].newest->form[CRL_DER].bytes;
	f.behind[f.n++] = c->from.root_der;
	if (!rc)
		rc = find_newest(c, present, &f);
	if (!rc && !f.edition && c->stale) {
		const struct crl_edition *same = present->newest;
		rc = crl_edition_new(&same->head, &same->form[CRL_DER].bytes, f.behind, f.n, &f.edition);
		if (!rc)
			replace(c, present, f.edition);
	}
	c->stale = rc && c->stale;
	return rc;
}

static enum err look(struct crl_cache *c)
{
	uint64_t generation = atomic_load(c->from.generation); /* before the database, so that nothing is missed */
	int64_t now = clock_mono_ms();
	if (c->looked && c->seen == generation && now - c->looked_at < LOOK_MS)
		return ERR_OK;
	enum err rc = look_at_all(c);
	pthread_mutex_lock(&c->lock);
	c->said = rc;
	pthread_mutex_unlock(&c->lock);
	c->looked = rc == ERR_OK;
	c->seen = generation;
	c->looked_at = now;
	return rc;
}

static bool to_be_compressed(struct crl_cache *c, const struct slot *slot, enum crl_form plain)
{
	pthread_mutex_lock(&c->lock);
	const struct crl_part *part = slot->newest ? slot->newest->form : NULL;
	bool wanted = part && part[plain].bytes.len && !part[plain + CRL_DER_GZIP].bytes.len &&
		      (slot->wanted[plain] || part[CRL_DER].bytes.len <= SHORT_BYTES);
	pthread_mutex_unlock(&c->lock);
	return wanted;
}

/* Whoever refreshes is alone with the edition's place for it; others look there under the lock. */
static enum err compress_wanted(struct crl_cache *c, struct slot *slot)
{
	enum err rc = ERR_OK;
	for (int plain = CRL_DER; !rc && plain <= CRL_BUNDLE; plain++) {
		struct crl_part part = {.etag = ""};
		if (!to_be_compressed(c, slot, (enum crl_form)plain))
			continue;
		rc = crl_edition_compress(slot->newest, (enum crl_form)plain, &part);
		pthread_mutex_lock(&c->lock);
		if (!rc)
			slot->newest->form[plain + CRL_DER_GZIP] = part;
		pthread_mutex_unlock(&c->lock);
		if (rc)
			buf_free(&part.bytes);
	}
	return rc;
}

enum err crl_cache_refresh(struct crl_cache *c)
{
	enum err rc = look(c);
	forget_unread(c);
	for (size_t i = 0; i < c->count; i++) {
		enum err compressed = compress_wanted(c, &c->slots[i]);
		rc = rc ? rc : compressed;
	}
	return rc;
}

static void *run(void *ctx)
{
	struct crl_cache *c = ctx;
	pthread_mutex_lock(&c->lock);
	while (!c->stopping) {
		c->poked = false;
		pthread_mutex_unlock(&c->lock);
		enum err rc = crl_cache_refresh(c); /* tried again in the next round; readyz tells */
		struct timespec next;
		clock_gettime(CLOCK_MONOTONIC, &next);
		next.tv_sec += ROUND_SECONDS;
		pthread_mutex_lock(&c->lock);
		bool waiting = true;
		while (waiting && !c->stopping && (!c->poked || rc))
			waiting = pthread_cond_timedwait(&c->changed, &c->lock, &next) == 0;
	}
	pthread_mutex_unlock(&c->lock);
	return NULL;
}

enum err crl_cache_start(struct crl_cache *c)
{
	c->started = pthread_create(&c->thread, NULL, run, c) == 0;
	return c->started ? ERR_OK : ERR_MEMORY;
}

/* With the lock held. */
static void poke(struct crl_cache *c)
{
	c->poked = true;
	pthread_cond_signal(&c->changed);
}

/* With the lock held. */
static enum err standing(const struct crl_cache *c, const struct slot *slot)
{
	return slot->newest ? ERR_OK : c->said == ERR_OK || c->said == ERR_NOT_FOUND ? ERR_NOT_FOUND : ERR_UNAVAILABLE;
}

enum err crl_cache_head_of(struct crl_cache *c, size_t issuer, struct crl_head *head)
{
	struct slot *slot = &c->slots[issuer];
	pthread_mutex_lock(&c->lock);
	enum err rc = standing(c, slot);
	if (!rc)
		*head = slot->newest->head;
	pthread_mutex_unlock(&c->lock);
	return rc;
}

enum err crl_cache_head(struct crl_cache *c, struct crl_head *head)
{
	return crl_cache_head_of(c, 0, head);
}

static enum err take(struct crl_cache *c, struct slot *slot, enum crl_form form, bool gzip, struct crl_lent *out)
{
	pthread_mutex_lock(&c->lock);
	enum err rc = standing(c, slot);
	if (!rc) {
		const struct crl_part *small = &slot->newest->form[form + CRL_DER_GZIP];
		bool there = small->bytes.len > 0;
		if (gzip && !there) {
			slot->wanted[form] = true;
			poke(c);
		}
		out->edition = crl_edition_hold(slot->newest);
		out->gzip = gzip && there;
		out->part = out->gzip ? small : &slot->newest->form[form];
	}
	poke(c);
	pthread_mutex_unlock(&c->lock);
	return rc;
}

enum err crl_cache_take(struct crl_cache *c, enum crl_form form, bool gzip, struct crl_lent *out)
{
	return take(c, &c->slots[0], form, gzip, out);
}

enum err crl_cache_take_of(struct crl_cache *c, size_t issuer, bool gzip, struct crl_lent *out)
{
	return take(c, &c->slots[issuer], CRL_DER, gzip, out);
}

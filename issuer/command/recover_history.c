#include "issuer/command/recover_history.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

static int by_serial(const void *a, const void *b)
{
	return strcmp(((const struct history_entry *)a)->serial, ((const struct history_entry *)b)->serial);
}

static void copy(char *out, size_t size, const char *text)
{
	size_t len = text ? strnlen(text, size - 1) : 0;
	if (len) { /* a record that leaves it out takes nothing back */
		memcpy(out, text, len);
		out[len] = '\0';
	}
}

/* The entry of the record's certificate, made when it is new; NULL when there is no memory. */
static struct history_entry *entry_of(struct history *h, const struct journal_record *r)
{
	struct history_entry key = {.next = NULL};
	copy(key.serial, sizeof key.serial, r->serial);
	void *found = tfind(&key, &h->tree, by_serial);
	if (found)
		return *(struct history_entry **)found;
	struct history_entry *e = malloc(sizeof *e);
	if (!e)
		return NULL;
	*e = key;
	if (!tsearch(e, &h->tree, by_serial)) {
		free(e);
		return NULL;
	}
	if (h->last)
		h->last->next = e;
	else
		h->first = e;
	h->last = e;
	return e;
}

static void take_intent(struct history_entry *e, const struct journal_record *r)
{
	e->not_before = r->not_before;
	e->not_after = r->not_after;
}

static void take_done(struct history_entry *e, const struct journal_record *r)
{
	(void)r;
	e->done = true;
}

static void take_revoke(struct history_entry *e, const struct journal_record *r)
{
	if (e->standing == STANDING_REVOKED)
		return;
	e->reason = crl_reason_name((enum crl_reason)r->reason) ? (enum crl_reason)r->reason : REASON_UNSPECIFIED;
	e->standing = e->reason == REASON_HOLD ? STANDING_HELD : STANDING_REVOKED;
	e->revoked_at = r->revoked_at;
	e->compromised_at = r->compromised_at;
	e->released = false;
}

static void take_release(struct history_entry *e, const struct journal_record *r)
{
	(void)r;
	if (e->standing != STANDING_HELD)
		return;
	e->standing = STANDING_VALID;
	e->released = true;
}

static enum err take_record(void *ctx, const struct journal_record *r, uint64_t sequence)
{
	static const struct {
		const char *op;
		void (*take)(struct history_entry *e, const struct journal_record *r);
	} takers[] = {
		{"intent", take_intent}, {"done", take_done}, {"revoke", take_revoke}, {"release", take_release}};
	(void)sequence;
	for (size_t i = 0; i < sizeof takers / sizeof *takers; i++) {
		if (strcmp(r->op, takers[i].op) != 0)
			continue;
		struct history_entry *e = r->serial ? entry_of(ctx, r) : NULL;
		if (!e)
			return r->serial ? ERR_MEMORY : ERR_CORRUPT;
		copy(e->issuer, sizeof e->issuer, r->issuer);
		copy(e->order, sizeof e->order, r->order);
		takers[i].take(e, r);
	}
	return ERR_OK;
}

enum err history_read(int journal_fd, struct history *out, struct errbuf *why)
{
	*out = (struct history){.tree = NULL};
	return journal_walk(journal_fd, take_record, out, why);
}

void history_free(struct history *h)
{
	tdestroy(h->tree, free);
	*h = (struct history){.tree = NULL};
}

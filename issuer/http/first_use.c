#include "issuer/http/first_use.h"
#include "base/log.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SLOTS = 4096 };

struct first_use {
	struct desk *desk;
	struct workers *workers;
	pthread_mutex_t lock;
	int64_t noted[SLOTS];
	uint64_t slot[SLOTS]; /* the serial's mark, 0 while empty; a newer serial drives the older one out */
};

struct note {
	struct first_use *owner;
	struct identity who;
	char address[64];
	uint64_t mark;
};

enum err first_use_new(struct desk *desk, struct workers *workers, struct first_use **out)
{
	struct first_use *f = calloc(1, sizeof *f);
	if (!f)
		return ERR_MEMORY;
	f->desk = desk;
	f->workers = workers;
	pthread_mutex_init(&f->lock, NULL);
	*out = f;
	return ERR_OK;
}

void first_use_free(struct first_use *f)
{
	if (!f)
		return;
	pthread_mutex_destroy(&f->lock);
	free(f);
}

/* Serials are random: 60 bits of one are its mark. */
static uint64_t mark_of(const char *serial)
{
	char digits[16] = {0};
	size_t len = strlen(serial);
	memcpy(digits, serial + (len > 15 ? len - 15 : 0), len > 15 ? 15 : len);
	return strtoull(digits, NULL, 16) << 1 | 1;
}

/* True when it was not there, or was noted an hour ago. */
static bool take_slot(struct first_use *f, uint64_t mark, int64_t now)
{
	size_t at = (mark >> 1) % SLOTS;
	pthread_mutex_lock(&f->lock);
	bool taken = f->slot[at] != mark || now - f->noted[at] >= IDENTITY_SEEN_EVERY || now < f->noted[at];
	if (taken) {
		f->slot[at] = mark;
		f->noted[at] = now;
	}
	pthread_mutex_unlock(&f->lock);
	return taken;
}

static void leave_slot(struct first_use *f, uint64_t mark)
{
	pthread_mutex_lock(&f->lock);
	if (f->slot[(mark >> 1) % SLOTS] == mark)
		f->slot[(mark >> 1) % SLOTS] = 0;
	pthread_mutex_unlock(&f->lock);
}

static void write_note(void *ctx)
{
	struct note *n = ctx;
	enum err rc = identity_used(n->owner->desk, &n->who);
	if (rc == ERR_OK)
		rc = identity_seen(n->owner->desk, &n->who, n->address);
	if (rc != ERR_OK) {
		log_event(LOG_LEVEL_WARNING, "certificate.first_use_failed", {"order", n->who.order_id},
			  {"error", err_word(rc)});
		leave_slot(n->owner, n->mark);
	}
	free(n);
}

void first_use_note(struct first_use *f, const struct identity *who, const char *address, int64_t now)
{
	if (who->kind == IDENTITY_NONE)
		return;
	uint64_t mark = mark_of(who->serial);
	if (!take_slot(f, mark, now))
		return;
	struct note *n = malloc(sizeof *n);
	if (n)
		*n = (struct note){.owner = f, .who = *who, .mark = mark};
	if (n)
		snprintf(n->address, sizeof n->address, "%s", address ? address : "");
	if (n && workers_put(f->workers, write_note, n))
		return;
	free(n);
	leave_slot(f, mark);
}

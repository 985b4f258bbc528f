/* What an old database lacks: its rows held against the whole journal. */
#include "issuer/clerk/clerk_reconcile.h"
#include "issuer/command/recover.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* [as the database has it][as the journal has it]. What the database alone knows to be revoked stays so. */
static const enum recover_action actions[STANDING_COUNT][STANDING_COUNT] = {
	[STANDING_VALID] = {[STANDING_HELD] = RECOVER_HOLD, [STANDING_REVOKED] = RECOVER_REVOKE},
	[STANDING_HELD] = {[STANDING_VALID] = RECOVER_RELEASE, [STANDING_REVOKED] = RECOVER_REVOKE},
};

static enum standing standing_from(const char *status)
{
	return strcmp(status, "valid") == 0 ? STANDING_VALID : strcmp(status, "held") == 0 ? STANDING_HELD : STANDING_REVOKED;
}

/* An intent that nothing followed is open: the running daemon settles it. */
static bool was_issued(const struct history_entry *e)
{
	return e->done || e->standing != STANDING_VALID || e->released;
}

static enum recover_action action_for(const struct history_entry *e, enum standing had)
{
	enum recover_action a = actions[had][e->standing];
	return a == RECOVER_RELEASE && !e->released ? RECOVER_NOTHING : a;
}

static enum err add_step(struct recovery *r, const struct recover_step *step)
{
	if (r->count == r->room) {
		size_t room = r->room ? 2 * r->room : 64;
		struct recover_step *more = reallocarray(r->steps, room, sizeof *more);
		if (!more)
			return ERR_MEMORY;
		r->steps = more;
		r->room = room;
	}
	r->steps[r->count++] = *step;
	r->counts[step->action]++;
	return ERR_OK;
}

static enum err look_at(struct recovery *r, struct history_entry *entry)
{
	struct known known;
	struct recover_step step = {.action = RECOVER_LOST, .entry = entry};
	if (!entry->issuer[0])
		memcpy(entry->issuer, r->books->issuer, sizeof entry->issuer);
	enum err e = reconcile_find(r->books->store, entry->serial, &known);
	if (e == ERR_NOT_FOUND)
		return was_issued(entry) ? add_step(r, &step) : ERR_OK;
	if (e)
		return e;
	step.had = standing_from(known.status);
	step.action = action_for(entry, step.had);
	memcpy(step.order, known.order, sizeof step.order);
	return step.action == RECOVER_NOTHING ? ERR_OK : add_step(r, &step);
}

static enum err read_history(struct recovery *r, struct errbuf *why)
{
	const char *path = r->books->settings->journal;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return fail(why, ERR_IO, "%s: %s", path, strerror(errno));
	enum err e = history_read(fd, &r->history, why);
	close(fd);
	return e;
}

enum err recovery_plan(struct recovery *r, struct host_books *b, int64_t now, struct errbuf *why)
{
	*r = (struct recovery){.books = b, .now = now};
	enum err e = read_history(r, why);
	for (struct history_entry *at = r->history.first; at && !e; at = at->next)
		e = look_at(r, at);
	if (e)
		return e;
	e = host_books_agree(b->store, b->journal, why);
	r->old = e == ERR_REFUSED;
	return r->old ? ERR_OK : e;
}

bool recovery_due(const struct recovery *r)
{
	return r->old || r->count > 0;
}

void recovery_clear(struct recovery *r)
{
	history_free(&r->history);
	free(r->steps);
	*r = (struct recovery){.books = NULL};
}

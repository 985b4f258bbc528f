/* Journal and database held against each other, so that the signer may issue.
 *
 * The journal's newest `done` and its newest audit head were in the database before the journal had them: one that
 * lacks either is an old copy, and nothing is issued upon it. A revocation is in the journal first: one that the
 * database goes on lacking was cut off by a crash, and is finished (clerk_finish.c). */
#include "issuer/clerk/clerk_reconcile.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "issuer/signer/signer.h"

#include <string.h>

/* Longer than a commit may wait for its lock: whoever journalled it has committed by then, or died. */
enum { UNSETTLED_MS = 30000 };

static struct unsettled *noted(struct clerk *c, const char *serial)
{
	for (size_t i = 0; i < c->unsettled_count; i++)
		if (strcmp(c->unsettled[i].what.serial, serial) == 0)
			return &c->unsettled[i];
	return NULL;
}

/* Somebody may be about to commit it: it gets its time. Not a hold, which is in the database first; not when so many wait,
 * for else one would be forgotten; and not when the daemon has just started, for then nobody is about to: the revoked shall
 * not be let in for that time. */
static enum err note_or_finish(struct clerk *c, const struct revocation *r, const struct known *known, int64_t now)
{
	bool starting = atomic_load(&c->shared->issuing_paused) == ISSUING_NOT_COMPARED;
	struct unsettled *u = noted(c, r->serial);
	if (u && r->reason != REASON_HOLD)
		u->what = *r; /* asked for again, with another reason or date */
	if (u)
		return ERR_OK;
	if (r->reason == REASON_HOLD || starting || c->unsettled_count == UNSETTLED_MOST)
		return reconcile_finish(c, r, known->order, now);
	c->unsettled[c->unsettled_count++] = (struct unsettled){*r, clock_mono_ms()};
	return ERR_OK;
}

/* The journal again, after the database was read: a release is in the journal first, so what is good there and still
 * revoked here was not released in between. What stands there now is what counts. */
static enum err still_revoked(struct clerk *c, const char *serial, struct revocation *now)
{
	struct journal_last last;
	enum err e = signer_last(c->signer, &last, NULL);
	*now = (struct revocation){.reason = REASON_UNSPECIFIED};
	for (int i = 0; !e && i < (int)REVOKED_MOST && last.revoked[i].serial[0]; i++)
		if (strcmp(last.revoked[i].serial, serial) == 0)
			*now = last.revoked[i];
	return e;
}

static enum err note_unless_released(struct clerk *c, const char *serial, const struct known *known, int64_t now)
{
	struct revocation r;
	enum err e = still_revoked(c, serial, &r);
	return e || !r.serial[0] || !reconcile_lacks(known, &r) ? e : note_or_finish(c, &r, known, now);
}

static bool noted_as(struct clerk *c, const struct revocation *r)
{
	const struct unsettled *u = noted(c, r->serial);
	return u && u->what.reason == r->reason && u->what.revoked_at == r->revoked_at &&
	       u->what.compromised_at == r->compromised_at;
}

static enum err compare_revoked(struct clerk *c, const struct journal_last *last, int64_t now)
{
	struct known known;
	enum err e = ERR_OK;
	for (int i = 0; !e && i < (int)REVOKED_MOST && last->revoked[i].serial[0]; i++) {
		const struct revocation *r = &last->revoked[i];
		e = reconcile_find(c->store, r->serial, &known);
		if (!e && reconcile_lacks(&known, r) && !noted_as(c, r))
			e = note_unless_released(c, r->serial, &known, now);
	}
	return e;
}

/* Those that got their time and are not committed now. */
static enum err settle(struct clerk *c, int64_t now)
{
	size_t kept = 0;
	enum err e = ERR_OK;
	for (size_t i = 0; i < c->unsettled_count; i++) {
		struct unsettled u = c->unsettled[i];
		struct known known = {.kind = ""};
		if (!e)
			e = reconcile_find(c->store, u.what.serial, &known);
		bool waits = e || reconcile_lacks(&known, &u.what);
		if (!e && waits && clock_mono_ms() - u.since >= UNSETTLED_MS) {
			e = reconcile_finish(c, &u.what, known.order, now);
			waits = e != ERR_OK;
		}
		if (waits)
			c->unsettled[kept++] = u;
	}
	c->unsettled_count = kept;
	return e;
}

static void pause_issuing(struct clerk *c, const struct errbuf *why)
{
	c->trusted = false;
	for (size_t i = 0; i < c->issuers.count; i++)
		c->crl[i].made = false; /* the next one, once all is well, is made at once */
	if (atomic_exchange(&c->shared->issuing_paused, ISSUING_OLD_DATABASE) != ISSUING_OLD_DATABASE)
		log_event(LOG_LEVEL_ALARM, "clerk.old_database", {"what", issuing_paused_because(c->shared)}, {"why", why->text});
}

static void resume_issuing(struct clerk *c)
{
	c->trusted = true;
	if (atomic_exchange(&c->shared->issuing_paused, ISSUING_OPEN) == ISSUING_OLD_DATABASE)
		log_event(LOG_LEVEL_WARNING, "clerk.issuing_resumed", {"why", "journal and database agree again"});
}

/* A signer that has started anew does not issue before it hears this: so it hears it in every round. */
enum err clerk_reconcile(struct clerk *c, int64_t now, struct errbuf *why)
{
	struct journal_last last;
	struct errbuf lacking = {0};
	bool sound = false;
	enum err e = signer_last(c->signer, &last, why);
	if (!e || file_fault(e))
		atomic_store(&c->shared->journal_fault, e ? e : last.fault);
	if (e)
		return e;
	atomic_store(&c->shared->journal_read_at, now);
	atomic_store(&c->shared->keys_away, last.away);
	e = reconcile_newest(c->store, &last, &lacking);
	if (!e)
		e = compare_revoked(c, &last, now);
	if (!e)
		e = settle(c, now);
	if (e == ERR_NOT_FOUND) {
		pause_issuing(c, &lacking);
		return signer_resume(c->signer, false, why);
	}
	if (e)
		return fail(why, e, "%s", err_why(e, &lacking));
	resume_issuing(c);
	e = clerk_judge_issuer(c, &last, now, &sound, why);
	if (!e)
		e = signer_resume(c->signer, sound, why);
	return e ? e : reconcile_intents(c, now, why);
}

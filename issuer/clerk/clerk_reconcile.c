/* Journal and database held against each other, so that the signer may issue.
 *
 * The journal's newest `done` and its newest audit head were in the database before the journal had them: one that
 * lacks either is an old copy, and nothing is issued upon it. A revocation is in the journal first: one that the
 * database goes on lacking was cut off by a crash, and is finished here. */
#include "issuer/clerk/clerk_reconcile.h"

#include "base/clock.h"
#include "base/crash.h"
#include "base/file.h"
#include "base/log.h"
#include "issuer/order/step.h"
#include "issuer/signer/signer.h"

#include <stdio.h>
#include <string.h>

/* Longer than a commit may wait for its lock: whoever journalled it has committed by then, or died. */
enum { UNSETTLED_MS = 30000, REVOKED_MOST = sizeof((struct journal_last *)0)->revoked / SERIAL_TEXT_SIZE };

static enum err finish_in(struct store *s, const char *issuer, const char *serial, const char *order, int64_t now)
{
	const struct audit_event event = {
		.what = "certificate.revoked", .object = serial, .why = "the journal has the revocation"};
	const struct step step = {&clerk_actor, order, now};
	enum err e = store_exec_one(s, STATEMENT_CERTIFICATE_REVOKE,
				    STORE_VALUES(value_integer(now), value_integer(REASON_UNSPECIFIED), value_null(),
						 value_text(issuer), value_text(serial)));
	if (!e)
		e = audit_append(s, &clerk_actor, &event, now, NULL);
	return e || !order[0] ? e : step_end_delivery(s, &step);
}

static enum err finish_revocation(struct clerk *c, const char *serial, const char *order, int64_t now)
{
	crash_point(CRASH_CLERK_SETTLE_BEFORE);
	enum err e = store_begin(c->store);
	if (e)
		return e;
	e = finish_in(c->store, c->issuer, serial, order, now);
	if (e) {
		store_rollback(c->store);
		return e;
	}
	e = store_commit(c->store);
	if (e)
		return e;
	crash_point(CRASH_CLERK_SETTLE_AFTER);
	c->erased = true;
	clerk_revoked(c);
	log_event(LOG_LEVEL_WARNING, "certificate.revocation_finished", {"serial", serial});
	return ERR_OK;
}

static bool noted(const struct clerk *c, const char *serial)
{
	for (size_t i = 0; i < c->unsettled_count; i++)
		if (strcmp(c->unsettled[i].serial, serial) == 0)
			return true;
	return false;
}

/* Somebody may be about to commit it: it gets its time. Not when so many wait, for else one would be forgotten; and not
 * when the daemon has just started, for then nobody is about to: the revoked shall not be let in for that time. */
static enum err note_or_finish(struct clerk *c, const char *serial, const struct known *known, int64_t now)
{
	bool starting = atomic_load(&c->shared->issuing_paused) == ISSUING_NOT_COMPARED;
	if (starting || c->unsettled_count == UNSETTLED_MOST)
		return finish_revocation(c, serial, known->order, now);
	struct unsettled *u = &c->unsettled[c->unsettled_count++];
	u->since = clock_mono_ms();
	snprintf(u->serial, sizeof u->serial, "%s", serial);
	return ERR_OK;
}

/* The journal again, after the database was read: a release is in the journal first, so what is good there and still
 * revoked here was not released in between. */
static enum err still_revoked(struct clerk *c, const char *serial, bool *still)
{
	struct journal_last last;
	enum err e = signer_last(c->signer, &last, NULL);
	*still = false;
	for (int i = 0; !e && i < (int)REVOKED_MOST && last.revoked[i][0]; i++)
		*still = *still || strcmp(last.revoked[i], serial) == 0;
	return e;
}

static enum err note_unless_released(struct clerk *c, const char *serial, const struct known *known, int64_t now)
{
	bool still = false;
	enum err e = still_revoked(c, serial, &still);
	return e || !still ? e : note_or_finish(c, serial, known, now);
}

static enum err compare_revoked(struct clerk *c, const struct journal_last *last, int64_t now)
{
	struct known known;
	enum err e = ERR_OK;
	for (int i = 0; !e && i < (int)REVOKED_MOST && last->revoked[i][0]; i++) {
		e = reconcile_find(c->store, c->issuer, last->revoked[i], &known);
		if (!e && strcmp(known.status, "valid") == 0 && !noted(c, last->revoked[i]))
			e = note_unless_released(c, last->revoked[i], &known, now);
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
		struct known known = {{0}, {0}, {0}};
		if (!e)
			e = reconcile_find(c->store, c->issuer, u.serial, &known);
		bool waits = e || strcmp(known.status, "valid") == 0;
		if (!e && waits && clock_mono_ms() - u.since >= UNSETTLED_MS) {
			e = finish_revocation(c, u.serial, known.order, now);
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
	c->crl_made = false; /* the next one, once all is well, is made at once */
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
	enum err e = signer_last(c->signer, &last, why);
	if (!e || file_fault(e))
		atomic_store(&c->shared->journal_fault, e ? e : last.fault);
	if (e)
		return e;
	atomic_store(&c->shared->journal_read_at, now);
	e = reconcile_newest(c->store, c->issuer, &last, &lacking);
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
	e = signer_resume(c->signer, true, why);
	return e ? e : reconcile_intents(c, now, why);
}

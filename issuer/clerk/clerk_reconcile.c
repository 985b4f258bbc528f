/* Journal and database held against each other, so that the signer may issue.
 *
 * The journal's newest `done` and its newest audit head were in the database before the journal had them: one that
 * lacks either is an old copy, and nothing is issued upon it. A revocation is in the journal first: one that the
 * database goes on lacking was cut off by a crash, and is finished here. */
#include "issuer/clerk/clerk_reconcile.h"

#include "base/clock.h"
#include "base/log.h"
#include "issuer/order/step.h"
#include "issuer/signer/signer.h"

#include <stdio.h>
#include <string.h>

/* Longer than a commit may wait for its lock: whoever journalled it has committed by then, or died. */
enum { UNSETTLED_MS = 30000, REVOKED_MOST = sizeof((struct journal_last *)0)->revoked / SERIAL_TEXT_SIZE };

static enum err take_certificate(void *ctx, const struct row *r)
{
	struct known *k = ctx;
	snprintf(k->kind, sizeof k->kind, "%s", row_text(r, 0));
	snprintf(k->status, sizeof k->status, "%s", row_text(r, 1));
	snprintf(k->order, sizeof k->order, "%s", row_text(r, 2));
	return ERR_OK;
}

enum err reconcile_find(struct clerk *c, const char *serial, struct known *out)
{
	*out = (struct known){0};
	return store_one(c->store, STATEMENT_CLERK_CERTIFICATE, STORE_VALUES(value_text(c->issuer), value_text(serial)),
			 take_certificate, out);
}

static enum err take_nothing(void *ctx, const struct row *r)
{
	(void)ctx;
	(void)r;
	return ERR_OK;
}

/* ERR_NOT_FOUND names what the database lacks. */
static enum err compare_newest(struct clerk *c, const struct journal_last *last, struct errbuf *why)
{
	static const uint8_t none[AUDIT_HASH_BYTES];
	struct known known;
	enum err e = last->done_serial[0] ? reconcile_find(c, last->done_serial, &known) : ERR_OK;
	if (e)
		return fail(why, e, "certificate %s is in the journal", last->done_serial);
	if (memcmp(last->audit_head, none, sizeof none) == 0)
		return ERR_OK;
	e = store_one(c->store, STATEMENT_CLERK_AUDIT_KNOWS,
		      STORE_VALUES(value_blob(last->audit_head, sizeof last->audit_head)), take_nothing, NULL);
	return e ? fail(why, e, "the journal knows an audit record that is not there") : ERR_OK;
}

static enum err finish_in(struct store *s, const char *issuer, const char *serial, const char *order, int64_t now)
{
	const struct audit_event event = {
		.what = "certificate.revoked", .object = serial, .why = "the journal has the revocation"};
	const struct step step = {&clerk_actor, order, now};
	enum err e = store_exec_one(s, STATEMENT_CERTIFICATE_REVOKE,
				    STORE_VALUES(value_integer(now), value_integer(REASON_UNSPECIFIED), value_text(issuer),
						 value_text(serial)));
	if (!e)
		e = audit_append(s, &clerk_actor, &event, now, NULL);
	return e || !order[0] ? e : step_end_delivery(s, &step);
}

static enum err finish_revocation(struct clerk *c, const char *serial, const char *order, int64_t now)
{
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
	c->erased = true;
	clerk_revoked(c);
	log_event(LOG_LEVEL_WARNING, "certificate.revocation_finished", {"serial", serial});
	return ERR_OK;
}

/* Somebody may be about to commit it: it gets its time. */
static enum err settle(struct clerk *c, const char *serial, const struct known *known, int64_t now)
{
	if (strcmp(c->unsettled, serial) != 0) {
		snprintf(c->unsettled, sizeof c->unsettled, "%s", serial);
		c->unsettled_since = clock_mono_ms();
	}
	if (clock_mono_ms() - c->unsettled_since < UNSETTLED_MS)
		return ERR_OK;
	return finish_revocation(c, serial, known->order, now);
}

static enum err compare_revoked(struct clerk *c, const struct journal_last *last, int64_t now, struct errbuf *why)
{
	struct known known;
	for (int i = 0; i < (int)REVOKED_MOST && last->revoked[i][0]; i++) {
		enum err e = reconcile_find(c, last->revoked[i], &known);
		if (e)
			return fail(why, e, "certificate %s is revoked in the journal", last->revoked[i]);
		if (strcmp(known.status, "valid") == 0)
			return settle(c, last->revoked[i], &known, now);
	}
	c->unsettled[0] = '\0';
	return ERR_OK;
}

static void pause_issuing(struct clerk *c, const struct errbuf *why)
{
	c->trusted = false;
	c->crl_made = false; /* the next one, once all is well, is made at once */
	if (atomic_exchange(&c->shared->issuing_paused, 1) == 0)
		log_event(LOG_LEVEL_ALARM, "clerk.old_database", {"what", "an old database was put back: run counterfoild recover"},
			  {"why", why->text});
}

static void resume_issuing(struct clerk *c)
{
	c->trusted = true;
	if (atomic_exchange(&c->shared->issuing_paused, 0) != 0)
		log_event(LOG_LEVEL_WARNING, "clerk.issuing_resumed", {"why", "journal and database agree again"});
}

/* A signer that has started anew does not issue before it hears this: so it hears it in every round. */
enum err clerk_reconcile(struct clerk *c, int64_t now, struct errbuf *why)
{
	struct journal_last last;
	struct errbuf lacking = {0};
	enum err e = signer_last(c->signer, &last, why);
	if (e)
		return e;
	e = compare_newest(c, &last, &lacking);
	if (!e)
		e = compare_revoked(c, &last, now, &lacking);
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

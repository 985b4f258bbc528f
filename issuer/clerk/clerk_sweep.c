/* What time has overtaken: links and claims that nobody used, passwords that rest too long, parcels whose last try was
 * counted by somebody who died before the lock, addresses that contacts no longer have, keys of creations. */
#include "issuer/clerk/clerk.h"

#include "base/crash.h"
#include "base/log.h"
#include "issuer/clerk/clerk_due.h"
#include "issuer/order/idempotency.h"
#include "issuer/order/notice.h"
#include "issuer/order/revoke.h"
#include "issuer/order/step.h"
#include "issuer/signer/signer.h"

#include <stdio.h>
#include <string.h>

enum { SWEEP_MOST = 50, PASSWORD_REST = 86400, LOCK_AFTER = 60, FORGET_EVERY = 60 };
enum { MOVED_KEPT = 31 * 86400 }; /* delivery.contact_rest is 30 days at most, whatever it is now */

struct overdue {
	char order[ID_SIZE], state[16], serial[SERIAL_TEXT_SIZE]; /* serial: live, or "" */
};

struct found {
	struct overdue list[SWEEP_MOST];
	size_t n;
	int columns; /* of order, state, serial: how many the statement gives */
};

static enum err take_found(void *ctx, const struct row *r)
{
	struct found *f = ctx;
	struct overdue *o = &f->list[f->n++];
	const char *serial = f->columns > 2 ? row_text(r, 2) : NULL;
	snprintf(o->order, sizeof o->order, "%s", row_text(r, 0));
	snprintf(o->state, sizeof o->state, "%s", f->columns > 1 ? row_text(r, 1) : "");
	snprintf(o->serial, sizeof o->serial, "%s", serial ? serial : "");
	return ERR_OK;
}

/* One thing done to one order in one transaction. */
struct sweep {
	struct clerk *clerk;
	struct step step;
	const struct overdue *overdue;
	bool done;
	struct notice notice; /* all zero: whoever ordered is told nothing */
};

static void make_notice(struct sweep *w, enum message_kind kind)
{
	const struct clerk *c = w->clerk;
	const struct notice_office office = {.store = c->store, .courier = c->mailer, .settings = c->settings};
	notice_make(&office, kind, w->step.order, &w->notice);
}

static enum err store_notice(const struct sweep *w, struct store *s, enum order_state state)
{
	bool made = w->notice.id[0] || w->notice.missed;
	return made ? notice_store(s, &w->step, &w->notice, state) : ERR_OK;
}

static enum err in_transaction(struct sweep *w, enum err (*part)(struct sweep *w, struct store *s))
{
	struct store *s = w->clerk->store;
	w->done = false;
	enum err e = store_begin(s);
	if (e)
		return e;
	e = part(w, s);
	if (e)
		store_rollback(s);
	else
		e = store_commit(s);
	if (!e && w->done)
		w->clerk->erased = true;
	return e;
}

static enum err next_state(const struct sweep *w, enum order_event event, enum order_state *to)
{
	enum order_state from;
	enum err e = order_state_from_name(w->overdue->state, &from);
	return e ? ERR_CORRUPT : order_next(from, event, to, NULL);
}

static enum err journal_revocation(struct sweep *w, struct errbuf *why)
{
	struct revocation r = {.reason = REASON_CESSATION, .revoked_at = w->step.now};
	uint8_t head[AUDIT_HASH_BYTES];
	int64_t sequence = 0;
	memcpy(r.serial, w->overdue->serial, sizeof r.serial);
	enum err e = revocation_issuer(w->clerk->store, &r);
	if (!e)
		e = audit_head(w->clerk->store, &sequence, head);
	return e ? e : signer_revoke(w->clerk->signer, &r, head, why);
}

static enum err revoke_in(struct sweep *w, struct store *s)
{
	const struct audit_event event = {.what = "certificate.revoked", .object = w->overdue->serial,
					  .why = "its parcel was not acknowledged in time",
					  .detail = crl_reason_name(REASON_CESSATION)};
	enum err e = store_exec_one(s, STATEMENT_CERTIFICATE_REVOKE,
				    STORE_VALUES(value_integer(w->step.now), value_integer(REASON_CESSATION), value_null(),
						 value_text(w->overdue->serial)));
	if (e == ERR_CONFLICT)
		return ERR_OK; /* somebody else was first */
	return e ? e : audit_append(s, &clerk_actor, &event, w->step.now, NULL);
}

/* The journal has the revocation: it is committed whether or not the order is still overdue. */
static enum err lapse_in(struct sweep *w, struct store *s)
{
	enum order_state to;
	int64_t affected = 0, claims = w->step.now - w->clerk->settings->claim_life;
	enum err e = w->overdue->serial[0] ? revoke_in(w, s) : ERR_OK;
	if (!e)
		e = next_state(w, EVENT_LAPSE, &to);
	if (!e)
		e = store_exec(s, STATEMENT_CLERK_LAPSE,
			       STORE_VALUES(value_text(order_state_name(to)), value_integer(w->step.now),
					    value_text(w->step.order), value_text(w->overdue->state), value_integer(claims)),
			       &affected);
	if (e || affected == 0)
		return e;
	w->done = true;
	e = step_end_delivery(s, &w->step);
	if (!e)
		e = step_note(s, &w->step, order_event_name(EVENT_LAPSE), NULL, w->overdue->state);
	return e ? e : store_notice(w, s, to);
}

static enum err lapse(struct sweep *w, struct errbuf *why)
{
	const char *state = w->overdue->state;
	enum message_kind kind = strcmp(state, order_state_name(ORDER_COLLECTING)) == 0	 ? MESSAGE_LAPSED_CLAIM
				 : strcmp(state, order_state_name(ORDER_REQUESTED)) == 0 ? MESSAGE_LAPSED_REQUEST
											 : MESSAGE_LAPSED_LINK;
	enum err e = w->overdue->serial[0] ? journal_revocation(w, why) : ERR_OK;
	if (!e)
		make_notice(w, kind);
	crash_point(CRASH_CLERK_LAPSE_BEFORE);
	if (!e)
		e = in_transaction(w, lapse_in);
	crash_point(CRASH_CLERK_LAPSE_AFTER);
	if (e)
		return e;
	if (w->overdue->serial[0])
		clerk_revoked(w->clerk);
	if (w->done)
		log_event(LOG_LEVEL_INFO, "order.lapsed", {"order", w->step.order}, {"certificate", w->overdue->serial});
	return ERR_OK;
}

/* One that was never sent is news: the file is there, and nobody can open it. */
static enum err erase_in(struct sweep *w, struct store *s)
{
	w->done = true;
	enum err e = step_erase_password(s, &w->step);
	return e ? e : store_notice(w, s, ORDER_RECEIVED);
}

static enum err erase_password(struct sweep *w, struct errbuf *why)
{
	(void)why;
	if (strcmp(w->overdue->state, order_state_name(ORDER_RECEIVED)) == 0)
		make_notice(w, MESSAGE_LAPSED_PASSWORD);
	return in_transaction(w, erase_in);
}

static enum err lock_in(struct sweep *w, struct store *s)
{
	enum order_state to;
	int64_t affected = 0;
	enum err e = next_state(w, EVENT_LOCK, &to);
	if (!e)
		e = store_exec(s, STATEMENT_ORDER_STEP,
			       STORE_VALUES(value_text(order_state_name(to)), value_integer(w->step.now),
					    value_text(w->step.order), value_text(w->overdue->state)),
			       &affected);
	if (e || affected == 0)
		return e;
	e = step_note(s, &w->step, order_event_name(EVENT_LOCK), "too many wrong codes", NULL);
	return e ? e : store_notice(w, s, to);
}

static enum err lock(struct sweep *w, struct errbuf *why)
{
	(void)why;
	make_notice(w, MESSAGE_LOCKED_ORDER);
	return in_transaction(w, lock_in);
}

/* One order that cannot be swept does not keep the others from it; a signer that has gone does. */
static enum err each_found(struct clerk *c, const struct found *f, int64_t now,
			   enum err (*act)(struct sweep *w, struct errbuf *why), struct errbuf *why)
{
	enum err rc = ERR_OK;
	for (size_t i = 0; i < f->n && !peer_gone(rc); i++) {
		struct sweep w = {.clerk = c, .step = {&clerk_actor, f->list[i].order, now}, .overdue = &f->list[i]};
		enum err e = act(&w, why);
		notice_clear(&w.notice);
		rc = rc ? rc : e;
	}
	c->more |= !rc && f->n == SWEEP_MOST;
	return rc;
}

static enum err sweep_overdue(struct clerk *c, int64_t now, struct errbuf *why)
{
	struct found f = {.columns = 3};
	enum err e = store_each(c->store, STATEMENT_CLERK_OVERDUE,
				STORE_VALUES(value_integer(now - c->settings->claim_life), value_integer(now),
					     value_integer(SWEEP_MOST)),
				take_found, &f);
	return e ? e : each_found(c, &f, now, lapse, why);
}

static enum err sweep_passwords(struct clerk *c, int64_t now, struct errbuf *why)
{
	struct found f = {.columns = 2};
	enum err e = store_each(c->store, STATEMENT_CLERK_OLD_PASSWORDS,
				STORE_VALUES(value_integer(now - PASSWORD_REST), value_integer(SWEEP_MOST)), take_found, &f);
	return e ? e : each_found(c, &f, now, erase_password, why);
}

static enum err sweep_exhausted(struct clerk *c, int64_t now, struct errbuf *why)
{
	struct found f = {.columns = 2};
	enum err e = store_each(c->store, STATEMENT_CLERK_EXHAUSTED,
				STORE_VALUES(value_integer(c->settings->code_tries), value_integer(now - LOCK_AFTER),
					     value_text(order_states_before(EVENT_LOCK)), value_integer(SWEEP_MOST)),
				take_found, &f);
	return e ? e : each_found(c, &f, now, lock, why);
}

static enum err forget(struct clerk *c, int64_t now)
{
	int64_t affected = 0, keys = 0;
	if (c->forgot && now >= c->forgot && now - c->forgot < FORGET_EVERY)
		return ERR_OK;
	enum err e = store_begin(c->store);
	if (e)
		return e;
	e = store_exec(c->store, STATEMENT_CLERK_FORGET_MOVED, STORE_VALUES(value_integer(now - MOVED_KEPT)), &affected);
	if (!e)
		e = store_exec(c->store, STATEMENT_IDEMPOTENCY_FORGET, STORE_VALUES(value_integer(now - IDEMPOTENCY_KEPT)), &keys);
	if (e)
		store_rollback(c->store);
	else
		e = store_commit(c->store);
	if (e)
		return e;
	c->forgot = now;
	c->erased |= affected > 0 || keys > 0;
	return ERR_OK;
}

/* What an old database shows as overdue may have been received long ago: nothing is revoked by it. */
enum err clerk_sweep(struct clerk *c, int64_t now, struct errbuf *why)
{
	if (!c->trusted)
		return ERR_OK;
	enum err lapsed = sweep_overdue(c, now, why), erased = sweep_passwords(c, now, why),
		 locked = sweep_exhausted(c, now, why), forgotten = forget(c, now);
	return lapsed ? lapsed : erased ? erased : locked ? locked : forgotten;
}

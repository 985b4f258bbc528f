#include "issuer/order/order.h"
#include "issuer/order/input.h"
#include "issuer/order/revoke.h"

#include "base/clock.h"

#include <string.h>

/* How often the order may change between the look and the step before we give up. */
enum { ATTEMPTS = 4 };

struct cancelling {
	struct step step;
	struct revoking revoking; /* serial "" when there is nothing to revoke */
	enum order_state to;
	bool revoked, cancelled;
};

static enum err revoke_issued(struct store *s, struct cancelling *c)
{
	if (!c->revoking.serial[0])
		return ERR_OK;
	enum err e = revoke_store(s, &c->revoking);
	c->revoked |= e == ERR_OK;
	return e == ERR_CONFLICT ? ERR_OK : e; /* someone else was first */
}

/* The journal has the revocation: it is committed whether or not the order can still be cancelled. */
static enum err store_cancel(struct store *s, void *ctx)
{
	struct cancelling *c = ctx;
	const struct step *t = &c->step;
	int64_t affected = 0;
	enum err e = revoke_issued(s, c);
	if (e == ERR_OK)
		e = store_exec(s, STATEMENT_ORDER_CANCEL,
			       STORE_VALUES(value_text(order_state_name(c->to)), value_integer(t->now), value_text(t->order),
					    value_text(order_states_before(EVENT_CANCEL)), value_text(c->revoking.serial)),
			       &affected);
	if (e != ERR_OK || affected == 0)
		return e;
	c->cancelled = true;
	e = step_end_delivery(s, t);
	return e != ERR_OK ? e : step_note(s, t, order_event_name(EVENT_CANCEL), c->revoking.note, NULL);
}

/* One look and one step. cancelled stays false when the order has changed in between. */
static enum err attempt(struct desk *d, struct cancelling *c, struct errbuf *why)
{
	struct order_row row;
	enum err rc = step_begin(d, &c->step, EVENT_CANCEL, &row, &c->to, why);
	if (rc != ERR_OK)
		return rc;
	memcpy(c->revoking.serial, row.alive ? row.serial : "", row.alive ? sizeof row.serial : 1);
	if (row.alive)
		rc = revoke_journal(d, &c->revoking, why);
	return rc != ERR_OK ? rc : step_commit(d, CRASH_FRONT_CANCEL_BEFORE, store_cancel, c);
}

enum err order_cancel(struct desk *d, const struct actor *who, const char *id, const char *reason, struct errbuf *why)
{
	int64_t now = clock_now();
	struct cancelling c = {
		.step = {who, id, now},
		.revoking = {.who = who, .reason = REASON_CESSATION, .note = reason, .now = now},
	};
	enum err rc = remark_check_any("reason", reason, why);
	for (int i = 0; rc == ERR_OK && !c.cancelled && i < ATTEMPTS; i++)
		rc = attempt(d, &c, why);
	if (c.revoked)
		d->revocations_changed(d->ctx);
	if (rc == ERR_OK && !c.cancelled)
		rc = fail(why, ERR_CONFLICT, "the order changes all the time; try again");
	else if (rc == ERR_CONFLICT && c.revoked)
		rc = fail(why, rc, "it came into use at this very moment; its certificate has been revoked");
	return rc;
}

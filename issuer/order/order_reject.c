/* An order that waits for approval and is not to get it. */
#include "issuer/order/input.h"
#include "issuer/order/notice.h"
#include "issuer/order/order.h"
#include "issuer/order/to_approve.h"

#include "base/clock.h"

#include <string.h>

struct rejecting {
	struct step step;
	struct to_approve at;
	enum order_state to;
	const char *reason;
	struct notice notice;
};

static enum err check(struct desk *d, struct rejecting *r, struct errbuf *why)
{
	struct errbuf sentence = {""};
	if (order_next(r->at.state, EVENT_REJECT, &r->to, &sentence) != ERR_OK)
		return step_refuse(d, &r->step, EVENT_REJECT, sentence.text, why);
	if (strcmp(r->at.ordered_by, r->step.who->id) == 0)
		return step_forbid(d, &r->step, EVENT_REJECT, "you have ordered it: cancel it (order cancel)", why);
	return ERR_OK;
}

static enum err store_reject(struct store *s, void *ctx)
{
	const struct rejecting *r = ctx;
	const struct step *t = &r->step;
	enum err e = store_exec_one(s, STATEMENT_ORDER_REJECT,
				    STORE_VALUES(value_text(order_state_name(r->to)), value_integer(t->now), value_text(t->order),
						 value_text(t->who->id)));
	if (e == ERR_OK)
		e = step_end_calls(s, t);
	if (e == ERR_OK)
		e = step_note(s, t, order_event_name(EVENT_REJECT), r->reason, NULL);
	return e == ERR_OK ? notice_store(s, t, &r->notice, r->to) : e;
}

static enum err look(struct desk *d, struct rejecting *r, struct errbuf *why)
{
	struct store *s = readers_take(d->readers);
	enum err rc = to_approve_read(s, &r->step, &r->at);
	if (rc == ERR_OK && r->at.state == ORDER_REQUESTED)
		notice_make(&(struct notice_office){s, d->courier, d->settings, r->reason}, MESSAGE_REJECTED, r->step.order, &r->notice);
	readers_give(d->readers, s);
	return rc == ERR_NOT_FOUND ? fail(why, rc, "there is no such order") : rc;
}

enum err order_reject(struct desk *d, const struct actor *who, const char *id, const char *reason, struct errbuf *why)
{
	struct rejecting r = {.step = {who, id, clock_now()}, .reason = reason};
	if (!reason || !reason[0])
		return fail(why, ERR_INVALID, "reason: why it is rejected is wanted, for whoever ordered it");
	enum err rc = remark_check_any("reason", reason, why);
	if (rc == ERR_OK)
		rc = look(d, &r, why);
	if (rc == ERR_OK)
		rc = check(d, &r, why);
	if (rc == ERR_OK)
		rc = writer_run(d->writer, store_reject, &r);
	notice_clear(&r.notice);
	if (rc == ERR_OK)
		d->outbox_changed(d->ctx);
	return rc == ERR_CONFLICT && why && !why->text[0] ? fail(why, rc, "the order changed at this very moment; look again") : rc;
}

#include "issuer/order/order.h"
#include "issuer/order/post.h"
#include "issuer/order/replaced.h"

#include "base/clock.h"

#include <stdio.h>

static const struct code_limit by_staff = {"staff", INT64_MAX};
static const char states_offered[] = "[\"offered\"]";

struct change {
	struct step step;
	struct order_row row;
	enum order_state to;
	struct new_link link;
	struct new_code code;
};

/* A certificate that was revoked while its parcel waited cannot be replaced within the order: one order, one certificate. */
static enum err refuse_revoked(struct desk *d, const struct change *c, enum order_event event, struct errbuf *why)
{
	if (!c->row.serial[0] || c->row.alive)
		return ERR_OK;
	return step_refuse(d, &c->step, event, "its certificate was revoked: order anew", why);
}

/* Whatever else the table would say of it: the one to send again is the one in its place. */
static enum err refuse_replaced(struct desk *d, const struct step *t, struct errbuf *why)
{
	struct replacement by;
	char sentence[128];
	enum err rc = replacement_find(d, t->order, &by);
	if (rc != ERR_OK)
		return rc == ERR_NOT_FOUND ? ERR_OK : rc;
	snprintf(sentence, sizeof sentence, "it was reissued as %s: send that one again (order resend %s)", by.id, by.id);
	return step_refuse(d, t, EVENT_RESEND, sentence, why);
}

static enum err changed_meanwhile(enum err e, struct errbuf *why)
{
	return e == ERR_CONFLICT ? fail(why, e, "the order changed at this very moment; look again") : e;
}

static enum err store_resend(struct store *s, void *ctx)
{
	const struct change *c = ctx;
	const struct step *t = &c->step;
	enum err e = store_exec_one(s, STATEMENT_ORDER_OFFER,
				    STORE_VALUES(value_text(order_state_name(c->to)), value_integer(t->now),
						 value_blob(c->link.hash, HASH_BYTES), value_integer(c->link.until),
						 value_text(t->order), value_text(order_state_name(c->row.state))));
	if (e == ERR_OK)
		e = link_store(s, t, &c->link);
	if (e == ERR_OK)
		e = code_store(s, t, &c->code, states_offered, &by_staff);
	return e != ERR_OK ? e : step_note(s, t, order_event_name(EVENT_RESEND), NULL, "link and code");
}

static enum err resend_link(struct desk *d, struct change *c, struct errbuf *why)
{
	struct order_facts facts;
	enum err rc = row_facts(&c->row, &facts);
	if (rc == ERR_OK)
		rc = link_make(d, &facts, c->row.orderer_name, c->step.now, &c->link, why);
	if (rc == ERR_OK)
		rc = code_make(d, &facts, c->step.now, &c->code, why);
	if (rc == ERR_OK)
		rc = changed_meanwhile(step_commit(d, CRASH_FRONT_RESEND_BEFORE, store_resend, c), why);
	link_clear(&c->link);
	code_clear(&c->code);
	return rc;
}

static enum err store_password(struct store *s, void *ctx)
{
	const struct change *c = ctx;
	char id[ID_SIZE];
	enum err e = id_new(id);
	if (e == ERR_OK)
		e = store_exec_one(s, STATEMENT_PARCEL_SEND_PASSWORD,
				   STORE_VALUES(value_text(id), value_integer(c->step.now),
						value_integer(c->step.now + DAY), value_text(c->step.order)));
	return e != ERR_OK ? e : step_note(s, &c->step, order_event_name(EVENT_RESEND), NULL, "password");
}

/* To the number that was sealed with it when it was made; nobody here can read either. */
static enum err resend_password(struct desk *d, struct change *c, struct errbuf *why)
{
	if (c->row.by_request)
		return step_refuse(d, &c->step, EVENT_RESEND, "there is no password: the key is its recipient's own",
				   why);
	if (!c->row.password_rests)
		return step_refuse(d, &c->step, EVENT_RESEND,
				   "its password has been erased: have it made anew (order reissue)", why);
	enum err e = writer_run(d->writer, store_password, c);
	if (e == ERR_CONFLICT)
		return step_refuse(d, &c->step, EVENT_RESEND, "its password is on its way already", why);
	return e;
}

enum err order_resend(struct desk *d, const struct actor *who, const char *id, struct errbuf *why)
{
	struct change c = {.step = {who, id, clock_now()}};
	enum err rc = step_look(d, &c.step, EVENT_RESEND, &c.row, why);
	if (rc == ERR_OK)
		rc = refuse_replaced(d, &c.step, why);
	if (rc == ERR_OK)
		rc = step_begin(d, &c.step, EVENT_RESEND, &c.row, &c.to, why);
	if (rc == ERR_OK)
		rc = refuse_revoked(d, &c, EVENT_RESEND, why);
	if (rc == ERR_OK)
		rc = c.to == ORDER_OFFERED ? resend_link(d, &c, why) : resend_password(d, &c, why);
	if (rc == ERR_OK)
		d->outbox_changed(d->ctx);
	return rc;
}

static enum err store_unlock(struct store *s, void *ctx)
{
	const struct change *c = ctx;
	const struct step *t = &c->step;
	enum err e = store_exec_one(s, STATEMENT_ORDER_STEP,
				    STORE_VALUES(value_text(order_state_name(c->to)), value_integer(t->now),
						 value_text(t->order), value_text(order_state_name(c->row.state))));
	if (e == ERR_OK)
		e = code_store(s, t, &c->code, states_offered, &by_staff);
	return e != ERR_OK ? e : step_note(s, t, order_event_name(EVENT_UNLOCK), NULL, NULL);
}

enum err order_unlock(struct desk *d, const struct actor *who, const char *id, struct errbuf *why)
{
	struct change c = {.step = {who, id, clock_now()}};
	struct order_facts facts;
	enum err rc = step_begin(d, &c.step, EVENT_UNLOCK, &c.row, &c.to, why);
	if (rc == ERR_OK)
		rc = refuse_revoked(d, &c, EVENT_UNLOCK, why);
	if (rc == ERR_OK && c.row.link_until <= c.step.now)
		rc = step_refuse(d, &c.step, EVENT_UNLOCK, "its link is past its time: order anew", why);
	if (rc == ERR_OK)
		rc = row_facts(&c.row, &facts);
	if (rc == ERR_OK)
		rc = code_make(d, &facts, c.step.now, &c.code, why);
	if (rc == ERR_OK)
		rc = changed_meanwhile(step_commit(d, CRASH_FRONT_UNLOCK_BEFORE, store_unlock, &c), why);
	if (rc == ERR_OK)
		d->outbox_changed(d->ctx);
	code_clear(&c.code);
	return rc;
}

#include "base/crash.h"
#include "base/log.h"
#include "delivery/message.h"
#include "issuer/clerk/clerk_outbox.h"
#include "issuer/order/alert.h"
#include "issuer/order/step.h"

#include <stdio.h>
#include <string.h>

static bool is_kind(const struct outgoing *m, enum message_kind kind)
{
	return strcmp(m->kind, message_kind_name(kind)) == 0;
}

/* History is read by order; a message without one stands for itself. */
static enum err note(struct store *s, const struct outgoing *m, const char *what, const char *why, int64_t now)
{
	char detail[64];
	snprintf(detail, sizeof detail, "%s %s", m->kind, m->id);
	const struct audit_event event = {
		.what = what, .object = m->order[0] ? m->order : m->id, .why = why, .detail = detail};
	return audit_append(s, &clerk_actor, &event, now, NULL);
}

/* A password that is sent again finds its order beyond this step: then there is none. */
static enum err password_sent(struct store *s, const struct outgoing *m, int64_t now)
{
	const struct step step = {&clerk_actor, m->order, now};
	enum order_state to;
	int64_t affected = 0;
	enum err e = order_next(ORDER_RECEIVED, EVENT_PASSWORD_SENT, &to, NULL);
	if (!e)
		e = store_exec(s, STATEMENT_ORDER_STEP,
			       STORE_VALUES(value_text(order_state_name(to)), value_integer(now), value_text(m->order),
					    value_text(order_state_name(ORDER_RECEIVED))),
			       &affected);
	return e || affected == 0 ? e : step_note(s, &step, order_event_name(EVENT_PASSWORD_SENT), NULL, NULL);
}

/* What came of an attempt; nothing was tried when its number is 0. */
static enum err end_attempt(struct store *s, const struct outgoing *m, const char *fault)
{
	if (m->attempt == 0)
		return ERR_OK;
	return store_exec_one(s, STATEMENT_ATTEMPT_END,
			      STORE_VALUES(value_text(err_word(m->said)), value_text(fault),
					   m->word.reference[0] ? value_text(m->word.reference) : value_null(), value_text(m->id),
					   value_integer(m->attempt)));
}

static enum err sent(struct store *s, const struct outgoing *m, int64_t now)
{
	int64_t affected = 0;
	enum err e = store_exec(s, STATEMENT_MESSAGE_SENT, STORE_VALUES(value_integer(now), value_text(m->id)), &affected);
	if (!e)
		e = end_attempt(s, m, NULL);
	if (!e)
		e = note(s, m, "message.sent", affected ? NULL : "it was withdrawn while it was handed over", now);
	if (!e && m->code[0])
		e = store_exec(s, STATEMENT_CODE_HANDED_OVER, STORE_VALUES(value_integer(now), value_text(m->code)), NULL);
	if (!e && m->order[0] && is_kind(m, MESSAGE_PASSWORD))
		e = password_sent(s, m, now);
	return e;
}

/* Commit what was written without a fault, undo the rest. */
static enum err close_transaction(struct store *s, enum err e)
{
	if (e)
		store_rollback(s);
	return e ? e : store_commit(s);
}

enum err outbox_sent(struct clerk *c, const struct outgoing *m, int64_t now)
{
	enum err e = store_begin(c->store);
	if (!e)
		e = close_transaction(c->store, sent(c->store, m, now));
	if (e)
		return e;
	crash_point(CRASH_CLERK_SENT);
	c->erased = true;
	log_event(LOG_LEVEL_INFO, "message.sent", {"message", m->id}, {"kind", m->kind}, {"order", m->order});
	return ERR_OK;
}

enum err outbox_retry(struct clerk *c, const struct outgoing *m, int64_t at, const char *fault)
{
	enum err e = store_begin(c->store);
	if (e)
		return e;
	e = store_exec(c->store, STATEMENT_MESSAGE_RETRY,
		       STORE_VALUES(value_integer(at), value_text(fault), value_text(m->id)), NULL);
	if (!e)
		e = end_attempt(c->store, m, fault);
	return close_transaction(c->store, e);
}

static enum err ended(struct store *s, const struct outgoing *m, const char *state, const char *fault, const struct alert *alert,
		      int64_t now)
{
	char what[32];
	int64_t affected = 0;
	snprintf(what, sizeof what, "message.%s", state);
	enum err e = store_exec(s, STATEMENT_MESSAGE_END,
				STORE_VALUES(value_text(state), value_text(fault), value_text(m->id)), &affected);
	if (!e)
		e = end_attempt(s, m, fault);
	if (!e && affected > 0)
		e = note(s, m, what, fault, now);
	return e || affected == 0 ? e : alert_store(s, alert, now);
}

/* A code that is too old is nobody's news: its recipient asks for another. A message's end does not depend on whether the
 * staff can be told. */
static void tell_staff(struct clerk *c, const struct outgoing *m, const char *state, const char *fault, struct alert *out)
{
	enum err e = ERR_OK;
	*out = (struct alert){.sealed = {0}};
	if (strcmp(state, "dead") == 0 || !is_kind(m, MESSAGE_CODE))
		e = alert_make(c->mailer, c->settings, m->kind, m->order, fault, out);
	if (e)
		log_event(LOG_LEVEL_ERROR, "alert.failed", {"message", m->id}, {"error", err_word(e)});
}

enum err outbox_end(struct clerk *c, const struct outgoing *m, const char *state, const char *fault, int64_t now)
{
	struct alert alert;
	tell_staff(c, m, state, fault, &alert);
	enum err e = store_begin(c->store);
	if (!e)
		e = close_transaction(c->store, ended(c->store, m, state, fault, &alert, now));
	alert_clear(&alert);
	if (e)
		return e;
	c->erased = true;
	log_event(LOG_LEVEL_ERROR, "message.ended", {"message", m->id}, {"kind", m->kind}, {"order", m->order},
		  {"state", state}, {"why", fault});
	return ERR_OK;
}

#include "issuer/order/outbox.h"

#include "base/clock.h"
#include "base/log.h"
#include "issuer/order/alert.h"

#include <stdio.h>
#include <string.h>

static const struct actor gateway = {.id = "gateway", .role = "gateway", .request = ""};

struct report {
	const char *id, *code, *what;
	enum statement statement;
	int64_t now;
	bool changed;
	struct desk *desk;
	char order[ID_SIZE], kind[16];
};

static enum err take_message(void *ctx, const struct row *r)
{
	struct report *p = ctx;
	const char *order = row_text(r, 0);
	snprintf(p->order, sizeof p->order, "%s", order ? order : "");
	snprintf(p->kind, sizeof p->kind, "%s", row_text(r, 1));
	p->changed = true;
	return ERR_OK;
}

/* Sealing takes a tenth of a millisecond of the writer's, and a message fails once. */
static enum err tell_staff(struct store *s, const struct report *p)
{
	struct alert alert;
	char reason[64];
	snprintf(reason, sizeof reason, "not delivered, code %s", p->code && p->code[0] ? p->code : "-");
	enum err e = alert_make(p->desk->courier, p->desk->settings, p->kind, p->order, reason, &alert);
	if (!e)
		e = alert_store(s, &alert, p->now);
	alert_clear(&alert);
	return e;
}

static enum err store_report(struct store *s, void *ctx)
{
	struct report *p = ctx;
	char detail[64];
	enum err e = store_one(s, p->statement, STORE_VALUES(value_integer(p->now), value_text(p->code), value_text(p->id)),
			       take_message, p);
	if (e)
		return e;
	snprintf(detail, sizeof detail, "%s %s", p->kind, p->id);
	const struct audit_event event = {.what = p->what, .object = p->order[0] ? p->order : p->id,
					  .why = p->code && p->code[0] ? p->code : NULL, .detail = detail};
	e = audit_append(s, &gateway, &event, p->now, NULL);
	return e || p->statement != STATEMENT_MESSAGE_UNDELIVERED ? e : tell_staff(s, p);
}

static enum err report(struct desk *d, struct report *p)
{
	p->now = clock_now();
	enum err e = writer_run(d->writer, store_report, p);
	if (!e && p->changed)
		log_event(LOG_LEVEL_INFO, p->what, {"message", p->id}, {"kind", p->kind}, {"order", p->order}, {"code", p->code});
	return e == ERR_NOT_FOUND ? ERR_OK : e;
}

enum err message_delivered(struct desk *d, const char *id)
{
	struct report p = {.id = id, .what = "message.delivered", .statement = STATEMENT_MESSAGE_DELIVERED};
	enum err e = report(d, &p);
	if (!e && p.changed)
		d->outbox_changed(d->ctx); /* it may have waited to be sent again */
	return e;
}

enum err message_undelivered(struct desk *d, const char *id, const char *code)
{
	struct report p = {.id = id, .code = code, .what = "message.undelivered", .desk = d,
			   .statement = STATEMENT_MESSAGE_UNDELIVERED};
	enum err e = report(d, &p);
	if (!e && p.changed)
		d->outbox_changed(d->ctx);
	return e;
}

struct pausing {
	const struct actor *who;
	const char *reason;
	bool on;
};

static enum err store_pause(struct store *s, void *ctx)
{
	const struct pausing *p = ctx;
	int64_t now = clock_now(), affected = 0;
	char since[32];
	snprintf(since, sizeof since, "%lld", (long long)now);
	enum err e = p->on ? store_exec(s, STATEMENT_OUTBOX_PAUSE, STORE_VALUES(value_text(since)), &affected)
			   : store_exec(s, STATEMENT_OUTBOX_RESUME, NULL, 0, &affected);
	const struct audit_event event = {
		.what = p->on ? "outbox.paused" : "outbox.resumed", .object = "outbox", .why = p->reason};
	return e || affected == 0 ? e : audit_append(s, p->who, &event, now, NULL);
}

enum err outbox_pause(struct desk *d, const struct actor *who, const char *reason)
{
	struct pausing p = {who, reason, true};
	return writer_run(d->writer, store_pause, &p);
}

enum err outbox_resume(struct desk *d, const struct actor *who)
{
	struct pausing p = {who, NULL, false};
	enum err e = writer_run(d->writer, store_pause, &p);
	if (!e)
		d->outbox_changed(d->ctx);
	return e;
}

/* What is sent next, and whether it may be: the lease, the limits of a day and the quiet hours, in one transaction. An
 * attempt is on record before it begins, so that no crash sends more than the limits allow. */
#include "issuer/clerk/clerk_lease.h"

#include "base/log.h"
#include "delivery/message.h"
#include "issuer/clerk/clerk_due.h"

#include <stdio.h>
#include <string.h>

enum { A_DAY = 86400 };

static void copy_text(char *out, size_t size, const char *text)
{
	snprintf(out, size, "%s", text ? text : "");
}

static enum err take_leased(void *ctx, const struct row *r)
{
	struct outgoing *m = ctx;
	size_t len = 0;
	copy_text(m->id, sizeof m->id, row_text(r, 0));
	copy_text(m->order, sizeof m->order, row_text(r, 1));
	copy_text(m->code, sizeof m->code, row_text(r, 2));
	copy_text(m->kind, sizeof m->kind, row_text(r, 3));
	const uint8_t *sealed = row_blob(r, 4, &len);
	if (sealed)
		buf_add(&m->sealed, sealed, len);
	m->drop_after = row_integer(r, 5);
	m->attempts = row_integer(r, 6);
	copy_text(m->channel, sizeof m->channel, row_text(r, 7));
	m->delivered = !row_is_null(r, 8);
	copy_text(m->contact, sizeof m->contact, row_text(r, 9));
	return buf_check(&m->sealed);
}

struct day {
	int64_t all, contact;
};

static enum err take_day(void *ctx, const struct row *r)
{
	*(struct day *)ctx = (struct day){row_integer(r, 0), row_integer(r, 1)};
	return ERR_OK;
}

static struct value contact_of(const struct outgoing *m)
{
	return m->contact[0] ? value_text(m->contact) : value_null();
}

/* Once until something gets through again: a limit that is reached is somebody's mistake, or somebody's attack. */
static void alarm_once(struct clerk *c, const struct outgoing *m, const char *reason)
{
	if (!c->limit_told)
		log_event(LOG_LEVEL_ALARM, "outbox.limit_reached", {"message", m->id}, {"kind", m->kind}, {"order", m->order},
			  {"why", reason});
	c->limit_told = true;
}

/* Why it waits, or NULL: by the limits of a day. */
static enum err over_limit(struct clerk *c, const struct outgoing *m, int64_t now, const char **reason)
{
	struct day day = {0};
	enum err e = store_one(c->store, STATEMENT_ATTEMPT_DAY,
			       STORE_VALUES(contact_of(m), value_text(m->channel), value_integer(now - A_DAY)), take_day, &day);
	if (e)
		return e;
	*reason = day.all >= c->settings->sms_a_day                 ? "the day's limit of messages is reached"
		  : day.contact >= c->settings->sms_contact_a_day ? "the day's limit of messages to this contact is reached"
								  : NULL;
	if (!*reason)
		c->limit_told = false;
	return ERR_OK;
}

/* Why it is not sent now and until when; *reason NULL: it is. */
static enum err look(struct clerk *c, const struct outgoing *m, int64_t now, const char **reason, int64_t *until)
{
	bool code = strcmp(m->kind, message_kind_name(MESSAGE_CODE)) == 0;
	if (strcmp(m->channel, message_channel_name(CHANNEL_SMS)) != 0)
		return ERR_OK;
	*until = code ? now : quiet_until(&c->quiet, now);
	if (*until > now) {
		*reason = "it waits for the end of the quiet hours";
		return ERR_OK;
	}
	*until = now + BACKOFF_MOST;
	enum err e = over_limit(c, m, now, reason);
	if (!e && *reason)
		alarm_once(c, m, *reason);
	return e;
}

static enum err hold(struct clerk *c, struct outgoing *m, int64_t until, const char *reason)
{
	m->held = true;
	return store_exec_one(c->store, STATEMENT_MESSAGE_HOLD,
			      STORE_VALUES(value_integer(until < m->drop_after ? until : m->drop_after), value_text(reason),
					   value_text(m->id)));
}

static enum err take_number(void *ctx, const struct row *r)
{
	struct outgoing *m = ctx;
	m->attempt = row_integer(r, 0);
	m->refusals = row_integer(r, 1);
	return ERR_OK;
}

/* What is over, has nothing in it or has arrived is not tried: its end follows. */
static enum err begin_attempt(struct clerk *c, int64_t now, struct outgoing *m)
{
	const char *reason = NULL;
	int64_t until = 0;
	if (now >= m->drop_after || m->sealed.len == 0 || m->delivered)
		return ERR_OK;
	enum err e = look(c, m, now, &reason, &until);
	if (e || reason)
		return e ? e : hold(c, m, until, reason);
	return store_one(c->store, STATEMENT_ATTEMPT_ADD,
			 STORE_VALUES(value_text(m->id), value_text(m->channel), contact_of(m), value_integer(now)), take_number,
			 m);
}

static enum err one_is_due(void *ctx, const struct row *r)
{
	(void)ctx;
	(void)r;
	return ERR_OK;
}

/* Looked at first by a read: an idle clerk takes no lock. */
enum err outbox_lease(struct clerk *c, int64_t now, struct outgoing *m)
{
	enum err e = store_one(c->store, STATEMENT_MESSAGE_DUE, STORE_VALUES(value_integer(now)), one_is_due, NULL);
	if (!e)
		e = store_begin(c->store);
	if (e)
		return e;
	e = store_one(c->store, STATEMENT_MESSAGE_LEASE,
		      STORE_VALUES(value_integer(now + LEASE_LIFE), value_integer(now)), take_leased, m);
	if (!e)
		e = begin_attempt(c, now, m);
	if (e)
		store_rollback(c->store);
	return e ? e : store_commit(c->store);
}

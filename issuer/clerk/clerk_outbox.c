/* The outbox: each message is leased, handed to the courier outside any transaction, and ends in one. A crash
 * between the hand-over and the end sends it again under the same id, which is the gateway's idempotency key. */
#include "issuer/clerk/clerk_outbox.h"

#include "base/clock.h"
#include "base/crash.h"
#include "base/log.h"
#include "base/secret.h"
#include "delivery/message.h"
#include "issuer/clerk/clerk_due.h"
#include "issuer/courier/courier.h"

#include <stdio.h>
#include <string.h>

/* Then the other tasks have their turn. */
enum { ROUND_MOST = 16, SEALED_CAP = 65536 };

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
	return buf_check(&m->sealed);
}

static enum err one_is_due(void *ctx, const struct row *r)
{
	(void)ctx;
	(void)r;
	return ERR_OK;
}

/* ERR_NOT_FOUND when nothing is due. Looked at first by a read: an idle clerk takes no lock. */
static enum err lease(struct clerk *c, int64_t now, struct outgoing *m)
{
	enum err e = store_one(c->store, STATEMENT_MESSAGE_DUE, STORE_VALUES(value_integer(now)), one_is_due, NULL);
	if (!e)
		e = store_begin(c->store);
	if (e)
		return e;
	e = store_one(c->store, STATEMENT_MESSAGE_LEASE,
		      STORE_VALUES(value_integer(now + LEASE_LIFE), value_integer(now)), take_leased, m);
	if (e)
		store_rollback(c->store);
	return e ? e : store_commit(c->store);
}

static enum err later(struct clerk *c, const struct outgoing *m, const char *fault)
{
	uint32_t random = 0;
	enum err e = random_bytes(&random, sizeof random);
	if (e)
		return e;
	log_event(LOG_LEVEL_WARNING, "message.failed", {"message", m->id}, {"kind", m->kind}, {"order", m->order},
		  {"why", fault});
	return outbox_retry(c, m, retry_at(clock_now(), m->attempts, random, m->drop_after), fault);
}

static void pass(const struct outgoing *m, enum crash_at any, enum crash_at password)
{
	crash_point(any);
	if (strcmp(m->kind, message_kind_name(MESSAGE_PASSWORD)) == 0)
		crash_point(password);
}

static enum err hand_over(struct clerk *c, int64_t now, const struct outgoing *m, bool *away)
{
	struct errbuf why = {0};
	if (now >= m->drop_after)
		return outbox_end(c, m, "dropped", "its time was over", now);
	if (m->sealed.len == 0)
		return outbox_end(c, m, "dead", "nothing is sealed in it", now);
	pass(m, CRASH_CLERK_LEASED, CRASH_CLERK_PASSWORD_LEASED);
	enum err said = courier_send(c->courier, m->id, m->kind, m->sealed.data, m->sealed.len, &why);
	pass(m, CRASH_CLERK_HANDED_OVER, CRASH_CLERK_PASSWORD_HANDED_OVER);
	*away = peer_gone(said);
	switch (message_fate(said)) {
	case FATE_SENT:
		return outbox_sent(c, m, clock_now()); /* the hand-over took its time */
	case FATE_DEAD:
		return outbox_end(c, m, "dead", err_why(said, &why), now);
	case FATE_RETRY:
		break;
	}
	return later(c, m, err_why(said, &why));
}

static enum err one_message(struct clerk *c, bool *away)
{
	int64_t now = clock_now();
	struct outgoing m = {.sealed = BUF_INIT(SEALED_CAP)};
	enum err e = lease(c, now, &m);
	if (!e)
		e = hand_over(c, now, &m, away);
	buf_free(&m.sealed);
	return e;
}

enum err clerk_outbox(struct clerk *c, int64_t now, struct errbuf *why)
{
	(void)now; /* each message has its own: a slow courier takes long over a round */
	(void)why;
	enum err e = ERR_OK;
	bool away = !c->trusted; /* what an old database has waiting has been sent */
	for (int i = 0; !e && !away && i < ROUND_MOST; i++)
		e = one_message(c, &away);
	c->more = !e && !away;
	return e == ERR_NOT_FOUND ? ERR_OK : e;
}

/* The outbox: each message is leased, handed to the courier outside any transaction, and ends in one. A crash
 * between the hand-over and the end sends it again under the same id, which is the gateway's idempotency key. */
#include "issuer/clerk/clerk_outbox.h"

#include "base/clock.h"
#include "base/crash.h"
#include "base/log.h"
#include "base/secret.h"
#include "delivery/message.h"
#include "issuer/clerk/clerk_due.h"
#include "issuer/clerk/clerk_lease.h"
#include "issuer/courier/courier.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Then the other tasks have their turn. */
enum { ROUND_MOST = 16, SEALED_CAP = 65536, KEY_SIZE = ID_SIZE + 24 };

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

/* Another key after each plain no, which a gateway that knows keys would only repeat, or take for a duplicate of what it did not
 * take. But the same key for ever once nobody knows what became of a try under it: a no to a later try says nothing of that
 * one. */
static enum err ask_courier(struct clerk *c, struct outgoing *m, struct errbuf *why)
{
	char key[KEY_SIZE];
	if (m->refusals > 0)
		snprintf(key, sizeof key, "%s-%" PRId64, m->id, m->refusals);
	else
		snprintf(key, sizeof key, "%s", m->id);
	const struct courier_job job = {m->id, key, m->kind, m->sealed.data, m->sealed.len};
	return courier_send(c->courier, &job, &m->word, why);
}

static enum err hand_over(struct clerk *c, int64_t now, struct outgoing *m, bool *away)
{
	struct errbuf why = {0};
	if (m->delivered)
		return outbox_sent(c, m, now);
	if (now >= m->drop_after)
		return outbox_end(c, m, "dropped", "its time was over", now);
	if (m->sealed.len == 0)
		return outbox_end(c, m, "dead", "nothing is sealed in it", now);
	pass(m, CRASH_CLERK_LEASED, CRASH_CLERK_PASSWORD_LEASED);
	enum err said = m->said = ask_courier(c, m, &why);
	pass(m, CRASH_CLERK_HANDED_OVER, CRASH_CLERK_PASSWORD_HANDED_OVER);
	*away = m->word.away;
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
	enum err e = outbox_lease(c, now, &m);
	if (!e && !m.held)
		e = hand_over(c, now, &m, away);
	buf_free(&m.sealed);
	return e;
}

enum err clerk_outbox(struct clerk *c, int64_t now, struct errbuf *why)
{
	(void)now; /* each message has its own: a slow courier takes long over a round */
	(void)why;
	enum err e = ERR_OK;
	bool away = !atomic_load(c->compared ? c->compared : &c->trusted); /* what an old database has waiting has been sent */
	for (int i = 0; !e && !away && i < ROUND_MOST; i++)
		e = one_message(c, &away);
	c->more = !e && !away;
	return e == ERR_NOT_FOUND ? ERR_OK : e;
}

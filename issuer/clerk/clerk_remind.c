/* A link that nobody has used shortly before its end is called to mind, by mail and once. The mail cannot repeat the
 * link, of which there is only a hash: it says which mail has it, and whom to ask for another. */
#include "issuer/clerk/clerk.h"

#include "delivery/message.h"
#include "delivery/seal.h"
#include "issuer/order/facts.h"

#include <stdio.h>
#include <string.h>

enum { ROUND_MOST = 50 };

/* Through all orders with an unused link by their ids, a page after the other, until a page has brought a reminder. */
struct round {
	struct clerk *clerk;
	int64_t now;
	char order[ROUND_MOST][ID_SIZE]; /* the page */
	size_t count, stored;
};

struct reminder {
	char order[ID_SIZE], id[ID_SIZE], orderer[NAME_SIZE];
	struct order_facts facts;
	bool readable; /* the facts */
	int64_t link_until, sent_at;
	struct buf sealed;
};

static enum err take_order(void *ctx, const struct row *r)
{
	struct round *round = ctx;
	snprintf(round->order[round->count++], ID_SIZE, "%s", row_text(r, 0));
	return ERR_OK;
}

static enum err take_about(void *ctx, const struct row *r)
{
	struct reminder *m = ctx;
	const char *facts = row_text(r, 0);
	enum err e = facts_read(facts, strlen(facts), &m->facts, NULL);
	m->readable = e == ERR_OK;
	m->link_until = row_integer(r, 1);
	m->sent_at = row_integer(r, 2);
	snprintf(m->orderer, sizeof m->orderer, "%s", row_text(r, 3));
	return e == ERR_MEMORY ? e : ERR_OK;
}

/* To the address that was approved, whatever the contact's is by now: it has the link. */
static enum err make(const struct clerk *c, struct reminder *m)
{
	const struct settings *s = c->settings;
	struct secret *plain = NULL;
	char until[MESSAGE_TIME_SIZE], sent[MESSAGE_TIME_SIZE];
	message_time(m->link_until, until);
	message_time(m->sent_at, sent);
	const struct message_field fields[] = {
		{"client", m->facts.client_name},
		{"contact", m->facts.contact_name},
		{"orderer", m->orderer[0] ? m->orderer : s->name},
		{"until", until},
		{"sender", s->mail_from},
		{"sent", sent},
		{"language", m->facts.language[0] ? m->facts.language : s->language},
		{0},
	};
	enum err e = message_compose(MESSAGE_REMINDER, m->order, m->facts.email, fields, &plain, NULL);
	if (!e)
		e = seal_to(c->mailer, secret_peek(plain), secret_len(plain), &m->sealed);
	secret_free(plain);
	return e;
}

static enum err store_reminder(struct clerk *c, const struct reminder *m, int64_t now)
{
	enum err e = store_begin(c->store);
	if (e)
		return e;
	e = store_exec(c->store, STATEMENT_REMINDER_ADD,
		       STORE_VALUES(value_text(m->id), value_text(message_kind_name(MESSAGE_REMINDER)),
				    value_text(message_channel_name(message_channel_of(MESSAGE_REMINDER))),
				    value_blob(m->sealed.data, m->sealed.len), value_integer(now),
				    value_integer(m->link_until), value_text(m->order)),
		       NULL);
	if (e)
		store_rollback(c->store);
	return e ? e : store_commit(c->store);
}

/* An order whose facts cannot be read is of no use to its recipient either, and an alarm to whoever touches it. */
static enum err remind(struct round *round, const char *order)
{
	struct clerk *c = round->clerk;
	struct reminder m = {.sealed = BUF_INIT(SEAL_MAX_BYTES)};
	snprintf(m.order, sizeof m.order, "%s", order);
	enum err e = store_one(c->store, STATEMENT_REMINDER_ABOUT, STORE_VALUES(value_text(order)), take_about, &m);
	if (e || !m.readable)
		return e;
	e = id_new(m.id);
	if (!e)
		e = make(c, &m);
	if (!e)
		e = store_reminder(c, &m, round->now);
	buf_free(&m.sealed);
	round->stored += !e;
	return e;
}

static enum err find_page(struct round *round)
{
	char after[ID_SIZE] = "";
	int64_t now = round->now, ahead = round->clerk->settings->reminder;
	if (round->count > 0)
		memcpy(after, round->order[round->count - 1], ID_SIZE);
	round->count = 0;
	enum err e = store_each(round->clerk->store, STATEMENT_REMINDER_DUE,
				STORE_VALUES(value_integer(now), value_integer(now + ahead), value_integer(2 * ahead),
					     value_text(after), value_integer(ROUND_MOST)),
				take_order, round);
	if (e)
		round->count = 0;
	return e;
}

/* One that cannot be reminded does not keep the others from it; a database that lets nobody in does. */
static enum err remind_page(struct round *round)
{
	enum err rc = find_page(round);
	for (size_t i = 0; !peer_gone(rc) && i < round->count; i++) {
		enum err e = remind(round, round->order[i]);
		rc = rc && !peer_gone(e) ? rc : e;
	}
	return rc;
}

/* What an old database shows as unused may have been collected since. */
enum err clerk_remind(struct clerk *c, int64_t now, struct errbuf *why)
{
	struct round round = {.clerk = c, .now = now};
	enum err rc = ERR_OK;
	(void)why;
	if (!c->trusted || c->settings->reminder == 0)
		return ERR_OK;
	do {
		enum err e = remind_page(&round);
		rc = rc && !peer_gone(e) ? rc : e;
	} while (!peer_gone(rc) && round.count == ROUND_MOST && round.stored == 0);
	c->more |= !rc && round.count == ROUND_MOST;
	return rc;
}

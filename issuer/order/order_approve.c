/* Four eyes: an order that others than its orderer must approve. What is approved is its digest, and the ticket is made from
 * exactly that. */
#include "issuer/order/certify.h"
#include "issuer/order/offer.h"
#include "issuer/order/order.h"
#include "issuer/order/to_approve.h"

#include "base/clock.h"
#include "base/encode.h"

#include <stdio.h>
#include <string.h>

/* How often another may approve it, or the directory change, between the look and the transaction before we give up. */
enum { ATTEMPTS = 4 };

struct approving {
	struct step step;
	struct to_approve at;
	int64_t rest;
	bool last; /* it is all that was wanting */
	struct order_facts facts; /* what is approved then */
	struct buf text;
	uint8_t ticket[TICKET_BYTES];
	struct offer offer;
};

static bool has_approved(const struct to_approve *at, const char *staff)
{
	for (size_t i = 0; i < at->given.n; i++)
		if (strcmp(at->given.of[i], staff) == 0)
			return true;
	return false;
}

/* The state first: of an order that is over nothing else matters. */
static enum err check(struct desk *d, struct approving *a, const char *digest, struct errbuf *why)
{
	struct errbuf sentence = {""};
	const struct step *t = &a->step;
	enum order_state to;
	if (order_next(a->at.state, EVENT_APPROVE, &to, &sentence) != ERR_OK)
		return step_refuse(d, t, EVENT_APPROVE, sentence.text, why);
	if (strcmp(a->at.ordered_by, t->who->id) == 0)
		return step_forbid(d, t, EVENT_APPROVE, "you have ordered it: somebody else must approve it", why);
	if (strcmp(a->at.now.staff, t->who->id) == 0)
		return step_forbid(d, t, EVENT_APPROVE, "it is for a certificate of your own: somebody else must approve it", why);
	if (has_approved(&a->at, t->who->id))
		return step_refuse(d, t, EVENT_APPROVE, "you have approved it already: another must, too", why);
	if (a->at.until <= t->now)
		return step_refuse(d, t, EVENT_APPROVE, "its time for approval is over: it has to be ordered anew", why);
	if (to_approve_changed(&a->at, t, a->rest, &sentence))
		return step_refuse(d, t, EVENT_APPROVE, sentence.text, why);
	if (strcmp(digest, a->at.digest_text) != 0)
		return step_refuse(d, t, EVENT_APPROVE, "this is not the digest of the order: look at it again (order show)", why);
	return ERR_OK;
}

static void conclude(struct approving *a)
{
	struct order_facts *f = &a->facts;
	const struct to_approve *at = &a->at;
	*f = at->asked;
	memcpy(f->digest, at->digest_text, sizeof f->digest);
	snprintf(f->approved_by, sizeof f->approved_by, "%s%s%s", at->given.n ? at->given.of[0] : "", at->given.n ? "+" : "",
		 a->step.who->id);
	f->approved_at = a->step.now;
}

/* What the last approval brings with it, outside the transaction. */
static enum err make(struct desk *d, struct approving *a, struct errbuf *why)
{
	a->last = a->at.before + 1 >= a->at.approvals;
	if (!a->last)
		return ERR_OK;
	conclude(a);
	enum err rc = certify(d, &a->step, &a->facts, &a->text, a->ticket, why);
	return rc == ERR_OK ? offer_make(d, &a->facts, a->at.orderer_name, a->step.now, &a->offer, why) : rc;
}

static enum err store_last(struct store *s, const struct approving *a)
{
	const struct step *t = &a->step;
	enum order_state to;
	enum err e = order_next(ORDER_REQUESTED, EVENT_APPROVE, &to, NULL);
	if (e == ERR_OK)
		e = store_exec_one(s, STATEMENT_ORDER_APPROVE,
				   STORE_VALUES(value_text(order_state_name(to)), value_integer(t->now),
						value_text((const char *)a->text.data), value_blob(a->ticket, TICKET_BYTES),
						value_text(t->order), value_blob(a->at.digest, sizeof a->at.digest)));
	if (e == ERR_OK)
		e = step_note(s, t, order_event_name(EVENT_APPROVE), NULL, a->at.digest_text);
	if (e == ERR_OK)
		e = step_end_calls(s, t);
	return e == ERR_OK ? offer_store(s, t, &a->offer) : e;
}

static enum err store_approval(struct store *s, void *ctx)
{
	const struct approving *a = ctx;
	const struct step *t = &a->step;
	const struct to_approve *at = &a->at;
	enum err e = store_exec_one(s, STATEMENT_APPROVAL_ADD,
				    STORE_VALUES(value_integer(t->now), value_text(t->who->id),
						 value_blob(at->digest, sizeof at->digest), value_text(at->facts),
						 value_integer(at->before), value_text(at->asked.email),
						 value_text(at->asked.mobile), value_integer(a->rest), value_text(t->order)));
	if (e == ERR_OK)
		e = step_note(s, t, "order.approval", NULL, at->digest_text);
	return e == ERR_OK && a->last ? store_last(s, a) : e;
}

static enum err attempt(struct desk *d, struct approving *a, const char *digest, struct errbuf *why, bool *again)
{
	struct store *s = readers_take(d->readers);
	enum err rc = to_approve_read(s, &a->step, &a->at);
	readers_give(d->readers, s);
	if (rc != ERR_OK)
		return rc == ERR_NOT_FOUND ? fail(why, rc, "there is no such order") : rc;
	if (a->at.given.n != (size_t)a->at.before) { /* one came between the two looks */
		*again = true;
		return ERR_CONFLICT;
	}
	rc = check(d, a, digest, why);
	if (rc == ERR_OK)
		rc = make(d, a, why);
	if (rc != ERR_OK)
		return rc;
	rc = writer_run(d->writer, store_approval, a);
	*again = rc == ERR_CONFLICT || rc == ERR_EXISTS; /* the next look says what has come between */
	return rc;
}

static enum err digest_check(const char *digest, struct errbuf *why)
{
	uint8_t bytes[FACTS_DIGEST_BYTES];
	bool good = digest && strlen(digest) == FACTS_HASH_SIZE - 1 && hex_decode(digest, bytes, sizeof bytes) == ERR_OK;
	return good ? ERR_OK : fail(why, ERR_INVALID, "the digest that the order shows is wanted: %d hexadecimal digits",
				    FACTS_HASH_SIZE - 1);
}

enum err order_approve(struct desk *d, const struct actor *who, const char *id, const char *digest, struct errbuf *why)
{
	struct approving a = {.step = {who, id, clock_now()}, .rest = d->settings->contact_rest};
	enum err rc = digest_check(digest, why);
	bool again = rc == ERR_OK;
	for (int i = 0; again && i < ATTEMPTS; i++) {
		again = false;
		a.text = BUF_INIT(FACTS_MAX_BYTES + 1);
		a.offer = (struct offer){.link = {.until = 0}};
		rc = attempt(d, &a, digest, why, &again);
		buf_free(&a.text);
		offer_clear(&a.offer);
	}
	if (again)
		return fail(why, ERR_CONFLICT, "it cannot be approved by you, or it changes all the time: look again");
	if (rc == ERR_OK)
		d->outbox_changed(d->ctx);
	return rc;
}

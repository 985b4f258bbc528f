#include "issuer/order/certify.h"
#include "issuer/order/idempotency.h"
#include "issuer/order/new_order.h"
#include "issuer/order/staff_order.h"

#include "base/clock.h"
#include "base/encode.h"
#include "ca/profile.h"

#include <openssl/sha.h>
#include <stdio.h>
#include <string.h>

/* How often the client or the contact may change between the look and the transaction before we give up. */
enum { ATTEMPTS = 3 };

void request_describe(struct order_facts *f, const struct request_facts *r)
{
	char text[CLOCK_TEXT_SIZE] = "";
	uint8_t hash[SHA256_DIGEST_LENGTH];
	snprintf(f->approvals, sizeof f->approvals, "%d", (int)r->approvals);
	snprintf(f->ordered_by, sizeof f->ordered_by, "%s", r->ordered_by);
	snprintf(f->kind, sizeof f->kind, "%s", strcmp(r->kind, "new") == 0 ? "" : r->kind);
	snprintf(f->renews, sizeof f->renews, "%s", r->renews);
	if (r->due_at)
		clock_text(r->due_at, text);
	snprintf(f->due, sizeof f->due, "%.*s", FACTS_DATE_SIZE - 1, text);
	if (!r->note[0])
		return;
	SHA256((const uint8_t *)r->note, strlen(r->note), hash);
	hex_encode(hash, sizeof hash, f->note);
}

/* One name is enough: whoever orders it approves it. */
static enum err approve(struct desk *d, struct new_order *n, struct errbuf *why)
{
	struct order_facts *f = &n->facts;
	snprintf(f->approved_by, sizeof f->approved_by, "%s", n->step.who->id);
	f->approved_at = n->step.now;
	enum err rc = certify(d, &n->step, f, &n->text, n->ticket, why);
	return rc == ERR_OK ? offer_make(d, f, n->orderer_name, n->step.now, &n->offer, why) : rc;
}

static const char *kind_of(const struct new_order *n)
{
	return n->replaces ? "reissue" : n->renews[0] ? "renewal" : "new";
}

/* Nothing is sent, and there is no ticket, before others have approved exactly this. */
static enum err request(struct desk *d, struct new_order *n, struct errbuf *why)
{
	struct order_facts *f = &n->facts;
	const struct request_facts r = {.approvals = n->approvals, .ordered_by = n->step.who->id, .kind = kind_of(n),
					.renews = n->renews, .note = n->note, .due_at = n->due_at};
	n->until = n->step.now + d->settings->link_life;
	request_describe(f, &r);
	enum err rc = facts_write_request(f, &n->text);
	if (rc == ERR_OK && !buf_string(&n->text))
		rc = buf_check(&n->text);
	if (rc == ERR_OK)
		rc = facts_digest(f, n->digest);
	if (rc != ERR_OK)
		return fail(why, rc, "the order's facts cannot be written");
	const struct call about = {.step = &n->step, .facts = f, .orderer = n->orderer_name,
				   .organisation = n->organisation_id, .until = n->until};
	calls_make(d, &about, &n->calls);
	return ERR_OK;
}

enum err new_order_make(struct desk *d, struct new_order *n, struct errbuf *why)
{
	struct order_facts *f = &n->facts;
	snprintf(f->order, sizeof f->order, "%s", n->step.order);
	if (!facts_of_staff(f))
		snprintf(f->profile, sizeof f->profile, "%s", profile_get(PROFILE_CLIENT)->name);
	if (!f->language[0])
		snprintf(f->language, sizeof f->language, "%s", d->settings->language);
	return n->approvals ? request(d, n, why) : approve(d, n, why);
}

static struct value none_or_text(const char *text)
{
	return value_text(text[0] ? text : NULL);
}

static struct value none_or_time(int64_t at)
{
	return at ? value_integer(at) : value_null();
}

static enum err client_order_add(struct store *s, const struct new_order *n)
{
	const struct order_facts *f = &n->facts;
	struct value bytes = n->approvals ? value_blob(n->digest, sizeof n->digest) : value_null();
	struct value ticket = n->approvals ? value_null() : value_blob(n->ticket, TICKET_BYTES);
	return store_exec_one(
		s, STATEMENT_ORDER_ADD,
		STORE_VALUES(value_text(n->step.order), value_text(order_state_name(ORDER_REQUESTED)), value_integer(n->step.now),
			     value_text((const char *)n->text.data), ticket, bytes, value_integer(n->approvals),
			     value_text(f->profile), value_text(f->key_type), value_text(n->note), value_text(n->step.who->id),
			     none_or_time(n->due_at), none_or_time(n->until), value_text(n->replaces), none_or_text(n->renews),
			     value_text(kind_of(n)), value_text(f->contact), value_text(n->client_id),
			     value_integer(n->approvals_standard), value_text(f->email), value_text(f->mobile),
			     value_integer(n->contact_rest)));
}

static enum err add_requested(struct store *s, const struct new_order *n)
{
	char digest[FACTS_HASH_SIZE] = "";
	enum err e = facts_of_staff(&n->facts) ? staff_order_add(s, n) : client_order_add(s, n);
	if (n->approvals)
		hex_encode(n->digest, sizeof n->digest, digest);
	return e != ERR_OK ? e : step_note(s, &n->step, "order.requested", NULL, n->approvals ? digest : n->replaces);
}

static enum err step_approve(struct store *s, const struct step *t)
{
	enum order_state to;
	enum err e = order_next(ORDER_REQUESTED, EVENT_APPROVE, &to, NULL);
	if (e == ERR_OK)
		e = store_exec_one(s, STATEMENT_ORDER_STEP,
				   STORE_VALUES(value_text(order_state_name(to)), value_integer(t->now), value_text(t->order),
						value_text(order_state_name(ORDER_REQUESTED))));
	return e != ERR_OK ? e : step_note(s, t, order_event_name(EVENT_APPROVE), NULL, NULL);
}

enum err new_order_store(struct store *s, const struct new_order *n)
{
	enum err e = add_requested(s, n);
	if (e == ERR_OK && n->approvals)
		return calls_store(s, &n->step, &n->calls);
	if (e == ERR_OK)
		e = step_approve(s, &n->step);
	return e == ERR_OK ? offer_store(s, &n->step, &n->offer) : e;
}

enum err new_order_begin(struct new_order *n, const struct actor *who, char id[ID_SIZE])
{
	*n = (struct new_order){.step = {who, id, clock_now()}, .text = BUF_INIT(FACTS_MAX_BYTES + 1)};
	return id_new(id);
}

void new_order_clear(struct new_order *n)
{
	offer_clear(&n->offer);
	calls_clear(&n->calls);
	buf_free(&n->text);
}

static enum err store_order(struct store *s, void *ctx)
{
	const struct new_order *n = ctx;
	enum err e = idempotency_claim(s, &n->step);
	return e != ERR_OK ? e : new_order_store(s, n);
}

static enum err attempt(struct desk *d, const struct actor *who, json_t *body, char id[ID_SIZE], struct faults *faults,
			struct errbuf *why)
{
	struct new_order n;
	enum err rc = new_order_begin(&n, who, id);
	if (rc == ERR_OK)
		rc = new_order_read(d, &n, body, faults, why);
	if (rc == ERR_OK)
		rc = new_order_make(d, &n, why);
	if (rc == ERR_OK)
		rc = step_commit(d, CRASH_FRONT_ORDER_BEFORE, store_order, &n);
	new_order_clear(&n);
	return rc;
}

/* Of two at once the second is told what stands against it, as if it had come later. */
enum err order_new(struct desk *d, const struct actor *who, json_t *body, char id[ID_SIZE], struct faults *faults,
		   struct errbuf *why)
{
	enum err rc = ERR_CONFLICT;
	for (int i = 0; rc == ERR_CONFLICT && i < ATTEMPTS; i++)
		rc = attempt(d, who, body, id, faults, why);
	if (rc == ERR_OK)
		d->outbox_changed(d->ctx);
	return rc == ERR_CONFLICT ? fail(why, rc, "its client or its contact changes all the time; try again") : rc;
}

#include "issuer/order/idempotency.h"
#include "issuer/order/new_order.h"
#include "issuer/order/parents.h"
#include "issuer/order/staff_name.h"

#include "base/clock.h"
#include "ca/profile.h"
#include "delivery/address.h"
#include "issuer/signer/signer.h"

#include <stdio.h>
#include <string.h>

static enum err contact_check(const char *text, size_t len, struct errbuf *why)
{
	if (strlen(text) == len && id_shape(text))
		return ERR_OK;
	return mailbox_check(text, len, why);
}

static enum err key_type_check(const char *text, size_t len, struct errbuf *why)
{
	enum key_type type;
	if (strlen(text) == len && (strcmp(text, FACTS_OWN_KEY) == 0 || key_type_from_name(text, &type) == ERR_OK))
		return ERR_OK; /* whether the profile has it the signer knows */
	return fail(why, ERR_INVALID, "not a key type of client certificates");
}

struct contact_row {
	struct order_facts *facts;
	bool may_receive;
	int64_t moved_at; /* 0: never */
	int64_t left_at;  /* when another contact left its e-mail or mobile behind, before it was added */
};

static enum err take_contact(void *ctx, const struct row *r)
{
	struct contact_row *c = ctx;
	snprintf(c->facts->contact, sizeof c->facts->contact, "%s", row_text(r, 0));
	snprintf(c->facts->contact_name, sizeof c->facts->contact_name, "%s", row_text(r, 1));
	snprintf(c->facts->email, sizeof c->facts->email, "%s", row_text(r, 2));
	snprintf(c->facts->mobile, sizeof c->facts->mobile, "%s", row_text(r, 3));
	c->may_receive = row_integer(r, 4) != 0;
	snprintf(c->facts->language, sizeof c->facts->language, "%s", row_text(r, 5));
	c->moved_at = row_integer(r, 6);
	c->left_at = row_integer(r, 7);
	return ERR_OK;
}

/* Whoever can change a number here could else order to it at once, before its owner has heard of it; or add the contact anew with
 * what was left of it. */
static void check_rest(struct input *in, const struct new_order *n, const struct contact_row *c)
{
	char until[CLOCK_TEXT_SIZE], text[128];
	int64_t since = c->left_at > c->moved_at ? c->left_at : c->moved_at;
	if (!since || since + n->contact_rest <= n->step.now)
		return;
	clock_text(since + n->contact_rest, until);
	snprintf(text, sizeof text, "its e-mail or mobile was %s: nothing can be ordered for it before %s",
		 since == c->moved_at ? "changed" : "another contact's", until);
	input_fault(in, "contact", text);
}

static enum err find_contact(struct store *s, struct input *in, const char *organisation_id, struct new_order *n)
{
	struct contact_row c = {.facts = &n->facts};
	const char *contact = input_required(in, "contact", contact_check);
	if (!contact || !organisation_id[0])
		return ERR_OK; /* the fault is noted already */
	enum err e = store_one(s, STATEMENT_ORDER_CONTACT, STORE_VALUES(value_text(organisation_id), value_text(contact)),
			       take_contact, &c);
	if (e == ERR_NOT_FOUND)
		input_fault(in, "contact", "the organisation has no such contact");
	else if (e == ERR_OK && !c.may_receive)
		input_fault(in, "contact", "this contact may not receive");
	else if (e == ERR_OK)
		check_rest(in, n, &c);
	return e == ERR_NOT_FOUND ? ERR_OK : e;
}

static void copy_parents(struct new_order *n, const struct parent p[PARENT_LEVELS])
{
	struct order_facts *f = &n->facts;
	snprintf(f->organisation_slug, sizeof f->organisation_slug, "%s", p[PARENT_ORGANISATION].slug);
	snprintf(f->organisation_name, sizeof f->organisation_name, "%s", p[PARENT_ORGANISATION].name);
	snprintf(f->service_slug, sizeof f->service_slug, "%s", p[PARENT_SERVICE].slug);
	snprintf(f->service_name, sizeof f->service_name, "%s", p[PARENT_SERVICE].name);
	snprintf(f->client_slug, sizeof f->client_slug, "%s", p[PARENT_CLIENT].slug);
	snprintf(f->client_name, sizeof f->client_name, "%s", p[PARENT_CLIENT].name);
	memcpy(n->client_id, p[PARENT_CLIENT].id, sizeof n->client_id);
}

/* Everything that the input names, looked up; whatever is wrong with it is told at once. */
static enum err read_order(struct store *s, struct input *in, struct new_order *n, struct errbuf *why)
{
	struct parent parents[PARENT_LEVELS];
	enum err rc = parents_find(s, in, PARENT_LEVELS, parents);
	if (rc == ERR_OK)
		rc = find_contact(s, in, parents[PARENT_ORGANISATION].id, n);
	if (rc != ERR_OK)
		return rc;
	const char *key_type = input_optional(in, "key_type", key_type_check);
	const char *note = input_optional(in, "note", remark_check);
	snprintf(n->facts.key_type, sizeof n->facts.key_type, "%s", key_type ? key_type : key_type_name(KEY_P256));
	bool own = strcmp(n->facts.key_type, FACTS_OWN_KEY) == 0, may_own = input_flag(in, "own_key", own);
	if (own && !may_own)
		input_fault(in, "own_key", "the key type request is a key of the recipient's own");
	snprintf(n->facts.own_key, sizeof n->facts.own_key, "%s", may_own && !own ? FACTS_MAY : "");
	n->note = note ? note : "";
	rc = input_verdict(in, why);
	if (rc != ERR_OK)
		return rc;
	copy_parents(n, parents);
	return staff_name(s, n->step.who->id, n->orderer_name);
}

/* The signer's dry run has failed: there will be no such order, but that it was asked for is not forgotten. */
static enum err note_refusal(struct store *s, void *ctx)
{
	const struct new_order *n = ctx;
	return step_note(s, &n->step, "certificate.refused", n->refused, "the dry run at its order");
}

static enum err dry_run_refused(struct desk *d, struct new_order *n, const struct errbuf *why)
{
	n->refused = err_why(ERR_INVALID, why);
	enum err e = writer_run(d->writer, note_refusal, n);
	return e != ERR_OK ? e : ERR_INVALID;
}

/* The exact text, and the signer's word that it was approved as it stands. */
static enum err approve(struct desk *d, struct new_order *n, struct errbuf *why)
{
	struct order_facts *f = &n->facts;
	snprintf(f->order, sizeof f->order, "%s", n->step.order);
	snprintf(f->profile, sizeof f->profile, "%s", "client");
	snprintf(f->approved_by, sizeof f->approved_by, "%s", n->step.who->id);
	f->approved_at = n->step.now;
	if (!f->language[0])
		snprintf(f->language, sizeof f->language, "%s", d->settings->language);
	enum err rc = facts_write(f, &n->text);
	if (rc == ERR_OK && !buf_string(&n->text))
		rc = buf_check(&n->text);
	if (rc != ERR_OK)
		return fail(why, rc, "the order's facts cannot be written");
	struct errbuf reason = {""};
	rc = signer_ticket(d->signer, n->text.data, n->text.len, n->ticket, &reason);
	if (rc == ERR_INVALID)
		rc = dry_run_refused(d, n, &reason);
	return rc == ERR_OK ? ERR_OK : fail(why, rc, "%s", err_why(rc, &reason));
}

static enum err add_requested(struct store *s, const struct new_order *n)
{
	const struct order_facts *f = &n->facts;
	enum err e = store_exec_one(s, STATEMENT_ORDER_ADD,
				    STORE_VALUES(value_text(n->step.order), value_text(n->client_id), value_text(f->contact),
						 value_text(order_state_name(ORDER_REQUESTED)), value_integer(n->step.now),
						 value_text((const char *)n->text.data), value_blob(n->ticket, TICKET_BYTES),
						 value_text(f->profile), value_text(f->key_type), value_text(n->note),
						 value_text(n->step.who->id), value_text(n->replaces)));
	return e != ERR_OK ? e : step_note(s, &n->step, "order.requested", NULL, n->replaces);
}

static enum err step_approve(struct store *s, const struct new_order *n, enum order_state *state)
{
	enum order_state from = *state;
	enum err e = order_next(from, EVENT_APPROVE, state, NULL);
	if (e == ERR_OK)
		e = store_exec_one(s, STATEMENT_ORDER_STEP,
				   STORE_VALUES(value_text(order_state_name(*state)), value_integer(n->step.now),
						value_text(n->step.order), value_text(order_state_name(from))));
	return e != ERR_OK ? e : step_note(s, &n->step, order_event_name(EVENT_APPROVE), NULL, NULL);
}

static enum err step_offer(struct store *s, const struct new_order *n, enum order_state *state)
{
	static const struct code_limit by_staff = {"staff", INT64_MAX};
	enum order_state from = *state;
	enum err e = order_next(from, EVENT_OFFER, state, NULL);
	if (e == ERR_OK)
		e = store_exec_one(s, STATEMENT_ORDER_OFFER,
				   STORE_VALUES(value_text(order_state_name(*state)), value_integer(n->step.now),
						value_blob(n->link.hash, HASH_BYTES), value_integer(n->link.until),
						value_text(n->step.order), value_text(order_state_name(from))));
	if (e == ERR_OK)
		e = link_store(s, &n->step, &n->link);
	if (e == ERR_OK)
		e = code_store(s, &n->step, &n->code, "[\"offered\"]", &by_staff);
	return e != ERR_OK ? e : step_note(s, &n->step, order_event_name(EVENT_OFFER), NULL, NULL);
}

/* No approvals are asked for: requested, approved and offered are one transaction. */
enum err new_order_store(struct store *s, const struct new_order *n)
{
	enum order_state state = ORDER_REQUESTED;
	enum err e = add_requested(s, n);
	if (e == ERR_OK)
		e = step_approve(s, n, &state);
	if (e == ERR_OK)
		e = step_offer(s, n, &state);
	return e;
}

enum err new_order_begin(struct new_order *n, const struct actor *who, char id[ID_SIZE])
{
	*n = (struct new_order){.step = {who, id, clock_now()}, .text = BUF_INIT(FACTS_MAX_BYTES + 1)};
	return id_new(id);
}

enum err new_order_make(struct desk *d, struct new_order *n, json_t *body, struct faults *faults, struct errbuf *why)
{
	static const char *const members[] = {"organisation", "service", "client", "contact",
					      "key_type",     "own_key", "note",   NULL};
	struct input in = {.body = body, .faults = faults};
	enum err rc = input_begin(&in, members, why);
	if (rc != ERR_OK)
		return rc;
	n->contact_rest = d->settings->contact_rest;
	struct store *s = readers_take(d->readers);
	rc = read_order(s, &in, n, why);
	readers_give(d->readers, s);
	if (rc == ERR_OK)
		rc = approve(d, n, why);
	if (rc == ERR_OK)
		rc = link_make(d, &n->facts, n->orderer_name, n->step.now, &n->link, why);
	return rc == ERR_OK ? code_make(d, &n->facts, n->step.now, &n->code, why) : rc;
}

void new_order_clear(struct new_order *n)
{
	link_clear(&n->link);
	code_clear(&n->code);
	buf_free(&n->text);
}

static enum err store_order(struct store *s, void *ctx)
{
	const struct new_order *n = ctx;
	enum err e = idempotency_claim(s, &n->step);
	return e != ERR_OK ? e : new_order_store(s, n);
}

enum err order_new(struct desk *d, const struct actor *who, json_t *body, char id[ID_SIZE], struct faults *faults,
		   struct errbuf *why)
{
	struct new_order n;
	enum err rc = new_order_begin(&n, who, id);
	if (rc == ERR_OK)
		rc = new_order_make(d, &n, body, faults, why);
	if (rc == ERR_OK)
		rc = step_commit(d, CRASH_FRONT_ORDER_BEFORE, store_order, &n);
	if (rc == ERR_OK)
		d->outbox_changed(d->ctx);
	new_order_clear(&n);
	return rc;
}

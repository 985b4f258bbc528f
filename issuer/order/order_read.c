/* An order as staff send it: everything that it names, looked up; whatever is wrong with it is told at once. */
#include "issuer/order/new_order.h"
#include "issuer/order/parents.h"
#include "issuer/order/room.h"
#include "issuer/order/staff_name.h"

#include "base/clock.h"
#include "base/encode.h"
#include "ca/certificate.h"
#include "ca/profile.h"
#include "delivery/address.h"

#include <openssl/sha.h>
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
	bool may_receive, may_order;
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
	c->may_order = row_integer(r, 8) != 0;
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
	else if (e == ERR_OK && !c.may_order && !n->replaces) /* what was lost was ordered before */
		input_fault(in, "contact", "this contact may not order");
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

/* Orders are for clients: members of the staff have theirs by their own way. */
static enum err profile_check(const char *text, size_t len, struct errbuf *why)
{
	if (strlen(text) == len && strcmp(text, profile_get(PROFILE_CLIENT)->name) == 0)
		return ERR_OK;
	return fail(why, ERR_INVALID, "orders have the profile %s", profile_get(PROFILE_CLIENT)->name);
}

static enum err date_check(const char *text, size_t len, struct errbuf *why)
{
	int64_t at = 0;
	if (strlen(text) == len && len == FACTS_DATE_SIZE - 1 && clock_from_text(text, &at) == ERR_OK)
		return ERR_OK;
	return fail(why, ERR_INVALID, "a date is wanted, as 2026-12-01");
}

static enum err serial_check(const char *text, size_t len, struct errbuf *why)
{
	uint8_t serial[SERIAL_BYTES];
	if (strlen(text) == len && serial_from_text(text, serial) == ERR_OK)
		return ERR_OK;
	return fail(why, ERR_INVALID, "not a serial number");
}

/* Until the end of that day. */
static void read_due(struct input *in, struct new_order *n)
{
	const char *due = input_optional(in, "due", date_check);
	if (!due || clock_from_text(due, &n->due_at) != ERR_OK)
		return;
	n->due_at += DAY - 1;
	if (n->due_at < n->step.now)
		input_fault(in, "due", "that day is over");
}

static void read_renews(struct input *in, struct new_order *n)
{
	uint8_t serial[SERIAL_BYTES];
	const char *renews = input_optional(in, "renews", serial_check);
	if (renews && serial_from_text(renews, serial) == ERR_OK)
		serial_text(serial, n->renews);
}

static void read_key(struct input *in, struct new_order *n)
{
	const char *key_type = input_optional(in, "key_type", key_type_check);
	snprintf(n->facts.key_type, sizeof n->facts.key_type, "%s", key_type ? key_type : key_type_name(KEY_P256));
	bool own = strcmp(n->facts.key_type, FACTS_OWN_KEY) == 0, may_own = input_flag(in, "own_key", own);
	if (own && !may_own)
		input_fault(in, "own_key", "the key type request is a key of the recipient's own");
	snprintf(n->facts.own_key, sizeof n->facts.own_key, "%s", may_own && !own ? FACTS_MAY : "");
}

static enum err read_order(struct store *s, struct input *in, struct new_order *n, struct errbuf *why)
{
	struct parent parents[PARENT_LEVELS];
	enum err rc = parents_find(s, in, PARENT_LEVELS, parents);
	if (rc == ERR_OK)
		rc = find_contact(s, in, parents[PARENT_ORGANISATION].id, n);
	if (rc != ERR_OK)
		return rc;
	(void)input_optional(in, "profile", profile_check);
	const char *note = input_optional(in, "note", remark_check);
	n->note = note ? note : "";
	read_key(in, n);
	read_due(in, n);
	read_renews(in, n);
	if (parents[PARENT_CLIENT].id[0])
		rc = room_find(s, in, parents[PARENT_CLIENT].id, n);
	if (rc == ERR_OK)
		rc = input_verdict(in, why);
	if (rc != ERR_OK)
		return rc;
	copy_parents(n, parents);
	memcpy(n->organisation_id, parents[PARENT_ORGANISATION].id, sizeof n->organisation_id);
	return staff_name(s, n->step.who->id, n->orderer_name);
}

enum err new_order_read(struct desk *d, struct new_order *n, json_t *body, struct faults *faults, struct errbuf *why)
{
	static const char *const members[] = {"organisation", "service", "client",  "contact", "key_type", "own_key",
					      "profile",      "note",    "due",     "renews",  NULL};
	struct input in = {.body = body, .faults = faults, .scope = actor_scope(n->step.who)};
	enum err rc = input_begin(&in, members, why);
	if (rc != ERR_OK)
		return rc;
	n->contact_rest = d->settings->contact_rest;
	n->approvals_standard = d->settings->approvals;
	struct store *s = readers_take(d->readers);
	rc = read_order(s, &in, n, why);
	readers_give(d->readers, s);
	return rc;
}

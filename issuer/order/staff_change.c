#include "delivery/address.h"
#include "issuer/order/contact_moved.h"
#include "issuer/order/input.h"
#include "issuer/order/staff_name.h"
#include "issuer/order/staff_order.h"
#include "issuer/order/version.h"

#include "base/clock.h"

#include <stdio.h>
#include <string.h>

enum { TRIES = 4, DETAIL_SIZE = 256 };

struct change {
	const struct staff_wish *wish;
	struct step step;           /* its order: the member's id */
	struct member_row wanted;   /* what is given, of those that `given` names */
	struct member_row seen, now;
	bool moved;                 /* an address that it had is another */
	struct move_mails mails;
	struct errbuf why;          /* of the transaction */
	bool stale;                 /* somebody else has changed it since it was looked at */
};

/* What may be changed, in the order in which a fault is told. */
#define TEXT(word, field, how) {word, offsetof(struct member_row, field), sizeof(((struct member_row *)0)->field), how}
static const struct text {
	const char *name;
	size_t offset, size;
	text_check *check; /* NULL: read by itself */
} texts[] = {
	TEXT("name", name, name_check),        TEXT("role", role, role_check), TEXT("email", email, mailbox_check),
	TEXT("mobile", mobile, mobile_check),  TEXT("language", language, NULL), TEXT("organisation", scope, NULL),
};
enum { TEXTS = sizeof texts / sizeof texts[0], ROLE = 1, EMAIL = 2, MOBILE = 3, LANGUAGE = 4, SCOPE = 5 };

static char *of(const struct member_row *m, size_t i)
{
	return (char *)m + texts[i].offset;
}

static bool differs(const struct change *c, size_t i)
{
	return strcmp(of(&c->seen, i), of(&c->now, i)) != 0;
}

static enum err read_wanted(struct desk *d, struct change *c, struct faults *faults, struct errbuf *why)
{
	const char *names[TEXTS + 1] = {NULL};
	struct input in = {.body = c->wish->body, .faults = faults};
	for (size_t i = 0; i < TEXTS; i++)
		names[i] = texts[i].name;
	enum err e = input_begin(&in, names, why);
	if (e != ERR_OK)
		return e;
	for (size_t i = 0; i < TEXTS; i++) {
		const char *text = NULL;
		if (!json_object_get(in.body, names[i]) || i == SCOPE)
			continue;
		text = texts[i].check ? input_required(&in, names[i], texts[i].check) : input_language(&in, d->languages);
		snprintf(of(&c->wanted, i), texts[i].size, "%s", text ? text : "");
	}
	if (json_object_size(in.body) == 0)
		input_fault(&in, "name", "nothing is to be changed: it, or another member, is wanted");
	e = staff_scope_read(d, &in, c->wanted.scope);
	return e != ERR_OK ? e : input_verdict(&in, why);
}

/* As it is, with what is wanted in its place. */
static void merge(struct change *c)
{
	c->now = c->seen;
	for (size_t i = 0; i < TEXTS; i++)
		if (json_object_get(c->wish->body, texts[i].name))
			memcpy(of(&c->now, i), of(&c->wanted, i), texts[i].size);
	c->moved = (differs(c, EMAIL) && c->seen.email[0]) || (differs(c, MOBILE) && c->seen.mobile[0]);
}

/* Whoever could make more of oneself would; and who would limit oneself locks others out by mistake. */
static enum err check_own(const struct change *c, struct errbuf *why)
{
	if (strcmp(c->step.who->id, c->step.order) != 0 || (!differs(c, ROLE) && !differs(c, SCOPE)))
		return ERR_OK;
	return fail(why, ERR_REFUSED, "nobody changes a role or a limit of their own: another administrator does");
}

/* Where orders want more eyes than two, so does what they give: a member is approved with its role and its limit (facts.h), and one
 * administrator alone makes no more of it afterwards. */
static enum err check_wider(const struct desk *d, const struct change *c, struct errbuf *why)
{
	bool decides = strcmp(c->now.role, ROLE_ADMINISTRATOR) == 0 || strcmp(c->now.role, "approver") == 0;
	bool wider = differs(c, ROLE) && decides && strcmp(c->seen.role, ROLE_ADMINISTRATOR) != 0;
	wider |= differs(c, SCOPE) && c->seen.scope[0];
	if (!d->settings->approvals || !wider)
		return ERR_OK;
	return fail(why, ERR_REFUSED, "orders are approved by others here, and so is what a member may do: remove this one, and add it "
		    "anew with the wider role");
}

static void copy_facts(const struct desk *d, const struct member_row *m, struct contact_facts *f)
{
	*f = (struct contact_facts){.id = ""};
	memcpy(f->id, m->id, sizeof f->id);
	memcpy(f->name, m->name, sizeof f->name);
	memcpy(f->email, m->email, sizeof f->email);
	memcpy(f->mobile, m->mobile, sizeof f->mobile);
	memcpy(f->language, m->language, sizeof f->language);
	snprintf(f->organisation, sizeof f->organisation, "%s", d->settings->name);
}

/* Also of an address that there was not: who has the other one learns of it. */
static enum err make_mails(struct desk *d, struct store *s, struct change *c, struct errbuf *why)
{
	struct contact_facts before, now;
	char by[NAME_SIZE];
	struct contact_move move = {.before = &before, .now = &now, .by = by};
	if (!differs(c, EMAIL) && !differs(c, MOBILE))
		return ERR_OK;
	if (c->moved && d->settings->contact_rest > 0)
		move.rest_until = c->step.now + d->settings->contact_rest;
	copy_facts(d, &c->seen, &before);
	copy_facts(d, &c->now, &now);
	enum err e = staff_name(s, c->step.who->id, by);
	return e != ERR_OK ? e : move_mails_make(d, &move, &c->mails, why);
}

static enum err prepare(struct desk *d, struct change *c, struct errbuf *why)
{
	struct store *s = readers_take(d->readers);
	enum err e = member_find(s, c->wish->staff, c->step.now, &c->seen, why);
	if (e == ERR_OK && strcmp(c->seen.status, "removed") == 0)
		e = fail(why, ERR_CONFLICT, "this member is removed");
	if (e == ERR_OK) {
		merge(c);
		e = check_own(c, why);
	}
	if (e == ERR_OK)
		e = check_wider(d, c, why);
	if (e == ERR_OK)
		e = make_mails(d, s, c, why);
	readers_give(d->readers, s);
	return e;
}

static struct value or_null(const char *text)
{
	return text[0] ? value_text(text) : value_null();
}

/* People are known by their id alone: of a name or an address it is noted that it is another, of a role which. */
static enum err note(struct store *s, const struct change *c)
{
	char detail[DETAIL_SIZE];
	size_t used = 0;
	for (size_t i = 0; i < TEXTS && used < sizeof detail; i++)
		if (differs(c, i))
			used += (size_t)snprintf(detail + used, sizeof detail - used, "%s%s%s%s%s%s", used ? ", " : "", texts[i].name,
						 i == ROLE ? " " : "", i == ROLE ? c->seen.role : "", i == ROLE ? " to " : "",
						 i == ROLE ? c->now.role : "");
	return step_note(s, &c->step, "staff.changed", NULL, detail);
}

static enum err store_change(struct store *s, void *ctx)
{
	struct change *c = ctx;
	struct member_row present;
	const struct member_row *m = &c->now;
	enum err e = member_find(s, c->wish->staff, c->step.now, &present, &c->why);
	if (e == ERR_OK)
		e = version_check(s, c->wish->if_match, c->step.order, present.version, &c->why);
	c->stale = e == ERR_OK && present.version != c->seen.version;
	bool other = false;
	for (size_t i = 0; i < TEXTS; i++)
		other |= differs(c, i);
	if (e != ERR_OK || c->stale || !other)
		return c->stale ? ERR_CONFLICT : e;
	e = store_exec_one(s, STATEMENT_STAFF_CHANGE,
			   STORE_VALUES(value_text(m->name), value_text(m->role), or_null(m->email), or_null(m->mobile),
					value_text(m->language), or_null(m->scope), value_integer(c->moved),
					value_integer(c->step.now), value_text(m->id), value_integer(c->seen.version)));
	if (e == ERR_CONFLICT)
		return fail(&c->why, e, "%s", STAFF_LAST_ONE);
	if (e == ERR_OK)
		e = move_mails_store(s, &c->mails, c->step.now);
	return e == ERR_OK ? note(s, c) : e;
}

static enum err commit(struct desk *d, struct change *c, struct errbuf *why)
{
	enum err e = ERR_CONFLICT;
	for (int i = 0; i < TRIES && (i == 0 || c->stale); i++) {
		move_mails_clear(&c->mails);
		c->mails.count = 0;
		c->stale = false;
		e = prepare(d, c, why);
		if (e == ERR_OK)
			e = writer_run(d->writer, store_change, c);
	}
	if (e == ERR_OK && c->mails.count > 0)
		d->outbox_changed(d->ctx);
	if (e == ERR_OK && (differs(c, ROLE) || differs(c, SCOPE)))
		d->revocations_changed(d->ctx); /* whoever has a connection open is looked at again */
	if (e == ERR_CONFLICT && c->stale)
		return fail(why, e, "the member changed at this very moment; look again");
	return e != ERR_OK && c->why.text[0] ? fail(why, e, "%s", c->why.text) : e;
}

enum err staff_change(struct desk *d, const struct actor *who, const struct staff_wish *wish, struct faults *faults,
		      struct errbuf *why)
{
	struct change c = {.wish = wish, .step = {who, wish->staff, clock_now()}};
	enum err e = version_tags_check(wish->if_match, why);
	if (e == ERR_OK)
		e = read_wanted(d, &c, faults, why);
	if (e == ERR_OK)
		e = commit(d, &c, why);
	move_mails_clear(&c.mails);
	return e;
}

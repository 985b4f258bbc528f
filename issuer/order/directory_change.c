#include "issuer/order/contact_moved.h"
#include "issuer/order/input.h"
#include "issuer/order/staff_name.h"

#include "base/clock.h"

#include <stdio.h>
#include <string.h>

enum { MOVES_A_DAY = 5 }; /* each is told to two addresses by mail: nobody's mailbox is to be filled that way */

struct change {
	struct step step; /* its order: the contact's id */
	struct contact_facts before, now;
	bool email, mobile, language; /* what is another */
	char by[NAME_SIZE];
	struct move_mails mails;
	int64_t full_since; /* when the first of as many changes as a day has room for was */
};

/* Who changes it, for the mail. */
static enum err find_name(struct desk *d, struct change *c)
{
	struct store *s = readers_take(d->readers);
	enum err e = staff_name(s, c->step.who->id, c->by);
	readers_give(d->readers, s);
	return e;
}

/* True when the body has the member, and it is another than before. */
static bool take_text(struct input *in, const char *member, text_check *check, char *now, size_t size)
{
	const char *text = json_object_get(in->body, member) ? input_required(in, member, check) : NULL;
	bool other = text && strcmp(text, now) != 0;
	if (other)
		snprintf(now, size, "%s", text); /* as long as the check allows */
	return other;
}

static void read_change(struct input *in, const struct languages *languages, struct change *c)
{
	c->now = c->before;
	c->email = take_text(in, "email", mailbox_check, c->now.email, sizeof c->now.email);
	c->mobile = take_text(in, "mobile", mobile_check, c->now.mobile, sizeof c->now.mobile);
	const char *language = input_language(in, languages);
	c->language = language[0] && strcmp(language, c->before.language) != 0;
	if (c->language)
		snprintf(c->now.language, sizeof c->now.language, "%s", language);
	else if (!language[0] && json_object_get(in->body, "language") && in->count == 0)
		input_fault(in, "language", "a language's tag is wanted, as en or nb");
	if (json_object_size(in->body) == 0)
		input_fault(in, "email", "nothing is to be changed: email, mobile or language is wanted");
}

/* People are known by their id alone: what was changed is noted, and not what it was or is. */
static enum err note(struct store *s, const struct change *c)
{
	char what[64];
	snprintf(what, sizeof what, "%s%s%s%s", c->email ? " email" : "", c->mobile ? " mobile" : "",
		 c->language ? " language " : "", c->language ? c->now.language : "");
	return step_note(s, &c->step, "directory.contact_changed", NULL, what + 1);
}

/* Within the transaction: of many at once no more get through. */
static enum err count_moves(struct store *s, struct change *c)
{
	if (!c->email && !c->mobile)
		return ERR_OK;
	enum err e = store_integer(s, STATEMENT_MOVED_LATELY,
				   STORE_VALUES(value_text(c->step.order), value_integer(c->step.now - DAY),
						value_integer(MOVES_A_DAY - 1)),
				   &c->full_since);
	return e == ERR_NOT_FOUND ? ERR_OK : e == ERR_OK ? ERR_CONFLICT : e;
}

/* What it had, until the clerk forgets it: a contact that is added with it rests. */
static enum err note_moved(struct store *s, const struct change *c)
{
	struct value email = c->email ? value_text(c->before.email) : value_null();
	struct value mobile = c->mobile ? value_text(c->before.mobile) : value_null();
	if (!c->email && !c->mobile)
		return ERR_OK;
	return store_exec_one(s, STATEMENT_MOVED_ADD,
			      STORE_VALUES(value_text(c->step.order), email, mobile, value_integer(c->step.now)));
}

static enum err store_change(struct store *s, void *ctx)
{
	struct change *c = ctx;
	enum err e = count_moves(s, c);
	if (e == ERR_OK)
		e = store_exec_one(s, STATEMENT_CONTACT_CHANGE,
				   STORE_VALUES(value_text(c->now.email), value_text(c->now.mobile), value_text(c->now.language),
						value_integer(c->step.now), value_integer(c->email || c->mobile),
						value_text(c->step.order), value_text(c->before.email),
						value_text(c->before.mobile), value_text(c->before.language)));
	if (e == ERR_OK)
		e = note_moved(s, c);
	if (e == ERR_OK)
		e = move_mails_store(s, &c->mails, c->step.now);
	return e != ERR_OK ? e : note(s, c);
}

static enum err commit(struct desk *d, struct change *c, struct errbuf *why)
{
	const struct contact_move move = {
		.before = &c->before, .now = &c->now, .by = c->by,
		.rest_until = d->settings->contact_rest > 0 ? c->step.now + d->settings->contact_rest : 0};
	enum err rc = c->email || c->mobile ? find_name(d, c) : ERR_OK;
	if (rc == ERR_OK)
		rc = move_mails_make(d, &move, &c->mails, why);
	if (rc == ERR_OK)
		rc = writer_run(d->writer, store_change, c);
	if (rc == ERR_OK && c->mails.count > 0)
		d->outbox_changed(d->ctx);
	move_mails_clear(&c->mails);
	if (rc == ERR_EXISTS)
		return fail(why, rc, "this contact cannot be changed: the organisation has one of this e-mail");
	if (rc == ERR_CONFLICT && c->full_since) {
		char until[CLOCK_TEXT_SIZE];
		clock_text(c->full_since + DAY, until);
		return fail(why, rc, "its e-mail or mobile was changed %d times within a day: again from %s", MOVES_A_DAY, until);
	}
	return rc == ERR_CONFLICT ? fail(why, rc, "the contact changed at this very moment; look again") : rc;
}

enum err directory_change_contact(struct desk *d, const struct actor *who, const char *contact, json_t *body,
				  char id[ID_SIZE], struct faults *faults, struct errbuf *why)
{
	static const char *const members[] = {"email", "mobile", "language", NULL};
	struct input in = {.body = body, .faults = faults};
	struct change c = {.step = {who, c.before.id, clock_now()}};
	enum err rc = input_begin(&in, members, why);
	if (rc == ERR_OK)
		rc = contact_find(d, contact, &c.before, why);
	if (rc != ERR_OK)
		return rc;
	read_change(&in, d->languages, &c);
	rc = input_verdict(&in, why);
	if (rc == ERR_OK && (c.email || c.mobile || c.language))
		rc = commit(d, &c, why);
	memcpy(id, c.before.id, ID_SIZE);
	return rc;
}

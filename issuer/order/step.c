#include "issuer/order/step.h"

#include "delivery/message.h"

#include <stdio.h>
#include <string.h>

enum err step_commit(struct desk *d, enum crash_at before, enum err (*job)(struct store *s, void *ctx), void *ctx)
{
	crash_point(before);
	enum err e = writer_run(d->writer, job, ctx);
	crash_point(before + 1);
	return e;
}

enum err step_note(struct store *s, const struct step *t, const char *what, const char *reason, const char *detail)
{
	const struct audit_event event = {.what = what, .object = t->order, .why = reason, .detail = detail};
	return audit_append(s, t->who, &event, t->now, NULL);
}

static enum err erase(struct store *s, const struct step *t, enum statement statement, const char *what)
{
	int64_t affected = 0;
	enum err e = store_exec(s, statement, STORE_VALUES(value_integer(t->now), value_text(t->order)), &affected);
	if (e == ERR_OK && affected > 0)
		e = step_note(s, t, what, NULL, NULL);
	return e;
}

enum err step_erase_parcel(struct store *s, const struct step *t)
{
	return erase(s, t, STATEMENT_PARCEL_ERASE, "parcel.erased");
}

struct withdrawal {
	struct store *store;
	const struct step *step;
	const char *kind;
};

/* Its sealed bytes are gone. */
static enum err note_withdrawn(void *ctx, const struct row *r)
{
	struct withdrawal *w = ctx;
	char detail[64];
	snprintf(detail, sizeof detail, "%s %s", w->kind, row_text(r, 0));
	return step_note(w->store, w->step, "message.withdrawn", NULL, detail);
}

static enum err withdraw(struct store *s, const struct step *t, enum message_kind kind)
{
	struct withdrawal w = {s, t, message_kind_name(kind)};
	return store_each(s, STATEMENT_MESSAGE_WITHDRAW, STORE_VALUES(value_text(t->order), value_text(w.kind)),
			  note_withdrawn, &w);
}

enum err step_erase_password(struct store *s, const struct step *t)
{
	enum err e = withdraw(s, t, MESSAGE_PASSWORD);
	return e != ERR_OK ? e : erase(s, t, STATEMENT_PARCEL_ERASE_PASSWORD, "parcel.password_erased");
}

enum err step_end_codes(struct store *s, const struct step *t)
{
	enum err e = store_exec(s, STATEMENT_CODE_KILL, STORE_VALUES(value_integer(t->now), value_text(t->order)), NULL);
	return e != ERR_OK ? e : withdraw(s, t, MESSAGE_CODE);
}

enum err step_end_links(struct store *s, const struct step *t)
{
	enum err e = withdraw(s, t, MESSAGE_LINK);
	return e != ERR_OK ? e : withdraw(s, t, MESSAGE_REMINDER);
}

enum err step_end_calls(struct store *s, const struct step *t)
{
	return withdraw(s, t, MESSAGE_APPROVAL);
}

enum err step_end_delivery(struct store *s, const struct step *t)
{
	enum err e = step_end_codes(s, t);
	if (e == ERR_OK)
		e = step_end_links(s, t);
	if (e == ERR_OK)
		e = step_end_calls(s, t);
	if (e == ERR_OK)
		e = step_erase_parcel(s, t);
	if (e == ERR_OK)
		e = step_erase_password(s, t);
	return e;
}

struct refusal {
	const struct step *step;
	enum order_event event;
	const char *sentence;
};

static enum err note_refusal(struct store *s, void *ctx)
{
	const struct refusal *r = ctx;
	return step_note(s, r->step, "order.refused", r->sentence, order_event_name(r->event));
}

static enum err refuse(struct desk *d, const struct refusal *r, enum err with, struct errbuf *why)
{
	struct refusal noted = *r;
	enum err e = writer_run(d->writer, note_refusal, &noted);
	return e != ERR_OK ? e : fail(why, with, "%s", r->sentence);
}

enum err step_refuse(struct desk *d, const struct step *t, enum order_event event, const char *sentence,
		     struct errbuf *why)
{
	return refuse(d, &(struct refusal){t, event, sentence}, ERR_CONFLICT, why);
}

enum err step_forbid(struct desk *d, const struct step *t, enum order_event event, const char *sentence,
		     struct errbuf *why)
{
	return refuse(d, &(struct refusal){t, event, sentence}, ERR_REFUSED, why);
}

/* A support member who had a colleague's parcel sent again, or unlocked it, could come to what that colleague may do. What
 * approves an order looks at who may by itself. */
static bool may_touch(const struct step *t, const struct order_row *row, enum order_event event)
{
	return !row->staff[0] || event == EVENT_APPROVE || event == EVENT_REJECT || strcmp(t->who->role, ROLE_ADMINISTRATOR) == 0;
}

enum err step_look(struct desk *d, const struct step *t, enum order_event event, struct order_row *row, struct errbuf *why)
{
	char sentence[160];
	const char *scope = actor_scope(t->who);
	enum err e = row_by_id(d, t->order, row);
	if (e == ERR_OK && scope && strcmp(scope, row->organisation) != 0)
		e = ERR_NOT_FOUND;
	if (e == ERR_NOT_FOUND)
		return fail(why, e, "there is no such order");
	if (e != ERR_OK || may_touch(t, row, event))
		return e;
	snprintf(sentence, sizeof sentence, "it is for a certificate of the staff: this needs the role " ROLE_ADMINISTRATOR
		 "; yours is %s", t->who->role);
	return step_forbid(d, t, event, sentence, why);
}

enum err step_begin(struct desk *d, const struct step *t, enum order_event event, struct order_row *row,
		    enum order_state *to, struct errbuf *why)
{
	struct errbuf sentence = {{0}};
	enum err e = step_look(d, t, event, row, why);
	if (e != ERR_OK)
		return e;
	e = order_next(row->state, event, to, &sentence);
	return e == ERR_OK ? ERR_OK : step_refuse(d, t, event, sentence.text, why);
}

#include "issuer/http/api.h"

#include <stdio.h>

/* An order, and after a change the same view of it. */
static void show(struct front *front, const struct request *q, struct reply *r, int status, const char *id)
{
	json_t *row = NULL;
	const struct actor who = request_actor(q);
	if (!api_one(front, q, r, STATEMENT_ORDER_SHOW,
		     STORE_VALUES(value_text(who.id), value_text(id), value_text(actor_scope(&who))), &row))
		return;
	snprintf(r->etag, sizeof r->etag, "\"%s\"", json_string_value(json_object_get(row, "tag")));
	r->tag_for_changes = true;
	json_object_del(row, "tag");
	enum err e = api_attach(front, row, "approved", STATEMENT_APPROVED_BY, STORE_VALUES(value_text(id)));
	if (!e)
		e = api_attach(front, row, "messages", STATEMENT_MESSAGE_OF_ORDER, STORE_VALUES(value_text(id)));
	if (!e)
		e = api_attach(front, row, "attempts", STATEMENT_ATTEMPT_OF_ORDER,
			       STORE_VALUES(value_text(id), value_integer(API_LIMIT_MOST)));
	if (!e)
		e = api_attach(front, row, "history", STATEMENT_AUDIT_OF_OBJECT,
			       STORE_VALUES(value_text(id), value_integer(API_LIMIT_MOST)));
	if (e) {
		json_decref(row);
		reply_problem(r, q, e, NULL, NULL);
		return;
	}
	reply_json(r, status, row);
}

void api_order_show(struct front *front, const struct request *q, struct reply *r)
{
	show(front, q, r, 200, q->parameter[0]);
}

static enum err make_order(struct desk *d, struct creation *c)
{
	return order_new(d, &c->who, c->body, c->id, &c->faults, &c->why);
}

void api_order_new(struct front *front, const struct request *q, struct reply *r)
{
	struct creation c = {.body = NULL};
	int status = api_create(front, q, r, make_order, &c);
	if (status)
		show(front, q, r, status, c.id);
	json_decref(c.body);
}

typedef enum err act(struct desk *d, const struct actor *who, const char *id, const char *said, struct errbuf *why);

/* A change of an order that is there, with one text at most: `member` of the body. */
static void change(struct front *front, const struct request *q, struct reply *r, const char *member, act *run)
{
	const char *const members[] = {member, NULL};
	struct errbuf why = {0};
	struct actor who = request_actor(q);
	json_t *body = NULL;
	if (!api_body(q, r, members, &body))
		return;
	const char *said = member ? json_string_value(json_object_get(body, member)) : NULL;
	enum err e = order_look(&front->desk, &who, q->parameter[0], q->if_match, &why);
	if (!e)
		e = run(&front->desk, &who, q->parameter[0], said, &why);
	if (e)
		reply_problem(r, q, e, &why, NULL);
	else
		show(front, q, r, 200, q->parameter[0]);
	json_decref(body);
}

void api_order_approve(struct front *front, const struct request *q, struct reply *r)
{
	change(front, q, r, "digest", order_approve);
}

void api_order_reject(struct front *front, const struct request *q, struct reply *r)
{
	change(front, q, r, "reason", order_reject);
}

void api_order_cancel(struct front *front, const struct request *q, struct reply *r)
{
	change(front, q, r, "reason", order_cancel);
}

static enum err resend(struct desk *d, const struct actor *who, const char *id, const char *nothing, struct errbuf *why)
{
	(void)nothing;
	return order_resend(d, who, id, why);
}

void api_order_resend(struct front *front, const struct request *q, struct reply *r)
{
	change(front, q, r, NULL, resend);
}

static enum err unlock(struct desk *d, const struct actor *who, const char *id, const char *nothing, struct errbuf *why)
{
	(void)nothing;
	return order_unlock(d, who, id, why);
}

void api_order_unlock(struct front *front, const struct request *q, struct reply *r)
{
	change(front, q, r, NULL, unlock);
}

static enum err make_reissue(struct desk *d, struct creation *c)
{
	const struct reissue_wish wish = {c->wish, json_string_value(json_object_get(c->body, "note"))};
	return order_reissue(d, &c->who, &wish, c->id, &c->made, &c->faults, &c->why);
}

/* A repeat is shown what the first has made. */
void api_order_reissue(struct front *front, const struct request *q, struct reply *r)
{
	static const char *const members[] = {"note", NULL};
	struct creation c = {.wish = q->parameter[0]};
	if (!api_body(q, r, members, &c.body))
		return;
	int status = api_create(front, q, r, make_reissue, &c);
	if (status)
		show(front, q, r, status, c.id);
	json_decref(c.body);
}

static enum err make_renewal(struct desk *d, struct creation *c)
{
	const struct renewal_wish wish = {.which = c->wish,
					  .contact = json_string_value(json_object_get(c->body, "contact")),
					  .note = json_string_value(json_object_get(c->body, "note")),
					  .due = json_string_value(json_object_get(c->body, "due"))};
	return order_renew(d, &c->who, &wish, c->id, &c->faults, &c->why);
}

void api_order_renew(struct front *front, const struct request *q, struct reply *r)
{
	static const char *const members[] = {"contact", "note", "due", NULL};
	struct creation c = {.wish = q->parameter[0]};
	if (!api_body(q, r, members, &c.body))
		return;
	int status = api_create(front, q, r, make_renewal, &c);
	if (status)
		show(front, q, r, status, c.id);
	json_decref(c.body);
}

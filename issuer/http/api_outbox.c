/* The outbox: what waits, what nobody will get, and whether it is paused. */
#include "issuer/http/api.h"
#include "issuer/order/outbox.h"

static void show(struct front *front, const struct request *q, struct reply *r)
{
	json_t *j = NULL;
	if (!api_one(front, q, r, STATEMENT_OUTBOX_PAUSED, NULL, 0, &j))
		return;
	enum err e = api_attach(front, j, "waiting", STATEMENT_OUTBOX_WAITING, STORE_VALUES(value_integer(API_LIMIT)));
	if (!e)
		e = api_attach(front, j, "dead", STATEMENT_STATUS_DEAD_MESSAGES, STORE_VALUES(value_integer(API_LIMIT)));
	if (e) {
		json_decref(j);
		reply_problem(r, q, e, NULL, NULL);
		return;
	}
	reply_json(r, 200, j);
}

void api_outbox_show(struct front *front, const struct request *q, struct reply *r)
{
	show(front, q, r);
}

static void changed(struct front *front, const struct request *q, struct reply *r, enum err e)
{
	if (e)
		reply_problem(r, q, e, NULL, NULL);
	else
		show(front, q, r);
}

void api_outbox_pause(struct front *front, const struct request *q, struct reply *r)
{
	static const char *const members[] = {"reason", NULL};
	struct actor who = request_actor(q);
	json_t *body = NULL;
	if (!api_body(q, r, members, &body))
		return;
	changed(front, q, r, outbox_pause(&front->desk, &who, json_string_value(json_object_get(body, "reason"))));
	json_decref(body);
}

void api_outbox_resume(struct front *front, const struct request *q, struct reply *r)
{
	struct actor who = request_actor(q);
	changed(front, q, r, outbox_resume(&front->desk, &who));
}

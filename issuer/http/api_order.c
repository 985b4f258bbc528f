#include "base/clock.h"
#include "issuer/http/api.h"

#include <string.h>

void api_order_list(struct front *front, const struct request *q, struct reply *r)
{
	struct value values[3] = {api_filter(q, "state"), api_filter(q, "before")};
	api_list(front, q, r, STATEMENT_ORDER_LIST, values, 3, "id");
}

/* An order, and after a change the same view of it. */
static void show(struct front *front, const struct request *q, struct reply *r, int status, const char *id)
{
	json_t *row = NULL;
	if (!api_one(front, q, r, STATEMENT_ORDER_SHOW, STORE_VALUES(value_text(id)), &row))
		return;
	enum err e = api_attach(front, row, "messages", STATEMENT_MESSAGE_OF_ORDER, STORE_VALUES(value_text(id)));
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

void api_order_new(struct front *front, const struct request *q, struct reply *r)
{
	struct errbuf why = {0};
	struct faults faults = {0};
	struct actor who = request_actor(q);
	json_t *body = NULL;
	char id[ID_SIZE];
	enum err e = request_json(q, &body, &why);
	if (!e)
		e = order_new(&front->desk, &who, body, id, &faults, &why);
	if (e)
		reply_problem(r, q, e, &why, &faults);
	else
		show(front, q, r, 201, id);
	faults_clear(&faults);
	json_decref(body);
}

static void changed(struct front *front, const struct request *q, struct reply *r, enum err e, const struct errbuf *why)
{
	if (e)
		reply_problem(r, q, e, why, NULL);
	else
		show(front, q, r, 200, q->parameter[0]);
}

void api_order_cancel(struct front *front, const struct request *q, struct reply *r)
{
	static const char *const members[] = {"reason", NULL};
	struct errbuf why = {0};
	struct actor who = request_actor(q);
	json_t *body = NULL;
	if (!api_body(q, r, members, &body))
		return;
	const char *reason = json_string_value(json_object_get(body, "reason"));
	changed(front, q, r, order_cancel(&front->desk, &who, q->parameter[0], reason, &why), &why);
	json_decref(body);
}

void api_order_resend(struct front *front, const struct request *q, struct reply *r)
{
	struct errbuf why = {0};
	struct actor who = request_actor(q);
	changed(front, q, r, order_resend(&front->desk, &who, q->parameter[0], &why), &why);
}

void api_order_unlock(struct front *front, const struct request *q, struct reply *r)
{
	struct errbuf why = {0};
	struct actor who = request_actor(q);
	changed(front, q, r, order_unlock(&front->desk, &who, q->parameter[0], &why), &why);
}

/* A repeat is shown what the first has made. */
void api_order_reissue(struct front *front, const struct request *q, struct reply *r)
{
	static const char *const members[] = {"note", NULL};
	struct errbuf why = {0};
	struct faults faults = {0};
	struct actor who = request_actor(q);
	json_t *body = NULL;
	char id[ID_SIZE];
	bool made = false;
	if (!api_body(q, r, members, &body))
		return;
	const struct reissue_wish wish = {q->parameter[0], json_string_value(json_object_get(body, "note"))};
	enum err e = order_reissue(&front->desk, &who, &wish, id, &made, &faults, &why);
	if (e)
		reply_problem(r, q, e, &why, &faults);
	else
		show(front, q, r, made ? 201 : 200, id);
	faults_clear(&faults);
	json_decref(body);
}

void api_client_show(struct front *front, const struct request *q, struct reply *r)
{
	json_t *row = NULL;
	const char *const *p = q->parameter;
	if (!api_one(front, q, r, STATEMENT_CLIENT_SHOW, STORE_VALUES(value_text(p[0]), value_text(p[1]), value_text(p[2])), &row))
		return;
	enum err e = api_attach(front, row, "certificates", STATEMENT_CERTIFICATE_LIST,
				STORE_VALUES(value_integer(clock_now()), value_null(), value_text(p[0]), value_text(p[1]),
					     value_text(p[2]), value_null(), value_integer(API_LIMIT_MOST)));
	if (e) {
		json_decref(row);
		reply_problem(r, q, e, NULL, NULL);
		return;
	}
	reply_json(r, 200, row);
}

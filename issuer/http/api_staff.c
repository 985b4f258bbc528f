/* The life of the members of the staff. */
#include "base/clock.h"
#include "issuer/http/api.h"
#include "issuer/order/staff.h"

static enum err attach_all(struct front *front, json_t *row, const char *staff)
{
	struct value most = value_integer(API_LIMIT_MOST);
	enum err e = api_attach(front, row, "certificates", STATEMENT_STAFF_CERTIFICATES,
				STORE_VALUES(value_integer(clock_now()), value_text(staff), most));
	if (!e)
		e = api_attach(front, row, "orders", STATEMENT_STAFF_ORDERS, STORE_VALUES(value_text(staff), most));
	return e ? e : api_attach(front, row, "history", STATEMENT_AUDIT_OF_OBJECT, STORE_VALUES(value_text(staff), most));
}

/* A member, and after a change the same view of it. */
static void show(struct front *front, const struct request *q, struct reply *r, int status, const char *staff)
{
	json_t *row = NULL;
	if (!api_one(front, q, r, STATEMENT_STAFF_SHOW, STORE_VALUES(value_text(staff)), &row))
		return;
	enum err e = attach_all(front, row, staff);
	if (e) {
		json_decref(row);
		reply_problem(r, q, e, NULL, NULL);
		return;
	}
	reply_json(r, status, row);
	api_tag(r, row);
}

static void changed(struct front *front, const struct request *q, struct reply *r, int status, enum err e,
		    const struct errbuf *why)
{
	if (e)
		reply_problem(r, q, e, why, NULL);
	else
		show(front, q, r, status, q->parameter[0]);
}

void api_staff_show(struct front *front, const struct request *q, struct reply *r)
{
	show(front, q, r, 200, q->parameter[0]);
}

static enum err make_member(struct desk *d, struct creation *c)
{
	return staff_add(d, &c->who, c->body, c->id, &c->faults, &c->why);
}

void api_staff_add(struct front *front, const struct request *q, struct reply *r)
{
	struct creation c = {.body = NULL};
	int status = api_create(front, q, r, make_member, &c);
	if (status)
		show(front, q, r, status, c.id);
	json_decref(c.body);
}

void api_staff_change(struct front *front, const struct request *q, struct reply *r)
{
	struct errbuf why = {0};
	struct faults faults = {0};
	struct actor who = request_actor(q);
	struct staff_wish wish = {.staff = q->parameter[0], .if_match = q->if_match};
	enum err e = request_json(q, &wish.body, &why);
	if (!e)
		e = staff_change(&front->desk, &who, &wish, &faults, &why);
	if (e)
		reply_problem(r, q, e, &why, &faults);
	else
		show(front, q, r, 200, q->parameter[0]);
	faults_clear(&faults);
	json_decref(wish.body);
}

typedef enum err end_fn(struct desk *d, const struct actor *who, const char *staff, const char *reason, struct errbuf *why);

static void end(struct front *front, const struct request *q, struct reply *r, end_fn *how)
{
	static const char *const members[] = {"reason", NULL};
	struct errbuf why = {0};
	struct actor who = request_actor(q);
	json_t *body = NULL;
	if (!api_body(q, r, members, &body))
		return;
	const char *reason = json_string_value(json_object_get(body, "reason"));
	changed(front, q, r, 200, how(&front->desk, &who, q->parameter[0], reason, &why), &why);
	json_decref(body);
}

void api_staff_suspend(struct front *front, const struct request *q, struct reply *r)
{
	end(front, q, r, staff_suspend);
}

void api_staff_remove(struct front *front, const struct request *q, struct reply *r)
{
	end(front, q, r, staff_remove);
}

void api_staff_restore(struct front *front, const struct request *q, struct reply *r)
{
	struct errbuf why = {0};
	struct actor who = request_actor(q);
	changed(front, q, r, 200, staff_restore(&front->desk, &who, q->parameter[0], &why), &why);
}

void api_staff_renew(struct front *front, const struct request *q, struct reply *r)
{
	struct errbuf why = {0};
	struct actor who = request_actor(q);
	char order[ID_SIZE];
	changed(front, q, r, 201, staff_renew(&front->desk, &who, q->parameter[0], order, &why), &why);
}

/* One organisation, service, client or contact: added, shown, changed. */
#include "base/clock.h"
#include "issuer/http/api.h"

#include <string.h>

/* The answer, with the object's tag; takes the row. */
static void answer(const struct request *q, struct reply *r, int status, json_t *row, enum err e)
{
	if (e) {
		json_decref(row);
		reply_problem(r, q, e, NULL, NULL);
		return;
	}
	reply_json(r, status, row);
	api_tag(r, row);
}

static enum err attach_history(struct front *front, json_t *row)
{
	return api_attach(front, row, "history", STATEMENT_AUDIT_OF_OBJECT,
			  STORE_VALUES(value_text(json_string_value(json_object_get(row, "id"))),
				       value_integer(API_LIMIT_MOST)));
}

/* By its slugs from the top; a contact by id or e-mail. */
typedef void show_object(struct front *front, const struct request *q, struct reply *r, int status, const char *const *name);

static void show_organisation(struct front *front, const struct request *q, struct reply *r, int status,
			      const char *const *name)
{
	json_t *row = NULL;
	if (!api_one_in(front, q, r, "slug", STATEMENT_ORGANISATION_SHOW, STORE_VALUES(value_text(name[0])), &row))
		return;
	const char *id = json_string_value(json_object_get(row, "id"));
	enum err e = api_attach(front, row, "services", STATEMENT_SERVICE_LIST_OF,
				STORE_VALUES(value_text(id), value_text(""), value_integer(API_LIMIT_MOST)));
	if (!e)
		e = api_attach(front, row, "contacts", STATEMENT_CONTACT_LIST_OF,
			       STORE_VALUES(value_text(id), value_text(""), value_text(""), value_integer(API_LIMIT_MOST)));
	if (!e)
		e = attach_history(front, row);
	answer(q, r, status, row, e);
}

/* A client's caller is told no more of its own service than what it is called. */
static void show_service(struct front *front, const struct request *q, struct reply *r, int status,
			 const char *const *name)
{
	json_t *row = NULL;
	if (!api_one_in(front, q, r, "organisation", STATEMENT_SERVICE_SHOW,
			STORE_VALUES(value_text(name[0]), value_text(name[1])), &row))
		return;
	if (q->identity && q->identity->kind == IDENTITY_STAFF) {
		answer(q, r, status, row, attach_history(front, row));
		return;
	}
	json_object_del(row, "approvals");
	json_object_del(row, "version");
	reply_json(r, status, row);
}

static void show_client(struct front *front, const struct request *q, struct reply *r, int status,
			const char *const *name)
{
	json_t *row = NULL;
	if (!api_one_in(front, q, r, "organisation", STATEMENT_CLIENT_SHOW,
			STORE_VALUES(value_text(name[0]), value_text(name[1]), value_text(name[2])), &row))
		return;
	enum err e = api_attach(front, row, "certificates", STATEMENT_CERTIFICATE_LIST_OF_CLIENT,
				STORE_VALUES(value_integer(clock_now()), value_integer(INT64_MAX), value_text(""),
					     value_text(json_string_value(json_object_get(row, "id"))), value_null(),
					     value_null(), value_null(), value_null(), value_integer(API_LIMIT_MOST)));
	if (!e)
		e = attach_history(front, row);
	answer(q, r, status, row, e);
}

static void show_contact(struct front *front, const struct request *q, struct reply *r, int status,
			 const char *const *name)
{
	struct actor who = request_actor(q);
	json_t *row = NULL;
	if (api_one(front, q, r, STATEMENT_CONTACT_SHOW, STORE_VALUES(value_text(name[0]), value_text(actor_scope(&who))), &row))
		answer(q, r, status, row, attach_history(front, row));
}

static const struct object {
	show_object *show;
	const char *names[3]; /* the body's, at an addition; NULL: by its id */
} objects[] = {
	[DIRECTORY_ORGANISATION] = {show_organisation, {"slug"}},
	[DIRECTORY_SERVICE] = {show_service, {"organisation", "slug"}},
	[DIRECTORY_CLIENT] = {show_client, {"organisation", "service", "slug"}},
	[DIRECTORY_CONTACT] = {show_contact, {NULL}},
};

static enum err make(struct desk *d, struct creation *c)
{
	const enum directory_kind *kind = c->wish;
	return directory_add(d, &c->who, *kind, c->body, c->id, &c->faults, &c->why);
}

static void add(struct front *front, const struct request *q, struct reply *r, enum directory_kind kind)
{
	struct creation c = {.wish = &kind};
	const char *name[3] = {c.id};
	int status = api_create(front, q, r, make, &c);
	for (size_t i = 0; i < 3 && objects[kind].names[i]; i++)
		name[i] = json_string_value(json_object_get(c.body, objects[kind].names[i]));
	if (status)
		objects[kind].show(front, q, r, status, name);
	json_decref(c.body);
}

static void change(struct front *front, const struct request *q, struct reply *r, enum directory_kind kind)
{
	const char *const *p = q->parameter;
	struct directory_change wish = {.kind = kind, .slug = {p[0], p[1], p[2]}, .contact = p[0], .if_match = q->if_match};
	struct errbuf why = {0};
	struct faults faults = {0};
	struct actor who = request_actor(q);
	char id[ID_SIZE];
	enum err e = request_json(q, &wish.body, &why);
	if (!e)
		e = directory_change(&front->desk, &who, &wish, id, &faults, &why);
	if (e)
		reply_problem(r, q, e, &why, &faults);
	else
		/* the address by which a contact was named may be another now */
		objects[kind].show(front, q, r, 200, objects[kind].names[0] ? p : (const char *const[]){id});
	faults_clear(&faults);
	json_decref(wish.body);
}

void api_organisation_add(struct front *front, const struct request *q, struct reply *r)
{
	add(front, q, r, DIRECTORY_ORGANISATION);
}

void api_service_add(struct front *front, const struct request *q, struct reply *r)
{
	add(front, q, r, DIRECTORY_SERVICE);
}

void api_client_add(struct front *front, const struct request *q, struct reply *r)
{
	add(front, q, r, DIRECTORY_CLIENT);
}

void api_contact_add(struct front *front, const struct request *q, struct reply *r)
{
	add(front, q, r, DIRECTORY_CONTACT);
}

void api_organisation_change(struct front *front, const struct request *q, struct reply *r)
{
	change(front, q, r, DIRECTORY_ORGANISATION);
}

void api_service_change(struct front *front, const struct request *q, struct reply *r)
{
	change(front, q, r, DIRECTORY_SERVICE);
}

void api_client_change(struct front *front, const struct request *q, struct reply *r)
{
	change(front, q, r, DIRECTORY_CLIENT);
}

void api_contact_change(struct front *front, const struct request *q, struct reply *r)
{
	change(front, q, r, DIRECTORY_CONTACT);
}

void api_organisation_show(struct front *front, const struct request *q, struct reply *r)
{
	show_organisation(front, q, r, 200, q->parameter);
}

void api_client_show(struct front *front, const struct request *q, struct reply *r)
{
	show_client(front, q, r, 200, q->parameter);
}

void api_contact_show(struct front *front, const struct request *q, struct reply *r)
{
	show_contact(front, q, r, 200, q->parameter);
}

/* A client's caller reaches its own service alone; for any other it cannot even tell whether it exists. */
static bool own_service(const struct request *q)
{
	const struct identity *i = q->identity;
	return i && (i->kind == IDENTITY_STAFF || (strcmp(i->organisation, q->parameter[0]) == 0 &&
						   strcmp(i->service, q->parameter[1]) == 0));
}

void api_service_show(struct front *front, const struct request *q, struct reply *r)
{
	struct errbuf why = {0};
	if (own_service(q)) {
		show_service(front, q, r, 200, q->parameter);
		return;
	}
	(void)fail(&why, ERR_REFUSED, "this certificate is for %s/%s only", q->identity ? q->identity->organisation : "",
		   q->identity ? q->identity->service : "");
	reply_problem(r, q, ERR_REFUSED, &why, NULL);
}

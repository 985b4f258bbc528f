#include "issuer/http/api.h"

#include <stdio.h>
#include <string.h>

static void add(struct front *front, const struct request *q, struct reply *r, enum directory_kind kind)
{
	struct errbuf why = {0};
	struct faults faults = {0};
	struct actor who = request_actor(q);
	json_t *body = NULL;
	char id[ID_SIZE];
	enum err e = request_json(q, &body, &why);
	if (!e)
		e = directory_add(&front->desk, &who, kind, body, id, &faults, &why);
	if (e) {
		reply_problem(r, q, e, &why, &faults);
	} else {
		json_object_set_new(body, "id", json_string(id));
		reply_json(r, 201, json_incref(body));
	}
	faults_clear(&faults);
	json_decref(body);
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

void api_organisation_list(struct front *front, const struct request *q, struct reply *r)
{
	struct value values[1];
	api_list(front, q, r, STATEMENT_ORGANISATION_LIST, values, 1, NULL);
}

void api_service_list(struct front *front, const struct request *q, struct reply *r)
{
	struct value values[2] = {api_filter(q, "organisation")};
	api_list(front, q, r, STATEMENT_SERVICE_LIST, values, 2, NULL);
}

void api_client_list(struct front *front, const struct request *q, struct reply *r)
{
	struct value values[3] = {api_filter(q, "organisation"), api_filter(q, "service")};
	api_list(front, q, r, STATEMENT_CLIENT_LIST, values, 3, NULL);
}

void api_contact_list(struct front *front, const struct request *q, struct reply *r)
{
	struct value values[2] = {api_filter(q, "organisation")};
	api_list(front, q, r, STATEMENT_CONTACT_LIST, values, 2, NULL);
}

void api_staff_list(struct front *front, const struct request *q, struct reply *r)
{
	struct value values[1];
	api_list(front, q, r, STATEMENT_STAFF_LIST, values, 1, NULL);
}

void api_organisation_show(struct front *front, const struct request *q, struct reply *r)
{
	json_t *row = NULL;
	if (!api_one(front, q, r, STATEMENT_ORGANISATION_SHOW, STORE_VALUES(value_text(q->parameter[0])), &row))
		return;
	enum err e = api_attach(front, row, "services", STATEMENT_SERVICE_LIST,
				STORE_VALUES(value_text(q->parameter[0]), value_integer(API_LIMIT_MOST)));
	if (!e)
		e = api_attach(front, row, "contacts", STATEMENT_CONTACT_LIST,
			       STORE_VALUES(value_text(q->parameter[0]), value_integer(API_LIMIT_MOST)));
	if (e) {
		json_decref(row);
		reply_problem(r, q, e, NULL, NULL);
		return;
	}
	reply_json(r, 200, row);
}

static void show_contact(struct front *front, const struct request *q, struct reply *r, const char *contact)
{
	json_t *row = NULL;
	if (api_one(front, q, r, STATEMENT_CONTACT_SHOW, STORE_VALUES(value_text(contact)), &row))
		reply_json(r, 200, row);
}

void api_contact_show(struct front *front, const struct request *q, struct reply *r)
{
	show_contact(front, q, r, q->parameter[0]);
}

void api_contact_change(struct front *front, const struct request *q, struct reply *r)
{
	struct errbuf why = {0};
	struct faults faults = {0};
	struct actor who = request_actor(q);
	json_t *body = NULL;
	char id[ID_SIZE];
	enum err e = request_json(q, &body, &why);
	if (!e)
		e = directory_change_contact(&front->desk, &who, q->parameter[0], body, id, &faults, &why);
	if (e)
		reply_problem(r, q, e, &why, &faults);
	else
		show_contact(front, q, r, id); /* the address by which it was named may be another now */
	faults_clear(&faults);
	json_decref(body);
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
	json_t *row = NULL;
	struct errbuf why = {0};
	if (!own_service(q)) {
		(void)fail(&why, ERR_REFUSED, "this certificate is for %s/%s only", q->identity ? q->identity->organisation : "",
			   q->identity ? q->identity->service : "");
		reply_problem(r, q, ERR_REFUSED, &why, NULL);
		return;
	}
	if (api_one(front, q, r, STATEMENT_SERVICE_SHOW,
		    STORE_VALUES(value_text(q->parameter[0]), value_text(q->parameter[1])), &row))
		reply_json(r, 200, row);
}

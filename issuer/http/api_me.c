#include "base/clock.h"
#include "issuer/http/api.h"
#include "issuer/process/child.h"

#include <string.h>

enum { EXPIRY_HORIZON = 90 * 86400 };

void api_me(struct front *front, const struct request *q, struct reply *r)
{
	(void)front;
	const struct identity *i = q->identity;
	char until[CLOCK_TEXT_SIZE];
	clock_text(i->not_after, until);
	json_t *j = json_pack("{s:s, s:s, s:I}", "serial", i->serial, "not_after", until, "days_left",
			      (json_int_t)((i->not_after - clock_now()) / 86400));
	const struct {
		const char *name, *value;
	} staff[] = {{"kind", "staff"}, {"id", i->staff_id}, {"name", i->staff_name}, {"role", i->role}},
	  client[] = {{"kind", "client"},	      {"organisation", i->organisation}, {"service", i->service},
		      {"client", i->client}, {"client_name", i->client_name}};
	if (i->kind == IDENTITY_STAFF)
		for (size_t n = 0; n < sizeof staff / sizeof staff[0]; n++)
			json_object_set_new(j, staff[n].name, json_string(staff[n].value));
	else
		for (size_t n = 0; n < sizeof client / sizeof client[0]; n++)
			json_object_set_new(j, client[n].name, json_string(client[n].value));
	reply_json(r, 200, j);
}

static enum err fill(struct front *front, json_t *j, int64_t now)
{
	int64_t horizon = now + EXPIRY_HORIZON;
	enum err e = api_attach(front, j, "orders", STATEMENT_STATUS_ORDERS, NULL, 0);
	if (!e)
		e = api_attach_one(front, j, "messages", STATEMENT_STATUS_MESSAGES, STORE_VALUES(value_integer(now)));
	if (!e)
		e = api_attach_one(front, j, "certificates", STATEMENT_STATUS_CERTIFICATES,
				   STORE_VALUES(value_integer(now), value_integer(horizon)));
	if (!e)
		e = api_attach(front, j, "expiring", STATEMENT_STATUS_EXPIRING,
			       STORE_VALUES(value_integer(now), value_integer(horizon), value_integer(API_LIMIT)));
	if (!e)
		e = api_attach(front, j, "dead_messages", STATEMENT_STATUS_DEAD_MESSAGES, STORE_VALUES(value_integer(API_LIMIT)));
	return e;
}

void api_status(struct front *front, const struct request *q, struct reply *r)
{
	int64_t now = clock_now();
	char checked[CLOCK_TEXT_SIZE];
	clock_text(now, checked);
	json_t *j = json_pack("{s:s, s:b}", "checked_at", checked, "issuing_paused", front->shared->issuing_paused != 0);
	enum err e = j ? fill(front, j, now) : ERR_MEMORY;
	if (e) {
		json_decref(j);
		reply_problem(r, q, e, NULL, NULL);
		return;
	}
	reply_json(r, 200, j);
}

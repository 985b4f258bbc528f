#include "base/clock.h"
#include "base/encode.h"
#include "issuer/http/api.h"
#include "issuer/process/child.h"

#include <inttypes.h>

enum { SECONDS_A_DAY = 86400, EXPIRY_HORIZON = 90 * SECONDS_A_DAY };

static void add_member(struct buf *out, const char *name, const char *value)
{
	buf_byte(out, ',');
	json_quote(name, out);
	buf_byte(out, ':');
	json_quote(value, out);
}

/* The request that services make most, so no tree is built for it. */
void api_me(struct front *front, const struct request *q, struct reply *r)
{
	(void)front;
	const struct identity *i = q->identity;
	const struct {
		const char *name, *value;
	} staff[] = {{"kind", "staff"}, {"id", i->staff_id}, {"name", i->staff_name}, {"role", i->role}},
	  client[] = {{"kind", "client"},	      {"organisation", i->organisation}, {"service", i->service},
		      {"client", i->client}, {"client_name", i->client_name}};
	char until[CLOCK_TEXT_SIZE];
	clock_text(i->not_after, until);
	r->content_type = "application/json";
	buf_format(&r->body, "{\"serial\":\"%s\",\"not_after\":\"%s\",\"days_left\":%" PRId64, i->serial, until,
		   (i->not_after - clock_now()) / SECONDS_A_DAY);
	if (i->kind == IDENTITY_STAFF)
		for (size_t n = 0; n < sizeof staff / sizeof staff[0]; n++)
			add_member(&r->body, staff[n].name, staff[n].value);
	else
		for (size_t n = 0; n < sizeof client / sizeof client[0]; n++)
			add_member(&r->body, client[n].name, client[n].value);
	buf_text(&r->body, "}\n");
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
	json_t *j = json_pack("{s:s, s:b}", "checked_at", checked, "issuing_paused", front->shared->issuing_paused != 0 || issuer_fault_because(front->shared));
	enum err e = j ? fill(front, j, now) : ERR_MEMORY;
	if (e) {
		json_decref(j);
		reply_problem(r, q, e, NULL, NULL);
		return;
	}
	reply_json(r, 200, j);
}

#include "base/clock.h"
#include "base/encode.h"
#include "issuer/http/api.h"

#include <inttypes.h>

enum { SECONDS_A_DAY = 86400 };

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

/* What stops working when a certificate is revoked: for whoever is about to do it. */
#include "base/clock.h"
#include "ca/certificate.h"
#include "issuer/http/api.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { IMPACT_MOST = 20 };

static enum err attach_all(struct front *front, json_t *row, const char *serial, int64_t now)
{
	bool client = json_is_string(json_object_get(row, "client"));
	enum err e = api_attach(front, row, "other_live",
				client ? STATEMENT_IMPACT_OTHER_LIVE : STATEMENT_IMPACT_OTHER_LIVE_OF_STAFF,
				STORE_VALUES(value_integer(now), value_text(serial), value_integer(IMPACT_MOST)));
	if (!e)
		e = api_attach(front, row, "orders_open", STATEMENT_IMPACT_ORDERS_OPEN,
			       STORE_VALUES(value_text(serial), value_integer(IMPACT_MOST)));
	return e;
}

static bool has_ended(const json_t *row, int64_t now)
{
	int64_t not_after = 0;
	const char *text = json_string_value(json_object_get(row, "not_after"));
	return text && clock_from_text(text, &not_after) == ERR_OK && not_after < now;
}

static enum err add_sentence(json_t *row, int64_t now)
{
	char text[512];
	const char *name = json_string_value(json_object_get(row, "name"));
	const char *status = json_string_value(json_object_get(row, "status"));
	size_t others = json_array_size(json_object_get(row, "other_live"));
	if (strcmp(status, "revoked") == 0)
		snprintf(text, sizeof text, "It is revoked already: nothing changes.");
	else if (has_ended(row, now))
		snprintf(text, sizeof text, "It has expired: nobody who checks lets it in, and nothing stops working.");
	else if (others)
		snprintf(text, sizeof text, "%s is refused with this certificate, and goes on only where it has been given another: it has %zu%s"
			 " that can be used.", name, others, others == IMPACT_MOST ? " or more" : "");
	else
		snprintf(text, sizeof text, "%s stops working at once: it has no other certificate that can be used.", name);
	return json_object_set_new(row, "sentence", json_string(text)) == 0 ? ERR_OK : ERR_MEMORY;
}

void api_certificate_impact(struct front *front, const struct request *q, struct reply *r)
{
	int64_t now = clock_now();
	char serial[SERIAL_TEXT_SIZE];
	json_t *row = NULL;
	if (!api_serial(q, r, serial))
		return;
	if (!api_one_in(front, q, r, "organisation", STATEMENT_IMPACT, STORE_VALUES(value_text(serial)), &row))
		return;
	enum err e = attach_all(front, row, serial, now);
	if (!e)
		e = add_sentence(row, now);
	if (e) {
		json_decref(row);
		reply_problem(r, q, e, NULL, NULL);
		return;
	}
	reply_json(r, 200, row);
}

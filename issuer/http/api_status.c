/* What needs attention, for the start page and for whoever asks from a terminal. Each count is of an index over what is not done:
 * it costs the same after ten years. */
#include "base/clock.h"
#include "ca/asn1_time.h"
#include "ca/authority.h"
#include "issuer/http/api.h"
#include "issuer/http/crl_cache.h"
#include "issuer/http/readiness.h"
#include "issuer/issuers.h"
#include "issuer/process/child.h"

#include <string.h>

enum { SECONDS_A_DAY = 86400, WEEKS = 13, HORIZON = WEEKS * 7 * SECONDS_A_DAY, FAILED_FOR = 90 * SECONDS_A_DAY };

struct looking {
	struct front *front;
	json_t *out;
	int64_t now;
	struct value scope;
};

/* ---- order life ---- */

static enum err attach_lists(const struct looking *l)
{
	const struct value limit = value_integer(API_LIMIT), now = value_integer(l->now);
	enum err e = api_attach(l->front, l->out, "orders", STATEMENT_STATUS_ORDERS, &l->scope, 1);
	if (!e)
		e = api_attach(l->front, l->out, "requested", STATEMENT_STATUS_IN_STATE,
			       STORE_VALUES(value_text("requested"), l->scope, limit));
	if (!e)
		e = api_attach(l->front, l->out, "locked", STATEMENT_STATUS_IN_STATE, STORE_VALUES(value_text("locked"), l->scope, limit));
	if (!e)
		e = api_attach(l->front, l->out, "overdue", STATEMENT_STATUS_OVERDUE, STORE_VALUES(now, l->scope, limit));
	if (!e)
		e = api_attach(l->front, l->out, "failed", STATEMENT_STATUS_FAILED,
			       STORE_VALUES(value_integer(l->now - FAILED_FOR), l->scope, limit));
	if (!e)
		e = api_attach_one(l->front, l->out, "counts", STATEMENT_STATUS_COUNTS, STORE_VALUES(l->scope, now));
	return e ? e : api_attach_one(l->front, l->out, "outbox", STATEMENT_OUTBOX_PAUSED, NULL, 0);
}

/* Every week has its place, also those in which nothing ends. */
static json_t *whole_weeks(const json_t *found, int64_t now)
{
	json_int_t count[WEEKS] = {0};
	json_t *row, *weeks = json_array();
	size_t i;
	json_array_foreach((json_t *)found, i, row) {
		json_int_t week = json_integer_value(json_object_get(row, "week"));
		if (week >= 0 && week < WEEKS)
			count[week] = json_integer_value(json_object_get(row, "count"));
	}
	for (i = 0; i < WEEKS && weeks; i++) {
		char from[CLOCK_TEXT_SIZE];
		clock_text(now + (int64_t)i * 7 * SECONDS_A_DAY, from);
		if (json_array_append_new(weeks, json_pack("{s:s%, s:I}", "from", from, (size_t)10, "count", count[i])) != 0) {
			json_decref(weeks);
			return NULL;
		}
	}
	return weeks;
}

static enum err attach_expiring(const struct looking *l)
{
	const struct value now = value_integer(l->now), horizon = value_integer(l->now + HORIZON);
	enum err e = api_attach(l->front, l->out, "expiring", STATEMENT_STATUS_EXPIRING,
				STORE_VALUES(now, horizon, l->scope, value_integer(API_LIMIT)));
	if (!e)
		e = api_attach(l->front, l->out, "weeks", STATEMENT_STATUS_WEEKS, STORE_VALUES(now, horizon, l->scope));
	if (!e && json_object_set_new(l->out, "weeks", whole_weeks(json_object_get(l->out, "weeks"), l->now)) != 0)
		e = ERR_MEMORY;
	return e;
}

/* ---- the authority ---- */

static int set_time(json_t *row, const char *name, int64_t at)
{
	char text[CLOCK_TEXT_SIZE];
	clock_text(at, text);
	return json_object_set_new(row, name, at ? json_string(text) : json_null());
}

/* One CA: until when its certificate lives, and how old its list is. */
static json_t *authority(const struct looking *l, size_t place)
{
	const struct issuer *issuer = &l->front->issuers->at[place];
	struct crl_head list = {0};
	bool has = crl_cache_head_of(l->front->crl_cache, place, &list) == ERR_OK;
	json_t *row = json_pack("{s:s, s:s}", "label", issuer->label, "standing", issuer_standing_name(issuer->standing));
	if (row && set_time(row, "not_after", issuer->until) == 0 && set_time(row, "list_made_at", has ? list.this_update : 0) == 0 &&
	    set_time(row, "list_until", has ? list.next_update : 0) == 0)
		return row;
	json_decref(row);
	return NULL;
}

static json_t *root(const struct looking *l)
{
	X509 *certificate = NULL;
	int64_t until = 0;
	if (authority_certificate(&l->front->root_pem, &certificate, NULL) == ERR_OK &&
	    asn1_time_read(X509_get0_notAfter(certificate), &until) != ERR_OK)
		until = 0;
	X509_free(certificate);
	json_t *row = json_pack("{s:s, s:s, s:n}", "label", "root", "standing", "root", "list_made_at");
	if (row && set_time(row, "not_after", until) == 0 && set_time(row, "list_until", l->front->shared->root_list_until) == 0)
		return row;
	json_decref(row);
	return NULL;
}

static enum err attach_authorities(const struct looking *l)
{
	const struct issuers *all = l->front->issuers;
	json_t *list = json_array();
	int rc = all ? json_array_append_new(list, root(l)) : 0;
	for (size_t i = 0; rc == 0 && all && i < all->count; i++)
		rc = json_array_append_new(list, authority(l, i));
	if (rc == 0)
		return json_object_set_new(l->out, "authorities", list) == 0 ? ERR_OK : ERR_MEMORY;
	json_decref(list);
	return ERR_MEMORY;
}

static size_t length(const struct looking *l, const char *name)
{
	return json_array_size(json_object_get(l->out, name));
}

/* Is there nothing that anybody should do something about? */
static enum err conclude(const struct looking *l)
{
	json_t *reasons = readiness_faults(l->front, l->now);
	bool ready = json_array_size(reasons) == 0;
	bool paused = json_integer_value(json_object_get(json_object_get(l->out, "outbox"), "paused")) != 0;
	bool ending = json_integer_value(json_object_get(json_object_get(l->out, "counts"), "ending")) != 0;
	bool clear = reasons && ready && !paused && !ending && !length(l, "requested") && !length(l, "locked") && !length(l, "overdue") && !length(l, "failed");
	json_t *more = json_pack("{s:b, s:o, s:b}", "ready", ready, "reasons", reasons, "all_clear", clear);
	enum err e = more && json_object_update(l->out, more) == 0 ? ERR_OK : ERR_MEMORY;
	json_decref(more);
	return e;
}

void api_status(struct front *front, const struct request *q, struct reply *r)
{
	char checked[CLOCK_TEXT_SIZE];
	const struct actor who = request_actor(q);
	struct looking l = {.front = front, .now = clock_now(), .scope = value_text(actor_scope(&who))};
	clock_text(l.now, checked);
	l.out = json_pack("{s:s, s:b}", "checked_at", checked, "issuing_paused",
			  front->shared->issuing_paused != 0 || issuer_fault_because(front->shared));
	enum err e = l.out ? attach_lists(&l) : ERR_MEMORY;
	if (!e)
		e = attach_expiring(&l);
	if (!e)
		e = attach_authorities(&l);
	if (!e)
		e = conclude(&l);
	if (!e) {
		reply_json(r, 200, l.out);
		return;
	}
	json_decref(l.out);
	reply_problem(r, q, e, NULL, NULL);
}

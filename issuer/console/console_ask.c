#include "issuer/console/console_own.h"
#include "issuer/http/head.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct route *row_of(route_handler *api, const char *method)
{
	for (size_t i = 0; i < route_count; i++)
		if (route_table[i].run == api && route_table[i].listener == LISTENER_MEMBERS && strcmp(route_table[i].method, method) == 0)
			return &route_table[i];
	return NULL;
}

bool console_may(const struct request *q, route_handler *api, struct errbuf *why)
{
	const struct route *row = row_of(api, "GET");
	if (!row)
		row = row_of(api, "POST");
	return row && route_permits(row, q->identity, why) == ERR_OK;
}

/* What is asked in place of the page: the API's own path and words. */
struct asking {
	struct request q;
	struct head head;
	struct buf none;
	char target[HEAD_QUERY_MAX + 8];
};

static enum err set_query(struct asking *a, const char *query, struct errbuf *why)
{
	if ((size_t)snprintf(a->target, sizeof a->target, "/?%s", query) >= sizeof a->target)
		return ERR_INTERNAL;
	a->head.method = "GET";
	a->head.target = a->target;
	a->head.version = "HTTP/1.1";
	a->q.lookup = &a->head;
	return head_split(&a->head, why);
}

static enum err prepare(struct asking *a, const struct request *q, const struct console_call *call, struct errbuf *why)
{
	const struct route *row = row_of(call->api, "GET");
	enum err e = row ? route_permits(row, q->identity, why) : ERR_INTERNAL;
	if (e)
		return e;
	a->q = *q;
	a->q.method = "GET";
	a->q.body = &a->none;
	a->q.content_type = "";
	a->q.wants_json = true;
	a->q.idempotency_key = a->q.if_match = NULL;
	if (call->parameter[0])
		memcpy(a->q.parameter, call->parameter, sizeof a->q.parameter);
	return call->query ? set_query(a, call->query, why) : ERR_OK;
}

json_t *console_take(struct reply *r)
{
	json_error_t where;
	json_t *json = r->json;
	if (json)
		json_incref(json);
	else if (r->content_type && strncmp(r->content_type, "application/json", 16) == 0 && r->body.data)
		json = json_loadb((const char *)r->body.data, r->body.len, 0, &where); /* api_me writes its own */
	return json;
}

/* What a change is held against, for those forms that are: the tag of an answer whose object has no version of its own. */
static enum err add_version(const struct reply *answer, json_t *json)
{
	size_t len = strlen(answer->etag);
	if (len < 2 || !json_is_object(json) || json_object_get(json, "version"))
		return ERR_OK;
	return json_object_set_new(json, "version", json_stringn(answer->etag + 1, len - 2)) == 0 ? ERR_OK : ERR_MEMORY;
}

/* The answer, or the problem, as JSON. */
static enum err run(struct front *front, const struct request *q, const struct console_call *call, json_t **out, bool *good,
		    struct errbuf *why)
{
	struct asking *a = calloc(1, sizeof *a); /* a head is large */
	struct reply answer = REPLY_INIT;
	*out = NULL;
	*good = false;
	enum err e = a ? prepare(a, q, call, why) : ERR_MEMORY;
	if (!e) {
		call->api(front, &a->q, &answer);
		*out = console_take(&answer);
		*good = *out && answer.status < 400;
		e = *out ? add_version(&answer, *out) : ERR_MEMORY;
	}
	reply_clear(&answer);
	free(a);
	return e;
}

bool console_ask_again(struct front *front, const struct request *q, struct reply *r, const struct console_call *call, json_t **out)
{
	struct errbuf why = {""};
	bool good = false;
	enum err e = run(front, q, call, out, &good, &why);
	if (good || (!e && json_integer_value(json_object_get(*out, "status")) == err_http_status(ERR_INVALID)))
		return good;
	if (e)
		console_fault(front, q, r, e, &why);
	else
		console_problem(front, q, r, *out);
	json_decref(*out);
	*out = NULL;
	return false;
}

bool console_ask(struct front *front, const struct request *q, struct reply *r, const struct console_call *call, json_t **out)
{
	if (console_ask_again(front, q, r, call, out))
		return true;
	if (*out)
		console_problem(front, q, r, *out);
	json_decref(*out);
	*out = NULL;
	return false;
}

enum err console_ask_maybe(struct front *front, const struct request *q, const struct console_call *call, json_t **out)
{
	bool good = false;
	enum err e = run(front, q, call, out, &good, NULL);
	if (!e && good)
		return ERR_OK;
	if (!e) {
		const char *code = json_string_value(json_object_get(*out, "code"));
		e = code ? err_from_word(code) : ERR_MEMORY;
	}
	json_decref(*out);
	*out = NULL;
	return e;
}

#include "base/media.h"
#include "issuer/http/form.h"
#include "issuer/http/head.h"
#include "issuer/http/route.h"

#include <string.h>

enum { JSON_DEPTH_MAX = 16 };

const char *request_header(const struct request *q, const char *name)
{
	return head_value(q->lookup, name);
}

const char *request_query(const struct request *q, const char *name)
{
	return head_query(q->lookup, name);
}

static bool is_in(const char *const *names, const char *name)
{
	while (*names && strcmp(*names, name) != 0)
		names++;
	return *names;
}

const char *request_query_unknown(const struct request *q, const char *const *names, const char *const *common)
{
	const struct head *h = q->lookup;
	for (size_t i = 0; i < h->queries; i++)
		if (!is_in(names, h->query[i].name) && !is_in(common, h->query[i].name))
			return h->query[i].name;
	return NULL;
}

const char *request_cookie(const struct request *q, const char *name)
{
	return head_cookie(q->lookup, name);
}

enum err request_form(const struct request *q, const char *name, char *out, size_t size)
{
	out[0] = '\0';
	if (!q->body || q->body->len == 0)
		return ERR_NOT_FOUND;
	if (!media_is(q->content_type, "application/x-www-form-urlencoded"))
		return ERR_MALFORMED;
	return form_find((const char *)q->body->data, q->body->len, name, out, size);
}

static bool shallow(const json_t *json, int depth)
{
	const char *key;
	json_t *value;
	size_t i;
	if (!json_is_object(json) && !json_is_array(json))
		return true;
	if (depth == 0)
		return false;
	json_object_foreach((json_t *)json, key, value)
		if (!shallow(value, depth - 1))
			return false;
	json_array_foreach(json, i, value)
		if (!shallow(value, depth - 1))
			return false;
	return true;
}

enum err request_json(const struct request *q, json_t **out, struct errbuf *why)
{
	json_error_t where;
	*out = NULL;
	/* A form of another site cannot send this type without asking first (CORS), and nobody answers it. */
	if (!media_is(q->content_type, "application/json"))
		return fail(why, ERR_MALFORMED, "a body of type application/json is wanted");
	if (!q->body || q->body->len == 0)
		return fail(why, ERR_MALFORMED, "a JSON object is wanted, the body is empty");
	json_t *json = json_loadb((const char *)q->body->data, q->body->len, JSON_REJECT_DUPLICATES, &where);
	if (!json)
		return fail(why, ERR_MALFORMED, "line %d, column %d: %s", where.line, where.column, where.text);
	if (!json_is_object(json) || !shallow(json, JSON_DEPTH_MAX)) {
		bool object = json_is_object(json);
		json_decref(json);
		return fail(why, ERR_MALFORMED, object ? "the JSON is nested too deep" : "a JSON object is wanted");
	}
	*out = json;
	return ERR_OK;
}

struct actor request_actor(const struct request *q)
{
	const struct identity *who = q->identity;
	if (who && who->kind == IDENTITY_STAFF)
		return (struct actor){.id = who->staff_id, .role = who->role, .request = q->id, .scope = who->scope};
	if (who && who->kind == IDENTITY_CLIENT)
		return (struct actor){.id = who->order_id, .role = "client", .request = q->id};
	return (struct actor){.id = "recipient", .role = "recipient", .request = q->id};
}

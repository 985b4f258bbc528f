#include "issuer/http/api.h"

#include <stdlib.h>
#include <string.h>

struct value api_filter(const struct request *q, const char *name)
{
	const char *text = request_query(q, name);
	return value_text(text && text[0] ? text : NULL);
}

static enum err read_limit(const struct request *q, int64_t *limit, struct errbuf *why)
{
	const char *text = request_query(q, "limit");
	*limit = API_LIMIT;
	if (!text || !text[0])
		return ERR_OK;
	char *end = NULL;
	long n = strtol(text, &end, 10);
	if (*end || n < 1 || n > API_LIMIT_MOST)
		return fail(why, ERR_INVALID, "limit: a whole number from 1 to %d", API_LIMIT_MOST);
	*limit = n;
	return ERR_OK;
}

static enum err rows(struct front *front, enum statement id, const struct value *values, size_t n, json_t **out)
{
	struct store *s = readers_take(front->desk.readers);
	enum err e = store_json(s, id, values, n, out);
	readers_give(front->desk.readers, s);
	return e;
}

static enum err one_row(struct front *front, enum statement id, const struct value *values, size_t n, json_t **out)
{
	struct store *s = readers_take(front->desk.readers);
	enum err e = store_json_one(s, id, values, n, out);
	readers_give(front->desk.readers, s);
	return e;
}

/* A full page may have more behind it: the cursor is the last row's own. */
static json_t *next_cursor(const json_t *items, int64_t limit, const char *cursor)
{
	size_t have = json_array_size(items);
	if (!cursor || have == 0 || (int64_t)have < limit)
		return json_null();
	json_t *last = json_object_get(json_array_get(items, have - 1), cursor);
	return last ? json_incref(last) : json_null();
}

void api_list(struct front *front, const struct request *q, struct reply *r, enum statement id, struct value *values,
	      size_t n, const char *cursor)
{
	struct errbuf why = {0};
	json_t *items = NULL;
	int64_t limit = 0;
	enum err e = read_limit(q, &limit, &why);
	if (!e) {
		values[n - 1] = value_integer(limit);
		e = rows(front, id, values, n, &items);
	}
	if (e)
		reply_problem(r, q, e, &why, NULL);
	else
		reply_json(r, 200, json_pack("{s:o, s:o}", "items", items, "next", next_cursor(items, limit, cursor)));
}

bool api_one(struct front *front, const struct request *q, struct reply *r, enum statement id, const struct value *values,
	     size_t n, json_t **out)
{
	enum err e = one_row(front, id, values, n, out);
	if (e)
		reply_problem(r, q, e, NULL, NULL);
	return e == ERR_OK;
}

enum err api_attach(struct front *front, json_t *object, const char *name, enum statement id, const struct value *values,
		    size_t n)
{
	json_t *list = NULL;
	enum err e = rows(front, id, values, n, &list);
	if (!e && json_object_set_new(object, name, list) != 0)
		e = ERR_MEMORY;
	return e;
}

enum err api_attach_one(struct front *front, json_t *object, const char *name, enum statement id, const struct value *values,
			size_t n)
{
	json_t *row = NULL;
	enum err e = one_row(front, id, values, n, &row);
	if (!e && json_object_set_new(object, name, row) != 0)
		e = ERR_MEMORY;
	return e;
}

static bool known(const char *const *members, const char *name)
{
	for (; *members; members++)
		if (strcmp(*members, name) == 0)
			return true;
	return false;
}

bool api_body(const struct request *q, struct reply *r, const char *const *members, json_t **out)
{
	struct errbuf why = {0};
	struct faults faults = {0};
	enum err e = ERR_OK;
	*out = NULL;
	if (q->body && q->body->len)
		e = request_json(q, out, &why);
	else if (!(*out = json_object()))
		e = ERR_MEMORY;
	const char *name;
	json_t *value;
	if (!e)
		json_object_foreach(*out, name, value) {
			if (known(members, name) && json_is_string(value))
				continue;
			struct errbuf fault = {0};
			e = fail(&fault, ERR_INVALID, known(members, name) ? "wants text" : "is not known here");
			faults_add(&faults, name, &fault);
		}
	if (e) {
		reply_problem(r, q, e, &why, &faults);
		json_decref(*out);
		*out = NULL;
	}
	faults_clear(&faults);
	return e == ERR_OK;
}

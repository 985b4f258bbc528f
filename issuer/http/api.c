#include "issuer/http/api.h"

#include <string.h>

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

bool api_one(struct front *front, const struct request *q, struct reply *r, enum statement id, const struct value *values,
	     size_t n, json_t **out)
{
	enum err e = one_row(front, id, values, n, out);
	if (e)
		reply_problem(r, q, e, NULL, NULL);
	return e == ERR_OK;
}

static bool is_seen(const struct request *q, const json_t *row, const char *in)
{
	const char *organisation = json_string_value(json_object_get(row, in));
	if (!q->identity || q->identity->kind != IDENTITY_STAFF || !q->identity->scope[0])
		return true;
	return organisation && strcmp(organisation, q->identity->organisation) == 0;
}

bool api_one_in(struct front *front, const struct request *q, struct reply *r, const char *in, enum statement id,
		const struct value *values, size_t n, json_t **out)
{
	if (!api_one(front, q, r, id, values, n, out))
		return false;
	if (is_seen(q, *out, in))
		return true;
	json_decref(*out);
	*out = NULL;
	reply_problem(r, q, ERR_NOT_FOUND, NULL, NULL);
	return false;
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

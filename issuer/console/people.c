#include "issuer/console/people.h"

#include <string.h>

static enum err add_staff(struct front *front, const struct request *q, json_t *named)
{
	json_t *answer = NULL, *item;
	enum err e = ERR_OK;
	size_t i;
	console_ask_maybe(front, q, &(struct console_call){.api = api_staff_list, .query = "limit=500"}, &answer);
	json_array_foreach(json_object_get(answer, "items"), i, item) {
		const char *id = json_string_value(json_object_get(item, "id"));
		json_t *name = json_object_get(item, "name");
		if (id && json_is_string(name) && json_object_set(named, id, name) != 0)
			e = ERR_MEMORY;
	}
	json_decref(answer);
	return e;
}

/* Everybody knows who they are themselves. */
static enum err add_self(const struct request *q, json_t *named)
{
	const struct identity *i = q->identity;
	if (!i || i->kind != IDENTITY_STAFF || !i->staff_id[0])
		return ERR_OK;
	return json_object_set_new(named, i->staff_id, json_string(i->staff_name)) == 0 ? ERR_OK : ERR_MEMORY;
}

static enum err name_one(json_t *record, const json_t *named)
{
	const char *who = json_string_value(json_object_get(record, "who"));
	json_t *name = who ? json_object_get(named, who) : NULL;
	if (!name)
		return ERR_OK;
	return json_object_set(record, "by", name) == 0 ? ERR_OK : ERR_MEMORY;
}

static enum err name_all(struct front *front, const struct request *q, json_t *records, json_t *named)
{
	enum err e = add_self(q, named);
	size_t i;
	json_t *record;
	if (!e && console_may(q, api_staff_list, NULL))
		e = add_staff(front, q, named);
	json_array_foreach(records, i, record)
		if (!e)
			e = name_one(record, named);
	return e;
}

enum err people_name(struct front *front, const struct request *q, json_t *records, json_t *named)
{
	json_t *people = named ? json_incref(named) : json_object();
	enum err e = people ? name_all(front, q, records, people) : ERR_MEMORY;
	json_decref(people);
	return e;
}

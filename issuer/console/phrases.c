#include "issuer/console/phrases.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

static const struct {
	enum phrases kind;
	const char *code, *text;
} table[] = {
#define PHRASE(which, name, said) {.kind = PHRASES_##which, .code = (name), .text = (said)},
#include "issuer/console/phrases.def"
#undef PHRASE
};

const char *phrase_find(enum phrases kind, const char *code)
{
	for (size_t i = 0; code && i < sizeof table / sizeof table[0]; i++)
		if (table[i].kind == kind && strcmp(table[i].code, code) == 0)
			return table[i].text;
	return NULL;
}

static enum err set(json_t *object, const char *name, const char *text)
{
	return json_object_set_new(object, name, json_string(text)) == 0 ? ERR_OK : ERR_MEMORY;
}

enum err phrase_add(json_t *object, const char *member, enum phrases kind, const char *as)
{
	const char *code = json_string_value(json_object_get(object, member));
	const char *said = phrase_find(kind, code);
	return code ? set(object, as, said ? said : code) : ERR_OK;
}

enum err phrase_add_each(json_t *array, const char *member, enum phrases kind, const char *as)
{
	enum err e = ERR_OK;
	size_t i;
	json_t *item;
	json_array_foreach(array, i, item)
		if (!e)
			e = phrase_add(item, member, kind, as);
	return e;
}

/* The part of the daemon, or else what kind of a person it was. */
static enum err add_actor(json_t *item)
{
	const char *part = phrase_find(PHRASES_ACTOR, json_string_value(json_object_get(item, "who")));
	return part ? set(item, "by", part) : phrase_add(item, "role", PHRASES_ACTOR, "by");
}

/* Of a message the detail is its kind and its id: its kind is what people know it by. */
static enum err name_message(json_t *item)
{
	char kind[32] = "";
	const char *what = json_string_value(json_object_get(item, "what"));
	const char *detail = json_string_value(json_object_get(item, "detail"));
	if (!what || !detail || strncmp(what, "message.", 8) != 0)
		return ERR_OK;
	snprintf(kind, sizeof kind, "%.*s", (int)strcspn(detail, " "), detail);
	const char *said = phrase_find(PHRASES_MESSAGE, kind);
	return said ? set(item, "detail", said) : ERR_OK;
}

static enum err open_record(json_t *item)
{
	const char *text = json_string_value(json_object_get(item, "record"));
	json_t *record = text ? json_loads(text, JSON_REJECT_DUPLICATES, NULL) : NULL;
	enum err e = ERR_OK;
	if (json_is_object(record) && json_object_update_missing(item, record) != 0)
		e = ERR_MEMORY;
	else if (!json_is_object(record) && text)
		e = set(item, "what", text);
	json_decref(record);
	if (!e)
		e = phrase_add(item, "what", PHRASES_WHAT, "did");
	if (!e)
		e = name_message(item);
	return e ? e : add_actor(item);
}

enum err phrase_history(json_t *records)
{
	enum err e = ERR_OK;
	size_t i;
	json_t *item;
	json_array_foreach(records, i, item)
		if (!e)
			e = open_record(item);
	return e;
}

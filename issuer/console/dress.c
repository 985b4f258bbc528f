#include "issuer/console/dress.h"

#include "base/clock.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

enum { NAME_SIZE_MOST = 64, TREE_DEPTH = 8 };

static bool is_time(const char *text, int64_t *at)
{
	return text && strlen(text) == CLOCK_TEXT_SIZE - 1 && clock_from_text(text, at) == ERR_OK;
}

void dress_time(const char *text, char out[DRESS_TIME_SIZE])
{
	static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
					     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
	int64_t at = 0;
	time_t seconds;
	struct tm utc;
	snprintf(out, DRESS_TIME_SIZE, "%s", text);
	if (!is_time(text, &at))
		return;
	seconds = (time_t)at;
	if (gmtime_r(&seconds, &utc))
		snprintf(out, DRESS_TIME_SIZE, "%d %s %d, %02d:%02d UTC", utc.tm_mday, months[utc.tm_mon], utc.tm_year + 1900,
			 utc.tm_hour, utc.tm_min);
}

static enum err set(json_t *object, const char *name, const char *text)
{
	return json_object_set_new(object, name, json_string(text)) == 0 ? ERR_OK : ERR_MEMORY;
}

static enum err set_said(json_t *object, const char *member, const char *text)
{
	char name[NAME_SIZE_MOST];
	snprintf(name, sizeof name, "%.48s_said", member);
	return set(object, name, text);
}

/* The names are gathered first: what is added may not be walked over. */
static enum err times_of(json_t *object)
{
	json_t *said = json_object();
	const char *name;
	json_t *value;
	enum err e = said ? ERR_OK : ERR_MEMORY;
	json_object_foreach(object, name, value) {
		int64_t at;
		char text[DRESS_TIME_SIZE];
		if (e || !is_time(json_string_value(value), &at))
			continue;
		dress_time(json_string_value(value), text);
		e = set_said(said, name, text);
	}
	if (!e && json_object_update(object, said) != 0)
		e = ERR_MEMORY;
	json_decref(said);
	return e;
}

static enum err times(json_t *tree, int depth)
{
	const char *name;
	json_t *value;
	size_t i;
	enum err e = json_is_object(tree) ? times_of(tree) : ERR_OK;
	if (depth == 0)
		return e;
	json_object_foreach(tree, name, value)
		if (!e && (json_is_object(value) || json_is_array(value)))
			e = times(value, depth - 1);
	json_array_foreach(tree, i, value)
		if (!e)
			e = times(value, depth - 1);
	return e;
}

enum err dress_times(json_t *tree)
{
	return times(tree, TREE_DEPTH);
}

enum err dress_as(json_t *object, const char *member, enum words kind, const char *as)
{
	const char *code = json_string_value(json_object_get(object, member));
	const char *said = words_find(kind, code);
	if (!code)
		return ERR_OK;
	if (!said)
		said = code;
	return as ? set(object, as, said) : set_said(object, member, said);
}

enum err dress(json_t *object, const char *member, enum words kind)
{
	return dress_as(object, member, kind, NULL);
}

enum err dress_each(json_t *array, const char *member, enum words kind)
{
	enum err e = ERR_OK;
	size_t i;
	json_t *item;
	json_array_foreach(array, i, item)
		if (!e)
			e = dress(item, member, kind);
	return e;
}

/* The record's own members, beside its text. One that cannot be read is shown as it stands. */
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
		e = dress(item, "what", WORDS_WHAT);
	return e ? e : dress_as(item, "role", WORDS_ACTOR, "actor_said");
}

enum err dress_history(json_t *records)
{
	enum err e = ERR_OK;
	size_t i;
	json_t *item;
	json_array_foreach(records, i, item)
		if (!e)
			e = open_record(item);
	return e ? e : dress_times(records);
}

#include "base/clock.h"
#include "base/json_text.h"
#include "client/command/sheet.h"
#include "client/command/text.h"

#include <stdlib.h>
#include <string.h>

static bool ends_with(const char *name, const char *end)
{
	size_t len = strlen(name), end_len = strlen(end);
	return len >= end_len && strcmp(name + len - end_len, end) == 0;
}

bool sheet_is_time(const char *name)
{
	return strcmp(name, "at") == 0 || ends_with(name, "_at") || ends_with(name, "_until") || ends_with(name, "not_before") ||
	       ends_with(name, "not_after");
}

static void add_time(int64_t seconds, struct buf *out)
{
	char text[CLOCK_TEXT_SIZE];
	clock_text(seconds, text);
	buf_text(out, text);
}

static void add_compact(const json_t *value, struct buf *out)
{
	char *text = json_text(value, JSON_COMPACT | JSON_ENCODE_ANY);
	if (text)
		text_safe(out, text, strlen(text));
	free(text);
}

void sheet_value(const json_t *value, bool time, struct buf *out)
{
	switch (value ? json_typeof(value) : JSON_NULL) {
	case JSON_NULL:
		buf_text(out, "-");
		break;
	case JSON_TRUE:
		buf_text(out, "yes");
		break;
	case JSON_FALSE:
		buf_text(out, "no");
		break;
	case JSON_STRING:
		text_safe(out, json_string_value(value), json_string_length(value));
		break;
	case JSON_INTEGER:
		if (time)
			add_time(json_integer_value(value), out);
		else
			buf_format(out, "%lld", (long long)json_integer_value(value));
		break;
	default:
		add_compact(value, out);
	}
}

static void open_record(json_t *item)
{
	const json_t *text = json_object_get(item, "record");
	json_t *record = text ? json_loadb(json_string_value(text), json_string_length(text), JSON_REJECT_DUPLICATES, NULL) : NULL;
	if (json_is_object(record)) {
		json_object_del(item, "record");
		json_object_update_missing(item, record);
	}
	json_decref(record);
}

void sheet_open_records(json_t *items)
{
	size_t i;
	json_t *item;
	json_array_foreach(items, i, item)
		open_record(item);
}

#include "base/clock.h"
#include "base/encode.h"
#include "issuer/store/store_internal.h"

#include <stdlib.h>
#include <string.h>

static const char *const time_endings[] = {"_at", "_until", "_before", "_after", "_update"};

bool column_is_time(const char *name)
{
	size_t len = strlen(name);
	if (strcmp(name, "at") == 0)
		return true;
	for (size_t i = 0; i < sizeof time_endings / sizeof *time_endings; i++) {
		size_t n = strlen(time_endings[i]);
		if (len > n && strcmp(name + len - n, time_endings[i]) == 0)
			return true;
	}
	return false;
}

static json_t *json_time(int64_t seconds)
{
	char text[CLOCK_TEXT_SIZE];
	clock_text(seconds, text);
	return json_string(text);
}

static json_t *json_number(const char *name, int64_t value)
{
	if (strncmp(name, "may_", 4) == 0 || strcmp(name, "several") == 0)
		return json_boolean(value != 0);
	return column_is_time(name) ? json_time(value) : json_integer(value);
}

static json_t *json_hex(const uint8_t *bytes, size_t len)
{
	char *text = malloc(2 * len + 1);
	if (!text)
		return NULL;
	hex_encode(bytes ? bytes : (const uint8_t *)"", len, text);
	json_t *value = json_string(text);
	free(text);
	return value;
}

static json_t *json_column(const struct row *r, int column, const char *name)
{
	size_t len = 0;
	switch (sqlite3_column_type(r->statement, column)) {
	case SQLITE_INTEGER:
		return json_number(name, row_integer(r, column));
	case SQLITE_TEXT:
		return json_string(row_text(r, column)); /* NULL when it is no UTF-8 */
	case SQLITE_BLOB: {
		const uint8_t *bytes = row_blob(r, column, &len);
		return json_hex(bytes, len);
	}
	default:
		return json_null();
	}
}

static enum err row_to_json(const struct row *r, json_t **out)
{
	json_t *object = json_object();
	if (!object)
		return ERR_MEMORY;
	for (int i = 0; i < sqlite3_column_count(r->statement); i++) {
		const char *name = sqlite3_column_name(r->statement, i);
		if (name && json_object_set_new(object, name, json_column(r, i, name)) == 0)
			continue;
		json_decref(object);
		return ERR_CORRUPT;
	}
	*out = object;
	return ERR_OK;
}

static enum err append_row(void *ctx, const struct row *r)
{
	json_t *object = NULL;
	enum err e = row_to_json(r, &object);
	if (e)
		return e;
	return json_array_append_new(ctx, object) == 0 ? ERR_OK : ERR_MEMORY;
}

static enum err take_row(void *ctx, const struct row *r)
{
	return row_to_json(r, ctx);
}

enum err store_json(struct store *s, enum statement id, const struct value *values, size_t n, json_t **out)
{
	json_t *array = json_array();
	if (!array)
		return ERR_MEMORY;
	enum err e = store_each(s, id, values, n, append_row, array);
	if (e)
		json_decref(array);
	else
		*out = array;
	return e;
}

enum err store_json_one(struct store *s, enum statement id, const struct value *values, size_t n, json_t **out)
{
	return store_one(s, id, values, n, take_row, out);
}

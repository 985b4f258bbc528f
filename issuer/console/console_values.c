#include "issuer/console/console_own.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* A member by its dotted name. */
static const json_t *member(const json_t *node, const char *name)
{
	while (node && *name) {
		size_t len = strcspn(name, ".");
		node = json_object_getn(node, name, len);
		name += len + (name[len] == '.');
	}
	return node;
}

static void describe(const json_t *value, struct template_value *out)
{
	*out = (struct template_value){.text = ""};
	switch (json_typeof(value)) {
	case JSON_STRING:
		out->text = json_string_value(value);
		out->given = out->text[0] != '\0';
		break;
	case JSON_INTEGER:
		snprintf(out->digits, sizeof out->digits, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
		out->text = out->digits;
		out->given = json_integer_value(value) != 0;
		break;
	case JSON_REAL:
		snprintf(out->digits, sizeof out->digits, "%.6g", json_real_value(value));
		out->text = out->digits;
		out->given = true;
		break;
	case JSON_TRUE:
		out->text = "yes";
		out->given = true;
		break;
	case JSON_FALSE:
		out->text = "no";
		break;
	case JSON_ARRAY:
		out->list = value;
		out->count = json_array_size(value);
		out->given = out->count > 0;
		break;
	case JSON_OBJECT:
		out->node = value;
		out->given = true;
		break;
	case JSON_NULL:
		break;
	}
}

static bool find(const void *node, const char *name, struct template_value *out)
{
	const json_t *value = strcmp(name, ".") == 0 ? node : member(node, name);
	if (value)
		describe(value, out);
	return value != NULL;
}

static const void *item(const void *list, size_t i)
{
	return json_array_get(list, i);
}

static enum err dress(const void *ctx, const char *name, const char *text, struct buf *out)
{
	return console_dress(ctx, name, text, out);
}

const char *console_text_of(const json_t *values, const char *name, char digits[24])
{
	struct template_value v;
	if (!values || !find(values, name, &v))
		return "";
	if (v.text != v.digits)
		return v.text;
	memcpy(digits, v.digits, 24);
	return digits;
}

struct template_data console_values(const json_t *root, const struct console_dressing *dressing)
{
	return (struct template_data){.root = root, .find = find, .item = item, .dress = dress, .ctx = dressing};
}

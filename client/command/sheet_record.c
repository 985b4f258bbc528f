#include "client/command/sheet.h"
#include "client/command/text.h"

#include <string.h>

/* Lists inside records, with the columns that people want; of any other list, its first item's members. */
static const struct {
	const char *name;
	struct column columns[COLUMNS_MAX + 1];
} known_lists[] = {
	{"history", {{"AT", "at"}, {"WHAT", "what"}, {"WHO", "who"}, {"ROLE", "role"}, {"WHY", "why"}}},
	{"certificates", {{"SERIAL", "serial"}, {"STATUS", "status"}, {"FROM", "not_before"}, {"UNTIL", "not_after"}}},
	{"other_live", {{"SERIAL", "serial"}, {"STATUS", "status"}, {"UNTIL", "not_after"}}},
	{"orders_open", {{"ID", "id"}, {"STATE", "state"}, {"KIND", "kind"}, {"CREATED", "created_at"}}},
	{"services", {{"SLUG", "slug"}, {"NAME", "name"}, {"CLIENTS", "clients"}}},
	{"contacts", {{"ID", "id"}, {"NAME", "name"}, {"E-MAIL", "email"}, {"MOBILE", "mobile"}}},
	{"messages",
	 {{"KIND", "kind"}, {"CHANNEL", "channel"}, {"STATE", "state"}, {"CREATED", "created_at"}, {"SENT", "sent_at"},
	  {"DELIVERED", "delivered_at"}, {"NOT DELIVERED", "failed_at"}, {"FAULT", "fault"}}},
	{"attempts",
	 {{"AT", "tried_at"}, {"MESSAGE", "message_id"}, {"OUTCOME", "outcome"}, {"REFERENCE", "reference"}, {"FAULT", "fault"}}},
	{"waiting",
	 {{"ORDER", "order_id"}, {"KIND", "kind"}, {"CHANNEL", "channel"}, {"ATTEMPTS", "attempts"}, {"NEXT", "due_at"},
	  {"UNTIL", "drop_after"}, {"FAULT", "fault"}}},
	{"dead",
	 {{"ORDER", "order_id"}, {"KIND", "kind"}, {"CHANNEL", "channel"}, {"STATE", "state"}, {"CREATED", "created_at"},
	  {"NOT DELIVERED", "failed_at"}, {"RECEIPT", "receipt"}, {"FAULT", "fault"}}},
	{"orders", {{"STATE", "state"}, {"COUNT", "count"}}},
};

static bool is_long(const json_t *value)
{
	return json_is_string(value) && memchr(json_string_value(value), '\n', json_string_length(value));
}

static bool is_line(const json_t *value)
{
	return !json_is_array(value) && !json_is_object(value) && !is_long(value);
}

/* What has not happened yet, or was not said, takes no line of a record. */
static bool is_said(const json_t *value)
{
	return is_line(value) && !json_is_null(value) && !(json_is_string(value) && json_string_length(value) == 0);
}

static void add_name(const char *name, struct buf *out)
{
	for (const char *p = name; *p; p++)
		text_safe(out, *p == '_' ? " " : p, 1);
}

static void add_lines(const json_t *object, const struct sheet_style *style, struct buf *out)
{
	size_t widest = 0;
	const char *name;
	json_t *value;
	json_object_foreach((json_t *)object, name, value)
		widest = is_said(value) && strlen(name) > widest ? strlen(name) : widest;
	json_object_foreach((json_t *)object, name, value) {
		if (!is_said(value))
			continue;
		add_name(name, out);
		buf_format(out, "%*s", (int)(widest - strlen(name)) + 2, "");
		const char *colour = sheet_colour(name, value, style);
		buf_text(out, colour);
		sheet_member(name, value, style, out);
		buf_text(out, sheet_colour_end(colour));
		buf_byte(out, '\n');
	}
}

static void add_heading(const char *name, const struct sheet_style *style, struct buf *out)
{
	buf_text(out, style->bold ? "\n\033[1m" : "\n");
	add_name(name, out);
	buf_text(out, style->bold ? "\033[0m\n" : "\n");
}

static void add_list(const char *name, const json_t *list, const struct sheet_style *style, struct buf *out)
{
	struct column made[COLUMNS_MAX + 1] = {0};
	const struct column *columns = made;
	size_t count = 0;
	const char *member;
	json_t *value;
	for (size_t i = 0; i < sizeof known_lists / sizeof *known_lists; i++)
		if (strcmp(known_lists[i].name, name) == 0)
			columns = known_lists[i].columns;
	json_object_foreach(json_array_get(list, 0), member, value)
		if (columns == made && count < COLUMNS_MAX && is_line(value))
			made[count++] = (struct column){member, member};
	if (columns[0].title && json_array_size(list)) {
		add_heading(name, style, out);
		sheet_list(list, columns, style, out);
	}
}

static void add_text(const char *name, const json_t *value, const struct sheet_style *style, struct buf *out)
{
	add_heading(name, style, out);
	const char *at = json_string_value(value);
	while (*at) {
		size_t len = strcspn(at, "\n");
		text_safe(out, at, len);
		buf_byte(out, '\n');
		at += at[len] ? len + 1 : len;
	}
}

void sheet_record(const json_t *object, const struct sheet_style *style, struct buf *out)
{
	const char *name;
	json_t *value;
	add_lines(object, style, out);
	json_object_foreach((json_t *)object, name, value) {
		if (json_is_array(value)) {
			sheet_open_records(value);
			add_list(name, value, style, out);
		} else if (json_is_object(value)) {
			add_heading(name, style, out);
			add_lines(value, style, out);
		} else if (is_long(value)) {
			add_text(name, value, style, out);
		}
	}
}

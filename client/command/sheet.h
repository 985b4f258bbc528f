/* sheet: JSON as a table or as a record, for people. Everything that is printed went through text_safe. */
#ifndef CLIENT_COMMAND_SHEET_H
#define CLIENT_COMMAND_SHEET_H

#include "base/buf.h"
#include "client/command/table.h"

#include <jansson.h>

struct sheet_style {
	size_t columns; /* of the terminal; 0: unlimited, nothing is cut */
	bool bold;      /* titles by escape sequence */
};

/* Aligned columns under titles. Where it does not fit, the widest columns are cut (to 12 at least); where that does not
 * do either, one block an item. An empty list gives nothing. */
void sheet_list(const json_t *items, const struct column *columns, const struct sheet_style *style, struct buf *out);

/* "name  value" lines of what is not null or empty, then lists and objects inside as tables under their names, then texts of several lines. */
void sheet_record(const json_t *object, const struct sheet_style *style, struct buf *out);

/* Where items have a "record" (audit records, verbatim), take its members into the item, in place. */
void sheet_open_records(json_t *items);

/* Whether a member of that name, when it is an integer, counts seconds UTC: "at", "..._at", "..._until", "...not_after". */
bool sheet_is_time(const char *name);

/* One value as safe text: "-" for null or missing, yes and no, times as RFC 3339. */
void sheet_value(const json_t *value, bool time, struct buf *out);

#endif

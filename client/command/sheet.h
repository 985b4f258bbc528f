/* sheet: JSON as a table or as a record, for people. Everything that is printed went through text_safe. */
#ifndef CLIENT_COMMAND_SHEET_H
#define CLIENT_COMMAND_SHEET_H

#include "base/buf.h"
#include "client/command/table.h"

#include <jansson.h>
#include <stdint.h>

struct sheet_style {
	size_t columns; /* of the terminal; 0: unlimited, nothing is cut */
	bool bold;      /* titles by escape sequence, and colour for what a state means */
	int64_t now;    /* seconds UTC: how far off an end is stands beside it; 0: it does not */
};

/* Aligned columns under titles, by the width that a terminal gives each character. Where it does not fit, times are cut
 * to their date and the widest of the others with an ellipsis, to 6 at least; ids, serial numbers, slugs and states never.
 * Where that does not do, one block an item. An empty list gives nothing. */
void sheet_list(const json_t *items, const struct column *columns, const struct sheet_style *style, struct buf *out);

/* "name  value" lines of what is not null or empty, then lists and objects inside as tables under their names, then texts
 * of several lines. */
void sheet_record(const json_t *object, const struct sheet_style *style, struct buf *out);

/* Where items have a "record" (audit records, verbatim), take its members into the item, in place. */
void sheet_open_records(json_t *items);

/* Whether a member of that name, when it is an integer, counts seconds UTC: "at", "..._at", "..._until", "...not_after". */
bool sheet_is_time(const char *name);

/* One value as safe text: "-" for null or missing, yes and no, times as RFC 3339. */
void sheet_value(const json_t *value, bool time, struct buf *out);

/* The same of a member by its name: an end ("...not_after", "due_at") with how far off it is, "(in 43 days)". */
void sheet_member(const char *name, const json_t *value, const struct sheet_style *style, struct buf *out);

/* What begins and ends the colour of a member's value, "" for none: of states alone, and where the style has any. */
const char *sheet_colour(const char *name, const json_t *value, const struct sheet_style *style);
const char *sheet_colour_end(const char *colour);

#endif

/* listing: a list of the API as a page: its filters kept, the way to older rows, and the same rows as CSV and as JSON. */
#ifndef ISSUER_CONSOLE_LISTING_H
#define ISSUER_CONSOLE_LISTING_H

#include "issuer/console/console.h"

struct listing_filter {
	const char *name;                     /* of the query, here and in the API */
	const struct console_choice *choices; /* up to {0}; NULL: whatever is typed */
};
struct listing {
	route_handler *api;
	const char *path, *api_path; /* "/console/orders", "/v1/orders" */
	const char *cursor;          /* "before" or "after"; NULL: the list has one page */
	const struct listing_filter *filters; /* up to {0} */
};
/* The API's answer to the page's own query. Beside "items" and "next" stand, for the template: "filter_NAME", what is asked for;
 * "choices_NAME" [{value, text, chosen}]; "filtered"; "any", whether there are items; the addresses "csv", "json", and, where there are such rows, "more" and
 * "first"; and "refused", a sentence, with "faults", when a filter was wrong. False: the page that says why not stands in r. */
bool listing_ask(struct front *front, const struct request *q, struct reply *r, const struct listing *l, json_t **out);

/* Of the page: 0, or that of a refused filter. */
int listing_status(const json_t *page);

/* "&name=value", encoded; nothing for a value that is NULL or "". */
void query_add(struct buf *out, const char *name, const char *value);

#endif

/* One box for everything: what /v1/search finds. */
#include "base/embed.h"
#include "issuer/console/console_own.h"

#include <string.h>

EMBED_TEXT(console_text_search, "issuer/console/pages/search.html");

static route_handler *api(void)
{
	for (size_t i = 0; i < route_count; i++)
		if (strcmp(route_table[i].path, "/v1/search") == 0)
			return route_table[i].run;
	return NULL;
}

void console_search(struct front *front, const struct request *q, struct reply *r)
{
	const char *sought = request_query(q, "q");
	json_t *found = NULL;
	if (sought && sought[0] && !console_ask(front, q, r, &(struct console_call){.api = api()}, &found))
		return;
	const struct template_field fields[] = {
		{"sought", sought, TEMPLATE_VALUE},
		{"any", json_array_size(json_object_get(found, "items")) ? "1" : "", TEMPLATE_VALUE},
		{0},
	};
	console_page(front, q, r, &(struct console_page){.title = "Search", .text = console_text_search, .data = found, .fields = fields});
	json_decref(found);
}

/* One box for everything: what /v1/search finds. */
#include "base/embed.h"
#include "issuer/console/console_own.h"

#include <string.h>

EMBED_TEXT(console_text_search, "issuer/console/pages/search.html");

void console_search(struct front *front, const struct request *q, struct reply *r)
{
	const char *sought = request_query(q, "q");
	json_t *found = NULL;
	if (sought && sought[strspn(sought, " ")] && !console_ask(front, q, r, &(struct console_call){.api = api_search}, &found))
		return;
	const struct template_field fields[] = {
		{"sought", found ? sought : NULL, TEMPLATE_VALUE},
		{"any", json_array_size(json_object_get(found, "items")) ? "1" : "", TEMPLATE_VALUE},
		{0},
	};
	console_page(front, q, r, &(struct console_page){.title = "Search", .text = console_text_search, .data = found, .fields = fields});
	json_decref(found);
}

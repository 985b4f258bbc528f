/* The start page: what needs attention. */
#include "base/embed.h"
#include "issuer/console/console_own.h"

EMBED_TEXT(console_text_start, "issuer/console/pages/start.html");

void console_start(struct front *front, const struct request *q, struct reply *r)
{
	json_t *status = NULL;
	if (!console_ask(front, q, r, &(struct console_call){.api = api_status}, &status))
		return;
	console_page(front, q, r, &(struct console_page){.title = "What needs attention", .text = console_text_start, .data = status});
	json_decref(status);
}

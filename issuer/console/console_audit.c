/* The audit, newest... as it was written, with what each record says. */
#include "base/embed.h"
#include "issuer/console/console_own.h"

EMBED_TEXT(console_text_audit, "issuer/console/pages/audit.html");

void console_audit(struct front *front, const struct request *q, struct reply *r)
{
	json_t *list = NULL;
	if (!console_ask(front, q, r, &(struct console_call){.api = api_audit_list}, &list))
		return;
	console_page(front, q, r, &(struct console_page){.title = "Audit", .text = console_text_audit, .data = list});
	json_decref(list);
}

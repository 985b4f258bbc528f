#include "base/embed.h"
#include "issuer/console/console_own.h"
#include "issuer/http/asset.h"

EMBED_TEXT(console_text_style, "issuer/console/pages/style.css");
EMBED_TEXT(console_text_script, "issuer/console/pages/console.js");
EMBED_TEXT(console_text_icon, "issuer/http/pages/icon.svg");

static const struct asset assets[] = {
	{"style.css", "text/css; charset=utf-8", console_text_style},
	{"console.js", "text/javascript; charset=utf-8", console_text_script},
	{"icon.svg", "image/svg+xml", console_text_icon},
	{NULL, NULL, NULL},
};

void console_asset(struct front *front, const struct request *q, struct reply *r)
{
	if (!asset_serve(assets, q->parameter[0], 300, r))
		console_fault(front, q, r, ERR_NOT_FOUND, NULL);
}

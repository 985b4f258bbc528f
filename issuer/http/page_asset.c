#include "base/embed.h"
#include "issuer/http/asset.h"
#include "issuer/http/page.h"

EMBED_TEXT(page_text_style, "issuer/http/pages/style.css");
EMBED_TEXT(page_text_script, "issuer/http/pages/page.js");
EMBED_TEXT(page_text_icon, "issuer/http/pages/icon.svg");

static const struct asset assets[] = {
	{"style.css", "text/css; charset=utf-8", page_text_style},
	{"page.js", "text/javascript; charset=utf-8", page_text_script},
	{"icon.svg", "image/svg+xml", page_text_icon},
	{NULL, NULL, NULL},
};

void page_asset(struct front *front, const struct request *q, struct reply *r)
{
	if (!asset_serve(assets, q->parameter[0], 3600, r))
		page_dead(front, q, r);
}

#include "base/embed.h"
#include "base/encode.h"
#include "issuer/console/console_own.h"

#include <openssl/evp.h>
#include <string.h>

EMBED_TEXT(console_text_style, "issuer/console/pages/style.css");
EMBED_TEXT(console_text_script, "issuer/console/pages/console.js");
EMBED_TEXT(console_text_icon, "issuer/console/pages/icon.svg");

static const struct {
	const char *name, *content_type, *text;
} assets[] = {
	{"style.css", "text/css; charset=utf-8", console_text_style},
	{"console.js", "text/javascript; charset=utf-8", console_text_script},
	{"icon.svg", "image/svg+xml", console_text_icon},
};

static void set_etag(struct reply *r)
{
	uint8_t hash[32];
	if (EVP_Digest(r->body.data, r->body.len, hash, NULL, EVP_sha256(), NULL) != 1)
		return;
	r->etag[0] = '"';
	hex_encode(hash, 16, r->etag + 1);
	memcpy(r->etag + 33, "\"", 2);
}

void console_asset(struct front *front, const struct request *q, struct reply *r)
{
	for (size_t i = 0; i < sizeof assets / sizeof assets[0]; i++) {
		if (strcmp(assets[i].name, q->parameter[0]) != 0)
			continue;
		buf_text(&r->body, assets[i].text);
		r->content_type = assets[i].content_type;
		r->cache_seconds = 300;
		set_etag(r);
		return;
	}
	console_fault(front, q, r, ERR_NOT_FOUND, NULL);
}

#include "issuer/http/asset.h"
#include "base/encode.h"

#include <openssl/evp.h>
#include <string.h>

static void set_etag(struct reply *r)
{
	uint8_t hash[32];
	if (EVP_Digest(r->body.data, r->body.len, hash, NULL, EVP_sha256(), NULL) != 1)
		return;
	r->etag[0] = '"';
	hex_encode(hash, 16, r->etag + 1);
	memcpy(r->etag + 33, "\"", 2);
}

bool asset_serve(const struct asset *list, const char *name, int seconds, struct reply *r)
{
	for (; list->name; list++) {
		if (strcmp(list->name, name) != 0)
			continue;
		buf_text(&r->body, list->text);
		r->content_type = list->content_type;
		r->cache_seconds = seconds;
		set_etag(r);
		return true;
	}
	return false;
}

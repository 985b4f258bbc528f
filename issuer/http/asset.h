/* asset: a file that is compiled in and served as it is: style sheets, scripts, icons. */
#ifndef ISSUER_HTTP_ASSET_H
#define ISSUER_HTTP_ASSET_H

#include "issuer/http/route.h"

struct asset {
	const char *name; /* NULL ends the list */
	const char *content_type, *text;
};
/* The one of that name, with a tag made of its bytes, to be kept for `seconds`. False when there is none: nothing is answered. */
bool asset_serve(const struct asset *list, const char *name, int seconds, struct reply *r);

#endif

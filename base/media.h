/* media: what a Content-Type says (RFC 9110, 8.3). The value may be NULL: there is none. */
#ifndef BASE_MEDIA_H
#define BASE_MEDIA_H

#include <stdbool.h>

/* Is it of that media type, whatever its parameters? */
bool media_is(const char *value, const char *type);
bool media_is_html(const char *value);
bool media_is_json(const char *value); /* application/json, and whatever is written in it (RFC 6839: +json) */

#endif

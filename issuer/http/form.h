/* form: application/x-www-form-urlencoded text, strictly: '+' is a space, "%XX" a byte, everything else must be
 * printable ASCII without '&', '=', '#' out of place. Decoded text is UTF-8 without NUL. Pure; fuzzed. */
#ifndef ISSUER_HTTP_FORM_H
#define ISSUER_HTTP_FORM_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

/* One encoded name or value into out (size bytes, NUL-terminated). ERR_MALFORMED, ERR_TOO_LARGE. */
enum err form_decode(const char *text, size_t len, char *out, size_t size) MUST_CHECK;

/* The value of the field `name`. ERR_NOT_FOUND; ERR_MALFORMED (it or any name is not well encoded, or it stands twice);
 * ERR_TOO_LARGE when it does not fit. out is "" unless ERR_OK. */
enum err form_find(const char *text, size_t len, const char *name, char *out, size_t size) MUST_CHECK;

/* Step through the pairs: *at and *left move on; false after the last. Views into the text, still encoded. */
struct form_pair {
	const char *name, *value;
	size_t name_len, value_len;
};
bool form_next(const char **at, size_t *left, struct form_pair *out);

bool utf8_valid(const char *text, size_t len); /* RFC 3629: no overlong forms, no surrogates */

#endif

/* name: what may stand in a certificate's names and in the directory's.
 *
 * A display name is UTF-8 in NFC, 1 to 64 characters (RFC 5280 ub-common-name), without control, format (bidi marks,
 * zero-width), other invisible, private-use, surrogate or unassigned characters, without line or paragraph separators or
 * any white space but U+0020, not beginning or ending in it, and of one script besides Common and Inherited (Latin with
 * Cyrillic or Greek is refused as a look-alike; Han, Hiragana, Katakana and Hangul may mix). A slug is [a-z0-9-], 1 to
 * 63, no '-' at either end. */
#ifndef CA_NAME_H
#define CA_NAME_H

#include "base/err.h"

#include <stddef.h>

enum { NAME_MAX_CHARACTERS = 64, NAME_SIZE = 4 * NAME_MAX_CHARACTERS + 1, SLUG_SIZE = 64 };

/* `text` of `len` bytes, so that a NUL inside is seen. ERR_INVALID with the reason and the character's position. */
enum err name_check(const char *text, size_t len, struct errbuf *why) MUST_CHECK;
enum err slug_check(const char *text, size_t len, struct errbuf *why) MUST_CHECK;

#endif

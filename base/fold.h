/* fold: text as it is compared when people search: without case, accents and marks, and split into words.
 *
 * "Åse Øy-Hansen" has the words "ase", "oy" and "hansen". An e-mail address is one word, as a whole. A number of a telephone
 * is its digits, and again without what may be its country's: people leave it out. */
#ifndef BASE_FOLD_H
#define BASE_FOLD_H

#include "base/err.h"

#include <jansson.h>

enum { FOLD_WORD_MAX = 400 }; /* bytes; what is longer is cut */

/* Appends the words of a text (UTF-8) to an array of texts. ERR_MALFORMED: not UTF-8. */
enum err fold_words(const char *text, json_t *words) MUST_CHECK;
/* The same of what somebody searches for: of a number no more than the digits that were typed. */
enum err fold_query(const char *text, json_t *words) MUST_CHECK;

#endif

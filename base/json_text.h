/* json_text: a JSON value as text, whole or not at all. jansson's json_dumps (2.14) does not look whether memory ran out
 * while it wrote a member's name, and then returns text with the name cut off. */
#ifndef BASE_JSON_TEXT_H
#define BASE_JSON_TEXT_H

#include <jansson.h>

/* As json_dumps with the same flags: freed with free(); NULL when there is no memory or it is no JSON. */
char *json_text(const json_t *value, size_t flags);

#endif

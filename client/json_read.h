/* json_read: hostile JSON (RFC 8259) into values, in bounded memory. */
#ifndef CLIENT_JSON_READ_H
#define CLIENT_JSON_READ_H

#include "client/outcome.h"

#include <jansson.h>

enum { JSON_VALUES_MAX = 65536, JSON_DEPTH_MAX = 200 };

/* One value in UTF-8 and nothing else: OK and a new reference, or BAD_INPUT (it is no such thing, at *line), TOO_LARGE (more
 * values, or deeper, than the bounds), OUT_OF_MEMORY. */
counterfoil_code json_read(counterfoil_bytes text, json_t **out, int *line);

#endif

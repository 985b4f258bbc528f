/* multipart: multipart/form-data as browsers send a form with a file (RFC 7578), strictly: the body is its parts and nothing
 * else, each with a Content-Disposition that names it. Nothing is decoded: a part is its bytes. Pure; fuzzed. */
#ifndef ISSUER_HTTP_MULTIPART_H
#define ISSUER_HTTP_MULTIPART_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { MULTIPART_PARTS_MOST = 16, MULTIPART_HEAD_MOST = 2048, MULTIPART_BOUNDARY_MOST = 70 };

struct multipart_part {
	const uint8_t *bytes; /* a view into the body */
	size_t len;
};

/* Is the Content-Type that of such a form? It may be NULL. */
bool multipart_is_meant(const char *content_type);

/* The part called `name`. ERR_NOT_FOUND; ERR_MALFORMED: the body is not such a form to its last byte, or has that part
 * twice. */
enum err multipart_find(const char *content_type, const void *body, size_t len, const char *name,
			struct multipart_part *out) MUST_CHECK;

#endif

/* head: the head of one request as plain data: request line, fields, and (once split) path, query and cookies.
 *
 * It knows nothing of the HTTP library, so the guard and what reads from it are tested and fuzzed without one. Field
 * names and values are borrowed from whoever filled them in and outlive the request; path, query and cookies are
 * copies. */
#ifndef ISSUER_HTTP_HEAD_H
#define ISSUER_HTTP_HEAD_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

enum {
	HEAD_FIELDS_MAX = 64,
	HEAD_PAIRS_MAX = 32,
	HEAD_PATH_MAX = 1000,
	HEAD_QUERY_MAX = 1024,
	HEAD_NAME_MAX = 256,
	HEAD_VALUE_MAX = 1024,
	HEAD_COOKIES_MAX = 4096 /* browsers send the cookies of every port of a host */
};

/* What base64 in a path is made of, escaped or not (RFC 5019 5). */
#define HEAD_BASE64 "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=%"

struct head_field {
	const char *name, *value; /* NUL-terminated; a length that differs from strlen means a NUL inside */
	size_t name_len, value_len;
};
struct head_pair {
	const char *name, *value;
};

struct head {
	const char *method, *target, *version; /* as on the wire: "GET", "/d/x?y=z", "HTTP/1.1" */
	struct head_field field[HEAD_FIELDS_MAX];
	size_t fields;
	bool overflow; /* more fields than fit */
	const char *wire; /* the same head as bytes, for wire_check; NULL: they are not to be had */
	size_t wire_len;
	const char *base64_below; /* the rest of a path that begins with this is base64, not segments; NULL: of none */

	/* Filled by head_split. */
	char path[HEAD_PATH_MAX + 1];
	struct head_pair query[HEAD_PAIRS_MAX], cookie[HEAD_PAIRS_MAX];
	size_t queries, cookies;
	bool has_texts; /* something was put there */
	char texts[HEAD_QUERY_MAX + HEAD_COOKIES_MAX + 2 * HEAD_PAIRS_MAX + 4];
};

void head_add(struct head *h, const struct head_field *f);

/* Split target and cookies. ERR_MALFORMED: target without '/', too long, a bad escape, a query name twice, too many. */
enum err head_split(struct head *h, struct errbuf *why) MUST_CHECK;

/* The first field of that name (case does not matter), NULL when absent; how many there are. */
const char *head_value(const struct head *h, const char *name);
size_t head_count(const struct head *h, const char *name);
const char *head_query(const struct head *h, const char *name);
const char *head_cookie(const struct head *h, const char *name);

bool head_has_body(const struct head *h);     /* a length other than zero, or chunks, are announced */
bool head_prefers_json(const struct head *h); /* Accept names a JSON type before text/html */
bool head_prefers_html(const struct head *h); /* Accept names text/html, and no JSON type before it */

#endif

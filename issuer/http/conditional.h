/* conditional: If-None-Match, Range and If-Range (RFC 9110 sections 13 and 14), for one range of bytes. Pure. */
#ifndef ISSUER_HTTP_CONDITIONAL_H
#define ISSUER_HTTP_CONDITIONAL_H

#include <stdbool.h>
#include <stddef.h>

enum range_verdict {
	RANGE_WHOLE,   /* no range, or one to be ignored: answer 200 */
	RANGE_PART,    /* 206 with first and len */
	RANGE_OUTSIDE, /* 416 */
};

/* `value` of the Range header, NULL when absent; a unit other than bytes, several ranges or bad syntax are ignored. */
enum range_verdict range_parse(const char *value, size_t size, size_t *first, size_t *len);

/* If-None-Match holds the tag or "*" (weak comparison). etag is quoted; "" never matches. */
bool etag_listed(const char *if_none_match, const char *etag);

#endif

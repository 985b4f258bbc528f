/* conditional: If-None-Match, If-Modified-Since, Range and If-Range (RFC 9110 sections 13 and 14), for one range of bytes,
 * and Accept-Encoding (12.5.3). Pure. */
#ifndef ISSUER_HTTP_CONDITIONAL_H
#define ISSUER_HTTP_CONDITIONAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum range_verdict {
	RANGE_WHOLE,   /* no range, or one to be ignored: answer 200 */
	RANGE_PART,    /* 206 with first and len */
	RANGE_OUTSIDE, /* 416 */
};

/* `value` of the Range header, NULL when absent; a unit other than bytes, several ranges or bad syntax are ignored. */
enum range_verdict range_parse(const char *value, size_t size, size_t *first, size_t *len);

/* If-None-Match holds the tag or "*" (weak comparison). etag is quoted; "" never matches. */
bool etag_listed(const char *if_none_match, const char *etag);

/* Is the date of If-Modified-Since (IMF-fixdate; NULL, or in another form: no) that of the last change or later? A last
 * change of 0 is unknown: no. */
bool unmodified_since(const char *if_modified_since, int64_t last_modified);

/* Does Accept-Encoding (NULL: absent) want this coding, by its name or by "*", and not with a weight of 0? */
bool coding_welcome(const char *accept_encoding, const char *coding);

#endif

#include "issuer/http/conditional.h"

#include <stdint.h>
#include <string.h>

/* Digits at *text into out, which stays at its most when they say more. False when there is no digit. */
static bool number(const char **text, size_t *out)
{
	const char *p = *text;
	size_t n = 0;
	for (; *p >= '0' && *p <= '9'; p++)
		n = n > (SIZE_MAX - 9) / 10 ? SIZE_MAX : n * 10 + (size_t)(*p - '0');
	bool any = p != *text;
	*text = p;
	*out = n;
	return any;
}

static enum range_verdict last_bytes(size_t suffix, size_t size, size_t *first, size_t *len)
{
	if (suffix == 0 || size == 0)
		return RANGE_OUTSIDE;
	*len = suffix < size ? suffix : size;
	*first = size - *len;
	return RANGE_PART;
}

enum range_verdict range_parse(const char *value, size_t size, size_t *first, size_t *len)
{
	size_t from, to = SIZE_MAX;
	*first = 0;
	*len = size;
	if (!value || strncmp(value, "bytes=", 6) != 0)
		return RANGE_WHOLE;
	value += 6;
	bool has_from = number(&value, &from);
	if (*value++ != '-')
		return RANGE_WHOLE;
	bool has_to = number(&value, &to);
	if (*value || (!has_from && !has_to))
		return RANGE_WHOLE;
	if (!has_from)
		return last_bytes(to, size, first, len);
	if (!has_to)
		to = SIZE_MAX;
	if (to < from)
		return RANGE_WHOLE;
	if (from >= size)
		return RANGE_OUTSIDE;
	*first = from;
	*len = (to < size ? to + 1 : size) - from;
	return RANGE_PART;
}

bool etag_listed(const char *if_none_match, const char *etag)
{
	size_t len = strlen(etag);
	if (!if_none_match || !len)
		return false;
	for (const char *p = if_none_match; *p;) {
		p += strspn(p, " \t,");
		if (strcmp(p, "*") == 0)
			return true;
		if (strncmp(p, "W/", 2) == 0)
			p += 2;
		if (strncmp(p, etag, len) == 0 && strchr(" \t,", p[len]))
			return true;
		p += strcspn(p, ",");
	}
	return false;
}

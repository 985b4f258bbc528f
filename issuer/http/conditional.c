#include "issuer/http/conditional.h"

#include <string.h>
#include <strings.h>
#include <time.h>

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

bool unmodified_since(const char *if_modified_since, int64_t last_modified)
{
	struct tm tm = {0};
	if (!if_modified_since || last_modified <= 0)
		return false;
	const char *end = strptime(if_modified_since, "%a, %d %b %Y %H:%M:%S GMT", &tm); /* in the C locale: nobody sets one */
	return end && !*end && (int64_t)timegm(&tm) >= last_modified;
}

/* "q=0", "q=0.", "q=0.000": not at all. */
static bool weight_zero(const char *parameters, size_t len)
{
	const char *p = memchr(parameters, ';', len);
	if (!p)
		return false;
	p += 1 + strspn(p + 1, " \t");
	if (strncasecmp(p, "q=0", 3) != 0)
		return false;
	p += 3;
	if (*p == '.')
		p += 1 + strspn(p + 1, "0");
	return p >= parameters + len || strchr(" \t,", *p);
}

bool coding_welcome(const char *accept_encoding, const char *coding)
{
	bool any = false;
	for (const char *p = accept_encoding ? accept_encoding : ""; *p;) {
		p += strspn(p, " \t,");
		size_t len = strcspn(p, ","), name = strcspn(p, ",; \t");
		if (name == strlen(coding) && strncasecmp(p, coding, name) == 0)
			return !weight_zero(p, len);
		if (name == 1 && *p == '*')
			any = !weight_zero(p, len);
		p += len;
	}
	return any;
}

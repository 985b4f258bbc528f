#include "base/media.h"

#include <string.h>
#include <strings.h>

bool media_is(const char *value, const char *type)
{
	size_t len = strlen(type);
	return value && strncasecmp(value, type, len) == 0 && (!value[len] || strchr("; \t", value[len]));
}

bool media_is_html(const char *value)
{
	return media_is(value, "text/html") || media_is(value, "application/xhtml+xml");
}

bool media_is_json(const char *value)
{
	static const char suffix[] = "+json";
	size_t len = value ? strcspn(value, "; \t") : 0, end = sizeof suffix - 1;
	return media_is(value, "application/json") || media_is(value, "text/json") ||
	       (len > end && strncasecmp(value + len - end, suffix, end) == 0);
}

#include "base/json_text.h"

#include <stdlib.h>

char *json_text(const json_t *value, size_t flags)
{
	size_t len = json_dumpb(value, NULL, 0, flags);
	char *text = len ? malloc(len + 1) : NULL;
	if (!text)
		return NULL;
	if (json_dumpb(value, text, len, flags) != len) {
		free(text);
		return NULL;
	}
	text[len] = '\0';
	return text;
}

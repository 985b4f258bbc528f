#include "client/json_read.h"

#include <stdbool.h>
#include <stdlib.h>

/* A value takes a hundred bytes and more of memory, and can be written in two: they are counted before any is made. */
static bool is_bounded(counterfoil_bytes text)
{
	const char *bytes = text.data;
	size_t values = 1, depth = 0;
	bool in_string = false;
	for (size_t i = 0; i < text.len && values <= JSON_VALUES_MAX && depth <= JSON_DEPTH_MAX; i++) {
		char c = bytes[i];
		if (in_string && c == '\\')
			i++;
		else if (c == '"')
			in_string = !in_string;
		else if (!in_string && (c == '[' || c == '{')) {
			values++;
			depth++;
		} else if (!in_string && (c == ']' || c == '}')) {
			depth -= depth > 0;
		} else if (!in_string && c == ',') {
			values++;
		}
	}
	return values <= JSON_VALUES_MAX && depth <= JSON_DEPTH_MAX;
}

/* Some allocations that fail leave no word behind; a string that there is no memory for is called wrong syntax. */
static bool memory_is_short(const json_error_t *why, size_t len)
{
	if (!why->text[0] || json_error_code(why) == json_error_out_of_memory)
		return true;
	void *room = malloc(len + 1);
	free(room);
	return !room;
}

counterfoil_code json_read(counterfoil_bytes text, json_t **out, int *line)
{
	json_error_t why = {.line = 0};
	*out = NULL;
	*line = 0;
	if (!text.len || !text.data)
		return COUNTERFOIL_BAD_INPUT;
	if (!is_bounded(text))
		return COUNTERFOIL_TOO_LARGE;
	for (int tries = 0; !*out && tries < 2; tries++) /* a shortage of a moment is not the text's fault */
		*out = json_loadb(text.data, text.len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &why);
	if (*out)
		return COUNTERFOIL_OK;
	*line = why.line > 0 ? why.line : 1;
	return memory_is_short(&why, text.len) ? COUNTERFOIL_OUT_OF_MEMORY : COUNTERFOIL_BAD_INPUT;
}

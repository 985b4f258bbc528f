/* sheet: a member by what its name means: how far off an end is, and which states are good, waiting or over. */
#include "client/command/sheet.h"

#include <stdlib.h>
#include <string.h>

enum { MINUTE = 60, HOUR = 3600, DAY = 86400 };

static bool is_end(const char *name)
{
	static const char behind[] = "not_after";
	size_t len = strlen(name);
	return strcmp(name, "due_at") == 0 ||
	       (len >= sizeof behind - 1 && strcmp(name + len - (sizeof behind - 1), behind) == 0);
}

static void add_distance(int64_t seconds, struct buf *out)
{
	const int64_t far = seconds < 0 ? -seconds : seconds;
	const int64_t unit = far >= 2 * (int64_t)DAY ? DAY : far >= 2 * (int64_t)HOUR ? HOUR : MINUTE;
	const char *word = unit == DAY ? "day" : unit == HOUR ? "hour" : "minute";
	const long long count = (long long)(far / unit);
	buf_format(out, seconds < 0 ? " (%lld %s%s ago)" : " (in %lld %s%s)", count, word, count == 1 ? "" : "s");
}

void sheet_member(const char *name, const json_t *value, const struct sheet_style *style, struct buf *out)
{
	sheet_value(value, sheet_is_time(name), out);
	if (style->now && json_is_integer(value) && is_end(name))
		add_distance(json_integer_value(value) - style->now, out);
}

const char *sheet_colour(const char *name, const json_t *value, const struct sheet_style *style)
{
	static const char good[] = "\033[32m", waiting[] = "\033[33m", over[] = "\033[31m";
	static const struct {
		const char *word, *colour;
	} states[] = {
		{"valid", good}, {"active", good}, {"in_use", good}, {"held", waiting}, {"suspended", waiting},
		{"requested", waiting}, {"locked", over}, {"revoked", over}, {"expired", over}, {"rejected", over},
		{"lapsed", over}, {"cancelled", over}, {"removed", over},
	};
	const char *word = json_string_value(value);
	if (!style->bold || !word || (strcmp(name, "state") != 0 && strcmp(name, "status") != 0))
		return "";
	for (size_t i = 0; i < sizeof states / sizeof *states; i++)
		if (strcmp(states[i].word, word) == 0)
			return states[i].colour;
	return "";
}

const char *sheet_colour_end(const char *colour)
{
	return colour[0] ? "\033[0m" : "";
}

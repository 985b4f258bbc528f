#include "base/clock.h"

#include <stdbool.h>
#include <string.h>
#include <time.h>

void clock_text(int64_t seconds, char out[CLOCK_TEXT_SIZE])
{
	time_t t = (time_t)seconds;
	struct tm tm = {0};
	gmtime_r(&t, &tm);
	if (strftime(out, CLOCK_TEXT_SIZE, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		out[0] = '\0';
}

/* What is written back must be what was read: days that no month has do not pass, nor a sign or a blank. */
enum err clock_from_text(const char *text, int64_t *out)
{
	struct tm tm = {0};
	char again[CLOCK_TEXT_SIZE];
	size_t len = strlen(text);
	bool date = len == 10;
	const char *end = date ? strptime(text, "%Y-%m-%d", &tm) : strptime(text, "%Y-%m-%dT%H:%M:%SZ", &tm);
	if (!end || *end || (!date && len != CLOCK_TEXT_SIZE - 1) || tm.tm_year < 70)
		return ERR_INVALID;
	int64_t seconds = timegm(&tm);
	clock_text(seconds, again);
	if (strncmp(again, text, len) != 0)
		return ERR_INVALID;
	*out = seconds;
	return ERR_OK;
}

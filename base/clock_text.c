#include "base/clock.h"

#include <time.h>

void clock_text(int64_t seconds, char out[CLOCK_TEXT_SIZE])
{
	time_t t = (time_t)seconds;
	struct tm tm = {0};
	gmtime_r(&t, &tm);
	if (strftime(out, CLOCK_TEXT_SIZE, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		out[0] = '\0';
}

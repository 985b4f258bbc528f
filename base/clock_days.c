#include "base/clock.h"

int64_t clock_days_left(int64_t until, int64_t now)
{
	const int64_t day = 86400;
	int64_t left = until - now;
	return left >= 0 ? left / day : -((-left + day - 1) / day);
}

#ifndef TESTS_CLOCK_INJECTED_H
#define TESTS_CLOCK_INJECTED_H

#include <stdint.h>

/* From now on the wall clock stands at `seconds` (UTC); -1 lets it run again. */
void clock_inject(int64_t seconds);

#endif

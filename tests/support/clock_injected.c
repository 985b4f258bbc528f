/* The clock of test binaries: the system's, moved by the number of seconds that the file named by
 * COUNTERFOIL_TEST_CLOCK holds (ASCII, may be negative; read anew at each call), or set by clock_inject. */
#include "tests/support/clock_injected.h"
#include "base/clock.h"

#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static _Atomic int64_t fixed_us = -1;
static _Atomic int descriptor = -2;

void clock_inject(int64_t seconds)
{
	fixed_us = seconds < 0 ? -1 : seconds * 1000000;
}

static void clock_injected_open(void)
{
	const char *path = getenv("COUNTERFOIL_TEST_CLOCK");
	descriptor = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
}

static int64_t offset(void)
{
	char text[24] = {0};
	if (descriptor == -2)
		clock_injected_open();
	if (descriptor < 0 || pread(descriptor, text, sizeof text - 1, 0) <= 0)
		return 0;
	return strtoll(text, NULL, 10);
}

int64_t clock_now_us(void)
{
	if (fixed_us >= 0)
		return fixed_us;
	struct timespec t = {0};
	clock_gettime(CLOCK_REALTIME, &t);
	return ((int64_t)t.tv_sec + offset()) * 1000000 + t.tv_nsec / 1000;
}

int64_t clock_now(void)
{
	return clock_now_us() / 1000000;
}

int64_t clock_mono_ms(void)
{
	struct timespec t = {0};
	clock_gettime(CLOCK_BOOTTIME, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

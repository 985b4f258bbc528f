/* crash: named places at which a test may end a process, to see what a crash there leaves behind.
 *
 * In released binaries crash_point does nothing. Test binaries link tests/support/crash_injected.c instead of
 * base/crash.c (make lint proves that no other does). The places are the table crash.def. */
#ifndef BASE_CRASH_H
#define BASE_CRASH_H

enum crash_at {
#define CRASH_POINT(id, name, passes, when) CRASH_##id,
#include "base/crash.def"
#undef CRASH_POINT
	CRASH_COUNT
};

void crash_point(enum crash_at at);

#endif

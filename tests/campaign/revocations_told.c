/* What the threads tell each other: violations, and whether to go on. */
#include "tests/campaign/revocations.h"

#include <stdio.h>

enum { TELL_MOST = 20 };

void violated(_Atomic long *count, const struct holder *h, const char *what)
{
	static _Atomic int told;
	atomic_fetch_add(count, 1);
	if (told++ < TELL_MOST)
		printf("VIOLATION: %s: %s\n", h ? h->serial : "-", what);
}

void keep_slowest(_Atomic int64_t *slowest, int64_t took)
{
	int64_t was = atomic_load(slowest);
	while (took > was && !atomic_compare_exchange_weak(slowest, &was, took))
		;
}

bool go_on(const struct revocations *r)
{
	return !r->stop && mono_us() < r->until;
}

/* crash_points: the places at which a test can end a process: NAME PASSES WHEN, one a line (base/crash.def). */
#include "tests/support/crash_injected.h"

#include <stdio.h>

int main(void)
{
	for (int at = 0; at < CRASH_COUNT; at++)
		printf("%s %d %s\n", crash_table[at].name, crash_table[at].passes, crash_table[at].when);
	return 0;
}

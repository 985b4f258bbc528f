/* crash_injected: what tests know of the places of base/crash.h.
 *
 * The file named by COUNTERFOIL_TEST_CRASH holds CRASH_ORDER_BYTES: "NAME COUNT" and spaces up to a final line feed. The
 * process that passes the place NAME for the COUNT-th time kills itself, and just before it blanks the file, so that its
 * successor goes on. The file must be there when a process starts; it is opened then, before the process shuts itself in.
 * With COUNTERFOIL_TEST_CRASH_STOPS in the environment it stops itself instead, for whoever cuts the power. */
#ifndef TESTS_CRASH_INJECTED_H
#define TESTS_CRASH_INJECTED_H

#include "base/crash.h"

enum { CRASH_ORDER_BYTES = 64 };

struct crash_row {
	const char *name, *when;
	int passes;
};
extern const struct crash_row crash_table[CRASH_COUNT];

/* NAME and COUNT in the form above. */
void crash_order_write(char out[CRASH_ORDER_BYTES], const char *name, long count);

#endif

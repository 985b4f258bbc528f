/* clock: the only source of time. Wall times are UTC; monotonic times count suspended time (CLOCK_BOOTTIME).
 *
 * Pure modules take `now` as a parameter. Test binaries link tests/support/clock_injected.c instead of base/clock.c and
 * can move the wall clock; released binaries cannot (make lint proves it). */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

int64_t clock_now(void);     /* seconds since 1970, UTC */
int64_t clock_now_us(void);  /* microseconds since 1970, UTC */
int64_t clock_mono_ms(void); /* milliseconds, never set back */

#define CLOCK_TEXT_SIZE 21
/* "2026-11-22T02:13:38Z" (RFC 3339) into out; years 1970 to 9999. */
void clock_text(int64_t seconds, char out[CLOCK_TEXT_SIZE]);

/* The same read back, or a date alone (its first second): ERR_INVALID for anything else, and outside 1970 to 9999. */
enum err clock_from_text(const char *text, int64_t *out) MUST_CHECK;

/* Whole days, rounded down: 0 on the last one, negative once it is over. */
int64_t clock_days_left(int64_t until, int64_t now);

#endif

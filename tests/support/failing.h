/* failing: calls that fail on demand. Linked into a test binary it stands between the program and malloc, mlock, and the
 * OpenSSL, SQLite and libcurl calls of failing_calls.def: the n-th of a kind fails, or that one and all behind it.
 *
 * Only what runs between failing_begin and failing_end is counted, in every thread but those that have paused. */
#ifndef TESTS_FAILING_H
#define TESTS_FAILING_H

#include "base/err.h"

#include <stdbool.h>

enum failing_kind { FAILING_NOTHING, FAILING_ALLOCATION, FAILING_OPENSSL, FAILING_SQLITE, FAILING_CURL, FAILING_KINDS };

void failing_begin(enum failing_kind kind, long nth, bool for_good);
/* How many calls of the kind there were since failing_begin. */
long failing_end(void);
/* For messages: "order_new, allocation 34 for good (calloc)". */
const char *failing_where(void);
#define failing_require(condition)                                                                                     \
	do {                                                                                                           \
		if (!(condition))                                                                                      \
			fail_msg("%s:%d: %s: not so: %s", __FILE__, __LINE__, failing_where(), #condition);            \
	} while (0)

/* On this thread: what stands in for another process does not fail. They nest. */
int failing_pause(void);
void failing_resume(const int *ignored);
#define FAILING_SPARED __attribute__((cleanup(failing_resume), unused)) const int failing_spared = failing_pause()

/* One piece of work. `before` makes what it works on, `act` is the work and nothing else, `after` looks at what has
 * become of it: `failed` tells whether a call was made to fail. Only act is tampered with; before and after may be NULL. */
struct failing_work {
	const char *name;
	void (*before)(void);
	enum err (*act)(void);
	void (*after)(enum err rc, bool failed);
	bool without_sqlite;  /* it has no database under it */
	bool without_openssl; /* nor any cryptography */
	bool with_curl;       /* but libcurl */
};

/* Each call of each kind in turn, once and then for good: a sample of about `most` a kind and manner, or with
 * FAILING_SHARE=K/N in the environment every one whose number is K modulo N. Fails the test when a kind was never called. */
void failing_each(const struct failing_work *work, long most);

#endif

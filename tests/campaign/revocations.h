/* revocations: certificates die, are held and released, while their holders call, others ask for their status and fetch
 * lists, and processes of the daemon are killed. What belongs to which thread. */
#ifndef TESTS_CAMPAIGN_REVOCATIONS_H
#define TESTS_CAMPAIGN_REVOCATIONS_H

#include "tests/campaign/asking.h"
#include "tests/campaign/ledger.h"

enum { CALLERS = 3, CHECKERS = 2, REVOKERS = 4, SECOND = 1000000, LISTED_SECONDS = 60 };

struct revocations {
	struct installation at;
	struct ledger *ledger;
	struct holders all;   /* the first `dying` are revoked, the others held and released */
	size_t dying;
	_Atomic size_t ended; /* revocations that were acknowledged */
	_Atomic bool stop;    /* nothing more can be done */
	int64_t began, until; /* of it all */
	_Atomic int64_t down, up; /* since when a process is dead, or 0; when the last one was back */
	_Atomic long calls, statuses, unanswered, stale, lists, holds, releases;
	_Atomic long accepted, wrong_status, wrong_list, wrong_hold, odd; /* violations */
	_Atomic int64_t slowest_status, slowest_list;
};

/* One more of this violation, which is said. */
void violated(_Atomic long *count, const struct holder *h, const char *what);
void keep_slowest(_Atomic int64_t *slowest, int64_t took);
/* false when it was stopped, or takes too long altogether. */
bool go_on(const struct revocations *r);

struct worker {
	struct revocations *of;
	size_t number; /* of its kind */
};
/* Each ends when there is nothing left for it to see. */
void *call_all(void *worker);
void *check_all(void *worker);
void *revoke_all(void *worker);
void *hold_all(void *worker);
void *watch_lists(void *worker);

#endif

/* edits: many of the staff at once change the directory, order, approve and cancel; what each was told must be so at the end.
 * What belongs to which thread, and what is counted. */
#ifndef TESTS_CAMPAIGN_EDITS_H
#define TESTS_CAMPAIGN_EDITS_H

#include "tests/campaign/caller.h"
#include "tests/campaign/ledger.h"

#include <stdatomic.h>

enum {
	THREADS_MOST = 64, ADMINISTRATORS = 6, APPROVERS = 2, STAFF_MOST = ADMINISTRATORS + APPROVERS,
	OBJECTS_MOST = 16, VERSIONS_MOST = 1 << 15, ORDERS_MOST = 1 << 15, KEY_SHARED = 4, ID_BYTES = 17
};

struct object { /* of the directory */
	char path[96], table[16], id[ID_BYTES];
	_Atomic long accepted;                  /* changes that were answered by 200 */
	_Atomic bool taken[VERSIONS_MOST];      /* one was made to this version, by its tag */
};

struct member { /* of the staff */
	char identity[PATH_MAX], password[64];
	_Atomic long keyed;                     /* creations with a key that were begun: each KEY_SHARED have the same */
};

struct key {
	char order[ID_BYTES]; /* what the first who was answered was told; "" before */
};

struct orders {
	char id[ORDERS_MOST][ID_BYTES];
	size_t count;
};

struct edits {
	struct installation at;
	struct ledger *ledger;
	struct object objects[OBJECTS_MOST];
	size_t object_count;
	struct member staff[STAFF_MOST]; /* administrators, then approvers */
	long most; /* operations */
	_Atomic long ended;
	pthread_mutex_t mutex; /* what follows */
	struct key keys[ADMINISTRATORS][ORDERS_MOST / KEY_SHARED];
	struct orders all, requested;
	_Atomic long changed, stale, made, repeated, conflicts, approved, cancelled, late; /* as answered */
	_Atomic long lost, doubled, failed, odd;                                           /* violations */
	_Atomic int64_t slowest_us;
};

/* One more of this violation, which is said. */
void edits_violated(_Atomic long *count, const char *what, const struct answer *a);
/* The staff and what they are going to change. */
bool edits_prepare(struct edits *e);

struct editor {
	struct edits *of;
	size_t number;
};
void *edit_all(void *editor); /* until there were `most` operations */

/* What they were told against what is there. */
bool edits_check(struct edits *e, char fault[FAULT_SIZE]);

#endif

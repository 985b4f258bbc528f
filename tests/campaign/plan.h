/* plan: what one round of the kill campaign is to be: what an order goes through, and where processes die meanwhile. Made
 * from a seed alone. */
#ifndef TESTS_CAMPAIGN_PLAN_H
#define TESTS_CAMPAIGN_PLAN_H

#include "tests/support/crash_injected.h"

#include <stdbool.h>
#include <stdint.h>

enum { KILLS_A_ROUND = 4, AT_A_MOMENT = CRASH_COUNT };

enum ending {
	END_RECEIVED, /* the password has come, and opens the file */
	END_REVOKED,
	END_CANCELLED,
	END_LAPSED,
	END_RACE, /* cancelled while its certificate is being made */
};

enum stage { STAGE_OFFERED, STAGE_CLAIMED, STAGE_FETCHED, STAGE_RECEIVED, STAGES };

/* At the count-th passing of a place; or AT_A_MOMENT, count milliseconds after it was armed. */
struct death {
	int at;
	long count;
};

struct plan {
	struct death kills[KILLS_A_ROUND]; /* one after the other: the next is armed when the one before it has happened */
	int kill_count;
	bool wrong, lock, new_code, resend, compatible, twice, use;
	bool unsettled; /* nobody asks again for the revocation: the clerk has to find it in the journal */
	enum ending ending;
	enum stage cancel_at;
	int grace_ms; /* to wait at the end for a kill that is still to come */
};

/* The next number of a seeded row; splitmix64. */
uint64_t random_next(uint64_t *state);

/* hurried: none that waits half a minute for the clerk. */
void plan_make(struct plan *p, uint64_t *random, bool hurried);
/* For power cuts: some come at a moment, wherever everybody is then, and some while what the one before left is put right. */
void plan_cuts(struct plan *p, uint64_t *random);

#endif

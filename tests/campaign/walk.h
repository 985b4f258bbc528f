/* walk: one order from its request to its end by whatever a plan says, as staff and recipient would do it: what was not
 * answered is asked again, and what was answered must hold. */
#ifndef TESTS_CAMPAIGN_WALK_H
#define TESTS_CAMPAIGN_WALK_H

#include "tests/campaign/caller.h"
#include "tests/campaign/ledger.h"
#include "tests/campaign/mains.h"
#include "tests/campaign/plan.h"

#include <openssl/sha.h>

struct package {
	bool had;
	uint8_t sha256[SHA256_DIGEST_LENGTH];
};

struct walk {
	struct installation *at;
	struct caller *caller;
	struct ledger *ledger;
	const struct plan *plan;
	struct mains *mains; /* NULL: processes die, and the power stays on */
	char note[64]; /* by which its order is found again */
	bool thorough; /* look at all orders in the end, not only at this one */

	char order[32], token[32], code[16], claim[64], password[32], serial[48];
	struct package packages[2];
	struct answer answer, file; /* the last; the package that is acknowledged */
	bool unsure;                /* the last question of this step may have been done */
	bool spoiled;               /* a code may have been used or tried by a request that was not answered */
	int killed;                 /* of the plan's kills */
	void (*refused)(struct walk *w); /* looks at each answer of 5xx; may be NULL */
	void *looker;
	char fault[FAULT_SIZE];
};

/* The directory that orders are made for. */
bool walk_directory(struct caller *c);
/* The whole of it, with everything that must hold in the end. */
bool walk_run(struct walk *w);
/* The last of it: nobody does anything more with the order, and what has happened to it is held against what may. */
bool walk_settle(struct walk *w);
void walk_clear(struct walk *w);

/* Steps (walk_steps.c), each tried until it is DONE: false with the fault that ended it. */
enum outcome { AGAIN, DONE, BROKEN };
typedef enum outcome walk_try(struct walk *w);
bool walk_until(struct walk *w, const char *name, walk_try *try);
enum outcome walk_broken(struct walk *w, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* What an answer that is none of the expected ones means: not answered, or not able to now: again. */
enum outcome walk_otherwise(struct walk *w, const char *what);
bool walk_state(struct walk *w, const char *state);

bool walk_order(struct walk *w);
bool walk_wrong_code(struct walk *w);
bool walk_lock(struct walk *w);
bool walk_new_code(struct walk *w);
bool walk_claim(struct walk *w);
bool walk_resend(struct walk *w);
bool walk_fetch(struct walk *w);
bool walk_receive(struct walk *w);
bool walk_password(struct walk *w); /* that comes after the acknowledgement, and opens the file */
bool walk_use(struct walk *w);
bool walk_revoke(struct walk *w);
bool walk_cancel(struct walk *w);
bool walk_lapse(struct walk *w);
bool walk_race(struct walk *w);

#endif

/* journal_state: what the journal's lines add up to: everything that a start needs and the signer asks. Pure: fed line by
 * line, by the reader at a start and by every append. */
#ifndef ISSUER_JOURNAL_STATE_H
#define ISSUER_JOURNAL_STATE_H

#include "issuer/signer/journal_line.h"
#include "issuer/signer/signer.h"

#include <stdbool.h>

enum { JOURNAL_DONE_ORDERS = 1024, JOURNAL_STALE_MS = 120000 };

struct journal_intent {
	struct open_intent what;
	int64_t seen_ms; /* clock_mono_ms when this process came to know it */
	bool given_up;   /* of an earlier process, or known to have failed: nobody works on it any more */
};

struct journal_state {
	struct journal_intent *intents; /* the open ones, oldest first */
	size_t intent_count, intent_room;
	struct journal_last last;
	uint64_t crl_number;
	int64_t latest;                               /* the latest time in any record since the clock was accepted */
	unsigned clock_accepts;
	int64_t accepted_at, accepted_mono_ms;        /* the newest accept: wall clock and clock_mono_ms; 0: not said */
	size_t since_checkpoint;                      /* records */
	char done_orders[JOURNAL_DONE_ORDERS][17];    /* a ring of the newest */
	size_t done_next;
	char check[JOURNAL_CHECK_SIZE];               /* of the last line */
};

void journal_state_begin(struct journal_state *s);
void journal_state_end(struct journal_state *s);

/* Room for one more intent, so that applying a line that is already durable cannot fail. */
enum err journal_state_reserve(struct journal_state *s) MUST_CHECK;
/* One more line. ERR_CORRUPT: an operation that is not known, or a sequence that is not the next one; only a checkpoint may
 * begin anywhere. ERR_MEMORY only without a reservation. */
enum err journal_state_apply(struct journal_state *s, const struct journal_line *l, int64_t mono_ms) MUST_CHECK;

bool journal_op_known(const char *op);
/* The open intent of an order or of a serial, or NULL. */
struct journal_intent *journal_state_of_order(const struct journal_state *s, const char *order);
struct journal_intent *journal_state_of_serial(const struct journal_state *s, const char *serial);
/* Is the order among the newest done ones? */
bool journal_state_order_done(const struct journal_state *s, const char *order);
/* What stands of a serial among the newest revocations and holds, or NULL. As for `recover`, no hold and no release takes a
 * revocation back. */
const struct revocation *journal_state_revoked(const struct journal_state *s, const char *serial);
/* Is this one for good? Not when nothing but its serial is known. */
bool journal_revoked_for_good(const struct revocation *r);
bool journal_intent_stale(const struct journal_intent *i, int64_t mono_ms);

#endif

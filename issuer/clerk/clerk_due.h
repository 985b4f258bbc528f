/* clerk_due: the clerk's decisions, pure: what is due, when to try again, what an answer means. */
#ifndef ISSUER_CLERK_DUE_H
#define ISSUER_CLERK_DUE_H

#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>

enum { BACKOFF_FIRST = 5, BACKOFF_MOST = 900, LEASE_LIFE = 60, CRL_KEPT = 2 };

/* Seconds until the next try after `attempts` failed ones before this: 5, 10, 20 ... at most 900, and up to a quarter
 * more by `random`, so that messages that failed together do not come back together. Never above BACKOFF_MOST. */
int64_t backoff_seconds(int64_t attempts, uint32_t random);

/* When a failed message is tried again: not after its time is over, so that it is dropped then. */
int64_t retry_at(int64_t now, int64_t attempts, uint32_t random, int64_t drop_after);

enum fate { FATE_SENT, FATE_RETRY, FATE_DEAD };
/* What becomes of a message by what the courier said. An unknown fault never kills one. */
enum fate message_fate(enum err said);

/* Minutes of the day by this machine's clock, the second one not included; over midnight when `to` is the smaller. */
struct quiet_hours {
	int from, to; /* both 0: there are none */
};
/* "22:00-07:00"; "" for none. ERR_USAGE. */
enum err quiet_hours_read(const char *text, struct quiet_hours *out, struct errbuf *why) MUST_CHECK;
/* When they are over; now itself when they are not on. */
int64_t quiet_until(const struct quiet_hours *q, int64_t now);

/* Nobody answers at the other end: what else waits for it had better wait for the next round, too. */
bool peer_gone(enum err said);

/* Is a new revocation list due? */
struct crl_standing {
	bool made;           /* by this process */
	bool exists;         /* there is a newest one */
	int64_t this_update; /* its */
	int64_t period;
	bool changed;        /* a status changed since it was made */
	bool rests;          /* not now, unless its time has come: it was made a moment ago, and that took long */
};
bool crl_due(const struct crl_standing *s, int64_t now);

/* Milliseconds for which no change makes a new list after one that took so long: none when it took less than half a second,
 * else three times that, at most 20 s. Revocations that come one after the other leave the machine to others, and every one
 * is listed within the minute. */
int64_t crl_rest_ms(int64_t took_ms);

/* Milliseconds until a task runs again: its own interval, or after failures in a row 1 s, 2 s ... at most 5 s. */
int64_t task_pause_ms(int64_t every_ms, unsigned failures);

#endif

/* key_pool: RSA key pairs that were made before anybody waits for one, inside the signer.
 *
 * Two threads. The filler has the idle priority of the scheduler: it makes keys, and first those that were asked for in vain,
 * while nobody else has work; so that it costs those nothing who wait for an answer. (At any other priority it would keep
 * them waiting for its time slice of some milliseconds.) On a machine without idle time the maker steps in after two seconds
 * for whoever waits then, and goes on without a pause while others wait. Ready keys rest as DER in locked memory
 * (base/secret.h), are written nowhere, and each is handed out once. Whoever takes one shares no lock with the two: a thread
 * of idle priority that held it could keep everybody waiting. */
#ifndef ISSUER_KEY_POOL_H
#define ISSUER_KEY_POOL_H

#include "ca/key.h"

#include <stdbool.h>

enum { KEY_POOL_MOST = 64 }; /* ready keys of a type */

struct key_pool;

struct key_pool_plan {
	unsigned types;  /* bit (1u << enum key_type) for each that may be asked for */
	unsigned wanted; /* ready keys of each, at most KEY_POOL_MOST; 0: each is made when it is asked for */
	enum err (*make)(enum key_type type, EVP_PKEY **out); /* key_generate; another in tests */
	unsigned rest_ms; /* after a failure, at first; twice as long after each further one, up to 64 times */
};

/* Starts both threads, which make nothing before key_pool_fill or key_pool_take. */
enum err key_pool_new(const struct key_pool_plan *plan, struct key_pool **out, struct errbuf *why) MUST_CHECK;
/* From now on the filler keeps it full. */
void key_pool_fill(struct key_pool *p);

/* A key that nobody else has had; the caller frees it. ERR_UNAVAILABLE: none is ready, and one is being made: ask again.
 * ERR_INVALID: no type of the plan. Anything else: it could not be made, or was spoilt; who asks again has it tried again.
 * Never waits. One thread takes. */
enum err key_pool_take(struct key_pool *p, enum key_type type, EVP_PKEY **out) MUST_CHECK;

struct key_pool_state {
	unsigned wanted, ready;
	uint64_t made, awaited; /* since the start: all; those that were made because one was asked for in vain */
};
/* All zeros for a type that the plan has not. */
struct key_pool_state key_pool_look(const struct key_pool *p, enum key_type type);
/* How the last attempt to make a key ended. */
enum err key_pool_fault(const struct key_pool *p);

/* Wipes what is ready and frees the pool. A key that is being made cannot be cut off: false when that was not over within a
 * tenth of a second. Its thread then wipes it, frees the pool and ends; main must not return meanwhile, only _exit. NULL is
 * fine. */
bool key_pool_end(struct key_pool *p);

#endif

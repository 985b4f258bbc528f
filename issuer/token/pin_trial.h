/* pin_trial: what became of the PIN's logins, on a page that outlives the token process: whoever dies over a login has
 * tried the PIN too, and his successor must know it, or a token locks itself over a fault of its module. The supervisor
 * makes the page and keeps it as long as it runs; the token process alone is given it.
 *
 * It has a digest of the PIN with a salt of that page, never the PIN. Another PIN begins anew. */
#ifndef ISSUER_PIN_TRIAL_H
#define ISSUER_PIN_TRIAL_H

#include "base/secret.h"

#include <stdatomic.h>

enum {
	PIN_TRIES_FIRST = 1,	/* a PIN that nobody has accepted yet */
	PIN_TRIES_ACCEPTED = 3, /* one that was right in this run: the token may be coming back */
	PIN_TRIAL_SALT = 16,
	PIN_TRIAL_DIGEST = 32,
};

struct pin_trial {
	uint8_t salt[PIN_TRIAL_SALT];
	uint8_t pin[PIN_TRIAL_DIGEST];
	_Atomic bool accepted;
	_Atomic uint32_t tries; /* since the last that was accepted; before each, so that a death counts it */
};

/* A descriptor of a fresh page, which can neither grow nor shrink. */
enum err pin_trial_make(int *out, struct errbuf *why) MUST_CHECK;
/* Takes the descriptor. ERR_MEMORY: it cannot be mapped. */
enum err pin_trial_map(int fd, struct pin_trial **out, struct errbuf *why) MUST_CHECK;

/* Before a login. ERR_REFUSED: there must be none. `t` or `pin` NULL: nobody counts. */
enum err pin_trial_begin(struct pin_trial *t, const struct secret *pin, struct errbuf *why) MUST_CHECK;
/* After it, with what came of it; what comes back is what to tell: whatever a first login fails by is a refusal. */
enum err pin_trial_end(struct pin_trial *t, const struct secret *pin, enum err rc, struct errbuf *why) MUST_CHECK;

#endif

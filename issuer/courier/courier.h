/* courier: what the clerk may ask of the process that sends. */
#ifndef ISSUER_COURIER_H
#define ISSUER_COURIER_H

#include "issuer/process/line.h"

enum courier_operation { COURIER_NONE, COURIER_SEND };
enum { COURIER_REFERENCE_SIZE = 65 };

struct courier_job {
	const char *id;     /* the message's */
	const char *key;    /* idempotency key: of the same hand-over */
	const char *kind;   /* checked against what is sealed */
	const void *sealed;
	size_t len;
};

struct courier_word {
	char reference[COURIER_REFERENCE_SIZE]; /* the gateway's own id of a message that was handed over; "": it told none */
	bool away; /* the courier itself gave no answer: what else waits for it had better wait, too */
};

/* Open, render and hand over one sealed message. ERR_OK: handed over. ERR_REFUSED, ERR_INVALID: never try again.
 * ERR_LIMIT, ERR_USAGE: it was plainly not taken, and may be later. Of SMS, ERR_NETWORK and ERR_UNAUTHENTICATED: it never
 * reached a gateway. All else: nobody knows; try again later, under the same key. */
enum err courier_send(struct line *l, const struct courier_job *job, struct courier_word *said,
		      struct errbuf *why) MUST_CHECK;

#endif

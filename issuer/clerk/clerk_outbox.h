/* clerk_outbox: a message on its way, and the one transaction in which each of its ends is committed. */
#ifndef ISSUER_CLERK_OUTBOX_H
#define ISSUER_CLERK_OUTBOX_H

#include "base/buf.h"
#include "issuer/clerk/clerk.h"
#include "issuer/courier/courier.h"

struct outgoing {
	char id[ID_SIZE], order[ID_SIZE], code[ID_SIZE]; /* order and code may be "" */
	char kind[16], channel[8], contact[ID_SIZE]; /* contact may be "" */
	struct buf sealed;
	int64_t drop_after, attempts;
	bool held;                  /* it waits again: not now */
	bool delivered;             /* its receipt came before we knew that it was sent */
	int64_t attempt, refusals;  /* this attempt's number (0: none), and how many were plainly refused before any was unknown */
	enum err said;              /* by the courier, of this attempt */
	struct courier_word word;   /* and what else it said */
};

/* Handed over: erased, audited; the life of a code begins; an order's password is sent. */
enum err outbox_sent(struct clerk *c, const struct outgoing *m, int64_t now) MUST_CHECK;
/* It waits until `at`. */
enum err outbox_retry(struct clerk *c, const struct outgoing *m, int64_t at, const char *fault) MUST_CHECK;
/* "dead" or "dropped": erased, audited. */
enum err outbox_end(struct clerk *c, const struct outgoing *m, const char *state, const char *fault,
		    int64_t now) MUST_CHECK;

#endif

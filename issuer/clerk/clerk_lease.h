/* clerk_lease: which message goes next. */
#ifndef ISSUER_CLERK_LEASE_H
#define ISSUER_CLERK_LEASE_H

#include "issuer/clerk/clerk_outbox.h"

/* Lease the first that is due. ERR_NOT_FOUND when nothing is, or the outbox is paused. m->held: it may not go now
 * and waits again; else an attempt has begun, unless there is nothing to try (its time is over, it has arrived). */
enum err outbox_lease(struct clerk *c, int64_t now, struct outgoing *m) MUST_CHECK;

#endif

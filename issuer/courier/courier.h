/* courier: what the clerk may ask of the process that sends. */
#ifndef ISSUER_COURIER_H
#define ISSUER_COURIER_H

#include "issuer/process/line.h"

enum courier_operation { COURIER_NONE, COURIER_SEND };

/* Open, render and hand over one sealed message. ERR_OK: handed over. ERR_UNAVAILABLE, ERR_TIMEOUT, ERR_CLOSED: try
 * again later. ERR_REFUSED, ERR_INVALID: never. `id` is the idempotency key; the kind is checked against what is
 * sealed. */
enum err courier_send(struct line *l, const char *id, const char *kind, const void *sealed, size_t len,
		      struct errbuf *why) MUST_CHECK;

#endif

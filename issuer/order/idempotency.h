/* idempotency: a creation that is asked for twice is done once.
 *
 * Whoever asks gives it a key of their own (the header Idempotency-Key, draft-ietf-httpapi-idempotency-key-header). It is
 * written down with the hash of the request and with what was created, in the transaction of the creation: one of two at
 * once fails, and finds what the other has made. Keys are a staff member's own, and are forgotten a day later. */
#ifndef ISSUER_IDEMPOTENCY_H
#define ISSUER_IDEMPOTENCY_H

#include "issuer/order/step.h"

enum { IDEMPOTENCY_KEY_MOST = 64, IDEMPOTENCY_KEPT = DAY };

struct idempotency { /* of an actor: struct actor.once */
	const char *key; /* borrowed */
	uint8_t request[HASH_BYTES];
};

/* 1 to 64 of [A-Za-z0-9._~-]; ERR_MALFORMED. body: its members' order does not matter. */
enum err idempotency_begin(struct idempotency *out, const char *key, const char *path, const json_t *body,
			   struct errbuf *why) MUST_CHECK;
/* What that request has created. ERR_NOT_FOUND: nothing yet, or who->once is NULL; ERR_CONFLICT: another request had the key. */
enum err idempotency_find(struct desk *d, const struct actor *who, int64_t now, char id[ID_SIZE],
			  struct errbuf *why) MUST_CHECK;
/* First in the transaction that creates t->order. ERR_EXISTS: somebody else has the key, so nothing is created. */
enum err idempotency_claim(struct store *s, const struct step *t) MUST_CHECK;

#endif

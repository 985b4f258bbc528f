/* first_use: notes that a certificate is in use, once, and then once an hour from where, on a worker, without holding up the request. What has
 * been noted is remembered in a small table, so that a busy caller costs one commit a process, not one a connection. */
#ifndef ISSUER_HTTP_FIRST_USE_H
#define ISSUER_HTTP_FIRST_USE_H

#include "issuer/http/workers.h"
#include "issuer/order/order.h"

struct first_use;

enum err first_use_new(struct desk *desk, struct workers *workers, struct first_use **out) MUST_CHECK;
void first_use_free(struct first_use *f); /* after the workers have stopped */

/* Any thread. Does nothing for what is noted already, and when the queue is full (a later request asks
 * again). */
void first_use_note(struct first_use *f, const struct identity *who, const char *address, int64_t now);

#endif

/* workers: a few threads that run what may block, from a bounded queue. Any thread may put; nothing is ever dropped
 * that was accepted. */
#ifndef ISSUER_HTTP_WORKERS_H
#define ISSUER_HTTP_WORKERS_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

struct workers;
typedef void work(void *ctx);

enum err workers_start(unsigned threads, size_t queue, struct workers **out) MUST_CHECK;
/* False when the queue is full, or after workers_stop has begun: the caller sheds the load. */
bool workers_put(struct workers *w, work *run, void *ctx);
size_t workers_waiting(struct workers *w);
/* Finishes what was accepted, then ends the threads. The struct stays, so that a late workers_put is refused. */
void workers_stop(struct workers *w);
void workers_free(struct workers *w); /* after workers_stop; NULL is fine */

#endif

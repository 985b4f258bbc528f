/* metrics: counters of the front, and their Prometheus text (exposition format 0.0.4). Any thread may count. */
#ifndef ISSUER_HTTP_METRICS_H
#define ISSUER_HTTP_METRICS_H

#include "issuer/http/connection.h"
#include "issuer/http/route.h"

#include <stdatomic.h>

enum { METRICS_CLASSES = 6, METRICS_BUCKETS = 6 };

struct metrics {
	_Atomic uint64_t requests[LISTENER_COUNT][METRICS_CLASSES]; /* by hundreds of the status; 0: no answer */
	_Atomic uint64_t took[LISTENER_COUNT][METRICS_BUCKETS];     /* requests by duration */
	_Atomic uint64_t took_ms[LISTENER_COUNT];
	_Atomic uint64_t refused[LISTENER_COUNT]; /* by the guard */
	_Atomic uint64_t shed;                    /* the queue was full */
	_Atomic uint64_t swept;                   /* connections closed past their deadline */
	struct connections *_Atomic connections[LISTENER_COUNT]; /* borrowed; NULL while not listening */
};

void metrics_request(struct metrics *m, enum listener l, unsigned status, int64_t milliseconds);
enum err metrics_write(struct front *front, int64_t now, struct buf *out) MUST_CHECK;

#endif

/* transport_cancel: ending calls from another thread. */
#ifndef CLIENT_TRANSPORT_CANCEL_H
#define CLIENT_TRANSPORT_CANCEL_H

#include "client/outcome.h"

#include <stdbool.h>

/* A call that a cancel ends: wake is called once, or never, in the thread of counterfoil_cancel_now. */
struct under_way {
	struct under_way *next, **from;
	void (*wake)(void *context); /* may not call what is below */
	void *context;
};

/* cancel may be NULL: then it is never told. */
void under_way_begin(counterfoil_cancel *cancel, struct under_way *call);
void under_way_end(counterfoil_cancel *cancel, struct under_way *call);
bool cancel_told(counterfoil_cancel *cancel);

/* Sleep so long, or until it is cancelled: true then. cancel may be NULL. */
bool cancel_sleep(counterfoil_cancel *cancel, int64_t milliseconds);

#endif

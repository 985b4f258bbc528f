/* transport_cancel: ending calls from another thread. */
#ifndef CLIENT_TRANSPORT_CANCEL_H
#define CLIENT_TRANSPORT_CANCEL_H

#include "client/outcome.h"

#include <stdbool.h>

/* Sleep so long, or until it is cancelled: true then. cancel may be NULL. */
bool cancel_sleep(counterfoil_cancel *cancel, int64_t milliseconds);

#endif

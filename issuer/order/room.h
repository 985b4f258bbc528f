/* room: what the service and the client of an order allow: how many approvals it wants, and whether there may be another
 * order. Asked once more by the statement that stores the order. */
#ifndef ISSUER_ROOM_H
#define ISSUER_ROOM_H

#include "issuer/order/input.h"
#include "issuer/order/new_order.h"

/* Into n->approvals; what stands against the order is a fault. */
enum err room_find(struct store *s, struct input *in, const char *client, struct new_order *n) MUST_CHECK;

#endif

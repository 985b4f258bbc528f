/* named_order: an order by its id, or by its certificate's serial in any notation. */
#ifndef ISSUER_NAMED_ORDER_H
#define ISSUER_NAMED_ORDER_H

#include "issuer/order/row.h"

/* ERR_NOT_FOUND, also when it is beyond the actor's reach; ERR_CONFLICT for a certificate that was not ordered. */
enum err named_order_find(struct desk *d, const struct actor *who, const char *which, struct order_row *row, struct errbuf *why) MUST_CHECK;

#endif

#include "issuer/order/replaced.h"

#include <stdio.h>

static enum err take_id(void *ctx, const struct row *r)
{
	snprintf(ctx, ID_SIZE, "%s", row_text(r, 0));
	return ERR_OK;
}

enum err replacement_find(struct desk *d, const char *order, char id[ID_SIZE])
{
	struct store *s = readers_take(d->readers);
	enum err rc = store_one(s, STATEMENT_ORDER_REPLACED_BY, STORE_VALUES(value_text(order)), take_id, id);
	readers_give(d->readers, s);
	return rc;
}

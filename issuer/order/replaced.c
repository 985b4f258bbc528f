#include "issuer/order/replaced.h"

#include <stdio.h>

static enum err take_replacement(void *ctx, const struct row *r)
{
	struct replacement *out = ctx;
	snprintf(out->id, sizeof out->id, "%s", row_text(r, 0));
	out->audited = row_integer(r, 1) != 0;
	return ERR_OK;
}

enum err replacement_find(struct desk *d, const char *order, struct replacement *out)
{
	*out = (struct replacement){.id = ""};
	struct store *s = readers_take(d->readers);
	enum err rc = store_one(s, STATEMENT_ORDER_REPLACED_BY, STORE_VALUES(value_text(order)), take_replacement, out);
	readers_give(d->readers, s);
	return rc;
}

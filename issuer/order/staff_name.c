#include "issuer/order/staff_name.h"

#include <stdio.h>

static enum err take_name(void *ctx, const struct row *r)
{
	snprintf(ctx, NAME_SIZE, "%s", row_text(r, 0));
	return ERR_OK;
}

enum err staff_name(struct store *s, const char *id, char out[NAME_SIZE])
{
	out[0] = '\0';
	enum err e = store_one(s, STATEMENT_STAFF_NAME, STORE_VALUES(value_text(id)), take_name, out);
	return e == ERR_NOT_FOUND ? ERR_OK : e;
}

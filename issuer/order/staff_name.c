#include "issuer/order/staff_name.h"

#include <stdio.h>

enum { NAME = 1 }; /* of STAFF_SHOW in sql_directory.def */

static enum err take_name(void *ctx, const struct row *r)
{
	snprintf(ctx, NAME_SIZE, "%s", row_text(r, NAME));
	return ERR_OK;
}

enum err staff_name(struct store *s, const char *id, char out[NAME_SIZE])
{
	out[0] = '\0';
	enum err e = store_one(s, STATEMENT_STAFF_SHOW, STORE_VALUES(value_text(id)), take_name, out);
	return e == ERR_NOT_FOUND ? ERR_OK : e;
}

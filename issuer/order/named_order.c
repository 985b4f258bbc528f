#include "issuer/order/named_order.h"

#include "issuer/order/revoke.h"

#include <string.h>

enum err named_order_find(struct desk *d, const struct actor *who, const char *which, struct order_row *row, struct errbuf *why)
{
	struct revoking r = {.who = who, .serial = ""};
	struct standing standing;
	const char *scope = actor_scope(who);
	enum err rc = row_by_id(d, which, row);
	if (rc == ERR_OK && scope && strcmp(scope, row->organisation) != 0)
		rc = ERR_NOT_FOUND;
	if (rc != ERR_NOT_FOUND)
		return rc;
	if (revoking_read(&r, which, NULL) != ERR_OK)
		return fail(why, ERR_NOT_FOUND, "there is no such order, and no certificate of this serial");
	rc = standing_find(d, &r, &standing, why);
	if (rc == ERR_OK && !standing.order[0])
		rc = fail(why, ERR_CONFLICT, "it was made on the host, and not ordered: there is nothing to order again");
	return rc == ERR_OK ? row_by_id(d, standing.order, row) : rc;
}

#include "issuer/order/order.h"
#include "issuer/order/version.h"

#include <stdio.h>
#include <string.h>

enum { TAG_SIZE = 64 };

static enum err take_tag(void *ctx, const struct row *r)
{
	snprintf(ctx, TAG_SIZE, "\"%s\"", row_text(r, 0));
	return ERR_OK;
}

static enum err look(struct store *s, const struct actor *who, const char *id, const char *if_match, struct errbuf *why)
{
	char tag[TAG_SIZE] = "";
	enum err e = store_one(s, STATEMENT_ORDER_TAG, STORE_VALUES(value_text(id), value_text(actor_scope(who))), take_tag, tag);
	if (e == ERR_NOT_FOUND)
		return fail(why, e, "there is no such order");
	return e == ERR_OK && if_match ? version_check_tag(s, if_match, id, tag, why) : e;
}

enum err order_look(struct desk *d, const struct actor *who, const char *id, const char *if_match, struct errbuf *why)
{
	enum err e = version_tags_check(if_match, why);
	if (e != ERR_OK)
		return e;
	struct store *s = readers_take(d->readers);
	e = look(s, who, id, if_match, why);
	readers_give(d->readers, s);
	return e;
}

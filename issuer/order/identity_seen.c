#include "issuer/order/order.h"

#include "base/clock.h"

struct seen {
	const char *serial, *address;
	int64_t now;
};

static enum err store_seen(struct store *s, void *ctx)
{
	const struct seen *u = ctx;
	return store_exec(s, STATEMENT_CERTIFICATE_LAST_USE,
			  STORE_VALUES(value_integer(u->now), value_text(u->address), value_text(u->serial),
				       value_integer(u->now - IDENTITY_SEEN_EVERY)),
			  NULL);
}

enum err identity_seen(struct desk *d, const struct identity *who, const char *address)
{
	struct seen u = {who->serial, address, clock_now()};
	return writer_run(d->writer, store_seen, &u);
}

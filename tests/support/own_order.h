/* own_order: an order on the order bench for a key of the recipient's own. */
#ifndef TESTS_OWN_ORDER_H
#define TESTS_OWN_ORDER_H

#include "tests/support/order_bench.h"

static inline void own_key_order(struct parcel *p)
{
	bench_order_with(p, "key_type", json_string(FACTS_OWN_KEY));
	bench_claim(p);
}

static inline enum err bring_bytes(const struct parcel *p, const struct buf *request, struct buf *certificate,
				   struct errbuf *why)
{
	const struct collect_claim c = {p->token, p->claim, false};
	why->text[0] = '\0';
	buf_clear(certificate);
	return collect_request(&bench.desk, &bench_recipient, &c, request->data, request->len, certificate, why);
}

#endif

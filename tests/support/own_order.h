/* own_order: an order on the order bench that was approved for a key of the recipient's own. No call makes such orders yet, so
 * a usual one is changed, and its ticket made anew over what stands there then. */
#ifndef TESTS_OWN_ORDER_H
#define TESTS_OWN_ORDER_H

#include "tests/support/order_bench.h"

static inline void own_key_order(struct parcel *p)
{
	char facts[FACTS_MAX_BYTES + 1], sql[128], hex[2 * TICKET_BYTES + 1] = "";
	uint8_t ticket[TICKET_BYTES];
	bench_order(p);
	bench_sql("UPDATE orders SET facts = replace(facts, '\"key_type\":\"p256\"', '\"key_type\":\"request\"'),"
		  " key_type = 'request' WHERE id = %Q", p->id);
	snprintf(sql, sizeof sql, "SELECT facts FROM orders WHERE id = '%s'", p->id);
	int len = bench_value(facts, sizeof facts, sql);
	assert_true(len > 0 && strstr(facts, "\"request\""));
	fake_ticket(facts, (size_t)len, ticket);
	for (size_t i = 0; i < sizeof ticket; i++)
		snprintf(hex + 2 * i, 3, "%02x", ticket[i]);
	bench_sql("UPDATE orders SET ticket = X'%s' WHERE id = %Q", hex, p->id);
	bench_claim(p);
}

static inline enum err bring_bytes(const struct parcel *p, const struct buf *request, struct buf *certificate,
				   struct errbuf *why)
{
	const struct collect_claim c = {p->token, p->claim};
	why->text[0] = '\0';
	buf_clear(certificate);
	return collect_request(&bench.desk, &bench_recipient, &c, request->data, request->len, certificate, why);
}

#endif

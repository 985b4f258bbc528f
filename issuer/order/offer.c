#include "issuer/order/offer.h"

enum err offer_make(struct desk *d, const struct order_facts *f, const char *orderer, int64_t now, struct offer *out,
		    struct errbuf *why)
{
	*out = (struct offer){.link = {.until = 0}};
	enum err rc = link_make(d, f, orderer, now, &out->link, why);
	return rc == ERR_OK ? code_make(d, f, now, &out->code, why) : rc;
}

enum err offer_store(struct store *s, const struct step *t, const struct offer *o)
{
	static const struct code_limit by_staff = {"staff", INT64_MAX};
	enum order_state to;
	enum err e = order_next(ORDER_APPROVED, EVENT_OFFER, &to, NULL);
	if (e == ERR_OK)
		e = store_exec_one(s, STATEMENT_ORDER_OFFER,
				   STORE_VALUES(value_text(order_state_name(to)), value_integer(t->now),
						value_blob(o->link.hash, HASH_BYTES), value_integer(o->link.until),
						value_text(t->order), value_text(order_state_name(ORDER_APPROVED))));
	if (e == ERR_OK)
		e = link_store(s, t, &o->link);
	if (e == ERR_OK)
		e = code_store(s, t, &o->code, "[\"offered\"]", &by_staff);
	return e != ERR_OK ? e : step_note(s, t, order_event_name(EVENT_OFFER), NULL, NULL);
}

void offer_clear(struct offer *o)
{
	link_clear(&o->link);
	code_clear(&o->code);
}

#include "issuer/order/served.h"

/* ERR_CONFLICT: not the claim's any more, or served to it at this very moment by another call. */
static enum err store_served(struct store *s, void *ctx)
{
	const struct serving *v = ctx;
	enum err e = store_exec_one(s, STATEMENT_ORDER_SERVED,
				    STORE_VALUES(value_integer(v->step.now), value_integer(v->bit), value_text(v->row->id),
						 value_blob(v->row->claim_hash, HASH_BYTES)));
	return e != ERR_OK ? e : step_note(s, &v->step, "parcel.served", NULL, v->what);
}

enum err served_note(struct desk *d, struct serving *v, const struct collect_claim *c, struct errbuf *why)
{
	struct order_row now;
	if (c->looks || (v->row->served & v->bit))
		return ERR_OK;
	enum err rc = step_commit(d, CRASH_FRONT_SERVED_BEFORE, store_served, v);
	if (rc != ERR_CONFLICT)
		return rc;
	rc = row_by_claim(d, c->token, c->claim, v->step.now, &now, why);
	return rc == ERR_OK && now.state != ORDER_COLLECTING ? ERR_CONFLICT : rc;
}

/* The same again, before the old one ends: an order of its own, beside a certificate that lives on. */
#include "issuer/order/order.h"
#include "issuer/order/named_order.h"
#include "issuer/order/row.h"

#include <string.h>

/* As that order, but for what is wished otherwise. */
static enum err write_body(const struct order_row *row, const struct renewal_wish *wish, json_t **out)
{
	struct order_facts f;
	enum err rc = row_facts(row, &f);
	if (rc != ERR_OK)
		return rc;
	*out = json_pack("{s:s, s:s, s:s, s:s, s:s, s:b, s:s*, s:s*, s:s}", "organisation", f.organisation_slug, "service",
			 f.service_slug, "client", f.client_slug, "contact", wish->contact ? wish->contact : f.contact, "key_type",
			 f.key_type, "own_key", facts_take_request(&f), "note", wish->note, "due", wish->due, "renews", row->serial);
	return *out ? ERR_OK : ERR_MEMORY;
}

enum err order_renew(struct desk *d, const struct actor *who, const struct renewal_wish *wish, char id[ID_SIZE],
		     struct faults *faults, struct errbuf *why)
{
	struct order_row row;
	json_t *body = NULL;
	enum err rc = named_order_find(d, who, wish->which, &row, why);
	if (rc == ERR_OK && row.staff[0])
		rc = fail(why, ERR_CONFLICT, "it is of a member of the staff: renew the member's (staff renew)");
	else if (rc == ERR_OK && !row.serial[0])
		rc = fail(why, ERR_CONFLICT, "it has no certificate that could be renewed");
	else if (rc == ERR_OK && !row.alive)
		rc = fail(why, ERR_CONFLICT, "its certificate was revoked: order anew (order new)");
	if (rc == ERR_OK)
		rc = write_body(&row, wish, &body);
	if (rc == ERR_OK)
		rc = order_new(d, who, body, id, faults, why);
	json_decref(body);
	return rc;
}

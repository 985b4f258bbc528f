/* offer: what an approved order sends: its link and its code. Made before the transaction that approves it, and stored
 * inside it. */
#ifndef ISSUER_OFFER_H
#define ISSUER_OFFER_H

#include "issuer/order/post.h"

struct offer {
	struct new_link link;
	struct new_code code;
};
/* Clear `out` in every case. */
enum err offer_make(struct desk *d, const struct order_facts *f, const char *orderer, int64_t now, struct offer *out,
		    struct errbuf *why) MUST_CHECK;
/* From approved to offered, both messages and the audit record. */
enum err offer_store(struct store *s, const struct step *t, const struct offer *o) MUST_CHECK;
void offer_clear(struct offer *o);

#endif

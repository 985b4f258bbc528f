/* new_order: an order on its way into the database: read, approved by the signer, its link and code made before the
 * transaction that stores them. Internal to issuer/order/order_new.c and order_reissue.c. */
#ifndef ISSUER_NEW_ORDER_H
#define ISSUER_NEW_ORDER_H

#include "issuer/order/order.h"
#include "issuer/order/post.h"

struct new_order {
	struct step step;
	const char *replaces; /* the order whose certificate this one's takes the place of, or NULL */
	struct order_facts facts;
	char client_id[ID_SIZE];
	char orderer_name[NAME_SIZE];
	const char *note;
	struct buf text; /* the facts, canonical */
	uint8_t ticket[TICKET_BYTES];
	int64_t contact_rest; /* of one whose address was changed */
	const char *refused; /* why the signer's dry run would not have it */
	struct new_link link;
	struct new_code code;
};

/* Who, when, and an id of its own into `id`. Clear it in every case. */
enum err new_order_begin(struct new_order *n, const struct actor *who, char id[ID_SIZE]) MUST_CHECK;
/* Everything but the transaction, by a body as order_new takes it, which outlives `n`. */
enum err new_order_make(struct desk *d, struct new_order *n, json_t *body, struct faults *faults,
			struct errbuf *why) MUST_CHECK;
/* Inside a transaction: requested, approved and offered. ERR_EXISTS: another replaces that order. */
enum err new_order_store(struct store *s, const struct new_order *n) MUST_CHECK;
void new_order_clear(struct new_order *n);

#endif

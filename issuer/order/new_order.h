/* new_order: an order on its way into the database: read, approved by the signer, its link and code made before the
 * transaction that stores them; or, when others are to approve it first, its digest and the mails to those who may.
 * Internal to issuer/order/order_read.c, order_new.c, order_reissue.c, order_renew.c and staff_order.c. */
#ifndef ISSUER_NEW_ORDER_H
#define ISSUER_NEW_ORDER_H

#include "ca/certificate.h"
#include "issuer/order/approvers.h"
#include "issuer/order/offer.h"
#include "issuer/order/order.h"

struct new_order {
	struct step step;
	const char *replaces; /* the order whose certificate this one's takes the place of, or NULL */
	struct order_facts facts;
	char client_id[ID_SIZE], organisation_id[ID_SIZE];
	int64_t staff_version; /* of the member that facts.staff names, as it was looked at */
	char renews[SERIAL_TEXT_SIZE]; /* the certificate that it follows; "" for none */
	char orderer_name[NAME_SIZE];
	const char *note;
	int64_t due_at;       /* 0: none */
	int64_t contact_rest; /* of one whose address was changed */
	int64_t approvals, approvals_standard; /* how many others must approve it; how many the installation wants */
	struct buf text;      /* the facts, canonical: approved ones, or when approvals are wanted the request */

	/* without approvals */
	uint8_t ticket[TICKET_BYTES];
	struct offer offer;

	/* with them */
	uint8_t digest[FACTS_DIGEST_BYTES];
	int64_t until; /* nobody approves it later */
	struct calls calls;
};

/* Who, when, and an id of its own into `id`. Clear it in every case. */
enum err new_order_begin(struct new_order *n, const struct actor *who, char id[ID_SIZE]) MUST_CHECK;
/* By a body as order_new takes it, which outlives `n`. (Of a member of the staff: staff_order_read.) */
enum err new_order_read(struct desk *d, struct new_order *n, json_t *body, struct faults *faults,
			struct errbuf *why) MUST_CHECK;
/* Everything but the transaction, after new_order_read. */
enum err new_order_make(struct desk *d, struct new_order *n, struct errbuf *why) MUST_CHECK;
/* Inside a transaction: requested and, unless it waits for approvals, approved and offered. ERR_EXISTS: another replaces
 * that order. ERR_CONFLICT: what it was read by has changed. */
enum err new_order_store(struct store *s, const struct new_order *n) MUST_CHECK;
void new_order_clear(struct new_order *n);

#endif

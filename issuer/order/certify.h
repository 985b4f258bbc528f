/* certify: the signer's word that an order was approved exactly as it stands: its ticket, after a dry run. */
#ifndef ISSUER_CERTIFY_H
#define ISSUER_CERTIFY_H

#include "issuer/order/step.h"

/* The facts as text, which the ticket covers. What the signer refuses is audited under the step's order, and
 * ERR_INVALID. `text` is NUL-terminated behind its end. */
enum err certify(struct desk *d, const struct step *t, const struct order_facts *f, struct buf *text,
		 uint8_t ticket[TICKET_BYTES], struct errbuf *why) MUST_CHECK;

#endif

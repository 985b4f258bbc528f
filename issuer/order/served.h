/* served: that something was handed to the claim: only what was can be acknowledged. Internal to
 * issuer/order/collect_*.c. */
#ifndef ISSUER_SERVED_H
#define ISSUER_SERVED_H

#include "issuer/order/collect.h"
#include "issuer/order/step.h"

struct serving {
	struct step step;
	const struct order_row *row;
	int64_t bit;      /* of orders.served: 1 << enum package_encoding, or SERVED_CERTIFICATE */
	const char *what; /* the same for the audit: "modern", "compatible", "certificate" */
};

/* Each once for each claim; what was served before costs nothing. ERR_CONFLICT, ERR_REFUSED, ERR_NOT_FOUND: not the
 * claim's any more. */
enum err served_note(struct desk *d, struct serving *v, const struct collect_claim *c, struct errbuf *why) MUST_CHECK;

#endif

/* certified: what the database says of a key that somebody wants certified.
 *
 * The front judges this, and not the signer, who has no database: a front that lies here gains nothing, for it could as well
 * have put a key of its own in the place of the recipient's. Against everybody else the books are enough, and the same is
 * asked once more by the statement that stores the certificate (CERTIFICATE_ADD_CLIENT). */
#ifndef ISSUER_CERTIFIED_H
#define ISSUER_CERTIFIED_H

#include "ca/request.h"
#include "issuer/store/store.h"

/* ERR_OK: it may be certified for this order; when the order has a live certificate by the very same request, its DER has been
 * appended to `same`. ERR_INVALID with the reason: it was certified before, or was given away (revoked as keyCompromise). */
enum err certified_look(struct store *s, const struct certificate_request *r, const char *order, struct buf *same,
			struct errbuf *why) MUST_CHECK;

#endif

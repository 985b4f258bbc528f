/* staff: the life of the members of the staff. Whoever calls these is an administrator of everything, or, for
 * staff_renew alone, the member itself: the route's row says so. Each is audited under the member's id.
 *
 * Members come in by their certificate alone, which is ordered, delivered and renewed like a client's; what they may do is
 * looked up at each request, so that a change holds from the next one on, also on a connection that is open. Where orders want
 * approvals, those of members want them too, and a role or a limit does not become wider without.
 *
 * No call here leaves the house without an administrator whose role reaches everything, who is active and has a certificate that
 * lives: that is ERR_CONFLICT. (That certificate can be revoked like any other, when it is stolen.) Nobody changes a role or a limit of their own (ERR_REFUSED): leaving, one may. */
#ifndef ISSUER_STAFF_H
#define ISSUER_STAFF_H

#include "issuer/order/order.h"

/* {"name","role","email","mobile","language"?,"organisation"?}: the member, and the order of its certificate, in one
 * transaction. organisation: by slug; all that the role reaches. ERR_INVALID with faults. id takes the member's. */
enum err staff_add(struct desk *d, const struct actor *who, json_t *body, char id[ID_SIZE], struct faults *faults,
		   struct errbuf *why) MUST_CHECK;

/* The same members, each of them or some; organisation null: everything again. An e-mail or a mobile that is another is told
 * by mail at both addresses, and nothing is ordered for the member for a while (delivery.contact_rest). */
struct staff_wish {
	const char *staff;
	const char *if_match; /* as in directory_change */
	json_t *body;
};
/* ERR_NOT_FOUND; ERR_INVALID with faults; ERR_PRECONDITION; ERR_MALFORMED; ERR_REFUSED; ERR_CONFLICT. */
enum err staff_change(struct desk *d, const struct actor *who, const struct staff_wish *wish, struct faults *faults,
		      struct errbuf *why) MUST_CHECK;

/* Without certificates being touched: nobody lets the member in meanwhile, and its link opens nothing. ERR_CONFLICT when it is so
 * already, or removed. */
enum err staff_suspend(struct desk *d, const struct actor *who, const char *staff, const char *reason,
		       struct errbuf *why) MUST_CHECK;
enum err staff_restore(struct desk *d, const struct actor *who, const char *staff, struct errbuf *why) MUST_CHECK;
/* For good: its orders are cancelled, its certificates revoked. From the first of that on nobody lets it in; what a fault kept
 * from being done is done by asking again. ERR_CONFLICT when nothing is left to do. */
enum err staff_remove(struct desk *d, const struct actor *who, const char *staff, const char *reason,
		      struct errbuf *why) MUST_CHECK;
/* A new parcel; the older certificate lives on to its end. For anybody but an administrator of everything there is no member but
 * oneself: ERR_NOT_FOUND. ERR_CONFLICT while the member rests, is not active, has an order that waits, or lacks an address. */
enum err staff_renew(struct desk *d, const struct actor *who, const char *staff, char order[ID_SIZE],
		     struct errbuf *why) MUST_CHECK;

#endif

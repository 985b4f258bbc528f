/* clerk_list: one revocation list on its way from the table to the table. Its memory is what is revoked, once as entries and
 * once in DER, and at the end the DER alone. Private to the clerk. */
#ifndef ISSUER_CLERK_LIST_H
#define ISSUER_CLERK_LIST_H

#include "issuer/clerk/clerk.h"

struct list {
	const struct issuer *issuer; /* whose */
	struct crl_head head;
	struct crl_entry *entries;
	size_t n, room;
	size_t entries_len; /* octets of all of them in DER */
	struct buf der;     /* the list begins after `unused` octets: room for a head that is known last */
	size_t unused;
};

/* What is revoked or held now, in rising order of serials. ERR_CORRUPT: a serial that is none. */
enum err list_collect(struct clerk *c, struct list *l) MUST_CHECK;
/* Have it signed, and read it as those who check will. The entries are given back. */
enum err list_sign(struct clerk *c, struct list *l, struct errbuf *why) MUST_CHECK;
void list_clear(struct list *l);

#endif

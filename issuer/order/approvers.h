/* approvers: those of the staff who may approve an order that somebody else has made: each is told once, by mail. Made
 * before the transaction that stores the order, and stored inside it. */
#ifndef ISSUER_APPROVERS_H
#define ISSUER_APPROVERS_H

#include "issuer/order/post.h"

struct call {
	const struct step *step;
	const struct order_facts *facts;
	const char *orderer;      /* name; "": the installation's */
	const char *organisation; /* id */
	int64_t until;
};

enum { CALLS_MOST = 10 };
struct calls {
	struct post of[CALLS_MOST];
	size_t count;
	const char *missed; /* why nobody is told; NULL: somebody is */
};

/* Never fails: an order waits whether or not somebody can be told; why not stands in `missed`. Members with the role
 * approver come first, administrators when those are too few; without any address of theirs it goes to
 * delivery.staff_mail. Clear `out` in every case. */
void calls_make(struct desk *d, const struct call *c, struct calls *out);
/* Inside the transaction, behind the order. When many wait of the last hour, nobody is told once more. */
enum err calls_store(struct store *s, const struct step *t, const struct calls *calls) MUST_CHECK;
void calls_clear(struct calls *calls);

/* What is waited for as well, of an order that others are to approve: into the facts. Borrowed. */
struct request_facts {
	int64_t approvals;
	const char *ordered_by, *kind, *renews, *note; /* kind as in the database; renews and note "" for none */
	int64_t due_at;                                /* 0: none */
};
void request_describe(struct order_facts *f, const struct request_facts *r);

#endif

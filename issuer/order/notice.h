/* notice: a mail to whoever ordered, when the order came to nothing or waits for them. Made and sealed before a
 * transaction, and stored inside it with the change of state: there is one for each, whatever crashes.
 *
 * It goes to the e-mail of the member of the staff who ordered, if active; else to delivery.staff_mail. Without both
 * the order's history says that nobody could be told. */
#ifndef ISSUER_NOTICE_H
#define ISSUER_NOTICE_H

#include "delivery/message.h"
#include "issuer/order/step.h"

struct notice {
	enum message_kind kind; /* one of MESSAGE_LAPSED_LINK to MESSAGE_REJECTED */
	char id[ID_SIZE];
	struct buf sealed;
	const char *missed; /* why nobody is told; NULL: somebody is */
};

/* Never fails: what an order goes through does not depend on whether somebody can be told. Why not stands in `missed`.
 * Read on the calling thread's store, outside of a transaction. Clear `out` in every case. */
struct notice_office {
	struct store *store;
	X509 *courier;
	const struct settings *settings;
	const char *reason; /* of whoever has ended it; NULL for none */
};
void notice_make(const struct notice_office *office, enum message_kind kind, const char *order, struct notice *out);
/* Inside the transaction, behind the change of state: nothing is stored unless the order is in that state. */
enum err notice_store(struct store *s, const struct step *t, const struct notice *n, enum order_state state) MUST_CHECK;
void notice_clear(struct notice *n);

#endif

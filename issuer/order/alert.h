/* alert: a mail to the staff's mailbox about a message that nobody will get. Made and sealed before a transaction,
 * stored inside it. */
#ifndef ISSUER_ALERT_H
#define ISSUER_ALERT_H

#include "base/buf.h"
#include "issuer/settings.h"
#include "issuer/store/store.h"

#include <openssl/x509.h>
#include <stdbool.h>

struct alert {
	char id[ID_SIZE];
	struct buf sealed; /* empty: there is nothing to store */
};

/* What died, by kind and order ("" for none), and why. Nothing is made without delivery.staff_mail, nor about an
 * alert: a mail server that takes no mail gets no mails about that. Free it with alert_clear in every case. */
enum err alert_make(X509 *courier, const struct settings *s, const char *kind, const char *order, const char *reason,
		    struct alert *out) MUST_CHECK;
/* At most ten within an hour: a gateway that is out of order must not fill a mailbox. */
enum err alert_store(struct store *s, const struct alert *a, int64_t now) MUST_CHECK;
void alert_clear(struct alert *a);

#endif

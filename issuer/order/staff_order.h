/* staff_order: the order of a certificate for a member of the staff, who receives it itself. It is approved, delivered,
 * received and used like any other. Internal to issuer/order/. */
#ifndef ISSUER_STAFF_ORDER_H
#define ISSUER_STAFF_ORDER_H

#include "issuer/order/new_order.h"
#include "issuer/order/staff.h"

#define STAFF_LAST_ONE                                                                                                 \
	"there would be no administrator left who can come in: first let somebody else with that role collect a certificate"

/* A member as it is looked at. */
struct member_row {
	char id[ID_SIZE], name[NAME_SIZE], role[ROLE_SIZE], status[16], email[MAILBOX_SIZE], mobile[MOBILE_SIZE];
	char language[LANGUAGE_TAG_SIZE], scope[ID_SIZE]; /* scope: "" for all */
	int64_t moved_at, version;
	char serial[SERIAL_TEXT_SIZE]; /* the newest certificate that lives; "" for none */
};
/* ERR_NOT_FOUND with a sentence. */
enum err member_find(struct store *s, const char *id, int64_t now, struct member_row *out, struct errbuf *why) MUST_CHECK;

struct input;
/* The member "organisation", by its slug: its id; "" when there is none, or null or "". What is not there is a fault. */
enum err staff_scope_read(struct desk *d, struct input *in, char scope[ID_SIZE]) MUST_CHECK;

/* In place of new_order_read. `n` has begun. */
enum err staff_order_read(struct desk *d, struct new_order *n, const struct member_row *m) MUST_CHECK;
/* Inside the transaction, in place of ORDER_ADD. ERR_CONFLICT: the member is another by now, or has an order that waits. */
enum err staff_order_add(struct store *s, const struct new_order *n) MUST_CHECK;

#endif

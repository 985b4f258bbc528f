/* outbox: what staff and gateways do to messages that are under way. */
#ifndef ISSUER_OUTBOX_H
#define ISSUER_OUTBOX_H

#include "issuer/order/desk.h"

/* A gateway's receipt, for a message whose address it knew. Delivered is the last word; a failure stands until then.
 * A repeated one, and one of a message that there is not, changes nothing: ERR_OK. `code` is the gateway's reason,
 * or "". */
enum err message_delivered(struct desk *d, const char *id) MUST_CHECK;
enum err message_undelivered(struct desk *d, const char *id, const char *code) MUST_CHECK;

/* While it is paused nothing is sent and nothing is lost; what is past its time is dropped afterwards. Audited when
 * it changes something. */
enum err outbox_pause(struct desk *d, const struct actor *who, const char *reason) MUST_CHECK;
enum err outbox_resume(struct desk *d, const struct actor *who) MUST_CHECK;

#endif

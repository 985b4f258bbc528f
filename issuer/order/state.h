/* state: the life of an order as one table of (state, event) -> state; everything absent is refused.
 *
 * requested -> approved -> offered -> collecting -> received -> password_sent -> in_use
 *      \-> rejected          |   \-> locked -> offered
 *      \-> lapsed            \-> lapsed            cancelled: from every state before in_use */
#ifndef ISSUER_ORDER_STATE_H
#define ISSUER_ORDER_STATE_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

enum order_state {
	ORDER_REQUESTED, ORDER_APPROVED, ORDER_REJECTED, ORDER_OFFERED, ORDER_LOCKED, ORDER_LAPSED, ORDER_COLLECTING,
	ORDER_RECEIVED, ORDER_PASSWORD_SENT, ORDER_IN_USE, ORDER_CANCELLED, ORDER_STATE_COUNT
};
enum order_event {
	EVENT_APPROVE, EVENT_REJECT, EVENT_OFFER, EVENT_CLAIM, EVENT_LOCK, EVENT_UNLOCK, EVENT_RESEND, EVENT_LAPSE,
	EVENT_RECEIVE, EVENT_PASSWORD_SENT, EVENT_USE, EVENT_CANCEL, EVENT_REISSUE, EVENT_COUNT
};

const char *order_state_name(enum order_state s); /* "password_sent" */
enum err order_state_from_name(const char *name, enum order_state *out) MUST_CHECK;
const char *order_event_name(enum order_event e); /* "order.offered": also the audit's word */

/* ERR_CONFLICT with a sentence ("a cancelled order cannot be unlocked") when the table has no such row. */
enum err order_next(enum order_state from, enum order_event event, enum order_state *to, struct errbuf *why) MUST_CHECK;

/* Every state from which the event is permitted, as a JSON array text ["offered","locked"] for SQL's
 * `state IN (SELECT value FROM json_each($n))`. Static. */
const char *order_states_before(enum order_event event);

#endif

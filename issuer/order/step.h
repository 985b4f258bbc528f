/* step: what every step of an order's life does inside its transaction: it notes, it erases, it withdraws. */
#ifndef ISSUER_ORDER_STEP_H
#define ISSUER_ORDER_STEP_H

#include "base/crash.h"
#include "issuer/order/row.h"

/* Who does a step, to which order, when: one clock reading a step. All borrowed. */
struct step {
	const struct actor *who;
	const char *order;
	int64_t now;
};

/* One transaction, between the place of a crash `before` it and the next place in the table, which is behind it. */
enum err step_commit(struct desk *d, enum crash_at before, enum err (*job)(struct store *s, void *ctx), void *ctx) MUST_CHECK;

/* An audit record about the step's order. */
enum err step_note(struct store *s, const struct step *t, const char *what, const char *reason, const char *detail) MUST_CHECK;

/* Inside a transaction. Each is audited when it erased something, and harmless when there is nothing. */
enum err step_erase_parcel(struct store *s, const struct step *t) MUST_CHECK;   /* key and packages */
/* The sealed password: where it rests, and in messages that still wait. */
enum err step_erase_password(struct store *s, const struct step *t) MUST_CHECK;
/* Codes die; their messages, and links' and reminders' of them, that still wait are dropped: each is audited. */
enum err step_end_codes(struct store *s, const struct step *t) MUST_CHECK;
enum err step_end_links(struct store *s, const struct step *t) MUST_CHECK;
enum err step_end_calls(struct store *s, const struct step *t) MUST_CHECK; /* mails to those who may approve it */
/* All of it, and the password: nothing of this order goes out any more. */
enum err step_end_delivery(struct store *s, const struct step *t) MUST_CHECK;

/* Read the step's order, as far as who does it reaches: ERR_NOT_FOUND. ERR_REFUSED, audited: it is for a certificate of the
 * staff, and neither an administrator does it nor is it an approval. */
enum err step_look(struct desk *d, const struct step *t, enum order_event event, struct order_row *row,
		   struct errbuf *why) MUST_CHECK;
/* Look, and ask the table where the event leads. A refusal is audited and is ERR_CONFLICT with its
 * sentence. For staff's steps: what a recipient tries is bounded and counted elsewhere. ERR_NOT_FOUND. */
enum err step_begin(struct desk *d, const struct step *t, enum order_event event, struct order_row *row,
		    enum order_state *to, struct errbuf *why) MUST_CHECK;
/* Refuse for a reason beyond the table: audited, and returned as ERR_CONFLICT with the sentence; ERR_REFUSED when it is this
 * member of the staff who may not. */
enum err step_forbid(struct desk *d, const struct step *t, enum order_event event, const char *sentence,
		     struct errbuf *why) MUST_CHECK;
enum err step_refuse(struct desk *d, const struct step *t, enum order_event event, const char *sentence,
		     struct errbuf *why) MUST_CHECK;

#endif

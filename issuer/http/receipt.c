/* Delivery receipts of SMS gateways, at addresses that we gave them with each message (delivery/receipt.h). The
 * address is looked at before anything of the body; a forged one is refused alike, whether its message exists or
 * not. */
#include "base/log.h"
#include "delivery/receipt.h"
#include "issuer/http/handlers.h"
#include "issuer/http/receipt_read.h"
#include "issuer/order/outbox.h"

static enum err note(struct desk *d, const char *id, const struct receipt *receipt)
{
	switch (receipt->fate) {
	case RECEIPT_DELIVERED:
		return message_delivered(d, id);
	case RECEIPT_FAILED:
		return message_undelivered(d, id, receipt->code);
	case RECEIPT_UNDERWAY:
		break;
	}
	return ERR_OK;
}

void receipt_take(struct front *front, const struct request *q, struct reply *r)
{
	const struct desk *d = &front->desk;
	const char *id = q->parameter[0];
	struct receipt receipt;
	if (!d->receipt_key || !receipt_mac_ok(d->receipt_key, id, q->parameter[1])) {
		log_event(LOG_LEVEL_WARNING, "receipt.refused", {"address", q->address}, {"request", q->id});
		reply_problem(r, q, ERR_REFUSED, NULL, NULL);
		return;
	}
	enum err e = receipt_read(d->settings->sms_channel, q->content_type, q->body->data, q->body->len, &receipt);
	if (!e)
		e = note(&front->desk, id, &receipt);
	if (e)
		reply_problem(r, q, e, NULL, NULL);
	else
		reply_json(r, 200, json_object());
}

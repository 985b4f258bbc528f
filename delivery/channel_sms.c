/* SMS by a gateway: the adapter makes the request and reads the answer, transfer carries them. */
#include "delivery/channel_sms.h"
#include "delivery/receipt.h"
#include "delivery/transfer.h"

#include <string.h>

enum { ID_LENGTH = 16 };

/* The longest address for receipts that there will be: a gateway that cuts it would report to nowhere. */
static enum err check_receipts(const struct sms_settings *s, const struct sms_adapter *a, struct errbuf *why)
{
	size_t len = strlen(s->receipts) + strlen("/r/") + ID_LENGTH + strlen("/") + RECEIPT_MAC_SIZE - 1;
	if (s->wants_receipts && len > a->receipt_url_most)
		return fail(why, ERR_USAGE, "delivery.sms_receipts: public.url is too long: %s takes addresses of at most %zu "
			    "characters", a->name, a->receipt_url_most);
	if (s->receipt_key && secret_len(s->receipt_key) < RECEIPT_KEY_LEAST)
		return fail(why, ERR_USAGE, "delivery.sms_receipts: wanted a key of at least %d bytes", RECEIPT_KEY_LEAST);
	return ERR_OK;
}

enum err channel_sms_check(const struct channel_settings *s, struct errbuf *why)
{
	const struct sms_adapter *a = sms_adapter_find(s->sms.gateway);
	if (!a)
		return fail(why, ERR_USAGE, "delivery.sms = %s: there is no such gateway", s->sms.gateway);
	enum err rc = sms_gateway_check(a, &s->sms.peer, why);
	return rc ? rc : check_receipts(&s->sms, a, why);
}

uint16_t channel_sms_port(const struct channel_settings *s)
{
	return sms_gateway_port(sms_adapter_find(s->sms.gateway), &s->sms.peer);
}

static enum err make(const struct sms_settings *s, const struct sms_adapter *a, const struct message *m,
		     const struct handover *h, struct sms_request *out, struct errbuf *why)
{
	char receipt[SMS_RECEIPT_URL_MAX] = "", text[SMS_TEXT_SIZE];
	enum err rc = ERR_OK;
	if (m->text.len >= sizeof text)
		return fail(why, ERR_INVALID, "sms: the text is not one segment of GSM characters");
	memcpy(text, m->text.data, m->text.len);
	text[m->text.len] = '\0';
	const struct sms_job job = {.id = h->key, .to = m->to, .text = text, .receipt = receipt, .now = h->now};
	if (s->receipt_key)
		rc = receipt_url(s->receipts, s->receipt_key, h->id, receipt, sizeof receipt);
	if (!rc)
		rc = sms_build(a, &s->peer, &job, out, why);
	explicit_bzero(text, sizeof text);
	return rc;
}

static enum err exchange(const struct sms_settings *s, struct sms_request *r, int *status, struct buf *body,
			 struct errbuf *why)
{
	const char *headers[SMS_HEADERS_MAX + 1] = {NULL};
	const char *url = buf_string(&r->url);
	for (size_t i = 0; i < r->headers; i++)
		if (!(headers[i] = buf_string(&r->header[i])))
			return ERR_MEMORY;
	if (!url)
		return ERR_MEMORY;
	const struct transfer_request t = {.peer = {.url = url, .trust = s->trust, .seconds = s->patience},
					   .headers = headers, .body = r->body.data, .len = r->body.len};
	enum err rc = transfer_http(&t, status, body, why);
	/* That no gateway was there to say no: the next try is still this one. */
	return rc == ERR_USAGE ? ERR_UNAUTHENTICATED : rc;
}

enum err channel_sms_send(const struct channel_settings *s, const struct message *m, struct handover *h,
			  struct errbuf *why)
{
	const struct sms_adapter *a = sms_adapter_find(s->sms.gateway);
	struct sms_request r = {0};
	struct buf body = BUF_INIT(SMS_ANSWER_MAX);
	struct errbuf reason = {""};
	int status = 0;
	enum err rc = channel_sms_check(s, why);
	if (rc)
		return rc;
	rc = make(&s->sms, a, m, h, &r, &reason);
	if (!rc)
		rc = exchange(&s->sms, &r, &status, &body, &reason);
	sms_request_clear(&r);
	if (!rc)
		rc = sms_read(a, &(struct sms_answer){status, body.data, body.len}, h->reference, why);
	else
		rc = fail(why, rc, "SMS gateway %s: %s", a->name, err_why(rc, &reason));
	buf_free(&body);
	return rc;
}

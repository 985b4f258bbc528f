/* A web service of your own: POST of the JSON that the template makes, with "Authorization: Bearer",
 * "Idempotency-Key" and "Counterfoil-Signature: t=TIME,v1=HEX", the HMAC-SHA-256 over TIME, a full stop and the
 * body. 2xx is success. */
#include "base/encode.h"
#include "delivery/sms_parts.h"

#include <inttypes.h>
#include <openssl/hmac.h>
#include <string.h>

/* A value takes its quotes along: nothing in it can end the string that it stands in. */
static void put_template(const struct sms_gateway *g, const struct sms_job *job, struct buf *body)
{
	const struct {
		const char *name, *value;
	} places[] = {{"{to}", job->to}, {"{text}", job->text}, {"{id}", job->id}, {"{from}", g->sender},
		      {"{receipt}", job->receipt}};
	enum { PLACES = sizeof places / sizeof places[0] };
	for (const char *p = g->template; *p;) {
		size_t i = 0;
		while (i < PLACES && strncmp(p, places[i].name, strlen(places[i].name)) != 0)
			i++;
		if (i == PLACES) {
			buf_byte(body, (uint8_t)*p++);
			continue;
		}
		json_quote(places[i].value, body);
		p += strlen(places[i].name);
	}
}

static void put_signature(const struct secret *key, int64_t now, const struct buf *body, struct buf *header)
{
	uint8_t mac[EVP_MAX_MD_SIZE];
	unsigned len = 0;
	char hex[2 * EVP_MAX_MD_SIZE + 1];
	struct buf signed_bytes = BUF_INIT(body->cap + 32);
	buf_format(&signed_bytes, "%" PRId64 ".", now);
	buf_add(&signed_bytes, body->data, body->len);
	enum err rc = buf_check(&signed_bytes);
	if (!rc && !HMAC(EVP_sha256(), secret_peek(key), (int)secret_len(key), signed_bytes.data, signed_bytes.len, mac, &len))
		rc = ERR_CRYPTO;
	buf_free(&signed_bytes);
	hex_encode(mac, rc ? 0 : len, hex);
	buf_format(header, "Counterfoil-Signature: t=%" PRId64 ",v1=%s", now, hex);
	if (rc)
		header->err = rc; /* not signed is not sent */
}

static void build(const struct sms_gateway *g, const struct sms_job *job, struct sms_request *out)
{
	buf_text(&out->url, g->url);
	put_template(g, job, &out->body);
	buf_text(sms_header(out), "Content-Type: application/json");
	buf_format(sms_header(out), "Idempotency-Key: %s", job->id);
	if (g->secret) {
		struct buf *authorization = sms_header(out);
		buf_text(authorization, "Authorization: Bearer ");
		buf_add(authorization, secret_peek(g->secret), secret_len(g->secret));
	}
	if (g->signing)
		put_signature(g->signing, job->now, &out->body, sms_header(out));
}

/* What it says beyond its status is optional: {"id": ...} is kept as its reference. */
static enum err read_answer(const struct sms_answer *a, char reference[SMS_REFERENCE_SIZE], struct errbuf *why)
{
	enum err rc = sms_by_status(a->status, why);
	json_t *j = rc ? NULL : sms_json(a);
	sms_take_reference(json_object_get(j, "id"), reference);
	json_decref(j);
	if (a->status == 400 || a->status == 413 || a->status == 422)
		rc = ERR_REFUSED; /* it does not take this message, and will not take it later */
	return rc;
}

static const char *const needs[] = {"url", "template", NULL};
const struct sms_adapter sms_webhook = {
	.name = "webhook", .needs = needs, .receipt_url_most = SMS_RECEIPT_URL_MAX, .build = build, .read = read_answer};

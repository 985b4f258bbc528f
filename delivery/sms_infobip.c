/* Infobip: POST /sms/3/messages, JSON, "Authorization: App KEY", at an address of the account's own. The status of
 * each message has a group and an id. Our id goes along as its messageId, and the same again is told to be a
 * duplicate: so what was accepted before a time-out is not sent twice. */
#include "base/encode.h"
#include "delivery/sms_parts.h"

enum { GROUP_OK = 0, GROUP_PENDING = 1, GROUP_DELIVERED = 3, DUPLICATE = 23 };

/* https://www.infobip.com/docs/essentials/api-essentials/response-status-and-error-codes: undeliverable, expired and
 * rejected. */
static const struct sms_meaning statuses[] = {
	{4, ERR_REFUSED},  /* by the operator */
	{6, ERR_REFUSED},  /* network out of reach */
	{8, ERR_REFUSED},  /* prefix */
	{9, ERR_REFUSED},  /* not delivered */
	{10, ERR_REFUSED}, /* do not disturb */
	{11, ERR_USAGE},   /* the sender is not registered */
	{12, ERR_LIMIT},   /* no credit */
	{13, ERR_USAGE},   /* the sender is blocked */
	{14, ERR_REFUSED}, /* the number is blocked */
	{17, ERR_LIMIT},   /* the credit has expired */
	{18, ERR_USAGE},   /* a trial account, and the number is not registered */
	{19, ERR_USAGE},   /* no route for the account */
	{20, ERR_LIMIT},   /* too many to one number */
	{21, ERR_LIMIT},   /* its own fault, "retry" */
	{24, ERR_REFUSED}, /* header of the message */
	{25, ERR_REFUSED}, /* too long */
	{51, ERR_REFUSED}, /* no number */
	{52, ERR_REFUSED}, /* not a number */
	{100, ERR_LIMIT},  /* "temporarily unavailable" */
};

static void put_member(struct buf *body, const char *before, const char *value)
{
	buf_text(body, before);
	json_quote(value, body);
}

static void build(const struct sms_gateway *g, const struct sms_job *job, struct sms_request *out)
{
	struct buf *authorization, *body = &out->body;
	sms_put_base(&sms_infobip, g, &out->url);
	buf_text(&out->url, "/sms/3/messages");
	buf_text(sms_header(out), "Content-Type: application/json");
	buf_text(sms_header(out), "Accept: application/json");
	authorization = sms_header(out);
	buf_text(authorization, "Authorization: App ");
	buf_add(authorization, secret_peek(g->secret), secret_len(g->secret));
	put_member(body, "{\"messages\":[{\"sender\":", g->sender);
	put_member(body, ",\"destinations\":[{\"to\":", job->to + 1);
	put_member(body, ",\"messageId\":", job->id);
	put_member(body, "}],\"content\":{\"text\":", job->text);
	buf_text(body, "}");
	if (job->receipt[0]) {
		put_member(body, ",\"webhooks\":{\"delivery\":{\"url\":", job->receipt);
		buf_text(body, "},\"contentType\":\"application/json\"}");
	}
	buf_text(body, "}]}");
}

static enum err by_status_object(const json_t *status, struct errbuf *why)
{
	int group = sms_number(json_object_get(status, "groupId")), id = sms_number(json_object_get(status, "id"));
	if (group < 0 || id < 0)
		return sms_unreadable("Infobip", why);
	if (group == GROUP_OK || group == GROUP_PENDING || group == GROUP_DELIVERED || id == DUPLICATE)
		return ERR_OK;
	return sms_by_code(statuses, sizeof statuses / sizeof statuses[0], "status", id, why);
}

static enum err by_body(const json_t *j, char reference[SMS_REFERENCE_SIZE], struct errbuf *why)
{
	const json_t *messages = json_object_get(j, "messages"), *one = json_array_get(messages, 0);
	if (json_array_size(messages) != 1)
		return sms_unreadable("Infobip", why);
	enum err rc = by_status_object(json_object_get(one, "status"), why);
	if (!rc)
		sms_take_reference(json_object_get(one, "messageId"), reference);
	return rc;
}

static enum err read_answer(const struct sms_answer *a, char reference[SMS_REFERENCE_SIZE], struct errbuf *why)
{
	enum err rc = sms_by_status(a->status, why);
	json_t *j = rc ? NULL : sms_json(a);
	if (!rc)
		rc = by_body(j, reference, why);
	else if (a->status == 400)
		rc = ERR_REFUSED; /* it does not take this request, and the next would be the same */
	json_decref(j);
	return rc;
}

static const char *const needs[] = {"url", "sender", "secret", NULL};
const struct sms_adapter sms_infobip = {
	.name = "infobip", .needs = needs, .receipt_url_most = SMS_RECEIPT_URL_MAX, .build = build, .read = read_answer};

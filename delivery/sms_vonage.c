/* Vonage (Nexmo) SMS API: POST /sms/json, a form. HTTP says 200 whatever came of it: the body does, in the status of
 * each message. It takes no idempotency key, only a reference (client-ref). */
#include "delivery/sms_parts.h"

/* https://developer.vonage.com/en/messaging/sms/guides/troubleshooting-sms */
static const struct sms_meaning statuses[] = {
	{1, ERR_LIMIT},       /* throttled */
	{2, ERR_USAGE},       /* a parameter is missing */
	{3, ERR_REFUSED},     /* a parameter is not valid: most often the number */
	{4, ERR_USAGE},       /* credentials */
	{5, ERR_UNAVAILABLE}, /* internal error */
	{6, ERR_REFUSED},     /* not a message for it: unknown prefix */
	{7, ERR_REFUSED},     /* the number is barred */
	{8, ERR_USAGE},       /* the account is barred */
	{9, ERR_LIMIT},       /* no credit */
	{10, ERR_LIMIT},      /* too many connections */
	{11, ERR_USAGE},      /* the account is not for HTTP */
	{12, ERR_REFUSED},    /* too long */
	{13, ERR_UNAVAILABLE}, /* communication failed */
	{14, ERR_USAGE},      /* signature */
	{15, ERR_USAGE},      /* the sender's name */
	{22, ERR_REFUSED},    /* network code */
	{23, ERR_USAGE},      /* the address for receipts */
	{29, ERR_USAGE},      /* the number is not on the list of a demo account */
	{32, ERR_USAGE},      /* signed, and with a secret too */
	{33, ERR_REFUSED},    /* the number is not in use any more */
};

/* Numbers are without the '+' there. */
static void build(const struct sms_gateway *g, const struct sms_job *job, struct sms_request *out)
{
	sms_put_base(&sms_vonage, g, &out->url);
	buf_text(&out->url, "/sms/json");
	buf_text(sms_header(out), "Content-Type: application/x-www-form-urlencoded");
	buf_text(sms_header(out), "Accept: application/json");
	sms_put_field(&out->body, "api_key", g->account);
	sms_put_field(&out->body, "api_secret", secret_string(g->secret));
	sms_put_field(&out->body, "from", g->sender[0] == '+' ? g->sender + 1 : g->sender);
	sms_put_field(&out->body, "to", job->to + 1);
	sms_put_field(&out->body, "type", "text");
	sms_put_field(&out->body, "text", job->text);
	sms_put_field(&out->body, "client-ref", job->id);
	if (job->receipt[0]) {
		sms_put_field(&out->body, "status-report-req", "1");
		sms_put_field(&out->body, "callback", job->receipt);
	}
}

/* One segment is one message: more of them, or none, is not our answer. */
static enum err by_body(const json_t *j, char reference[SMS_REFERENCE_SIZE], struct errbuf *why)
{
	const json_t *messages = json_object_get(j, "messages"), *one = json_array_get(messages, 0);
	int status = sms_number(json_object_get(one, "status"));
	if (json_array_size(messages) != 1 || status < 0)
		return sms_unreadable("Vonage", why);
	if (status != 0)
		return sms_by_code(statuses, sizeof statuses / sizeof statuses[0], "status", status, why);
	sms_take_reference(json_object_get(one, "message-id"), reference);
	return reference[0] ? ERR_OK : sms_unreadable("Vonage", why);
}

static enum err read_answer(const struct sms_answer *a, char reference[SMS_REFERENCE_SIZE], struct errbuf *why)
{
	enum err rc = sms_by_status(a->status, why);
	json_t *j = rc ? NULL : sms_json(a);
	if (!rc)
		rc = by_body(j, reference, why);
	json_decref(j);
	return rc;
}

enum { CALLBACK_MOST = 100 };
static const char *const needs[] = {"account", "sender", "secret", NULL};
const struct sms_adapter sms_vonage = {
	.name = "vonage", .url = "https://rest.nexmo.com", .needs = needs, .receipt_url_most = CALLBACK_MOST,
	.build = build, .read = read_answer};

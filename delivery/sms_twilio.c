/* Twilio: POST /2010-04-01/Accounts/SID/Messages.json, a form; 201 and the message's SID when it is queued. It takes no
 * idempotency key: after a time-out the message goes out again. */
#include "delivery/sms_parts.h"

#include <string.h>

enum { CREATED = 201, SERVICE_SID_LENGTH = 34 };

/* https://www.twilio.com/docs/api/errors */
static const struct sms_meaning codes[] = {
	{20001, ERR_REFUSED},     /* the request is not valid */
	{20003, ERR_USAGE},       /* not authenticated */
	{20005, ERR_USAGE},       /* the account is not active */
	{20404, ERR_USAGE},       /* there is no such account */
	{20429, ERR_LIMIT},       /* too many requests */
	{20500, ERR_UNAVAILABLE}, /* its own fault */
	{20503, ERR_UNAVAILABLE},
	{21211, ERR_REFUSED}, /* To is not a number */
	{21212, ERR_USAGE},   /* From is not a number */
	{21214, ERR_REFUSED}, /* To cannot be reached */
	{21217, ERR_REFUSED}, /* To does not appear to be a number */
	{21408, ERR_USAGE},   /* the country is not permitted to the account */
	{21603, ERR_USAGE},   /* From is missing */
	{21604, ERR_REFUSED}, /* To is missing */
	{21606, ERR_USAGE},   /* From cannot send messages */
	{21608, ERR_USAGE},   /* a trial account, and To is not verified */
	{21609, ERR_USAGE},   /* StatusCallback is not an address */
	{21610, ERR_REFUSED}, /* the recipient has unsubscribed */
	{21611, ERR_LIMIT},   /* From has too much in its queue */
	{21612, ERR_REFUSED}, /* no way leads to To */
	{21614, ERR_REFUSED}, /* To is not a mobile number */
	{21617, ERR_REFUSED}, /* the text is too long */
	{21619, ERR_REFUSED}, /* there is no text */
	{21635, ERR_REFUSED}, /* To is a landline */
	{30001, ERR_LIMIT},   /* its queue is full */
};

/* A messaging service is named by its SID, not as a sender. */
static const char *sender_field(const char *sender)
{
	bool service = strlen(sender) == SERVICE_SID_LENGTH && strncmp(sender, "MG", 2) == 0;
	return service ? "MessagingServiceSid" : "From";
}

static void build(const struct sms_gateway *g, const struct sms_job *job, struct sms_request *out)
{
	sms_put_base(&sms_twilio, g, &out->url);
	buf_format(&out->url, "/2010-04-01/Accounts/%s/Messages.json", g->account);
	buf_text(sms_header(out), "Content-Type: application/x-www-form-urlencoded");
	buf_text(sms_header(out), "Accept: application/json");
	sms_put_basic(out, g->user[0] ? g->user : g->account, g->secret);
	sms_put_field(&out->body, "To", job->to);
	sms_put_field(&out->body, sender_field(g->sender), g->sender);
	sms_put_field(&out->body, "Body", job->text);
	if (job->receipt[0])
		sms_put_field(&out->body, "StatusCallback", job->receipt);
}

static enum err refused(int status, const json_t *j, struct errbuf *why)
{
	int code = sms_number(json_object_get(j, "code"));
	if (status >= 400 && status < 500 && status != 429 && code > 0)
		return sms_by_code(codes, sizeof codes / sizeof codes[0], "error", code, why);
	enum err rc = sms_by_status(status, why);
	return rc ? rc : sms_unreadable("Twilio", why);
}

static enum err created(const json_t *j, char reference[SMS_REFERENCE_SIZE], struct errbuf *why)
{
	const char *status = json_string_value(json_object_get(j, "status"));
	if (status && (strcmp(status, "failed") == 0 || strcmp(status, "undelivered") == 0))
		return fail(why, ERR_REFUSED, "status %s, error %d", status, sms_number(json_object_get(j, "error_code")));
	sms_take_reference(json_object_get(j, "sid"), reference);
	return reference[0] ? ERR_OK : sms_unreadable("Twilio", why);
}

static enum err read_answer(const struct sms_answer *a, char reference[SMS_REFERENCE_SIZE], struct errbuf *why)
{
	json_t *j = sms_json(a);
	enum err rc = a->status == CREATED ? created(j, reference, why) : refused(a->status, j, why);
	json_decref(j);
	return rc;
}

static const char *const needs[] = {"account", "sender", "secret", NULL};
const struct sms_adapter sms_twilio = {
	.name = "twilio", .url = "https://api.twilio.com", .needs = needs, .receipt_url_most = SMS_RECEIPT_URL_MAX,
	.build = build, .read = read_answer};

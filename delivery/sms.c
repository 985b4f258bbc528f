#include "delivery/address.h"
#include "delivery/gsm.h"
#include "delivery/sms_parts.h"

#include <stdlib.h>
#include <string.h>

enum { URL_MOST = 1024, BODY_MOST = 16384, HEADER_MOST = 2048, ID_MOST = 64 };

static const struct sms_adapter *const adapters[] = {&sms_twilio, &sms_vonage, &sms_infobip, &sms_webhook};

const struct sms_adapter *sms_adapter_find(const char *name)
{
	for (size_t i = 0; i < sizeof adapters / sizeof adapters[0]; i++)
		if (strcmp(adapters[i]->name, name) == 0)
			return adapters[i];
	return NULL;
}

void sms_request_clear(struct sms_request *r)
{
	buf_free(&r->url);
	buf_free(&r->body);
	for (size_t i = 0; i < SMS_HEADERS_MAX; i++)
		buf_free(&r->header[i]);
	r->headers = 0;
}

/* What the settings must have, by the name that they are known by there. */
static const char *given(const struct sms_gateway *g, const char *name)
{
	const struct {
		const char *name, *value;
	} texts[] = {{"url", g->url}, {"account", g->account}, {"sender", g->sender}, {"template", g->template},
		     {"secret", g->has_secret ? "given" : ""}};
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
		if (strcmp(texts[i].name, name) == 0)
			return texts[i].value;
	return "";
}

static bool graphic(const char *text)
{
	for (; *text; text++)
		if (*text <= 0x20 || *text >= 0x7f)
			return false;
	return true;
}

/* Behind the host: nothing, a path, or a port and then these. */
static uint16_t port_behind(const char *host_end)
{
	enum { HTTPS_PORT = 443, DIGITS_MOST = 5 };
	size_t digits = host_end[0] == ':' ? strspn(host_end + 1, "0123456789") : 0;
	const char *end = host_end[0] == ':' ? host_end + 1 + digits : host_end;
	unsigned long port = HTTPS_PORT;
	if (end[0] && end[0] != '/')
		return 0;
	if (host_end[0] == ':')
		port = digits > 0 && digits <= DIGITS_MOST ? strtoul(host_end + 1, NULL, 10) : 0;
	return port <= UINT16_MAX ? (uint16_t)port : 0;
}

uint16_t sms_gateway_port(const struct sms_adapter *a, const struct sms_gateway *g)
{
	const char *url = g->url[0] || !a->url ? g->url : a->url;
	if (strncmp(url, "https://", 8) != 0)
		return 0;
	const char *host = url + 8;
	size_t len = strspn(host, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-");
	if (host[0] == '[') {
		len = strspn(host + 1, "0123456789abcdefABCDEF:.") + 1;
		len = len > 1 && host[len] == ']' ? len + 1 : 0;
	}
	return len > 0 ? port_behind(host + len) : 0;
}

/* Only TLS: what is sent is a code or a password. */
static enum err check_url(const struct sms_adapter *a, const struct sms_gateway *g, struct errbuf *why)
{
	const char *url = g->url[0] ? g->url : a->url;
	if (!url)
		return fail(why, ERR_USAGE, "delivery.sms_url is needed for %s", a->name);
	if (strncmp(url, "https://", 8) != 0)
		return fail(why, ERR_USAGE, "delivery.sms_url must begin with https://: codes and passwords go there");
	return sms_gateway_port(a, g) && graphic(url) ? ERR_OK
						      : fail(why, ERR_USAGE, "delivery.sms_url is no address of a server");
}

/* A sample goes through: what comes out must be JSON. */
static enum err check_template(const struct sms_adapter *a, const struct sms_gateway *g, struct errbuf *why)
{
	static const char *const places[] = {"{to}", "{text}"};
	const struct sms_job sample = {.id = "sample", .to = "+4790000000", .text = "\"text\"", .receipt = ""};
	struct sms_request r = {0};
	if (a != &sms_webhook)
		return ERR_OK;
	for (size_t i = 0; i < sizeof places / sizeof places[0]; i++)
		if (!strstr(g->template, places[i]))
			return fail(why, ERR_USAGE, "delivery.sms_template: %s is not in it", places[i]);
	enum err rc = sms_build(a, g, &sample, &r, why);
	const struct sms_answer made = {200, r.body.data, r.body.len};
	json_t *j = rc ? NULL : sms_json(&made);
	if (!rc && !j)
		rc = fail(why, ERR_USAGE, "delivery.sms_template: what it makes is not a JSON object; write {text}, not \"{text}\"");
	json_decref(j);
	sms_request_clear(&r);
	return rc;
}

enum err sms_gateway_check(const struct sms_adapter *a, const struct sms_gateway *g, struct errbuf *why)
{
	for (const char *const *need = a->needs; *need; need++)
		if (!given(g, *need)[0])
			return fail(why, ERR_USAGE, "delivery.sms_%s is needed for %s", *need, a->name);
	if (g->secret && (!graphic(secret_string(g->secret)) || strlen(secret_string(g->secret)) != secret_len(g->secret)))
		return fail(why, ERR_USAGE, "delivery.sms_secret: the file must hold one line of printable ASCII without spaces");
	if (!graphic(g->account) || !graphic(g->user))
		return fail(why, ERR_USAGE, "delivery.sms_account and delivery.sms_user are without spaces");
	enum err rc = check_url(a, g, why);
	return rc ? rc : check_template(a, g, why);
}

static bool id_ok(const char *id)
{
	size_t len = strlen(id);
	return len > 0 && len <= ID_MOST &&
	       strspn(id, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") == len;
}

static enum err check_job(const struct sms_adapter *a, const struct sms_job *job, struct errbuf *why)
{
	int septets = gsm_septets(job->text);
	enum err rc = mobile_check(job->to, strlen(job->to), why);
	if (rc)
		return rc;
	if (!id_ok(job->id))
		return fail(why, ERR_INVALID, "sms: that is not a message's id");
	if (septets <= 0 || septets > GSM_SEGMENT)
		return fail(why, ERR_INVALID, "sms: the text is not one segment of GSM characters");
	if (strlen(job->receipt) > a->receipt_url_most)
		return fail(why, ERR_INVALID, "sms: %s takes addresses for receipts of at most %zu characters", a->name,
			    a->receipt_url_most);
	return ERR_OK;
}

static enum err check_made(const struct sms_request *r)
{
	enum err rc = buf_check(&r->url);
	if (!rc)
		rc = buf_check(&r->body);
	for (size_t i = 0; !rc && i < r->headers; i++)
		rc = buf_check(&r->header[i]);
	return rc;
}

enum err sms_build(const struct sms_adapter *a, const struct sms_gateway *g, const struct sms_job *job,
		   struct sms_request *out, struct errbuf *why)
{
	*out = (struct sms_request){.url = BUF_INIT(URL_MOST), .body = BUF_INIT(BODY_MOST)};
	for (size_t i = 0; i < SMS_HEADERS_MAX; i++)
		out->header[i] = BUF_INIT(HEADER_MOST);
	enum err rc = check_job(a, job, why);
	if (rc)
		return rc;
	a->build(g, job, out);
	rc = check_made(out);
	return rc == ERR_TOO_LARGE ? fail(why, ERR_INVALID, "sms: the request for %s grows too large", a->name) : rc;
}

enum err sms_read(const struct sms_adapter *a, const struct sms_answer *answer, char reference[SMS_REFERENCE_SIZE],
		  struct errbuf *why)
{
	struct errbuf reason = {""};
	reference[0] = '\0';
	enum err rc = a->read(answer, reference, &reason);
	if (!rc)
		return ERR_OK;
	reference[0] = '\0';
	return fail(why, rc, "%s: %s", a->name, err_why(rc, &reason));
}

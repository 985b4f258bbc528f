#include "client/refusal.h"
#include "base/media.h"
#include "client/json_read.h"

#include <string.h>

enum { PROBLEM_MAX = 65536, PAGE_HEAD_MAX = 512 };

/* nginx finishes every handshake, whatever the certificate, and refuses by a page of its own, with status 400 unless it is
 * told to show the two that it keeps inside. */
static const struct page {
	int status;
	const char *title, *text;
} pages[] = {
	{495, "<title>400 The SSL certificate error</title>",
	 "the server does not accept the client certificate, and does not say why: it was revoked, its time is over, or the "
	 "server does not know its CA: see counterfoil check, or ask the server's operator"},
	{496, "<title>400 No required SSL certificate was sent</title>",
	 "the server demands a client certificate, and none was sent: give one"},
};

static bool has_title(const counterfoil_response *response, const char *title)
{
	counterfoil_bytes body = counterfoil_response_body(response);
	size_t len = body.len < PAGE_HEAD_MAX ? body.len : PAGE_HEAD_MAX;
	return media_is_html(counterfoil_response_header(response, "Content-Type")) &&
	       memmem(body.data, len, title, strlen(title)) != NULL;
}

static const struct page *page_of(const counterfoil_response *response)
{
	int status = counterfoil_response_status(response);
	for (size_t i = 0; i < sizeof pages / sizeof *pages; i++)
		if (status == pages[i].status || (status == 400 && has_title(response, pages[i].title)))
			return &pages[i];
	return NULL;
}

/* RFC 9457: the member "code" is the service's own, one word for machines. */
static counterfoil_code problem_code(const counterfoil_response *response)
{
	const char *type = counterfoil_response_header(response, "Content-Type");
	counterfoil_bytes body = counterfoil_response_body(response);
	if (!media_is(type, "application/problem+json") || body.len > PROBLEM_MAX)
		return COUNTERFOIL_REFUSED;
	json_t *problem = NULL;
	int line = 0;
	(void)json_read(body, &problem, &line); /* what cannot be read says nothing */
	const char *code = json_string_value(json_object_get(problem, "code"));
	counterfoil_code found = COUNTERFOIL_REFUSED;
	if (code && strcmp(code, "revoked") == 0)
		found = COUNTERFOIL_REVOKED;
	else if (code && strcmp(code, "expired") == 0)
		found = COUNTERFOIL_EXPIRED;
	json_decref(problem);
	return found;
}

counterfoil_code refusal_judge(const counterfoil_response *response, counterfoil_error *error)
{
	int status = counterfoil_response_status(response);
	if (status < 400)
		return COUNTERFOIL_OK;
	if (status == 401 || status == 403)
		return outcome(error, problem_code(response), NULL);
	const struct page *page = page_of(response);
	return page ? outcome(error, COUNTERFOIL_CERTIFICATE_REFUSED, "%s", page->text) : COUNTERFOIL_OK;
}

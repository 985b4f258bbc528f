#include "issuer/http/refusal.h"
#include "base/template.h"

#include <stdio.h>
#include <string.h>

/* No style sheet: the members' listener serves none to strangers. */
static const char page[] =
    "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{{status}} {{title}}</title>\n"
    "</head>\n<body>\n<main>\n<h1>{{title}}</h1>\n<p>{{detail}}</p>\n{{#help}}<p>{{help}}</p>\n{{/help}}"
    "<p><small>Error {{status}}. If you ask for help, give this number: <code>{{request}}</code></small></p>\n"
    "</main>\n</body>\n</html>\n";

static const struct {
	enum err e;
	const char *help;
} helps[] = {
    {ERR_UNAUTHENTICATED,
     "This address is open to holders of a client certificate. Install yours in the browser, close "
     "all its windows, open it again, and choose the certificate when you are asked."},
    {ERR_REVOKED, "A revoked certificate never works again. Ask your administrator for a new one."},
    {ERR_EXPIRED, "Ask your administrator for a new certificate."},
    {ERR_REFUSED, "The browser keeps the certificate that you chose until all its windows are closed."},
    {ERR_UNAVAILABLE, "Nothing is lost. Try again in a moment."},
};

static void refuse_page(struct reply *r, const struct request *q, enum err e, const struct errbuf *why)
{
	char status[8];
	const char *help = NULL;
	snprintf(status, sizeof status, "%d", err_http_status(e));
	for (size_t i = 0; i < sizeof helps / sizeof helps[0]; i++)
		if (helps[i].e == e && q->listener == LISTENER_MEMBERS)
			help = helps[i].help;
	const struct template_field fields[] = {
		{.name = "status", .value = status}, {.name = "title", .value = err_text(e)},
		{.name = "detail", .value = err_why(e, why)}, {.name = "help", .value = help},
		{.name = "request", .value = q->id}, {0},
	};
	json_decref(r->json);
	r->json = NULL;
	r->content_type = "text/html; charset=utf-8";
	if (template_render(page, TEMPLATE_HTML, fields, &r->body) != ERR_OK)
		buf_free(&r->body);
}

void refuse(struct reply *r, const struct request *q, bool html, enum err e, const struct errbuf *why)
{
	reply_problem(r, q, e, why, NULL);
	if (html)
		refuse_page(r, q, e, why);
}

void refuse_naming_roles(struct reply *r, unsigned who)
{
	if (r->json)
		json_object_set_new(r->json, "roles", route_roles(who));
}

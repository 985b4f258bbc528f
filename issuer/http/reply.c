#include "issuer/http/route.h"

#include <string.h>

enum { RETRY_SECONDS = 5 };

void reply_clear(struct reply *r)
{
	buf_free(&r->body);
	if (r->give_back)
		r->give_back(r->lender);
	json_decref(r->json);
	explicit_bzero(r->cookie, sizeof r->cookie);
	*r = REPLY_INIT;
}

void reply_json(struct reply *r, int status, json_t *json)
{
	json_decref(r->json);
	buf_free(&r->body);
	r->status = status;
	r->json = json;
	r->content_type = "application/json";
}

void reply_problem(struct reply *r, const struct request *q, enum err e, const struct errbuf *why,
		   const struct faults *faults)
{
	char allow[sizeof r->allow];
	memcpy(allow, r->allow, sizeof allow);
	reply_clear(r);
	memcpy(r->allow, allow, sizeof allow);
	json_t *json =
	    json_pack("{s:s, s:s, s:i, s:s, s:s, s:s}", "type", "about:blank", "title", err_text(e), "status",
		      err_http_status(e), "code", err_word(e), "detail", err_why(e, why), "request", q->id);
	if (!json) /* a detail that is not UTF-8 */
		json = json_pack("{s:s, s:s, s:i, s:s, s:s}", "type", "about:blank", "title", err_text(e), "status",
				 err_http_status(e), "code", err_word(e), "request", q->id);
	if (json && faults && faults->list)
		json_object_set(json, "faults", faults->list);
	reply_json(r, err_http_status(e), json);
	r->content_type = "application/problem+json";
	if (r->status == 503)
		r->retry_after = RETRY_SECONDS;
}

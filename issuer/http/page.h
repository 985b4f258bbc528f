/* page: the recipient's pages, in HTML for people and in JSON for the tool, from the same calls of order life.
 *
 * A page works without scripts. GET changes nothing and sends nothing. The claim travels in a __Host- cookie named after
 * the link (so that two deliveries in one browser do not meet) or as a bearer token. */
#ifndef ISSUER_HTTP_PAGE_H
#define ISSUER_HTTP_PAGE_H

#include "base/template.h"
#include "issuer/http/handlers.h"
#include "issuer/order/collect.h"

/* One visit to /d/{token}/...: made by visit_begin, valid until the handler returns. */
struct visit {
	struct front *front;
	const struct request *q;
	struct reply *r;
	const char *token;
	char cookie_name[32];
	const char *claim; /* NULL when none was sent */
	struct collect_view view;
	struct actor actor;
	bool asks_new_code; /* the form for a new code stands open */
};

/* Look the link up. False when it is dead: the answer is written already, the same for every dead link. */
bool visit_begin(struct visit *v, struct front *front, const struct request *q, struct reply *r);
/* Look again after a step; the same answer when it has died meanwhile. */
bool visit_again(struct visit *v);

/* Answer with a page inside the layout. The text is a template of pages/; fields end with {0}. step is 1 to 3, 0 for none. */
void page_write(struct front *front, struct reply *r, int status, int step, const char *title, const char *text,
		const struct template_field *fields);
void page_dead(struct front *front, const struct request *q, struct reply *r);
/* An error as the caller wants it: problem+json, or a page with one sentence and the request id. */
void page_fault(struct visit *v, enum err e, const struct errbuf *why);
/* 303 to /d/TOKEN/suffix, or to /d/TOKEN when suffix is NULL. */
void page_redirect(struct visit *v, const char *suffix);

void page_intro_write(struct visit *v, int status, const char *alert, const char *notice);
void page_locked_write(struct visit *v);
json_t *page_view_json(const struct visit *v); /* what the tool is told; new reference, NULL when out of memory */

/* "29 November 2026, 14:05 UTC" */
void page_time(int64_t at, char out[40]);

#endif

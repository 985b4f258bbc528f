/* page: the recipient's pages, in HTML for people and in JSON for the tool, from the same calls of order life.
 *
 * A page works without scripts. GET changes nothing and sends nothing. The claim travels in a __Host- cookie named after
 * the link (so that two deliveries in one browser do not meet) or as a bearer token.
 *
 * Structure is a template of pages/; words are of delivery/language.h, in the language that the address asks for
 * ("?lang=nb", which links and forms carry on), else the browser, else the contact's. What the tool is told is English. */
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
	const struct language *language; /* of the answer */
	char query[LANGUAGE_TAG_SIZE + 8]; /* what links carry on: "?lang=nb", or "" */
	char until[LANGUAGE_TIME_SIZE];    /* how long the link works, as the language writes it */
	bool asks_new_code; /* the form for a new code stands open */
	bool own_key;       /* the code came with the wish to bring a request: no file is made */
};

/* Look the link up. False when it is dead: the answer is written already, the same for every dead link. */
bool visit_begin(struct visit *v, struct front *front, const struct request *q, struct reply *r);
/* Look again after a step; the same answer when it has died meanwhile. */
bool visit_again(struct visit *v);

/* What stands inside the layout. */
struct page {
	int status;
	int step;          /* 1 to 3, 0 for none */
	bool own;          /* the steps of a key of the recipient's own */
	const char *title; /* key of words */
	const char *text;  /* a template of pages/ */
	const char *alert, *notice; /* keys of words in the page's fields; NULL: none */
	const struct template_field *fields; /* end with {0}; may be NULL */
};
enum { PAGE_FIELDS_MOST = 32 };
void page_write(struct visit *v, const struct page *p);
void page_dead(struct front *front, const struct request *q, struct reply *r);
/* An error as the caller wants it: problem+json, or a page with one sentence and the request id. */
void page_fault(struct visit *v, enum err e, const struct errbuf *why);
/* 303 to /d/TOKEN/suffix, or to /d/TOKEN when suffix is NULL. */
void page_redirect(struct visit *v, const char *suffix);
/* 303 to /d/TOKEN, which says what the word stands for while that is true (page_intro.c): reloading it does nothing again. */
void page_redirect_said(struct visit *v, const char *word);

/* Keys of words, or NULL. */
void page_intro_write(struct visit *v, int status, const char *alert, const char *notice);
void page_locked_write(struct visit *v);
enum { PAGE_LINK_SIZE = 512 };
void page_link(const struct visit *v, char out[PAGE_LINK_SIZE]); /* as it stands in the mail */
const char *page_key_word(const struct collect_view *view); /* "here", "own", "either" */
json_t *page_view_json(const struct visit *v); /* what the tool is told; new reference, NULL when out of memory */

#endif

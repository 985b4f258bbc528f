/* console_own: what the files of this folder share. */
#ifndef ISSUER_CONSOLE_OWN_H
#define ISSUER_CONSOLE_OWN_H

#include "issuer/console/console.h"

/* A value of the data as text, "" when there is none; digits is where a number is written. */
const char *console_text_of(const json_t *values, const char *name, char digits[24]);
enum err console_dress(const struct console_dressing *dressing, const char *name, const char *text, struct buf *out) MUST_CHECK;
/* "in 43 days", "3 hours ago". */
enum { CONSOLE_AGO_SIZE = 40 };
void console_ago(int64_t at, int64_t now, char out[CONSOLE_AGO_SIZE]);

/* What came with a POST, and what the API said of it. */
struct console_posted {
	const struct console_form *form;
	json_t *values;  /* as typed: names to text */
	json_t *problem; /* problem+json */
	char key[65];    /* the idempotency key, "" for none */
};

enum { CONSOLE_TOKEN_SIZE = 65 };
/* What a form of this caller carries: a MAC, by the front's key, over staff id and serial (abuse case 46). */
enum err console_token(const struct front *front, const struct identity *who, char out[CONSOLE_TOKEN_SIZE]) MUST_CHECK;
/* Is it a form of our own, sent by this caller from our own page? ERR_REFUSED. */
enum err console_genuine(const struct front *front, const struct request *q, struct errbuf *why) MUST_CHECK;

/* One form as markup; `posted` may be NULL, or of another form. Nothing when the caller may not. */
struct console_making {
	struct front *front;
	const struct request *q;
	const struct console_page *page;
	struct console_dressing dressing;
};
enum err console_form_write(const struct console_making *m, const struct console_use *use, struct buf *out) MUST_CHECK;
/* Every fault in one place, each a link to its field; "" when nothing was posted. */
enum err console_summary_write(const struct console_making *m, struct buf *out) MUST_CHECK;
/* The path of a form, "{...}" replaced by the request's parameters in their order. ERR_TOO_LARGE. */
enum err console_path(const char *pattern, const struct request *q, char *out, size_t size) MUST_CHECK;
/* The answer of the API in r, taken from it; NULL when it is no JSON. */
json_t *console_take(struct reply *r);
/* A problem+json as a page. */
void console_problem(struct front *front, const struct request *q, struct reply *r, json_t *problem);
/* A sentence for the word of ?said=, or NULL. */
const char *console_sentence(const char *word);

#endif

/* console_walk: the console as a browser walks it: an address in, the page out, by the route table and with its roles. */
#ifndef TESTS_CONSOLE_WALK_H
#define TESTS_CONSOLE_WALK_H

#include "tests/support/console_bench.h"

enum { WALK_TARGET_SIZE = 1024 };
static char walk_token[65]; /* to be used in place of one made now; "": none */

/* form: NULL for a GET; else what the form says beside its token. A role that may not: 403 without a page. */
static inline struct reply walk(const char *target, const char *form)
{
	static char whole[WALK_TARGET_SIZE], scratch[1024];
	struct reply r = REPLY_INIT;
	struct errbuf why = {""};
	struct buf body = BUF_INIT(65536);
	const struct route *route = NULL;
	char allow[64], token[65];
	const char *method = form ? "POST" : "GET";
	snprintf(whole, sizeof whole, "%s", target);
	console_head = (struct head){.method = method, .target = whole, .version = "HTTP/1.1"};
	assert_ok(head_split(&console_head, &why));
	if (form) {
		static const struct head_field site = {"Sec-Fetch-Site", "same-origin", 14, 11};
		head_add(&console_head, &site);
		if (walk_token[0])
			snprintf(token, sizeof token, "%s", walk_token);
		else
			console_token_now(token);
		buf_format(&body, "token=%s&%s", token, form);
	}
	struct request q = {.listener = LISTENER_MEMBERS, .method = method, .path = console_head.path, .address = "127.0.0.1",
			    .id = "0123456789abcdef", .body = &body, .identity = &console_identity, .lookup = &console_head,
			    .content_type = form ? "application/x-www-form-urlencoded" : ""};
	if (route_find(LISTENER_MEMBERS, method, console_head.path, &route, scratch, q.parameter, allow) != ERR_OK)
		fail_msg("no such page: %s %s", method, target);
	if (route_permits(route, &console_identity, &why) != ERR_OK)
		r.status = 403;
	else
		route->run(&console_front, &q, &r);
	buf_free(&body);
	return r;
}

static inline void walk_has(const struct reply *r, const char *words, bool wanted)
{
	const char *html = (const char *)r->body.data;
	if ((strstr(html, words) != NULL) != wanted)
		fail_msg("\"%s\" is %s: %s", words, wanted ? "not there" : "there", strstr(html, "<main"));
}

/* The page at an address, whole, with these words. */
static inline void walk_expect(const char *target, int status, const char *words)
{
	struct reply r = walk(target, NULL);
	console_expect(&r, status);
	walk_has(&r, words, true);
	reply_clear(&r);
}

static inline void walk_without(const char *target, const char *words)
{
	struct reply r = walk(target, NULL);
	console_expect(&r, 200);
	walk_has(&r, words, false);
	reply_clear(&r);
}

/* A form that leads on; the address without what is said there goes to `to` (may be NULL). */
static inline void walk_submit(const char *target, const char *form, const char *said, char to[512])
{
	char wanted[64];
	struct reply r = walk(target, form);
	if (r.status != 303)
		fail_msg("%s %s: %d: %s", target, form, r.status, r.body.data ? strstr((const char *)r.body.data, "<main") : "");
	char *query = strchr(r.location, '?');
	snprintf(wanted, sizeof wanted, "?said=%s", said);
	assert_non_null(query);
	assert_string_equal(query, wanted);
	*query = '\0';
	if (to)
		memcpy(to, r.location, strlen(r.location) + 1);
	reply_clear(&r);
}

/* A form that comes back with a fault beside that field; what was typed is kept. */
static inline void walk_refused(const char *target, const char *form, const char *field, const char *kept)
{
	char link[96];
	struct reply r = walk(target, form);
	console_expect(&r, 422);
	snprintf(link, sizeof link, "<a href=\"#%s\">", field);
	walk_has(&r, link, true);
	walk_has(&r, "aria-invalid=\"true\"", true);
	walk_has(&r, kept, true);
	const char *fault = strstr((const char *)r.body.data, "aria-invalid=\"true\""), *folded = NULL; /* nobody sees what is folded away */
	for (const char *at = (const char *)r.body.data; at && at < fault; at = strstr(at + 1, "<details"))
		folded = strncmp(at, "<details", 8) == 0 ? at : folded;
	if (folded && strncmp(folded, "<details open>", 14) != 0 && !(strstr(folded, "</details>") < fault))
		fail_msg("the fault is folded away: %.200s", folded);
	reply_clear(&r);
}

#endif

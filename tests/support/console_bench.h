/* console_bench: what a browser of a member of staff would ask of the console, on the bench of order life. */
#ifndef TESTS_CONSOLE_BENCH_H
#define TESTS_CONSOLE_BENCH_H

#include "tests/support/order_bench.h"

#include "issuer/console/console_own.h"
#include "issuer/http/head.h"
#include "issuer/issuers.h"
#include "issuer/process/child.h"

static struct front console_front;
static struct issuers console_issuers; /* none */
static struct shared_page console_shared;
static struct head console_head;
static struct identity console_identity;

/* Who is at the browser; nothing of an earlier request stays. */
static inline void console_as(const char *role)
{
	console_head = (struct head){.method = "GET"};
	console_identity = (struct identity){.kind = IDENTITY_STAFF, .serial = "0123456789abcdef0123456789abcdef01234567",
					     .staff_id = BENCH_STAFF, .staff_name = "Ada <b> Staff"};
	snprintf(console_identity.role, sizeof console_identity.role, "%s", role);
}

static inline void head_query_is(const char *name, const char *value)
{
	console_head.query[0] = (struct head_pair){name, value};
	console_head.queries = 1;
}

/* query: "name=value", one, as it is after decoding; NULL: what head_query_is has set. */
static inline struct reply console_get(route_handler *handler, const char *path, const char *parameter, const char *query)
{
	static const struct buf none;
	struct reply r = REPLY_INIT;
	if (query) {
		static char name[64];
		snprintf(name, sizeof name, "%s", query);
		*strchr(name, '=') = '\0';
		head_query_is(name, strchr(query, '=') + 1);
	}
	struct request q = {.listener = LISTENER_MEMBERS, .method = "GET", .path = path, .parameter = {parameter}, .address = "127.0.0.1",
			    .id = "0123456789abcdef", .body = &none, .content_type = "", .identity = &console_identity, .lookup = &console_head};
	handler(&console_front, &q, &r);
	return r;
}

static inline void console_token_now(char out[65])
{
	assert_ok(console_token(&console_front, &console_identity, out));
}

/* How it was sent; token NULL: the right one, made now; type NULL: a form. */
struct console_post_with {
	const char *site, *origin, *token, *type;
};

static inline struct reply console_post_with(route_handler *handler, const char *parameter, const char *form, const struct console_post_with *with)
{
	static char text[65536]; /* no memory is asked for: calls are made to fail below it */
	struct reply r = REPLY_INIT;
	char token[65], path[300];
	if (!with->token)
		console_token_now(token);
	int len = snprintf(text, sizeof text, "token=%s&%s", with->token ? with->token : token, form);
	assert_true(len > 0 && len < (int)sizeof text);
	const struct buf body = {.data = (uint8_t *)text, .len = (size_t)len, .cap = sizeof text};
	snprintf(path, sizeof path, "/console/contacts/%s", parameter);
	console_head.method = "POST";
	if (with->site)
		head_add(&console_head, &(struct head_field){"Sec-Fetch-Site", with->site, strlen("Sec-Fetch-Site"), strlen(with->site)});
	if (with->origin)
		head_add(&console_head, &(struct head_field){"Origin", with->origin, strlen("Origin"), strlen(with->origin)});
	struct request q = {.listener = LISTENER_MEMBERS, .method = "POST", .path = path, .parameter = {parameter}, .address = "127.0.0.1",
			    .id = "0123456789abcdef", .body = &body, .identity = &console_identity, .lookup = &console_head,
			    .content_type = with->type ? with->type : "application/x-www-form-urlencoded"};
	handler(&console_front, &q, &r);
	return r;
}

static inline struct reply console_post(route_handler *handler, const char *parameter, const char *form)
{
	return console_post_with(handler, parameter, form, &(struct console_post_with){"same-origin", "null", NULL, NULL});
}

static inline void console_expect_no_canary(const char *html)
{
	static const char *const canaries[] = {"<script>", "<img", "<svg onload", "onmouseover='", "{{>", "</textarea></title>"};
	for (size_t i = 0; i < COUNT(canaries); i++)
		if (strstr(html, canaries[i]) && !(i == 4 && strstr(html, "{{token}}{{&gt;")))
			fail_msg("%s in %s", canaries[i], html);
}

/* Whole, as text/html with that status: no tag within a tag, one <h1>, every id once. Borrowed from the reply. */
static inline const char *console_expect(struct reply *r, int status)
{
	const char *html = buf_string(&r->body);
	bool inside = false;
	if (r->status != status)
		fail_msg("%d, wanted %d: %s", r->status, status, html ? html : "");
	assert_string_equal(r->content_type, "text/html; charset=utf-8");
	for (const char *at = html; *at; at++) {
		if (*at == '<' && inside)
			fail_msg("a tag within a tag: %.80s", at);
		inside = *at == '<' || (inside && *at != '>');
	}
	const char *h1 = strstr(html, "<h1>");
	assert_non_null(h1);
	assert_null(strstr(h1 + 1, "<h1>"));
	for (const char *id = strstr(html, " id=\""); id; id = strstr(id + 1, " id=\"")) {
		char mark[96];
		snprintf(mark, sizeof mark, "%.*s\"", (int)(5 + strcspn(id + 5, "\"")), id);
		if (strstr(id + 1, mark))
			fail_msg("twice: %s", mark);
	}
	assert_null(strstr(html, " style=\""));
	assert_non_null(strstr(html, "</html>"));
	console_expect_no_canary(html);
	return html;
}

static inline int console_begin(void **state)
{
	int rc = bench_begin(state);
	console_shared = (struct shared_page){0};
	console_front = (struct front){.desk = bench.desk, .shared = &console_shared, .issuers = &console_issuers};
	return rc;
}

#define CONSOLE_TEST(name) cmocka_unit_test_setup_teardown(name, console_begin, bench_end)

#endif

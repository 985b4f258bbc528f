/* api_bench: the API's handlers on the bench of order life, without a listener: a request in, the reply as JSON out. */
#ifndef TESTS_API_BENCH_H
#define TESTS_API_BENCH_H

#include "tests/support/order_bench.h"

#include "issuer/http/handlers.h"

struct api_call {
	route_handler *handler;
	const char *path;
	const char *parameter[3];
	const char *body; /* JSON */
	const char *key, *if_match;
	const char *staff; /* NULL: BENCH_STAFF */
};

struct api_answer {
	int status;
	char etag[72];
	json_t *json; /* owned */
};

static inline struct api_answer api_ask(const struct api_call *c)
{
	struct front front = {.desk = bench.desk};
	struct identity who = {.kind = IDENTITY_STAFF, .role = "administrator"};
	struct buf body = BUF_INIT(65536);
	struct reply r = REPLY_INIT;
	struct request q = {.listener = LISTENER_MEMBERS, .method = c->body ? "POST" : "GET", .path = c->path,
			    .parameter = {c->parameter[0], c->parameter[1], c->parameter[2]}, .address = "127.0.0.1",
			    .id = "0123456789abcdef", .body = &body, .content_type = c->body ? "application/json" : "",
			    .idempotency_key = c->key, .if_match = c->if_match, .wants_json = true, .identity = &who};
	snprintf(who.staff_id, sizeof who.staff_id, "%s", c->staff ? c->staff : BENCH_STAFF);
	buf_text(&body, c->body ? c->body : "");
	c->handler(&front, &q, &r);
	struct api_answer a = {.status = r.status, .json = json_incref(r.json)};
	snprintf(a.etag, sizeof a.etag, "%s", r.etag);
	reply_clear(&r);
	buf_free(&body);
	return a;
}

/* The status alone. */
static inline int api_status_of(const struct api_call *c)
{
	struct api_answer a = api_ask(c);
	json_decref(a.json);
	return a.status;
}

static inline const char *api_text(const struct api_answer *a, const char *member)
{
	const char *text = json_string_value(json_object_get(a->json, member));
	return text ? text : "";
}

#endif

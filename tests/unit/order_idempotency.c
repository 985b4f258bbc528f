/* A creation that is asked for again, by the key that it was given, is done once. */
#include "tests/support/api_bench.h"

#include "issuer/order/idempotency.h"

#include <pthread.h>

enum { THREADS = 8 };
#define ORDER "{\"organisation\":\"sparebank\",\"service\":\"pay\",\"client\":\"e-banking\",\"contact\":\"kari@example.org\"}"

static struct api_answer order(const char *key, const char *body)
{
	return api_ask(&(struct api_call){.handler = api_order_new, .path = "/v1/orders", .body = body, .key = key});
}

static int order_status(const char *key, const char *body)
{
	struct api_answer a = order(key, body);
	json_decref(a.json);
	return a.status;
}

static int64_t orders(void)
{
	return bench_integer("SELECT COUNT(*) FROM orders");
}

static void a_key_of_another_shape_is_refused_with_the_reason(void **unused)
{
	static const char *const bad[] = {"", " ", "a b", "a\"", "\"a\"", "a/b", "a,b", "a;b", "\xc3\xb8", "a=b", "a\tb",
					  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"};
	(void)unused;
	for (size_t i = 0; i < COUNT(bad); i++) {
		struct api_answer a = order(bad[i], ORDER);
		if (a.status != 400 || !strstr(api_text(&a, "detail"), "1 to 64 characters"))
			fail_msg("'%s': %d %s", bad[i], a.status, api_text(&a, "detail"));
		json_decref(a.json);
	}
	assert_int_equal(orders(), 0);
	assert_int_equal(order_status("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", ORDER), 201);
	assert_int_equal(order_status("AZaz09._~-", ORDER), 201);
}

static void the_same_request_again_is_shown_what_was_made_and_sends_nothing(void **unused)
{
	(void)unused;
	struct api_answer first = order("k", ORDER);
	assert_int_equal(first.status, 201);
	int64_t audits = bench_integer("SELECT COUNT(*) FROM audit");
	int waked = bench.outbox;
	assert_ok(order_cancel(&bench.desk, &bench_staff, api_text(&first, "id"), NULL, NULL));
	int64_t cancelled = bench_integer("SELECT COUNT(*) FROM audit");
	assert_true(cancelled > audits);
	/* as it stands now, whatever the order of the members */
	struct api_answer again = order("k", "{ \"contact\" : \"kari@example.org\", \"client\":\"e-banking\",\"service\":\"pay\","
					     "\"organisation\":\"sparebank\" }");
	assert_int_equal(again.status, 200);
	assert_string_equal(api_text(&again, "id"), api_text(&first, "id"));
	assert_string_equal(api_text(&again, "state"), "cancelled");
	assert_int_equal(orders(), 1);
	assert_int_equal(bench_integer("SELECT COUNT(*) FROM message"), 2);
	assert_int_equal(bench_integer("SELECT COUNT(*) FROM audit"), cancelled);
	assert_int_equal(bench.outbox, waked);
	json_decref(first.json);
	json_decref(again.json);
}

static void another_request_under_the_key_is_a_conflict(void **unused)
{
	static const char *const others[] = {
		"{\"organisation\":\"sparebank\",\"service\":\"pay\",\"client\":\"e-banking\",\"contact\":\"kari@example.org\",\"note\":\"x\"}",
		"{\"organisation\":\"sparebank\",\"service\":\"pay\",\"client\":\"e-banking\"}", "{}",
	};
	(void)unused;
	assert_int_equal(order_status("k", ORDER), 201);
	for (size_t i = 0; i < COUNT(others); i++)
		assert_int_equal(order_status("k", others[i]), 409);
	const struct api_call other_path = {.handler = api_organisation_add, .path = "/v1/organisations",
					    .body = "{\"slug\":\"other\",\"name\":\"Other\"}", .key = "k"};
	assert_int_equal(api_status_of(&other_path), 409);
	const struct api_call same_body = {.handler = api_organisation_add, .path = "/v1/organisations", .body = ORDER, .key = "k"};
	assert_int_equal(api_status_of(&same_body), 409);
	assert_int_equal(orders(), 1);
	assert_int_equal(bench_integer("SELECT COUNT(*) FROM organisation"), 1);
}

static void a_key_is_a_staff_members_own(void **unused)
{
	struct api_call call = {.handler = api_order_new, .path = "/v1/orders", .body = ORDER, .key = "k"};
	(void)unused;
	assert_int_equal(api_status_of(&call), 201);
	call.staff = "staffbbbbbbbbbbb";
	assert_int_equal(api_status_of(&call), 201);
	assert_int_equal(orders(), 2);
}

static void without_a_key_each_request_is_another(void **unused)
{
	(void)unused;
	assert_int_equal(order_status(NULL, ORDER), 201);
	assert_int_equal(order_status(NULL, ORDER), 201);
	assert_int_equal(orders(), 2);
	assert_int_equal(bench_integer("SELECT COUNT(*) FROM idempotency"), 0);
}

static void what_was_refused_leaves_the_key_free(void **unused)
{
	(void)unused;
	assert_int_equal(order_status("k", "{\"organisation\":\"none\"}"), 422);
	fake.fail[SIGNER_TICKET] = ERR_UNAVAILABLE;
	assert_int_equal(order_status("k", ORDER), 503);
	fake.fail[SIGNER_TICKET] = ERR_OK;
	assert_int_equal(bench_integer("SELECT COUNT(*) FROM idempotency"), 0);
	assert_int_equal(order_status("k", ORDER), 201);
}

/* The directory's too: what would be "there is one already" without a key. */
static void every_creation_takes_a_key(void **unused)
{
	static const struct {
		const char *name;
		route_handler *handler;
		const char *path, *body;
	} cases[] = {
		{"organisation", api_organisation_add, "/v1/organisations", "{\"slug\":\"other\",\"name\":\"Other\"}"},
		{"service", api_service_add, "/v1/services", "{\"organisation\":\"other\",\"slug\":\"pay\",\"name\":\"Pay\",\"approvals\":1}"},
		{"client", api_client_add, "/v1/clients",
		 "{\"organisation\":\"other\",\"service\":\"pay\",\"slug\":\"app\",\"name\":\"App\",\"several\":true}"},
		{"contact", api_contact_add, "/v1/contacts",
		 "{\"organisation\":\"other\",\"name\":\"Ada\",\"email\":\"ada@example.org\",\"mobile\":\"+4790000000\"}"},
	};
	(void)unused;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct api_call call = {.handler = cases[i].handler, .path = cases[i].path, .body = cases[i].body, .key = cases[i].name};
		struct api_answer first = api_ask(&call), again = api_ask(&call);
		call.key = "another";
		if (first.status != 201 || again.status != 200)
			fail_msg("%s: %d, %d: %s", cases[i].name, first.status, again.status, api_text(&again, "detail"));
		assert_int_equal(api_status_of(&call), 409);
		assert_string_equal(api_text(&first, "id"), api_text(&again, "id"));
		assert_int_equal(strlen(api_text(&first, "id")), 16);
		assert_string_equal(first.etag, "\"1\"");
		json_decref(first.json);
		json_decref(again.json);
	}
	assert_int_equal(bench_integer("SELECT COUNT(*) FROM service WHERE approvals = 1"), 1);
	assert_int_equal(bench_integer("SELECT COUNT(*) FROM client WHERE slug = 'app' AND several = 1"), 1);
}

static void a_reissue_takes_its_key_too(void **unused)
{
	struct parcel p;
	char path[64];
	(void)unused;
	bench_reach(&p, ORDER_IN_USE);
	snprintf(path, sizeof path, "/v1/orders/%s/reissue", p.id);
	const struct api_call call = {.handler = api_order_reissue, .path = path, .parameter = {p.id}, .body = "{}", .key = "k"};
	struct api_answer first = api_ask(&call), again = api_ask(&call);
	assert_int_equal(first.status, 201);
	assert_int_equal(again.status, 200);
	assert_string_equal(api_text(&first, "id"), api_text(&again, "id"));
	assert_int_equal(order_status("k", ORDER), 409);
	assert_int_equal(orders(), 2);
	json_decref(first.json);
	json_decref(again.json);
}

static void after_a_day_it_is_forgotten(void **unused)
{
	(void)unused;
	assert_int_equal(order_status("k", ORDER), 201);
	bench_clock(BENCH_NOW + IDEMPOTENCY_KEPT - 1);
	assert_int_equal(order_status("k", ORDER), 200);
	bench_clock(BENCH_NOW + IDEMPOTENCY_KEPT);
	assert_int_equal(order_status("k", ORDER), 201); /* though no clerk has been there */
	assert_int_equal(orders(), 2);
}

struct race {
	route_handler *handler;
	const char *path, *body;
	int status;
	char id[ID_SIZE];
};

static void *run_race(void *ctx)
{
	struct race *r = ctx;
	struct api_answer a = api_ask(&(struct api_call){.handler = r->handler, .path = r->path, .body = r->body, .key = "one"});
	r->status = a.status;
	snprintf(r->id, sizeof r->id, "%s", api_text(&a, "id"));
	json_decref(a.json);
	return NULL;
}

static void race(const struct race *what)
{
	struct race races[THREADS];
	pthread_t threads[THREADS];
	int made = 0;
	for (int i = 0; i < THREADS; i++) {
		races[i] = *what;
		assert_int_equal(pthread_create(&threads[i], NULL, run_race, &races[i]), 0);
	}
	for (int i = 0; i < THREADS; i++) {
		assert_int_equal(pthread_join(threads[i], NULL), 0);
		made += races[i].status == 201;
		assert_true(races[i].status == 201 || races[i].status == 200);
		assert_string_equal(races[i].id, races[0].id);
	}
	assert_int_equal(made, 1);
}

static void of_many_at_once_one_creates_and_all_are_shown_it(void **unused)
{
	(void)unused;
	race(&(struct race){.handler = api_order_new, .path = "/v1/orders", .body = ORDER});
	assert_int_equal(orders(), 1);
	assert_int_equal(bench_integer("SELECT COUNT(*) FROM message"), 2);
	assert_int_equal(bench_integer("SELECT COUNT(*) FROM audit WHERE json_extract(record, '$.what') = 'order.requested'"), 1);
	bench_sql("DELETE FROM idempotency");
	race(&(struct race){.handler = api_organisation_add, .path = "/v1/organisations", .body = "{\"slug\":\"other\",\"name\":\"O\"}"});
	assert_int_equal(bench_integer("SELECT COUNT(*) FROM organisation"), 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		BENCH_TEST(a_key_of_another_shape_is_refused_with_the_reason),
		BENCH_TEST(the_same_request_again_is_shown_what_was_made_and_sends_nothing),
		BENCH_TEST(another_request_under_the_key_is_a_conflict),
		BENCH_TEST(a_key_is_a_staff_members_own),
		BENCH_TEST(without_a_key_each_request_is_another),
		BENCH_TEST(what_was_refused_leaves_the_key_free),
		BENCH_TEST(every_creation_takes_a_key),
		BENCH_TEST(a_reissue_takes_its_key_too),
		BENCH_TEST(after_a_day_it_is_forgotten),
		BENCH_TEST(of_many_at_once_one_creates_and_all_are_shown_it),
	};
	return cmocka_run_group_tests(tests, NULL, bench_group_end);
}

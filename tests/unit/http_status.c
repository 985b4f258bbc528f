/* What needs attention: each thing is told as long as somebody should do something about it, to those who may see it, and without
 * reading what is done with. */
#include "tests/support/console_bench.h"

#include "issuer/store/store_internal.h"

static json_t *ask(void)
{
	static const struct buf none;
	struct reply r = REPLY_INIT;
	struct request q = {.listener = LISTENER_MEMBERS, .method = "GET", .path = "/v1/status", .address = "127.0.0.1", .id = "0123456789abcdef",
			    .body = &none, .content_type = "", .identity = &console_identity, .lookup = &console_head};
	api_status(&console_front, &q, &r);
	assert_int_equal(r.status, 200);
	json_t *json = json_incref(r.json);
	reply_clear(&r);
	return json;
}

static int rows(const char *name)
{
	json_t *status = ask();
	int n = (int)json_array_size(json_object_get(status, name));
	json_decref(status);
	return n;
}

static json_int_t orders_in(const char *state)
{
	json_t *row, *status = ask();
	json_int_t n = -1;
	size_t i;
	json_array_foreach(json_object_get(status, "orders"), i, row)
		if (strcmp(json_string_value(json_object_get(row, "state")), state) == 0)
			n = json_integer_value(json_object_get(row, "count"));
	json_decref(status);
	return n;
}

static bool all_clear(void)
{
	json_t *status = ask();
	bool clear = json_is_true(json_object_get(status, "all_clear"));
	json_decref(status);
	return clear;
}

/* The clerk and the signer have just been seen. */
static void all_runs(void)
{
	console_shared.clerk_alive_at = console_shared.journal_read_at = bench.now;
}

static void it_is_clear_until_something_waits_for_somebody(void **state)
{
	struct parcel p;
	(void)state;
	console_as("support");
	assert_false(all_clear());
	all_runs();
	assert_true(all_clear());
	bench_reach(&p, ORDER_LOCKED);
	assert_int_equal(rows("locked"), 1);
	assert_int_equal(orders_in("locked"), 1);
	assert_false(all_clear());
	assert_ok(order_unlock(&bench.desk, &bench_staff, p.id, NULL));
	assert_int_equal(rows("locked"), 0);
	assert_true(all_clear());
	bench_sql("UPDATE orders SET state = 'requested', approvals = 2 WHERE id = %Q", p.id);
	assert_int_equal(rows("requested"), 1);
	assert_false(all_clear());
	bench_sql("UPDATE orders SET state = 'offered', due_at = %lld WHERE id = %Q", (long long)bench.now - 1, p.id);
	assert_int_equal(rows("overdue"), 1);
	bench_sql("UPDATE orders SET state = 'in_use' WHERE id = %Q", p.id);
	assert_int_equal(rows("overdue"), 0);
	bench_sql("INSERT INTO certificate (serial, issuer, kind, fingerprint, subject, not_before, not_after, der, status, created_at)"
		  " VALUES ('ends', 'ca', 'client', X'01', '', 1, %lld, X'', 'valid', 1)", (long long)bench.now + 30 * 86400LL);
	assert_true(all_clear());
	bench_sql("UPDATE certificate SET not_after = not_after - 1 WHERE serial = 'ends'");
	assert_false(all_clear());
	bench_sql("UPDATE orders SET renews = 'ends' WHERE id = %Q", p.id);
	assert_true(all_clear());
	bench_sql("UPDATE orders SET state = 'cancelled' WHERE id = %Q", p.id);
	assert_false(all_clear());
	bench_sql("DELETE FROM certificate WHERE serial = 'ends'");
	assert_true(all_clear());
	bench_sql("INSERT INTO meta (name, value) VALUES ('outbox_paused', '%lld')", (long long)bench.now);
	assert_false(all_clear());
}

static void a_failed_delivery_is_told_until_the_like_is_sent_again(void **state)
{
	struct parcel p;
	(void)state;
	console_as("support");
	bench_order(&p);
	assert_int_equal(rows("failed"), 0);
	bench_sql("UPDATE message SET state = 'dead', fault = 'no such number' WHERE order_id = %Q AND kind = 'code'", p.id);
	assert_int_equal(rows("failed"), 1);
	bench_clock(bench.now + 5);
	assert_ok(order_resend(&bench.desk, &bench_staff, p.id, NULL));
	assert_int_equal(rows("failed"), 0);
	bench_sql("UPDATE message SET failed_at = %lld WHERE order_id = %Q AND kind = 'link' AND created_at = %lld", (long long)bench.now, p.id,
		  (long long)bench.now);
	assert_int_equal(rows("failed"), 1);
	assert_ok(order_cancel(&bench.desk, &bench_staff, p.id, NULL, NULL));
	assert_int_equal(rows("failed"), 0);
	bench_clock(BENCH_NOW);
}

static void another_organisations_troubles_are_not_told(void **state)
{
	struct parcel p;
	char own[ID_SIZE];
	(void)state;
	console_as("support");
	bench_reach(&p, ORDER_LOCKED);
	bench_value(own, sizeof own, "SELECT id FROM organisation WHERE slug = 'sparebank'");
	snprintf(console_identity.scope, sizeof console_identity.scope, "%s", own);
	assert_int_equal(rows("locked"), 1);
	assert_int_equal(orders_in("locked"), 1);
	snprintf(console_identity.scope, sizeof console_identity.scope, "orgaaaaaaaaaaaaa");
	assert_int_equal(rows("locked"), 0);
	assert_int_equal(orders_in("locked"), 0);
}

static void what_ends_soon_is_counted_by_the_week_and_told_with_its_renewal(void **state)
{
	struct parcel p, next;
	json_t *status, *row;
	(void)state;
	console_as("auditor");
	bench_reach(&p, ORDER_IN_USE);
	bench_sql("UPDATE certificate SET not_after = %lld WHERE order_id = %Q", (long long)bench.now + 15 * 86400LL, p.id);
	status = ask();
	row = json_array_get(json_object_get(status, "expiring"), 0);
	assert_non_null(row);
	assert_true(json_is_null(json_object_get(row, "renewing")));
	assert_int_equal(json_array_size(json_object_get(status, "weeks")), 13);
	row = json_array_get(json_object_get(status, "weeks"), 2);
	assert_string_equal(json_string_value(json_object_get(row, "from")), "2026-12-06");
	assert_int_equal(json_integer_value(json_object_get(row, "count")), 1);
	json_decref(status);
	bench_order(&next);
	bench_sql("UPDATE orders SET renews = (SELECT serial FROM certificate WHERE order_id = %Q) WHERE id = %Q", p.id, next.id);
	status = ask();
	row = json_array_get(json_object_get(status, "expiring"), 0);
	assert_string_equal(json_string_value(json_object_get(row, "renewing")), next.id);
	json_decref(status);
	bench_sql("UPDATE certificate SET not_after = %lld WHERE order_id = %Q", (long long)bench.now + 100 * 86400LL, p.id);
	assert_int_equal(rows("expiring"), 0);
}

static void the_start_page_shows_it_all(void **state)
{
	struct parcel locked, failed, ending;
	(void)state;
	console_as("support");
	bench_reach(&locked, ORDER_LOCKED);
	bench_reach(&ending, ORDER_IN_USE);
	bench_order(&failed);
	bench_sql("UPDATE message SET state = 'dead', fault = '<script>' WHERE order_id = %Q", failed.id);
	bench_sql("UPDATE certificate SET not_after = %lld", (long long)bench.now + 15 * 86400LL);
	struct reply r = console_get(console_start, "/console", NULL, NULL);
	const char *html = console_expect(&r, 200);
	assert_non_null(strstr(html, "id=\"locked\""));
	assert_non_null(strstr(html, "id=\"failed\""));
	assert_non_null(strstr(html, "role=\"img\""));
	assert_non_null(strstr(html, "1 certificates end within 13 weeks"));
	assert_null(strstr(html, "All clear"));
	reply_clear(&r);
	bench_sql("UPDATE orders SET state = 'in_use'");
	all_runs();
	r = console_get(console_start, "/console", NULL, NULL);
	html = console_expect(&r, 200);
	assert_null(strstr(html, "All clear"));
	assert_non_null(strstr(html, "<span class=\"figure\">1</span> to be renewed"));
	reply_clear(&r);
	bench_sql("UPDATE certificate SET not_after = %lld", (long long)bench.now + 45 * 86400LL);
	r = console_get(console_start, "/console", NULL, NULL);
	assert_non_null(strstr(console_expect(&r, 200), "All clear"));
	reply_clear(&r);
}

/* Nothing that grows with the years is read from its beginning to its end. */
static void nothing_is_read_whole(void **state)
{
	static const enum statement statements[] = {STATEMENT_STATUS_ORDERS, STATEMENT_STATUS_IN_STATE, STATEMENT_STATUS_OVERDUE, STATEMENT_STATUS_FAILED,
						    STATEMENT_STATUS_WEEKS, STATEMENT_STATUS_EXPIRING, STATEMENT_STATUS_COUNTS};
	static const char *const large[] = {"SCAN o", "SCAN m", "SCAN t", "SCAN message", "SCAN n", "SCAN k", "SCAN g", "SCAN a"};
	struct store *s = readers_take(bench.desk.readers);
	(void)state;
	console_as("support");
	readers_give(bench.desk.readers, s);
	for (int i = 0; i < 8; i++)
		json_decref(ask()); /* each reader has them prepared */
	s = readers_take(bench.desk.readers);
	for (size_t i = 0; i < COUNT(statements); i++) {
		char *sql = sqlite3_mprintf("EXPLAIN QUERY PLAN %s", sqlite3_sql(s->prepared[statements[i]]));
		sqlite3_stmt *q = NULL;
		assert_int_equal(sqlite3_prepare_v2(s->db, sql, -1, &q, NULL), SQLITE_OK);
		while (sqlite3_step(q) == SQLITE_ROW)
			for (size_t k = 0; k < COUNT(large); k++) {
				const char *step = (const char *)sqlite3_column_text(q, 3);
				size_t len = strlen(large[k]);
				/* an index of what is not done, or of what is lost, may be read whole */
				if (strncmp(step, large[k], len) == 0 && (step[len] == '\0' || step[len] == ' ') && !strstr(step, "message_lost") &&
				    !strstr(step, "message_due") && !strstr(step, "message_kind_due"))
					fail_msg("%s: %s", sql, step);
			}
		sqlite3_finalize(q);
		sqlite3_free(sql);
	}
	readers_give(bench.desk.readers, s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CONSOLE_TEST(it_is_clear_until_something_waits_for_somebody),
		CONSOLE_TEST(a_failed_delivery_is_told_until_the_like_is_sent_again),
		CONSOLE_TEST(another_organisations_troubles_are_not_told),
		CONSOLE_TEST(what_ends_soon_is_counted_by_the_week_and_told_with_its_renewal),
		CONSOLE_TEST(the_start_page_shows_it_all),
		CONSOLE_TEST(nothing_is_read_whole),
	};
	return cmocka_run_group_tests(tests, NULL, bench_group_end);
}

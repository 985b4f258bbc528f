/* The statements behind the API's lists: pages that miss nothing and repeat nothing, and filters. */
#include "tests/support/order_bench.h"

#include "base/clock.h"

static json_t *rows(enum statement statement, const struct value *values, size_t n)
{
	json_t *out = NULL;
	struct store *s = readers_take(bench.desk.readers);
	assert_ok(store_json(s, statement, values, n, &out));
	readers_give(bench.desk.readers, s);
	assert_true(json_is_array(out));
	return out;
}

/* The rest of the filters is not asked for. */
static json_t *orders(enum statement statement, const char *state, int64_t at, const char *before, int64_t most)
{
	return rows(statement, STORE_VALUES(value_integer(at), value_text(before), value_null(), value_null(), value_null(),
					    value_text(state), value_null(), value_null(), value_null(), value_integer(most)));
}

static json_t *certificates_of(const char *status, const char *client, int64_t now, const char *before, int64_t most)
{
	return rows(client ? STATEMENT_CERTIFICATE_LIST_OF_CLIENT : STATEMENT_CERTIFICATE_LIST,
		    STORE_VALUES(value_integer(now), value_integer(before[0] ? BENCH_NOW : INT64_MAX), value_text(before), value_text(client),
				 value_null(), value_text(status), value_null(), value_null(), value_integer(most)));
}

static const char *text_of(json_t *row, const char *member)
{
	const char *text = json_string_value(json_object_get(row, member));
	if (!text)
		fail_msg("no text in %s", member);
	return text;
}

static void pages_of_orders_miss_nothing_and_repeat_nothing(void **unused)
{
	enum { ORDERS = 11 };
	char before[ID_SIZE] = "", seen[ORDERS][ID_SIZE];
	size_t n = 0, i;
	int64_t at = INT64_MAX;
	(void)unused;
	for (int k = 0; k < ORDERS; k++) {
		struct parcel p;
		bench_clock(BENCH_NOW + k / 4); /* several in one second */
		bench_order(&p);
	}
	for (;;) {
		json_t *row, *page = orders(STATEMENT_ORDER_LIST, NULL, at, before, 3);
		json_array_foreach(page, i, row) {
			assert_true(n < ORDERS);
			for (size_t k = 0; k < n; k++)
				assert_string_not_equal(seen[k], text_of(row, "id"));
			snprintf(seen[n++], ID_SIZE, "%s", text_of(row, "id"));
			snprintf(before, sizeof before, "%s", text_of(row, "id"));
			assert_ok(clock_from_text(text_of(row, "created_at"), &at));
		}
		bool last = json_array_size(page) == 0;
		json_decref(page);
		if (last)
			break;
	}
	assert_int_equal(n, ORDERS);
}

static void orders_are_listed_by_state_and_shown_whole(void **unused)
{
	struct parcel p, locked;
	(void)unused;
	bench_reach(&p, ORDER_RECEIVED);
	bench_reach(&locked, ORDER_LOCKED);
	json_t *list = orders(STATEMENT_ORDER_LIST_IN_STATE, "locked", INT64_MAX, "", 100);
	assert_int_equal(json_array_size(list), 1);
	json_t *row = json_array_get(list, 0);
	assert_string_equal(text_of(row, "id"), locked.id);
	static const char *const members[][2] = {{"state", "locked"}, {"organisation", "sparebank"}, {"service", "pay"},
						 {"client", "e-banking"}, {"client_name", "E-Banking"},
						 {"contact_name", "Kari Nordmann"}, {"key_type", "p256"}, {"note", ""},
						 {"ordered_by", BENCH_STAFF}, {"created_at", "2026-11-22T02:13:38Z"},
						 {"link_until", "2026-11-29T02:13:38Z"}};
	for (size_t i = 0; i < COUNT(members); i++)
		assert_string_equal(text_of(row, members[i][0]), members[i][1]);
	json_decref(list);
	json_t *shown = rows(STATEMENT_ORDER_SHOW, STORE_VALUES(value_text(BENCH_STAFF), value_text(p.id), value_null()));
	assert_int_equal(json_array_size(shown), 1);
	row = json_array_get(shown, 0);
	assert_string_equal(text_of(row, "ordered_by_name"), "Ola Administrator");
	assert_string_equal(text_of(row, "received_at"), "2026-11-22T02:13:38Z");
	assert_int_equal(strlen(text_of(row, "serial")), 40);
	static const char *const secret[] = {"facts", "ticket", "link_hash", "claim_hash", "hmac", "sealed_password"};
	for (size_t i = 0; i < COUNT(secret); i++)
		assert_null(json_object_get(row, secret[i]));
	json_decref(shown);
}

static size_t certificates(const char *status, const char *client, int64_t now)
{
	json_t *list = certificates_of(status, client, now, "", 100);
	size_t n = json_array_size(list);
	json_decref(list);
	return n;
}

static void certificates_are_listed_by_status_and_client(void **unused)
{
	struct parcel p;
	char serial[SERIAL_TEXT_SIZE], before[SERIAL_TEXT_SIZE] = "", client[ID_SIZE];
	const int64_t later = BENCH_NOW + 3 * 365 * 86400LL;
	(void)unused;
	for (int i = 0; i < 4; i++)
		bench_reach(&p, ORDER_RECEIVED);
	bench_serial(p.id, serial);
	assert_ok(certificate_revoke(&bench.desk, &bench_staff, &(struct revocation_wish){serial, "superseded", NULL, NULL}, NULL));
	bench_value(client, sizeof client, "SELECT id FROM client WHERE slug = 'e-banking'");
	assert_int_equal(certificates(NULL, NULL, BENCH_NOW), 4);
	assert_int_equal(certificates("valid", client, BENCH_NOW), 3);
	assert_int_equal(certificates("revoked", NULL, BENCH_NOW), 1);
	assert_int_equal(certificates("expired", NULL, BENCH_NOW), 0);
	assert_int_equal(certificates("expired", NULL, later), 3);
	assert_int_equal(certificates("revoked", NULL, later), 1);
	assert_int_equal(certificates(NULL, "another", BENCH_NOW), 0);
	for (int i = 4; i >= 0; i--) { /* one a page, all within one second */
		json_t *page = certificates_of(NULL, NULL, BENCH_NOW, before, 1);
		assert_int_equal(json_array_size(page), i > 0);
		if (i > 0)
			snprintf(before, sizeof before, "%s", text_of(json_array_get(page, 0), "serial"));
		json_decref(page);
	}
	json_t *shown = rows(STATEMENT_CERTIFICATE_SHOW, STORE_VALUES(value_integer(BENCH_NOW), value_text(serial)));
	json_t *row = json_array_get(shown, 0);
	assert_string_equal(text_of(row, "status"), "revoked");
	assert_string_equal(text_of(row, "order"), p.id);
	assert_int_equal(json_integer_value(json_object_get(row, "reason")), REASON_SUPERSEDED);
	assert_true(strlen(text_of(row, "der")) > 500);
	json_decref(shown);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		BENCH_TEST(pages_of_orders_miss_nothing_and_repeat_nothing),
		BENCH_TEST(orders_are_listed_by_state_and_shown_whole),
		BENCH_TEST(certificates_are_listed_by_status_and_client),
	};
	return cmocka_run_group_tests(tests, NULL, bench_group_end);
}

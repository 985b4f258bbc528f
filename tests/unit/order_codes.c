#include "tests/support/order_bench.h"

#include <ctype.h>

static int tries(const char *order)
{
	return (int)bench_integer("SELECT tries FROM code WHERE order_id = %Q ORDER BY generation DESC LIMIT 1", order);
}

static void wrong_code_five_times_locks_the_parcel(void **unused)
{
	struct parcel p;
	struct collect_view view;
	(void)unused;
	bench_order(&p);
	for (int i = 1; i <= 4; i++) {
		int left = -1;
		assert_err(bench_try(&p, "22222222", &left), ERR_WRONG_CODE);
		assert_int_equal(left, 5 - i);
		assert_ok(collect_look(&bench.desk, p.token, NULL, &view));
		assert_int_equal(view.tries_left, 5 - i);
		assert_state(p.id, ORDER_OFFERED);
	}
	int left = -1;
	assert_err(bench_try(&p, "22222222", &left), ERR_LOCKED);
	assert_int_equal(left, 0);
	assert_state(p.id, ORDER_LOCKED);
	assert_err(bench_try(&p, p.code, &left), ERR_LOCKED); /* the right one comes too late */
	assert_err(collect_new_code(&bench.desk, &bench_recipient, p.token, "1234", NULL), ERR_LOCKED);
	assert_ok(collect_look(&bench.desk, p.token, NULL, &view));
	assert_int_equal(view.state, ORDER_LOCKED);
	assert_int_equal(bench_audits("code.wrong", p.id), 5);
	assert_int_equal(bench_audits("order.locked", p.id), 1);
}

static void the_right_code_works_on_the_last_try(void **unused)
{
	struct parcel p;
	int left = 0;
	(void)unused;
	bench_order(&p);
	for (int i = 1; i <= 4; i++)
		assert_err(bench_try(&p, "33333333", &left), ERR_WRONG_CODE);
	bench_claim(&p);
	assert_state(p.id, ORDER_COLLECTING);
}

static void every_way_to_type_one_code_is_that_code_once(void **unused)
{
	static const char *const ways[] = {"%c%c%c%c%c%c%c%c", "%c%c%c%c-%c%c%c%c", " %c%c%c%c %c%c%c%c ",
					   "\t%c-%c-%c-%c-%c-%c-%c-%c"};
	(void)unused;
	for (size_t i = 0; i < COUNT(ways) * 2; i++) {
		struct parcel p;
		char typed[64], c[CODE_LENGTH];
		int left = -1;
		bench_order(&p);
		for (int k = 0; k < CODE_LENGTH; k++)
			c[k] = (char)(i % 2 ? tolower((unsigned char)p.code[k]) : p.code[k]);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		snprintf(typed, sizeof typed, ways[i / 2], c[0], c[1], c[2], c[3], c[4], c[5], c[6], c[7]);
#pragma GCC diagnostic pop
		assert_ok(bench_try(&p, typed, &left));
		assert_err(bench_try(&p, typed, &left), ERR_EXPIRED); /* no second use in any spelling */
		assert_err(bench_try(&p, p.code, &left), ERR_EXPIRED);
	}
}

static void what_is_no_code_is_a_try_all_the_same(void **unused)
{
	static const struct {
		const char *name, *typed;
	} cases[] = {
		{"nothing", ""},
		{"one too short", "2222222"},
		{"one too long", "222222222"},
		{"a full-width digit", "\xef\xbc\x92" "2222222"},
	};
	struct parcel p;
	(void)unused;
	bench_order(&p);
	for (size_t i = 0; i < COUNT(cases); i++) {
		int left = -1;
		if (bench_try(&p, cases[i].typed, &left) != ERR_WRONG_CODE || left != 4 - (int)i)
			fail_msg("%s: %d left", cases[i].name, left);
	}
	char huge[5000];
	int left = -1;
	memset(huge, '2', sizeof huge);
	huge[sizeof huge - 1] = '\0';
	assert_err(bench_try(&p, huge, &left), ERR_LOCKED);
}

static void without_a_valid_token_no_try_is_counted(void **unused)
{
	struct parcel p, stranger;
	int left = 0;
	(void)unused;
	bench_order(&p);
	stranger = p;
	for (int i = 0; i < 200; i++) {
		struct secret *token = NULL;
		assert_ok(token_new(&token));
		snprintf(stranger.token, sizeof stranger.token, "%s", secret_string(token));
		secret_free(token);
		assert_err(bench_try(&stranger, p.code, &left), ERR_NOT_FOUND);
	}
	assert_int_equal(tries(p.id), 0);
	assert_int_equal(bench_integer("SELECT COUNT(*) FROM audit WHERE json_extract(record, '$.what') = 'code.wrong'"), 0);
	bench_claim(&p);
}

static void the_code_of_one_order_opens_no_other(void **unused)
{
	struct parcel a, b;
	int left = 0;
	(void)unused;
	bench_order(&a);
	bench_order(&b);
	assert_err(bench_try(&a, b.code, &left), ERR_WRONG_CODE);
	/* Nor does its row, moved by an intruder: the HMAC binds order and code. */
	bench_sql("UPDATE code SET hmac = (SELECT hmac FROM code WHERE order_id = %Q) WHERE order_id = %Q", b.id, a.id);
	assert_err(bench_try(&a, b.code, &left), ERR_WRONG_CODE);
}

/* The gateway took it, and the clerk died before it could say so; or nobody could take it at all. */
static void a_code_whose_hand_over_was_never_confirmed_ends_too(void **unused)
{
	struct parcel p;
	struct collect_view view;
	int left = 0;
	(void)unused;
	bench_order(&p);
	bench_sql("UPDATE code SET handed_over_at = NULL WHERE order_id = %Q", p.id);
	bench_clock(BENCH_NOW + 2 * 1800 - 1);
	assert_ok(collect_look(&bench.desk, p.token, NULL, &view));
	assert_false(view.code_expired);
	assert_err(bench_try(&p, "22222222", &left), ERR_WRONG_CODE);
	bench_clock(BENCH_NOW + 2 * 1800);
	assert_ok(collect_look(&bench.desk, p.token, NULL, &view));
	assert_true(view.code_expired);
	assert_err(bench_try(&p, p.code, &left), ERR_EXPIRED);
	assert_int_equal(tries(p.id), 1);
}

static void a_code_ends_with_its_life(void **unused)
{
	struct parcel p;
	struct collect_view view;
	int left = 0;
	(void)unused;
	bench_order(&p);
	bench_clock(BENCH_NOW + 1799);
	assert_ok(collect_look(&bench.desk, p.token, NULL, &view));
	assert_false(view.code_expired);
	assert_err(bench_try(&p, "22222222", &left), ERR_WRONG_CODE);
	bench_clock(BENCH_NOW + 1800);
	assert_ok(collect_look(&bench.desk, p.token, NULL, &view));
	assert_true(view.code_expired);
	assert_err(bench_try(&p, p.code, &left), ERR_EXPIRED);
	assert_int_equal(tries(p.id), 1);
	assert_ok(collect_new_code(&bench.desk, &bench_recipient, p.token, "1234", NULL));
	bench_read_code(&p);
	bench_claim(&p);
}

/* A process that dies between the count and the comparison has counted: the try is durable before anything is compared. */
static void the_count_stays_when_the_comparison_never_happens(void **unused)
{
	struct parcel p;
	struct secret *wrong_key = bench.code_key;
	int left = 0;
	(void)unused;
	bench_order(&p);
	bench.desk.code_key = secret_copy("", 1); /* HMAC under a key that is lost: the comparison cannot succeed */
	for (int i = 1; i <= 3; i++) {
		assert_err(bench_try(&p, p.code, &left), ERR_WRONG_CODE);
		assert_int_equal(tries(p.id), i);
	}
	secret_free((struct secret *)(uintptr_t)bench.desk.code_key);
	bench.desk.code_key = wrong_key;
	bench_sql("UPDATE code SET tries = 5"); /* the last one was counted, and then the light went out */
	assert_err(bench_try(&p, p.code, &left), ERR_EXPIRED);
	assert_int_equal(tries(p.id), 5);
	assert_state(p.id, ORDER_OFFERED);
}

struct taker {
	struct parcel parcel;
	enum err result;
};

static void *take(void *arg)
{
	struct taker *t = arg;
	int left = 0;
	t->result = bench_try(&t->parcel, t->parcel.code, &left);
	return NULL;
}

static void sixty_four_takers_with_the_right_code_make_one_claim(void **unused)
{
	static struct taker takers[64];
	pthread_t threads[COUNT(takers)];
	struct parcel p, *winner = NULL;
	(void)unused;
	bench_order(&p);
	for (size_t i = 0; i < COUNT(takers); i++) {
		takers[i].parcel = p;
		assert_int_equal(pthread_create(&threads[i], NULL, take, &takers[i]), 0);
	}
	for (size_t i = 0; i < COUNT(takers); i++) {
		pthread_join(threads[i], NULL);
		if (takers[i].result == ERR_OK) {
			assert_null(winner);
			winner = &takers[i].parcel;
		} else {
			assert_err(takers[i].result, ERR_EXPIRED);
		}
	}
	assert_non_null(winner);
	assert_state(p.id, ORDER_COLLECTING);
	assert_int_equal(bench_audits("order.claimed", p.id), 1);
	assert_ok(bench_prepare(winner));
	assert_ok(bench_fetch(winner, PACKAGE_MODERN, NULL));
}

static void *guess(void *arg)
{
	struct taker *t = arg;
	int left = 0;
	t->result = bench_try(&t->parcel, "22222222", &left);
	return NULL;
}

static void guesses_at_once_get_no_more_tries_than_in_turn(void **unused)
{
	static struct taker takers[32];
	pthread_t threads[COUNT(takers)];
	struct parcel p;
	int wrong = 0, locked = 0;
	(void)unused;
	bench_order(&p);
	for (size_t i = 0; i < COUNT(takers); i++) {
		takers[i].parcel = p;
		assert_int_equal(pthread_create(&threads[i], NULL, guess, &takers[i]), 0);
	}
	for (size_t i = 0; i < COUNT(takers); i++) {
		pthread_join(threads[i], NULL);
		wrong += takers[i].result == ERR_WRONG_CODE;
		locked += takers[i].result == ERR_LOCKED;
	}
	assert_int_equal(wrong, 4);
	assert_true(locked >= 1);
	assert_int_equal(bench_audits("code.wrong", p.id), 5);
	assert_int_equal(tries(p.id), 5);
	assert_state(p.id, ORDER_LOCKED);
}

static void a_new_code_needs_the_digits_and_ends_the_old_one(void **unused)
{
	static const char *const wrong[] = {"", "123", "12345", "4321"};
	struct parcel p, old;
	int left = 0;
	(void)unused;
	bench_order(&p);
	old = p;
	for (size_t i = 0; i < COUNT(wrong); i++)
		assert_err(collect_new_code(&bench.desk, &bench_recipient, p.token, wrong[i], NULL), ERR_WRONG_CODE);
	assert_int_equal(bench_audits("digits.wrong", p.id), 4);
	assert_int_equal(bench_messages(p.id, "code", "waiting"), 0);
	bench.outbox = 0;
	assert_ok(collect_new_code(&bench.desk, &bench_recipient, p.token, "1234", NULL));
	assert_int_equal(bench.outbox, 1);
	bench_read_code(&p);
	assert_string_not_equal(p.code, old.code);
	assert_err(bench_try(&old, old.code, &left), ERR_WRONG_CODE);
	bench_claim(&p);
}

static void wrong_digits_are_capped_a_day_even_when_right_ones_follow(void **unused)
{
	struct parcel p;
	(void)unused;
	bench_order(&p);
	for (int i = 0; i < 5; i++)
		assert_err(collect_new_code(&bench.desk, &bench_recipient, p.token, "0000", NULL), ERR_WRONG_CODE);
	assert_err(collect_new_code(&bench.desk, &bench_recipient, p.token, "1234", NULL), ERR_LIMIT);
	bench_clock(BENCH_NOW + 86399);
	assert_err(collect_new_code(&bench.desk, &bench_recipient, p.token, "1234", NULL), ERR_LIMIT);
	bench_clock(BENCH_NOW + 86400);
	assert_ok(collect_new_code(&bench.desk, &bench_recipient, p.token, "1234", NULL));
}

static void codes_are_capped_a_day_and_staff_are_not(void **unused)
{
	struct parcel p;
	(void)unused;
	bench_order(&p);
	for (int i = 0; i < 5; i++)
		assert_ok(collect_new_code(&bench.desk, &bench_recipient, p.token, "1234", NULL));
	assert_err(collect_new_code(&bench.desk, &bench_recipient, p.token, "1234", NULL), ERR_LIMIT);
	assert_int_equal(bench_messages(p.id, "code", "waiting"), 1); /* only the newest is worth sending */
	bench_read_code(&p);
	bench_claim(&p); /* the refusal took nothing away */
	assert_ok(order_resend(&bench.desk, &bench_staff, p.id, NULL));
	bench_clock(BENCH_NOW + 86401);
	bench_read_mail(&p);
	for (int i = 0; i < 5; i++)
		assert_ok(collect_new_code(&bench.desk, &bench_recipient, p.token, "1234", NULL));
	assert_err(collect_new_code(&bench.desk, &bench_recipient, p.token, "1234", NULL), ERR_LIMIT);
}

/* From eight sides at once, at four orders of one contact: what is in the outbox is what the day allows. */
enum { ASKERS = 8, ASKED_EACH = 1250, ASKED_ORDERS = 4 };
static struct parcel asked[ASKED_ORDERS];

static void *ask_for_codes(void *granted)
{
	for (int i = 0; i < ASKED_EACH; i++)
		if (collect_new_code(&bench.desk, &bench_recipient, asked[i % ASKED_ORDERS].token, "1234", NULL) == ERR_OK)
			atomic_fetch_add((atomic_int *)granted, 1);
	return NULL;
}

static void ten_thousand_requests_for_a_new_code_send_no_more_than_a_days_limit(void **unused)
{
	pthread_t askers[ASKERS];
	atomic_int granted = 0;
	(void)unused;
	bench_clock(BENCH_NOW + 864000);
	for (int i = 0; i < ASKED_ORDERS; i++)
		bench_order(&asked[i]);
	int64_t before = bench_integer("SELECT COUNT(*) FROM message WHERE kind = 'code'");
	for (int i = 0; i < ASKERS; i++)
		assert_int_equal(pthread_create(&askers[i], NULL, ask_for_codes, &granted), 0);
	for (int i = 0; i < ASKERS; i++)
		assert_int_equal(pthread_join(askers[i], NULL), 0);
	int64_t limit = ASKED_ORDERS * bench.desk.settings->codes_a_day;
	assert_int_equal(granted, limit);
	assert_int_equal(bench_integer("SELECT COUNT(*) FROM message WHERE kind = 'code'") - before, limit);
	/* and of those only the newest of each order still waits */
	for (int i = 0; i < ASKED_ORDERS; i++)
		assert_int_equal(bench_messages(asked[i].id, "code", "waiting"), 1);
}

static void a_claimant_is_not_locked_out_by_another_holder_of_the_link(void **unused)
{
	struct parcel p, stranger;
	int left = 0;
	(void)unused;
	bench_reach(&p, ORDER_COLLECTING);
	stranger = p;
	assert_ok(collect_new_code(&bench.desk, &bench_recipient, p.token, "1234", NULL));
	for (int i = 0; i < 5; i++)
		assert_err(bench_try(&stranger, "22222222", &left), ERR_WRONG_CODE);
	assert_err(bench_try(&stranger, "22222222", &left), ERR_EXPIRED);
	assert_state(p.id, ORDER_COLLECTING);
	assert_ok(bench_fetch(&p, PACKAGE_MODERN, NULL));
	assert_ok(bench_receive(&p, NULL));
}

static void no_code_digit_or_token_is_in_audit_or_order(void **unused)
{
	struct parcel p;
	(void)unused;
	bench_reach(&p, ORDER_RECEIVED);
	const char *const canaries[] = {p.token, p.code, p.claim, FAKE_PASSWORD};
	for (size_t i = 0; i < COUNT(canaries); i++) {
		assert_int_equal(bench_integer("SELECT COUNT(*) FROM audit WHERE instr(record, %Q)", canaries[i]), 0);
		assert_int_equal(bench_integer("SELECT COUNT(*) FROM orders WHERE instr(facts, %Q)", canaries[i]), 0);
		assert_int_equal(bench_integer("SELECT COUNT(*) FROM message WHERE instr(sealed, %Q)", canaries[i]), 0);
	}
	assert_int_equal(bench_integer("SELECT COUNT(*) FROM audit WHERE instr(record, '1234') AND instr(record, 'digits')"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		BENCH_TEST(wrong_code_five_times_locks_the_parcel),
		BENCH_TEST(the_right_code_works_on_the_last_try),
		BENCH_TEST(every_way_to_type_one_code_is_that_code_once),
		BENCH_TEST(what_is_no_code_is_a_try_all_the_same),
		BENCH_TEST(without_a_valid_token_no_try_is_counted),
		BENCH_TEST(the_code_of_one_order_opens_no_other),
		BENCH_TEST(a_code_whose_hand_over_was_never_confirmed_ends_too),
		BENCH_TEST(a_code_ends_with_its_life),
		BENCH_TEST(the_count_stays_when_the_comparison_never_happens),
		BENCH_TEST(sixty_four_takers_with_the_right_code_make_one_claim),
		BENCH_TEST(guesses_at_once_get_no_more_tries_than_in_turn),
		BENCH_TEST(a_new_code_needs_the_digits_and_ends_the_old_one),
		BENCH_TEST(wrong_digits_are_capped_a_day_even_when_right_ones_follow),
		BENCH_TEST(codes_are_capped_a_day_and_staff_are_not),
		BENCH_TEST(ten_thousand_requests_for_a_new_code_send_no_more_than_a_days_limit),
		BENCH_TEST(a_claimant_is_not_locked_out_by_another_holder_of_the_link),
		BENCH_TEST(no_code_digit_or_token_is_in_audit_or_order),
	};
	return cmocka_run_group_tests(tests, NULL, bench_group_end);
}

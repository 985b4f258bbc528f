/* The clerk's decisions, by the clock of the test. */
#include "issuer/clerk/clerk_due.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void pauses_double_up_to_a_quarter_of_an_hour(void **state)
{
	static const int64_t wanted[] = {5, 10, 20, 40, 80, 160, 320, 640, 900, 900};
	(void)state;
	for (int i = 0; i < 10; i++)
		assert_int_equal(backoff_seconds(i, 0), wanted[i]);
	assert_int_equal(backoff_seconds(1000000, 0), 900);
}

static void jitter_adds_at_most_a_quarter(void **state)
{
	(void)state;
	for (int attempts = 0; attempts < 20; attempts++)
		for (uint32_t random = 0; random < 2048; random++) {
			int64_t least = backoff_seconds(attempts, 0), at = backoff_seconds(attempts, random);
			assert_in_range(at, least, least + least / 4);
			assert_in_range(at, BACKOFF_FIRST, BACKOFF_MOST);
		}
	assert_int_equal(backoff_seconds(3, 1023), 50);
}

static void a_retry_never_waits_past_its_end(void **state)
{
	(void)state;
	assert_int_equal(retry_at(1000, 0, 0, 2000), 1005);
	assert_int_equal(retry_at(1000, 9, 0, 1300), 1300);
	assert_int_equal(retry_at(1000, 0, 0, 900), 1000);
}

static void only_a_refusal_kills_a_message(void **state)
{
	(void)state;
	for (int e = 0; e < ERR_COUNT; e++) {
		enum fate wanted = e == ERR_OK ? FATE_SENT : e == ERR_REFUSED || e == ERR_INVALID ? FATE_DEAD : FATE_RETRY;
		assert_int_equal(message_fate((enum err)e), wanted);
	}
}

static void a_list_is_due_for_each_reason_alone(void **state)
{
	static const struct {
		const char *name;
		struct crl_standing s;
		bool due;
	} cases[] = {
		{"a fresh one", {true, true, 1000, 3600, false, false}, false},
		{"one second before the period", {true, true, -2599, 3600, false, false}, false},
		{"the period is over", {true, true, -2600, 3600, false, false}, true},
		{"this process has made none", {false, true, 1000, 3600, false, false}, true},
		{"there is none", {true, false, 0, 3600, false, false}, true},
		{"a status changed", {true, true, 999, 3600, true, false}, true},
		{"a status changed in the same second", {true, true, 1000, 3600, true, false}, false},
		{"a status changed, but it rests", {true, true, 999, 3600, true, true}, false},
		{"the period is over while it rests", {true, true, -2600, 3600, true, true}, true},
		{"there is none while it rests", {true, false, 0, 3600, true, true}, true},
		{"the newest is from the future", {true, true, 1001, 3600, false, false}, true},
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		if (crl_due(&cases[i].s, 1000) != cases[i].due)
			fail_msg("%s", cases[i].name);
}

static void a_list_rests_three_times_what_it_took_and_never_long(void **state)
{
	(void)state;
	assert_int_equal(crl_rest_ms(0), 0);
	assert_int_equal(crl_rest_ms(-5), 0);
	assert_int_equal(crl_rest_ms(499), 0);
	assert_int_equal(crl_rest_ms(500), 1500);
	assert_int_equal(crl_rest_ms(1000), 3000);
	assert_int_equal(crl_rest_ms(6665), 19995);
	assert_int_equal(crl_rest_ms(6666), 20000);
	assert_int_equal(crl_rest_ms(3600000), 20000);
}

static void a_failing_task_comes_back_within_five_seconds(void **state)
{
	static const int64_t wanted[] = {60000, 1000, 2000, 4000, 5000, 5000};
	(void)state;
	for (unsigned i = 0; i < 6; i++)
		assert_int_equal(task_pause_ms(60000, i), wanted[i]);
	assert_int_equal(task_pause_ms(60000, 4000000000u), 5000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pauses_double_up_to_a_quarter_of_an_hour),
		cmocka_unit_test(jitter_adds_at_most_a_quarter),
		cmocka_unit_test(a_retry_never_waits_past_its_end),
		cmocka_unit_test(only_a_refusal_kills_a_message),
		cmocka_unit_test(a_list_is_due_for_each_reason_alone),
		cmocka_unit_test(a_list_rests_three_times_what_it_took_and_never_long),
		cmocka_unit_test(a_failing_task_comes_back_within_five_seconds),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

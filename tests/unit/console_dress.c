/* What the console makes of the API's answers: words for codes, times for people. */
#include "issuer/console/dress.h"
#include "issuer/order/state.h"
#include "ca/crl.h"
#include "ca/key.h"
#include "delivery/message.h"
#include "tests/support/test.h"

#include <stdio.h>
#include <string.h>

static const char *member(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));
	return text ? text : "(absent)";
}

static void every_code_that_the_daemon_knows_has_words(void **state)
{
	(void)state;
	for (unsigned s = 0; s < ORDER_STATE_COUNT; s++) {
		const char *name = order_state_name((enum order_state)s);
		assert_non_null(words_find(WORDS_STATE, name));
		assert_non_null(words_find(WORDS_NEXT, name));
		assert_non_null(words_find(WORDS_TONE, name));
	}
	for (unsigned e = 0; e < EVENT_COUNT; e++)
		if (!words_find(WORDS_WHAT, order_event_name((enum order_event)e)))
			fail_msg("%s has no words", order_event_name((enum order_event)e));
	for (unsigned k = 0; k < MESSAGE_KIND_COUNT; k++) {
		assert_non_null(words_find(WORDS_MESSAGE, message_kind_name((enum message_kind)k)));
		assert_non_null(words_find(WORDS_CHANNEL, message_channel_name(message_channel_of((enum message_kind)k))));
	}
	for (int r = REASON_UNSPECIFIED; r <= REASON_HOLD; r++)
		if (!words_find(WORDS_REASON, crl_reason_name((enum crl_reason)r)))
			fail_msg("%s has no words", crl_reason_name((enum crl_reason)r));
	for (unsigned k = 0; key_type_name((enum key_type)k); k++)
		if (k <= KEY_RSA3072 && !words_find(WORDS_KEY, key_type_name((enum key_type)k)))
			fail_msg("%s has no words", key_type_name((enum key_type)k));
}

static void no_code_has_words_twice(void **state)
{
	static const char *const rows[] = {
#define WORDS(which, name, said) #which "." name,
#include "issuer/console/words.def"
#undef WORDS
	};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		for (size_t k = i + 1; k < sizeof rows / sizeof *rows; k++)
			assert_string_not_equal(rows[i], rows[k]);
}

static void what_has_no_words_is_shown_as_it_is(void **state)
{
	(void)state;
	json_t *o = json_pack("{s:s, s:s, s:n, s:i}", "state", "offered", "kind", "odd", "status", "reason", 4);
	assert_int_equal(dress(o, "state", WORDS_STATE), ERR_OK);
	assert_int_equal(dress(o, "kind", WORDS_ORDER), ERR_OK);
	assert_int_equal(dress(o, "status", WORDS_STATUS), ERR_OK);
	assert_int_equal(dress(o, "reason", WORDS_REASON), ERR_OK);
	assert_int_equal(dress(o, "absent", WORDS_REASON), ERR_OK);
	assert_int_equal(dress_as(o, "state", WORDS_TONE, "tone"), ERR_OK);
	assert_string_equal(member(o, "state_said"), "Sent, not collected yet");
	assert_string_equal(member(o, "kind_said"), "odd");
	assert_string_equal(member(o, "tone"), "wait");
	assert_null(json_object_get(o, "status_said"));
	assert_null(json_object_get(o, "reason_said"));
	assert_null(words_find(WORDS_STATE, NULL));
	json_decref(o);
}

static void times_are_said_however_deep_they_stand(void **state)
{
	(void)state;
	json_t *o = json_pack("{s:s, s:[{s:s, s:{s:s}}], s:s, s:s}", "created_at", "2026-11-22T02:13:38Z", "list", "at",
			      "1970-01-01T00:00:00Z", "deep", "until", "2026-02-09T23:59:59Z", "name", "2026-13-22T02:13:38Z", "due",
			      "2026-11-22");
	assert_int_equal(dress_times(o), ERR_OK);
	assert_string_equal(member(o, "created_at_said"), "22 Nov 2026, 02:13 UTC");
	assert_null(json_object_get(o, "name_said"));
	assert_null(json_object_get(o, "due_said"));
	const json_t *item = json_array_get(json_object_get(o, "list"), 0);
	assert_string_equal(member(item, "at_said"), "1 Jan 1970, 00:00 UTC");
	assert_string_equal(member(json_object_get(item, "deep"), "until_said"), "9 Feb 2026, 23:59 UTC");
	json_decref(o);
}

static void a_record_is_opened_and_one_that_is_no_record_is_shown(void **state)
{
	(void)state;
	json_t *list = json_pack("[{s:i, s:s}, {s:s}, {s:s}]", "sequence", 7, "record",
				 "{\"at\":\"2026-11-22T02:13:38Z\",\"what\":\"order.offered\",\"who\":\"clerk\",\"role\":\"host\",\"why\":null,"
				 "\"sequence\":99}",
				 "record", "{\"what\":", "record", "{\"what\":\"odd.thing\"}");
	assert_int_equal(dress_history(list), ERR_OK);
	const json_t *first = json_array_get(list, 0);
	assert_string_equal(member(first, "what_said"), "Link and code handed to the outbox");
	assert_string_equal(member(first, "at_said"), "22 Nov 2026, 02:13 UTC");
	assert_string_equal(member(first, "actor_said"), "Somebody at the machine itself");
	assert_int_equal(json_integer_value(json_object_get(first, "sequence")), 7);
	assert_string_equal(member(json_array_get(list, 1), "what_said"), "{\"what\":");
	assert_string_equal(member(json_array_get(list, 2), "what_said"), "odd.thing");
	assert_int_equal(dress_history(NULL), ERR_OK);
	json_decref(list);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_code_that_the_daemon_knows_has_words),
		cmocka_unit_test(no_code_has_words_twice),
		cmocka_unit_test(what_has_no_words_is_shown_as_it_is),
		cmocka_unit_test(times_are_said_however_deep_they_stand),
		cmocka_unit_test(a_record_is_opened_and_one_that_is_no_record_is_shown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* What the console makes of the API's answers: sentences for codes. */
#include "issuer/console/phrases.h"
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

static void every_code_that_the_daemon_knows_has_a_phrase(void **state)
{
	(void)state;
	for (unsigned s = 0; s < ORDER_STATE_COUNT; s++) {
		const char *name = order_state_name((enum order_state)s);
		assert_non_null(phrase_find(PHRASES_NEXT, name));
	}
	for (unsigned e = 0; e < EVENT_COUNT; e++)
		if (!phrase_find(PHRASES_WHAT, order_event_name((enum order_event)e)))
			fail_msg("%s has no phrase", order_event_name((enum order_event)e));
	for (unsigned k = 0; k < MESSAGE_KIND_COUNT; k++) {
		assert_non_null(phrase_find(PHRASES_MESSAGE, message_kind_name((enum message_kind)k)));
		assert_non_null(phrase_find(PHRASES_CHANNEL, message_channel_name(message_channel_of((enum message_kind)k))));
	}
	for (int r = REASON_UNSPECIFIED; r <= REASON_HOLD; r++)
		if (!phrase_find(PHRASES_REASON, crl_reason_name((enum crl_reason)r)))
			fail_msg("%s has no phrase", crl_reason_name((enum crl_reason)r));
	for (unsigned k = 0; key_type_name((enum key_type)k); k++)
		if (k <= KEY_RSA3072 && !phrase_find(PHRASES_KEY, key_type_name((enum key_type)k)))
			fail_msg("%s has no phrase", key_type_name((enum key_type)k));
}

static void no_code_has_two(void **state)
{
	static const char *const rows[] = {
#define PHRASE(which, name, said) #which "." name,
#include "issuer/console/phrases.def"
#undef PHRASE
	};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		for (size_t k = i + 1; k < sizeof rows / sizeof *rows; k++)
			assert_string_not_equal(rows[i], rows[k]);
}

static void what_has_no_phrase_is_shown_as_it_is(void **state)
{
	(void)state;
	json_t *o = json_pack("{s:s, s:s, s:n, s:i}", "key_type", "p384", "kind", "odd", "channel", "reason", 4);
	assert_int_equal(phrase_add(o, "key_type", PHRASES_KEY, "key"), ERR_OK);
	assert_int_equal(phrase_add(o, "kind", PHRASES_ORDER, "order_kind"), ERR_OK);
	assert_int_equal(phrase_add(o, "channel", PHRASES_CHANNEL, "way"), ERR_OK);
	assert_int_equal(phrase_add(o, "reason", PHRASES_REASON, "because"), ERR_OK);
	assert_int_equal(phrase_add(o, "absent", PHRASES_REASON, "nothing"), ERR_OK);
	assert_string_equal(member(o, "key"), "EC P-384");
	assert_string_equal(member(o, "order_kind"), "odd");
	assert_int_equal(json_object_size(o), 6);
	assert_null(phrase_find(PHRASES_NEXT, NULL));
	json_decref(o);
}

static void a_record_is_opened_and_one_that_is_no_record_is_shown(void **state)
{
	(void)state;
	json_t *list = json_pack("[{s:i, s:s}, {s:s}, {s:s}]", "sequence", 7, "record",
				 "{\"at\":\"2026-11-22T02:13:38Z\",\"what\":\"order.offered\",\"who\":\"clerk\",\"role\":\"host\",\"why\":null,"
				 "\"sequence\":99}",
				 "record", "{\"what\":", "record",
				 "{\"what\":\"message.odd\",\"role\":\"host\",\"who\":\"x\",\"detail\":\"code abc\"}");
	assert_int_equal(phrase_history(list), ERR_OK);
	const json_t *first = json_array_get(list, 0);
	assert_string_equal(member(first, "did"), "Link and code handed to the outbox");
	assert_string_equal(member(first, "at"), "2026-11-22T02:13:38Z");
	assert_int_equal(json_integer_value(json_object_get(first, "sequence")), 7);
	assert_string_equal(member(first, "by"), "The clerk (this program)");
	assert_string_equal(member(json_array_get(list, 1), "did"), "{\"what\":");
	const json_t *last = json_array_get(list, 2);
	assert_string_equal(member(last, "did"), "message.odd");
	assert_string_equal(member(last, "by"), "Somebody at the machine itself");
	assert_string_equal(member(last, "detail"), "One-time code");
	assert_int_equal(phrase_history(NULL), ERR_OK);
	json_decref(list);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_code_that_the_daemon_knows_has_a_phrase),
		cmocka_unit_test(no_code_has_two),
		cmocka_unit_test(what_has_no_phrase_is_shown_as_it_is),
		cmocka_unit_test(a_record_is_opened_and_one_that_is_no_record_is_shown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

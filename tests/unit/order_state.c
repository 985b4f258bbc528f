#include "tests/support/test.h"

#include "issuer/order/state.h"

#include <jansson.h>
#include <string.h>

/* Written apart from the table, from the design's picture: every pair that is not here must be refused. */
static const struct permitted {
	const char *name;
	enum order_state from;
	enum order_event event;
	enum order_state to;
} permitted[] = {
	{"approve", ORDER_REQUESTED, EVENT_APPROVE, ORDER_APPROVED},
	{"reject", ORDER_REQUESTED, EVENT_REJECT, ORDER_REJECTED},
	{"lapse unapproved", ORDER_REQUESTED, EVENT_LAPSE, ORDER_LAPSED},
	{"cancel a request", ORDER_REQUESTED, EVENT_CANCEL, ORDER_CANCELLED},
	{"offer", ORDER_APPROVED, EVENT_OFFER, ORDER_OFFERED},
	{"cancel an approved one", ORDER_APPROVED, EVENT_CANCEL, ORDER_CANCELLED},
	{"claim", ORDER_OFFERED, EVENT_CLAIM, ORDER_COLLECTING},
	{"lock", ORDER_OFFERED, EVENT_LOCK, ORDER_LOCKED},
	{"resend", ORDER_OFFERED, EVENT_RESEND, ORDER_OFFERED},
	{"lapse", ORDER_OFFERED, EVENT_LAPSE, ORDER_LAPSED},
	{"cancel an offer", ORDER_OFFERED, EVENT_CANCEL, ORDER_CANCELLED},
	{"unlock", ORDER_LOCKED, EVENT_UNLOCK, ORDER_OFFERED},
	{"lapse while locked", ORDER_LOCKED, EVENT_LAPSE, ORDER_LAPSED},
	{"cancel a locked one", ORDER_LOCKED, EVENT_CANCEL, ORDER_CANCELLED},
	{"claim again", ORDER_COLLECTING, EVENT_CLAIM, ORDER_COLLECTING},
	{"resend to a lost claim", ORDER_COLLECTING, EVENT_RESEND, ORDER_OFFERED},
	{"receive", ORDER_COLLECTING, EVENT_RECEIVE, ORDER_RECEIVED},
	{"lapse unacknowledged", ORDER_COLLECTING, EVENT_LAPSE, ORDER_LAPSED},
	{"cancel while collecting", ORDER_COLLECTING, EVENT_CANCEL, ORDER_CANCELLED},
	{"password again", ORDER_RECEIVED, EVENT_RESEND, ORDER_RECEIVED},
	{"password sent", ORDER_RECEIVED, EVENT_PASSWORD_SENT, ORDER_PASSWORD_SENT},
	{"use without password", ORDER_RECEIVED, EVENT_USE, ORDER_IN_USE},
	{"cancel a received one", ORDER_RECEIVED, EVENT_CANCEL, ORDER_CANCELLED},
	{"password once more", ORDER_PASSWORD_SENT, EVENT_RESEND, ORDER_PASSWORD_SENT},
	{"use", ORDER_PASSWORD_SENT, EVENT_USE, ORDER_IN_USE},
	{"cancel before use", ORDER_PASSWORD_SENT, EVENT_CANCEL, ORDER_CANCELLED},
	{"reissue a received one", ORDER_RECEIVED, EVENT_REISSUE, ORDER_RECEIVED},
	{"reissue one that has its password", ORDER_PASSWORD_SENT, EVENT_REISSUE, ORDER_PASSWORD_SENT},
	{"reissue one in use", ORDER_IN_USE, EVENT_REISSUE, ORDER_IN_USE},
};

static const struct permitted *find(enum order_state from, enum order_event event)
{
	for (size_t i = 0; i < sizeof permitted / sizeof permitted[0]; i++)
		if (permitted[i].from == from && permitted[i].event == event)
			return &permitted[i];
	return NULL;
}

static void every_pair_goes_where_the_picture_says_or_is_refused(void **unused)
{
	(void)unused;
	for (enum order_state from = 0; from < ORDER_STATE_COUNT; from++) {
		for (enum order_event event = 0; event < EVENT_COUNT; event++) {
			const struct permitted *p = find(from, event);
			enum order_state to = ORDER_STATE_COUNT;
			struct errbuf why = {{0}};
			enum err e = order_next(from, event, &to, &why);
			if (p && (e != ERR_OK || to != p->to))
				fail_msg("%s: %s, to %s", p->name, err_word(e), order_state_name(to));
			if (!p && (e != ERR_CONFLICT || to != ORDER_STATE_COUNT || !strstr(why.text, "cannot be")))
				fail_msg("%s, %s: %s \"%s\"", order_state_name(from), order_event_name(event), err_word(e),
					 why.text);
		}
	}
}

static void a_refusal_says_it_in_a_sentence(void **unused)
{
	enum order_state to;
	struct errbuf why = {{0}};
	(void)unused;
	assert_int_equal(order_next(ORDER_CANCELLED, EVENT_UNLOCK, &to, &why), ERR_CONFLICT);
	assert_string_equal(why.text, "a cancelled order cannot be unlocked");
}

static void numbers_beyond_the_table_are_refused(void **unused)
{
	enum order_state to;
	(void)unused;
	assert_int_equal(order_next(ORDER_STATE_COUNT, EVENT_CANCEL, &to, NULL), ERR_CONFLICT);
	assert_int_equal(order_next(ORDER_OFFERED, EVENT_COUNT, &to, NULL), ERR_CONFLICT);
	assert_int_equal(order_next((enum order_state)-1, (enum order_event)-1, &to, NULL), ERR_CONFLICT);
	assert_string_equal(order_states_before(EVENT_COUNT), "[]");
	assert_string_equal(order_state_name(ORDER_STATE_COUNT), "unknown");
}

static void the_lists_for_sql_name_exactly_the_states_before(void **unused)
{
	(void)unused;
	for (enum order_event event = 0; event < EVENT_COUNT; event++) {
		json_t *list = json_loads(order_states_before(event), 0, NULL);
		assert_true(json_is_array(list));
		size_t n = 0;
		for (enum order_state from = 0; from < ORDER_STATE_COUNT; from++) {
			if (!find(from, event))
				continue;
			assert_string_equal(json_string_value(json_array_get(list, n)), order_state_name(from));
			n++;
		}
		assert_int_equal(json_array_size(list), n);
		json_decref(list);
	}
}

static void names_are_read_back_and_no_other(void **unused)
{
	enum order_state s = ORDER_STATE_COUNT;
	(void)unused;
	for (enum order_state from = 0; from < ORDER_STATE_COUNT; from++) {
		assert_int_equal(order_state_from_name(order_state_name(from), &s), ERR_OK);
		assert_int_equal(s, from);
	}
	assert_int_equal(order_state_from_name("Offered", &s), ERR_INVALID);
	assert_int_equal(order_state_from_name("", &s), ERR_INVALID);
	assert_int_equal(order_state_from_name(NULL, &s), ERR_INVALID);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_pair_goes_where_the_picture_says_or_is_refused),
		cmocka_unit_test(a_refusal_says_it_in_a_sentence),
		cmocka_unit_test(numbers_beyond_the_table_are_refused),
		cmocka_unit_test(the_lists_for_sql_name_exactly_the_states_before),
		cmocka_unit_test(names_are_read_back_and_no_other),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

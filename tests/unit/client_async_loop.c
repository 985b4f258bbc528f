/* What the program's loop is asked for, when numbers of descriptors are given anew and when it has no timer. */
#include "client/async.h"
#include "tests/support/call_stage.h"
#include "tests/support/poll_loop.h"
#include "tests/support/test.h"

#include <string.h>
#include <unistd.h>

static bool answer(SSL *ssl, const struct seen *request, struct tls_server *s)
{
	char byte;
	(void)s;
	return strcmp(request->path, "/silent") == 0 ? SSL_read(ssl, &byte, 1) == 1 : tls_reply(ssl, 200, NULL, "hello");
}

static struct call_stage stage;
static struct poll_loop loop;

static void open_stage(void)
{
	memset(&stage, 0, sizeof stage);
	stage.server.answer = answer;
	stage_open(&stage, NULL);
	loop_open(&loop, stage.client);
}

static void close_stage(void)
{
	loop_close(&loop);
	stage_is_sound(&stage);
	stage_close(&stage);
}

static void a_number_that_is_given_anew_belongs_to_its_new_call_alone(void **state)
{
	(void)state;
	int ends[2];
	open_stage();
	assert_int_equal(pipe(ends), 0);
	counterfoil_async_call before = {.async = loop.async}, after = {.async = loop.async};
	assert_int_equal(async_want_fd(loop.async, &before, ends[0], COUNTERFOIL_WANT_READ), COUNTERFOIL_OK);
	assert_int_equal(async_want_fd(loop.async, &after, ends[0], COUNTERFOIL_WANT_READ), COUNTERFOIL_OK);
	assert_int_equal(before.fds, 0);
	assert_int_equal(after.fds, 1);
	assert_int_equal(async_want_fd(loop.async, &before, ends[0], COUNTERFOIL_WANT_NOTHING), COUNTERFOIL_OK);
	async_forget_fds(&before);
	assert_true(async_watches_fd(loop.async, ends[0]));
	async_forget_fds(&after);
	assert_false(async_watches_fd(loop.async, ends[0]));
	assert_int_equal(after.fds, 0);
	assert_int_equal(loop.count, 0);
	close(ends[0]);
	close(ends[1]);
	close_stage();
}

static void refuse_timers(struct poll_loop *its)
{
	its->timer_refused = its->timer_calls + 1;
}

static void a_cancel_without_a_timer_ends_all_calls(void **state)
{
	(void)state;
	struct told one, other;
	open_stage();
	loop_start(&loop, &(counterfoil_request){.url = stage_url(&stage, "/silent"), .total_timeout_ms = 5000}, &one);
	loop_start(&loop, &(counterfoil_request){.url = stage_url(&stage, "/silent"), .total_timeout_ms = 5000}, &other);
	while (stage.server.requests < 2)
		loop_once(&loop, 100);
	loop.on_want = refuse_timers;
	counterfoil_async_cancel(one.call);
	loop.on_want = NULL;
	expect_told("the one that is cancelled", &one, COUNTERFOIL_CANCELLED, NULL);
	expect_told("the other", &other, COUNTERFOIL_LOOP_FAILED, NULL);
	loop.due = -1; /* what the program could not set it cannot take back either */
	loop_run(&loop);
	close_stage();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_number_that_is_given_anew_belongs_to_its_new_call_alone),
		cmocka_unit_test(a_cancel_without_a_timer_ends_all_calls),
	};
	return cmocka_run_group_tests(tests, stage_setup, stage_teardown);
}

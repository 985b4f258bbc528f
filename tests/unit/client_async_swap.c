/* The asynchronous form while a client's identity changes, ages, is refused or revoked: who the server sees, and what is told. */
#include "base/clock.h"
#include "tests/support/clock_injected.h"
#include "tests/support/identity_stage.h"
#include "tests/support/poll_loop.h"
#include "tests/support/test.h"

#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SIDE_BY_SIDE = 24, SWAPS = 8, CALLS_BETWEEN = 300 };

static struct poll_loop loop;
static char url[64];

static const char *at(const char *path)
{
	snprintf(url, sizeof url, "https://localhost:%d%s", stage_server.port, path);
	return url;
}

static void open_stage(counterfoil_client *client)
{
	loop_open(&loop, client);
}

static void close_stage(counterfoil_client *client)
{
	loop_close(&loop);
	counterfoil_client_free(client);
	stage_stop();
}

static void call(const char *path, struct told *told)
{
	loop_start(&loop, &(counterfoil_request){.url = at(path)}, told);
}

static void *swap_away(void *client)
{
	stage_await_held();
	stage_use(client, "two");
	return NULL;
}

static void a_call_under_way_ends_with_the_identity_it_began_with(void **state)
{
	(void)state;
	struct told held, idle, later;
	pthread_t thread;
	stage_start(0);
	counterfoil_client *c = stage_client_named("one");
	open_stage(c);
	int before = descriptors();
	call("/", &idle);
	loop_run(&loop);
	expect_told("idle", &idle, COUNTERFOIL_OK, "one");
	call("/hold", &held);
	call("/", &idle);
	assert_int_equal(pthread_create(&thread, NULL, swap_away, c), 0); /* from another thread */
	while (!idle.times)
		loop_once(&loop, 100);
	expect_told("idle", &idle, COUNTERFOIL_OK, "one");
	for (int i = 0; i < 100 && stage_server.requests < 3; i++)
		loop_for(&loop, 10);
	pthread_join(thread, NULL);
	call("/", &later);
	while (!later.times)
		loop_once(&loop, 100);
	expect_told("begun afterwards", &later, COUNTERFOIL_OK, "two");
	assert_int_equal(held.times, 0);
	stage_let_go();
	loop_run(&loop);
	expect_told("begun before", &held, COUNTERFOIL_OK, "one");
	call("/", &later);
	loop_run(&loop);
	expect_told("at last", &later, COUNTERFOIL_OK, "two");
	assert_int_equal(stage_server.connections, 3); /* two of one, one of two */
	int kept = 2 + 1 + 1; /* the lane that is kept: libcurl's two, its connection, the server's end */
	assert_in_range(descriptors_at_rest(before + kept), 0, before + kept);
	close_stage(c);
}

/* Names are numbers. A call comes with the one that was in use when it was started, however long it takes. */
static counterfoil_client *shared;
static atomic_int in_use, in_coming, calls;
static atomic_bool enough;

struct counted {
	int from, to; /* in use when it began */
};

static struct counted counted[SIDE_BY_SIDE];

static void count_one(void *context, counterfoil_code code, counterfoil_response *response, const counterfoil_error *error);

static void start_one(struct counted *one)
{
	const counterfoil_request request = {.size = sizeof request, .url = url};
	const counterfoil_async_request wanted = {.size = sizeof wanted, .call = &request, .on_done = count_one, .context = one};
	one->from = in_use;
	assert_int_equal(counterfoil_async_start(loop.async, &wanted, NULL, NULL), COUNTERFOIL_OK);
	one->to = in_coming;
}

static void count_one(void *context, counterfoil_code code, counterfoil_response *response, const counterfoil_error *error)
{
	struct counted *one = context;
	if (code)
		fail_msg("a call failed: %s", error->text);
	int was = (int)strtol(counterfoil_response_body(response).data, NULL, 10);
	if (was < one->from || was > one->to)
		fail_msg("it came as %d, and %d to %d was in use when it began", was, one->from, one->to);
	counterfoil_response_free(response);
	calls++;
	if (!enough)
		start_one(one);
}

static void *swap_often(void *unused)
{
	(void)unused;
	for (int number = 2; number < 2 + SWAPS; number++) {
		char name[16];
		int seen = calls;
		snprintf(name, sizeof name, "%d", number);
		in_coming = number;
		stage_use(shared, name);
		in_use = number;
		for (int i = 0; i < 10000 && calls < seen + CALLS_BETWEEN; i++)
			poll(NULL, 0, 1);
	}
	enough = true;
	return NULL;
}

static void a_loop_full_of_calls_notices_nothing_of_swaps(void **state)
{
	(void)state;
	pthread_t thread;
	stage_start(0);
	shared = stage_client_named("1");
	in_use = in_coming = 1;
	open_stage(shared);
	at("/");
	for (int i = 0; i < SIDE_BY_SIDE; i++)
		start_one(&counted[i]);
	assert_int_equal(pthread_create(&thread, NULL, swap_often, NULL), 0);
	loop_run(&loop);
	pthread_join(thread, NULL);
	assert_int_equal(stage_server.requests, calls);
	assert_int_equal(stage_server.resumptions, 0);
	if (calls < SWAPS * CALLS_BETWEEN)
		fail_msg("only %d calls: this proves little", calls);
	close_stage(shared);
}

/* What the client's watch tells, and what is done about it there and then. */
static struct {
	int of[5];
	char name[SEEN_SIZE];
	void (*react)(void);
} events;

static void on_event(void *unused, const counterfoil_event *event)
{
	(void)unused;
	events.of[event->kind]++;
	snprintf(events.name, sizeof events.name, "%s", counterfoil_identity_fact(event->identity, COUNTERFOIL_FACT_COMMON_NAME));
	if (events.react)
		events.react();
}

static void watch(counterfoil_client *c, const char *path, const char *password_path)
{
	const counterfoil_watch_options options = {.size = sizeof options, .on_event = on_event, .path = path,
						   .password_path = password_path, .look_every_ms = 1};
	memset(&events, 0, sizeof events);
	assert_int_equal(counterfoil_client_watch(c, &options, NULL), COUNTERFOIL_OK);
}

static void a_server_that_says_revoked_is_told_once(void **state)
{
	(void)state;
	struct told told[3];
	stage_start(0);
	counterfoil_client *c = stage_client_named("one");
	open_stage(c);
	watch(c, NULL, NULL);
	for (int i = 0; i < 3; i++)
		call("/revoked", &told[i]);
	loop_run(&loop);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(counterfoil_response_status(told[i].response), 403);
		expect_told("by its answer", &told[i], COUNTERFOIL_REVOKED, NULL);
	}
	assert_int_equal(events.of[COUNTERFOIL_EVENT_REVOKED], 1);
	close_stage(c);
}

static void a_refused_handshake_says_why(void **state)
{
	(void)state;
	static const struct {
		int refuse_with;
		counterfoil_code want;
	} cases[] = {{X509_V_ERR_CERT_REVOKED, COUNTERFOIL_REVOKED}, {X509_V_ERR_CERT_HAS_EXPIRED, COUNTERFOIL_EXPIRED},
		     {X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, COUNTERFOIL_CERTIFICATE_REFUSED}};
	static const int newest[] = {TLS1_2_VERSION, 0};
	for (size_t i = 0; i < 6; i++) {
		struct told told;
		stage_start(newest[i % 2]);
		counterfoil_client *c = stage_client_named("one");
		open_stage(c);
		stage_server.refuse_with = cases[i / 2].refuse_with;
		call("/", &told);
		loop_run(&loop);
		counterfoil_response_free(told.response);
		told.response = NULL;
		if (told.times != 1 || told.code != cases[i / 2].want)
			fail_msg("case %zu: wanted %s, had %s: %s", i, counterfoil_code_word(cases[i / 2].want),
				 counterfoil_code_word(told.code), told.error.text);
		close_stage(c);
	}
}

static void nothing_is_sent_when_the_time_is_over(void **state)
{
	(void)state;
	struct told told = {0};
	stage_start(0);
	counterfoil_client *c = stage_client_named("one");
	open_stage(c);
	counterfoil_identity *in_use_now = counterfoil_client_identity(c);
	const counterfoil_request request = {.size = sizeof request, .url = at("/")};
	const counterfoil_async_request wanted = {.size = sizeof wanted, .call = &request, .on_done = on_told, .context = &told};
	clock_inject(counterfoil_identity_not_after(in_use_now) + 1);
	assert_int_equal(counterfoil_async_start(loop.async, &wanted, NULL, NULL), COUNTERFOIL_EXPIRED);
	clock_inject(-1);
	counterfoil_identity_free(in_use_now);
	loop_run(&loop);
	assert_int_equal(told.times, 0);
	assert_int_equal(stage_server.connections, 0);
	close_stage(c);
}

static void put(const char *path, const void *bytes, size_t len)
{
	FILE *f = fopen(path, "w");
	assert_non_null(f);
	assert_int_equal(fwrite(bytes, 1, len, f), len);
	assert_int_equal(fclose(f), 0);
}

static struct told reaction;

static void call_back(void)
{
	events.react = NULL;
	call("/", &reaction);
}

static void free_it(void)
{
	events.react = NULL;
	counterfoil_async_free(loop.async);
}

/* The file is another by the time that a call starts; the program hears of it from within. */
static void a_start_looks_at_the_watched_file(void **state)
{
	(void)state;
	char folder[] = "/tmp/client_async_swap.XXXXXX", file[64], password[64];
	struct buf der = BUF_INIT(1 << 16);
	struct told told = {0};
	assert_non_null(mkdtemp(folder));
	snprintf(file, sizeof file, "%s/identity.p12", folder);
	snprintf(password, sizeof password, "%s/password", folder);
	stage_file(&(struct wanted){.common_name = "two", .issuer = &stage_ca, .extended = "clientAuth"}, &stage_ca, &der);
	put(file, der.data, der.len);
	put(password, stage_password, strlen(stage_password));
	void (*const reactions[])(void) = {NULL, call_back, free_it};
	for (int i = 0; i < 3; i++) {
		stage_start(0);
		counterfoil_client *c = stage_client_named("one");
		open_stage(c);
		watch(c, file, password);
		events.react = reactions[i];
		const counterfoil_request request = {.size = sizeof request, .url = at("/")};
		const counterfoil_async_request wanted = {.size = sizeof wanted, .call = &request, .on_done = on_told, .context = &told};
		told = reaction = (struct told){0};
		counterfoil_code started = counterfoil_async_start(loop.async, &wanted, NULL, NULL);
		assert_int_equal(events.of[COUNTERFOIL_EVENT_SWAPPED], 1);
		assert_string_equal(events.name, "two");
		assert_int_equal(started, i == 2 ? COUNTERFOIL_CANCELLED : COUNTERFOIL_OK);
		if (i == 2) {
			loop.async = NULL;
			assert_int_equal(told.times, 0);
		}
		loop_run(&loop);
		if (i < 2)
			expect_told("the call", &told, COUNTERFOIL_OK, "two");
		if (i == 1)
			expect_told("the call from within", &reaction, COUNTERFOIL_OK, "two");
		close_stage(c);
	}
	unlink(file);
	unlink(password);
	rmdir(folder);
	buf_free(&der);
}

static void refuse_timers(struct poll_loop *its)
{
	its->timer_refused = its->timer_calls + 1;
}

static void nothing(void)
{
	events.react = NULL;
}

static void take_for_nearly_over(counterfoil_client *c)
{
	counterfoil_identity *one = counterfoil_client_identity(c);
	clock_inject(counterfoil_identity_not_after(one) - 3600);
	counterfoil_identity_free(one);
}

static void call_back_and_refuse_timers(void)
{
	call_back();
	loop.on_want = refuse_timers;
}

/* The watch tells within the start of one call, and what it is told starts another. */
static void a_call_that_the_watch_starts_goes_on_when_the_outer_one_does_not(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		void (*react)(void);
		bool cancelled; /* else the timer is refused */
		counterfoil_code outer, inner;
	} cases[] = {
		{"cancelled beforehand", call_back, true, COUNTERFOIL_CANCELLED, COUNTERFOIL_OK},
		{"no timer for it", call_back, false, COUNTERFOIL_LOOP_FAILED, COUNTERFOIL_OK},
		{"no timer for either", call_back_and_refuse_timers, false, COUNTERFOIL_LOOP_FAILED, COUNTERFOIL_LOOP_FAILED},
		{"cancelled, and no timer for the other", call_back_and_refuse_timers, true, COUNTERFOIL_CANCELLED, COUNTERFOIL_LOOP_FAILED},
		{"cancelled, and no other", nothing, true, COUNTERFOIL_CANCELLED, COUNTERFOIL_OK},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct told outer = {0};
		stage_start(0);
		counterfoil_client *c = stage_client_named("one");
		open_stage(c);
		watch(c, NULL, NULL);
		reaction = (struct told){0};
		events.react = cases[i].react;
		counterfoil_cancel *told_already = counterfoil_cancel_new();
		counterfoil_cancel_now(told_already);
		take_for_nearly_over(c);
		const counterfoil_request request = {.size = sizeof request, .url = at("/"), .cancel = cases[i].cancelled ? told_already : NULL};
		const counterfoil_async_request wanted = {.size = sizeof wanted, .call = &request, .on_done = on_told, .context = &outer};
		loop.timer_refused = cases[i].cancelled ? 0 : 1;
		counterfoil_code had = counterfoil_async_start(loop.async, &wanted, NULL, NULL);
		if (had != cases[i].outer)
			fail_msg("%s: wanted %s, had %s", cases[i].name, counterfoil_code_word(cases[i].outer), counterfoil_code_word(had));
		assert_int_equal(events.of[COUNTERFOIL_EVENT_EXPIRY], 1);
		clock_inject(-1);
		loop.on_want = NULL;
		loop_run(&loop);
		if (cases[i].react != nothing)
			expect_told(cases[i].name, &reaction, cases[i].inner, NULL);
		assert_int_equal(outer.times, 0);
		close_stage(c);
		counterfoil_cancel_free(told_already);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_call_under_way_ends_with_the_identity_it_began_with),
		cmocka_unit_test(a_loop_full_of_calls_notices_nothing_of_swaps),
		cmocka_unit_test(a_server_that_says_revoked_is_told_once),
		cmocka_unit_test(a_refused_handshake_says_why),
		cmocka_unit_test(nothing_is_sent_when_the_time_is_over),
		cmocka_unit_test(a_start_looks_at_the_watched_file),
		cmocka_unit_test(a_call_that_the_watch_starts_goes_on_when_the_outer_one_does_not),
	};
	return cmocka_run_group_tests(tests, identity_stage_setup, identity_stage_teardown);
}

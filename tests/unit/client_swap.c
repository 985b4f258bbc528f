/* Another identity in the place of the one in use: no call fails, none comes with the wrong one, nothing stays behind. */
#include "tests/support/identity_stage.h"
#include "tests/support/test.h"

#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void a_call_comes_with_the_identity_in_use_when_it_began(void **state)
{
	(void)state;
	stage_start(0);
	counterfoil_client *c = stage_client_named("one");
	expect_seen(c, "/", "one");
	expect_seen(c, "/", "one");
	assert_int_equal(stage_server.connections, 1);
	stage_use(c, "two");
	expect_seen(c, "/", "two");
	expect_seen(c, "/", "two");
	assert_int_equal(stage_server.connections, 2);
	stage_use(c, "one");
	expect_seen(c, "/", "one");
	assert_int_equal(stage_server.connections, 3);
	counterfoil_client_free(c);
	stage_stop();
}

struct held_call {
	counterfoil_client *client;
	char had[SEEN_SIZE];
};

static void *call_hold(void *data)
{
	struct held_call *call = data;
	stage_seen(call->client, "/hold", call->had);
	return NULL;
}

static void a_call_under_way_ends_with_the_identity_it_began_with(void **state)
{
	(void)state;
	pthread_t thread;
	stage_start(0);
	counterfoil_client *c = stage_client_named("one");
	struct held_call call = {.client = c};
	expect_seen(c, "/", "one");
	int before = descriptors(); /* of one idle connection, which the held call takes */
	assert_int_equal(pthread_create(&thread, NULL, call_hold, &call), 0);
	stage_await_held();
	expect_seen(c, "/", "one");
	int of_two = descriptors();
	stage_use(c, "two");
	expect_seen(c, "/", "two");
	assert_int_equal(descriptors_at_rest(of_two), of_two); /* the idle one of "one" has gone, the held one has not */
	stage_use(c, "three");
	expect_seen(c, "/", "three");
	stage_let_go();
	pthread_join(thread, NULL);
	assert_string_equal(call.had, "one");
	expect_seen(c, "/", "three");
	assert_int_equal(stage_server.connections, 4);
	assert_int_equal(descriptors_at_rest(before), before);
	counterfoil_client_free(c);
	stage_stop();
}

static void no_tls_session_is_resumed(void **state)
{
	(void)state;
	static const int newest[] = {TLS1_2_VERSION, 0};
	for (size_t i = 0; i < sizeof newest / sizeof *newest; i++) {
		stage_start(newest[i]);
		counterfoil_client *c = stage_client_named("one");
		expect_seen(c, "/last", "one"); /* the server closes behind it, so the next one is another connection */
		expect_seen(c, "/last", "one");
		stage_use(c, "two");
		expect_seen(c, "/last", "two");
		expect_seen(c, "/last", "two");
		assert_int_equal(stage_server.handshakes, 4);
		assert_int_equal(stage_server.resumptions, 0);
		counterfoil_client_free(c);
		stage_stop();
	}
}

static void an_identity_that_cannot_serve_is_refused_and_the_one_in_use_goes_on(void **state)
{
	(void)state;
	const struct {
		const char *name;
		struct wanted wanted;
		const struct pair *chain_of;
		counterfoil_code want;
	} cases[] = {
		{"expired", {.issuer = &stage_ca, .from = -2 * DAY, .until = -DAY}, &stage_ca, COUNTERFOIL_EXPIRED},
		{"not yet valid", {.issuer = &stage_ca, .from = DAY, .until = 2 * DAY}, &stage_ca, COUNTERFOIL_NOT_YET_VALID},
		{"a server's", {.issuer = &stage_ca, .extended = "serverAuth"}, &stage_ca, COUNTERFOIL_BAD_CHAIN},
		{"signed by a twin of the CA", {.issuer = &stage_ca}, &stage_twin_ca, COUNTERFOIL_BAD_CHAIN},
		{"no CA in the file", {.issuer = &stage_ca}, NULL, COUNTERFOIL_NO_TRUST},
	};
	stage_start(0);
	counterfoil_client *c = stage_client_named("one");
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct wanted wanted = cases[i].wanted;
		counterfoil_error error;
		wanted.common_name = cases[i].name;
		counterfoil_identity *other = stage_identity(&wanted, cases[i].chain_of);
		expect_code(cases[i].name, counterfoil_client_use(c, other, &error), cases[i].want);
		assert_int_equal(error.code, cases[i].want);
		assert_true(error.text[0] != '\0');
		counterfoil_identity_free(other);
		expect_seen(c, "/", "one");
	}
	expect_code("nothing", counterfoil_client_use(c, NULL, NULL), COUNTERFOIL_BAD_INPUT);
	assert_int_equal(stage_server.connections, 1);
	counterfoil_client_free(c);
	stage_stop();
}

static void a_file_is_loaded_whole_or_not_at_all(void **state)
{
	(void)state;
	char path[] = "/tmp/client_swap.XXXXXX";
	struct buf der = BUF_INIT(1 << 16);
	int fd = mkstemp(path);
	const counterfoil_bytes secret = {stage_password, strlen(stage_password)};
	stage_start(0);
	counterfoil_client *c = stage_client_named("one");
	stage_file(&(struct wanted){.common_name = "two", .issuer = &stage_ca}, &stage_ca, &der);
	assert_int_equal(pwrite(fd, der.data, der.len / 2, 0), (ssize_t)der.len / 2);
	expect_code("half", counterfoil_client_reload(c, path, secret, NULL), COUNTERFOIL_NOT_PKCS12);
	expect_seen(c, "/", "one");
	assert_int_equal(pwrite(fd, der.data, der.len, 0), (ssize_t)der.len);
	expect_code("password", counterfoil_client_reload(c, path, (counterfoil_bytes){"x", 1}, NULL), COUNTERFOIL_WRONG_PASSWORD);
	expect_seen(c, "/", "one");
	expect_code("whole", counterfoil_client_reload(c, path, secret, NULL), COUNTERFOIL_OK);
	expect_seen(c, "/", "two");
	expect_code("again", counterfoil_client_reload(c, path, secret, NULL), COUNTERFOIL_OK);
	expect_seen(c, "/", "two");
	assert_int_equal(stage_server.connections, 2); /* the same certificate changes nothing */
	counterfoil_identity *held = counterfoil_client_identity(c);
	assert_string_equal(counterfoil_identity_fact(held, COUNTERFOIL_FACT_COMMON_NAME), "two");
	counterfoil_client_free(c);
	assert_string_equal(counterfoil_identity_fact(held, COUNTERFOIL_FACT_COMMON_NAME), "two");
	counterfoil_identity_free(held);
	close(fd);
	unlink(path);
	buf_free(&der);
	stage_stop();
}

/* Threads that call while identities change: names are numbers, and each call must come with one that was in use between
 * its beginning and its end. */
static counterfoil_client *shared;
static atomic_int in_use, in_coming, wrong, calls;
static atomic_bool enough;
enum { THREADS = 16, SWAPS = 8, CALLS_BETWEEN = 25 * THREADS, WAIT_MS = 30000 };

static void *call_until_enough(void *data)
{
	(void)data;
	while (!enough) {
		char had[SEEN_SIZE];
		int from = in_use;
		stage_seen(shared, "/", had);
		int was = (int)strtol(had, NULL, 10);
		wrong += was < from || was > in_coming;
		calls++;
	}
	return NULL;
}

static void swap_to(int number)
{
	char name[16];
	int seen = calls;
	in_coming = number;
	snprintf(name, sizeof name, "%d", number);
	stage_use(shared, name);
	in_use = number;
	for (int i = 0; i < WAIT_MS && calls < seen + CALLS_BETWEEN; i++)
		poll(NULL, 0, 1);
}

static void threads_that_call_while_identities_change_notice_nothing(void **state)
{
	(void)state;
	pthread_t threads[THREADS];
	stage_start(0);
	shared = stage_client_named("1");
	in_use = in_coming = 1;
	expect_seen(shared, "/", "1");
	int before = descriptors();
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, call_until_enough, NULL), 0);
	for (int i = 2; i < 2 + SWAPS; i++)
		swap_to(i);
	enough = true;
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(wrong, 0);
	assert_int_equal(stage_server.requests, 1 + calls);
	assert_int_equal(stage_server.resumptions, 0);
	if (calls < SWAPS * CALLS_BETWEEN)
		fail_msg("only %d calls: this proves little", calls);
	stage_use(shared, "last");
	expect_seen(shared, "/", "last");
	assert_int_equal(descriptors_at_rest(before), before);
	counterfoil_client_free(shared);
	stage_stop();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_call_comes_with_the_identity_in_use_when_it_began),
		cmocka_unit_test(a_call_under_way_ends_with_the_identity_it_began_with),
		cmocka_unit_test(no_tls_session_is_resumed),
		cmocka_unit_test(an_identity_that_cannot_serve_is_refused_and_the_one_in_use_goes_on),
		cmocka_unit_test(a_file_is_loaded_whole_or_not_at_all),
		cmocka_unit_test(threads_that_call_while_identities_change_notice_nothing),
	};
	return cmocka_run_group_tests(tests, identity_stage_setup, identity_stage_teardown);
}

/* What a client looks after: a watched file, the days that are left, the word of a server that the certificate was revoked. */
#include "base/clock.h"
#include "tests/support/clock_injected.h"
#include "tests/support/identity_stage.h"
#include "tests/support/test.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { TOLD_MOST = 32, EVERY_CALL = 1 /* ms */, BY_EVENT = 5 };

/* What the program was told. */
static struct told {
	pthread_mutex_t lock;
	int count, of[BY_EVENT];
	struct {
		counterfoil_event_kind kind;
		char name[64];
		int64_t days_left;
		counterfoil_code code;
		char text[496];
	} event[TOLD_MOST];
	counterfoil_client *calls_back; /* call with it and check it from within */
} told = {.lock = PTHREAD_MUTEX_INITIALIZER};

static char folder[] = "/tmp/client_watch.XXXXXX", file[64], next_file[64], password_file[64];

static void on_event(void *context, const counterfoil_event *event)
{
	struct told *t = context;
	pthread_mutex_lock(&t->lock);
	assert_int_equal(event->size, sizeof *event);
	assert_true(t->count < TOLD_MOST);
	t->event[t->count].kind = event->kind;
	t->event[t->count].days_left = event->days_left;
	t->event[t->count].code = event->error ? event->error->code : COUNTERFOIL_OK;
	snprintf(t->event[t->count].text, sizeof t->event[0].text, "%s", event->error ? event->error->text : "");
	snprintf(t->event[t->count].name, sizeof t->event[0].name, "%s",
		 counterfoil_identity_fact(event->identity, COUNTERFOIL_FACT_COMMON_NAME));
	t->count++;
	t->of[event->kind]++;
	pthread_mutex_unlock(&t->lock);
	if (t->calls_back) {
		expect_seen(t->calls_back, "/", counterfoil_identity_fact(event->identity, COUNTERFOIL_FACT_COMMON_NAME));
		(void)counterfoil_client_check(t->calls_back, NULL);
	}
}

static void forget(void)
{
	told.count = 0;
	told.calls_back = NULL;
	memset(told.of, 0, sizeof told.of);
}

/* The one thing that was told since the last time. */
static void expect_told(counterfoil_event_kind kind, const char *name, counterfoil_code code)
{
	if (told.count != 1 || told.event[0].kind != kind || strcmp(told.event[0].name, name) != 0 || told.event[0].code != code)
		fail_msg("wanted event %d of %s, %s; had %d, the first %d of %s, %s", kind, name, counterfoil_code_word(code),
			 told.count, told.event[0].kind, told.event[0].name, counterfoil_code_word(told.event[0].code));
	if ((code != COUNTERFOIL_OK) != (told.event[0].text[0] != '\0') || strstr(told.event[0].text, stage_password))
		fail_msg("it says: %s", told.event[0].text);
	forget();
}

static void expect_silence(void)
{
	if (told.count)
		fail_msg("told of %d, the first %d", told.count, told.event[0].kind);
}

static void put(const char *path, const void *bytes, size_t len)
{
	FILE *f = fopen(path, "w");
	assert_non_null(f);
	assert_int_equal(fwrite(bytes, 1, len, f), len);
	assert_int_equal(fclose(f), 0);
}

/* Written beside it and moved into its place, as counterfoil renew and most tools do. */
static void replace(const struct wanted *wanted)
{
	struct buf der = BUF_INIT(1 << 16);
	stage_file(wanted, &stage_ca, &der);
	put(next_file, der.data, der.len);
	assert_int_equal(rename(next_file, file), 0);
	buf_free(&der);
}

static void replace_by(const char *name)
{
	replace(&(struct wanted){.common_name = name, .issuer = &stage_ca, .extended = "clientAuth"});
}

static void watch(counterfoil_client *c, const counterfoil_watch_options *more)
{
	counterfoil_watch_options options = *more;
	options.size = sizeof options;
	options.on_event = on_event;
	options.context = &told;
	forget();
	expect_code("watch", counterfoil_client_watch(c, &options, NULL), COUNTERFOIL_OK);
}

static void watch_file(counterfoil_client *c, uint32_t look_every_ms)
{
	put(password_file, stage_password, strlen(stage_password));
	watch(c, &(counterfoil_watch_options){.path = file, .password_path = password_file, .look_every_ms = look_every_ms});
}

/* A call that looks: the millisecond since the last look is over. */
static void call(counterfoil_client *c, const char *name)
{
	int64_t from = clock_mono_ms();
	while (clock_mono_ms() <= from + EVERY_CALL)
		;
	expect_seen(c, "/", name);
}

static void a_file_moved_into_place_is_used_by_the_next_call(void **state)
{
	(void)state;
	stage_start(0);
	replace_by("one");
	counterfoil_client *c = stage_client_named("old");
	watch_file(c, EVERY_CALL);
	expect_seen(c, "/", "one"); /* what stood there already */
	expect_told(COUNTERFOIL_EVENT_SWAPPED, "one", COUNTERFOIL_OK);
	call(c, "one");
	expect_silence();
	replace_by("two");
	call(c, "two");
	expect_told(COUNTERFOIL_EVENT_SWAPPED, "two", COUNTERFOIL_OK);
	expect_code("check", counterfoil_client_check(c, NULL), COUNTERFOIL_OK);
	assert_int_equal(chmod(file, 0400), 0); /* changed, and the same */
	call(c, "two");
	expect_silence();
	assert_int_equal(stage_server.connections, 2);
	counterfoil_client_free(c);
	stage_stop();
}

static void a_file_that_cannot_be_used_is_told_once_and_the_identity_in_use_goes_on(void **state)
{
	(void)state;
	struct buf der = BUF_INIT(1 << 16);
	counterfoil_error error;
	stage_start(0);
	replace_by("one");
	counterfoil_client *c = stage_client_named("one");
	watch_file(c, EVERY_CALL);
	call(c, "one");
	expect_told(COUNTERFOIL_EVENT_SWAPPED, "one", COUNTERFOIL_OK); /* of the same name, another certificate */
	stage_file(&(struct wanted){.common_name = "two", .issuer = &stage_ca}, &stage_ca, &der);
	put(file, der.data, der.len / 2);
	call(c, "one");
	expect_told(COUNTERFOIL_EVENT_REFUSED, "one", COUNTERFOIL_NOT_PKCS12);
	call(c, "one");
	call(c, "one");
	expect_silence();
	expect_code("half", counterfoil_client_check(c, &error), COUNTERFOIL_NOT_PKCS12);
	assert_int_equal(error.code, COUNTERFOIL_NOT_PKCS12);
	expect_silence();
	put(file, der.data, der.len);
	call(c, "two");
	expect_told(COUNTERFOIL_EVENT_SWAPPED, "two", COUNTERFOIL_OK);
	put(password_file, "another\n", 8);
	call(c, "two");
	expect_told(COUNTERFOIL_EVENT_REFUSED, "two", COUNTERFOIL_WRONG_PASSWORD);
	put(password_file, stage_password, strlen(stage_password));
	call(c, "two");
	expect_silence();
	expect_code("whole", counterfoil_client_check(c, NULL), COUNTERFOIL_OK);
	assert_int_equal(unlink(file), 0);
	call(c, "two");
	expect_told(COUNTERFOIL_EVENT_REFUSED, "two", COUNTERFOIL_FILE_UNREADABLE);
	replace(&(struct wanted){.common_name = "late", .issuer = &stage_ca, .from = -2 * DAY, .until = -DAY});
	call(c, "two");
	expect_told(COUNTERFOIL_EVENT_REFUSED, "two", COUNTERFOIL_EXPIRED);
	counterfoil_client_free(c);
	buf_free(&der);
	stage_stop();
}

static void by_hand_only_the_check_looks(void **state)
{
	(void)state;
	stage_start(0);
	replace_by("one");
	counterfoil_client *c = stage_client_named("old");
	watch_file(c, COUNTERFOIL_BY_HAND);
	call(c, "old");
	expect_silence();
	expect_code("check", counterfoil_client_check(c, NULL), COUNTERFOIL_OK);
	expect_told(COUNTERFOIL_EVENT_SWAPPED, "one", COUNTERFOIL_OK);
	call(c, "one");
	counterfoil_client_free(c);
	stage_stop();
}

static void calls_look_no_more_often_than_was_said(void **state)
{
	(void)state;
	stage_start(0);
	replace_by("one");
	counterfoil_client *c = stage_client_named("old");
	watch_file(c, 60000);
	call(c, "one");
	replace_by("two");
	call(c, "one");
	call(c, "one");
	counterfoil_client_free(c);
	stage_stop();
}

/* A loader that fails as often as `shut` says. */
static int loads, shut;
static counterfoil_code load(void *context, counterfoil_identity **identity, counterfoil_error *error)
{
	assert_ptr_equal(context, &told);
	if (++loads <= shut) {
		*error = (counterfoil_error){COUNTERFOIL_CATEGORY_NETWORK, COUNTERFOIL_UNREACHABLE, "the vault is shut"};
		return COUNTERFOIL_UNREACHABLE;
	}
	*identity = stage_named("loaded", 0);
	return COUNTERFOIL_OK;
}

static counterfoil_client *client_that_loads(int failures)
{
	counterfoil_client *c = stage_client_named("old");
	replace_by("not read");
	loads = 0;
	shut = failures;
	watch(c, &(counterfoil_watch_options){.path = file, .load = load, .look_every_ms = COUNTERFOIL_BY_HAND});
	return c;
}

static void the_program_may_load_in_its_own_way(void **state)
{
	(void)state;
	counterfoil_error error;
	stage_start(0);
	counterfoil_client *c = client_that_loads(1);
	expect_code("shut", counterfoil_client_check(c, &error), COUNTERFOIL_UNREACHABLE);
	assert_string_equal(error.text, "the vault is shut");
	expect_told(COUNTERFOIL_EVENT_REFUSED, "old", COUNTERFOIL_UNREACHABLE);
	replace_by("changed");
	expect_code("open", counterfoil_client_check(c, &error), COUNTERFOIL_OK);
	expect_told(COUNTERFOIL_EVENT_SWAPPED, "loaded", COUNTERFOIL_OK);
	call(c, "loaded");
	counterfoil_client_free(c);
	stage_stop();
}

/* Written twice within one tick of its clock, a file has the same marks and another content. */
static void what_was_written_just_now_is_read_again_until_it_has_settled(void **state)
{
	(void)state;
	enum { FAILURES = 2, LATER = 10 };
	counterfoil_client *c = client_that_loads(FAILURES);
	for (int i = 1; i <= FAILURES; i++) {
		expect_code("shut", counterfoil_client_check(c, NULL), COUNTERFOIL_UNREACHABLE);
		assert_int_equal(loads, i);
	}
	expect_told(COUNTERFOIL_EVENT_REFUSED, "old", COUNTERFOIL_UNREACHABLE);
	clock_inject(clock_now() + LATER);
	for (int i = 0; i < 3; i++) {
		expect_code("open", counterfoil_client_check(c, NULL), COUNTERFOIL_OK);
		assert_int_equal(loads, FAILURES + 1);
	}
	clock_inject(-1);
	expect_told(COUNTERFOIL_EVENT_SWAPPED, "loaded", COUNTERFOIL_OK);
	counterfoil_client_free(c);
}

static void the_program_may_call_from_within_the_callback(void **state)
{
	(void)state;
	stage_start(0);
	replace_by("one");
	counterfoil_client *c = stage_client_named("old");
	watch_file(c, EVERY_CALL);
	told.calls_back = c;
	call(c, "one");
	assert_int_equal(told.of[COUNTERFOIL_EVENT_SWAPPED], 1);
	counterfoil_client_free(c);
	stage_stop();
}

/* At so many seconds before the end, a call tells of so many days, or of nothing (-1). */
static void each_number_of_days_is_told_once_for_each_identity(void **state)
{
	(void)state;
	static const uint32_t days[] = {7, 30, 0};
	static const struct {
		int64_t left;
		int64_t told;
	} steps[] = {
		{31 * DAY, -1}, {31 * DAY - 1, 30}, {30 * DAY, -1}, {8 * DAY, -1}, {31 * DAY - 1, -1}, {7 * DAY + 5, 7}, {DAY, -1},
		{DAY - 1, 0},	{1, -1},
	};
	stage_start(0);
	counterfoil_client *c = stage_client_named("one");
	watch(c, &(counterfoil_watch_options){.days = days, .day_count = 3});
	for (int round = 0; round < 2; round++) {
		counterfoil_identity *in_use = counterfoil_client_identity(c);
		for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
			clock_inject(counterfoil_identity_not_after(in_use) - steps[i].left);
			(void)counterfoil_client_check(c, NULL);
			if (told.count != (steps[i].told >= 0) || (told.count && told.event[0].days_left != steps[i].told))
				fail_msg("step %zu: told %d times, of %lld days", i, told.count, (long long)told.event[0].days_left);
			forget();
		}
		clock_inject(-1);
		counterfoil_identity_free(in_use);
		stage_use(c, "two");
		expect_told(COUNTERFOIL_EVENT_SWAPPED, "two", COUNTERFOIL_OK);
	}
	counterfoil_client_free(c);
	stage_stop();
}

static void of_days_that_are_reached_together_the_fewest_are_told(void **state)
{
	(void)state;
	stage_start(0);
	counterfoil_identity *short_lived = stage_named("short", 10 * DAY);
	const counterfoil_client_options options = {.size = sizeof options, .identity = short_lived};
	counterfoil_client *c = NULL;
	expect_code("new", counterfoil_client_new(&options, &c, NULL), COUNTERFOIL_OK);
	watch(c, &(counterfoil_watch_options){.day_count = 0}); /* the usual ones */
	call(c, "short");
	assert_true(told.event[0].days_left == 9 || told.event[0].days_left == 10);
	expect_told(COUNTERFOIL_EVENT_EXPIRY, "short", COUNTERFOIL_OK);
	call(c, "short");
	expect_silence();
	clock_inject(counterfoil_identity_not_after(short_lived) + 1);
	expect_code("over", counterfoil_client_check(c, NULL), COUNTERFOIL_EXPIRED);
	assert_int_equal(told.event[0].days_left, -1);
	expect_told(COUNTERFOIL_EVENT_EXPIRY, "short", COUNTERFOIL_OK);
	clock_inject(-1);
	counterfoil_client_free(c);
	counterfoil_identity_free(short_lived);
	stage_stop();
}

static counterfoil_code get(counterfoil_client *c, const char *path)
{
	char url[256];
	counterfoil_response *response = NULL;
	const counterfoil_request request = {.size = sizeof request, .url = url};
	snprintf(url, sizeof url, "https://localhost:%d%s", stage_server.port, path);
	counterfoil_code code = counterfoil_call(c, &request, &response, NULL);
	counterfoil_response_free(response);
	return code;
}

static void revocation_is_told_once_for_each_identity(void **state)
{
	(void)state;
	stage_start(0);
	counterfoil_client *c = stage_client_named("one");
	watch(c, &(counterfoil_watch_options){.day_count = 0});
	for (int i = 0; i < 3; i++)
		expect_code("by its answer", get(c, "/revoked"), COUNTERFOIL_REVOKED);
	expect_told(COUNTERFOIL_EVENT_REVOKED, "one", COUNTERFOIL_REVOKED);
	stage_use(c, "two");
	forget();
	stage_server.refuse_with = X509_V_ERR_CERT_REVOKED;
	for (int i = 0; i < 3; i++)
		expect_code("by alert", get(c, "/"), COUNTERFOIL_REVOKED);
	expect_told(COUNTERFOIL_EVENT_REVOKED, "two", COUNTERFOIL_REVOKED);
	stage_server.refuse_with = 0;
	stage_use(c, "three");
	forget();
	call(c, "three");
	expect_silence();
	counterfoil_client_free(c);
	stage_stop();
}

/* Threads call, the file is replaced, and nobody is told twice. */
enum { THREADS = 8, CALLS = 60, REPLACED = 12 };

static void *call_on_and_on(void *data)
{
	long failed = 0;
	for (int i = 0; i < CALLS; i++)
		failed += get(data, "/") != COUNTERFOIL_OK;
	return (void *)failed;
}

static void threads_that_look_side_by_side_swap_once_for_each_file(void **state)
{
	(void)state;
	pthread_t threads[THREADS];
	stage_start(0);
	replace_by("0");
	counterfoil_client *c = stage_client_named("old");
	watch_file(c, EVERY_CALL);
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, call_on_and_on, c), 0);
	for (int i = 1; i <= REPLACED; i++) {
		char name[16];
		snprintf(name, sizeof name, "%d", i);
		replace_by(name);
		expect_code("check", counterfoil_client_check(c, NULL), COUNTERFOIL_OK);
	}
	for (int i = 0; i < THREADS; i++) {
		void *failed;
		pthread_join(threads[i], &failed);
		assert_null(failed);
	}
	call(c, "12");
	assert_int_equal(told.of[COUNTERFOIL_EVENT_SWAPPED], told.count);
	assert_in_range(told.count, REPLACED, REPLACED + 1); /* "0" may never have been seen */
	counterfoil_client_free(c);
	stage_stop();
}

static void options_that_do_not_fit_together_watch_nothing(void **state)
{
	(void)state;
	static const uint32_t days[17];
	const struct {
		const char *name;
		counterfoil_watch_options options;
	} cases[] = {
		{"no size", {.path = file, .password_path = password_file}},
		{"no password", {.size = sizeof(counterfoil_watch_options), .path = file}},
		{"no path", {.size = sizeof(counterfoil_watch_options), .password_path = password_file}},
		{"nothing to load for", {.size = sizeof(counterfoil_watch_options), .load = load}},
		{"days that are not there", {.size = sizeof(counterfoil_watch_options), .day_count = 1}},
		{"too many days", {.size = sizeof(counterfoil_watch_options), .days = days, .day_count = 17}},
	};
	const counterfoil_watch_options fit = {.size = sizeof fit};
	counterfoil_client *c = stage_client_named("one");
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		expect_code(cases[i].name, counterfoil_client_watch(c, &cases[i].options, NULL), COUNTERFOIL_BAD_INPUT);
	expect_code("missing", counterfoil_client_watch(c, NULL, NULL), COUNTERFOIL_BAD_INPUT);
	expect_code("no client", counterfoil_client_watch(NULL, &fit, NULL), COUNTERFOIL_BAD_INPUT);
	expect_code("fit", counterfoil_client_watch(c, &fit, NULL), COUNTERFOIL_OK);
	expect_code("twice", counterfoil_client_watch(c, &fit, NULL), COUNTERFOIL_BAD_INPUT);
	expect_code("check", counterfoil_client_check(c, NULL), COUNTERFOIL_OK);
	expect_code("no client", counterfoil_client_check(NULL, NULL), COUNTERFOIL_BAD_INPUT);
	counterfoil_client_free(c);
}

static int begin(void **state)
{
	if (!mkdtemp(folder))
		return -1;
	snprintf(file, sizeof file, "%s/me.p12", folder);
	snprintf(next_file, sizeof next_file, "%s/next", folder);
	snprintf(password_file, sizeof password_file, "%s/password", folder);
	return identity_stage_setup(state);
}

static int end(void **state)
{
	unlink(file);
	unlink(next_file);
	unlink(password_file);
	rmdir(folder);
	return identity_stage_teardown(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_moved_into_place_is_used_by_the_next_call),
		cmocka_unit_test(a_file_that_cannot_be_used_is_told_once_and_the_identity_in_use_goes_on),
		cmocka_unit_test(by_hand_only_the_check_looks),
		cmocka_unit_test(calls_look_no_more_often_than_was_said),
		cmocka_unit_test(the_program_may_load_in_its_own_way),
		cmocka_unit_test(what_was_written_just_now_is_read_again_until_it_has_settled),
		cmocka_unit_test(the_program_may_call_from_within_the_callback),
		cmocka_unit_test(each_number_of_days_is_told_once_for_each_identity),
		cmocka_unit_test(of_days_that_are_reached_together_the_fewest_are_told),
		cmocka_unit_test(revocation_is_told_once_for_each_identity),
		cmocka_unit_test(threads_that_look_side_by_side_swap_once_for_each_file),
		cmocka_unit_test(options_that_do_not_fit_together_watch_nothing),
	};
	return cmocka_run_group_tests(tests, begin, end);
}

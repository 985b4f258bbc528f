/* The pool of keys: what it makes when, that each is handed out once, what becomes of failures, and what it leaves behind. */
#include "tests/support/test.h"

#include "base/clock.h"
#include "base/wipe.h"
#include "issuer/signer/key_pool.h"

#include <dirent.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define assert_ok(call) assert_int_equal(call, ERR_OK)

enum { PATIENCE_MS = 60000, BOTH = 1u << KEY_RSA2048 | 1u << KEY_RSA3072 };

/* What makes the keys: quickly, and as the test says. */
static struct {
	_Atomic unsigned calls;
	_Atomic int fails; /* enum err */
	_Atomic bool gated;      /* each waits at the gate */
	_Atomic bool never_idle; /* only the one of idle priority does */
	sem_t gate;
	_Atomic int64_t at[8]; /* by clock_mono_ms: the first calls */
} maker;

static enum err make(enum key_type type, EVP_PKEY **out)
{
	(void)type;
	unsigned call = atomic_fetch_add(&maker.calls, 1);
	if (call < COUNT(maker.at))
		atomic_store(&maker.at[call], clock_mono_ms());
	if (atomic_load(&maker.gated) || (atomic_load(&maker.never_idle) && sched_getscheduler(0) == SCHED_IDLE))
		sem_wait(&maker.gate);
	if (atomic_load(&maker.fails))
		return (enum err)atomic_load(&maker.fails);
	*out = EVP_EC_gen("P-256");
	return *out ? ERR_OK : ERR_MEMORY;
}

static struct key_pool *pool;

static void pool_begin(unsigned types, unsigned wanted, unsigned rest_ms)
{
	const struct key_pool_plan plan = {.types = types, .wanted = wanted, .make = make, .rest_ms = rest_ms};
	assert_ok(key_pool_new(&plan, &pool, NULL));
}

static void wait_until(bool (*so)(void))
{
	int64_t until = clock_mono_ms() + PATIENCE_MS;
	while (!so()) {
		if (clock_mono_ms() >= until)
			fail_msg("it never became so");
		poll(NULL, 0, 2);
	}
}

static unsigned threads(void)
{
	unsigned n = 0;
	DIR *tasks = opendir("/proc/self/task");
	assert_non_null(tasks);
	while (readdir(tasks))
		n++;
	closedir(tasks);
	return n;
}
static unsigned threads_before;
static bool they_have_ended(void)
{
	return threads() == threads_before;
}

static int begin(void **state)
{
	(void)state;
	memset(&maker, 0, sizeof maker);
	threads_before = threads();
	return sem_init(&maker.gate, 0, 0);
}

/* On a machine without a moment of idleness a thread of idle priority takes its time to end. */
static void pool_end(void)
{
	(void)key_pool_end(pool);
	wait_until(they_have_ended);
}

static unsigned ready(enum key_type type)
{
	return key_pool_look(pool, type).ready;
}
static bool is_ready(void)
{
	return ready(KEY_RSA2048) > 0;
}
static bool is_full(void)
{
	for (unsigned t = 0; t < KEY_TYPE_COUNT; t++)
		if (ready((enum key_type)t) < key_pool_look(pool, (enum key_type)t).wanted)
			return false;
	return true;
}

static void nothing_is_made_before_it_is_told_to_fill(void **state)
{
	(void)state;
	EVP_PKEY *key = NULL;
	pool_begin(BOTH, 5, 1000);
	assert_int_equal(key_pool_take(pool, KEY_RSA2048, &key), ERR_UNAVAILABLE);
	wait_until(is_ready);
	assert_int_equal(maker.calls, 1); /* the one that was asked for */
	assert_ok(key_pool_take(pool, KEY_RSA2048, &key));
	EVP_PKEY_free(key);
	pool_end();
}

static void it_fills_up_to_what_is_wanted_of_each_type_and_no_more(void **state)
{
	(void)state;
	EVP_PKEY *key = NULL;
	pool_begin(BOTH, 5, 1000);
	key_pool_fill(pool);
	wait_until(is_full);
	assert_int_equal(key_pool_look(pool, KEY_RSA2048).made, 5);
	assert_int_equal(key_pool_look(pool, KEY_RSA3072).made, 5);
	assert_int_equal(key_pool_look(pool, KEY_RSA3072).awaited, 0);
	assert_int_equal(key_pool_look(pool, KEY_P256).wanted, 0);
	assert_int_equal(key_pool_take(pool, KEY_P256, &key), ERR_INVALID);
	assert_int_equal(key_pool_take(pool, KEY_TYPE_COUNT, &key), ERR_INVALID);
	assert_ok(key_pool_take(pool, KEY_RSA3072, &key));
	EVP_PKEY_free(key);
	wait_until(is_full); /* what was taken is made again */
	pool_end();
	assert_int_equal(maker.calls, 11);
}

static void only_types_of_the_plan_are_made(void **state)
{
	(void)state;
	EVP_PKEY *key = NULL;
	pool_begin(1u << KEY_RSA3072, 2, 1000);
	key_pool_fill(pool);
	wait_until(is_full);
	assert_int_equal(ready(KEY_RSA3072), 2);
	assert_int_equal(key_pool_take(pool, KEY_RSA2048, &key), ERR_INVALID);
	pool_end();
	assert_int_equal(maker.calls, 2);
}

static void a_plan_beyond_the_bound_is_refused(void **state)
{
	(void)state;
	const struct key_pool_plan plan = {.types = BOTH, .wanted = KEY_POOL_MOST + 1, .make = make};
	assert_int_not_equal(key_pool_new(&plan, &pool, NULL), ERR_OK);
	assert_true(key_pool_end(NULL));
}

/* Both threads put keys while they are taken. */
static void each_key_is_handed_out_once(void **state)
{
	enum { KEYS = 200 };
	static uint8_t seen[KEYS][KEY_HASH_BYTES];
	(void)state;
	pool_begin(BOTH, 3, 1000);
	key_pool_fill(pool);
	int64_t until = clock_mono_ms() + PATIENCE_MS;
	for (int n = 0; n < KEYS;) {
		EVP_PKEY *key = NULL;
		enum err rc = key_pool_take(pool, n % 2 ? KEY_RSA2048 : KEY_RSA3072, &key);
		if (rc == ERR_UNAVAILABLE && clock_mono_ms() < until) {
			poll(NULL, 0, 1);
			continue;
		}
		assert_ok(rc);
		assert_ok(key_hash(key, seen[n]));
		EVP_PKEY_free(key);
		for (int i = 0; i < n; i++)
			assert_memory_not_equal(seen[i], seen[n], KEY_HASH_BYTES);
		n++;
	}
	pool_end();
}

static void who_asks_in_vain_has_one_made_and_is_counted_once(void **state)
{
	(void)state;
	EVP_PKEY *key = NULL;
	maker.gated = true;
	pool_begin(BOTH, 0, 1000);
	key_pool_fill(pool); /* of nothing */
	for (int i = 0; i < 10; i++)
		assert_int_equal(key_pool_take(pool, KEY_RSA2048, &key), ERR_UNAVAILABLE);
	sem_post(&maker.gate);
	wait_until(is_ready);
	assert_ok(key_pool_take(pool, KEY_RSA2048, &key));
	EVP_PKEY_free(key);
	assert_int_equal(key_pool_look(pool, KEY_RSA2048).awaited, 1);
	assert_int_equal(key_pool_look(pool, KEY_RSA2048).made, 1);
	pool_end();
	assert_int_equal(maker.calls, 1);
}

/* Standard error into a file for the time of `act`; how often `word` is in it. */
static unsigned said(void (*act)(void), const char *word)
{
	char text[8192] = "";
	unsigned n = 0;
	int kept = dup(STDERR_FILENO), file = memfd_create("said", MFD_CLOEXEC);
	dup2(file, STDERR_FILENO);
	act();
	dup2(kept, STDERR_FILENO);
	assert_true(pread(file, text, sizeof text - 1, 0) >= 0);
	close(kept);
	close(file);
	for (const char *at = text; (at = strstr(at, word)); at++)
		n++;
	return n;
}

static bool tried_four_times(void)
{
	return maker.calls >= 4;
}
static void fail_four_times(void)
{
	maker.fails = ERR_MEMORY;
	pool_begin(BOTH, 2, 20);
	key_pool_fill(pool);
	wait_until(tried_four_times);
}
static void be_well_again(void)
{
	maker.fails = ERR_OK;
	wait_until(is_full);
}

static int64_t until_taken(void)
{
	EVP_PKEY *key = NULL;
	int64_t began = clock_mono_ms();
	while (key_pool_take(pool, KEY_RSA3072, &key) != ERR_OK && clock_mono_ms() - began < PATIENCE_MS)
		poll(NULL, 0, 2);
	assert_non_null(key);
	EVP_PKEY_free(key);
	return clock_mono_ms() - began;
}

static void on_a_busy_machine_the_patience_is_counted_once(void **state)
{
	(void)state;
	maker.never_idle = true;
	pool_begin(BOTH, 0, 1000);
	assert_true(until_taken() >= 1900);
	int64_t others = 0;
	for (int n = 0; n < 5; n++)
		others += until_taken();
	assert_in_range(others, 0, 1900);
	maker.never_idle = false;
	for (int n = 0; n < 16; n++)
		sem_post(&maker.gate);
	pool_end();
}

static void failures_are_said_once_and_tried_again_more_and_more_slowly(void **state)
{
	(void)state;
	assert_int_equal(said(fail_four_times, "keys.failed"), 1);
	assert_int_equal(key_pool_fault(pool), ERR_MEMORY);
	for (int i = 0; i < 3; i++)
		assert_true(maker.at[i + 1] - maker.at[i] >= 20 << i);
	assert_int_equal(said(be_well_again, "keys.made_again"), 1);
	assert_int_equal(key_pool_fault(pool), ERR_OK);
	pool_end();
}

static enum err taken;
static bool was_told(void)
{
	EVP_PKEY *key = NULL;
	taken = key_pool_take(pool, KEY_RSA2048, &key);
	EVP_PKEY_free(key);
	return taken != ERR_UNAVAILABLE;
}

static void who_waits_is_told_of_a_failure_and_may_ask_again(void **state)
{
	(void)state;
	maker.fails = ERR_CRYPTO;
	pool_begin(BOTH, 0, 1000);
	wait_until(was_told);
	assert_int_equal(taken, ERR_CRYPTO);
	wait_until(was_told); /* a second attempt, not a busy thread's hundredth */
	assert_int_equal(taken, ERR_CRYPTO);
	assert_int_equal(maker.calls, 2);
	maker.fails = ERR_OK;
	wait_until(was_told);
	assert_int_equal(taken, ERR_OK);
	pool_end();
}

static bool at_the_gate(void)
{
	return maker.calls == 2;
}

static void an_end_does_not_wait_for_a_key_that_is_being_made(void **state)
{
	(void)state;
	EVP_PKEY *key = NULL;
	maker.gated = true;
	pool_begin(BOTH, 4, 1000);
	key_pool_fill(pool);
	assert_int_equal(key_pool_take(pool, KEY_RSA3072, &key), ERR_UNAVAILABLE);
	wait_until(at_the_gate); /* both threads */
	int64_t began = clock_mono_ms();
	assert_false(key_pool_end(pool));
	assert_in_range(clock_mono_ms() - began, 90, 2000);
	sem_post(&maker.gate);
	sem_post(&maker.gate);
	wait_until(they_have_ended); /* and have freed the pool, as the leak check sees */
	assert_int_equal(maker.calls, 2);
}

static void an_end_cuts_a_rest_short(void **state)
{
	(void)state;
	maker.fails = ERR_CRYPTO;
	pool_begin(BOTH, 4, 60000);
	key_pool_fill(pool);
	while (key_pool_fault(pool) == ERR_OK)
		poll(NULL, 0, 1);
	int64_t began = clock_mono_ms();
	pool_end();
	assert_in_range(clock_mono_ms() - began, 0, 2000);
}

/* --- what is left in memory: parts of a real key, kept here so that this copy is not found --- */

enum { PART = 40, MASK = 0x5a };
static const char *const parts[] = {OSSL_PKEY_PARAM_RSA_D, OSSL_PKEY_PARAM_RSA_FACTOR1, OSSL_PKEY_PARAM_RSA_FACTOR2,
				    OSSL_PKEY_PARAM_RSA_EXPONENT1, OSSL_PKEY_PARAM_RSA_EXPONENT2,
				    OSSL_PKEY_PARAM_RSA_COEFFICIENT1};
static uint8_t needles[2 * COUNT(parts)][PART]; /* each both ways round */

static void remember_parts(const EVP_PKEY *key)
{
	for (size_t i = 0; i < COUNT(parts); i++) {
		BIGNUM *n = NULL;
		uint8_t bytes[512];
		assert_int_equal(EVP_PKEY_get_bn_param(key, parts[i], &n), 1);
		int len = BN_bn2bin(n, bytes);
		for (int k = 0; k < PART; k++)
			needles[2 * i][k] = needles[2 * i + 1][PART - 1 - k] = bytes[(len - PART) / 2 + k] ^ MASK;
		BN_clear_free(n);
		explicit_bzero(bytes, sizeof bytes);
	}
}

static bool is_part(const uint8_t *at, const uint8_t *needle)
{
	int i = 0;
	while (i < PART && (at[i] ^ MASK) == needle[i])
		i++;
	return i == PART;
}

static uint8_t *last_found;
static unsigned count_parts(uint8_t *from, const uint8_t *to)
{
	unsigned found = 0;
	for (uint8_t *at = from; at + PART <= to; at++)
		for (size_t i = 0; i < COUNT(needles); i++)
			if ((at[0] ^ MASK) == needles[i][0] && is_part(at, needles[i])) {
				last_found = at;
				found++;
			}
	return found;
}

/* In all writable memory of this process, stacks too. */
static unsigned parts_in_memory(void)
{
	FILE *maps = fopen("/proc/self/maps", "r");
	char line[512], access[5];
	unsigned found = 0;
	assert_non_null(maps);
	while (fgets(line, sizeof line, maps)) {
		uintptr_t from, to;
		assert_int_equal(sscanf(line, "%lx-%lx %4s", &from, &to, access), 3);
		if (strncmp(access, "rw", 2) == 0)
			found += count_parts((uint8_t *)from, (const uint8_t *)to);
	}
	fclose(maps);
	return found;
}

/* The sanitizers keep what is freed, and whole mappings of their own. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
static const bool memory_is_searched = false;
#else
static const bool memory_is_searched = true;
#endif

static enum err make_and_remember(enum key_type type, EVP_PKEY **out)
{
	enum err rc = key_generate(type, out);
	if (!rc)
		remember_parts(*out);
	return rc;
}

static void real_pool(void)
{
	const struct key_pool_plan plan = {.types = BOTH, .wanted = 0, .make = make_and_remember, .rest_ms = 1000};
	EVP_PKEY *key = NULL;
	assert_ok(key_pool_new(&plan, &pool, NULL));
	assert_int_equal(key_pool_take(pool, KEY_RSA2048, &key), ERR_UNAVAILABLE);
	wait_until(is_ready);
}

static void no_part_of_a_key_is_left_in_memory(void **state)
{
	(void)state;
	EVP_PKEY *key = NULL;
	if (!memory_is_searched)
		return;
	real_pool();
	assert_int_equal(parts_in_memory(), COUNT(parts)); /* once each, in the key that rests, and nowhere else */
	assert_ok(key_pool_take(pool, KEY_RSA2048, &key));
	assert_true(parts_in_memory() >= COUNT(parts));
	EVP_PKEY_free(key);
	assert_int_equal(parts_in_memory(), 0);
	pool_end();
	real_pool();
	assert_int_equal(parts_in_memory(), COUNT(parts));
	pool_end();
	assert_int_equal(parts_in_memory(), 0);
}

static void a_key_that_was_spoilt_at_rest_is_not_handed_out(void **state)
{
	(void)state;
	EVP_PKEY *key = NULL;
	if (!memory_is_searched)
		return;
	real_pool();
	assert_true(parts_in_memory() > 0);
	*last_found ^= 1;
	assert_int_equal(key_pool_take(pool, KEY_RSA2048, &key), ERR_CORRUPT);
	assert_null(key);
	assert_int_equal(key_pool_take(pool, KEY_RSA2048, &key), ERR_UNAVAILABLE);
	wait_until(is_ready);
	assert_ok(key_pool_take(pool, KEY_RSA2048, &key));
	EVP_PKEY_free(key);
	pool_end();
}

/* With the allocator as the supervisor sets it for every child (supervisor_spawn.c, child_main.c). */
static int again_as_a_child(char **argv)
{
	static const char tunables[] = "glibc.malloc.tcache_count=0:glibc.malloc.perturb=165";
	const char *had = getenv("GLIBC_TUNABLES");
	if (!memory_is_searched || (had && strcmp(had, tunables) == 0))
		return 0;
	setenv("GLIBC_TUNABLES", tunables, 1);
	execv("/proc/self/exe", argv);
	return -1;
}

/* With its first thread a sanitizer starts one of its own: it must not come between the counts. */
static void *do_nothing(void *unused)
{
	return unused;
}
static int first_thread(void **state)
{
	pthread_t thread;
	(void)state;
	return pthread_create(&thread, NULL, do_nothing, NULL) || pthread_join(thread, NULL) ? -1 : 0;
}

int main(int argc, char **argv)
{
	(void)argc;
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(nothing_is_made_before_it_is_told_to_fill, begin),
		cmocka_unit_test_setup(it_fills_up_to_what_is_wanted_of_each_type_and_no_more, begin),
		cmocka_unit_test_setup(only_types_of_the_plan_are_made, begin),
		cmocka_unit_test_setup(a_plan_beyond_the_bound_is_refused, begin),
		cmocka_unit_test_setup(each_key_is_handed_out_once, begin),
		cmocka_unit_test_setup(who_asks_in_vain_has_one_made_and_is_counted_once, begin),
		cmocka_unit_test_setup(on_a_busy_machine_the_patience_is_counted_once, begin),
		cmocka_unit_test_setup(failures_are_said_once_and_tried_again_more_and_more_slowly, begin),
		cmocka_unit_test_setup(who_waits_is_told_of_a_failure_and_may_ask_again, begin),
		cmocka_unit_test_setup(an_end_does_not_wait_for_a_key_that_is_being_made, begin),
		cmocka_unit_test_setup(an_end_cuts_a_rest_short, begin),
		cmocka_unit_test_setup(no_part_of_a_key_is_left_in_memory, begin),
		cmocka_unit_test_setup(a_key_that_was_spoilt_at_rest_is_not_handed_out, begin),
	};
	if (again_as_a_child(argv) != 0 || wipe_openssl_memory() != ERR_OK)
		return 1;
	return cmocka_run_group_tests(tests, first_thread, NULL);
}

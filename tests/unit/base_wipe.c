#include "tests/support/test.h"

#include "base/wipe.h"

#include <openssl/crypto.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CANARY = 32 };

/* The canary is never whole in memory but where a test puts it. */
static void write_canary(uint8_t *at, uint8_t salt)
{
	for (size_t i = 0; i < CANARY; i++)
		at[i] = (uint8_t)(0xa5 ^ salt ^ (i * 7));
}

static bool is_canary(const uint8_t *at, uint8_t salt)
{
	for (size_t i = 0; i < CANARY; i++)
		if (at[i] != (uint8_t)(0xa5 ^ salt ^ (i * 7)))
			return false;
	return true;
}

/* Times that the canary stands on this process's heap. */
static int heap_canaries(uint8_t salt)
{
	FILE *maps = fopen("/proc/self/maps", "r");
	char line[512];
	uintptr_t from = 0, to = 0;
	int found = 0;
	assert_non_null(maps);
	while (fgets(line, sizeof line, maps))
		if (strstr(line, "[heap]"))
			assert_int_equal(sscanf(line, "%lx-%lx", &from, &to), 2);
	for (uintptr_t at = from; at + CANARY <= to; at += 8)
		found += is_canary((const uint8_t *)at, salt);
	fclose(maps);
	return found;
}

/* The sanitizers keep their heap elsewhere, so there the search would prove nothing. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
static const bool heap_is_searched = false;
#else
static const bool heap_is_searched = true;
#endif

static void freed_openssl_memory_holds_nothing(void **state)
{
	(void)state;
	uint8_t *block = OPENSSL_malloc(200);
	write_canary(block + 40, 1);
	assert_int_equal(heap_canaries(1), heap_is_searched);
	OPENSSL_free(block);
	assert_int_equal(heap_canaries(1), 0);
}

static void a_block_that_moved_leaves_nothing_behind(void **state)
{
	(void)state;
	uint8_t *block = OPENSSL_malloc(200), *wall = OPENSSL_malloc(200);
	write_canary(block, 2);
	block = OPENSSL_realloc(block, 4000);
	assert_true(is_canary(block, 2));
	assert_int_equal(heap_canaries(2), heap_is_searched);
	block = OPENSSL_realloc(block, 16);
	assert_int_equal(heap_canaries(2), 0);
	OPENSSL_free(block);
	OPENSSL_free(wall);
}

static void plain_free_would_have_left_it(void **state)
{
	(void)state;
	if (!heap_is_searched)
		return;
	uint8_t *volatile block = malloc(200);
	write_canary(block + 40, 3);
	free(block);
	assert_int_equal(heap_canaries(3), 1); /* so the search above can find something */
	wiping_free(NULL);
}

int main(void)
{
	if (wipe_openssl_memory() != ERR_OK)
		return 1;
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(freed_openssl_memory_holds_nothing),
		cmocka_unit_test(a_block_that_moved_leaves_nothing_behind),
		cmocka_unit_test(plain_free_would_have_left_it),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* What the derivation of a package's keys leaves on the stack: neither they nor the password, plain or in HMAC's pads. */
#include "tests/support/test.h"

#include "delivery/code.h"
#include "delivery/package_lock.h"

#include <pthread.h>
#include <string.h>
#include <sys/mman.h>

enum { STACK_BYTES = 512 * 1024, NEEDLE_BYTES = 16, UNTOUCHED = 0xa5, IPAD = 0x36, OPAD = 0x5c };

/* Kept apart: nothing of it is ever on the stack that is looked at, but by the derivation. */
static struct work {
	const struct package_lock *lock;
	struct secret *password, *held;
	const struct package_keys *keys;
	enum err rc;
} work;

static void *derive(void *unused)
{
	(void)unused;
	work.rc = package_keys_new(work.lock, work.password, &work.held, &work.keys);
	return NULL;
}

/* On a stack of its own, which the main thread can read once the other has ended. */
static void derive_on(uint8_t *stack)
{
	pthread_attr_t attributes;
	pthread_t thread;
	memset(stack, UNTOUCHED, STACK_BYTES);
	assert_int_equal(pthread_attr_init(&attributes), 0);
	assert_int_equal(pthread_attr_setstack(&attributes, stack, STACK_BYTES), 0);
	assert_int_equal(pthread_create(&thread, &attributes, derive, NULL), 0);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_equal(pthread_attr_destroy(&attributes), 0);
	assert_int_equal(work.rc, ERR_OK);
}

static void absent(const uint8_t *stack, const uint8_t *bytes, uint8_t pad, const char *what)
{
	uint8_t needle[NEEDLE_BYTES] = {0};
	for (size_t i = 0; i < sizeof needle; i++)
		needle[i] = bytes[i] ^ pad;
	const uint8_t *at = memmem(stack, STACK_BYTES, needle, sizeof needle);
	if (at)
		fail_msg("%s: %s, %td bytes below the top", work.lock->name, what, stack + STACK_BYTES - at);
}

static void nothing_secret_is_left_below_the_caller(void **unused)
{
	(void)unused;
#if defined __SANITIZE_ADDRESS__ || defined __SANITIZE_THREAD__
	skip(); /* their frames are not those of the program that is shipped */
#endif
	uint8_t *stack = mmap(NULL, STACK_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert_ptr_not_equal(stack, MAP_FAILED);
	for (int i = 0; i < PACKAGE_ENCODING_COUNT; i++) {
		work = (struct work){.lock = &package_locks[i]};
		assert_int_equal(password_new(&work.password), ERR_OK);
		derive_on(stack);
		absent(stack, secret_peek(work.password), 0, "the password");
		absent(stack, secret_peek(work.password), IPAD, "the password in the inner pad");
		absent(stack, secret_peek(work.password), OPAD, "the password in the outer pad");
		absent(stack, work.keys->mac_key, 0, "the key of the MAC");
		if (work.lock->derives_cipher_key) {
			absent(stack, work.keys->cipher_key, 0, "the first half of the cipher's key");
			absent(stack, work.keys->cipher_key + NEEDLE_BYTES, 0, "the second half of the cipher's key");
		}
		secret_free(work.held);
		secret_free(work.password);
	}
	assert_int_equal(munmap(stack, STACK_BYTES), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_secret_is_left_below_the_caller),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Each allocation and each call into OpenSSL fails in turn while a request is read: a good one is taken whole or refused, a
 * bad one is never taken. */
#include "tests/support/failing.h"
#include "tests/support/request_maker.h"

#include "ca/request.h"

enum { SAMPLE = 60 };

static struct {
	struct buf der;
	struct certificate_request read;
	struct errbuf why;
	EVP_PKEY *good, *other;
} at = {.der = {.cap = 65536}};

static int setup(void **state)
{
	(void)state;
	return key_generate(KEY_P256, &at.good) || key_generate(KEY_P256, &at.other);
}

static int teardown(void **state)
{
	(void)state;
	EVP_PKEY_free(at.good);
	EVP_PKEY_free(at.other);
	buf_free(&at.der);
	return 0;
}

static enum err act(void)
{
	return request_read(at.der.data, at.der.len, &at.read, &at.why);
}

static void taken_whole_or_refused(enum err rc, bool failed)
{
	failing_require(failed || rc == ERR_OK);
	failing_require((rc == ERR_OK) == (at.read.key != NULL));
	failing_require(rc != ERR_OK || EVP_PKEY_eq(at.read.key, at.good) == 1);
	request_clear(&at.read);
}

static void never_taken(enum err rc, bool failed)
{
	(void)failed;
	failing_require(rc != ERR_OK && !at.read.key);
}

static void a_good_request_is_taken_whole_or_refused(void **state)
{
	static const struct failing_work work = {.name = "good request", .act = act, .after = taken_whole_or_refused,
						.without_sqlite = true};
	(void)state;
	buf_clear(&at.der);
	request_make(&(struct wanted_request){.signer = at.good}, &at.der);
	failing_each(&work, SAMPLE);
}

static void an_rsa_request_is_taken_whole_or_refused(void **state)
{
	static const struct failing_work work = {.name = "RSA request", .act = act, .after = taken_whole_or_refused,
						.without_sqlite = true};
	(void)state;
	EVP_PKEY *ec = at.good;
	assert_int_equal(key_generate(KEY_RSA2048, &at.good), ERR_OK);
	buf_clear(&at.der);
	request_make(&(struct wanted_request){.signer = at.good}, &at.der);
	failing_each(&work, SAMPLE);
	EVP_PKEY_free(at.good);
	at.good = ec;
}

static void a_request_without_possession_is_never_taken(void **state)
{
	static const struct failing_work work = {.name = "somebody's key", .act = act, .after = never_taken,
						.without_sqlite = true};
	struct buf key = BUF_INIT(4096);
	(void)state;
	request_key(at.good, &key);
	buf_clear(&at.der);
	request_make(&(struct wanted_request){.signer = at.other, .key = &key}, &at.der);
	failing_each(&work, SAMPLE);
	buf_free(&key);
}

static void a_weak_key_is_never_taken(void **state)
{
	static const struct failing_work work = {.name = "close primes", .act = act, .after = never_taken,
						.without_sqlite = true};
	BIGNUM *p = a_prime(1024), *q = prime_behind(p, 500);
	(void)state;
	EVP_PKEY *key = rsa_of_primes(p, q);
	buf_clear(&at.der);
	request_make(&(struct wanted_request){.signer = key}, &at.der);
	failing_each(&work, SAMPLE);
	EVP_PKEY_free(key);
	BN_free(p);
	BN_free(q);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_good_request_is_taken_whole_or_refused),
		cmocka_unit_test(an_rsa_request_is_taken_whole_or_refused),
		cmocka_unit_test(a_request_without_possession_is_never_taken),
		cmocka_unit_test(a_weak_key_is_never_taken),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}

/* Each allocation and each call into OpenSSL fails in turn while a pool of keys is made, filled and asked: it says so, or
 * gives a whole key, and leaves nothing behind. */
#include "tests/support/test.h"

#include "base/clock.h"
#include "base/log.h"
#include "issuer/signer/key_pool.h"
#include "tests/support/failing.h"

#include <dlfcn.h>
#include <gnutls/x509.h>
#include <openssl/ec.h>
#include <poll.h>
#include <stdlib.h>

enum { SAMPLE = 60, RSA_SAMPLE = 10, PATIENCE_MS = 60000 };

static EVP_PKEY *key;
static bool ended;

static enum err make(enum key_type type, EVP_PKEY **out)
{
	(void)type;
	*out = EVP_EC_gen("P-256");
	return *out ? ERR_OK : ERR_CRYPTO;
}

/* One is made for who asks in vain, and handed to who asks again. */
static enum err ask_until_told(struct key_pool *p)
{
	int64_t until = clock_mono_ms() + PATIENCE_MS;
	enum err rc;
	while ((rc = key_pool_take(p, KEY_RSA2048, &key)) == ERR_UNAVAILABLE && clock_mono_ms() < until)
		poll(NULL, 0, 1);
	return rc;
}

static enum err use_pool(void)
{
	const struct key_pool_plan plan = {.types = 1u << KEY_RSA2048, .wanted = 0, .make = make, .rest_ms = 1};
	struct key_pool *p = NULL;
	ended = true;
	enum err rc = key_pool_new(&plan, &p, NULL);
	if (rc)
		return rc;
	rc = ask_until_told(p);
	ended = key_pool_end(p);
	return rc;
}

static void look_at_key(enum err rc, bool failed)
{
	failing_require(failed || rc == ERR_OK);
	failing_require((rc == ERR_OK) == (key != NULL));
	failing_require(rc != ERR_UNAVAILABLE);
	EVP_PKEY_free(key);
	key = NULL;
	if (!ended)
		poll(NULL, 0, 200); /* a machine without idle time: its threads free the pool */
}

static void no_failure_hands_out_half_a_key(void **state)
{
	static const struct failing_work work = {
		.name = "key_pool", .act = use_pool, .after = look_at_key, .without_sqlite = true};
	(void)state;
	failing_each(&work, SAMPLE);
}

/* Behind it is GMP, which ends the process when it gets no memory: a signer that did so is started anew. */
int gnutls_x509_privkey_generate(gnutls_x509_privkey_t made, gnutls_pk_algorithm_t algorithm, unsigned bits, unsigned flags)
{
	FAILING_SPARED;
	int (*real)(gnutls_x509_privkey_t, gnutls_pk_algorithm_t, unsigned, unsigned);
	*(void **)&real = dlsym(RTLD_NEXT, "gnutls_x509_privkey_generate");
	return real(made, algorithm, bits, flags);
}

static enum err make_rsa(void)
{
	return key_generate(KEY_RSA2048, &key);
}

static void look_at_rsa(enum err rc, bool failed)
{
	enum key_type type = KEY_TYPE_COUNT;
	failing_require(failed || rc == ERR_OK);
	failing_require((rc == ERR_OK) == (key != NULL));
	if (key)
		failing_require(key_type_of(key, &type) == ERR_OK && type == KEY_RSA2048);
	EVP_PKEY_free(key);
	key = NULL;
}

static void no_failure_makes_half_an_rsa_key(void **state)
{
	static const struct failing_work work = {
		.name = "key_rsa_generate", .act = make_rsa, .after = look_at_rsa, .without_sqlite = true};
	(void)state;
	failing_each(&work, RSA_SAMPLE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_failure_hands_out_half_a_key),
		cmocka_unit_test(no_failure_makes_half_an_rsa_key),
	};
	log_threshold(LOG_LEVEL_ALARM + 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

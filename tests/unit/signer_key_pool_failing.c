/* Each allocation and each call into OpenSSL fails in turn while a pool of keys is asked: it says so, or
 * gives a whole key, and leaves nothing behind. */
#include "tests/support/test.h"

#include "base/clock.h"
#include "base/log.h"
#include "issuer/signer/key_pool.h"
#include "tests/support/failing.h"

#include <dirent.h>
#include <dlfcn.h>
#include <gnutls/x509.h>
#include <openssl/ec.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { SAMPLE = 60, RSA_SAMPLE = 10, PATIENCE_MS = 60000 };

static struct key_pool *pool;
static EVP_PKEY *key;

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

static enum err ask(void)
{
	return ask_until_told(pool);
}

static void look_at_key(enum err rc, bool failed)
{
	failing_require(failed || rc == ERR_OK);
	failing_require((rc == ERR_OK) == (key != NULL));
	failing_require(rc != ERR_UNAVAILABLE);
	EVP_PKEY_free(key);
	key = NULL;
}

static bool sleeps(const char *task)
{
	char path[300], state = '?';
	snprintf(path, sizeof path, "/proc/self/task/%s/stat", task);
	FILE *stat = fopen(path, "r");
	if (!stat)
		return true; /* it has ended */
	int n = fscanf(stat, "%*d %*s %c", &state);
	fclose(stat);
	return n == 1 && state == 'S';
}

/* Every thread but this one: a sanitizer must not find its memory gone when it starts one. */
static bool others_sleep(void)
{
	char own[16];
	bool all = true;
	DIR *tasks = opendir("/proc/self/task");
	assert_non_null(tasks);
	snprintf(own, sizeof own, "%d", gettid());
	for (const struct dirent *e; (e = readdir(tasks));)
		if (e->d_name[0] != '.' && strcmp(e->d_name, own) != 0)
			all = all && sleeps(e->d_name);
	closedir(tasks);
	return all;
}

static int begin(void **state)
{
	const struct key_pool_plan plan = {.types = 1u << KEY_RSA2048, .wanted = 0, .make = make, .rest_ms = 1};
	(void)state;
	if (key_pool_new(&plan, &pool, NULL) || ask())
		return -1;
	look_at_key(ERR_OK, false);
	for (int n = 0; n < 10000 && !others_sleep(); n++)
		poll(NULL, 0, 1);
	return others_sleep() ? 0 : -1;
}

static int end(void **state)
{
	(void)state;
	(void)key_pool_end(pool);
	return 0;
}

static void no_failure_hands_out_half_a_key(void **state)
{
	static const struct failing_work work = {
		.name = "key_pool_take", .act = ask, .after = look_at_key, .without_sqlite = true};
	(void)state;
	failing_each(&work, SAMPLE);
}

/* Behind it is GMP, which ends the process when it gets no memory: a signer that did so is started anew. */
int gnutls_x509_privkey_generate(gnutls_x509_privkey_t made, gnutls_pk_algorithm_t algorithm, unsigned bits, unsigned flags)
{
	int (*real)(gnutls_x509_privkey_t, gnutls_pk_algorithm_t, unsigned, unsigned);
	*(void **)&real = dlsym(RTLD_NEXT, "gnutls_x509_privkey_generate");
	failing_pause();
	int rc = real(made, algorithm, bits, flags);
	failing_resume(NULL);
	return rc;
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
		cmocka_unit_test_setup_teardown(no_failure_hands_out_half_a_key, begin, end),
		cmocka_unit_test(no_failure_makes_half_an_rsa_key),
	};
	log_threshold(LOG_LEVEL_ALARM + 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

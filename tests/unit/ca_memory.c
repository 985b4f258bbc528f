/* Each allocation of the library failed in turn: nothing leaves that should not, nothing is believed that should not be.
 * The sanitized build also sees leaks and wild reads on these paths. */
#include "tests/unit/ca_fixture.h"

#include "ca/chain.h"
#include "ca/crl.h"

#include <openssl/crypto.h>
#include <stdlib.h>

static long until_failure = -1; /* allocations that still succeed; negative: all do */
static bool failed;

static bool fail_now(void)
{
	if (until_failure < 0 || until_failure-- > 0)
		return false;
	failed = true;
	return true;
}

static void *allocate(size_t size, const char *file, int line)
{
	(void)file;
	(void)line;
	return fail_now() ? NULL : malloc(size);
}

static void *reallocate(void *old, size_t size, const char *file, int line)
{
	(void)file;
	(void)line;
	return fail_now() ? NULL : realloc(old, size);
}

static void release(void *p, const char *file, int line)
{
	(void)file;
	(void)line;
	free(p);
}

static struct pki pki, twin;
static struct chain_trust *trust;
static EVP_PKEY *key;
static struct buf good = {.cap = 16384}, bad = {.cap = 16384};

static void trust_add(const struct authority *a, struct buf *pem)
{
	uint8_t *der = NULL;
	int len = i2d_X509(a->certificate, &der);
	assert_ok(certificate_der_to_pem(der, (size_t)len, pem));
	OPENSSL_free(der);
}

static int setup(void **state)
{
	(void)state;
	struct buf pem = BUF_INIT(65536);
	pki_new(&pki, NOW);
	pki_new(&twin, NOW);
	if (key_generate(KEY_P256, &key))
		return -1;
	issue_der(&pki.issuing, PROFILE_CLIENT, key, &good);
	issue_der(&twin.issuing, PROFILE_CLIENT, key, &bad);
	trust_add(&pki.root, &pem);
	trust_add(&pki.issuing, &pem);
	assert_ok(chain_trust_new(pem.data, pem.len, &trust, NULL));
	buf_free(&pem);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	chain_trust_free(trust);
	pki_clear(&pki);
	pki_clear(&twin);
	EVP_PKEY_free(key);
	buf_free(&good);
	buf_free(&bad);
	return 0;
}

/* Run it with one allocation failed, then with a later one, and so on, until it never came to the one to fail: one of `step`,
 * or with FAILING_SHARE=K/N in the environment each whose number is K modulo N. */
static void each_allocation(void (*once)(void), long step)
{
	enum { MOST = 100000 };
	const char *share = getenv("FAILING_SHARE");
	long first = 0;
	if (share)
		assert_int_equal(sscanf(share, "%ld/%ld", &first, &step), 2);
	assert_true(first >= 0 && first < step);
	for (long n = first; n < MOST; n += step) {
		failed = false;
		until_failure = n;
		once();
		until_failure = -1;
		if (!failed) {
			assert_true(n > 100); /* else nothing was tried */
			if (share)
				fprintf(stderr, "failed: ca: %ld of allocation\n", (n - first) / step);
			return;
		}
	}
	fail_msg("more than %d allocations\n", MOST);
}

static void issue_once(void)
{
	struct buf der = BUF_INIT(16384);
	struct certificate_facts facts;
	struct certificate_fields f = fields_of(PROFILE_CLIENT, pki.issuing.certificate, NOW);
	enum err rc = authority_issue(&pki.issuing, &f, key, NULL, &der, NULL);
	until_failure = -1;
	if (rc != ERR_OK) {
		assert_int_equal(der.len, 0);
	} else {
		struct der_view v = {.bytes = der.data, .len = der.len};
		assert_ok(certificate_read(der.data, der.len, &facts, NULL));
		assert_string_equal(facts.san_uri, f.san_uri);
		assert_ok(chain_verify(trust, &v, 1, CHAIN_CLIENT, NOW, NULL));
	}
	buf_free(&der);
}

static void verify_good_once(void)
{
	struct der_view v = {.bytes = good.data, .len = good.len};
	enum err rc = chain_verify(trust, &v, 1, CHAIN_CLIENT, NOW, NULL);
	if (!failed)
		assert_ok(rc);
}

static void verify_bad_once(void)
{
	struct der_view v = {.bytes = bad.data, .len = bad.len};
	assert_int_not_equal(chain_verify(trust, &v, 1, CHAIN_CLIENT, NOW, NULL), ERR_OK);
}

static void verify_purpose_once(void)
{
	struct der_view v = {.bytes = good.data, .len = good.len};
	assert_int_not_equal(chain_verify(trust, &v, 1, CHAIN_SERVER, NOW, NULL), ERR_OK);
}

static void list_once(void)
{
	static const struct crl_head head = {.number = 7, .this_update = NOW, .next_update = NOW + DAY};
	static const struct crl_entry entries[] = {
		{.serial = {[19] = 1}, .revoked_at = NOW, .reason = REASON_KEY_COMPROMISE},
		{.serial = {[19] = 2}, .revoked_at = NOW, .compromised_at = NOW - DAY}};
	struct buf der = BUF_INIT(65536);
	struct crl_head back;
	size_t n;
	enum err rc = crl_make(&head, entries, COUNT(entries), pki.issuing.certificate, pki.issuing.key, &der, NULL);
	until_failure = -1;
	if (rc == ERR_OK)
		assert_ok(crl_read(der.data, der.len, pki.issuing.certificate, &back, &n, NULL));
	else
		assert_int_equal(der.len, 0);
	buf_free(&der);
}

static void no_failed_allocation_issues_a_wrong_certificate(void **state)
{
	(void)state;
	each_allocation(issue_once, 13);
}

static void no_failed_allocation_lets_a_stranger_in(void **state)
{
	(void)state;
	each_allocation(verify_good_once, 7);
	each_allocation(verify_bad_once, 7);
	each_allocation(verify_purpose_once, 7);
}

static void no_failed_allocation_signs_a_wrong_list(void **state)
{
	(void)state;
	each_allocation(list_once, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_failed_allocation_issues_a_wrong_certificate),
		cmocka_unit_test(no_failed_allocation_lets_a_stranger_in),
		cmocka_unit_test(no_failed_allocation_signs_a_wrong_list),
	};
	if (CRYPTO_set_mem_functions(allocate, reallocate, release) != 1)
		return 1; /* something has allocated before */
	return cmocka_run_group_tests(tests, setup, teardown);
}

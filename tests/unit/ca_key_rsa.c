/* What a library that makes RSA keys might get wrong: the numbers that it hands over are the test's here. */
#include "tests/support/test.h"

#include "ca/key.h"

#include <gnutls/x509.h>
#include <openssl/bn.h>
#include <stdbool.h>
#include <string.h>

/* In the order in which GnuTLS exports them. */
enum { N, E, D, P, Q, U, E1, E2, PARTS };

static struct {
	bool generate, export; /* fails */
	bool near;             /* Q is the next prime behind P */
	int spoilt;            /* that part is one more than it should be; PARTS: none */
} wanted;

int gnutls_x509_privkey_generate(gnutls_x509_privkey_t key, gnutls_pk_algorithm_t algorithm, unsigned bits, unsigned flags)
{
	(void)key, (void)algorithm, (void)bits, (void)flags;
	return wanted.generate ? GNUTLS_E_PK_GENERATION_ERROR : 0;
}

static void make_numbers(BIGNUM *part[PARTS], BN_CTX *ctx)
{
	BIGNUM *p1 = BN_new(), *q1 = BN_new(), *phi = BN_new();
	BN_set_word(part[E], 65537);
	do {
		BN_generate_prime_ex(part[P], 1024, 0, NULL, NULL, NULL);
		BN_copy(part[Q], part[P]);
		if (wanted.near)
			do
				BN_add_word(part[Q], 2);
			while (BN_check_prime(part[Q], ctx, NULL) != 1);
		else
			BN_generate_prime_ex(part[Q], 1024, 0, NULL, NULL, NULL);
		BN_sub(p1, part[P], BN_value_one());
		BN_sub(q1, part[Q], BN_value_one());
		BN_mul(phi, p1, q1, ctx);
		BN_mul(part[N], part[P], part[Q], ctx);
	} while (BN_num_bits(part[N]) != 2048 || !BN_mod_inverse(part[D], part[E], phi, ctx));
	BN_mod(part[E1], part[D], p1, ctx);
	BN_mod(part[E2], part[D], q1, ctx);
	BN_mod_inverse(part[U], part[Q], part[P], ctx);
	BN_free(p1);
	BN_free(q1);
	BN_free(phi);
}

int gnutls_x509_privkey_export_rsa_raw2(gnutls_x509_privkey_t key, gnutls_datum_t *m, gnutls_datum_t *e, gnutls_datum_t *d,
					gnutls_datum_t *p, gnutls_datum_t *q, gnutls_datum_t *u, gnutls_datum_t *e1,
					gnutls_datum_t *e2)
{
	gnutls_datum_t *const out[PARTS] = {m, e, d, p, q, u, e1, e2};
	BIGNUM *part[PARTS];
	BN_CTX *ctx = BN_CTX_new();
	(void)key;
	if (wanted.export) {
		BN_CTX_free(ctx);
		return GNUTLS_E_MEMORY_ERROR;
	}
	for (int i = 0; i < PARTS; i++)
		part[i] = BN_new();
	make_numbers(part, ctx);
	if (wanted.spoilt < PARTS)
		BN_add_word(part[wanted.spoilt], 2);
	for (int i = 0; i < PARTS; i++) {
		out[i]->data = gnutls_malloc(512);
		out[i]->size = (unsigned)BN_bn2bin(part[i], out[i]->data);
		BN_free(part[i]);
	}
	BN_CTX_free(ctx);
	return 0;
}

static int begin(void **state)
{
	(void)state;
	memset(&wanted, 0, sizeof wanted);
	wanted.spoilt = PARTS;
	return 0;
}

static enum err generate(void)
{
	EVP_PKEY *key = NULL;
	enum err rc = key_generate(KEY_RSA2048, &key);
	assert_true((rc == ERR_OK) == (key != NULL));
	EVP_PKEY_free(key);
	return rc;
}

static void right_numbers_make_a_key(void **state)
{
	(void)state;
	assert_int_equal(generate(), ERR_OK); /* so that the refusals below have their reason */
}

static void a_failure_of_the_library_is_one(void **state)
{
	(void)state;
	wanted.generate = true;
	assert_int_equal(generate(), ERR_CRYPTO);
	wanted.generate = false;
	wanted.export = true;
	assert_int_equal(generate(), ERR_CRYPTO);
}

static void a_pair_that_does_not_belong_together_is_refused(void **state)
{
	static const struct {
		const char *name;
		int part;
	} rows[] = {{"modulus", N}, {"private exponent", D}, {"prime 1", P}, {"prime 2", Q}, {"coefficient", U}, {"exponent 1", E1}, {"exponent 2", E2}};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		wanted.spoilt = rows[i].part;
		if (generate() == ERR_OK)
			fail_msg("a wrong %s", rows[i].name);
	}
}

static void primes_beside_each_other_are_refused(void **state)
{
	(void)state;
	wanted.near = true;
	assert_int_equal(generate(), ERR_REFUSED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(right_numbers_make_a_key, begin),
		cmocka_unit_test_setup(a_failure_of_the_library_is_one, begin),
		cmocka_unit_test_setup(a_pair_that_does_not_belong_together_is_refused, begin),
		cmocka_unit_test_setup(primes_beside_each_other_are_refused, begin),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

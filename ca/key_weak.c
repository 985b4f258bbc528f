#include "ca/key_weak.h"

#include "ca/crypto_why.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <stdbool.h>

enum { SMALL_FACTOR_MOST = 751, ROCA_PRIME_MOST = 167, ROCA_GENERATOR = 65537, FERMAT_ROUNDS = 100 };

static bool small_prime(unsigned n)
{
	for (unsigned d = 2; d * d <= n; d++)
		if (n % d == 0)
			return false;
	return true;
}

static enum err check_small_factors(const BIGNUM *n, struct errbuf *why)
{
	for (unsigned p = 2; p <= SMALL_FACTOR_MOST; p++)
		if (small_prime(p) && BN_mod_word(n, p) == 0)
			return fail(why, ERR_REFUSED, "the RSA modulus has the factor %u", p);
	return ERR_OK;
}

/* Is n, modulo the small prime p, a power of the generator? */
static bool in_subgroup(unsigned n, unsigned p)
{
	unsigned power = 1;
	do {
		if (power == n)
			return true;
		power = power * (ROCA_GENERATOR % p) % p;
	} while (power != 1);
	return false;
}

/* "The Return of Coppersmith's Attack" (Nemec and others, CCS 2017), 3.1: its primes are k * M + 65537^a mod M for a primorial
 * M, so that modulo each small prime the modulus is a power of 65537. One good key in 150 million is so by chance. */
static enum err check_roca(const BIGNUM *n, struct errbuf *why)
{
	for (unsigned p = 3; p <= ROCA_PRIME_MOST; p += 2)
		if (small_prime(p) && !in_subgroup((unsigned)BN_mod_word(n, p), p))
			return ERR_OK;
	return fail(why, ERR_REFUSED, "the RSA key is of a kind whose private half can be computed (ROCA, CVE-2017-15361)");
}

/* floor(sqrt(n)) by Newton's method from above. */
static bool square_root(BIGNUM *root, const BIGNUM *n, BN_CTX *ctx)
{
	BN_CTX_start(ctx);
	BIGNUM *next = BN_CTX_get(ctx);
	bool done = next && BN_set_bit(next, (BN_num_bits(n) + 1) / 2), falling = true;
	while (done && falling) {
		done = BN_copy(root, next) && BN_div(next, NULL, n, root, ctx) && BN_add(next, next, root) &&
		       BN_rshift1(next, next);
		falling = BN_cmp(next, root) < 0;
	}
	BN_CTX_end(ctx);
	return done;
}

/* Most numbers that are no square are none modulo 64, 63, 65 or 11 already. */
static bool may_be_square(const BIGNUM *n)
{
	static const unsigned moduli[] = {64, 63, 65, 11};
	for (size_t i = 0; i < sizeof moduli / sizeof *moduli; i++) {
		unsigned m = moduli[i], rest = (unsigned)BN_mod_word(n, m), x = 0;
		while (x < m && x * x % m != rest)
			x++;
		if (x == m)
			return false;
	}
	return true;
}

/* 1: a square; 0: none; -1: out of memory. */
static int is_square(const BIGNUM *n, BN_CTX *ctx)
{
	if (BN_is_zero(n))
		return 1;
	if (!may_be_square(n))
		return 0;
	BN_CTX_start(ctx);
	BIGNUM *root = BN_CTX_get(ctx);
	int result = root && square_root(root, n, ctx) && BN_sqr(root, root, ctx) ? BN_cmp(root, n) == 0 : -1;
	BN_CTX_end(ctx);
	return result;
}

/* With n = a^2 - b^2 the factors are a + b and a - b. From one a to the next a^2 grows by 2a + 1. 0, 1 or -1 as above. */
static int fermat(const BIGNUM *n, BN_CTX *ctx)
{
	int found = -1;
	BN_CTX_start(ctx);
	BIGNUM *a = BN_CTX_get(ctx), *rest = BN_CTX_get(ctx);
	if (!rest || !square_root(a, n, ctx) || !BN_sqr(rest, a, ctx) || !BN_sub(rest, rest, n))
		goto out;
	found = BN_is_zero(rest);
	for (int round = 0; found == 0 && round < FERMAT_ROUNDS; round++) {
		if (!BN_add(rest, rest, a) || !BN_add_word(a, 1) || !BN_add(rest, rest, a))
			found = -1;
		else
			found = is_square(rest, ctx);
	}
out:
	BN_CTX_end(ctx);
	return found;
}

static enum err check_close_primes(const BIGNUM *n, struct errbuf *why)
{
	BN_CTX *ctx = BN_CTX_new();
	int found = ctx ? fermat(n, ctx) : -1;
	BN_CTX_free(ctx);
	if (found < 0)
		return crypto_why(why, ERR_MEMORY, "Fermat's method");
	return found ? fail(why, ERR_REFUSED, "the primes of the RSA key are so close that they can be found (Fermat)") : ERR_OK;
}

/* NIST SP 800-56B 6.4.2.2, by the library: composite, and not a power of a prime. */
static enum err check_composite(const EVP_PKEY *key, struct errbuf *why)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, (EVP_PKEY *)(uintptr_t)key, NULL);
	if (!ctx)
		return crypto_why(why, ERR_MEMORY, "RSA key");
	int right = EVP_PKEY_public_check(ctx);
	EVP_PKEY_CTX_free(ctx);
	return right == 1 ? ERR_OK : crypto_why(why, ERR_REFUSED, "the RSA modulus is not a product of two primes");
}

enum err key_weak_check_made(const EVP_PKEY *key, struct errbuf *why)
{
	BIGNUM *n = NULL;
	if (EVP_PKEY_is_a(key, "RSA") != 1)
		return ERR_OK;
	if (EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_N, &n) != 1)
		return crypto_why(why, ERR_CRYPTO, "the RSA modulus cannot be read");
	enum err rc = check_small_factors(n, why);
	if (!rc)
		rc = check_roca(n, why);
	if (!rc)
		rc = check_close_primes(n, why);
	BN_free(n);
	return rc;
}

enum err key_weak_check(const EVP_PKEY *key, struct errbuf *why)
{
	enum err rc = key_weak_check_made(key, why);
	return rc || EVP_PKEY_is_a(key, "RSA") != 1 ? rc : check_composite(key, why);
}

/* request_maker: certificate requests that no decent program would write, octet by octet, and RSA keys by their numbers. */
#ifndef TESTS_REQUEST_MAKER_H
#define TESTS_REQUEST_MAKER_H

#include "tests/support/test.h"

#include "ca/der.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/param_build.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <string.h>

/* What a request is made of; NULL members have their usual value. */
struct wanted_request {
	EVP_PKEY *signer;         /* who signs it */
	const struct buf *key;    /* SubjectPublicKeyInfo; NULL: the signer's own */
	const char *algorithm;    /* of the signature, as OpenSSL names it: "ecdsa-with-SHA256" */
	const struct buf *name;   /* the subject, as DER */
	const struct buf *wishes; /* the attributes, as DER; without them there are none */
	unsigned version;
};

static inline void request_key(EVP_PKEY *key, struct buf *out)
{
	uint8_t *der = NULL;
	int len = i2d_PUBKEY(key, &der);
	assert_true(len > 0);
	buf_add(out, der, (size_t)len);
	OPENSSL_free(der);
}

static inline void request_algorithm(struct buf *b, const char *name)
{
	uint8_t oid[32], *rest = oid;
	ASN1_OBJECT *object = OBJ_txt2obj(name, 0);
	assert_non_null(object);
	int len = i2d_ASN1_OBJECT(object, NULL);
	assert_true(len > 0 && (size_t)len <= sizeof oid);
	i2d_ASN1_OBJECT(object, &rest);
	size_t place = der_open(b, DER_SEQUENCE);
	buf_add(b, oid, (size_t)len);
	if (strstr(name, "RSA"))
		buf_add(b, "\x05\x00", 2);
	der_close(b, place);
	ASN1_OBJECT_free(object);
}

static inline void request_info(const struct wanted_request *w, struct buf *b)
{
	static const uint8_t no_name[] = {0x30, 0x00};
	size_t place = der_open(b, DER_SEQUENCE);
	der_number(b, DER_INTEGER, w->version);
	buf_add(b, w->name ? w->name->data : no_name, w->name ? w->name->len : sizeof no_name);
	if (w->key)
		buf_add(b, w->key->data, w->key->len);
	else
		request_key(w->signer, b);
	if (w->wishes)
		buf_add(b, w->wishes->data, w->wishes->len);
	der_close(b, place);
}

static inline void request_make(const struct wanted_request *w, struct buf *out)
{
	struct buf info = BUF_INIT(65536), bits = BUF_INIT(2048);
	uint8_t signature[1024];
	size_t len = sizeof signature;
	bool ec = EVP_PKEY_is_a(w->signer, "EC");
	const char *algorithm = w->algorithm ? w->algorithm : ec ? "ecdsa-with-SHA256" : "RSA-SHA256";
	const char *digest = strstr(algorithm, "SHA512")   ? "SHA512"
			     : strstr(algorithm, "SHA384") ? "SHA384"
			     : strstr(algorithm, "SHA1")   ? "SHA1"
							   : "SHA256";
	request_info(w, &info);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	assert_int_equal(EVP_DigestSignInit_ex(ctx, NULL, digest, NULL, NULL, w->signer, NULL), 1);
	assert_int_equal(EVP_DigestSign(ctx, signature, &len, info.data, info.len), 1);
	EVP_MD_CTX_free(ctx);
	buf_byte(&bits, 0);
	buf_add(&bits, signature, len);
	size_t place = der_open(out, DER_SEQUENCE);
	buf_add(out, info.data, info.len);
	request_algorithm(out, algorithm);
	der_primitive(out, DER_BIT_STRING, bits.data, bits.len);
	der_close(out, place);
	assert_int_equal(buf_check(out), ERR_OK);
	buf_free(&info);
	buf_free(&bits);
}

/* An RSA key by its numbers; d NULL: only the public half. */
static inline EVP_PKEY *rsa_of(const BIGNUM *n, const BIGNUM *e, const BIGNUM *d)
{
	EVP_PKEY *key = NULL;
	OSSL_PARAM_BLD *b = OSSL_PARAM_BLD_new();
	assert_true(OSSL_PARAM_BLD_push_BN(b, OSSL_PKEY_PARAM_RSA_N, n) && OSSL_PARAM_BLD_push_BN(b, OSSL_PKEY_PARAM_RSA_E, e));
	if (d)
		assert_true(OSSL_PARAM_BLD_push_BN(b, OSSL_PKEY_PARAM_RSA_D, d));
	OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(b);
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	assert_true(EVP_PKEY_fromdata_init(ctx) == 1 &&
		    EVP_PKEY_fromdata(ctx, &key, d ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY, params) == 1);
	EVP_PKEY_CTX_free(ctx);
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(b);
	return key;
}

/* The key of two primes (q NULL: of one), with e = 65537. */
static inline EVP_PKEY *rsa_of_primes(const BIGNUM *p, const BIGNUM *q)
{
	BN_CTX *ctx = BN_CTX_new();
	BIGNUM *n = BN_new(), *phi = BN_new(), *minus = BN_new(), *e = BN_new(), *d;
	BN_set_word(e, 65537);
	BN_copy(n, p);
	BN_sub(phi, p, BN_value_one());
	if (q) {
		BN_mul(n, p, q, ctx);
		BN_sub(minus, q, BN_value_one());
		BN_mul(phi, phi, minus, ctx);
	}
	d = BN_mod_inverse(NULL, e, phi, ctx);
	assert_non_null(d);
	EVP_PKEY *key = rsa_of(n, e, d);
	BN_free(n);
	BN_free(phi);
	BN_free(minus);
	BN_free(e);
	BN_free(d);
	BN_CTX_free(ctx);
	return key;
}

static inline BIGNUM *a_prime(int bits)
{
	BIGNUM *p = BN_new();
	assert_int_equal(BN_generate_prime_ex(p, bits, 0, NULL, NULL, NULL), 1);
	return p;
}

/* The first prime from `from` + 2^bit on. */
static inline BIGNUM *prime_behind(const BIGNUM *from, int bit)
{
	BIGNUM *p = BN_new(), *step = BN_new();
	BN_CTX *ctx = BN_CTX_new();
	BN_set_bit(step, bit);
	BN_add(p, from, step);
	BN_set_bit(p, 0);
	while (BN_check_prime(p, ctx, NULL) != 1)
		BN_add_word(p, 2);
	BN_free(step);
	BN_CTX_free(ctx);
	return p;
}

/* k * M + 65537^a mod M, with M the product of the first 126 primes: as the library of CVE-2017-15361 made its primes for
 * keys of 2048 bits (Nemec and others, "The Return of Coppersmith's Attack", 2.2). */
static inline BIGNUM *roca_prime(void)
{
	BN_CTX *ctx = BN_CTX_new();
	BIGNUM *m = BN_new(), *g = BN_new(), *a = BN_new(), *k = BN_new(), *p = BN_new();
	BN_one(m);
	for (unsigned n = 2, count = 0; count < 126; n++) {
		unsigned d = 2;
		while (d * d <= n && n % d)
			d++;
		if (d * d > n) {
			BN_mul_word(m, n);
			count++;
		}
	}
	BN_set_word(g, 65537);
	do {
		BN_rand(k, 1024 - BN_num_bits(m), BN_RAND_TOP_TWO, BN_RAND_BOTTOM_ANY);
		BN_rand(a, 256, BN_RAND_TOP_ANY, BN_RAND_BOTTOM_ANY);
		BN_mod_exp(p, g, a, m, ctx);
		BN_mul(k, k, m, ctx);
		BN_add(p, p, k);
	} while (BN_num_bits(p) != 1024 || !BN_is_bit_set(p, 1022) || BN_check_prime(p, ctx, NULL) != 1);
	BN_free(m);
	BN_free(g);
	BN_free(a);
	BN_free(k);
	BN_CTX_free(ctx);
	return p;
}

#endif

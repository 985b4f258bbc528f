/* Certificate requests from outside: what is refused, and for which reason; what is taken, which is the key alone. */
#include "tests/support/request_maker.h"
#include "tests/unit/ca_fixture.h"

#include "ca/key_weak.h"
#include "ca/request.h"

#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

static EVP_PKEY *p256, *p384, *rsa;

static int setup(void **state)
{
	(void)state;
	return key_generate(KEY_P256, &p256) || key_generate(KEY_P384, &p384) || key_generate(KEY_RSA2048, &rsa);
}

static int teardown(void **state)
{
	(void)state;
	EVP_PKEY_free(p256);
	EVP_PKEY_free(p384);
	EVP_PKEY_free(rsa);
	return 0;
}

static enum err read_it(const struct buf *der, struct errbuf *why)
{
	struct certificate_request r = {.key = NULL};
	why->text[0] = '\0';
	enum err rc = request_read(der->data, der->len, &r, why);
	if ((rc == ERR_OK) != (r.key != NULL) || (rc != ERR_OK) != (why->text[0] != '\0'))
		fail_msg("%s, with a key: %d, reason \"%s\"\n", err_word(rc), r.key != NULL, why->text);
	request_clear(&r);
	return rc;
}

static void expect(const char *name, const struct buf *der, enum err wanted, const char *reason)
{
	struct errbuf why;
	enum err rc = read_it(der, &why);
	if (rc != wanted || !strstr(why.text, reason))
		fail_msg("%s: wanted %s \"%s\", had %s \"%s\"\n", name, err_word(wanted), reason, err_word(rc), why.text);
}

static void good_requests_give_their_key_and_nothing_else(void **state)
{
	(void)state;
	EVP_PKEY *rsa4096 = EVP_RSA_gen(4096), *keys[] = {p256, p384, rsa, rsa4096};
	static const char *const algorithms[][2] = {{"ecdsa-with-SHA256", "RSA-SHA256"},
						    {"ecdsa-with-SHA384", "RSA-SHA384"},
						    {"ecdsa-with-SHA512", "RSA-SHA512"}};
	for (size_t i = 0; i < COUNT(keys); i++)
		for (size_t a = 0; a < COUNT(algorithms); a++) {
			struct buf der = BUF_INIT(65536);
			struct certificate_request r;
			struct errbuf why = {""};
			uint8_t hash[32];
			request_make(&(struct wanted_request){.signer = keys[i], .algorithm = algorithms[a][i > 1]}, &der);
			if (request_read(der.data, der.len, &r, &why) != ERR_OK)
				fail_msg("key %zu, %s: %s\n", i, algorithms[a][i > 1], why.text);
			assert_int_equal(EVP_PKEY_eq(r.key, keys[i]), 1);
			assert_ok(key_hash(keys[i], hash));
			assert_memory_equal(r.key_hash, hash, sizeof hash);
			assert_int_equal(EVP_Digest(der.data, der.len, hash, NULL, EVP_sha256(), NULL), 1);
			assert_memory_equal(r.hash, hash, sizeof hash);
			request_clear(&r);
			buf_free(&der);
		}
	EVP_PKEY_free(rsa4096);
}

static void what_openssl_writes_is_read_from_der_and_pem(void **state)
{
	(void)state;
	struct buf der = BUF_INIT(REQUEST_MAX_BYTES);
	struct errbuf why;
	char *text = NULL;
	X509_REQ *req = X509_REQ_new();
	BIO *bio = BIO_new(BIO_s_mem());
	X509_NAME_add_entry_by_txt(X509_REQ_get_subject_name(req), "CN", MBSTRING_UTF8, (const uint8_t *)"mine", -1, -1, 0);
	X509_REQ_set_pubkey(req, p256);
	assert_true(X509_REQ_sign(req, p256, EVP_sha256()) > 0);
	BIO_puts(bio, "Certificate Request:\n    Data:\n");
	assert_int_equal(PEM_write_bio_X509_REQ_NEW(bio, req), 1);
	long len = BIO_get_mem_data(bio, &text);
	assert_ok(request_to_der(text, (size_t)len, &der, &why));
	assert_ok(read_it(&der, &why));
	struct buf again = BUF_INIT(REQUEST_MAX_BYTES);
	assert_ok(request_to_der(der.data, der.len, &again, &why));
	assert_int_equal(again.len, der.len);
	static const char *const others[] = {"", "\n", "-----BEGIN CERTIFICATE REQUEST-----\nMII=\n",
					     "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n"};
	for (size_t i = 0; i < COUNT(others); i++)
		assert_int_equal(request_to_der(others[i], strlen(others[i]), &again, &why), ERR_MALFORMED);
	BIO_free(bio);
	X509_REQ_free(req);
	buf_free(&der);
	buf_free(&again);
}

static void too_large_is_refused_before_it_is_looked_at(void **state)
{
	(void)state;
	struct buf der = BUF_INIT(65536), wishes = BUF_INIT(65536);
	der_primitive(&wishes, DER_CONTEXT_0_CONSTRUCTED, buf_room(&der, REQUEST_MAX_BYTES), REQUEST_MAX_BYTES);
	buf_clear(&der);
	request_make(&(struct wanted_request){.signer = p256, .wishes = &wishes}, &der);
	expect("too large", &der, ERR_TOO_LARGE, "16384");
	struct errbuf why;
	assert_int_equal(request_to_der(der.data, der.len, &wishes, &why), ERR_TOO_LARGE);
	buf_free(&der);
	buf_free(&wishes);
}

/* 16 KB of nothing but nested sequences where the wishes stand: they are passed over, so nothing goes as deep. */
static void depth_costs_nothing(void **state)
{
	(void)state;
	struct buf der = BUF_INIT(65536), deep = BUF_INIT(65536);
	size_t place[4000];
	size_t wishes = der_open(&deep, DER_CONTEXT_0_CONSTRUCTED);
	for (size_t i = 0; i < COUNT(place); i++)
		place[i] = der_open(&deep, DER_SEQUENCE);
	for (size_t i = COUNT(place); i-- > 0;)
		der_close(&deep, place[i]);
	der_close(&deep, wishes);
	assert_int_equal(buf_check(&deep), ERR_OK);
	request_make(&(struct wanted_request){.signer = p256, .wishes = &deep}, &der);
	struct errbuf why;
	assert_int_equal(read_it(&der, &why), der.len > REQUEST_MAX_BYTES ? ERR_TOO_LARGE : ERR_OK);
	buf_free(&der);
	buf_free(&deep);
}

static void cut_lengthened_or_changed_in_any_bit_it_is_refused(void **state)
{
	(void)state;
	struct buf der = BUF_INIT(4096), copy = BUF_INIT(4096);
	struct errbuf why;
	request_make(&(struct wanted_request){.signer = p256}, &der);
	assert_ok(read_it(&der, &why));
	for (size_t len = 0; len < der.len; len++) {
		buf_clear(&copy);
		buf_add(&copy, der.data, len);
		assert_int_equal(read_it(&copy, &why), ERR_MALFORMED);
	}
	buf_clear(&copy);
	buf_add(&copy, der.data, der.len);
	buf_byte(&copy, 0);
	assert_int_equal(read_it(&copy, &why), ERR_MALFORMED);
	for (size_t bit = 0; bit < 8 * der.len; bit++) {
		der.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
		if (read_it(&der, &why) == ERR_OK)
			fail_msg("accepted with bit %zu changed\n", bit);
		der.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	buf_free(&der);
	buf_free(&copy);
}

static void requests_of_another_shape_are_malformed(void **state)
{
	(void)state;
	static const char set[] = "\x31\x00", two[] = "\xa0\x00\xa0\x00", long_form[] = "\xa0\x81\x00", endless[] = "\xa0\x80\x00\x00";
	const struct {
		const char *name;
		struct wanted_request w;
		const char *name_der, *wishes;
		size_t name_len, wishes_len;
	} cases[] = {
		{"version 2", {.signer = p256, .version = 1}, NULL, NULL, 0, 0},
		{"a SET for the name", {.signer = p256}, set, NULL, 2, 0},
		{"attributes twice", {.signer = p256}, NULL, two, 0, 4},
		{"a length that could be shorter", {.signer = p256}, NULL, long_form, 0, 3},
		{"a length without end", {.signer = p256}, NULL, endless, 0, 4},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct buf der = BUF_INIT(4096), name = BUF_INIT(64), wishes = BUF_INIT(64);
		struct wanted_request w = cases[i].w;
		buf_add(&name, cases[i].name_der, cases[i].name_len);
		buf_add(&wishes, cases[i].wishes, cases[i].wishes_len);
		w.name = cases[i].name_len ? &name : NULL;
		w.wishes = cases[i].wishes_len ? &wishes : NULL;
		request_make(&w, &der);
		expect(cases[i].name, &der, ERR_MALFORMED, "not a certificate request");
		buf_free(&der);
		buf_free(&name);
		buf_free(&wishes);
	}
}

static void without_proof_of_possession_it_is_refused(void **state)
{
	(void)state;
	EVP_PKEY *thief = NULL;
	struct buf key = BUF_INIT(4096), der = BUF_INIT(4096);
	assert_ok(key_generate(KEY_P256, &thief));
	request_key(p256, &key);
	request_make(&(struct wanted_request){.signer = thief, .key = &key}, &der);
	expect("somebody's public key", &der, ERR_REFUSED, "not signed by its own key");
	static const char *const weak[] = {"ecdsa-with-SHA1", "RSA-SHA1", "RSA-MD5", "RSA-SHA256"};
	for (size_t i = 0; i < COUNT(weak); i++) {
		bool ec = weak[i][0] == 'e' || i == 3; /* the last: an algorithm of the other kind of key */
		buf_clear(&der);
		request_make(&(struct wanted_request){.signer = ec ? p256 : rsa, .algorithm = weak[i]}, &der);
		expect(weak[i], &der, ERR_REFUSED, "not signed with SHA-256");
	}
	EVP_PKEY_free(thief);
	buf_free(&key);
	buf_free(&der);
}

static void expect_key(const char *name, EVP_PKEY *key, const char *reason)
{
	struct buf spki = BUF_INIT(65536), der = BUF_INIT(65536);
	assert_non_null(key);
	request_key(key, &spki);
	request_make(&(struct wanted_request){.signer = p256, .key = &spki}, &der);
	expect(name, &der, ERR_REFUSED, reason);
	EVP_PKEY_free(key);
	buf_free(&spki);
	buf_free(&der);
}

static EVP_PKEY *ec_as(const char *curve, const char *form, const char *encoding)
{
	EVP_PKEY *key = EVP_EC_gen(curve);
	EVP_PKEY_set_utf8_string_param(key, OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT, form);
	EVP_PKEY_set_utf8_string_param(key, OSSL_PKEY_PARAM_EC_ENCODING, encoding);
	return key;
}

static void other_kinds_of_keys_are_refused_by_name(void **state)
{
	(void)state;
	static const char *const curves[] = {"P-224", "P-521", "secp256k1", "brainpoolP256r1", "SM2"};
	for (size_t i = 0; i < COUNT(curves); i++)
		expect_key(curves[i], EVP_EC_gen(curves[i]), "curve is not P-256 or P-384");
	expect_key("explicit parameters", ec_as("P-256", "uncompressed", "explicit"), "curve is not P-256 or P-384");
	expect_key("compressed", ec_as("P-256", "compressed", "named_curve"), "not an uncompressed point");
	expect_key("hybrid", ec_as("P-384", "hybrid", "named_curve"), "not an uncompressed point");
	expect_key("Ed25519", EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"), "not RSA, P-256 or P-384");
	expect_key("X25519", EVP_PKEY_Q_keygen(NULL, NULL, "X25519"), "not RSA, P-256 or P-384");
}

/* The SubjectPublicKeyInfo of p256 or rsa with some octets changed. */
static void expect_octets(const char *name, EVP_PKEY *key, size_t at, const char *change, size_t len, const char *reason)
{
	struct buf spki = BUF_INIT(4096), der = BUF_INIT(4096);
	request_key(key, &spki);
	memcpy(spki.data + at, change, len);
	request_make(&(struct wanted_request){.signer = p256, .key = &spki}, &der);
	expect(name, &der, ERR_REFUSED, reason);
	buf_free(&spki);
	buf_free(&der);
}

static void keys_that_are_not_what_they_say_are_refused(void **state)
{
	(void)state;
	static const char zeros[64];
	char ones[64];
	memset(ones, 0xff, sizeof ones);
	expect_octets("the point (0, 0)", p256, 27, zeros, 64, "not a point of its curve");
	expect_octets("beyond the field", p256, 27, ones, 64, "not a point of its curve");
	expect_octets("another y", p256, 90, "\x00", 1, "not a point of its curve");
	expect_octets("RSA of PSS alone", rsa, 14, "\x0a", 1, "not RSA, P-256 or P-384");
	expect_octets("a negative modulus", rsa, 32, "\x80", 1, "positive numbers");
	struct buf spki = BUF_INIT(4096), der = BUF_INIT(4096);
	size_t place = der_open(&spki, DER_SEQUENCE); /* infinity is one octet */
	buf_add(&spki, "\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07", 21);
	der_primitive(&spki, DER_BIT_STRING, "\x00\x00", 2);
	der_close(&spki, place);
	request_make(&(struct wanted_request){.signer = p256, .key = &spki}, &der);
	expect("infinity", &der, ERR_REFUSED, "not an uncompressed point");
	buf_clear(&spki);
	buf_clear(&der);
	place = der_open(&spki, DER_SEQUENCE);
	buf_add(&spki, "\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\x00", 15);
	der_primitive(&spki, DER_BIT_STRING, "\x00\x30\x03\x02\x01\x03", 6);
	der_close(&spki, place);
	request_make(&(struct wanted_request){.signer = p256, .key = &spki}, &der);
	expect("RSA without exponent", &der, ERR_REFUSED, "two positive numbers");
	buf_clear(&spki);
	buf_clear(&der);
	place = der_open(&spki, DER_SEQUENCE);
	buf_add(&spki, "\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\x00", 15);
	der_primitive(&spki, DER_BIT_STRING, "\x00\x30\x07\x02\x01\x03\x02\x02\x00\x03", 10);
	der_close(&spki, place);
	request_make(&(struct wanted_request){.signer = p256, .key = &spki}, &der);
	expect("a number that is longer than it need be", &der, ERR_REFUSED, "two positive numbers");
	buf_free(&spki);
	buf_free(&der);
}

static void rsa_beyond_its_bounds_is_refused(void **state)
{
	(void)state;
	static const struct {
		int bits;
		const char *e, *reason;
	} cases[] = {
		{1024, "10001", "2048 to 4096 bits, this one 1024"},  {2047, "10001", "this one 2047"},
		{4097, "10001", "this one 4097"},                     {8192, "10001", "this one 8192"},
		{2048, "1", "exponent"},                              {2048, "3", "exponent"},
		{2048, "11", "exponent"},                             {2048, "10000", "exponent"},
		{2048, "10002", "exponent"},                          {2048, "FFFF", "exponent"},
		{2048, "80000001", "exponent"},                       {2048, "100000000000000000000000000000001", "exponent"},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		BIGNUM *n = BN_new(), *e = NULL;
		BN_rand(n, cases[i].bits, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ODD);
		BN_hex2bn(&e, cases[i].e);
		expect_key(cases[i].e, rsa_of(n, e, NULL), cases[i].reason);
		BN_free(n);
		BN_free(e);
	}
}

/* By its holder, who has the private half: only the weakness is left to refuse. */
static void expect_weak(const char *name, EVP_PKEY *key, const char *reason)
{
	struct buf der = BUF_INIT(65536);
	request_make(&(struct wanted_request){.signer = key}, &der);
	expect(name, &der, reason ? ERR_REFUSED : ERR_OK, reason ? reason : "");
	EVP_PKEY_free(key);
	buf_free(&der);
}

/* Of which there is no private half to sign with. */
static void expect_public(const char *name, const BIGNUM *p, const BIGNUM *q, const char *reason)
{
	BIGNUM *n = BN_new(), *e = BN_new();
	BN_CTX *ctx = BN_CTX_new();
	struct errbuf why = {""};
	BN_mul(n, p, q, ctx);
	BN_set_word(e, 65537);
	EVP_PKEY *key = rsa_of(n, e, NULL);
	enum err rc = key_weak_check(key, &why);
	if (rc != ERR_REFUSED || !strstr(why.text, reason))
		fail_msg("%s: wanted \"%s\", had %s \"%s\"\n", name, reason, err_word(rc), why.text);
	EVP_PKEY_free(key);
	BN_free(n);
	BN_free(e);
	BN_CTX_free(ctx);
}

static void keys_that_give_themselves_away_are_refused(void **state)
{
	(void)state;
	BIGNUM *p = a_prime(1024), *near = prime_behind(p, 500), *far = prime_behind(p, 540), *small = BN_new();
	BIGNUM *whole = a_prime(2048), *rest = a_prime(2040);
	BIGNUM *two = BN_new();
	BN_set_word(small, 751);
	BN_set_word(two, 2);
	expect_weak("the factor 751", rsa_of_primes(rest, small), "has the factor 751");
	expect_weak("close primes", rsa_of_primes(p, near), "Fermat");
	expect_public("twice the same prime", p, p, "Fermat");
	expect_public("a factor that is even", p, two, "has the factor 2");
	expect_weak("primes far enough apart", rsa_of_primes(p, far), NULL);
	expect_weak("a prime", rsa_of_primes(whole, NULL), "not a product of two primes");
	BIGNUM *const all[] = {p, near, far, small, whole, rest, two};
	for (size_t i = 0; i < COUNT(all); i++)
		BN_free(all[i]);
}

/* With n = a^2 - b^2 Fermat's method needs about b^2 / 2a rounds: here b is 2^514 and a what makes them so many. */
static void a_hundred_rounds_are_a_hundred(void **state)
{
	(void)state;
	static const unsigned rounds[] = {1, 95, 105, 1000};
	BIGNUM *a = BN_new(), *b2 = BN_new(), *n = BN_new(), *e = BN_new();
	BN_CTX *ctx = BN_CTX_new();
	BN_set_word(e, 65537);
	BN_set_bit(b2, 1028);
	for (size_t i = 0; i < COUNT(rounds); i++) {
		struct errbuf why;
		enum err rc = ERR_OK;
		BN_zero(a);
		BN_set_bit(a, 1027);
		BN_div_word(a, rounds[i]);
		BN_set_bit(a, 0);
		do { /* past those with a small factor, which is found first */
			BN_add_word(a, 2);
			BN_sqr(n, a, ctx);
			BN_sub(n, n, b2);
			EVP_PKEY *key = rsa_of(n, e, NULL);
			why.text[0] = '\0';
			rc = key_weak_check(key, &why);
			EVP_PKEY_free(key);
		} while (strstr(why.text, "factor"));
		if ((rc == ERR_REFUSED && strstr(why.text, "Fermat")) != (rounds[i] <= 100))
			fail_msg("%u rounds: %s \"%s\"\n", rounds[i], err_word(rc), why.text);
	}
	BN_free(a);
	BN_free(b2);
	BN_free(n);
	BN_free(e);
	BN_CTX_free(ctx);
}

static void keys_of_a_broken_library_are_refused(void **state)
{
	(void)state;
	BIGNUM *p = roca_prime(), *q = roca_prime();
	expect_weak("ROCA", rsa_of_primes(p, q), "ROCA");
	BN_free(p);
	BN_free(q);
}

/* Public samples of the authors of the attack, whole with their proof of possession: crocs-muni/roca on GitHub (MIT),
 * roca/tests/data/csr05.pem and csr03.pem. */
static const char roca_sample[] =
	"-----BEGIN CERTIFICATE REQUEST-----\n"
	"MIIC0jCCAbkCAQAwgYsxCzAJBgNVBAYTAkNaMQ0wCwYDVQQIDARCcm5vMQ0wCwYD\n"
	"VQQHDARCcm5vMRswGQYDVQQKDBJNYXNhcnlrIFVuaXZlcnNpdHkxJjAkBgNVBAsM\n"
	"HUZhY3VsdHkgb2YgSW5mb3JtYXRpY3MsIENSb0NTMRkwFwYDVQQDDBBjcm9jcy5m\n"
	"aS5tdW5pLmN6MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEBqcWmh9uP\n"
	"sqMPgt/43aFUwpHvJ7BLJeGFuKsgxMal9gSFn+We3lSgr3wOcoiACtcZO7cxpb8e\n"
	"EXDXocZpMNQeo+sh3t97ivXUKpHDT3IEW5bv1XyxgjAd3MJpZ+VQjpq4iZhtV+g3\n"
	"3+cPmfw3xJj0PBfDubBkz3BEQ9egM+A6ghaXqr8w+ynufTOzdnllqJBY47OXVL06\n"
	"HAB9KKI7DPp5+dcRrG5MS093sGNLHs1oWRrwPH1TtipfLZEWPU70+PJoMa5GHthe\n"
	"xfeIxRI//BLIdCD9z+odG0pSw1IYJPs5mDSHObYqmG2OdrIom8Lri8BtE4FHhRuD\n"
	"oHGD0hBVn5BjIQIDAQABoAAwDQYJKoZIhvcNAQELBQADggECAABFbW5YQEdkFcXw\n"
	"FCkNKvr7Xtnnihn+bsQgAFfHySK8oNxsviSoGbkz5SVjaldrHklFADoW1z58FDHW\n"
	"7zx7YLA73aRHYZJ4BE8vys8oMqZFutS3lPJgN5GPcEiPYsBlgNWldTGe5h2JdbBp\n"
	"K+pz9h2NnaY4/1+z6iONieox+AhqljL0XHZYxIxrhu5LaJj0ufd3EMLC8Nudye61\n"
	"5xLWhO2YrXuyhdoaoO5M6meDpMq+FjHjKN2NfyDg4FCdOs7AgyLKJHbjQFeNPIRj\n"
	"cbu4jtfN/vk1uVEc1M9WlcibklbikV1eO7dtmG9Td/HD8KQFyI08ytlN8YZJ7IMf\n"
	"d/I4QXTy\n"
	"-----END CERTIFICATE REQUEST-----\n";
static const char good_sample[] =
	"-----BEGIN CERTIFICATE REQUEST-----\n"
	"MIIC0TCCAbkCAQAwgYsxCzAJBgNVBAYTAkNaMQ0wCwYDVQQIDARCcm5vMQ0wCwYD\n"
	"VQQHDARCcm5vMRswGQYDVQQKDBJNYXNhcnlrIFVuaXZlcnNpdHkxJjAkBgNVBAsM\n"
	"HUZhY3VsdHkgb2YgSW5mb3JtYXRpY3MsIENSb0NTMRkwFwYDVQQDDBBjcm9jcy5m\n"
	"aS5tdW5pLmN6MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAumj8X7tg\n"
	"bE1CirmLNV1mIU209+R1tff/3cNJxz99ZZllEhqxakAU5sRlwRHYUCBYU9ET9xIS\n"
	"fkojCql/SB7tZBD2w0X0jiX7gcQuxoFdw1zdg54N6R+yvshI0JEPp34sMfmeybzH\n"
	"7RZ4Er1yQxiwrfSS1rR8XOBQGE6HfqZARflQG/cFac/9EC23KZ9J6cACIq+RFdCq\n"
	"2pZ9/nWbfkV26Fw6T/WUA5IxuQtEi5DDI2CDvPgZvDGNU6IBjsm0AfECup7hPd5Z\n"
	"KkKwMt8TZonZxWGdtV1RmFOkItMQBiTS2eR4IYN19GDCaTDtqM0NlH5Y/+m3viRF\n"
	"NW3q7ZiCI+PtHQIDAQABoAAwDQYJKoZIhvcNAQELBQADggEBAJ1m38NUOMlspvIh\n"
	"7rXAXmrYKnBZ/L2slgwBo5whdbd/nKpjI/x24tNsnV3o+HHWA50zesyLJ1Z3xIZ5\n"
	"5V3HX4YB5Fm3BEbNB6/ERzqRXMYoKLHLMXZJ3J8vReZx1jHtu4nGZ3iNBcc4+KFt\n"
	"hnChpGII3KI4nqbQpBKBhkqWKnGNrB0tn1I1pRmwrqrgKpp0YNbQRdygfyvAbCUc\n"
	"4Cyh3eq6AZzUWqjizD3IJA3Xy1kvFhFuANeSEAygKwWUXHyKbYnuFishwBDaLTRV\n"
	"quLc4mc4ISTukvKLVj0W3/HA5rJMI8WOT2P8p9knFd73kcN0HKL6ujrnQXRRzSeD\n"
	"VQHdT3A=\n"
	"-----END CERTIFICATE REQUEST-----\n";

static void public_samples_are_told_apart(void **state)
{
	(void)state;
	struct buf der = BUF_INIT(REQUEST_MAX_BYTES);
	assert_ok(request_to_der(roca_sample, strlen(roca_sample), &der, NULL));
	expect("the sample of the attack", &der, ERR_REFUSED, "ROCA, CVE-2017-15361");
	buf_clear(&der);
	assert_ok(request_to_der(good_sample, strlen(good_sample), &der, NULL));
	expect("the sample of a good key", &der, ERR_OK, "");
	buf_free(&der);
}

static void good_keys_are_not_taken_for_weak_ones(void **state)
{
	(void)state;
	for (int i = 0; i < 6; i++) {
		EVP_PKEY *key = NULL;
		assert_ok(key_generate(i % 2 ? KEY_RSA2048 : KEY_RSA3072, &key));
		assert_ok(key_weak_check(key, NULL));
		EVP_PKEY_free(key);
	}
	assert_ok(key_weak_check(p384, NULL));
}

static void a_key_is_known_again_in_a_certificate(void **state)
{
	(void)state;
	struct pki pki;
	EVP_PKEY *const keys[] = {p256, p384, rsa};
	pki_new(&pki, NOW);
	for (size_t i = 0; i < COUNT(keys); i++) {
		struct buf der = BUF_INIT(16384);
		struct certificate_facts facts;
		uint8_t wanted[KEY_HASH_BYTES];
		issue_der(&pki.issuing, PROFILE_CLIENT, keys[i], &der);
		assert_ok(certificate_read(der.data, der.len, &facts, NULL));
		assert_ok(key_hash(keys[i], wanted));
		assert_memory_equal(facts.key_hash, wanted, sizeof wanted);
		buf_free(&der);
	}
	pki_clear(&pki);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(too_large_is_refused_before_it_is_looked_at),
		cmocka_unit_test(cut_lengthened_or_changed_in_any_bit_it_is_refused),
		cmocka_unit_test(requests_of_another_shape_are_malformed),
		cmocka_unit_test(depth_costs_nothing),
		cmocka_unit_test(without_proof_of_possession_it_is_refused),
		cmocka_unit_test(other_kinds_of_keys_are_refused_by_name),
		cmocka_unit_test(keys_that_are_not_what_they_say_are_refused),
		cmocka_unit_test(rsa_beyond_its_bounds_is_refused),
		cmocka_unit_test(keys_that_give_themselves_away_are_refused),
		cmocka_unit_test(a_hundred_rounds_are_a_hundred),
		cmocka_unit_test(keys_of_a_broken_library_are_refused),
		cmocka_unit_test(public_samples_are_told_apart),
		cmocka_unit_test(good_keys_are_not_taken_for_weak_ones),
		cmocka_unit_test(good_requests_give_their_key_and_nothing_else),
		cmocka_unit_test(what_openssl_writes_is_read_from_der_and_pem),
		cmocka_unit_test(a_key_is_known_again_in_a_certificate),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}

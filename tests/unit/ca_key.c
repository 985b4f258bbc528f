#include "tests/unit/ca_fixture.h"

#include "ca/key.h"

#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

static struct secret *text_secret(const char *text)
{
	struct secret *s = secret_copy(text, strlen(text));
	assert_non_null(s);
	return s;
}

static void every_type_is_made_as_it_is_named(void **state)
{
	(void)state;
	for (enum key_type type = 0; type < KEY_TYPE_COUNT; type++) {
		EVP_PKEY *key = NULL;
		enum key_type named = KEY_TYPE_COUNT, found = KEY_TYPE_COUNT;
		assert_ok(key_generate(type, &key));
		assert_ok(key_type_of(key, &found));
		assert_int_equal(found, type);
		assert_ok(key_type_from_name(key_type_name(type), &named));
		assert_int_equal(named, type);
		EVP_PKEY_free(key);
	}
	enum key_type type;
	EVP_PKEY *key = NULL;
	assert_int_equal(key_type_from_name("rsa1024", &type), ERR_INVALID);
	assert_int_equal(key_type_from_name("", &type), ERR_INVALID);
	assert_int_equal(key_generate(KEY_TYPE_COUNT, &key), ERR_INVALID);
	assert_null(key);
	assert_null(key_type_name(KEY_TYPE_COUNT));
}

static void rsa_numbers_hold_together(void **state)
{
	(void)state;
	EVP_PKEY *key = NULL;
	assert_ok(key_generate(KEY_RSA2048, &key));
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key, NULL);
	assert_int_equal(EVP_PKEY_check(ctx), 1);
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(key);
}

static void two_keys_are_never_the_same(void **state)
{
	(void)state;
	static const enum key_type types[] = {KEY_P256, KEY_RSA2048};
	for (size_t i = 0; i < COUNT(types); i++) {
		EVP_PKEY *a = NULL, *b = NULL;
		assert_ok(key_generate(types[i], &a));
		assert_ok(key_generate(types[i], &b));
		assert_int_not_equal(EVP_PKEY_eq(a, b), 1);
		EVP_PKEY_free(a);
		EVP_PKEY_free(b);
	}
}

static void a_key_that_may_be_brought_has_one_of_our_types_where_there_is_one(void **state)
{
	(void)state;
	static const struct {
		struct own_keys permitted;
		enum key_type wanted;
	} cases[] = {
		{{.curves = 1u << KEY_P256 | 1u << KEY_P384, .rsa_least = 2048, .rsa_most = 4096}, KEY_P256},
		{{.curves = 1u << KEY_P384}, KEY_P384},
		{{.curves = 1u << KEY_P384, .rsa_least = 2048, .rsa_most = 4096}, KEY_P384},
		{{.rsa_least = 2048, .rsa_most = 4096}, KEY_RSA2048},
		{{.rsa_least = 2048, .rsa_most = 2048}, KEY_RSA2048},
		{{.rsa_least = 2049, .rsa_most = 3072}, KEY_RSA3072},
		{{.rsa_least = 2049, .rsa_most = 3071}, KEY_TYPE_COUNT},
		{{.rsa_least = 4096, .rsa_most = 4096}, KEY_TYPE_COUNT},
		{{.curves = 0}, KEY_TYPE_COUNT},
	};
	for (size_t i = 0; i < COUNT(cases); i++)
		if (key_own_type(&cases[i].permitted) != cases[i].wanted)
			fail_msg("case %zu: type %d", i, (int)key_own_type(&cases[i].permitted));
}

static EVP_PKEY *rsa_with_exponent_3(void)
{
	EVP_PKEY *key = NULL;
	BIGNUM *e = BN_new();
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	assert_int_equal(BN_set_word(e, 3), 1);
	assert_int_equal(EVP_PKEY_keygen_init(ctx), 1);
	assert_int_equal(EVP_PKEY_CTX_set_rsa_keygen_bits(ctx, 2048), 1);
	assert_int_equal(EVP_PKEY_CTX_set1_rsa_keygen_pubexp(ctx, e), 1);
	assert_int_equal(EVP_PKEY_keygen(ctx, &key), 1);
	EVP_PKEY_CTX_free(ctx);
	BN_free(e);
	return key;
}

static EVP_PKEY *p256_with_explicit_parameters(void)
{
	EVP_PKEY *key = NULL;
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	assert_int_equal(EVP_PKEY_keygen_init(ctx), 1);
	assert_int_equal(EVP_PKEY_CTX_set_ec_paramgen_curve_nid(ctx, NID_X9_62_prime256v1), 1);
	assert_int_equal(EVP_PKEY_CTX_set_ec_param_enc(ctx, OPENSSL_EC_EXPLICIT_CURVE), 1);
	assert_int_equal(EVP_PKEY_keygen(ctx, &key), 1);
	EVP_PKEY_CTX_free(ctx);
	return key;
}

static void other_keys_have_no_type(void **state)
{
	(void)state;
	struct {
		const char *name;
		EVP_PKEY *key;
	} others[] = {
		{"RSA 1024", EVP_RSA_gen(1024)},
		{"RSA 2047", EVP_RSA_gen(2047)},
		{"RSA with exponent 3", rsa_with_exponent_3()},
		{"P-224", EVP_EC_gen("P-224")},
		{"P-521", EVP_EC_gen("P-521")},
		{"secp256k1", EVP_EC_gen("secp256k1")},
		{"P-256, explicit parameters", p256_with_explicit_parameters()},
		{"Ed25519", EVP_PKEY_Q_keygen(NULL, NULL, "ED25519")},
	};
	for (size_t i = 0; i < COUNT(others); i++) {
		enum key_type type = KEY_TYPE_COUNT;
		assert_non_null(others[i].key);
		if (key_type_of(others[i].key, &type) != ERR_REFUSED || type != KEY_TYPE_COUNT)
			fail_msg("accepted: %s\n", others[i].name);
		EVP_PKEY_free(others[i].key);
	}
}

static void a_key_returns_from_pem_and_der(void **state)
{
	(void)state;
	for (enum key_type type = 0; type < KEY_TYPE_COUNT; type++) {
		EVP_PKEY *key = NULL, *back = NULL, *der_back = NULL;
		struct buf pem = BUF_INIT(8192);
		struct secret *der = NULL;
		assert_ok(key_generate(type, &key));
		assert_ok(key_write_pem(key, NULL, &pem));
		assert_memory_equal(pem.data, "-----BEGIN PRIVATE KEY-----\n", 28);
		assert_ok(key_read_pem(pem.data, pem.len, NULL, &back, NULL));
		assert_int_equal(EVP_PKEY_eq(key, back), 1);
		assert_ok(key_write_der(key, &der));
		assert_ok(key_read_der(secret_peek(der), secret_len(der), &der_back));
		assert_int_equal(EVP_PKEY_eq(key, der_back), 1);
		secret_free(der);
		buf_free(&pem);
		EVP_PKEY_free(key);
		EVP_PKEY_free(back);
		EVP_PKEY_free(der_back);
	}
}

static void an_encrypted_key_opens_with_its_pass_phrase_only(void **state)
{
	(void)state;
	EVP_PKEY *key = NULL, *back = NULL;
	struct buf pem = BUF_INIT(8192);
	struct secret *right = text_secret("pass phrase \xc3\xa4"), *wrong = text_secret("pass phrase a");
	struct secret *cut = text_secret("pass phrase \xc3");
	struct errbuf why = {""};
	assert_ok(key_generate(KEY_P256, &key));
	assert_ok(key_write_pem(key, right, &pem));
	assert_memory_equal(pem.data, "-----BEGIN ENCRYPTED PRIVATE KEY-----\n", 38);
	assert_int_equal(key_read_pem(pem.data, pem.len, NULL, &back, &why), ERR_REFUSED);
	assert_non_null(strstr(why.text, "no pass phrase"));
	assert_int_equal(key_read_pem(pem.data, pem.len, wrong, &back, NULL), ERR_REFUSED);
	assert_int_equal(key_read_pem(pem.data, pem.len, cut, &back, NULL), ERR_REFUSED);
	assert_null(back);
	assert_ok(key_read_pem(pem.data, pem.len, right, &back, NULL));
	assert_int_equal(EVP_PKEY_eq(key, back), 1);
	secret_free(right);
	secret_free(wrong);
	secret_free(cut);
	buf_free(&pem);
	EVP_PKEY_free(key);
	EVP_PKEY_free(back);
}

/* The header promises PBES2, AES-256-CBC, PBKDF2 with HMAC-SHA-256 and 600,000 rounds: 600000 is 09 27 C0. */
static void an_encrypted_key_says_the_promised_algorithms(void **state)
{
	(void)state;
	static const uint8_t rounds[] = {0x02, 0x03, 0x09, 0x27, 0xc0};
	static const uint8_t hmac_sha256[] = {0x06, 0x08, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x02, 0x09};
	static const uint8_t aes_256_cbc[] = {0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x01, 0x2a};
	static const uint8_t salt_16[] = {0x04, 0x10};
	EVP_PKEY *key = NULL;
	struct buf pem = BUF_INIT(8192);
	struct secret *pass = text_secret("x");
	char *name = NULL, *header = NULL;
	uint8_t *der = NULL;
	long len = 0;
	assert_ok(key_generate(KEY_P384, &key));
	assert_ok(key_write_pem(key, pass, &pem));
	BIO *bio = BIO_new_mem_buf(pem.data, (int)pem.len);
	assert_int_equal(PEM_read_bio(bio, &name, &header, &der, &len), 1);
	assert_non_null(memmem(der, (size_t)len, rounds, sizeof rounds));
	assert_non_null(memmem(der, (size_t)len, hmac_sha256, sizeof hmac_sha256));
	assert_non_null(memmem(der, (size_t)len, aes_256_cbc, sizeof aes_256_cbc));
	assert_non_null(memmem(der, (size_t)len, salt_16, sizeof salt_16));
	OPENSSL_free(name);
	OPENSSL_free(header);
	OPENSSL_free(der);
	BIO_free(bio);
	secret_free(pass);
	buf_free(&pem);
	EVP_PKEY_free(key);
}

static void text_that_holds_no_pkcs8_key_is_malformed(void **state)
{
	(void)state;
	static const char *const bad[] = {
		"no PEM at all",
		"-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n",
		"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
		"-----BEGIN PRIVATE KEY-----\nMAA=\n",
		"-----BEGIN ENCRYPTED PRIVATE KEY-----\nMAA=\n-----END ENCRYPTED PRIVATE KEY-----\n",
		"-----BEGIN EC PRIVATE KEY-----\nMAA=\n-----END EC PRIVATE KEY-----\n",
		"-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n",
	};
	struct secret *pass = text_secret("x");
	EVP_PKEY *key = NULL;
	for (size_t i = 0; i < COUNT(bad); i++)
		if (key_read_pem(bad[i], strlen(bad[i]), pass, &key, NULL) != ERR_MALFORMED)
			fail_msg("not malformed: %s\n", bad[i]);
	assert_int_equal(key_read_pem("", 0, NULL, &key, NULL), ERR_MALFORMED);
	assert_int_equal(key_read_der("", 0, &key), ERR_MALFORMED);
	assert_null(key);
	secret_free(pass);
}

static void a_key_cut_at_any_length_is_malformed(void **state)
{
	(void)state;
	EVP_PKEY *key = NULL, *back = NULL;
	struct secret *der = NULL;
	assert_ok(key_generate(KEY_P256, &key));
	assert_ok(key_write_der(key, &der));
	for (size_t cut = 0; cut < secret_len(der); cut++)
		if (key_read_der(secret_peek(der), cut, &back) != ERR_MALFORMED)
			fail_msg("accepted at %zu of %zu bytes\n", cut, secret_len(der));
	struct buf longer = BUF_INIT(1024);
	buf_add(&longer, secret_peek(der), secret_len(der));
	buf_byte(&longer, 0);
	assert_int_equal(key_read_der(longer.data, longer.len, &back), ERR_MALFORMED);
	assert_null(back);
	buf_free(&longer);
	secret_free(der);
	EVP_PKEY_free(key);
}

static void a_pass_phrase_above_its_bound_is_refused(void **state)
{
	(void)state;
	EVP_PKEY *key = NULL;
	struct buf pem = BUF_INIT(8192);
	struct secret *most = secret_new(1024), *more = secret_new(1025);
	assert_ok(key_generate(KEY_P256, &key));
	assert_int_equal(key_write_pem(key, more, &pem), ERR_TOO_LARGE);
	assert_int_equal(pem.len, 0);
	assert_ok(key_write_pem(key, most, &pem));
	secret_free(most);
	secret_free(more);
	buf_free(&pem);
	EVP_PKEY_free(key);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_type_is_made_as_it_is_named),
		cmocka_unit_test(rsa_numbers_hold_together),
		cmocka_unit_test(two_keys_are_never_the_same),
		cmocka_unit_test(a_key_that_may_be_brought_has_one_of_our_types_where_there_is_one),
		cmocka_unit_test(other_keys_have_no_type),
		cmocka_unit_test(a_key_returns_from_pem_and_der),
		cmocka_unit_test(an_encrypted_key_opens_with_its_pass_phrase_only),
		cmocka_unit_test(an_encrypted_key_says_the_promised_algorithms),
		cmocka_unit_test(text_that_holds_no_pkcs8_key_is_malformed),
		cmocka_unit_test(a_key_cut_at_any_length_is_malformed),
		cmocka_unit_test(a_pass_phrase_above_its_bound_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* What this process has of OpenSSL, held against all of it, which a context of its own has. */
#include "ca/key.h"
#include "ca/openssl_narrow.h"
#include "tests/support/test.h"

#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/provider.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

static OSSL_LIB_CTX *all_of_it;
static OSSL_PROVIDER *its_provider;

static int make_all(void **state)
{
	(void)state;
	all_of_it = OSSL_LIB_CTX_new();
	its_provider = all_of_it ? OSSL_PROVIDER_load(all_of_it, "default") : NULL;
	return its_provider ? 0 : -1;
}

static int free_all(void **state)
{
	(void)state;
	int done = OSSL_PROVIDER_unload(its_provider);
	OSSL_LIB_CTX_free(all_of_it);
	return done == 1 ? 0 : -1;
}

static EVP_PKEY *made_by_all(const char *type, const char *group)
{
	EVP_PKEY *key = NULL;
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(all_of_it, type, NULL);
	assert_non_null(ctx);
	assert_int_equal(EVP_PKEY_keygen_init(ctx), 1);
	if (group)
		assert_int_equal(EVP_PKEY_CTX_set_group_name(ctx, group), 1);
	assert_int_equal(EVP_PKEY_generate(ctx, &key), 1);
	EVP_PKEY_CTX_free(ctx);
	return key;
}

struct bytes {
	uint8_t *der;
	int len;
};

static struct bytes public_of(EVP_PKEY *key)
{
	struct bytes b = {NULL, 0};
	b.len = i2d_PUBKEY(key, &b.der);
	assert_true(b.len > 0);
	return b;
}

static struct bytes private_of(EVP_PKEY *key)
{
	struct bytes b = {NULL, 0};
	PKCS8_PRIV_KEY_INFO *info = EVP_PKEY2PKCS8(key);
	assert_non_null(info);
	b.len = i2d_PKCS8_PRIV_KEY_INFO(info, &b.der);
	assert_true(b.len > 0);
	PKCS8_PRIV_KEY_INFO_free(info);
	return b;
}

static void assert_same_and_free(struct bytes a, struct bytes b)
{
	assert_int_equal(a.len, b.len);
	assert_memory_equal(a.der, b.der, (size_t)a.len);
	OPENSSL_free(a.der);
	OPENSSL_free(b.der);
}

static const struct {
	const char *name, *type, *group;
} ours[] = {
	{"RSA", "RSA", NULL},
	{"P-256", "EC", "prime256v1"},
	{"P-384", "EC", "secp384r1"},
};

static void our_keys_are_read_and_written_in_the_same_bytes(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof ours / sizeof *ours; i++) {
		EVP_PKEY *theirs = made_by_all(ours[i].type, ours[i].group), *half = NULL, *whole = NULL;
		struct bytes public = public_of(theirs), private = private_of(theirs);
		const uint8_t *at = public.der;
		print_message("%s\n", ours[i].name);
		half = d2i_PUBKEY(NULL, &at, public.len);
		assert_non_null(half);
		assert_int_equal(key_read_der(private.der, (size_t)private.len, &whole), ERR_OK);
		assert_int_equal(EVP_PKEY_eq(half, whole), 1);
		assert_same_and_free(public_of(half), public);
		assert_same_and_free(private_of(whole), private);
		EVP_PKEY_free(theirs);
		EVP_PKEY_free(half);
		EVP_PKEY_free(whole);
	}
}

static void a_public_key_of_another_kind_is_not_even_read(void **state)
{
	static const char *const types[] = {"ED25519", "X25519", "ED448", "SM2", "RSA-PSS"};
	(void)state;
	for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
		EVP_PKEY *theirs = made_by_all(types[i], NULL), *key = NULL;
		struct bytes public = public_of(theirs);
		const uint8_t *at = public.der;
		print_message("%s\n", types[i]);
		assert_null(d2i_PUBKEY(NULL, &at, public.len));
		at = public.der;
		key = d2i_PUBKEY_ex(NULL, &at, public.len, all_of_it, NULL); /* which is no fault of the bytes */
		assert_non_null(key);
		OPENSSL_free(public.der);
		EVP_PKEY_free(key);
		EVP_PKEY_free(theirs);
	}
	ERR_clear_error();
}

static void what_one_signs_the_other_verifies(void **state)
{
	static const uint8_t text[] = "text";
	(void)state;
	for (enum key_type type = 0; type < KEY_TYPE_COUNT; type++) {
		EVP_PKEY *key = NULL;
		uint8_t signature[512];
		size_t len = sizeof signature;
		EVP_MD_CTX *sign = EVP_MD_CTX_new(), *verify = EVP_MD_CTX_new();
		assert_int_equal(key_generate(type, &key), ERR_OK);
		struct bytes public = public_of(key);
		const uint8_t *at = public.der;
		EVP_PKEY *half = d2i_PUBKEY_ex(NULL, &at, public.len, all_of_it, NULL);
		assert_int_equal(EVP_DigestSignInit(sign, NULL, EVP_sha256(), NULL, key), 1);
		assert_int_equal(EVP_DigestSign(sign, signature, &len, text, sizeof text), 1);
		assert_int_equal(EVP_DigestVerifyInit_ex(verify, NULL, "SHA256", all_of_it, NULL, half, NULL), 1);
		assert_int_equal(EVP_DigestVerify(verify, signature, len, text, sizeof text), 1);
		EVP_MD_CTX_free(sign);
		EVP_MD_CTX_free(verify);
		OPENSSL_free(public.der);
		EVP_PKEY_free(half);
		EVP_PKEY_free(key);
	}
}

static void a_pem_key_is_read_also_under_a_pass_phrase(void **state)
{
	(void)state;
	struct secret *pass = secret_copy("pass phrase", 11);
	EVP_PKEY *key = NULL, *again = NULL;
	struct buf pem = BUF_INIT(16384);
	assert_int_equal(key_generate(KEY_P256, &key), ERR_OK);
	assert_int_equal(key_write_pem(key, pass, &pem), ERR_OK);
	assert_int_equal(key_read_pem(pem.data, pem.len, pass, &again, NULL), ERR_OK);
	assert_int_equal(EVP_PKEY_eq(key, again), 1);
	secret_free(pass);
	buf_free(&pem);
	EVP_PKEY_free(key);
	EVP_PKEY_free(again);
}

static void once_the_default_provider_is_there_it_is_too_late(void **state)
{
	(void)state;
	assert_int_equal(OSSL_PROVIDER_available(NULL, "default"), 0);
	assert_int_equal(OSSL_PROVIDER_available(NULL, "narrow"), 1);
	assert_int_equal(openssl_narrow(), ERR_OK); /* nothing has changed */
	OSSL_PROVIDER *theirs = OSSL_PROVIDER_load(NULL, "default");
	assert_non_null(theirs);
	assert_int_equal(openssl_narrow(), ERR_CRYPTO);
	assert_int_equal(OSSL_PROVIDER_unload(theirs), 1);
}

int main(void)
{
	if (openssl_narrow() != ERR_OK)
		return 1;
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(our_keys_are_read_and_written_in_the_same_bytes),
		cmocka_unit_test(a_public_key_of_another_kind_is_not_even_read),
		cmocka_unit_test(what_one_signs_the_other_verifies),
		cmocka_unit_test(a_pem_key_is_read_also_under_a_pass_phrase),
		cmocka_unit_test(once_the_default_provider_is_there_it_is_too_late),
	};
	return cmocka_run_group_tests(tests, make_all, free_all);
}

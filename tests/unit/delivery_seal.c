#include "tests/support/test.h"

#include "base/clock.h"
#include "delivery/seal.h"
#include "tests/support/clock_injected.h"

#include <openssl/cms.h>
#include <openssl/ec.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <string.h>

static const char plain[] = "{\"kind\":\"code\",\"fields\":{\"code\":\"ABCD2345\"}}";
enum { PLAIN_LEN = sizeof plain - 1 };

struct pair {
	EVP_PKEY *key;
	X509 *certificate;
};
static struct pair courier, stranger;

static int make_pairs(void **state)
{
	(void)state;
	return seal_recipient_new("courier", &courier.key, &courier.certificate) ||
	       seal_recipient_new("courier", &stranger.key, &stranger.certificate);
}

static int free_pairs(void **state)
{
	(void)state;
	EVP_PKEY_free(courier.key);
	X509_free(courier.certificate);
	EVP_PKEY_free(stranger.key);
	X509_free(stranger.certificate);
	return 0;
}

static struct buf sealed_plain(void)
{
	struct buf sealed = BUF_INIT(4096);
	assert_int_equal(seal_to(courier.certificate, plain, PLAIN_LEN, &sealed), ERR_OK);
	return sealed;
}

static enum err try_open(const uint8_t *sealed, size_t len)
{
	struct secret *out = NULL;
	enum err e = seal_open_with(courier.certificate, courier.key, sealed, len, &out);
	if (e)
		assert_null(out);
	secret_free(out);
	return e;
}

static void a_message_travels_whole(void **state)
{
	(void)state;
	struct buf sealed = sealed_plain();
	struct secret *out = NULL;
	assert_int_equal(seal_open_with(courier.certificate, courier.key, sealed.data, sealed.len, &out), ERR_OK);
	assert_int_equal(secret_len(out), PLAIN_LEN);
	assert_string_equal(secret_string(out), plain);
	assert_null(memmem(sealed.data, sealed.len, "ABCD2345", 8));
	secret_free(out);
	buf_free(&sealed);
}

static void every_flipped_bit_of_a_message_is_refused(void **state)
{
	(void)state;
	struct buf sealed = sealed_plain();
	for (size_t bit = 0; bit < 8 * sealed.len; bit++) {
		sealed.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
		enum err e = try_open(sealed.data, sealed.len);
		if (e != ERR_REFUSED)
			fail_msg("bit %zu: %s", bit, err_word(e));
		sealed.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	assert_int_equal(try_open(sealed.data, sealed.len), ERR_OK);
	buf_free(&sealed);
}

static void a_message_cut_or_lengthened_is_refused(void **state)
{
	(void)state;
	struct buf sealed = sealed_plain();
	for (size_t len = 0; len < sealed.len; len++)
		assert_int_equal(try_open(sealed.data, len), ERR_REFUSED);
	buf_byte(&sealed, 0);
	assert_int_equal(try_open(sealed.data, sealed.len), ERR_REFUSED);
	buf_free(&sealed);
}

static void only_the_recipient_opens_it(void **state)
{
	(void)state;
	struct buf sealed = sealed_plain();
	struct secret *out = NULL;
	const struct pair mixed[] = {
		stranger,
		{.key = stranger.key, .certificate = courier.certificate},
		{.key = courier.key, .certificate = stranger.certificate},
	};
	for (size_t i = 0; i < sizeof mixed / sizeof mixed[0]; i++)
		assert_int_equal(seal_open_with(mixed[i].certificate, mixed[i].key, sealed.data, sealed.len, &out),
				 ERR_REFUSED);
	buf_free(&sealed);
}

static void add_cms(struct buf *out, const EVP_CIPHER *cipher)
{
	STACK_OF(X509) *to = sk_X509_new_null();
	sk_X509_push(to, courier.certificate);
	BIO *in = BIO_new_mem_buf(plain, PLAIN_LEN);
	CMS_ContentInfo *cms = CMS_encrypt(to, in, cipher, CMS_BINARY);
	unsigned char *der = NULL;
	int len = i2d_CMS_ContentInfo(cms, &der);
	assert_true(len > 0);
	buf_add(out, der, (size_t)len);
	OPENSSL_free(der);
	CMS_ContentInfo_free(cms);
	BIO_free(in);
	sk_X509_free(to);
}

static void what_openssl_opens_but_we_do_not_write_is_refused(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		const EVP_CIPHER *(*cipher)(void);
	} shapes[] = {
		{"not authenticated", EVP_aes_256_cbc},
		{"AES-128-GCM", EVP_aes_128_gcm},
		{"SHA-1 key derivation", EVP_aes_256_gcm},
	};
	for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
		struct buf sealed = BUF_INIT(4096);
		add_cms(&sealed, shapes[i].cipher());
		if (try_open(sealed.data, sealed.len) != ERR_REFUSED)
			fail_msg("opened: %s", shapes[i].name);
		buf_free(&sealed);
	}
}

static void two_seals_of_one_message_differ(void **state)
{
	(void)state;
	struct buf a = sealed_plain(), b = sealed_plain();
	assert_int_equal(a.len, b.len);
	assert_memory_not_equal(a.data, b.data, a.len);
	buf_free(&a);
	buf_free(&b);
}

static void seals_have_bounds(void **state)
{
	(void)state;
	static uint8_t big[SEAL_MAX_BYTES + 1];
	struct buf out = BUF_INIT(SEAL_MAX_BYTES + 4096), small = BUF_INIT(100);
	assert_int_equal(seal_to(courier.certificate, "", 0, &out), ERR_INVALID);
	assert_int_equal(seal_to(courier.certificate, big, sizeof big, &out), ERR_TOO_LARGE);
	assert_int_equal(seal_to(courier.certificate, big, SEAL_MAX_BYTES, &out), ERR_TOO_LARGE);
	assert_int_equal(out.len, 0);
	assert_int_equal(seal_to(courier.certificate, big, SEAL_MAX_BYTES - 1024, &out), ERR_OK);
	assert_int_equal(try_open(out.data, out.len), ERR_OK);
	assert_int_equal(seal_to(courier.certificate, plain, PLAIN_LEN, &small), ERR_TOO_LARGE);
	assert_int_equal(small.len, 0);
	buf_free(&out);
	buf_free(&small);
}

static void an_rsa_recipient_is_refused(void **state)
{
	(void)state;
	X509 *certificate = X509_dup(courier.certificate);
	EVP_PKEY *rsa = EVP_RSA_gen(2048);
	struct buf out = BUF_INIT(4096);
	assert_int_equal(X509_set_pubkey(certificate, rsa), 1);
	assert_int_equal(seal_to(certificate, plain, PLAIN_LEN, &out), ERR_CRYPTO);
	assert_int_equal(out.len, 0);
	EVP_PKEY_free(rsa);
	X509_free(certificate);
}

static void a_recipient_lives_20_years_for_key_agreement_only(void **state)
{
	(void)state;
	struct pair p = {0};
	char curve[16] = {0};
	clock_inject(1800000000);
	assert_int_equal(seal_recipient_new("n1 courier", &p.key, &p.certificate), ERR_OK);
	clock_inject(-1);
	assert_int_equal(EVP_PKEY_get_group_name(p.key, curve, sizeof curve, NULL), 1);
	assert_string_equal(curve, "prime256v1");
	assert_int_equal(X509_verify(p.certificate, p.key), 1);
	assert_int_equal(X509_get_key_usage(p.certificate), KU_KEY_AGREEMENT);
	assert_int_equal(X509_check_ca(p.certificate), 0);
	time_t begin = 1800000000, end = begin + (time_t)(20 * 365 + 5) * 86400;
	assert_int_equal(X509_cmp_time(X509_get0_notBefore(p.certificate), &(time_t){begin + 1}), -1);
	assert_int_equal(X509_cmp_time(X509_get0_notAfter(p.certificate), &(time_t){end - 1}), 1);
	assert_int_equal(X509_cmp_time(X509_get0_notAfter(p.certificate), &(time_t){end + 1}), -1);
	EVP_PKEY_free(p.key);
	X509_free(p.certificate);
}

static const char label[] = "package modern\0k3m7q2w4x5y6z7a2";
enum { LABEL_LEN = sizeof label - 1 };

static struct secret *rest_key(uint8_t fill)
{
	struct secret *key = secret_new(SEAL_KEY_BYTES);
	memset(secret_bytes(key), fill, SEAL_KEY_BYTES);
	return key;
}

static enum err try_rest(const struct secret *key, size_t label_len, const uint8_t *sealed, size_t len)
{
	struct secret *out = NULL;
	enum err e = seal_open_rest(key, label, label_len, sealed, len, &out);
	secret_free(out);
	return e;
}

static void bytes_at_rest_come_back_and_say_their_key(void **state)
{
	(void)state;
	/* SHA-256 of "counterfoil key id" and 32 bytes of 07, by Python */
	static const uint8_t head[] = {1, 0x5f, 0x69, 0x39, 0x93, 0x96, 0x39, 0x58, 0x07};
	struct secret *key = rest_key(7), *out = NULL;
	struct buf sealed = BUF_INIT(1000);
	assert_int_equal(seal_rest(key, label, LABEL_LEN, plain, PLAIN_LEN, &sealed), ERR_OK);
	assert_int_equal(sealed.len, PLAIN_LEN + SEAL_OVERHEAD);
	assert_memory_equal(sealed.data, head, sizeof head);
	assert_null(memmem(sealed.data, sealed.len, "ABCD2345", 8));
	assert_int_equal(seal_open_rest(key, label, LABEL_LEN, sealed.data, sealed.len, &out), ERR_OK);
	assert_int_equal(secret_len(out), PLAIN_LEN);
	assert_string_equal(secret_string(out), plain);
	secret_free(out);
	secret_free(key);
	buf_free(&sealed);
}

static void every_flipped_bit_and_every_cut_at_rest_is_refused(void **state)
{
	(void)state;
	struct secret *key = rest_key(7);
	struct buf sealed = BUF_INIT(1000);
	assert_int_equal(seal_rest(key, label, LABEL_LEN, plain, PLAIN_LEN, &sealed), ERR_OK);
	for (size_t bit = 0; bit < 8 * sealed.len; bit++) {
		sealed.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
		if (try_rest(key, LABEL_LEN, sealed.data, sealed.len) != ERR_REFUSED)
			fail_msg("bit %zu", bit);
		sealed.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	for (size_t len = 0; len < sealed.len; len++)
		assert_int_equal(try_rest(key, LABEL_LEN, sealed.data, len), ERR_REFUSED);
	assert_int_equal(try_rest(key, LABEL_LEN, sealed.data, sealed.len), ERR_OK);
	buf_byte(&sealed, 0);
	assert_int_equal(try_rest(key, LABEL_LEN, sealed.data, sealed.len), ERR_REFUSED);
	secret_free(key);
	buf_free(&sealed);
}

static void another_label_or_key_opens_nothing_at_rest(void **state)
{
	(void)state;
	struct secret *key = rest_key(7), *other = rest_key(8), *out = NULL, *brief = secret_copy("short", 5);
	struct buf sealed = BUF_INIT(1000);
	assert_int_equal(seal_rest(key, label, LABEL_LEN, plain, PLAIN_LEN, &sealed), ERR_OK);
	assert_int_equal(try_rest(other, LABEL_LEN, sealed.data, sealed.len), ERR_REFUSED);
	assert_int_equal(try_rest(brief, LABEL_LEN, sealed.data, sealed.len), ERR_REFUSED);
	for (size_t len = 0; len < LABEL_LEN; len++)
		assert_int_equal(try_rest(key, len, sealed.data, sealed.len), ERR_REFUSED);
	assert_int_equal(
	    seal_open_rest(key, "package modern\0k3m7q2w4x5y6z7a3", LABEL_LEN, sealed.data, sealed.len, &out),
	    ERR_REFUSED);
	assert_int_equal(seal_rest(brief, label, LABEL_LEN, plain, PLAIN_LEN, &sealed), ERR_INVALID);
	secret_free(key);
	secret_free(other);
	secret_free(brief);
	buf_free(&sealed);
}

static void seals_at_rest_have_bounds_and_fresh_nonces(void **state)
{
	(void)state;
	static uint8_t big[SEAL_MAX_BYTES + 1];
	struct secret *key = rest_key(7);
	struct buf out = BUF_INIT(4 * SEAL_MAX_BYTES), small = BUF_INIT(40);
	assert_int_equal(seal_rest(key, label, LABEL_LEN, big, 0, &out), ERR_INVALID);
	assert_int_equal(seal_rest(key, label, LABEL_LEN, big, sizeof big, &out), ERR_TOO_LARGE);
	assert_int_equal(out.len, 0);
	assert_int_equal(seal_rest(key, label, LABEL_LEN, big, SEAL_MAX_BYTES, &out), ERR_OK);
	assert_int_equal(try_rest(key, LABEL_LEN, out.data, out.len), ERR_OK);
	assert_int_equal(seal_rest(key, label, LABEL_LEN, big, SEAL_MAX_BYTES, &out), ERR_OK);
	assert_memory_not_equal(out.data + 9, out.data + SEAL_MAX_BYTES + SEAL_OVERHEAD + 9, 12);
	assert_int_equal(seal_rest(key, label, LABEL_LEN, plain, PLAIN_LEN, &small), ERR_TOO_LARGE);
	assert_int_equal(small.len, 0);
	secret_free(key);
	buf_free(&out);
	buf_free(&small);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_message_travels_whole),
		cmocka_unit_test(every_flipped_bit_of_a_message_is_refused),
		cmocka_unit_test(a_message_cut_or_lengthened_is_refused),
		cmocka_unit_test(only_the_recipient_opens_it),
		cmocka_unit_test(what_openssl_opens_but_we_do_not_write_is_refused),
		cmocka_unit_test(two_seals_of_one_message_differ),
		cmocka_unit_test(seals_have_bounds),
		cmocka_unit_test(an_rsa_recipient_is_refused),
		cmocka_unit_test(a_recipient_lives_20_years_for_key_agreement_only),
		cmocka_unit_test(bytes_at_rest_come_back_and_say_their_key),
		cmocka_unit_test(every_flipped_bit_and_every_cut_at_rest_is_refused),
		cmocka_unit_test(another_label_or_key_opens_nothing_at_rest),
		cmocka_unit_test(seals_at_rest_have_bounds_and_fresh_nonces),
	};
	return cmocka_run_group_tests(tests, make_pairs, free_pairs);
}

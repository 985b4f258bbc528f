#include "tests/support/test.h"

#include "delivery/code.h"
#include "delivery/package_lock.h"

#include <dlfcn.h>
#include <openssl/err.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <string.h>

static const char friendly[] = "Bokhylla \xc3\xa6\xc3\xb8\xc3\xa5";

static struct {
	EVP_PKEY *root_key, *issuing_key;
	X509 *root, *issuing;
	EVP_PKEY *key; /* P-256 */
	X509 *certificate;
	struct secret *password;
} had;

static X509 *certify(EVP_PKEY *key, X509 *issuer, EVP_PKEY *signer, const char *name)
{
	X509 *x = X509_new();
	X509_NAME *subject = X509_get_subject_name(x);
	assert_int_equal(X509_set_version(x, X509_VERSION_3), 1);
	assert_int_equal(ASN1_INTEGER_set(X509_get_serialNumber(x), 4711), 1);
	assert_int_equal(
	    X509_NAME_add_entry_by_NID(subject, NID_commonName, MBSTRING_UTF8, (const unsigned char *)name, -1, -1, 0),
	    1);
	assert_int_equal(X509_set_issuer_name(x, issuer ? X509_get_subject_name(issuer) : subject), 1);
	assert_non_null(X509_gmtime_adj(X509_getm_notBefore(x), 0));
	assert_non_null(X509_gmtime_adj(X509_getm_notAfter(x), 86400));
	assert_int_equal(X509_set_pubkey(x, key), 1);
	assert_true(X509_sign(x, signer, EVP_sha256()) > 0);
	return x;
}

static int make_pki(void **state)
{
	(void)state;
	had.root_key = EVP_EC_gen("P-384");
	had.issuing_key = EVP_EC_gen("P-256");
	had.key = EVP_EC_gen("P-256");
	had.root = certify(had.root_key, NULL, had.root_key, "root");
	had.issuing = certify(had.issuing_key, had.root, had.root_key, "issuing");
	had.certificate = certify(had.key, had.issuing, had.issuing_key, "e-banking");
	return password_new(&had.password);
}

static int free_pki(void **state)
{
	(void)state;
	EVP_PKEY_free(had.root_key);
	EVP_PKEY_free(had.issuing_key);
	EVP_PKEY_free(had.key);
	X509_free(had.root);
	X509_free(had.issuing);
	X509_free(had.certificate);
	secret_free(had.password);
	return 0;
}

static X509 *const *chain(void)
{
	static X509 *both[2];
	both[0] = had.issuing;
	both[1] = had.root;
	return both;
}

static struct package_parts usual(void)
{
	return (struct package_parts){.key = had.key,
				      .certificate = had.certificate,
				      .chain = chain(),
				      .chain_count = 2,
				      .friendly_name = friendly};
}

static struct buf made(const struct package_parts *parts, enum package_encoding e)
{
	struct buf der = BUF_INIT(PACKAGE_MAX_BYTES);
	struct errbuf why = {{0}};
	if (package_make(parts, e, had.password, &der, &why) != ERR_OK)
		fail_msg("%s: %s", package_encoding_name(e), why.text);
	return der;
}

static PKCS12 *parsed(const struct buf *der)
{
	const unsigned char *p = der->data;
	PKCS12 *p12 = d2i_PKCS12(NULL, &p, (long)der->len);
	assert_non_null(p12);
	return p12;
}

/* OpenSSL's own reader derives everything anew from the password. */
static void assert_opens(const struct buf *der, const struct package_parts *parts)
{
	PKCS12 *p12 = parsed(der);
	EVP_PKEY *key = NULL;
	X509 *certificate = NULL;
	STACK_OF(X509) *others = NULL;
	assert_int_equal(PKCS12_parse(p12, secret_string(had.password), &key, &certificate, &others), 1);
	assert_int_equal(EVP_PKEY_eq(key, parts->key), 1);
	assert_int_equal(X509_cmp(certificate, parts->certificate), 0);
	assert_int_equal(others ? sk_X509_num(others) : 0, (int)parts->chain_count);
	for (size_t i = 0; i < parts->chain_count; i++)
		assert_int_equal(X509_cmp(sk_X509_value(others, (int)i), parts->chain[i]), 0);
	EVP_PKEY_free(key);
	X509_free(certificate);
	sk_X509_pop_free(others, X509_free);
	PKCS12_free(p12);
}

static void both_encodings_open_with_the_password_as_shown(void **state)
{
	(void)state;
	for (int e = 0; e < PACKAGE_ENCODING_COUNT; e++) {
		struct package_parts parts = usual();
		struct buf der = made(&parts, (enum package_encoding)e);
		assert_opens(&der, &parts);
		buf_free(&der);
	}
}

static void no_other_password_opens_it(void **state)
{
	(void)state;
	for (int e = 0; e < PACKAGE_ENCODING_COUNT; e++) {
		struct package_parts parts = usual();
		struct buf der = made(&parts, (enum package_encoding)e);
		PKCS12 *p12 = parsed(&der);
		char wrong[PASSWORD_LENGTH + 1];
		for (size_t i = 0; i < PASSWORD_LENGTH; i += 5) {
			memcpy(wrong, secret_string(had.password), sizeof wrong);
			wrong[i] = wrong[i] == 'A' ? 'B' : 'A';
			assert_int_equal(PKCS12_verify_mac(p12, wrong, -1), 0);
		}
		assert_int_equal(PKCS12_verify_mac(p12, "", 0), 0);
		assert_int_equal(PKCS12_verify_mac(p12, NULL, 0), 0);
		PKCS12_free(p12);
		buf_free(&der);
	}
	ERR_clear_error();
}

static void rsa_and_p384_keys_and_short_chains_are_packaged_too(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		size_t chain_count;
		const char *friendly_name;
	} cases[] = {{"RSA-2048", 2, friendly}, {"P-384", 1, "x"}, {"P-384", 0, NULL}};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		EVP_PKEY *key = cases[i].name[0] == 'R' ? EVP_RSA_gen(2048) : EVP_EC_gen("P-384");
		struct package_parts parts = usual();
		parts.key = key;
		parts.certificate = certify(key, had.issuing, had.issuing_key, cases[i].name);
		parts.chain_count = cases[i].chain_count;
		parts.friendly_name = cases[i].friendly_name;
		for (int e = 0; e < PACKAGE_ENCODING_COUNT; e++) {
			struct buf der = made(&parts, (enum package_encoding)e);
			assert_opens(&der, &parts);
			buf_free(&der);
		}
		EVP_PKEY_free(key);
		X509_free(parts.certificate);
	}
}

/* The bytes that say how, as any DER reader finds them: SEQUENCE { OID, parameters } up to the salt or IV. */
static size_t times(const struct buf *der, const char *bytes, size_t len)
{
	size_t n = 0;
	for (size_t i = 0; i + len <= der->len; i++)
		n += memcmp(der->data + i, bytes, len) == 0;
	return n;
}
#define TIMES(der, bytes) times(der, bytes, sizeof bytes - 1)

#define SALT_OF_8 "\x04\x08"
#define ROUNDS_2048 "\x02\x02\x08\x00"
#define PBES2 "\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x05\x0d"
#define PBKDF2 "\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x05\x0c"
#define HMAC_SHA256 "\x06\x08\x2a\x86\x48\x86\xf7\x0d\x02\x09"
#define AES_256_CBC "\x06\x09\x60\x86\x48\x01\x65\x03\x04\x01\x2a\x04\x10"
#define SHA256_ROW "\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01"
#define PBE_3DES "\x06\x0a\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x01\x03\x30\x0e\x04\x08"
#define PBE_ANY "\x06\x0a\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x01"
#define SHA1_ROW "\x06\x05\x2b\x0e\x03\x02\x1a"

static void modern_is_written_with_exactly_its_parameters(void **state)
{
	(void)state;
	struct package_parts parts = usual();
	struct buf der = made(&parts, PACKAGE_MODERN);
	assert_int_equal(TIMES(&der, PBES2), 2);
	assert_int_equal(TIMES(&der, PBKDF2), 2);
	assert_int_equal(TIMES(&der, HMAC_SHA256), 2);
	assert_int_equal(TIMES(&der, AES_256_CBC), 2);
	assert_int_equal(TIMES(&der, SHA256_ROW), 1);
	assert_int_equal(TIMES(&der, SHA1_ROW), 0);
	assert_int_equal(TIMES(&der, PBE_ANY), 0);
	assert_true(TIMES(&der, ROUNDS_2048) >= 3);
	buf_free(&der);
}

static void compatible_is_3des_with_sha1_and_never_rc2(void **state)
{
	(void)state;
	struct package_parts parts = usual();
	struct buf der = made(&parts, PACKAGE_COMPATIBLE);
	assert_int_equal(TIMES(&der, PBE_3DES), 2);
	assert_int_equal(TIMES(&der, PBE_ANY), 2);
	assert_int_equal(TIMES(&der, SHA1_ROW), 1);
	assert_int_equal(TIMES(&der, PBES2), 0);
	assert_true(TIMES(&der, ROUNDS_2048) >= 3);
	buf_free(&der);
}

static void the_mac_has_a_salt_of_8_and_2048_rounds(void **state)
{
	(void)state;
	for (int e = 0; e < PACKAGE_ENCODING_COUNT; e++) {
		struct package_parts parts = usual();
		struct buf der = made(&parts, (enum package_encoding)e);
		PKCS12 *p12 = parsed(&der);
		const ASN1_OCTET_STRING *salt = NULL;
		const ASN1_INTEGER *rounds = NULL;
		PKCS12_get0_mac(NULL, NULL, &salt, &rounds, p12);
		assert_int_equal(ASN1_STRING_length(salt), 8);
		assert_int_equal(ASN1_INTEGER_get(rounds), 2048);
		PKCS12_free(p12);
		buf_free(&der);
	}
}

static void two_packages_share_no_salt_and_no_iv(void **state)
{
	(void)state;
	for (int e = 0; e < PACKAGE_ENCODING_COUNT; e++) {
		struct package_parts parts = usual();
		struct buf a = made(&parts, (enum package_encoding)e), b = made(&parts, (enum package_encoding)e);
		assert_int_equal(a.len, b.len);
		for (size_t i = 0; i + 2 + 8 <= a.len; i++)
			if (memcmp(a.data + i, SALT_OF_8, 2) == 0 && memcmp(a.data + i, b.data + i, 2) == 0)
				assert_memory_not_equal(a.data + i + 2, b.data + i + 2, 8);
		buf_free(&a);
		buf_free(&b);
	}
}

static void a_key_that_is_not_the_certificates_is_refused(void **state)
{
	(void)state;
	struct package_parts parts = usual();
	struct buf der = BUF_INIT(PACKAGE_MAX_BYTES);
	struct errbuf why = {{0}};
	parts.key = had.issuing_key;
	assert_int_equal(package_make(&parts, PACKAGE_MODERN, had.password, &der, &why), ERR_INVALID);
	assert_string_not_equal(why.text, "");
	assert_int_equal(der.len, 0);
}

static void a_password_with_a_nul_is_refused(void **state)
{
	(void)state;
	struct package_parts parts = usual();
	struct buf der = BUF_INIT(PACKAGE_MAX_BYTES);
	struct secret *password = secret_copy("ABCD\0EFGH", 9);
	assert_int_equal(package_make(&parts, PACKAGE_MODERN, password, &der, NULL), ERR_INVALID);
	secret_free(password);
}

static void nothing_is_appended_where_it_does_not_fit(void **state)
{
	(void)state;
	struct package_parts parts = usual();
	struct buf der = BUF_INIT(100);
	assert_int_equal(package_make(&parts, PACKAGE_MODERN, had.password, &der, NULL), ERR_TOO_LARGE);
	assert_int_equal(der.len, 0);
	buf_free(&der);
}

static void encodings_are_known_by_name(void **state)
{
	(void)state;
	enum package_encoding e = PACKAGE_ENCODING_COUNT;
	assert_int_equal(package_encoding_from_name("compatible", &e), ERR_OK);
	assert_int_equal(e, PACKAGE_COMPATIBLE);
	assert_string_equal(package_encoding_name(PACKAGE_MODERN), "modern");
	assert_int_equal(package_encoding_from_name("Modern", &e), ERR_INVALID);
	assert_int_equal(package_encoding_from_name("", &e), ERR_INVALID);
}

static int spoil_at = -1; /* tenths of the way into the next package that is written */

/* Stands before OpenSSL's: memory or library that writes something else than was meant. */
int i2d_PKCS12(const PKCS12 *p12, unsigned char **out)
{
	int (*real)(const PKCS12 *, unsigned char **);
	*(void **)&real = dlsym(RTLD_NEXT, "i2d_PKCS12");
	bool fresh = out && !*out;
	int len = real(p12, out);
	if (fresh && len > 0 && spoil_at >= 0)
		(*out)[(len - 1) * spoil_at / 10] ^= 1;
	return len;
}

/* It would be the only copy of a key, in a file that nobody can open. */
static void a_package_that_was_written_wrong_never_leaves(void **state)
{
	(void)state;
	struct package_parts parts = usual();
	struct buf der = BUF_INIT(PACKAGE_MAX_BYTES);
	for (enum package_encoding e = 0; e < PACKAGE_ENCODING_COUNT; e++) {
		for (spoil_at = 0; spoil_at <= 10; spoil_at++) {
			if (package_make(&parts, e, had.password, &der, NULL) != ERR_CRYPTO || der.len)
				fail_msg("%s, wrong at %d tenths: %zu bytes left", package_encoding_name(e), spoil_at, der.len);
		}
		spoil_at = -1;
		assert_int_equal(package_make(&parts, e, had.password, &der, NULL), ERR_OK);
		buf_free(&der);
	}
}

/* The checker by itself: what it is to compare with, and a package that differs. */
struct bench {
	const struct package_lock *lock;
	struct secret *held;
	const struct package_keys *keys;
	struct buf key_info, der;
};

static struct bench bench_new(enum package_encoding e)
{
	struct bench b = {.lock = &package_locks[e], .key_info = BUF_INIT(4096), .der = BUF_INIT(PACKAGE_MAX_BYTES)};
	struct package_parts parts = usual();
	unsigned char *der = NULL;
	PKCS8_PRIV_KEY_INFO *info = EVP_PKEY2PKCS8(had.key);
	int len = i2d_PKCS8_PRIV_KEY_INFO(info, &der);
	buf_add(&b.key_info, der, (size_t)len);
	OPENSSL_free(der);
	PKCS8_PRIV_KEY_INFO_free(info);
	assert_int_equal(package_keys_new(b.lock, had.password, &b.held, &b.keys), ERR_OK);
	assert_int_equal(package_build(b.lock, b.keys, &parts, &b.key_info, &b.der), ERR_OK);
	assert_int_equal(package_check(b.lock, b.keys, &parts, &b.key_info, &b.der, NULL), ERR_OK);
	return b;
}

static void bench_free(struct bench *b)
{
	secret_free(b->held);
	buf_free(&b->key_info);
	buf_free(&b->der);
}

static void the_check_refuses_every_flipped_bit_and_every_cut(void **state)
{
	(void)state;
	for (int e = 0; e < PACKAGE_ENCODING_COUNT; e++) {
		struct bench b = bench_new((enum package_encoding)e);
		struct package_parts parts = usual();
		for (size_t bit = 0; bit < 8 * b.der.len; bit++) {
			b.der.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
			if (package_check(b.lock, b.keys, &parts, &b.key_info, &b.der, NULL) != ERR_CRYPTO)
				fail_msg("%s: bit %zu of byte %zu (now 0x%02x)", b.lock->name, bit % 8, bit / 8,
					 b.der.data[bit / 8]);
			b.der.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
		}
		for (size_t whole = b.der.len; b.der.len > 0; b.der.len--)
			if (b.der.len < whole)
				assert_int_equal(package_check(b.lock, b.keys, &parts, &b.key_info, &b.der, NULL),
						 ERR_CRYPTO);
		bench_free(&b);
	}
	ERR_clear_error();
}

static void the_check_refuses_what_was_not_put_in(void **state)
{
	(void)state;
	X509 *const swapped[] = {had.root, had.issuing};
	struct package_parts other_chain = usual(), fewer = usual(), renamed = usual(), unnamed = usual(),
			     stranger = usual();
	other_chain.chain = swapped;
	fewer.chain_count = 1;
	renamed.friendly_name = "Bokhylla";
	unnamed.friendly_name = NULL;
	stranger.certificate = had.issuing;
	const struct package_parts *const wanted[] = {&other_chain, &fewer, &renamed, &unnamed, &stranger};
	for (int e = 0; e < PACKAGE_ENCODING_COUNT; e++) {
		struct bench b = bench_new((enum package_encoding)e);
		struct package_parts parts = usual();
		struct errbuf why = {{0}};
		for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++)
			if (package_check(b.lock, b.keys, wanted[i], &b.key_info, &b.der, &why) != ERR_CRYPTO)
				fail_msg("%s: case %zu was taken", b.lock->name, i);
		b.key_info.data[b.key_info.len / 2] ^= 1;
		assert_int_equal(package_check(b.lock, b.keys, &parts, &b.key_info, &b.der, &why), ERR_CRYPTO);
		bench_free(&b);
	}
}

/* The bytes may be those that were put in and still not be the key: an encoder may err. */
static void the_check_refuses_a_key_that_was_written_wrong(void **state)
{
	(void)state;
	struct bench b = bench_new(PACKAGE_MODERN);
	struct package_parts parts = usual();
	assert_int_equal(b.key_info.len, 138); /* of P-256: read by ourselves */
	for (size_t bit = 0; bit < 8 * b.key_info.len; bit++) {
		b.key_info.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
		buf_clear(&b.der);
		assert_int_equal(package_build(b.lock, b.keys, &parts, &b.key_info, &b.der), ERR_OK);
		if (package_check(b.lock, b.keys, &parts, &b.key_info, &b.der, NULL) != ERR_CRYPTO)
			fail_msg("bit %zu of byte %zu of the key", bit % 8, bit / 8);
		b.key_info.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	bench_free(&b);
	ERR_clear_error();
}

static void the_check_refuses_the_other_encoding(void **state)
{
	(void)state;
	struct package_parts parts = usual();
	struct bench a = bench_new(PACKAGE_MODERN), b = bench_new(PACKAGE_COMPATIBLE);
	assert_int_equal(package_check(a.lock, a.keys, &parts, &b.key_info, &b.der, NULL), ERR_CRYPTO);
	assert_int_equal(package_check(b.lock, b.keys, &parts, &a.key_info, &a.der, NULL), ERR_CRYPTO);
	bench_free(&a);
	bench_free(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_encodings_open_with_the_password_as_shown),
		cmocka_unit_test(no_other_password_opens_it),
		cmocka_unit_test(rsa_and_p384_keys_and_short_chains_are_packaged_too),
		cmocka_unit_test(modern_is_written_with_exactly_its_parameters),
		cmocka_unit_test(compatible_is_3des_with_sha1_and_never_rc2),
		cmocka_unit_test(the_mac_has_a_salt_of_8_and_2048_rounds),
		cmocka_unit_test(two_packages_share_no_salt_and_no_iv),
		cmocka_unit_test(a_key_that_is_not_the_certificates_is_refused),
		cmocka_unit_test(a_password_with_a_nul_is_refused),
		cmocka_unit_test(nothing_is_appended_where_it_does_not_fit),
		cmocka_unit_test(a_package_that_was_written_wrong_never_leaves),
		cmocka_unit_test(encodings_are_known_by_name),
		cmocka_unit_test(the_check_refuses_every_flipped_bit_and_every_cut),
		cmocka_unit_test(the_check_refuses_what_was_not_put_in),
		cmocka_unit_test(the_check_refuses_a_key_that_was_written_wrong),
		cmocka_unit_test(the_check_refuses_the_other_encoding),
	};
	return cmocka_run_group_tests(tests, make_pki, free_pki);
}

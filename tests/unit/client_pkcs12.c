/* A hostile PKCS#12 taken apart: what is refused, why, and how fast. */
#include "client/pkcs12.h"
#include "tests/support/pkcs12_maker.h"
#include "tests/support/test.h"

#include "base/clock.h"

#include <openssl/err.h>
#include <openssl/provider.h>
#include <stdlib.h>
#include <string.h>

static struct pair ca, subject, other;
static OSSL_PROVIDER *current, *legacy; /* legacy: to make RC2 and RC4 files, not to read them */
static const char password[] = "7K3M-Q2X5-A4BC-D6EF-GH7J-KM9N";

static counterfoil_code open_bytes(const void *bytes, size_t len, const char *with)
{
	struct pkcs12_parts parts;
	counterfoil_error error;
	counterfoil_code code = pkcs12_open((counterfoil_bytes){bytes, len}, (counterfoil_bytes){with, strlen(with)}, &parts, &error);
	assert_int_equal(error.code, code);
	assert_int_equal(error.category, counterfoil_category_of(code));
	if (code && (parts.key || parts.certificate || parts.others || !error.text[0]))
		fail_msg("%s: parts or no sentence left behind", counterfoil_code_word(code));
	if (with[0] && strstr(error.text, with))
		fail_msg("the sentence holds the password");
	pkcs12_parts_clear(&parts);
	return code;
}

static counterfoil_code open_package(const struct package *p, const char *with)
{
	struct buf der = BUF_INIT(1 << 20);
	package_write(p, &der);
	counterfoil_code code = open_bytes(der.data, der.len, with);
	buf_free(&der);
	return code;
}

static void expect(const char *name, counterfoil_code had, counterfoil_code want)
{
	if (had != want)
		fail_msg("%s: wanted %s, had %s", name, counterfoil_code_word(want), counterfoil_code_word(had));
}

static void known_encryptions_open_and_old_ones_are_named(void **state)
{
	(void)state;
	const int sha1_3des = NID_pbe_WithSHA1And3_Key_TripleDES_CBC;
	const struct {
		const char *name;
		int key, certificates;
		const EVP_MD *mac;
		counterfoil_code want;
	} cases[] = {
		{"AES-256", 0, 0, NULL, COUNTERFOIL_OK},
		{"AES-128", NID_aes_128_cbc, NID_aes_128_cbc, EVP_sha512(), COUNTERFOIL_OK},
		{"3DES with SHA-1", sha1_3des, sha1_3des, EVP_sha1(), COUNTERFOIL_OK},
		{"certificates in the clear", 0, -1, NULL, COUNTERFOIL_OK},
		{"everything in the clear, under a MAC", -1, -1, NULL, COUNTERFOIL_OK},
		{"RC2-40 for certificates", sha1_3des, NID_pbe_WithSHA1And40BitRC2_CBC, EVP_sha1(), COUNTERFOIL_OLD_ENCRYPTION},
		{"RC2-128 for the key", NID_pbe_WithSHA1And128BitRC2_CBC, 0, EVP_sha1(), COUNTERFOIL_OLD_ENCRYPTION},
		{"RC4 for the key", NID_pbe_WithSHA1And128BitRC4, 0, EVP_sha1(), COUNTERFOIL_OLD_ENCRYPTION},
		{"MD5 for the MAC", 0, 0, EVP_md5(), COUNTERFOIL_OLD_ENCRYPTION},
		{"Camellia", NID_camellia_256_cbc, 0, NULL, COUNTERFOIL_UNSUPPORTED},
		{"SHA3 for the MAC", 0, 0, EVP_sha3_256(), COUNTERFOIL_UNSUPPORTED},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const struct package p = {.subject = &subject, .password = password, .key_nid = cases[i].key,
					  .certificate_nid = cases[i].certificates, .mac = cases[i].mac};
		expect(cases[i].name, open_package(&p, password), cases[i].want);
	}
}

static void a_wrong_password_is_told_apart_whatever_it_resembles(void **state)
{
	(void)state;
	static const char *const wrong[] = {"", "7K3M", "7K3MQ2X5A4BCD6EFGH7JKM9N", "7k3m-q2x5-a4bc-d6ef-gh7j-km9n",
					    "7K3M-Q2X5-A4BC-D6EF-GH7J-KM9N ", "7K3M-Q2X5-A4BC-D6EF-GH7J-KM9N\n"};
	const struct package p = {.subject = &subject, .password = password};
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
		expect(wrong[i], open_package(&p, wrong[i]), COUNTERFOIL_WRONG_PASSWORD);
}

static void an_empty_password_opens_in_both_ways_of_writing_it(void **state)
{
	(void)state;
	expect("\"\"", open_package(&(struct package){.subject = &subject, .password = ""}, ""), COUNTERFOIL_OK);
	expect("none", open_package(&(struct package){.subject = &subject, .password = NULL}, ""), COUNTERFOIL_OK);
}

static void what_is_inside_must_be_one_key_with_its_certificate_under_a_mac(void **state)
{
	(void)state;
	X509 *chain[] = {ca.certificate};
	const struct {
		struct package p;
		const char *name;
		counterfoil_code want;
	} cases[] = {
		{{.no_mac = true}, "no MAC", COUNTERFOIL_UNPROTECTED},
		{{.no_key = true}, "certificate without key", COUNTERFOIL_NO_KEY},
		{{.no_certificate = true}, "key without certificate", COUNTERFOIL_NO_KEY},
		{{.only_certificate = other.certificate}, "another key's certificate", COUNTERFOIL_NO_KEY},
		{{.no_certificate = true, .chain = chain, .chain_count = 1}, "key with the CA alone", COUNTERFOIL_NO_KEY},
		{{.second_key = other.key}, "two keys", COUNTERFOIL_SEVERAL_KEYS},
		{{.second_key = subject.key}, "one key twice", COUNTERFOIL_SEVERAL_KEYS},
		{{.chain = chain, .chain_count = 1}, "with its CA", COUNTERFOIL_OK},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct package p = cases[i].p;
		p.subject = &subject;
		p.password = password;
		expect(cases[i].name, open_package(&p, password), cases[i].want);
	}
}

static void huge_round_counts_are_refused_before_they_are_run(void **state)
{
	(void)state;
	const int sha1_3des = NID_pbe_WithSHA1And3_Key_TripleDES_CBC;
	const struct {
		const char *name;
		struct package p;
	} cases[] = {
		{"MAC", {.rounds = 2, .mac_rounds_told = PKCS12_ROUNDS_MAX + 1}},
		{"MAC, beyond 64 bits of work", {.rounds = 2, .mac_rounds_told = INT64_MAX}},
		{"PBES2", {.certificate_rounds_told = PKCS12_ROUNDS_MAX + 1}},
		{"PBES2, most", {.certificate_rounds_told = INT64_MAX}},
		{"PBE", {.certificate_nid = sha1_3des, .certificate_rounds_told = INT32_MAX}},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct package p = cases[i].p;
		p.subject = &subject;
		p.password = password;
		int64_t started = clock_mono_ms();
		expect(cases[i].name, open_package(&p, password), COUNTERFOIL_TOO_COSTLY);
		int64_t took = clock_mono_ms() - started;
		if (took > 500)
			fail_msg("%s: refused only after %lld ms", cases[i].name, (long long)took);
	}
}

static void zero_and_negative_round_counts_are_refused(void **state)
{
	(void)state;
	struct package p = {.subject = &subject, .password = password, .rounds = 2, .mac_rounds_told = -5};
	expect("MAC of -5 rounds", open_package(&p, password), COUNTERFOIL_NOT_PKCS12);
	p = (struct package){.subject = &subject, .password = password, .certificate_rounds_told = -1};
	expect("PBES2 of -1 rounds", open_package(&p, password), COUNTERFOIL_NOT_PKCS12);
}

static void a_file_cut_at_any_length_or_with_more_behind_it_is_refused(void **state)
{
	(void)state;
	struct buf der = BUF_INIT(1 << 16);
	X509 *chain[] = {ca.certificate};
	package_write(&(struct package){.subject = &subject, .password = password, .chain = chain, .chain_count = 1}, &der);
	expect("whole", open_bytes(der.data, der.len, password), COUNTERFOIL_OK);
	for (size_t len = 0; len < der.len; len++)
		if (open_bytes(der.data, len, password) != COUNTERFOIL_NOT_PKCS12)
			fail_msg("cut at %zu of %zu bytes: not refused as damaged", len, der.len);
	buf_byte(&der, 0);
	expect("a byte behind it", open_bytes(der.data, der.len, password), COUNTERFOIL_NOT_PKCS12);
	buf_free(&der);
}

static void a_flip_of_any_bit_is_refused(void **state)
{
	(void)state;
	struct buf der = BUF_INIT(1 << 16);
	package_write(&(struct package){.subject = &subject, .password = password, .rounds = 2}, &der);
	expect("whole", open_bytes(der.data, der.len, password), COUNTERFOIL_OK);
	for (size_t bit = 0; bit < der.len * 8; bit++) {
		der.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
		if (open_bytes(der.data, der.len, password) == COUNTERFOIL_OK)
			fail_msg("bit %zu of byte %zu flipped: still opens", bit % 8, bit / 8);
		der.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	buf_free(&der);
}

static void other_files_and_giants_are_no_packages(void **state)
{
	(void)state;
	static const char pem[] = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";
	unsigned char *der = NULL;
	int len = i2d_X509(subject.certificate, &der);
	expect("PEM", open_bytes(pem, sizeof pem - 1, password), COUNTERFOIL_NOT_PKCS12);
	expect("a certificate", open_bytes(der, (size_t)len, password), COUNTERFOIL_NOT_PKCS12);
	expect("nothing", open_bytes("", 0, password), COUNTERFOIL_NOT_PKCS12);
	OPENSSL_free(der);
	char *giant = calloc(1, PKCS12_FILE_MAX + 1);
	assert_non_null(giant);
	expect("a giant", open_bytes(giant, PKCS12_FILE_MAX + 1, password), COUNTERFOIL_TOO_LARGE);
	memset(giant, 0x30, PKCS12_FILE_MAX);
	expect("deep nesting", open_bytes(giant, PKCS12_FILE_MAX, password), COUNTERFOIL_NOT_PKCS12);
	free(giant);
}

static void scrypt_and_unknown_derivations_are_unsupported(void **state)
{
	(void)state;
	X509_ALGOR *scrypt = PKCS5_pbe2_set_scrypt(EVP_aes_256_cbc(), NULL, 0, NULL, 1024, 8, 1);
	int64_t rounds;
	assert_non_null(scrypt);
	expect("scrypt", pkcs12_cost(scrypt, &rounds), COUNTERFOIL_UNSUPPORTED);
	X509_ALGOR_free(scrypt);
}

static void the_error_queue_of_the_caller_is_left_as_it_was(void **state)
{
	(void)state;
	ERR_clear_error();
	expect("not one", open_bytes("0123", 4, password), COUNTERFOIL_NOT_PKCS12);
	expect("wrong", open_package(&(struct package){.subject = &subject, .password = password}, "x"), COUNTERFOIL_WRONG_PASSWORD);
	assert_int_equal(ERR_peek_error(), 0);
}

static int begin(void **state)
{
	(void)state;
	current = OSSL_PROVIDER_load(NULL, "default");
	legacy = OSSL_PROVIDER_load(NULL, "legacy");
	assert_true(current && legacy);
	ca = pair_make(&(struct wanted){.common_name = "Test CA", .ca = true});
	subject = pair_make(&(struct wanted){.common_name = "e-banking", .issuer = &ca});
	other = pair_make(&(struct wanted){.common_name = "other", .issuer = &ca});
	return 0;
}

static int end(void **state)
{
	(void)state;
	pair_free(&ca);
	pair_free(&subject);
	pair_free(&other);
	OSSL_PROVIDER_unload(legacy);
	OSSL_PROVIDER_unload(current);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_encryptions_open_and_old_ones_are_named),
		cmocka_unit_test(a_wrong_password_is_told_apart_whatever_it_resembles),
		cmocka_unit_test(an_empty_password_opens_in_both_ways_of_writing_it),
		cmocka_unit_test(what_is_inside_must_be_one_key_with_its_certificate_under_a_mac),
		cmocka_unit_test(huge_round_counts_are_refused_before_they_are_run),
		cmocka_unit_test(zero_and_negative_round_counts_are_refused),
		cmocka_unit_test(a_file_cut_at_any_length_or_with_more_behind_it_is_refused),
		cmocka_unit_test(a_flip_of_any_bit_is_refused),
		cmocka_unit_test(other_files_and_giants_are_no_packages),
		cmocka_unit_test(scrypt_and_unknown_derivations_are_unsupported),
		cmocka_unit_test(the_error_queue_of_the_caller_is_left_as_it_was),
	};
	return cmocka_run_group_tests(tests, begin, end);
}

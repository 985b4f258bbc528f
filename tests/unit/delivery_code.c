#include "tests/support/test.h"

#include "base/encode.h"
#include "delivery/code.h"

#include <stdio.h>
#include <string.h>

static const char alphabet[] = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ";

static void codes_use_each_character_about_equally_often(void **state)
{
	(void)state;
	enum { CODES = 8000 };
	unsigned seen[256] = {0};
	for (int i = 0; i < CODES; i++) {
		struct secret *code = NULL;
		assert_int_equal(code_new(&code), ERR_OK);
		assert_int_equal(secret_len(code), CODE_LENGTH);
		for (size_t k = 0; k < CODE_LENGTH; k++)
			seen[secret_peek(code)[k]]++;
		secret_free(code);
	}
	double chi2 = 0, expected = CODES * CODE_LENGTH / 32.0;
	unsigned total = 0;
	for (const char *c = alphabet; *c; c++) {
		double d = seen[(unsigned char)*c] - expected;
		chi2 += d * d / expected;
		total += seen[(unsigned char)*c];
	}
	assert_int_equal(total, CODES * CODE_LENGTH); /* and no other character */
	if (chi2 > 85) /* 31 degrees of freedom: less than one run in a million */
		fail_msg("chi-squared is %f", chi2);
}

static void a_password_is_six_groups_of_four(void **state)
{
	(void)state;
	struct secret *a = NULL, *b = NULL;
	assert_int_equal(password_new(&a), ERR_OK);
	assert_int_equal(password_new(&b), ERR_OK);
	assert_int_equal(secret_len(a), PASSWORD_LENGTH);
	assert_int_equal(strlen(secret_string(a)), PASSWORD_LENGTH);
	for (size_t i = 0; i < PASSWORD_LENGTH; i++) {
		if (i % 5 == 4)
			assert_int_equal(secret_peek(a)[i], '-');
		else
			assert_non_null(strchr(alphabet, secret_peek(a)[i]));
	}
	assert_false(secret_equal(a, b));
	secret_free(a);
	secret_free(b);
}

static void what_people_type_has_one_canonical_form(void **state)
{
	(void)state;
	static const char *const typed[] = {"ABCD2345",	 "abcd2345",	       "AbCd2345",	"ABCD 2345",
					    "ABCD-2345", " A B C D 2 3 4 5\t", "--abcd--2345--",
					    "#ABCD2345", "ABCD\xc2\xa0" "2345", "ABCD\xe2\x80\x91" "2345\xe2\x81\xa0"};
	for (size_t i = 0; i < sizeof typed / sizeof typed[0]; i++) {
		struct secret *code = NULL;
		if (code_canonical(typed[i], strlen(typed[i]), &code) != ERR_OK)
			fail_msg("refused: %s", typed[i]);
		assert_string_equal(secret_string(code), "ABCD2345");
		secret_free(code);
	}
}

static void what_is_no_code_is_refused(void **state)
{
	(void)state;
	static const struct {
		const char *name, *typed;
		size_t len;
	} bad[] = {
		{"empty", "", 0},
		{"only hyphens", "--------", 8},
		{"7 characters", "ABCD234", 7},
		{"9 characters", "ABCD23456", 9},
		{"the letter I", "ABCDI345", 8},
		{"the letter O", "ABCDO345", 8},
		{"zero", "ABCD0345", 8},
		{"one", "ABCD1345", 8},
		{"full-width digit", "ABCD234\xef\xbc\x95", 10},
		{"Cyrillic A", "\xd0\x90" "BCD2345", 9},
		{"half a no-break space", "ABCD\xc2" "2345", 9},
		{"another letter of that block", "ABCD\xc2\xa1" "2345", 10},
		{"a hyphen cut off", "ABCD2345\xe2\x80", 10},
		{"NUL inside", "ABCD\0" "2345", 9},
		{"NUL instead of one", "ABCD\0" "345", 8},
		{"NUL behind", "ABCD2345", 9},
		{"line feed behind", "ABCD2345\n", 9},
		{"percent", "ABCD%2345", 9},
		{"65 bytes", "ABCD2345                                                         ", 65},
	};
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		struct secret *code = NULL;
		if (code_canonical(bad[i].typed, bad[i].len, &code) != ERR_WRONG_CODE || code)
			fail_msg("not refused: %s", bad[i].name);
	}
}

static void every_single_byte_is_of_the_alphabet_or_dropped_or_refused(void **state)
{
	(void)state;
	for (int c = 0; c < 256; c++) {
		char typed[] = "ABCD234?";
		struct secret *code = NULL;
		typed[7] = (char)c;
		enum err had = code_canonical(typed, 8, &code);
		int upper = c >= 'a' && c <= 'z' ? c - 32 : c;
		enum err wanted = upper && strchr(alphabet, upper) ? ERR_OK : ERR_WRONG_CODE;
		if (had != wanted)
			fail_msg("byte 0x%02x: %s, wanted %s", (unsigned)c, err_word(had), err_word(wanted));
		secret_free(code);
	}
}

static void the_hmac_is_over_order_code_id_and_code(void **state)
{
	(void)state;
	/* printf 'order\0code\0ABCD2345' | openssl dgst -sha256 -mac HMAC -macopt hexkey:0101..01 */
	static const char wanted[] = "ef4f14f9b3217289d2829395b373a0b70b4e1929a91af694bbc86462894ad80e";
	uint8_t bytes[32], out[CODE_HMAC_BYTES], other[CODE_HMAC_BYTES];
	char hex[65];
	memset(bytes, 1, sizeof bytes);
	struct secret *key = secret_copy(bytes, sizeof bytes), *code = secret_copy("ABCD2345", 8);
	assert_int_equal(code_hmac(key, "order", "code", code, out), ERR_OK);
	hex_encode(out, sizeof out, hex);
	assert_string_equal(hex, wanted);
	assert_int_equal(code_hmac(key, "order2", "code", code, other), ERR_OK);
	assert_memory_not_equal(out, other, sizeof out);
	assert_int_equal(code_hmac(key, "order", "code2", code, other), ERR_OK);
	assert_memory_not_equal(out, other, sizeof out);
	assert_int_equal(code_hmac(key, "orderc", "ode", code, other), ERR_OK); /* the NUL parts them */
	assert_memory_not_equal(out, other, sizeof out);
	secret_bytes(key)[0] ^= 1;
	assert_int_equal(code_hmac(key, "order", "code", code, other), ERR_OK);
	assert_memory_not_equal(out, other, sizeof out);
	secret_free(key);
	secret_free(code);
}

static void a_token_is_128_bits_of_base64url_and_hashes_to_sha256(void **state)
{
	(void)state;
	struct secret *a = NULL, *b = NULL;
	struct buf bytes = BUF_INIT(TOKEN_BYTES);
	uint8_t hash[32];
	char hex[65];
	assert_int_equal(token_new(&a), ERR_OK);
	assert_int_equal(token_new(&b), ERR_OK);
	assert_int_equal(secret_len(a), TOKEN_TEXT_SIZE - 1);
	assert_false(secret_equal(a, b));
	assert_int_equal(base64url_decode(secret_string(a), secret_len(a), &bytes), ERR_OK);
	assert_int_equal(bytes.len, TOKEN_BYTES);
	assert_int_equal(token_hash(secret_string(a), secret_len(a), hash), ERR_OK);
	assert_int_equal(token_hash("AAAAAAAAAAAAAAAAAAAAAA", 22, hash), ERR_OK);
	hex_encode(hash, sizeof hash, hex);
	assert_string_equal(
	    hex, "8a5bdb4cc15164126c6ef2668de9dd240d299ce6397a42c95a9411b93d080ed8"); /* printf AAAAAAAAAAAAAAAAAAAAAA |
											 sha256sum */
	buf_free(&bytes);
	secret_free(a);
	secret_free(b);
}

static void what_has_not_the_shape_of_a_token_is_not_found(void **state)
{
	(void)state;
	static const struct {
		const char *name, *text;
		size_t len;
	} bad[] = {
		{"empty", "", 0},
		{"21", "AAAAAAAAAAAAAAAAAAAAA", 21},
		{"23", "AAAAAAAAAAAAAAAAAAAAAAA", 23},
		{"padded", "AAAAAAAAAAAAAAAAAAAAAA==", 24},
		{"bits beyond 128", "AAAAAAAAAAAAAAAAAAAAAB", 22},
		{"plus", "AAAAAAAAAA+AAAAAAAAAAA", 22},
		{"slash", "AAAAAAAAAA/AAAAAAAAAAA", 22},
		{"NUL", "AAAAAAAAAA\0AAAAAAAAAAA", 22},
		{"percent", "AAAAAAAAAA%41AAAAAAAAA", 22},
		{"space", "AAAAAAAAAA AAAAAAAAAAA", 22},
	};
	uint8_t hash[32];
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		if (token_hash(bad[i].text, bad[i].len, hash) != ERR_NOT_FOUND)
			fail_msg("taken: %s", bad[i].name);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(codes_use_each_character_about_equally_often),
		cmocka_unit_test(a_password_is_six_groups_of_four),
		cmocka_unit_test(what_people_type_has_one_canonical_form),
		cmocka_unit_test(what_is_no_code_is_refused),
		cmocka_unit_test(every_single_byte_is_of_the_alphabet_or_dropped_or_refused),
		cmocka_unit_test(the_hmac_is_over_order_code_id_and_code),
		cmocka_unit_test(a_token_is_128_bits_of_base64url_and_hashes_to_sha256),
		cmocka_unit_test(what_has_not_the_shape_of_a_token_is_not_found),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

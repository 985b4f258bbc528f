/* Every kind of PKCS#12 that is met, and those made to do harm: what each gives, how many rounds of key derivation and
 * how much memory it has had by then. */
#include "client/pkcs12.h"
#include "tests/support/pkcs12_maker.h"
#include "tests/support/test.h"

#include <malloc.h>
#include <openssl/crypto.h>
#include <openssl/provider.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { FILE_CAP = 1 << 21, MEMORY_MAX = 10 << 20, HOSTILE_ROUNDS = 10000, SHA1_3DES = NID_pbe_WithSHA1And3_Key_TripleDES_CBC };

#define PASSWORD "7K3M-Q2X5-A4BC-D6EF-GH7J-KM9N"
#define UTF8 "Bl\xc3\xa5""b\xc3\xa6rsyltet\xc3\xb8y-\xe2\x82\xac"

static struct pair root, issuing, ec, p384, rsa, ed25519, over;
static OSSL_PROVIDER *current, *legacy;

/* Every allocation of the library below passes here. */
static size_t used, peak;

static void count(void *p, int sign)
{
	used += (size_t)sign * malloc_usable_size(p);
	peak = used > peak ? used : peak;
}

static void *counted_malloc(size_t size, const char *file, int line)
{
	(void)file, (void)line;
	void *p = malloc(size);
	count(p, 1);
	return p;
}

static void *counted_realloc(void *old, size_t size, const char *file, int line)
{
	(void)file, (void)line;
	count(old, -1);
	void *p = realloc(old, size);
	count(p, 1);
	return p;
}

static void counted_free(void *p, const char *file, int line)
{
	(void)file, (void)line;
	count(p, -1);
	free(p);
}

/* Of those that were refused in few rounds: microseconds of CPU time and kB of memory, for make bench (TELL_COST). */
static double slowest, largest;

static double cpu_us(void)
{
	struct timespec t;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static void note_cost(double us, double kb)
{
	slowest = us > slowest ? us : slowest;
	largest = kb > largest ? kb : largest;
}

static counterfoil_code open_counted(const struct buf *file, const char *password, int64_t *rounds, struct pkcs12_parts *parts)
{
	counterfoil_error error;
	size_t before = used;
	int64_t left = PKCS12_ROUNDS_TOGETHER_MAX;
	double began = cpu_us();
	peak = used;
	counterfoil_code code = pkcs12_open_within(&left, (counterfoil_bytes){file->data, file->len},
						   (counterfoil_bytes){password, strlen(password)}, parts, &error);
	*rounds = PKCS12_ROUNDS_TOGETHER_MAX - left;
	if (code && *rounds <= HOSTILE_ROUNDS)
		note_cost(cpu_us() - began, (double)(peak - before) / 1e3);
	if (peak - before > MEMORY_MAX)
		fail_msg("%zu bytes of memory", peak - before);
	return code;
}

static void expect(const char *name, const struct buf *file, const char *password, counterfoil_code want, int64_t rounds_most)
{
	struct pkcs12_parts parts;
	int64_t rounds;
	counterfoil_code had = open_counted(file, password, &rounds, &parts);
	pkcs12_parts_clear(&parts);
	if (had != want)
		fail_msg("%s: wanted %s, had %s", name, counterfoil_code_word(want), counterfoil_code_word(had));
	if (rounds > rounds_most)
		fail_msg("%s: %lld rounds run, %lld at most", name, (long long)rounds, (long long)rounds_most);
}

/* One row a kind. The password is PASSWORD unless said; `given` is what it is opened with. */
static void each_kind_opens_or_fails_as_the_table_says(void **state)
{
	(void)state;
	X509 *chain[] = {issuing.certificate, root.certificate}, *disordered[] = {root.certificate, issuing.certificate};
	const struct {
		const char *name;
		struct package p;
		const char *given;
		counterfoil_code want;
	} kinds[] = {
		{"modern: AES-256, HMAC-SHA-256, 2,048 rounds", {.rounds = 2048}, NULL, COUNTERFOIL_OK},
		{"legacy: RC2-40 for certificates", {.key_nid = SHA1_3DES, .certificate_nid = NID_pbe_WithSHA1And40BitRC2_CBC, .mac = EVP_sha1(), .rounds = 2048},
		 NULL, COUNTERFOIL_OLD_ENCRYPTION},
		{"legacy: RC2-128 for the key", {.key_nid = NID_pbe_WithSHA1And128BitRC2_CBC, .mac = EVP_sha1(), .rounds = 2048}, NULL,
		 COUNTERFOIL_OLD_ENCRYPTION},
		{"legacy: RC4", {.key_nid = NID_pbe_WithSHA1And128BitRC4}, NULL, COUNTERFOIL_OLD_ENCRYPTION},
		{"compatible: 3DES, SHA-1", {.key_nid = SHA1_3DES, .certificate_nid = SHA1_3DES, .mac = EVP_sha1(), .rounds = 2048}, NULL,
		 COUNTERFOIL_OK},
		{"600,000 rounds", {.rounds = 600000}, NULL, COUNTERFOIL_OK},
		{"no MAC", {.no_mac = true}, NULL, COUNTERFOIL_UNPROTECTED},
		{"no MAC, nothing encrypted", {.no_mac = true, .key_nid = -1, .certificate_nid = -1}, NULL, COUNTERFOIL_UNPROTECTED},
		{"two keys", {.second_key = rsa.key}, NULL, COUNTERFOIL_SEVERAL_KEYS},
		{"a key without certificate", {.no_certificate = true}, NULL, COUNTERFOIL_NO_KEY},
		{"a key with its CAs alone", {.no_certificate = true, .chain = chain, .chain_count = 2}, NULL, COUNTERFOIL_NO_KEY},
		{"a certificate without key", {.no_key = true}, NULL, COUNTERFOIL_NO_KEY},
		{"another key's certificate", {.only_certificate = rsa.certificate}, NULL, COUNTERFOIL_NO_KEY},
		{"a chain", {.chain = chain, .chain_count = 2}, NULL, COUNTERFOIL_OK},
		{"a chain out of order", {.chain = disordered, .chain_count = 2}, NULL, COUNTERFOIL_OK},
		{"EC P-384", {.subject = &p384}, NULL, COUNTERFOIL_OK},
		{"RSA", {.subject = &rsa}, NULL, COUNTERFOIL_OK},
		{"Ed25519", {.subject = &ed25519}, NULL, COUNTERFOIL_OK},
		{"a certificate whose time is over", {.subject = &over}, NULL, COUNTERFOIL_OK},
		{"an empty password", {.password = ""}, "", COUNTERFOIL_OK},
		{"an empty password, for 3DES", {.password = "", .key_nid = SHA1_3DES, .certificate_nid = SHA1_3DES}, "", COUNTERFOIL_OK},
		{"a password in UTF-8", {.password = UTF8}, UTF8, COUNTERFOIL_OK},
		{"a password in UTF-8, for 3DES", {.password = UTF8, .key_nid = SHA1_3DES, .certificate_nid = SHA1_3DES}, UTF8, COUNTERFOIL_OK},
		{"the same in Latin-1", {.password = "Bl\xc3\xa5"}, "Bl\xe5", COUNTERFOIL_WRONG_PASSWORD},
		{"a password that is not it", {0}, "x", COUNTERFOIL_WRONG_PASSWORD},
		{"a bag in bags", {.nest = PKCS12_DEPTH_MAX}, NULL, COUNTERFOIL_OK},
	};
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		struct package p = kinds[i].p;
		struct buf file = BUF_INIT(FILE_CAP);
		p.subject = p.subject ? p.subject : &ec;
		p.password = p.password ? p.password : PASSWORD;
		package_write(&p, &file);
		expect(kinds[i].name, &file, kinds[i].given ? kinds[i].given : p.password, kinds[i].want, 3 * 600000);
		buf_free(&file);
	}
}

static void a_chain_is_kept_in_the_files_order_behind_the_keys_own_certificate(void **state)
{
	(void)state;
	X509 *disordered[] = {root.certificate, issuing.certificate};
	struct buf file = BUF_INIT(FILE_CAP);
	struct pkcs12_parts parts;
	int64_t rounds;
	package_write(&(struct package){.subject = &ec, .password = PASSWORD, .chain = disordered, .chain_count = 2}, &file);
	assert_int_equal(open_counted(&file, PASSWORD, &rounds, &parts), COUNTERFOIL_OK);
	assert_int_equal(X509_cmp(parts.certificate, ec.certificate), 0);
	assert_int_equal(sk_X509_num(parts.others), 2);
	assert_int_equal(X509_cmp(sk_X509_value(parts.others, 0), root.certificate), 0);
	pkcs12_parts_clear(&parts);
	buf_free(&file);
}

/* What a file may ask for is refused before it is had. */
static void what_asks_for_too_much_is_refused_before_it_has_any(void **state)
{
	(void)state;
	X509 *many[PKCS12_BAGS_MAX];
	for (size_t i = 0; i < PKCS12_BAGS_MAX; i++)
		many[i] = root.certificate;
	const struct {
		const char *name;
		struct package p;
		counterfoil_code want;
	} kinds[] = {
		{"2^31 rounds for the MAC", {.rounds = 2, .mac_rounds_told = INT32_MAX}, COUNTERFOIL_TOO_COSTLY},
		{"2^63 rounds for the MAC", {.rounds = 2, .mac_rounds_told = INT64_MAX}, COUNTERFOIL_TOO_COSTLY},
		{"a round too many for the MAC", {.rounds = 2, .mac_rounds_told = PKCS12_ROUNDS_MAX + 1}, COUNTERFOIL_TOO_COSTLY},
		{"2^31 rounds of PBKDF2", {.certificate_rounds_told = INT32_MAX}, COUNTERFOIL_TOO_COSTLY},
		{"2^63 rounds of PBKDF2", {.certificate_rounds_told = INT64_MAX}, COUNTERFOIL_TOO_COSTLY},
		{"2^31 rounds for 3DES", {.certificate_nid = SHA1_3DES, .certificate_rounds_told = INT32_MAX}, COUNTERFOIL_TOO_COSTLY},
		{"minus one round", {.certificate_rounds_told = -1}, COUNTERFOIL_NOT_PKCS12},
		{"a bag deeper than any needs", {.nest = PKCS12_DEPTH_MAX + 1}, COUNTERFOIL_NOT_PKCS12},
		{"1,000 bags deep", {.nest = 1000}, COUNTERFOIL_NOT_PKCS12},
		{"more bags than any needs", {.chain = many, .chain_count = PKCS12_BAGS_MAX}, COUNTERFOIL_TOO_LARGE},
	};
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		struct package p = kinds[i].p;
		struct buf file = BUF_INIT(FILE_CAP);
		p.subject = &ec;
		p.password = PASSWORD;
		package_write(&p, &file);
		expect(kinds[i].name, &file, PASSWORD, kinds[i].want, HOSTILE_ROUNDS);
		buf_free(&file);
	}
}

static void a_length_that_is_claimed_and_not_there_is_refused(void **state)
{
	(void)state;
	struct buf good = BUF_INIT(FILE_CAP);
	package_write(&(struct package){.subject = &ec, .password = PASSWORD}, &good);
	/* 100 MB, 2^31 - 1, 2^32 - 1 and 2^64 - 1 in place of each length of two bytes in the file */
	static const struct {
		unsigned char bytes[9];
		size_t len;
	} claims[] = {{{0x84, 0x05, 0xf5, 0xe1, 0x00}, 5}, {{0x84, 0x7f, 0xff, 0xff, 0xff}, 5}, {{0x84, 0xff, 0xff, 0xff, 0xff}, 5},
		      {{0x88, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, 9}};
	size_t tried = 0;
	for (size_t at = 1; at + 3 < good.len; at++) {
		if (good.data[at] != 0x82 || (good.data[at - 1] != 0x30 && good.data[at - 1] != 0x04 && good.data[at - 1] != 0xa0))
			continue;
		for (size_t i = 0; i < sizeof claims / sizeof *claims; i++, tried++) {
			struct buf file = BUF_INIT(FILE_CAP);
			buf_add(&file, good.data, at);
			buf_add(&file, claims[i].bytes, claims[i].len);
			buf_add(&file, good.data + at + 3, good.len - at - 3);
			struct pkcs12_parts parts;
			int64_t rounds;
			if (open_counted(&file, PASSWORD, &rounds, &parts) == COUNTERFOIL_OK || rounds > HOSTILE_ROUNDS)
				fail_msg("length at byte %zu: opened, or %lld rounds", at, (long long)rounds);
			if (at < 4)
				expect("outermost", &file, PASSWORD, COUNTERFOIL_NOT_PKCS12, 0);
			buf_free(&file);
		}
	}
	assert_true(tried >= 16);
	buf_free(&good);
}

static void files_that_are_no_packages_cost_nothing(void **state)
{
	(void)state;
	struct buf file = BUF_INIT(FILE_CAP);
	unsigned char *room = buf_room(&file, PKCS12_FILE_MAX + 1);
	memset(room, 0x30, PKCS12_FILE_MAX + 1);
	expect("a byte too many", &file, PASSWORD, COUNTERFOIL_TOO_LARGE, 0);
	file.len = PKCS12_FILE_MAX;
	expect("sequences", &file, PASSWORD, COUNTERFOIL_NOT_PKCS12, 0);
	memset(room, 0, PKCS12_FILE_MAX);
	expect("zeros", &file, PASSWORD, COUNTERFOIL_NOT_PKCS12, 0);
	memcpy(room, "\x30\x80\x02\x01\x03", 5); /* version 3, then sequences of a length that is not told, one in another */
	for (size_t i = 5; i < PKCS12_FILE_MAX; i++)
		room[i] = i % 2 ? 0x30 : 0x80;
	expect("nesting without lengths", &file, PASSWORD, COUNTERFOIL_NOT_PKCS12, 0);
	memcpy(room + 5, "\x24\x80\x24\x80", 4); /* strings made of strings */
	for (size_t i = 5; i < PKCS12_FILE_MAX; i++)
		room[i] = i % 2 ? 0x24 : 0x80;
	expect("strings in strings", &file, PASSWORD, COUNTERFOIL_NOT_PKCS12, 0);
	buf_free(&file);
}

static void cut_at_each_kilobyte_and_with_bits_flipped_it_does_not_open(void **state)
{
	(void)state;
	X509 *chain[] = {issuing.certificate, root.certificate, ec.certificate, p384.certificate, ed25519.certificate, over.certificate};
	struct buf file = BUF_INIT(FILE_CAP);
	package_write(&(struct package){.subject = &rsa, .password = PASSWORD, .chain = chain, .chain_count = 6}, &file);
	size_t whole = file.len;
	assert_true(whole > 4096);
	for (size_t len = 0; len < whole; len += 1024) {
		file.len = len;
		expect("cut", &file, PASSWORD, COUNTERFOIL_NOT_PKCS12, 0);
	}
	file.len = whole;
	for (size_t byte = 0; byte < whole; byte += 7) {
		struct pkcs12_parts parts;
		int64_t rounds;
		file.data[byte] ^= (uint8_t)(1u << byte % 8);
		if (open_counted(&file, PASSWORD, &rounds, &parts) == COUNTERFOIL_OK)
			fail_msg("bit %zu of byte %zu flipped: still opens", byte % 8, byte);
		file.data[byte] ^= (uint8_t)(1u << byte % 8);
	}
	expect("as it was", &file, PASSWORD, COUNTERFOIL_OK, HOSTILE_ROUNDS);
	buf_free(&file);
}

static int begin(void **state)
{
	(void)state;
	current = OSSL_PROVIDER_load(NULL, "default");
	legacy = OSSL_PROVIDER_load(NULL, "legacy");
	assert_true(current && legacy);
	root = pair_make(&(struct wanted){.common_name = "Root", .ca = true});
	issuing = pair_make(&(struct wanted){.common_name = "Issuing", .ca = true, .issuer = &root});
	ec = pair_make(&(struct wanted){.common_name = "e-banking", .issuer = &issuing});
	p384 = pair_make(&(struct wanted){.common_name = "e-banking", .issuer = &issuing, .key = "P-384"});
	rsa = pair_make(&(struct wanted){.common_name = "e-banking", .issuer = &issuing, .key = "RSA2048"});
	ed25519 = pair_make(&(struct wanted){.common_name = "e-banking", .issuer = &issuing, .key = "ED25519"});
	over = pair_make(&(struct wanted){.common_name = "e-banking", .issuer = &issuing, .from = -9, .until = -2});
	return 0;
}

static int end(void **state)
{
	(void)state;
	struct pair *const all[] = {&root, &issuing, &ec, &p384, &rsa, &ed25519, &over};
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		pair_free(all[i]);
	OSSL_PROVIDER_unload(legacy);
	OSSL_PROVIDER_unload(current);
	if (getenv("TELL_COST"))
		printf("refused: %.1f %.1f\n", slowest, largest);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_kind_opens_or_fails_as_the_table_says),
		cmocka_unit_test(a_chain_is_kept_in_the_files_order_behind_the_keys_own_certificate),
		cmocka_unit_test(what_asks_for_too_much_is_refused_before_it_has_any),
		cmocka_unit_test(a_length_that_is_claimed_and_not_there_is_refused),
		cmocka_unit_test(files_that_are_no_packages_cost_nothing),
		cmocka_unit_test(cut_at_each_kilobyte_and_with_bits_flipped_it_does_not_open),
	};
	if (!CRYPTO_set_mem_functions(counted_malloc, counted_realloc, counted_free))
		return 2;
	return cmocka_run_group_tests(tests, begin, end);
}

#include "tests/unit/ca_fixture.h"

#include "ca/ocsp.h"

#include <openssl/ocsp.h>
#include <stdlib.h>

static struct pki pki;
static struct ocsp_issuer ours;

static int setup(void **state)
{
	(void)state;
	pki_new(&pki, NOW);
	return ocsp_issuer_of(pki.issuing.certificate, &ours) == ERR_OK ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	pki_clear(&pki);
	return 0;
}

static ASN1_INTEGER *integer(const uint8_t *bytes, size_t len)
{
	BIGNUM *n = BN_bin2bn(bytes, (int)len, NULL);
	ASN1_INTEGER *i = BN_to_ASN1_INTEGER(n, NULL);
	BN_free(n);
	return i;
}

static void add_certificate(OCSP_REQUEST *q, const EVP_MD *md, const uint8_t *serial, size_t len)
{
	X509 *issuer = pki.issuing.certificate;
	ASN1_INTEGER *number = integer(serial, len);
	assert_non_null(OCSP_request_add0_id(
		q, OCSP_cert_id_new(md, X509_get_subject_name(issuer), X509_get0_pubkey_bitstr(issuer), number)));
	ASN1_INTEGER_free(number);
}

static const uint8_t a_serial[] = {0x5e, 0x41, 0x07};

static OCSP_REQUEST *request_of(const EVP_MD *md)
{
	OCSP_REQUEST *q = OCSP_REQUEST_new();
	add_certificate(q, md, a_serial, sizeof a_serial);
	return q;
}

/* What the library writes, and frees. */
static struct buf written(OCSP_REQUEST *q)
{
	struct buf der = BUF_INIT(65536);
	uint8_t *bytes = NULL;
	int len = i2d_OCSP_REQUEST(q, &bytes);
	assert_true(len > 0);
	buf_add(&der, bytes, (size_t)len);
	OPENSSL_free(bytes);
	OCSP_REQUEST_free(q);
	return der;
}

static enum err read_and_free(struct buf *der, struct ocsp_request *out)
{
	struct errbuf why = {""};
	enum err rc = ocsp_request_read(der->data, der->len, out, &why);
	if (rc) {
		assert_int_equal(rc, ERR_MALFORMED);
		assert_true(why.text[0]);
	}
	buf_free(der);
	return rc;
}

static void the_librarys_requests_are_read(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		const EVP_MD *(*md)(void);
		enum ocsp_hash hash;
		bool ours;
	} cases[] = {
		{"SHA-1", EVP_sha1, OCSP_SHA1, true},
		{"SHA-256", EVP_sha256, OCSP_SHA256, true},
		{"SHA-384", EVP_sha384, OCSP_HASH_COUNT, false},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct ocsp_request q;
		char serial[SERIAL_TEXT_SIZE];
		struct buf der = written(request_of(cases[i].md()));
		if (ocsp_request_read(der.data, der.len, &q, NULL) != ERR_OK || q.count != 1 || q.nonce_len != 0)
			fail_msg("%s\n", cases[i].name);
		assert_int_equal(q.ids[0].hash, cases[i].hash);
		assert_int_equal(ocsp_issuer_is(&ours, &q.ids[0]), cases[i].ours);
		assert_true(ocsp_serial_text(&q.ids[0], serial));
		assert_string_equal(serial, "00000000000000000000000000000000005e4107");
		buf_free(&der);
	}
}

static void another_issuer_is_not_ours(void **state)
{
	(void)state;
	struct ocsp_issuer other;
	struct ocsp_request q;
	struct buf der = written(request_of(EVP_sha1()));
	assert_ok(ocsp_issuer_of(pki.root.certificate, &other));
	assert_ok(ocsp_request_read(der.data, der.len, &q, NULL));
	assert_false(ocsp_issuer_is(&other, &q.ids[0]));
	other = ours;
	other.key[OCSP_SHA1][19] ^= 1;
	assert_false(ocsp_issuer_is(&other, &q.ids[0]));
	other = ours;
	other.name[OCSP_SHA1][0] ^= 1;
	assert_false(ocsp_issuer_is(&other, &q.ids[0]));
	buf_free(&der);
}

static void a_nonce_has_1_to_128_octets(void **state)
{
	(void)state;
	static const struct {
		int len;
		bool fine;
	} cases[] = {{1, true}, {16, true}, {32, true}, {127, true}, {128, true}, {129, false}, {255, false}, {4096, false}};
	for (size_t i = 0; i < COUNT(cases); i++) {
		uint8_t nonce[4096];
		struct ocsp_request q;
		OCSP_REQUEST *made = request_of(EVP_sha1());
		memset(nonce, 0xa5, sizeof nonce);
		assert_int_equal(OCSP_request_add1_nonce(made, nonce, cases[i].len), 1);
		struct buf der = written(made);
		enum err rc = ocsp_request_read(der.data, der.len, &q, NULL);
		if ((rc == ERR_OK) != cases[i].fine)
			fail_msg("a nonce of %d octets: %s\n", cases[i].len, err_word(rc));
		if (rc == ERR_OK) {
			assert_int_equal(q.nonce_len, cases[i].len);
			assert_memory_equal(q.nonce, nonce, q.nonce_len);
		}
		buf_free(&der);
	}
}

/* An extension with a value as it is. */
static void add_extension(OCSP_REQUEST *q, int nid, bool critical, const char *value, int len)
{
	ASN1_OCTET_STRING *octets = ASN1_OCTET_STRING_new();
	ASN1_OCTET_STRING_set(octets, (const uint8_t *)value, len);
	X509_EXTENSION *extension = X509_EXTENSION_create_by_NID(NULL, nid, critical, octets);
	assert_int_equal(OCSP_REQUEST_add_ext(q, extension, -1), 1);
	X509_EXTENSION_free(extension);
	ASN1_OCTET_STRING_free(octets);
}

static void malformed_nonces_are_refused(void **state)
{
	(void)state;
	static const struct {
		const char *name, *value;
		int len;
	} cases[] = {
		{"empty", "\x04\x00", 2},
		{"no value at all", "", 0},
		{"not an OCTET STRING", "\x02\x01\x07", 3},
		{"octets behind it", "\x04\x01\x07\x00", 4},
		{"longer than its extension", "\x04\x02\x07", 3},
		{"bare octets", "abcdefgh", 8},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct ocsp_request q;
		OCSP_REQUEST *made = request_of(EVP_sha1());
		add_extension(made, NID_id_pkix_OCSP_Nonce, false, cases[i].value, cases[i].len);
		struct buf der = written(made);
		if (read_and_free(&der, &q) == ERR_OK)
			fail_msg("taken: %s\n", cases[i].name);
	}
	OCSP_REQUEST *twice = request_of(EVP_sha1());
	add_extension(twice, NID_id_pkix_OCSP_Nonce, false, "\x04\x01\x07", 3);
	add_extension(twice, NID_id_pkix_OCSP_Nonce, false, "\x04\x01\x08", 3);
	struct buf der = written(twice);
	struct ocsp_request q;
	assert_int_equal(read_and_free(&der, &q), ERR_MALFORMED);
}

static void extensions_are_ignored_unless_critical(void **state)
{
	(void)state;
	for (int critical = 0; critical <= 1; critical++) {
		struct ocsp_request q;
		OCSP_REQUEST *made = request_of(EVP_sha1());
		add_extension(made, NID_id_pkix_OCSP_acceptableResponses, critical, "\x30\x00", 2);
		struct buf der = written(made);
		assert_int_equal(read_and_free(&der, &q), critical ? ERR_MALFORMED : ERR_OK);

		made = request_of(EVP_sha1());
		ASN1_OCTET_STRING *octets = ASN1_OCTET_STRING_new();
		ASN1_OCTET_STRING_set(octets, (const uint8_t *)"\x30\x00", 2);
		X509_EXTENSION *e = X509_EXTENSION_create_by_NID(NULL, NID_id_pkix_OCSP_serviceLocator, critical, octets);
		assert_int_equal(OCSP_ONEREQ_add_ext(OCSP_request_onereq_get0(made, 0), e, -1), 1);
		X509_EXTENSION_free(e);
		ASN1_OCTET_STRING_free(octets);
		der = written(made);
		assert_int_equal(read_and_free(&der, &q), critical ? ERR_MALFORMED : ERR_OK);
	}
	/* a critical nonce is understood */
	struct ocsp_request q;
	OCSP_REQUEST *made = request_of(EVP_sha1());
	add_extension(made, NID_id_pkix_OCSP_Nonce, true, "\x04\x01\x07", 3);
	struct buf der = written(made);
	assert_int_equal(read_and_free(&der, &q), ERR_OK);
	assert_int_equal(q.nonce_len, 1);
}

static void up_to_32_certificates_are_asked_for_at_once(void **state)
{
	(void)state;
	for (size_t n = OCSP_SINGLES_MAX - 1; n <= OCSP_SINGLES_MAX + 1; n++) {
		OCSP_REQUEST *made = OCSP_REQUEST_new();
		struct ocsp_request q;
		for (size_t i = 0; i < n; i++)
			add_certificate(made, i % 2 ? EVP_sha1() : EVP_sha256(), (const uint8_t[]){1, (uint8_t)i}, 2);
		struct buf der = written(made);
		enum err rc = ocsp_request_read(der.data, der.len, &q, NULL);
		assert_int_equal(rc, n <= OCSP_SINGLES_MAX ? ERR_OK : ERR_MALFORMED);
		for (size_t i = 0; rc == ERR_OK && i < n; i++)
			assert_true(q.ids[i].serial_len == 2 && q.ids[i].serial[1] == i && ocsp_issuer_is(&ours, &q.ids[i]));
		buf_free(&der);
	}
	struct ocsp_request q;
	struct buf none = written(OCSP_REQUEST_new());
	assert_int_equal(read_and_free(&none, &q), ERR_MALFORMED);
}

static void serials_have_1_to_20_octets(void **state)
{
	(void)state;
	uint8_t serial[21] = {0x7f, [19] = 9};
	struct ocsp_request q;
	char text[SERIAL_TEXT_SIZE];
	for (size_t len = 20; len <= 21; len++) {
		OCSP_REQUEST *made = OCSP_REQUEST_new();
		add_certificate(made, EVP_sha1(), serial, len);
		struct buf der = written(made);
		assert_int_equal(read_and_free(&der, &q), len == 20 ? ERR_OK : ERR_MALFORMED);
	}
	/* what no certificate has is no serial */
	static const uint8_t zero[] = {0}, negative[] = {0x80}, top[] = {0x00, 0x80};
	assert_false(ocsp_serial_text(&(struct ocsp_certificate_id){.serial = zero, .serial_len = 1}, text));
	assert_false(ocsp_serial_text(&(struct ocsp_certificate_id){.serial = negative, .serial_len = 1}, text));
	assert_true(ocsp_serial_text(&(struct ocsp_certificate_id){.serial = top, .serial_len = 2}, text));
	assert_string_equal(text, "0000000000000000000000000000000000000080");
}

static void a_signed_request_and_its_requestor_are_passed_over(void **state)
{
	(void)state;
	struct ocsp_request q;
	OCSP_REQUEST *made = request_of(EVP_sha256());
	assert_int_equal(OCSP_request_add1_nonce(made, (unsigned char[]){1, 2, 3}, 3), 1);
	assert_int_equal(OCSP_request_sign(made, pki.issuing.certificate, pki.issuing.key, EVP_sha256(), NULL, 0), 1);
	struct buf der = written(made);
	assert_int_equal(read_and_free(&der, &q), ERR_OK);
	assert_int_equal(q.count, 1);
	assert_int_equal(q.nonce_len, 3);
}

#define CERT_ID                                                                                                        \
	"\x30\x3b\x30\x09\x06\x05\x2b\x0e\x03\x02\x1a\x05\x00\x04\x14"                                                 \
	"aaaaaaaaaaaaaaaaaaaa\x04\x14"                                                                                 \
	"bbbbbbbbbbbbbbbbbbbb\x02\x02\x01\x02"

static void shapes(void **state)
{
	(void)state;
	static const struct {
		const char *name, *der;
		size_t len;
		enum err wanted;
	} cases[] = {
#define SHAPE(name, bytes, wanted) {name, bytes, sizeof(bytes) - 1, wanted}
		SHAPE("the plain one", "\x30\x41\x30\x3f\x30\x3d\x30\x3b" CERT_ID, ERR_MALFORMED), /* lengths do not fit */
		SHAPE("nothing", "", ERR_MALFORMED),
		SHAPE("one octet", "\x30", ERR_MALFORMED),
		SHAPE("an empty SEQUENCE", "\x30\x00", ERR_MALFORMED),
		SHAPE("an indefinite length", "\x30\x80\x30\x00\x00\x00", ERR_MALFORMED),
		SHAPE("a length of 4 GiB", "\x30\x84\xff\xff\xff\xff", ERR_MALFORMED),
		SHAPE("a length of 16 MiB", "\x30\x83\xff\xff\xff", ERR_MALFORMED),
		SHAPE("a length in more octets than it needs", "\x30\x81\x02\x30\x00", ERR_MALFORMED),
		SHAPE("a tag of several octets", "\x3f\x81\x01\x00", ERR_MALFORMED),
		SHAPE("good", "\x30\x43\x30\x41\x30\x3f\x30\x3d" CERT_ID, ERR_OK),
		SHAPE("octets behind it", "\x30\x43\x30\x41\x30\x3f\x30\x3d" CERT_ID "\x00", ERR_MALFORMED),
		SHAPE("version 1 said", "\x30\x48\x30\x46\xa0\x03\x02\x01\x00\x30\x3f\x30\x3d" CERT_ID, ERR_OK),
		SHAPE("version 2", "\x30\x48\x30\x46\xa0\x03\x02\x01\x01\x30\x3f\x30\x3d" CERT_ID, ERR_MALFORMED),
		SHAPE("a requestor", "\x30\x47\x30\x45\xa1\x02\x82\x00\x30\x3f\x30\x3d" CERT_ID, ERR_OK),
		SHAPE("a signature's place", "\x30\x47\x30\x41\x30\x3f\x30\x3d" CERT_ID "\xa0\x02\x30\x00", ERR_OK),
		SHAPE("another place", "\x30\x47\x30\x41\x30\x3f\x30\x3d" CERT_ID "\xa1\x02\x30\x00", ERR_MALFORMED),
		SHAPE("no extensions in their place", "\x30\x47\x30\x45\x30\x3f\x30\x3d" CERT_ID "\xa2\x02\x30\x00", ERR_OK),
#undef SHAPE
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct ocsp_request q;
		enum err rc = ocsp_request_read(cases[i].der, cases[i].len, &q, NULL);
		if (rc != cases[i].wanted)
			fail_msg("%s: wanted %s, had %s\n", cases[i].name, err_word(cases[i].wanted), err_word(rc));
	}
}

static struct buf rich_request(void)
{
	OCSP_REQUEST *made = request_of(EVP_sha1());
	add_certificate(made, EVP_sha256(), a_serial, sizeof a_serial);
	OCSP_request_add1_nonce(made, (unsigned char[]){1, 2, 3, 4}, 4);
	return written(made);
}

static void what_is_cut_at_any_length_is_refused(void **state)
{
	(void)state;
	struct buf der = rich_request();
	struct ocsp_request q;
	for (size_t len = 0; len < der.len; len++) {
		uint8_t *exact = malloc(len + 1); /* so that a sanitizer sees a look beyond it */
		memcpy(exact, der.data, len);
		assert_int_equal(ocsp_request_read(exact, len, &q, NULL), ERR_MALFORMED);
		free(exact);
	}
	buf_free(&der);
}

static bool within(const struct buf *der, const uint8_t *at, size_t len)
{
	return at >= der->data && at + len <= der->data + der->len;
}

static void views_stay_within_the_request_whatever_bit_is_flipped(void **state)
{
	(void)state;
	struct buf der = rich_request();
	for (size_t bit = 0; bit < der.len * 8; bit++) {
		struct ocsp_request q;
		der.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
		if (ocsp_request_read(der.data, der.len, &q, NULL) == ERR_OK) {
			assert_true(q.count >= 1 && q.count <= OCSP_SINGLES_MAX && q.nonce_len <= OCSP_NONCE_MAX);
			for (size_t i = 0; i < q.count; i++)
				assert_true(within(&der, q.ids[i].serial, q.ids[i].serial_len) &&
					    within(&der, q.ids[i].name_digest, q.ids[i].name_len) &&
					    within(&der, q.ids[i].key_digest, q.ids[i].key_len) && q.ids[i].serial_len >= 1 &&
					    q.ids[i].serial_len <= OCSP_SERIAL_MAX);
		}
		der.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	buf_free(&der);
}

static void a_giant_is_refused_by_its_length_and_a_deep_one_too(void **state)
{
	(void)state;
	size_t len = OCSP_REQUEST_BYTES_MAX + 1;
	uint8_t *giant = malloc(len);
	struct errbuf why = {""};
	struct ocsp_request q;
	memset(giant, 0x30, len);
	assert_int_equal(ocsp_request_read(giant, len, &q, &why), ERR_MALFORMED);
	assert_non_null(strstr(why.text, "more than"));
	assert_int_equal(ocsp_request_read(giant, len - 1, &q, NULL), ERR_MALFORMED);
	free(giant);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_librarys_requests_are_read),
		cmocka_unit_test(another_issuer_is_not_ours),
		cmocka_unit_test(a_nonce_has_1_to_128_octets),
		cmocka_unit_test(malformed_nonces_are_refused),
		cmocka_unit_test(extensions_are_ignored_unless_critical),
		cmocka_unit_test(up_to_32_certificates_are_asked_for_at_once),
		cmocka_unit_test(serials_have_1_to_20_octets),
		cmocka_unit_test(a_signed_request_and_its_requestor_are_passed_over),
		cmocka_unit_test(shapes),
		cmocka_unit_test(what_is_cut_at_any_length_is_refused),
		cmocka_unit_test(views_stay_within_the_request_whatever_bit_is_flipped),
		cmocka_unit_test(a_giant_is_refused_by_its_length_and_a_deep_one_too),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}

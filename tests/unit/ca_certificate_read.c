#include "tests/unit/ca_fixture.h"

#include <stdlib.h>
#include <openssl/pkcs7.h>
#include <openssl/x509v3.h>

static struct pki pki;
static EVP_PKEY *key;
static struct buf der = {.cap = 16384};

static int setup(void **state)
{
	(void)state;
	pki_new(&pki, NOW);
	if (key_generate(KEY_P256, &key))
		return -1;
	issue_der(&pki.issuing, PROFILE_CLIENT, key, &der);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	pki_clear(&pki);
	EVP_PKEY_free(key);
	buf_free(&der);
	return 0;
}

static void facts_are_those_that_were_asked_for(void **state)
{
	(void)state;
	struct certificate_facts facts;
	char serial[SERIAL_TEXT_SIZE];
	uint8_t hash[32];
	assert_ok(certificate_read(der.data, der.len, &facts, NULL));
	serial_text(facts.serial, serial);
	assert_string_equal(serial, "5e41000000000000000000000000000000000007");
	assert_string_equal(facts.organisation, "M\xc3\xbcller & S\xc3\xb6hne AG");
	assert_string_equal(facts.unit, "e-banking");
	assert_string_equal(facts.common_name, "my page");
	assert_string_equal(facts.san_uri, "spiffe://example.org/org/mueller/service/e-banking/client/my-page");
	assert_string_equal(facts.subject, "CN=my page,OU=e-banking,O=M\xc3\xbcller & S\xc3\xb6hne AG");
	assert_string_equal(facts.issuer, "CN=Fixture Issuing,O=Fixture Authority");
	assert_int_equal(facts.not_before, NOW - 300);
	assert_int_equal(facts.not_after, NOW + 730 * DAY);
	assert_int_equal(EVP_Digest(der.data, der.len, hash, NULL, EVP_sha256(), NULL), 1);
	assert_memory_equal(facts.fingerprint, hash, sizeof hash);
}

static void what_is_absent_reads_as_nothing(void **state)
{
	(void)state;
	struct certificate_facts facts;
	struct buf root = BUF_INIT(16384);
	uint8_t *bytes = NULL;
	int len = i2d_X509(pki.root.certificate, &bytes);
	assert_ok(certificate_read(bytes, (size_t)len, &facts, NULL));
	assert_string_equal(facts.unit, "");
	assert_string_equal(facts.san_uri, "");
	assert_string_equal(facts.subject, facts.issuer);
	OPENSSL_free(bytes);
	buf_free(&root);
}

static void a_certificate_cut_at_any_length_is_malformed(void **state)
{
	(void)state;
	struct certificate_facts facts, before;
	memset(&facts, 0x55, sizeof facts);
	before = facts;
	for (size_t cut = 0; cut < der.len; cut++) {
		uint8_t *exact = malloc(cut ? cut : 1); /* so that a read beyond it is seen by the sanitizer */
		memcpy(exact, der.data, cut);
		if (certificate_read(exact, cut, &facts, NULL) != ERR_MALFORMED)
			fail_msg("accepted at %zu of %zu bytes\n", cut, der.len);
		free(exact);
	}
	assert_memory_equal(&facts, &before, sizeof facts);
}

static void bytes_after_the_certificate_are_malformed(void **state)
{
	(void)state;
	struct certificate_facts facts;
	struct buf longer = BUF_INIT(16384);
	buf_add(&longer, der.data, der.len);
	buf_byte(&longer, 0);
	assert_int_equal(certificate_read(longer.data, longer.len, &facts, NULL), ERR_MALFORMED);
	buf_clear(&longer);
	buf_add(&longer, der.data, der.len);
	buf_add(&longer, der.data, der.len);
	assert_int_equal(certificate_read(longer.data, longer.len, &facts, NULL), ERR_MALFORMED);
	buf_free(&longer);
}

static void no_flipped_bit_reads_as_the_same_certificate(void **state)
{
	(void)state;
	struct certificate_facts facts, good;
	assert_ok(certificate_read(der.data, der.len, &good, NULL));
	for (size_t bit = 0; bit < 8 * der.len; bit++) {
		der.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
		if (certificate_read(der.data, der.len, &facts, NULL) == ERR_OK)
			assert_memory_not_equal(facts.fingerprint, good.fingerprint, FINGERPRINT_BYTES);
		der.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
}

/* A certificate that we would never make: names as an attacker writes them. */
static void foreign_der(X509_NAME *subject, const char *san, struct buf *out)
{
	X509 *x = X509_new();
	uint8_t *bytes = NULL;
	X509_set_version(x, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
	X509_set_subject_name(x, subject);
	X509_set_issuer_name(x, subject);
	ASN1_TIME_set(X509_getm_notBefore(x), NOW);
	ASN1_TIME_set(X509_getm_notAfter(x), NOW + DAY);
	X509_set_pubkey(x, key);
	if (san) {
		X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, san);
		X509_add_ext(x, e, -1);
		X509_EXTENSION_free(e);
	}
	assert_true(X509_sign(x, key, EVP_sha256()) > 0);
	int len = i2d_X509(x, &bytes);
	buf_add(out, bytes, (size_t)len);
	OPENSSL_free(bytes);
	X509_free(x);
}

static enum err read_foreign(const void *name, int len, int type, const char *san, struct certificate_facts *facts)
{
	struct buf out = BUF_INIT(16384);
	X509_NAME *subject = X509_NAME_new();
	X509_NAME_add_entry_by_NID(subject, NID_commonName, type, name, len, -1, 0);
	foreign_der(subject, san, &out);
	enum err rc = certificate_read(out.data, out.len, facts, NULL);
	X509_NAME_free(subject);
	buf_free(&out);
	return rc;
}

static void a_name_that_would_be_read_shorter_is_refused(void **state)
{
	(void)state;
	struct certificate_facts facts;
	char many[400];
	memset(many, 'a', sizeof many);
	assert_int_equal(read_foreign("bank\0.evil", 10, V_ASN1_UTF8STRING, NULL, &facts), ERR_MALFORMED);
	assert_int_equal(read_foreign(many, NAME_SIZE, V_ASN1_UTF8STRING, NULL, &facts), ERR_MALFORMED);
	assert_int_equal(read_foreign("a", 1, V_ASN1_UTF8STRING, "URI:spiffe://a/b,URI:spiffe://a/c", &facts), ERR_MALFORMED);
	assert_ok(read_foreign(many, NAME_SIZE - 1, V_ASN1_UTF8STRING, "DNS:x,URI:spiffe://a/b", &facts));
	assert_string_equal(facts.san_uri, "spiffe://a/b");
}

static void other_string_types_read_as_utf8(void **state)
{
	(void)state;
	struct certificate_facts facts;
	assert_ok(read_foreign("M\xfcller", 6, V_ASN1_T61STRING, NULL, &facts));
	assert_string_equal(facts.common_name, "M\xc3\xbcller");
	assert_ok(read_foreign("\0M\0\xfc", 4, V_ASN1_BMPSTRING, NULL, &facts));
	assert_string_equal(facts.common_name, "M\xc3\xbc");
}

static void special_characters_are_escaped_in_the_subject_line(void **state)
{
	(void)state;
	struct certificate_facts facts;
	assert_ok(read_foreign("a,O=b+c\n", 8, V_ASN1_UTF8STRING, NULL, &facts));
	assert_string_equal(facts.subject, "CN=a\\,O=b\\+c\\0A");
}

static void certificates_come_out_of_pem_one_by_one(void **state)
{
	(void)state;
	struct buf pem = BUF_INIT(65536), out = BUF_INIT(16384), root = BUF_INIT(16384);
	uint8_t *bytes = NULL;
	int len = i2d_X509(pki.root.certificate, &bytes);
	buf_add(&root, bytes, (size_t)len);
	OPENSSL_free(bytes);
	buf_text(&pem, "a line of text before\n");
	assert_ok(certificate_der_to_pem(der.data, der.len, &pem));
	assert_ok(key_write_pem(key, NULL, &pem)); /* skipped */
	assert_ok(certificate_der_to_pem(root.data, root.len, &pem));
	assert_ok(certificate_pem_to_der(pem.data, pem.len, 0, &out));
	assert_int_equal(out.len, der.len);
	assert_memory_equal(out.data, der.data, der.len);
	buf_clear(&out);
	assert_ok(certificate_pem_to_der(pem.data, pem.len, 1, &out));
	assert_int_equal(out.len, root.len);
	assert_memory_equal(out.data, root.data, root.len);
	buf_clear(&out);
	assert_int_equal(certificate_pem_to_der(pem.data, pem.len, 2, &out), ERR_NOT_FOUND);
	assert_int_equal(certificate_pem_to_der("", 0, 0, &out), ERR_NOT_FOUND);
	assert_int_equal(certificate_pem_to_der("nothing", 7, 0, &out), ERR_NOT_FOUND);
	assert_int_equal(out.len, 0);
	buf_free(&pem);
	buf_free(&out);
	buf_free(&root);
}

static void damaged_pem_is_malformed(void **state)
{
	(void)state;
	static const char *const bad[] = {
		"-----BEGIN CERTIFICATE-----\n",
		"-----BEGIN CERTIFICATE-----\nMAA=\n",
		"-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n",
		"-----BEGIN CERTIFICATE-----\n!!!!\n-----END CERTIFICATE-----\n",
		"-----BEGIN CERTIFICATE-----\nMAA=\n-----END PRIVATE KEY-----\n",
		"-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n",
	};
	struct buf out = BUF_INIT(16384);
	for (size_t i = 0; i < COUNT(bad); i++)
		if (certificate_pem_to_der(bad[i], strlen(bad[i]), 0, &out) != ERR_MALFORMED)
			fail_msg("not malformed: %s\n", bad[i]);
	assert_int_equal(certificate_der_to_pem(der.data, der.len - 1, &out), ERR_MALFORMED);
	assert_int_equal(certificate_der_to_pem(der.data, 0, &out), ERR_MALFORMED);
	assert_int_equal(out.len, 0);
	buf_free(&out);
}

static void several_make_one_pkcs7_in_their_order(void **state)
{
	(void)state;
	struct buf one = BUF_INIT(16384), two = BUF_INIT(16384), p7 = BUF_INIT(65536), small = BUF_INIT(100);
	assert_ok(certificate_encode(pki.issuing.certificate, &one, NULL));
	assert_ok(certificate_encode(pki.root.certificate, &two, NULL));
	const struct buf *const ders[] = {&one, &two};
	assert_ok(certificate_pkcs7(ders, 2, &p7));
	const uint8_t *at = p7.data;
	PKCS7 *read = d2i_PKCS7(NULL, &at, (long)p7.len);
	assert_non_null(read);
	assert_ptr_equal(at, p7.data + p7.len);
	assert_true(PKCS7_type_is_signed(read));
	STACK_OF(X509) *certificates = read->d.sign->cert;
	assert_int_equal(sk_X509_num(certificates), 2);
	assert_int_equal(X509_cmp(sk_X509_value(certificates, 0), pki.issuing.certificate), 0);
	assert_int_equal(X509_cmp(sk_X509_value(certificates, 1), pki.root.certificate), 0);
	assert_int_equal(certificate_pkcs7(ders, 2, &small), ERR_TOO_LARGE);
	PKCS7_free(read);
	buf_free(&one);
	buf_free(&two);
	buf_free(&p7);
	buf_free(&small);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(several_make_one_pkcs7_in_their_order),
		cmocka_unit_test(facts_are_those_that_were_asked_for),
		cmocka_unit_test(what_is_absent_reads_as_nothing),
		cmocka_unit_test(a_certificate_cut_at_any_length_is_malformed),
		cmocka_unit_test(bytes_after_the_certificate_are_malformed),
		cmocka_unit_test(no_flipped_bit_reads_as_the_same_certificate),
		cmocka_unit_test(a_name_that_would_be_read_shorter_is_refused),
		cmocka_unit_test(other_string_types_read_as_utf8),
		cmocka_unit_test(special_characters_are_escaped_in_the_subject_line),
		cmocka_unit_test(certificates_come_out_of_pem_one_by_one),
		cmocka_unit_test(damaged_pem_is_malformed),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}

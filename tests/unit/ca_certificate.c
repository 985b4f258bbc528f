#include "tests/unit/ca_fixture.h"

#include <openssl/x509v3.h>

static struct pki pki;
static EVP_PKEY *p256;

static int setup(void **state)
{
	(void)state;
	pki_new(&pki, NOW);
	return key_generate(KEY_P256, &p256);
}

static int teardown(void **state)
{
	(void)state;
	pki_clear(&pki);
	EVP_PKEY_free(p256);
	return 0;
}

static const struct authority *issuer_of(enum profile_id id)
{
	return id == PROFILE_ISSUING ? &pki.root : &pki.issuing;
}

/* As the outside does it: root as anchor, issuing CA as helper, strict, for one purpose. X509_V_OK or the error. */
static int outside_verify(X509 *leaf, int purpose, int64_t at)
{
	X509_STORE *store = X509_STORE_new();
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	STACK_OF(X509) *helpers = sk_X509_new_null();
	sk_X509_push(helpers, pki.issuing.certificate);
	X509_STORE_add_cert(store, pki.root.certificate);
	assert_int_equal(X509_STORE_CTX_init(ctx, store, leaf, helpers), 1);
	X509_VERIFY_PARAM *param = X509_STORE_CTX_get0_param(ctx);
	X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_X509_STRICT | X509_V_FLAG_CHECK_SS_SIGNATURE |
						   X509_V_FLAG_POLICY_CHECK);
	X509_VERIFY_PARAM_set_time(param, (time_t)at);
	assert_int_equal(X509_VERIFY_PARAM_set_purpose(param, purpose), 1);
	int error = X509_verify_cert(ctx) == 1 ? X509_V_OK : X509_STORE_CTX_get_error(ctx);
	X509_STORE_CTX_free(ctx);
	X509_STORE_free(store);
	sk_X509_free(helpers);
	return error;
}

static void every_profile_verifies_strictly_for_its_purpose_and_no_other(void **state)
{
	(void)state;
	static const struct {
		enum profile_id id;
		int client, server;
	} cases[] = {
		{PROFILE_CLIENT, X509_V_OK, X509_V_ERR_INVALID_PURPOSE},
		{PROFILE_STAFF, X509_V_OK, X509_V_ERR_INVALID_PURPOSE},
		{PROFILE_SERVER, X509_V_ERR_INVALID_PURPOSE, X509_V_OK},
		{PROFILE_OCSP, X509_V_ERR_INVALID_PURPOSE, X509_V_ERR_INVALID_PURPOSE},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct buf der = BUF_INIT(16384);
		issue_der(&pki.issuing, cases[i].id, p256, &der);
		X509 *x = der_to_x509(der.data, der.len);
		assert_int_equal(outside_verify(x, X509_PURPOSE_SSL_CLIENT, NOW), cases[i].client);
		assert_int_equal(outside_verify(x, X509_PURPOSE_SSL_SERVER, NOW), cases[i].server);
		assert_int_equal(outside_verify(x, X509_PURPOSE_ANY, NOW), X509_V_OK);
		assert_int_equal(outside_verify(x, X509_PURPOSE_ANY, NOW - 301), X509_V_ERR_CERT_NOT_YET_VALID);
		X509_free(x);
		buf_free(&der);
	}
}

static void every_permitted_key_type_and_no_other_is_certified(void **state)
{
	(void)state;
	for (enum key_type type = 0; type < KEY_TYPE_COUNT; type++) {
		EVP_PKEY *key = NULL;
		assert_ok(key_generate(type, &key));
		for (enum profile_id id = PROFILE_ISSUING; id < PROFILE_COUNT; id++) {
			struct buf der = BUF_INIT(16384);
			struct certificate_fields f = fields_of(id, issuer_of(id)->certificate, NOW);
			bool permitted = profile_get(id)->key_types & 1u << type;
			enum err rc = authority_issue(issuer_of(id), &f, key, NULL, &der, NULL);
			if ((rc == ERR_OK) != permitted || (der.len > 0) != permitted)
				fail_msg("%s with %s: %s\n", profile_get(id)->name, key_type_name(type), err_word(rc));
			buf_free(&der);
		}
		EVP_PKEY_free(key);
	}
}

/* One reading of the whole text; what `openssl x509 -text` shows is what people will hold us to. */
static void a_client_certificate_says_exactly_this(void **state)
{
	(void)state;
	static const char *const lines[] = {
		"Version: 3 (0x2)",
		"Serial Number:\n            5e:41:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:07\n",
		"Signature Algorithm: ecdsa-with-SHA256",
		"Issuer: O = Fixture Authority, CN = Fixture Issuing\n",
		"Not Before: Nov 22 02:13:38 2026 GMT\n", /* not back-dated beyond the issuer's own birth */
		"Not After : Nov 21 02:18:38 2028 GMT\n",
		"Subject: O = M\xc3\xbcller & S\xc3\xb6hne AG, OU = e-banking, CN = my page\n",
		"X509v3 Key Usage: critical\n                Digital Signature\n",
		"X509v3 Basic Constraints: critical\n                CA:FALSE\n",
		"X509v3 Extended Key Usage: \n                TLS Web Client Authentication\n",
		"X509v3 Subject Alternative Name: \n"
		"                URI:spiffe://example.org/org/mueller/service/e-banking/client/my-page\n",
		"Full Name:\n                  URI:http://ca.example.org/crl/issuing.crl",
		"OCSP - URI:http://ca.example.org/ocsp\n",
		"CA Issuers - URI:http://ca.example.org/ca/issuing.cer\n",
	};
	struct buf der = BUF_INIT(16384);
	struct certificate_fields f = fields_of(PROFILE_CLIENT, pki.issuing.certificate, NOW + 300);
	assert_ok(authority_issue(&pki.issuing, &f, p256, NULL, &der, NULL));
	X509 *x = der_to_x509(der.data, der.len);
	BIO *bio = BIO_new(BIO_s_mem());
	char *text = NULL;
	X509_print_ex(bio, x, XN_FLAG_ONELINE & ~(unsigned long)ASN1_STRFLGS_ESC_MSB, 0);
	BIO_write(bio, "", 1);
	BIO_get_mem_data(bio, &text);
	for (size_t i = 0; i < COUNT(lines); i++)
		if (!strstr(text, lines[i]))
			fail_msg("\"%s\" is not in\n%s\n", lines[i], text);
	assert_int_equal(X509_get_ext_count(x), 8);
	BIO_free(bio);
	X509_free(x);
	buf_free(&der);
}

static void names_stand_as_utf8_and_the_issuer_byte_for_byte(void **state)
{
	(void)state;
	struct buf der = BUF_INIT(16384);
	const uint8_t *a = NULL, *b = NULL;
	size_t a_len = 0, b_len = 0;
	issue_der(&pki.issuing, PROFILE_CLIENT, p256, &der);
	X509 *x = der_to_x509(der.data, der.len);
	for (int i = 0; i < 3; i++)
		assert_int_equal(ASN1_STRING_type(X509_NAME_ENTRY_get_data(
					 X509_NAME_get_entry(X509_get_subject_name(x), i))), V_ASN1_UTF8STRING);
	X509_NAME_get0_der(X509_get_issuer_name(x), &a, &a_len);
	X509_NAME_get0_der(X509_get_subject_name(pki.issuing.certificate), &b, &b_len);
	assert_int_equal(a_len, b_len);
	assert_memory_equal(a, b, a_len);
	X509_free(x);
	buf_free(&der);
}

static void a_staff_certificate_has_the_unit_staff(void **state)
{
	(void)state;
	struct buf der = BUF_INIT(16384);
	struct certificate_facts facts;
	issue_der(&pki.issuing, PROFILE_STAFF, p256, &der);
	assert_ok(certificate_read(der.data, der.len, &facts, NULL));
	assert_string_equal(facts.unit, "staff");
	assert_string_equal(facts.san_uri, "spiffe://example.org/staff/7k3mq2");
	buf_free(&der);
}

static void a_server_is_found_under_each_of_its_hosts_only(void **state)
{
	(void)state;
	struct buf der = BUF_INIT(16384);
	issue_der(&pki.issuing, PROFILE_SERVER, p256, &der);
	X509 *x = der_to_x509(der.data, der.len);
	assert_int_equal(X509_check_host(x, "localhost", 0, 0, NULL), 1);
	assert_int_equal(X509_check_host(x, "members.example.org", 0, 0, NULL), 1);
	assert_int_equal(X509_check_host(x, "www.example.org", 0, 0, NULL), 0);
	assert_int_equal(X509_check_ip_asc(x, "127.0.0.1", 0), 1);
	assert_int_equal(X509_check_ip_asc(x, "::1", 0), 1);
	assert_int_equal(X509_check_ip_asc(x, "127.0.0.2", 0), 0);
	X509_free(x);
	buf_free(&der);
}

static void life_is_the_profiles_and_never_beyond_the_issuers(void **state)
{
	(void)state;
	const struct profile *p = profile_get(PROFILE_CLIENT);
	struct certificate_fields f = {.profile = PROFILE_CLIENT};
	certificate_life(p, pki.issuing.certificate, NOW + DAY, &f);
	assert_int_equal(f.not_before, NOW + DAY - 300);
	assert_int_equal(f.not_after, NOW + DAY + 730 * DAY);
	int64_t end = NOW + 3652 * DAY; /* of the issuing CA */
	certificate_life(p, pki.issuing.certificate, end - 10 * DAY, &f);
	assert_int_equal(f.not_after, end);
	certificate_life(p, pki.issuing.certificate, NOW, &f);
	assert_int_equal(f.not_before, NOW - 300);
	certificate_life(p, pki.issuing.certificate, NOW - 10 * DAY, &f);
	assert_int_equal(f.not_before, NOW - 300); /* the issuer's own */
}

static void nothing_is_issued_by_an_authority_that_has_expired(void **state)
{
	(void)state;
	struct buf der = BUF_INIT(16384);
	struct certificate_fields f = fields_of(PROFILE_CLIENT, pki.issuing.certificate, NOW + 3653 * DAY);
	assert_int_equal(authority_issue(&pki.issuing, &f, p256, NULL, &der, NULL), ERR_INVALID);
	assert_int_equal(der.len, 0);
}

static void times_from_2050_on_are_generalized(void **state)
{
	(void)state;
	static const struct {
		int64_t at;
		int type;
	} cases[] = {{INT64_C(2524607999), V_ASN1_UTCTIME}, {INT64_C(2524608000), V_ASN1_GENERALIZEDTIME}};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct pki late;
		struct buf der = BUF_INIT(16384);
		pki_new(&late, INT64_C(2524608000) - 400 * DAY);
		struct certificate_fields f =
			fields_of(PROFILE_CLIENT, late.issuing.certificate, cases[i].at - 730 * DAY);
		f.not_before = INT64_C(2524608000) - 300 * DAY;
		f.not_after = cases[i].at;
		assert_ok(authority_issue(&late.issuing, &f, p256, NULL, &der, NULL));
		X509 *x = der_to_x509(der.data, der.len);
		assert_int_equal(ASN1_STRING_type(X509_get0_notAfter(x)), cases[i].type);
		assert_int_equal(ASN1_STRING_type(X509_get0_notBefore(x)), V_ASN1_UTCTIME);
		X509_free(x);
		buf_free(&der);
		pki_clear(&late);
	}
}

/* The to-be-signed bytes of a certificate in DER, found without the code under test. */
static void tbs_hash_by_hand(const struct buf *der, uint8_t out[32])
{
	const uint8_t *at = der->data, *tbs;
	long len;
	int tag, class;
	ASN1_get_object(&at, &len, &tag, &class, (long)der->len);
	tbs = at;
	ASN1_get_object(&at, &len, &tag, &class, len);
	assert_int_equal(EVP_Digest(tbs, (size_t)(at + len - tbs), out, NULL, EVP_sha256(), NULL), 1);
}

static void add_der(const X509 *x, struct buf *out)
{
	uint8_t *der = NULL;
	int len = i2d_X509(x, &der);
	assert_true(len > 0);
	buf_add(out, der, (size_t)len);
	OPENSSL_free(der);
}

static void the_announced_hash_is_of_the_bytes_that_get_signed(void **state)
{
	(void)state;
	EVP_PKEY *rsa = NULL;
	assert_ok(key_generate(KEY_RSA2048, &rsa));
	EVP_PKEY *const keys[] = {p256, rsa};
	for (size_t i = 0; i < COUNT(keys); i++) {
		for (enum profile_id id = PROFILE_ISSUING; id <= PROFILE_SERVER; id++) {
			if (!(profile_get(id)->key_types & 1u << KEY_RSA2048) && keys[i] == rsa)
				continue;
			const struct authority *by = issuer_of(id);
			struct certificate_fields f = fields_of(id, by->certificate, NOW);
			struct buf der = BUF_INIT(16384);
			uint8_t announced[32], signed_hash[32];
			X509 *x = NULL, *made = NULL;
			assert_ok(certificate_build(&f, keys[i], by->certificate, &x, NULL));
			assert_ok(certificate_tbs_hash(x, by->key, announced));
			assert_ok(certificate_sign(&f, x, by->key, by->certificate, keys[i], &made, NULL));
			add_der(made, &der);
			tbs_hash_by_hand(&der, signed_hash);
			assert_memory_equal(announced, signed_hash, sizeof announced);
			X509_free(x);
			X509_free(made);
			buf_free(&der);
		}
	}
	EVP_PKEY_free(rsa);
}

static void the_same_fields_and_key_give_the_same_bytes_to_be_signed(void **state)
{
	(void)state;
	struct certificate_fields f = fields_of(PROFILE_CLIENT, pki.issuing.certificate, NOW);
	uint8_t first[32], second[32];
	X509 *a = NULL, *b = NULL;
	assert_ok(certificate_build(&f, p256, pki.issuing.certificate, &a, NULL));
	assert_ok(certificate_build(&f, p256, pki.issuing.certificate, &b, NULL));
	assert_ok(certificate_tbs_hash(a, pki.issuing.key, first));
	assert_ok(certificate_tbs_hash(b, pki.issuing.key, second));
	assert_memory_equal(first, second, sizeof first);
	X509_free(a);
	X509_free(b);
}

static void signing_refuses_keys_that_do_not_belong(void **state)
{
	(void)state;
	struct certificate_fields f = fields_of(PROFILE_CLIENT, pki.issuing.certificate, NOW);
	EVP_PKEY *other = NULL;
	X509 *x = NULL, *made = NULL;
	assert_ok(key_generate(KEY_P256, &other));
	assert_ok(certificate_build(&f, p256, pki.issuing.certificate, &x, NULL));
	assert_int_equal(certificate_sign(&f, x, other, pki.issuing.certificate, p256, &made, NULL), ERR_INVALID);
	assert_int_equal(certificate_sign(&f, x, pki.root.key, pki.issuing.certificate, p256, &made, NULL), ERR_INVALID);
	assert_int_not_equal(certificate_sign(&f, x, pki.issuing.key, pki.issuing.certificate, other, &made, NULL), ERR_OK);
	assert_int_not_equal(certificate_sign(&f, x, pki.root.key, pki.root.certificate, p256, &made, NULL), ERR_OK);
	f.common_name = "another page";
	assert_int_not_equal(certificate_sign(&f, x, pki.issuing.key, pki.issuing.certificate, p256, &made, NULL), ERR_OK);
	assert_null(made);
	X509_free(x);
	EVP_PKEY_free(other);
}

static void a_leaf_never_issues(void **state)
{
	(void)state;
	struct buf der = BUF_INIT(16384), none = BUF_INIT(16384);
	issue_der(&pki.issuing, PROFILE_CLIENT, p256, &der);
	struct authority leaf = {.certificate = der_to_x509(der.data, der.len), .key = p256};
	struct certificate_fields f = fields_of(PROFILE_CLIENT, leaf.certificate, NOW);
	EVP_PKEY *key = NULL;
	assert_ok(key_generate(KEY_P256, &key));
	assert_int_equal(authority_issue(&leaf, &f, key, NULL, &none, NULL), ERR_INVALID);
	assert_int_equal(none.len, 0);
	X509_free(leaf.certificate);
	EVP_PKEY_free(key);
	buf_free(&der);
}

static void an_output_too_small_gets_nothing(void **state)
{
	(void)state;
	struct buf small = BUF_INIT(100);
	struct certificate_fields f = fields_of(PROFILE_CLIENT, pki.issuing.certificate, NOW);
	assert_int_equal(authority_issue(&pki.issuing, &f, p256, NULL, &small, NULL), ERR_TOO_LARGE);
	assert_int_equal(small.len, 0);
	buf_free(&small);
}

/* --- Fields that must be refused, each a small change of good ones. --- */

static void no_organisation(struct certificate_fields *f) { f->organisation = NULL; }
static void no_service(struct certificate_fields *f) { f->service = NULL; }
static void no_common_name(struct certificate_fields *f) { f->common_name = NULL; }
static void no_uri(struct certificate_fields *f) { f->san_uri = NULL; }
static void hosts_too(struct certificate_fields *f) { f->hosts = fixture_hosts; }
static void empty_name(struct certificate_fields *f) { f->common_name = ""; }
static void long_name(struct certificate_fields *f)
{
	f->organisation = "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffggggg";
}
static void line_in_name(struct certificate_fields *f) { f->common_name = "my\npage"; }
static void mixed_scripts(struct certificate_fields *f) { f->service = "e-b\xd0\xb0nking"; }
static void https_uri(struct certificate_fields *f) { f->san_uri = "https://example.org/x"; }
static void uri_with_space(struct certificate_fields *f) { f->san_uri = "spiffe://example.org/a b"; }
static void uri_without_path(struct certificate_fields *f) { f->san_uri = "spiffe://example.org"; }
static void uri_with_query(struct certificate_fields *f) { f->san_uri = "spiffe://example.org/a?b"; }
static void uri_with_dots(struct certificate_fields *f) { f->san_uri = "spiffe://example.org/a/../b"; }
static void uri_with_port(struct certificate_fields *f) { f->san_uri = "spiffe://example.org:1/a"; }
static void uri_ending_in_slash(struct certificate_fields *f) { f->san_uri = "spiffe://example.org/a/"; }
static void https_crl(struct certificate_fields *f) { f->crl_url = "https://ca.example.org/x.crl"; }
static void ocsp_with_space(struct certificate_fields *f) { f->ocsp_url = "http://ca.example.org/o csp"; }
static void issuer_without_host(struct certificate_fields *f) { f->issuer_url = "http:///x"; }
static void crl_with_line(struct certificate_fields *f) { f->crl_url = "http://ca.example.org/\r\nx"; }
static void zero_serial(struct certificate_fields *f) { memset(f->serial, 0, SERIAL_BYTES); }
static void serial_of_160_bits(struct certificate_fields *f) { f->serial[0] = 0x80; }
static void ends_before_it_begins(struct certificate_fields *f) { f->not_after = f->not_before; }
static void lives_too_long(struct certificate_fields *f) { f->not_after += 1; }
static void begins_before_the_issuer(struct certificate_fields *f)
{
	f->not_before -= 1;
	f->not_after -= DAY;
}
static void ends_after_the_issuer(struct certificate_fields *f)
{
	f->not_before = NOW + 3600 * DAY;
	f->not_after = NOW + 3652 * DAY + 1;
}
static void is_a_root(struct certificate_fields *f) { f->profile = PROFILE_ROOT; }
static void is_nothing(struct certificate_fields *f) { f->profile = PROFILE_COUNT; }

static void fields_that_deceive_are_refused_before_any_signature(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		void (*change)(struct certificate_fields *);
		const char *reason;
	} cases[] = {
		{"no organisation", no_organisation, "needs organisation"},
		{"no service", no_service, "needs service"},
		{"no common name", no_common_name, "needs common name"},
		{"no SAN URI", no_uri, "needs SAN URI"},
		{"hosts in a client's", hosts_too, "takes no hosts"},
		{"empty name", empty_name, "commonName"},
		{"65 characters", long_name, "1 to 64 characters"},
		{"line feed in a name", line_in_name, "commonName"},
		{"Latin and Cyrillic", mixed_scripts, "organizationalUnitName"},
		{"https SAN URI", https_uri, "spiffe"},
		{"space in the SAN URI", uri_with_space, "segment"},
		{"SAN URI without path", uri_without_path, "SAN URI"},
		{"SAN URI with query", uri_with_query, "SAN URI"},
		{"SAN URI with ..", uri_with_dots, "segment . or .."},
		{"SAN URI with port", uri_with_port, "SAN URI"},
		{"SAN URI with an empty segment", uri_ending_in_slash, "SAN URI"},
		{"https CRL address", https_crl, "http"},
		{"space in the OCSP address", ocsp_with_space, "character that no URI has"},
		{"issuer address without host", issuer_without_host, "has no host"},
		{"line in the CRL address", crl_with_line, "character that no URI has"},
		{"serial zero", zero_serial, "serial is zero"},
		{"serial of 160 bits", serial_of_160_bits, "positive INTEGER"},
		{"ends as it begins", ends_before_it_begins, "ends before it begins"},
		{"lives a second too long", lives_too_long, "lives longer"},
		{"begins before its issuer", begins_before_the_issuer, "within its issuer's validity"},
		{"ends after its issuer", ends_after_the_issuer, "within its issuer's validity"},
		{"a root under an issuer", is_a_root, "takes no service"},
		{"no such profile", is_nothing, "no profile"},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct buf der = BUF_INIT(16384);
		struct errbuf why = {""};
		struct certificate_fields f = fields_of(PROFILE_CLIENT, pki.issuing.certificate, NOW);
		cases[i].change(&f);
		enum err rc = authority_issue(&pki.issuing, &f, p256, NULL, &der, &why);
		if (rc != ERR_INVALID || der.len || !why.text[0] || !strstr(why.text, cases[i].reason))
			fail_msg("%s: %s (wanted \"%s\", had \"%s\")\n", cases[i].name, err_word(rc), cases[i].reason, why.text);
	}
}

static void hosts_that_no_client_would_match_are_refused(void **state)
{
	(void)state;
	static const char *const bad[] = {"", ".", "example.org.", "Example.org", "*.example.org", "a..b", "-a.org", "a-.org",
					  "a_b.org", "a b", "10.0.0.300", "1.2.3", "example.org:8443", "[::1]", "m\xc3\xbcller.ch",
					  "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffff.example.org", "localhost"};
	for (size_t i = 0; i < COUNT(bad); i++) {
		const char *const hosts[] = {"localhost", bad[i], NULL}, *const first[] = {bad[i], NULL};
		struct buf der = BUF_INIT(16384);
		struct certificate_fields f = fields_of(PROFILE_SERVER, pki.issuing.certificate, NOW);
		f.hosts = strlen(bad[i]) > 64 ? first : hosts;
		if (authority_issue(&pki.issuing, &f, p256, NULL, &der, NULL) != ERR_INVALID)
			fail_msg("accepted: %s\n", bad[i]);
	}
	static const char *const none[] = {NULL};
	const char *many[18] = {NULL};
	char text[17][8];
	for (size_t i = 0; i < 17; i++) {
		snprintf(text[i], sizeof text[i], "h%zu", i);
		many[i] = text[i];
	}
	struct buf der = BUF_INIT(16384);
	struct certificate_fields f = fields_of(PROFILE_SERVER, pki.issuing.certificate, NOW);
	f.hosts = none;
	assert_int_equal(authority_issue(&pki.issuing, &f, p256, NULL, &der, NULL), ERR_INVALID);
	f.hosts = many;
	assert_int_equal(authority_issue(&pki.issuing, &f, p256, NULL, &der, NULL), ERR_INVALID);
	many[16] = NULL;
	assert_ok(authority_issue(&pki.issuing, &f, p256, NULL, &der, NULL));
	buf_free(&der);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_profile_verifies_strictly_for_its_purpose_and_no_other),
		cmocka_unit_test(every_permitted_key_type_and_no_other_is_certified),
		cmocka_unit_test(a_client_certificate_says_exactly_this),
		cmocka_unit_test(names_stand_as_utf8_and_the_issuer_byte_for_byte),
		cmocka_unit_test(a_staff_certificate_has_the_unit_staff),
		cmocka_unit_test(a_server_is_found_under_each_of_its_hosts_only),
		cmocka_unit_test(life_is_the_profiles_and_never_beyond_the_issuers),
		cmocka_unit_test(nothing_is_issued_by_an_authority_that_has_expired),
		cmocka_unit_test(times_from_2050_on_are_generalized),
		cmocka_unit_test(the_announced_hash_is_of_the_bytes_that_get_signed),
		cmocka_unit_test(the_same_fields_and_key_give_the_same_bytes_to_be_signed),
		cmocka_unit_test(signing_refuses_keys_that_do_not_belong),
		cmocka_unit_test(a_leaf_never_issues),
		cmocka_unit_test(an_output_too_small_gets_nothing),
		cmocka_unit_test(fields_that_deceive_are_refused_before_any_signature),
		cmocka_unit_test(hosts_that_no_client_would_match_are_refused),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}

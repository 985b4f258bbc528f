#include "tests/unit/ca_fixture.h"

#include "ca/crl.h"

#include <dlfcn.h>
#include <openssl/x509v3.h>
#include <time.h>

static struct pki pki;
static EVP_PKEY *key;
static int signatures; /* made so far by the issuing CA's key */

/* Stands before OpenSSL's: the only place where a certificate is signed. */
int X509_sign(X509 *x, EVP_PKEY *with, const EVP_MD *digest)
{
	int (*real)(X509 *, EVP_PKEY *, const EVP_MD *);
	*(void **)&real = dlsym(RTLD_NEXT, "X509_sign");
	signatures += with == pki.issuing.key;
	return real(x, with, digest);
}

static int setup(void **state)
{
	(void)state;
	pki_new(&pki, NOW);
	return key_generate(KEY_P256, &key);
}

static int teardown(void **state)
{
	(void)state;
	pki_clear(&pki);
	EVP_PKEY_free(key);
	return 0;
}

static void assert_times(const X509 *x, int64_t from, int64_t to)
{
	struct tm tm;
	assert_int_equal(ASN1_TIME_to_tm(X509_get0_notBefore(x), &tm), 1);
	assert_int_equal(timegm(&tm), from);
	assert_int_equal(ASN1_TIME_to_tm(X509_get0_notAfter(x), &tm), 1);
	assert_int_equal(timegm(&tm), to);
}

static void the_two_cas_are_as_the_design_says(void **state)
{
	(void)state;
	enum key_type type;
	assert_ok(key_type_of(pki.root.key, &type));
	assert_int_equal(type, KEY_P384);
	assert_ok(key_type_of(pki.issuing.key, &type));
	assert_int_equal(type, KEY_P256);
	assert_int_equal(X509_get_pathlen(pki.root.certificate), 1);
	assert_int_equal(X509_get_pathlen(pki.issuing.certificate), 0);
	assert_int_equal(X509_self_signed(pki.root.certificate, 1), 1);
	assert_int_equal(X509_get_signature_nid(pki.root.certificate), NID_ecdsa_with_SHA384);
	assert_int_equal(X509_get_signature_nid(pki.issuing.certificate), NID_ecdsa_with_SHA384);
	assert_int_equal(X509_verify(pki.issuing.certificate, X509_get0_pubkey(pki.root.certificate)), 1);
	assert_times(pki.root.certificate, NOW - 300, NOW + 7305 * DAY);
	assert_times(pki.issuing.certificate, NOW - 300, NOW + 3652 * DAY);
	assert_int_equal(X509_get_ext_by_NID(pki.root.certificate, NID_crl_distribution_points, -1), -1);
	assert_true(X509_get_ext_by_NID(pki.issuing.certificate, NID_crl_distribution_points, -1) >= 0);
	assert_true(X509_get_ext_by_NID(pki.issuing.certificate, NID_info_access, -1) >= 0);
}

static void an_issuing_ca_never_outlives_its_root(void **state)
{
	(void)state;
	struct authority late = {0};
	assert_ok(authority_make_issuing(&fixture_names, &pki.root, NOW + 7000 * DAY, &late, NULL));
	assert_times(late.certificate, NOW + 7000 * DAY - 300, NOW + 7305 * DAY);
	authority_clear(&late);
}

static void a_ca_with_the_name_of_its_root_is_refused(void **state)
{
	(void)state;
	struct authority_names names = fixture_names;
	struct authority out = {0};
	struct errbuf why = {""};
	names.issuing_name = names.root_name;
	assert_int_equal(authority_make_issuing(&names, &pki.root, NOW, &out, &why), ERR_INVALID);
	assert_non_null(strstr(why.text, "name of its issuer"));
	assert_null(out.certificate);
	assert_null(out.key);
}

static void names_that_deceive_make_no_authority(void **state)
{
	(void)state;
	struct authority_names names = fixture_names;
	struct authority out = {0};
	names.root_name = "Root\n";
	assert_int_equal(authority_make_root(&names, NOW, &out, NULL), ERR_INVALID);
	names.root_name = NULL;
	assert_int_equal(authority_make_root(&names, NOW, &out, NULL), ERR_INVALID);
	assert_null(out.certificate);
	assert_null(out.key);
}

static void an_issuing_ca_makes_no_further_ca(void **state)
{
	(void)state;
	struct buf der = BUF_INIT(16384);
	struct certificate_fields f = fields_of(PROFILE_ISSUING, pki.issuing.certificate, NOW);
	struct errbuf why = {""};
	assert_int_equal(authority_issue(&pki.issuing, &f, key, NULL, &der, &why), ERR_INVALID);
	assert_non_null(strstr(why.text, "path length"));
	assert_int_equal(der.len, 0);
}

struct journal {
	int calls;
	int signed_before;
	enum err answer;
	uint8_t hash[32], serial[SERIAL_BYTES];
	const struct buf *out; /* nothing may be in it at the time of the call */
};

static enum err journal_intent(void *ctx, const struct certificate_fields *f, const uint8_t tbs_hash[32])
{
	struct journal *j = ctx;
	j->calls++;
	j->signed_before = signatures;
	memcpy(j->hash, tbs_hash, sizeof j->hash);
	memcpy(j->serial, f->serial, sizeof j->serial);
	assert_int_equal(j->out->len, 0);
	return j->answer;
}

static void the_journal_hears_first_and_hears_right(void **state)
{
	(void)state;
	struct buf der = BUF_INIT(16384);
	struct journal j = {.answer = ERR_OK, .out = &der};
	const struct issue_hook hook = {.intent = journal_intent, .ctx = &j};
	struct certificate_fields f = fields_of(PROFILE_CLIENT, pki.issuing.certificate, NOW);
	uint8_t hash[32];
	const uint8_t *at, *tbs;
	long len;
	int tag, class;
	assert_ok(authority_issue(&pki.issuing, &f, key, &hook, &der, NULL));
	assert_int_equal(j.calls, 1);
	assert_memory_equal(j.serial, f.serial, SERIAL_BYTES);
	at = der.data;
	ASN1_get_object(&at, &len, &tag, &class, (long)der.len);
	tbs = at;
	ASN1_get_object(&at, &len, &tag, &class, len);
	assert_int_equal(EVP_Digest(tbs, (size_t)(at + len - tbs), hash, NULL, EVP_sha256(), NULL), 1);
	assert_memory_equal(j.hash, hash, sizeof hash);
	buf_free(&der);
}

/* What is signed before the journal knows of it can be lost by a crash, and revoked by nobody. */
static void nothing_is_signed_before_the_journal_has_heard(void **state)
{
	(void)state;
	struct buf der = BUF_INIT(16384);
	struct journal j = {.answer = ERR_OK, .out = &der};
	const struct issue_hook hook = {.intent = journal_intent, .ctx = &j};
	struct certificate_fields f = fields_of(PROFILE_CLIENT, pki.issuing.certificate, NOW);
	int before = signatures;
	assert_ok(authority_issue(&pki.issuing, &f, key, &hook, &der, NULL));
	assert_int_equal(j.signed_before, before);
	assert_int_equal(signatures, before + 1);
	buf_free(&der);
}

static void a_journal_that_fails_stops_the_issue(void **state)
{
	(void)state;
	struct buf der = BUF_INIT(16384);
	struct journal j = {.answer = ERR_IO, .out = &der};
	const struct issue_hook hook = {.intent = journal_intent, .ctx = &j};
	struct certificate_fields f = fields_of(PROFILE_CLIENT, pki.issuing.certificate, NOW);
	assert_int_equal(authority_issue(&pki.issuing, &f, key, &hook, &der, NULL), ERR_IO);
	assert_int_equal(j.calls, 1);
	assert_int_equal(der.len, 0);
}

static void a_refused_certificate_is_never_announced(void **state)
{
	(void)state;
	struct buf der = BUF_INIT(16384);
	struct journal j = {.answer = ERR_OK, .out = &der};
	const struct issue_hook hook = {.intent = journal_intent, .ctx = &j};
	struct certificate_fields f = fields_of(PROFILE_CLIENT, pki.issuing.certificate, NOW);
	int before = signatures;
	f.not_after += 1;
	assert_int_equal(authority_issue(&pki.issuing, &f, key, &hook, &der, NULL), ERR_INVALID);
	assert_int_equal(j.calls, 0);
	assert_int_equal(signatures, before);
}

static void issued_certificates_are_appended(void **state)
{
	(void)state;
	struct buf out = BUF_INIT(16384);
	buf_text(&out, "before");
	issue_der(&pki.issuing, PROFILE_CLIENT, key, &out);
	assert_memory_equal(out.data, "before\x30\x82", 8);
	buf_free(&out);
}

static void an_authority_returns_from_its_files(void **state)
{
	(void)state;
	struct buf pem = BUF_INIT(16384), der = BUF_INIT(16384), key_pem = BUF_INIT(16384), other_pem = BUF_INIT(16384);
	struct authority back = {0};
	struct secret *pass = secret_copy("open", 4);
	uint8_t *bytes = NULL;
	int len = i2d_X509(pki.issuing.certificate, &bytes);
	buf_add(&der, bytes, (size_t)len);
	OPENSSL_free(bytes);
	assert_ok(certificate_der_to_pem(der.data, der.len, &pem));
	assert_ok(key_write_pem(pki.issuing.key, pass, &key_pem));
	assert_ok(key_write_pem(key, NULL, &other_pem));
	assert_ok(authority_load(&pem, &key_pem, pass, &back, NULL));
	assert_int_equal(X509_cmp(back.certificate, pki.issuing.certificate), 0);
	assert_int_equal(EVP_PKEY_eq(back.key, pki.issuing.key), 1);
	authority_clear(&back);
	assert_ok(authority_load(&der, &key_pem, pass, &back, NULL));
	authority_clear(&back);
	assert_int_equal(authority_load(&der, &key_pem, NULL, &back, NULL), ERR_REFUSED);
	assert_int_equal(authority_load(&der, &other_pem, NULL, &back, NULL), ERR_REFUSED);
	assert_int_equal(authority_load(&key_pem, &key_pem, pass, &back, NULL), ERR_MALFORMED);
	assert_int_equal(authority_load(&der, &der, pass, &back, NULL), ERR_MALFORMED);
	for (size_t cut = 0; cut < der.len; cut++) {
		struct buf part = {.data = der.data, .len = cut, .cap = der.cap};
		assert_int_equal(authority_load(&part, &key_pem, pass, &back, NULL), ERR_MALFORMED);
	}
	assert_null(back.certificate);
	assert_null(back.key);
	secret_free(pass);
	buf_free(&pem);
	buf_free(&der);
	buf_free(&key_pem);
	buf_free(&other_pem);
}

static void extension_add(X509 *x, int nid, const char *value)
{
	X509V3_CTX ctx;
	X509V3_set_ctx(&ctx, x, x, NULL, NULL, 0);
	X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	assert_non_null(e);
	X509_add_ext(x, e, -1);
	X509_EXTENSION_free(e);
}

/* The fixture's issuing CA, as its root might have certified it for the names of another domain. */
static struct authority constrained_authority(void)
{
	struct authority a = {.certificate = X509_dup(pki.issuing.certificate), .key = pki.issuing.key};
	EVP_PKEY_up_ref(a.key);
	extension_add(a.certificate, NID_name_constraints, "critical,permitted;URI:.example.net");
	assert_true(X509_sign(a.certificate, pki.root.key, EVP_sha384()) > 0);
	return a;
}

/* By every rule of the profile it is right; only whoever verifies it with its issuer sees that it is not. */
static void what_a_stranger_would_refuse_is_neither_announced_nor_signed(void **state)
{
	(void)state;
	struct authority a = constrained_authority();
	struct buf der = BUF_INIT(16384);
	struct journal j = {.answer = ERR_OK, .out = &der};
	struct errbuf why = {""};
	const struct issue_hook hook = {.intent = journal_intent, .ctx = &j};
	struct certificate_fields f = fields_of(PROFILE_CLIENT, a.certificate, NOW);
	int before = signatures;
	assert_int_equal(authority_issue(&a, &f, key, &hook, &der, &why), ERR_INVALID);
	assert_non_null(strstr(why.text, "does not verify: permitted subtree violation"));
	assert_int_equal(authority_try(&a, &f, key, &why), ERR_INVALID);
	assert_int_equal(j.calls, 0);
	assert_int_equal(signatures, before);
	f.san_uri = "spiffe://ca.example.net/staff/7k3mq2";
	assert_ok(authority_issue(&a, &f, key, &hook, &der, &why));
	assert_int_equal(signatures, before + 1);
	buf_free(&der);
	authority_clear(&a);
}

static void a_dry_run_signs_and_announces_nothing(void **state)
{
	(void)state;
	struct certificate_fields f = fields_of(PROFILE_CLIENT, pki.issuing.certificate, NOW);
	int before = signatures;
	assert_ok(authority_try(&pki.issuing, &f, key, NULL));
	f.not_after += 1;
	assert_int_equal(authority_try(&pki.issuing, &f, key, NULL), ERR_INVALID);
	assert_int_equal(signatures, before);
}

/* Not made by us: RSA, PrintableString, SKI by SHA-1. */
static struct authority foreign_authority(void)
{
	struct authority a = {.certificate = X509_new()};
	assert_ok(key_generate(KEY_RSA3072, &a.key));
	X509_NAME *name = X509_get_subject_name(a.certificate);
	X509_set_version(a.certificate, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(a.certificate), 1);
	X509_NAME_add_entry_by_NID(name, NID_countryName, V_ASN1_PRINTABLESTRING, (const uint8_t *)"CH", -1, -1, 0);
	X509_NAME_add_entry_by_NID(name, NID_commonName, V_ASN1_PRINTABLESTRING, (const uint8_t *)"Foreign", -1, -1, 0);
	X509_set_issuer_name(a.certificate, name);
	ASN1_TIME_set(X509_getm_notBefore(a.certificate), NOW - DAY);
	ASN1_TIME_set(X509_getm_notAfter(a.certificate), NOW + 3000 * DAY);
	X509_set_pubkey(a.certificate, a.key);
	extension_add(a.certificate, NID_subject_key_identifier, "hash");
	extension_add(a.certificate, NID_basic_constraints, "critical,CA:TRUE");
	extension_add(a.certificate, NID_key_usage, "critical,keyCertSign,cRLSign");
	assert_true(X509_sign(a.certificate, a.key, EVP_sha256()) > 0);
	return a;
}

static void an_rsa_authority_of_others_issues_and_lists_too(void **state)
{
	(void)state;
	struct authority a = foreign_authority();
	struct buf der = BUF_INIT(16384), list = BUF_INIT(16384);
	const struct crl_head head = {.number = 1, .this_update = NOW, .next_update = NOW + DAY};
	issue_der(&a, PROFILE_CLIENT, key, &der); /* the announced hash is compared in there */
	X509 *x = der_to_x509(der.data, der.len);
	assert_int_equal(X509_get_signature_nid(x), NID_sha256WithRSAEncryption);
	assert_int_equal(ASN1_OCTET_STRING_cmp(X509_get0_authority_key_id(x), X509_get0_subject_key_id(a.certificate)), 0);
	assert_int_equal(X509_verify(x, a.key), 1);
	assert_ok(crl_make(&head, NULL, 0, a.certificate, a.key, &list, NULL));
	X509_free(x);
	buf_free(&der);
	buf_free(&list);
	authority_clear(&a);
}

static void profiles_have_names_both_ways(void **state)
{
	(void)state;
	enum profile_id found;
	for (enum profile_id id = 0; id < PROFILE_COUNT; id++) {
		assert_ok(profile_from_name(profile_get(id)->name, &found));
		assert_int_equal(found, id);
		assert_int_equal(profile_get(id)->backdate, 300);
	}
	assert_int_equal(profile_from_name("", &found), ERR_INVALID);
	assert_int_equal(profile_from_name("Client", &found), ERR_INVALID);
	assert_null(profile_get(PROFILE_COUNT));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_two_cas_are_as_the_design_says),
		cmocka_unit_test(an_issuing_ca_never_outlives_its_root),
		cmocka_unit_test(a_ca_with_the_name_of_its_root_is_refused),
		cmocka_unit_test(names_that_deceive_make_no_authority),
		cmocka_unit_test(an_issuing_ca_makes_no_further_ca),
		cmocka_unit_test(the_journal_hears_first_and_hears_right),
		cmocka_unit_test(nothing_is_signed_before_the_journal_has_heard),
		cmocka_unit_test(a_journal_that_fails_stops_the_issue),
		cmocka_unit_test(a_refused_certificate_is_never_announced),
		cmocka_unit_test(issued_certificates_are_appended),
		cmocka_unit_test(an_authority_returns_from_its_files),
		cmocka_unit_test(what_a_stranger_would_refuse_is_neither_announced_nor_signed),
		cmocka_unit_test(a_dry_run_signs_and_announces_nothing),
		cmocka_unit_test(an_rsa_authority_of_others_issues_and_lists_too),
		cmocka_unit_test(profiles_have_names_both_ways),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}

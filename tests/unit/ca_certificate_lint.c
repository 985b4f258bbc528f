/* Each case is a good certificate with one thing changed behind the builder's back, and the words of its refusal. */
#include "tests/unit/ca_twins.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

static EVP_PKEY *p256;

static int setup(void **state)
{
	twins_new(state);
	return key_generate(KEY_P256, &p256);
}

static int teardown(void **state)
{
	EVP_PKEY_free(p256);
	return twins_clear(state);
}

static void extension_drop(X509 *x, int nid)
{
	X509_EXTENSION *e = X509_delete_ext(x, X509_get_ext_by_NID(x, nid, -1));
	assert_non_null(e);
	X509_EXTENSION_free(e);
}

/* In OpenSSL's configuration notation, in place of what was there. */
static void extension_set(X509 *x, int nid, const char *value)
{
	X509V3_CTX ctx;
	if (X509_get_ext_by_NID(x, nid, -1) >= 0)
		extension_drop(x, nid);
	X509V3_set_ctx(&ctx, pki.issuing.certificate, x, NULL, NULL, 0);
	X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	assert_non_null(e);
	assert_int_equal(X509_add_ext(x, e, -1), 1);
	X509_EXTENSION_free(e);
}

static void extension_bytes(X509 *x, int nid, const void *bytes, int len)
{
	int at = X509_get_ext_by_NID(x, nid, -1);
	ASN1_OCTET_STRING *s = ASN1_OCTET_STRING_new();
	X509_EXTENSION *e = X509_EXTENSION_dup(X509_get_ext(x, at));
	ASN1_OCTET_STRING_set(s, bytes, len);
	X509_EXTENSION_set_data(e, s);
	extension_drop(x, nid);
	X509_add_ext(x, e, at);
	ASN1_OCTET_STRING_free(s);
	X509_EXTENSION_free(e);
}

static void extension_twice(X509 *x, int nid)
{
	assert_int_equal(X509_add_ext(x, X509_get_ext(x, X509_get_ext_by_NID(x, nid, -1)), -1), 1);
}

static void version_2(X509 *x) { X509_set_version(x, X509_VERSION_2); }
static void other_serial(X509 *x) { ASN1_INTEGER_set(X509_get_serialNumber(x), 7); }
static void negative_serial(X509 *x) { ASN1_INTEGER_set(X509_get_serialNumber(x), -7); }
static void zero_serial(X509 *x) { ASN1_INTEGER_set(X509_get_serialNumber(x), 0); }
static void long_serial(X509 *x)
{
	uint8_t bytes[21] = {1};
	ASN1_STRING_set(X509_get_serialNumber(x), bytes, sizeof bytes);
}
static void begins_later(X509 *x) { ASN1_TIME_set(X509_getm_notBefore(x), NOW + 1); }
static void ends_later(X509 *x) { ASN1_TIME_set(X509_getm_notAfter(x), NOW + 730 * DAY + 1); }
static void wrong_time_form(X509 *x) { ASN1_GENERALIZEDTIME_set(X509_getm_notAfter(x), NOW + 730 * DAY); }
static void time_without_seconds(X509 *x)
{
	ASN1_TIME *t = X509_getm_notAfter(x);
	t->type = V_ASN1_UTCTIME;
	ASN1_STRING_set(t, "2811210213Z", -1);
}
static void time_with_offset(X509 *x)
{
	ASN1_TIME *t = X509_getm_notAfter(x);
	ASN1_STRING_set(t, "281121031338+0100", -1);
}
static void more_subject(X509 *x)
{
	X509_NAME_add_entry_by_NID(X509_get_subject_name(x), NID_commonName, V_ASN1_UTF8STRING,
				   (const uint8_t *)"root", -1, -1, 0);
}
static void less_subject(X509 *x)
{
	X509_NAME_ENTRY_free(X509_NAME_delete_entry(X509_get_subject_name(x), 1));
}
static void other_subject(X509 *x)
{
	less_subject(x);
	X509_NAME_add_entry_by_NID(X509_get_subject_name(x), NID_organizationalUnitName, V_ASN1_UTF8STRING,
				   (const uint8_t *)"f-banking", -1, 1, 0);
}
static void printable_subject(X509 *x)
{
	less_subject(x);
	X509_NAME_add_entry_by_NID(X509_get_subject_name(x), NID_organizationalUnitName, V_ASN1_PRINTABLESTRING,
				   (const uint8_t *)"e-banking", -1, 1, 0);
}
static void subject_in_one_set(X509 *x)
{
	less_subject(x);
	X509_NAME_add_entry_by_NID(X509_get_subject_name(x), NID_organizationalUnitName, V_ASN1_UTF8STRING,
				   (const uint8_t *)"e-banking", -1, 1, -1);
}
static void other_issuer(X509 *x) { X509_set_issuer_name(x, X509_get_subject_name(pki.root.certificate)); }
/* Equal by the comparison of RFC 5280 7.1, which ignores case; not byte for byte. */
static void issuer_in_capitals(X509 *x)
{
	X509_NAME *name = X509_NAME_new();
	X509_NAME_add_entry_by_NID(name, NID_organizationName, V_ASN1_UTF8STRING,
				   (const uint8_t *)"FIXTURE AUTHORITY", -1, -1, 0);
	X509_NAME_add_entry_by_NID(name, NID_commonName, V_ASN1_UTF8STRING, (const uint8_t *)"fixture issuing", -1, -1, 0);
	assert_int_equal(X509_NAME_cmp(name, X509_get_subject_name(pki.issuing.certificate)), 0);
	X509_set_issuer_name(x, name);
	X509_NAME_free(name);
}
static void key_set(X509 *x, EVP_PKEY *key)
{
	assert_non_null(key);
	X509_set_pubkey(x, key);
	EVP_PKEY_free(key);
}
static void rsa_1024(X509 *x) { key_set(x, EVP_RSA_gen(1024)); }
static void p224(X509 *x) { key_set(x, EVP_EC_gen("P-224")); }
static void ed25519(X509 *x) { key_set(x, EVP_PKEY_Q_keygen(NULL, NULL, "ED25519")); }
static void another_p256(X509 *x) { key_set(x, EVP_EC_gen("P-256")); }
static void issuers_own_key(X509 *x)
{
	EVP_PKEY_up_ref(pki.issuing.key);
	key_set(x, pki.issuing.key);
}
static void compressed_point(X509 *x)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	EVP_PKEY_set_utf8_string_param(key, OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT, "compressed");
	key_set(x, key);
}
static void inner_algorithm(X509 *x)
{
	X509_ALGOR_set0((X509_ALGOR *)X509_get0_tbs_sigalg(x), OBJ_nid2obj(NID_ecdsa_with_SHA1), V_ASN1_UNDEF, NULL);
}
static void outer_algorithm(X509 *x)
{
	const X509_ALGOR *outer;
	const ASN1_BIT_STRING *signature;
	X509_get0_signature(&signature, &outer, x);
	X509_ALGOR_set0((X509_ALGOR *)outer, OBJ_nid2obj(NID_ecdsa_with_SHA384), V_ASN1_UNDEF, NULL);
}
static void no_aki(X509 *x) { extension_drop(x, NID_authority_key_identifier); }
static void no_ski(X509 *x) { extension_drop(x, NID_subject_key_identifier); }
static void no_ku(X509 *x) { extension_drop(x, NID_key_usage); }
static void no_bc(X509 *x) { extension_drop(x, NID_basic_constraints); }
static void no_eku(X509 *x) { extension_drop(x, NID_ext_key_usage); }
static void no_san(X509 *x) { extension_drop(x, NID_subject_alt_name); }
static void no_crl(X509 *x) { extension_drop(x, NID_crl_distribution_points); }
static void no_aia(X509 *x) { extension_drop(x, NID_info_access); }
static void aki_twin(X509 *x)
{
	AUTHORITY_KEYID *aki = AUTHORITY_KEYID_new();
	aki->keyid = ASN1_OCTET_STRING_dup(X509_get0_subject_key_id(twin.issuing.certificate));
	X509_add1_ext_i2d(x, NID_authority_key_identifier, aki, 0, X509V3_ADD_REPLACE);
	AUTHORITY_KEYID_free(aki);
}
static void aki_with_issuer(X509 *x) { extension_set(x, NID_authority_key_identifier, "keyid,issuer:always"); }
static void ski_sha1(X509 *x) { extension_set(x, NID_subject_key_identifier, "hash"); }
static void ku_more(X509 *x) { extension_set(x, NID_key_usage, "critical,digitalSignature,keyEncipherment"); }
static void ku_sign(X509 *x) { extension_set(x, NID_key_usage, "critical,digitalSignature,keyCertSign"); }
static void ku_other(X509 *x) { extension_set(x, NID_key_usage, "critical,nonRepudiation"); }
static void ku_not_critical(X509 *x) { extension_set(x, NID_key_usage, "digitalSignature"); }
static void ca_true(X509 *x) { extension_set(x, NID_basic_constraints, "critical,CA:TRUE"); }
static void path_length(X509 *x) { extension_set(x, NID_basic_constraints, "critical,CA:FALSE,pathlen:0"); }
static void bc_not_critical(X509 *x) { extension_set(x, NID_basic_constraints, "CA:FALSE"); }
static void eku_more(X509 *x) { extension_set(x, NID_ext_key_usage, "clientAuth,serverAuth"); }
static void eku_other(X509 *x) { extension_set(x, NID_ext_key_usage, "serverAuth"); }
static void eku_any(X509 *x) { extension_set(x, NID_ext_key_usage, "anyExtendedKeyUsage"); }
static void eku_critical(X509 *x) { extension_set(x, NID_ext_key_usage, "critical,clientAuth"); }
static void san_more(X509 *x)
{
	extension_set(x, NID_subject_alt_name,
		      "URI:spiffe://example.org/org/mueller/service/e-banking/client/my-page,DNS:localhost");
}
static void san_other(X509 *x)
{
	extension_set(x, NID_subject_alt_name, "URI:spiffe://example.org/org/mueller/service/e-banking/client/my-pagf");
}
static void san_other_type(X509 *x)
{
	extension_set(x, NID_subject_alt_name, "DNS:spiffe://example.org/org/mueller/service/e-banking/client/my-page");
}
static void crl_other(X509 *x)
{
	extension_set(x, NID_crl_distribution_points, "URI:http://evil.example.org/crl/issuing.crl");
}
static void crl_two(X509 *x)
{
	extension_set(x, NID_crl_distribution_points,
		      "URI:http://ca.example.org/crl/issuing.crl,URI:http://ca.example.org/2");
}
static void aia_less(X509 *x) { extension_set(x, NID_info_access, "OCSP;URI:http://ca.example.org/ocsp"); }
static void aia_more(X509 *x)
{
	extension_set(x, NID_info_access,
		      "OCSP;URI:http://ca.example.org/ocsp,caIssuers;URI:http://ca.example.org/ca/issuing.cer,"
		      "OCSP;URI:http://evil.example.org/");
}
static void no_check(X509 *x) { extension_set(x, NID_id_pkix_OCSP_noCheck, "ignored"); }
static void unknown(X509 *x) { extension_set(x, NID_netscape_comment, "hello"); }
static void name_constraints(X509 *x) { extension_set(x, NID_name_constraints, "critical,permitted;DNS:example.org"); }
static void san_twice(X509 *x) { extension_twice(x, NID_subject_alt_name); }
static void ku_twice(X509 *x) { extension_twice(x, NID_key_usage); }
static void bc_with_default(X509 *x) { extension_bytes(x, NID_basic_constraints, "\x30\x03\x01\x01\x00", 5); }
static void ku_with_zero_bits(X509 *x) { extension_bytes(x, NID_key_usage, "\x03\x02\x00\x80", 4); }
static void bc_garbage(X509 *x) { extension_bytes(x, NID_basic_constraints, "\x30\x03\x01", 3); }

static void no_key(X509 *x)
{
	uint8_t *rest = OPENSSL_memdup("x", 1);
	X509_PUBKEY_set0_param(X509_get_X509_PUBKEY(x), OBJ_nid2obj(NID_X9_62_id_ecPublicKey), V_ASN1_UNDEF, NULL, rest, 1);
}
static void time_that_is_none(X509 *x) { X509_getm_notAfter(x)->type = V_ASN1_OCTET_STRING; }

static const struct {
	const char *name;
	void (*change)(X509 *);
	const char *reason;
} cases[] = {
	{"version 2", version_2, "not version 3"},
	{"other serial", other_serial, "serial is not the one"},
	{"negative serial", negative_serial, "positive INTEGER"},
	{"serial zero", zero_serial, "serial is zero"},
	{"serial of 21 octets", long_serial, "positive INTEGER"},
	{"begins later", begins_later, "validity is not the one"},
	{"ends later", ends_later, "validity is not the one"},
	{"GeneralizedTime before 2050", wrong_time_form, "form of RFC 5280"},
	{"time without seconds", time_without_seconds, "form of RFC 5280"},
	{"time with an offset", time_with_offset, "form of RFC 5280"},
	{"a second CN", more_subject, "more or fewer attributes"},
	{"no OU", less_subject, "more or fewer attributes"},
	{"other OU", other_subject, "subject is not the one"},
	{"PrintableString", printable_subject, "UTF8String"},
	{"two attributes in one set", subject_in_one_set, "in one set"},
	{"other issuer", other_issuer, "byte for byte"},
	{"issuer in other letters", issuer_in_capitals, "byte for byte"},
	{"RSA 1024", rsa_1024, "none of P-256"},
	{"P-224", p224, "none of P-256"},
	{"Ed25519", ed25519, "none of P-256"},
	{"another key under the old SKI", another_p256, "subjectKeyIdentifier does not say"},
	{"the issuer's own key", issuers_own_key, "issuer's own"},
	{"compressed point", compressed_point, "uncompressed"},
	{"SHA-1 inside", inner_algorithm, "signature algorithms"},
	{"SHA-384 outside", outer_algorithm, "signature algorithms"},
	{"no AKI", no_aki, "authorityKeyIdentifier is missing"},
	{"no SKI", no_ski, "subjectKeyIdentifier is missing"},
	{"no keyUsage", no_ku, "keyUsage is missing"},
	{"no basicConstraints", no_bc, "basicConstraints is missing"},
	{"no EKU", no_eku, "extendedKeyUsage is missing"},
	{"no SAN", no_san, "subjectAltName is missing"},
	{"no CRL address", no_crl, "cRLDistributionPoints is missing"},
	{"no AIA", no_aia, "authorityInfoAccess is missing"},
	{"AKI of a twin", aki_twin, "authorityKeyIdentifier does not say"},
	{"AKI with issuer and serial", aki_with_issuer, "authorityKeyIdentifier does not say"},
	{"SKI by SHA-1", ski_sha1, "subjectKeyIdentifier does not say"},
	{"one key usage more", ku_more, "keyUsage does not say"},
	{"keyCertSign", ku_sign, "keyUsage does not say"},
	{"other key usage", ku_other, "keyUsage does not say"},
	{"keyUsage not critical", ku_not_critical, "keyUsage must be critical"},
	{"CA:TRUE", ca_true, "basicConstraints does not say"},
	{"pathLen in a leaf", path_length, "basicConstraints does not say"},
	{"basicConstraints not critical", bc_not_critical, "basicConstraints must be critical"},
	{"one EKU more", eku_more, "extendedKeyUsage does not say"},
	{"serverAuth", eku_other, "extendedKeyUsage does not say"},
	{"anyExtendedKeyUsage", eku_any, "extendedKeyUsage does not say"},
	{"EKU critical", eku_critical, "extendedKeyUsage must not be critical"},
	{"one SAN more", san_more, "subjectAltName does not say"},
	{"other SAN", san_other, "subjectAltName does not say"},
	{"SAN of another type", san_other_type, "subjectAltName does not say"},
	{"other CRL address", crl_other, "cRLDistributionPoints does not say"},
	{"two CRL addresses", crl_two, "cRLDistributionPoints does not say"},
	{"AIA without caIssuers", aia_less, "authorityInfoAccess does not say"},
	{"AIA with one more", aia_more, "authorityInfoAccess does not say"},
	{"noCheck in a client's", no_check, "ocsp-nocheck is not the profile's"},
	{"unknown extension", unknown, "does not know"},
	{"nameConstraints", name_constraints, "not the profile"},
	{"SAN twice", san_twice, "stands twice"},
	{"keyUsage twice", ku_twice, "stands twice"},
	{"basicConstraints with its default", bc_with_default, "basicConstraints does not say"},
	{"keyUsage with trailing zero bits", ku_with_zero_bits, "keyUsage does not say"},
	{"basicConstraints cut", bc_garbage, "cannot be read"},
	{"no key", no_key, "public key cannot be read"},
	{"a time of another kind", time_that_is_none, "does not read back"},
};

static void one_thing_changed_is_refused_by_its_reason(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct errbuf why = {""};
		struct certificate_fields f = fields_of(PROFILE_CLIENT, pki.issuing.certificate, NOW);
		X509 *x = NULL;
		assert_ok(certificate_build(&f, p256, pki.issuing.certificate, &x, NULL));
		assert_ok(certificate_lint(&f, x, pki.issuing.certificate, &why));
		cases[i].change(x);
		if (certificate_lint(&f, x, pki.issuing.certificate, &why) != ERR_INVALID)
			fail_msg("accepted: %s\n", cases[i].name);
		if (!strstr(why.text, cases[i].reason))
			fail_msg("%s: wanted \"%s\", had \"%s\"\n", cases[i].name, cases[i].reason, why.text);
		X509_free(x);
	}
}

/* The same again past the lint of the builder: what was changed never comes out signed. */
static void one_thing_changed_never_leaves_signed(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct certificate_fields f = fields_of(PROFILE_CLIENT, pki.issuing.certificate, NOW);
		X509 *x = NULL, *made = NULL;
		bool healed = cases[i].change == inner_algorithm || cases[i].change == outer_algorithm;
		assert_ok(certificate_build(&f, p256, pki.issuing.certificate, &x, NULL));
		cases[i].change(x);
		enum err rc = certificate_sign(&f, x, pki.issuing.key, pki.issuing.certificate, p256, &made, NULL);
		if (!healed && (rc == ERR_OK || made)) /* signing sets the algorithms itself */
			fail_msg("signed: %s\n", cases[i].name);
		X509_free(x);
		X509_free(made);
	}
}

/* The library has no setter for it: written into the DER behind the public key (RFC 5280 4.1.2.8). */
static X509 *with_unique_identifier(X509 *x)
{
	static const uint8_t identifier[] = {0x81, 0x02, 0x00, 0x55};
	uint8_t *der = NULL, *key_der = NULL, *tbs = NULL;
	struct buf out = BUF_INIT(16384);
	int len = i2d_X509(x, &der), key_len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(x), &key_der);
	int tbs_len = i2d_re_X509_tbs(x, &tbs);
	assert_true(len > 255 && key_len > 0 && tbs_len > 255);
	const uint8_t *behind = (uint8_t *)memmem(der, (size_t)len, key_der, (size_t)key_len) + key_len;
	buf_add(&out, der, (size_t)(behind - der));
	buf_add(&out, identifier, sizeof identifier);
	buf_add(&out, behind, (size_t)(der + len - behind));
	for (int at = 2; at <= 6; at += 4) { /* SEQUENCE of SEQUENCE, each with a length of two octets */
		int n = (out.data[at] << 8 | out.data[at + 1]) + (int)sizeof identifier;
		out.data[at] = (uint8_t)(n >> 8);
		out.data[at + 1] = (uint8_t)n;
	}
	X509 *made = der_to_x509(out.data, out.len);
	OPENSSL_free(der);
	OPENSSL_free(key_der);
	OPENSSL_free(tbs);
	buf_free(&out);
	return made;
}

static void unique_identifiers_are_refused(void **state)
{
	(void)state;
	struct errbuf why = {""};
	struct certificate_fields f = fields_of(PROFILE_CLIENT, pki.issuing.certificate, NOW);
	X509 *x = NULL;
	assert_ok(certificate_build(&f, p256, pki.issuing.certificate, &x, NULL));
	X509 *changed = with_unique_identifier(x);
	assert_int_equal(certificate_lint(&f, changed, pki.issuing.certificate, &why), ERR_INVALID);
	assert_non_null(strstr(why.text, "unique identifiers"));
	X509_free(x);
	X509_free(changed);
}

static void a_key_that_the_profile_does_not_know_is_refused(void **state)
{
	(void)state;
	struct errbuf why = {""};
	struct certificate_fields f = fields_of(PROFILE_OCSP, pki.issuing.certificate, NOW);
	EVP_PKEY *rsa = NULL;
	X509 *x = NULL;
	assert_ok(key_generate(KEY_RSA2048, &rsa));
	assert_ok(certificate_build(&f, rsa, pki.issuing.certificate, &x, NULL));
	assert_int_equal(certificate_lint(&f, x, pki.issuing.certificate, &why), ERR_INVALID);
	assert_non_null(strstr(why.text, "does not permit this type"));
	X509_free(x);
	EVP_PKEY_free(rsa);
}

static void a_key_of_somebodys_own_is_held_against_what_requests_may_bring(void **state)
{
	(void)state;
	const struct {
		const char *name;
		enum profile_id profile;
		int bits;
		bool own, good;
		const char *reason;
	} keys[] = {
		{"RSA 2056 in a request", PROFILE_CLIENT, 2056, true, true, ""},
		{"RSA 2056 made here", PROFILE_CLIENT, 2056, false, false, "none of P-256"},
		{"RSA 1536 in a request", PROFILE_CLIENT, 1536, true, false, "2048 to 4096 bits, this one 1536"},
		{"RSA where no request is taken", PROFILE_OCSP, 2048, true, false, "RSA keys are not permitted"},
		{"a curve where no request is taken", PROFILE_OCSP, 0, true, false, "keys of the type p256 are not permitted"},
	};
	for (size_t i = 0; i < COUNT(keys); i++) {
		struct errbuf why = {""};
		struct certificate_fields f = fields_of(keys[i].profile, pki.issuing.certificate, NOW);
		EVP_PKEY *rsa = keys[i].bits ? EVP_RSA_gen((unsigned)keys[i].bits) : NULL;
		X509 *x = NULL;
		f.own_key = keys[i].own;
		assert_ok(certificate_build(&f, rsa ? rsa : p256, pki.issuing.certificate, &x, NULL));
		enum err rc = certificate_lint(&f, x, pki.issuing.certificate, &why);
		if (rc != (keys[i].good ? ERR_OK : ERR_INVALID) || !strstr(why.text, keys[i].reason))
			fail_msg("%s: %s \"%s\"\n", keys[i].name, err_word(rc), why.text);
		X509_free(x);
		EVP_PKEY_free(rsa);
	}
}

static void a_certificate_is_held_against_its_own_issuer(void **state)
{
	(void)state;
	struct certificate_fields f = fields_of(PROFILE_CLIENT, pki.issuing.certificate, NOW);
	X509 *x = NULL;
	assert_ok(certificate_build(&f, p256, pki.issuing.certificate, &x, NULL));
	assert_int_equal(certificate_lint(&f, x, twin.issuing.certificate, NULL), ERR_INVALID);
	assert_int_equal(certificate_lint(&f, x, pki.root.certificate, NULL), ERR_INVALID);
	assert_int_equal(certificate_lint(&f, x, NULL, NULL), ERR_INVALID);
	X509_free(x);
}

static void a_certificate_of_one_profile_is_none_of_another(void **state)
{
	(void)state;
	for (enum profile_id is = PROFILE_ISSUING; is < PROFILE_COUNT; is++) {
		struct certificate_fields f = fields_of(is, pki.root.certificate, NOW);
		X509 *x = NULL;
		assert_ok(certificate_build(&f, p256, pki.root.certificate, &x, NULL));
		for (enum profile_id as = PROFILE_ROOT; as < PROFILE_COUNT; as++) {
			struct certificate_fields other = fields_of(as, pki.root.certificate, NOW);
			enum err rc = certificate_lint(&other, x, pki.root.certificate, NULL);
			if ((rc == ERR_OK) != (is == as))
				fail_msg("%s as %s: %s\n", profile_get(is)->name, profile_get(as)->name, err_word(rc));
		}
		X509_free(x);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_thing_changed_is_refused_by_its_reason),
		cmocka_unit_test(one_thing_changed_never_leaves_signed),
		cmocka_unit_test(unique_identifiers_are_refused),
		cmocka_unit_test(a_key_that_the_profile_does_not_know_is_refused),
		cmocka_unit_test(a_key_of_somebodys_own_is_held_against_what_requests_may_bring),
		cmocka_unit_test(a_certificate_is_held_against_its_own_issuer),
		cmocka_unit_test(a_certificate_of_one_profile_is_none_of_another),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}

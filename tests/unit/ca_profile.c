/* Profile files: what each of ours says, what is refused with which words, and that a certificate is as its file wants. */
#include "tests/unit/ca_fixture.h"

#include <openssl/x509v3.h>
#include <stdio.h>

/* The built-in text of a kind with one line replaced: `from` is how that line begins, `to` what stands there then (NULL:
 * nothing). */
static void text_with(enum profile_id id, const char *from, const char *to, struct buf *out)
{
	const char *text = profile_text(id), *at = strstr(text, from);
	assert_non_null(at);
	const char *end = strchr(at, '\n');
	buf_clear(out);
	buf_add(out, text, (size_t)(at - text));
	if (to)
		buf_text(out, to);
	buf_text(out, end + (to ? 0 : 1));
	assert_ok(buf_check(out));
}

static struct profile profile_with(enum profile_id id, const char *from, const char *to)
{
	struct buf text = BUF_INIT(PROFILE_MAX_BYTES);
	struct profile p;
	struct errbuf why = {""};
	text_with(id, from, to, &text);
	if (profile_read(id, (const char *)text.data, text.len, "x.profile", &p, &why) != ERR_OK)
		fail_msg("%s\n", why.text);
	buf_free(&text);
	return p;
}

static void ours_say_what_the_design_says(void **state)
{
	(void)state;
	const struct {
		enum profile_id id;
		int days, path_length;
		unsigned key_types, key_usage;
		enum key_type first;
		int use;
	} wanted[] = {
		{PROFILE_ROOT, 7305, 1, 1u << KEY_P384, 6, KEY_P384, NID_undef},
		{PROFILE_ISSUING, 3652, 0, 3, 6, KEY_P256, NID_undef},
		{PROFILE_CLIENT, 730, -1, 15, 0x80, KEY_P256, NID_client_auth},
		{PROFILE_STAFF, 730, -1, 15, 0x80, KEY_P256, NID_client_auth},
		{PROFILE_SERVER, 365, -1, 15, 0x80, KEY_P256, NID_server_auth},
		{PROFILE_OCSP, 30, -1, 3, 0x80, KEY_P256, NID_OCSP_sign},
	};
	for (size_t i = 0; i < COUNT(wanted); i++) {
		const struct profile *p = profile_get(wanted[i].id);
		assert_int_equal(p->id, wanted[i].id);
		assert_int_equal(p->life, wanted[i].days * DAY);
		assert_int_equal(p->backdate, 300);
		assert_int_equal(p->path_length, wanted[i].path_length);
		assert_int_equal(p->key_types, wanted[i].key_types);
		assert_int_equal(p->key_first, wanted[i].first);
		assert_int_equal(p->key_usage, wanted[i].key_usage);
		assert_int_equal(p->use_count, wanted[i].use != NID_undef);
		assert_int_equal(p->uses[0], wanted[i].use);
		assert_int_equal(p->ca, wanted[i].id <= PROFILE_ISSUING);
		assert_int_equal(p->ocsp_no_check, wanted[i].id == PROFILE_OCSP);
		assert_int_equal(p->own.rsa_most, wanted[i].id >= PROFILE_CLIENT && wanted[i].id <= PROFILE_SERVER ? 4096 : 0);
	}
	assert_null(profile_text(PROFILE_COUNT));
}

static const struct {
	const char *name;
	enum profile_id id;
	const char *from, *to; /* as in text_with */
	int line;              /* 0: the fault has none */
	const char *reason;
} faults[] = {
	{"an unknown key", PROFILE_CLIENT, "extended =", "extendde = clientAuth", 25, "unknown key extendde; [usage] has key, extended"},
	{"an unknown section", PROFILE_CLIENT, "[usage]", "[usages]", 24, "unknown section [usages]; there are profile, key, life, subject,"},
	{"a key before any section", PROFILE_CLIENT, "[profile]", "made = p256", 3, "unknown section []"},
	{"no INI at all", PROFILE_CLIENT, "[profile]", "profile", 3, "neither [section]"},
	{"a key twice", PROFILE_CLIENT, "brought =", "made = p256", 8, "key.made is given twice, first on line 7"},
	{"a key that is missing", PROFILE_CLIENT, "longest =", NULL, 0, "life.longest is missing"},
	{"no CN", PROFILE_CLIENT, "CN =", NULL, 0, "subject.CN is missing"},
	{"a purpose of nothing", PROFILE_CLIENT, "purpose =", "purpose =", 4, "wanted 1 to 255 bytes"},
	{"a weak key", PROFILE_CLIENT, "made =", "made = p256, rsa1024", 7, "key.made = p256, rsa1024: wanted some of p256, p384,"},
	{"a key type twice", PROFILE_CLIENT, "made =", "made = p256, p256", 7, "wanted p256 only once"},
	{"a comma too many", PROFILE_CLIENT, "made =", "made = p256,, p384", 7, "words with commas"},
	{"no key", PROFILE_CLIENT, "made =", "made = none", 7, "some of p256"},
	{"a weak key that is brought", PROFILE_CLIENT, "brought =", "brought = rsa1024-4096", 8, "bits from 2048 to 4096"},
	{"RSA twice", PROFILE_CLIENT, "brought =", "brought = rsa2048, rsa3072", 8, "rsaLEAST-MOST"},
	{"RSA backwards", PROFILE_CLIENT, "brought =", "brought = rsa4096-2048", 8, "rsaLEAST-MOST"},
	{"RSA of no number", PROFILE_CLIENT, "brought =", "brought = rsa", 8, "rsaLEAST-MOST"},
	{"a request for a CA", PROFILE_ISSUING, "brought =", "brought = p256", 8, "made here alone"},
	{"a request for the responder", PROFILE_OCSP, "brought =", "brought = p256", 8, "made here alone"},
	{"life without unit", PROFILE_CLIENT, "longest =", "longest = 730", 11, "a number with s, m, h or d"},
	{"a life of a minute", PROFILE_CLIENT, "longest =", "longest = 1m", 11, "from 3600s to 10958d"},
	{"a life beyond all", PROFILE_CLIENT, "longest =", "longest = 99999d", 11, "from 3600s to 10958d"},
	{"a life below zero", PROFILE_CLIENT, "longest =", "longest = -1d", 11, "a number"},
	{"backdated by a week", PROFILE_CLIENT, "backdate =", "backdate = 7d", 12, "from 0s to 1d"},
	{"a place that is none", PROFILE_CLIENT, "OU =", "OU = {department}", 16, "places organisation service name"},
	{"a place of another kind", PROFILE_STAFF, "OU =", "OU = {service}", 16, "there is no {service} here"},
	{"a brace without end", PROFILE_CLIENT, "CN =", "CN = {name", 17, "a brace that opens or closes no place"},
	{"a brace without beginning", PROFILE_CLIENT, "CN =", "CN = name}", 17, "a brace that opens or closes no place"},
	{"a subject of nothing", PROFILE_CLIENT, "CN =", "CN =", 17, "1 to 255 bytes"},
	{"a bidi mark in a name", PROFILE_CLIENT, "OU =", "OU = a\xe2\x80\xae{service}", 16, "places"},
	{"more than 64 characters", PROFILE_CLIENT, "OU =", "OU = aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffff{service}", 16, "1 to 64 characters"},
	{"a name that is shared", PROFILE_CLIENT, "uri =", "uri = spiffe://{domain}/org/{organisation}/service/{service}", 20, "a name with {client}"},
	{"a name of one for all", PROFILE_STAFF, "uri =", "uri = spiffe://{domain}/staff", 20, "a name with {staff}"},
	{"no SPIFFE ID", PROFILE_CLIENT, "uri =", "uri = https://{domain}/{organisation}/{service}/{client}", 20, "spiffe"},
	{"no name at all", PROFILE_CLIENT, "uri =", "uri = none", 20, "what its holder is known by"},
	{"a name for a server", PROFILE_SERVER, "uri =", "uri = spiffe://{domain}/x", 19, "none in a certificate of this kind"},
	{"hosts in a client's", PROFILE_CLIENT, "hosts =", "hosts = yes", 21, "must be no"},
	{"a server without hosts", PROFILE_SERVER, "hosts =", "hosts = no", 20, "must be yes"},
	{"hosts of neither", PROFILE_SERVER, "hosts =", "hosts = maybe", 20, "wanted yes or no"},
	{"a client that signs others", PROFILE_CLIENT, "key = d", "key = digitalSignature, keyCertSign", 24, "only a CA has keyCertSign"},
	{"a client that signs nothing", PROFILE_CLIENT, "key = d", "key = keyAgreement", 24, "without digitalSignature"},
	{"a CA that signs no list", PROFILE_ISSUING, "key = k", "key = keyCertSign", 23, "keyCertSign and cRLSign"},
	{"a use of keys that is none", PROFILE_CLIENT, "key = d", "key = digitalsignature", 24, "some of digitalSignature"},
	{"a client that is a server", PROFILE_CLIENT, "extended =", "extended = clientAuth, serverAuth", 25, "must not have serverAuth"},
	{"a client that answers OCSP", PROFILE_CLIENT, "extended =", "extended = clientAuth, OCSPSigning", 25, "must not have OCSPSigning"},
	{"a client that is none", PROFILE_CLIENT, "extended =", "extended = none", 25, "without clientAuth"},
	{"any use", PROFILE_CLIENT, "extended =", "extended = anyExtendedKeyUsage", 25, "some of clientAuth"},
	{"a responder that is a server", PROFILE_OCSP, "extended =", "extended = OCSPSigning, serverAuth", 24, "must not have serverAuth"},
	{"a CA for clients", PROFILE_ISSUING, "extended =", "extended = clientAuth", 24, "a CA has none"},
	{"a leaf with CAs below", PROFILE_CLIENT, "path_length =", "path_length = 0", 28, "only a CA has one"},
	{"a CA without bound", PROFILE_ISSUING, "path_length =", "path_length = none", 27, "a CA needs one"},
	{"a root without issuing CA", PROFILE_ROOT, "path_length =", "path_length = 0", 27, "no issuing CA below"},
	{"a path of many", PROFILE_ROOT, "path_length =", "path_length = 10", 27, "0 to 4"},
	{"noCheck in a client's", PROFILE_CLIENT, "ocsp_no_check =", "ocsp_no_check = yes", 29, "must be no"},
	{"a responder without noCheck", PROFILE_OCSP, "ocsp_no_check =", "ocsp_no_check = no", 28, "must be yes"},
	{"names of what is no CA", PROFILE_CLIENT, "ocsp_no_check =", "ocsp_no_check = no\npermitted = dns:example.org", 30, "only an issuing CA"},
	{"a root bound to names", PROFILE_ROOT, "ocsp_no_check =", "ocsp_no_check = no\npermitted = dns:example.org", 29, "only an issuing CA"},
	{"names of a type that is none", PROFILE_ISSUING, "ocsp_no_check =", "ocsp_no_check = no\npermitted = ip:10.0.0.0/8", 29, "some of uri:HOST"},
	{"a name that is an address", PROFILE_ISSUING, "ocsp_no_check =", "ocsp_no_check = no\npermitted = uri:127.0.0.1", 29, "some of uri:HOST"},
	{"a name of all below a dot", PROFILE_ISSUING, "ocsp_no_check =", "ocsp_no_check = no\npermitted = dns:.example.org", 29, "some of uri:HOST"},
	{"a name of nothing", PROFILE_ISSUING, "ocsp_no_check =", "ocsp_no_check = no\npermitted = uri:", 29, "some of uri:HOST"},
	{"a name with a scheme", PROFILE_ISSUING, "ocsp_no_check =", "ocsp_no_check = no\npermitted = uri:spiffe://example.org", 29, "some of uri:HOST"},
	{"a name twice", PROFILE_ISSUING, "ocsp_no_check =", "ocsp_no_check = no\npermitted = dns:a.org, dns:a.org", 29, "only once"},
	{"an issuer for whom a list is", PROFILE_ISSUING, "crl =", "crl = {status}/crl/{issuing}.crl", 31, "there is no {issuing} here"},
	{"a list over TLS", PROFILE_CLIENT, "crl =", "crl = https://ca.example/x.crl", 32, "http://"},
	{"a list at a place that is none", PROFILE_CLIENT, "crl =", "crl = {domain}/x.crl", 32, "places status"},
	{"an address in a root", PROFILE_ROOT, "crl =", "crl = {status}/x.crl", 31, "none in a certificate of this kind"},
	{"OCSP of the root", PROFILE_ISSUING, "ocsp =", "ocsp = {status}/ocsp", 33, "the root answers no OCSP"},
};

static void a_fault_names_its_line_and_what_is_allowed(void **state)
{
	(void)state;
	int wrong = 0;
	for (size_t i = 0; i < COUNT(faults); i++) {
		struct buf text = BUF_INIT(PROFILE_MAX_BYTES);
		struct profile p = {.name = NULL};
		struct errbuf why = {""};
		char where[64];
		text_with(faults[i].id, faults[i].from, faults[i].to, &text);
		enum err rc = profile_read(faults[i].id, (const char *)text.data, text.len, "x.profile", &p, &why);
		if (faults[i].line)
			snprintf(where, sizeof where, "x.profile:%d: ", faults[i].line);
		else
			snprintf(where, sizeof where, "x.profile: ");
		if (rc != ERR_USAGE || p.name || strncmp(why.text, where, strlen(where)) != 0 ||
		    !strstr(why.text, faults[i].reason))
			print_error("%s: wanted \"%s... %s\", had %s \"%s\"\n", faults[i].name, where, faults[i].reason,
				    err_word(rc), why.text), wrong++;
		buf_free(&text);
	}
	assert_int_equal(wrong, 0);
}

static void a_file_of_one_kind_is_none_of_another(void **state)
{
	(void)state;
	for (enum profile_id is = PROFILE_ROOT; is < PROFILE_COUNT; is++)
		for (enum profile_id as = PROFILE_ROOT; as < PROFILE_COUNT; as++) {
			const char *text = profile_text(is);
			struct profile p;
			enum err rc = profile_read(as, text, strlen(text), "x", &p, NULL);
			bool alike = is == PROFILE_ROOT && as == PROFILE_ISSUING; /* a CA without addresses */
			if ((rc == ERR_OK) != (is == as || alike))
				fail_msg("%s as %s: %s\n", profile_get(is)->name, profile_get(as)->name, err_word(rc));
		}
	struct profile p;
	static char large[PROFILE_MAX_BYTES + 1];
	assert_int_equal(profile_read(PROFILE_CLIENT, large, sizeof large, "x", &p, NULL), ERR_USAGE);
	assert_int_equal(profile_read(PROFILE_COUNT, "", 0, "x", &p, NULL), ERR_INVALID);
}

static void what_a_file_changes_the_certificate_has(void **state)
{
	(void)state;
	struct pki pki;
	EVP_PKEY *key = NULL;
	struct profile p = profile_with(PROFILE_CLIENT, "longest =", "longest = 90d");
	struct profile both = profile_with(PROFILE_CLIENT, "extended =", "extended = emailProtection, clientAuth");
	struct profile town = profile_with(PROFILE_CLIENT, "OU =", "OU = {service} of {organisation}\nL = Oslo");
	struct profile no_ocsp = profile_with(PROFILE_CLIENT, "key = d", "key = digitalSignature, keyEncipherment");
	const struct {
		const struct profile *rules;
		const char *subject;
		int uses, days;
		uint32_t key_usage;
	} cases[] = {
		{&p, "CN=my page,OU=e-banking,O=M\xc3\xbcller & S\xc3\xb6hne AG", 1, 90, KU_DIGITAL_SIGNATURE},
		{&both, "CN=my page,OU=e-banking,O=M\xc3\xbcller & S\xc3\xb6hne AG", 2, 730, KU_DIGITAL_SIGNATURE},
		{&town, "CN=my page,OU=e-banking of M\xc3\xbcller & S\xc3\xb6hne AG,O=M\xc3\xbcller & S\xc3\xb6hne AG,L=Oslo", 1, 730,
		 KU_DIGITAL_SIGNATURE},
		{&no_ocsp, "CN=my page,OU=e-banking,O=M\xc3\xbcller & S\xc3\xb6hne AG", 1, 730,
		 KU_DIGITAL_SIGNATURE | KU_KEY_ENCIPHERMENT},
	};
	pki_new(&pki, NOW);
	assert_ok(key_generate(KEY_P256, &key));
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct buf der = BUF_INIT(16384);
		struct certificate_facts facts;
		struct errbuf why = {""};
		struct certificate_fields f = fields_of(PROFILE_CLIENT, pki.issuing.certificate, NOW), plain = f;
		f.rules = cases[i].rules;
		certificate_life(f.rules, pki.issuing.certificate, NOW, &f);
		if (authority_issue(&pki.issuing, &f, key, NULL, &der, &why) != ERR_OK)
			fail_msg("case %zu: %s\n", i, why.text);
		assert_ok(certificate_read(der.data, der.len, &facts, NULL));
		assert_string_equal(facts.subject, cases[i].subject);
		assert_int_equal(facts.not_after - NOW, cases[i].days * DAY);
		X509 *x = der_to_x509(der.data, der.len);
		EXTENDED_KEY_USAGE *uses = X509_get_ext_d2i(x, NID_ext_key_usage, NULL, NULL);
		assert_int_equal(sk_ASN1_OBJECT_num(uses), cases[i].uses);
		assert_int_equal(X509_get_key_usage(x), cases[i].key_usage);
		assert_int_equal(certificate_lint(&plain, x, pki.issuing.certificate, NULL), ERR_INVALID); /* by another file */
		assert_ok(certificate_lint(&f, x, pki.issuing.certificate, NULL));
		sk_ASN1_OBJECT_pop_free(uses, ASN1_OBJECT_free);
		X509_free(x);
		buf_free(&der);
	}
	struct certificate_fields wrong = fields_of(PROFILE_STAFF, pki.issuing.certificate, NOW);
	struct buf none = BUF_INIT(16384);
	wrong.rules = &p; /* a client's */
	assert_int_equal(authority_issue(&pki.issuing, &wrong, key, NULL, &none, NULL), ERR_INVALID);
	EVP_PKEY_free(key);
	pki_clear(&pki);
}

static void authorities_are_born_as_their_files_want(void **state)
{
	(void)state;
	struct profile root = profile_with(PROFILE_ROOT, "longest =", "longest = 1000d");
	struct profile issuing = profile_with(PROFILE_ISSUING, "made =", "made = p384, p256");
	struct authority_names names = fixture_names;
	struct authority r = {0}, i = {0};
	struct certificate_facts facts;
	struct buf der = BUF_INIT(16384);
	names.root_rules = &root;
	names.issuing_rules = &issuing;
	assert_ok(authority_make_root(&names, NOW, &r, NULL));
	assert_ok(authority_make_issuing(&names, &r, NOW, &i, NULL));
	assert_ok(certificate_encode(r.certificate, &der, NULL));
	assert_ok(certificate_read(der.data, der.len, &facts, NULL));
	assert_int_equal(facts.not_after, NOW + 1000 * DAY);
	assert_int_equal(EVP_PKEY_get_bits(i.key), 384);
	authority_clear(&r);
	authority_clear(&i);
	buf_free(&der);
}

/* A certificate of the kind, under an issuing CA that is bound to names; what comes of the attempt. */
static enum err under_bound(const struct authority *i, struct certificate_fields *f, struct errbuf *why)
{
	EVP_PKEY *key = NULL;
	struct buf der = BUF_INIT(16384);
	assert_ok(key_generate(KEY_P256, &key));
	enum err rc = authority_issue(i, f, key, NULL, &der, why);
	EVP_PKEY_free(key);
	buf_free(&der);
	return rc;
}

static void a_ca_that_is_bound_to_names_issues_no_others(void **state)
{
	(void)state;
	struct profile issuing = profile_with(PROFILE_ISSUING, "ocsp_no_check =",
					      "ocsp_no_check = no\npermitted = uri:example.org, dns:example.org, dns:localhost");
	struct authority_names names = fixture_names;
	struct authority r = {0}, i = {0};
	struct errbuf why = {""};
	int critical = 0;
	names.issuing_rules = &issuing;
	assert_int_equal(issuing.permitted_count, 3);
	assert_ok(authority_make_root(&names, NOW, &r, NULL));
	assert_ok(authority_make_issuing(&names, &r, NOW, &i, NULL));
	NAME_CONSTRAINTS *bound = X509_get_ext_d2i(i.certificate, NID_name_constraints, &critical, NULL);
	assert_int_equal(critical, 1);
	assert_int_equal(sk_GENERAL_SUBTREE_num(bound->permittedSubtrees), 3);
	NAME_CONSTRAINTS_free(bound);
	struct certificate_fields client = fields_of(PROFILE_CLIENT, i.certificate, NOW), server = fields_of(PROFILE_SERVER, i.certificate, NOW);
	assert_ok(under_bound(&i, &client, &why));
	assert_ok(under_bound(&i, &server, &why));
	client.san_uri = "spiffe://example.com/org/a/service/b/client/c";
	assert_int_equal(under_bound(&i, &client, &why), ERR_INVALID);
	assert_non_null(strstr(why.text, "permitted subtree"));
	client.san_uri = "spiffe://sub.example.org/org/a/service/b/client/c";
	assert_int_equal(under_bound(&i, &client, &why), ERR_INVALID);
	server.hosts = (const char *const[]){"localhost", "example.com", NULL};
	assert_int_equal(under_bound(&i, &server, &why), ERR_INVALID);
	authority_clear(&r);
	authority_clear(&i);
}

static void a_profile_is_told_in_plain_words(void **state)
{
	(void)state;
	struct buf text = BUF_INIT(4096);
	assert_ok(profile_explain(profile_get(PROFILE_CLIENT), &text));
	assert_string_equal(buf_string(&text),
			    "client: an application that calls a service of its organisation\n"
			    "keys made here are p256, p384, rsa2048, rsa3072; a request may bring p256, p384, RSA of 2048 to 4096 bits\n"
			    "it lives at most 730 days, and is for digitalSignature, clientAuth\n"
			    "its subject is O={organisation}, OU={service}, CN={name}; its holder is"
			    " spiffe://{domain}/org/{organisation}/service/{service}/client/{client}\n"
			    "whoever checks it is told of its revocation list at {status}/crl/{issuing}.crl, its OCSP at {status}/ocsp,"
			    " its issuer at {status}/ca/{issuing}.cer\n");
	struct profile p = profile_with(PROFILE_CLIENT, "longest =", "longest = 90m");
	buf_clear(&text);
	assert_ok(profile_explain(&p, &text));
	assert_non_null(strstr(buf_string(&text), "it lives at most 90 minutes,"));
	buf_free(&text);
}

static void patterns_are_filled_or_refused(void **state)
{
	(void)state;
	static const struct profile_name names[] = {{"a", "one"}, {"b", ""}, {"none", NULL}, {NULL, NULL}};
	static const struct {
		const char *pattern;
		enum err wanted;
		const char *out;
	} cases[] = {
		{"", ERR_OK, ""},           {"x", ERR_OK, "x"},           {"{a}", ERR_OK, "one"},
		{"-{a}{b}{a?}-", ERR_OK, "-oneone-"},                     {"{c}", ERR_INVALID, NULL},
		{"{}", ERR_INVALID, NULL},  {"{a", ERR_INVALID, NULL},    {"a}", ERR_INVALID, NULL},
		{"{{a}}", ERR_INVALID, NULL}, {"{none}", ERR_INVALID, NULL}, {"{A}", ERR_INVALID, NULL},
		{"{a??}", ERR_INVALID, NULL}, {"0123456789{a}{a}", ERR_TOO_LARGE, NULL},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		char out[16];
		enum err rc = profile_fill(cases[i].pattern, names, out, sizeof out, NULL);
		if (rc != cases[i].wanted || (rc == ERR_OK && strcmp(out, cases[i].out) != 0))
			fail_msg("%s: %s\n", cases[i].pattern, err_word(rc));
	}
	assert_true(profile_left_out("x {none?}", names));
	assert_false(profile_left_out("x {none} {a?}", names));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_fault_names_its_line_and_what_is_allowed),
		cmocka_unit_test(a_file_of_one_kind_is_none_of_another),
		cmocka_unit_test(ours_say_what_the_design_says),
		cmocka_unit_test(what_a_file_changes_the_certificate_has),
		cmocka_unit_test(authorities_are_born_as_their_files_want),
		cmocka_unit_test(a_ca_that_is_bound_to_names_issues_no_others),
		cmocka_unit_test(a_profile_is_told_in_plain_words),
		cmocka_unit_test(patterns_are_filled_or_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

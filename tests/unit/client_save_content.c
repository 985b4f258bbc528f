/* An identity written in parts for other programs: what is in each file, in which order, and what is refused. */
#include "base/file.h"
#include "client/include/counterfoil.h"
#include "tests/support/pkcs12_maker.h"
#include "tests/support/test.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CAP = 1 << 16, ORDER_MAX = 8 };

static const char password[] = "7K3M-Q2X5-A4BC-D6EF-GH7J-KM9N";
static struct pair root, outer, inner, subject; /* root -> outer -> inner -> subject */
static counterfoil_identity *identity;
static char folder[] = "/tmp/client-content-XXXXXX", path[64];

static counterfoil_code save_of(const counterfoil_identity *of, counterfoil_encoding encoding, unsigned content)
{
	const counterfoil_save_options options = {.size = sizeof options, .encoding = encoding, .content = content, .replace = 1,
						  .password = {password, strlen(password)}};
	counterfoil_error error;
	counterfoil_code code = counterfoil_identity_save(of, path, &options, &error);
	assert_int_equal(error.code, code);
	return code;
}

static char letter_of(const X509 *x)
{
	const struct pair *known[] = {&root, &outer, &inner, &subject};
	for (size_t i = 0; i < 4; i++)
		if (X509_cmp(x, known[i]->certificate) == 0)
			return "rois"[i];
	return '?';
}

/* What stands in the PEM file: r, o, i, s for certificates, K for a key in the clear, L for a sealed one. */
static void read_order(char out[ORDER_MAX])
{
	char *name, *header;
	unsigned char *bytes;
	long len;
	size_t n = 0;
	BIO *in = BIO_new_file(path, "r");
	assert_non_null(in);
	while (n < ORDER_MAX - 1 && PEM_read_bio(in, &name, &header, &bytes, &len)) {
		const unsigned char *at = bytes;
		X509 *x = strcmp(name, "CERTIFICATE") == 0 ? d2i_X509(NULL, &at, len) : NULL;
		out[n++] = x ? letter_of(x) : strstr(name, "ENCRYPTED") ? 'L' : strcmp(name, "EC PRIVATE KEY") == 0 ? 'T' : 'K';
		X509_free(x);
		OPENSSL_free(name);
		OPENSSL_free(header);
		OPENSSL_free(bytes);
	}
	out[n] = '\0';
	ERR_clear_error();
	BIO_free(in);
}

static void each_content_is_what_its_name_says_in_the_order_of_tls(void **state)
{
	(void)state;
	enum { LEAF = COUNTERFOIL_CONTENT_CERTIFICATE, BETWEEN = COUNTERFOIL_CONTENT_INTERMEDIATES,
	       ALL_CA = COUNTERFOIL_CONTENT_CA, KEY = COUNTERFOIL_CONTENT_KEY };
	static const struct {
		const char *name;
		counterfoil_encoding encoding;
		unsigned content;
		const char *want;
	} cases[] = {
		{"as it was", COUNTERFOIL_ENCODING_PEM_OPEN, 0, "srioK"},
		{"sealed", COUNTERFOIL_ENCODING_PEM, 0, "srioL"},
		{"traditional", COUNTERFOIL_ENCODING_PEM_TRADITIONAL, 0, "srioT"},
		{"certificate", COUNTERFOIL_ENCODING_PEM_OPEN, LEAF, "s"},
		{"key", COUNTERFOIL_ENCODING_PEM_OPEN, KEY, "K"},
		{"sealed key", COUNTERFOIL_ENCODING_PEM, KEY, "L"},
		{"what is sent", COUNTERFOIL_ENCODING_PEM_OPEN, LEAF | BETWEEN, "sio"},
		{"what is sent, and its key", COUNTERFOIL_ENCODING_PEM_OPEN, LEAF | BETWEEN | KEY, "sioK"},
		{"pair", COUNTERFOIL_ENCODING_PEM_TRADITIONAL, LEAF | KEY, "sT"},
		{"CA", COUNTERFOIL_ENCODING_PEM_OPEN, ALL_CA, "rio"},
	};
	for (size_t n = 0; n < sizeof cases / sizeof *cases; n++) {
		char order[ORDER_MAX];
		assert_int_equal(save_of(identity, cases[n].encoding, cases[n].content), COUNTERFOIL_OK);
		read_order(order);
		if (strcmp(order, cases[n].want) != 0)
			fail_msg("%s: wanted %s, had %s", cases[n].name, cases[n].want, order);
	}
}

static PKCS12 *read_store(void)
{
	BIO *in = BIO_new_file(path, "rb");
	PKCS12 *p12 = d2i_PKCS12_bio(in, NULL);
	BIO_free(in);
	assert_non_null(p12);
	return p12;
}

/* Oracle's mark, without which Java sees no entry at all. */
static void a_trust_store_has_every_ca_marked_no_key_and_no_mac(void **state)
{
	(void)state;
	ASN1_OBJECT *mark = OBJ_txt2obj("2.16.840.1.113894.746875.1.1", 1);
	int found = 0;
	assert_int_equal(save_of(identity, COUNTERFOIL_ENCODING_TRUST_STORE, 0), COUNTERFOIL_OK);
	PKCS12 *p12 = read_store();
	assert_int_equal(PKCS12_mac_present(p12), 0);
	STACK_OF(PKCS7) *safes = PKCS12_unpack_authsafes(p12);
	assert_int_equal(sk_PKCS7_num(safes), 1);
	STACK_OF(PKCS12_SAFEBAG) *bags = PKCS12_unpack_p7data(sk_PKCS7_value(safes, 0));
	for (; found < sk_PKCS12_SAFEBAG_num(bags); found++) {
		const PKCS12_SAFEBAG *bag = sk_PKCS12_SAFEBAG_value(bags, found);
		const STACK_OF(X509_ATTRIBUTE) *attributes = PKCS12_SAFEBAG_get0_attrs(bag);
		assert_int_equal(PKCS12_SAFEBAG_get_nid(bag), NID_certBag);
		int at = X509at_get_attr_by_OBJ(attributes, mark, -1);
		assert_true(at >= 0);
		const ASN1_OBJECT *purpose = X509_ATTRIBUTE_get0_data(X509at_get_attr(attributes, at), 0, V_ASN1_OBJECT, NULL);
		assert_int_equal(OBJ_obj2nid(purpose), NID_anyExtendedKeyUsage);
	}
	assert_int_equal(found, 3);
	sk_PKCS12_SAFEBAG_pop_free(bags, PKCS12_SAFEBAG_free);
	sk_PKCS7_pop_free(safes, PKCS7_free);
	PKCS12_free(p12);
	ASN1_OBJECT_free(mark);
}

static counterfoil_identity *identity_with(const struct pair *who, X509 *const *chain, size_t count)
{
	struct buf der = BUF_INIT(1 << 20);
	counterfoil_identity *made = NULL;
	package_write(&(struct package){.subject = who, .password = password, .chain = chain, .chain_count = count}, &der);
	assert_int_equal(counterfoil_identity_from_memory((counterfoil_bytes){der.data, der.len},
							  (counterfoil_bytes){password, strlen(password)}, &made, NULL), COUNTERFOIL_OK);
	buf_free(&der);
	return made;
}

/* Each link of the chain by its signature, the upper ones too, whatever the names say. */
static void a_chain_that_does_not_hold_up_to_a_root_is_refused(void **state)
{
	(void)state;
	struct pair impostor = pair_make(&(struct wanted){.common_name = "Root", .ca = true});
	struct pair false_inner = pair_make(&(struct wanted){.common_name = "Inner", .ca = true, .issuer = &outer});
	X509 *no_root[] = {inner.certificate, outer.certificate}, *gap[] = {inner.certificate, root.certificate};
	X509 *wrong_root[] = {inner.certificate, outer.certificate, impostor.certificate};
	X509 *wrong_inner[] = {false_inner.certificate, outer.certificate, root.certificate};
	const struct {
		const char *name;
		X509 *const *chain;
		size_t count;
		counterfoil_code want;
	} cases[] = {
		{"nothing", NULL, 0, COUNTERFOIL_NO_TRUST},
		{"no root", no_root, 2, COUNTERFOIL_NO_TRUST},
		{"a gap", gap, 2, COUNTERFOIL_NO_TRUST},
		{"another root of that name", wrong_root, 3, COUNTERFOIL_NO_TRUST},
		{"another issuer of that name", wrong_inner, 3, COUNTERFOIL_BAD_CHAIN},
	};
	for (size_t n = 0; n < sizeof cases / sizeof *cases; n++) {
		counterfoil_identity *of = identity_with(&subject, cases[n].chain, cases[n].count);
		unlink(path);
		counterfoil_code sent = save_of(of, COUNTERFOIL_ENCODING_PEM_OPEN, COUNTERFOIL_CONTENT_INTERMEDIATES);
		counterfoil_code ca = save_of(of, COUNTERFOIL_ENCODING_PEM_OPEN, COUNTERFOIL_CONTENT_CA);
		counterfoil_code store = save_of(of, COUNTERFOIL_ENCODING_TRUST_STORE, 0);
		if (sent != cases[n].want || ca != sent || store != sent || access(path, F_OK) == 0)
			fail_msg("%s: wanted %s, had %s, %s and %s", cases[n].name, counterfoil_code_word(cases[n].want),
				 counterfoil_code_word(sent), counterfoil_code_word(ca), counterfoil_code_word(store));
		assert_int_equal(save_of(of, COUNTERFOIL_ENCODING_PEM_OPEN, 0), COUNTERFOIL_OK); /* a plain copy is one all the same */
		counterfoil_identity_free(of);
	}
	pair_free(&impostor);
	pair_free(&false_inner);
}

static void a_certificate_whose_time_is_over_is_copied_all_the_same(void **state)
{
	(void)state;
	struct pair ca = pair_make(&(struct wanted){.common_name = "Old", .ca = true, .from = -3L * DAY, .until = DAY});
	struct pair old = pair_make(&(struct wanted){.common_name = "e", .issuer = &ca, .from = -2L * DAY, .until = -DAY});
	X509 *chain[] = {ca.certificate};
	counterfoil_identity *of = identity_with(&old, chain, 1);
	assert_int_equal(save_of(of, COUNTERFOIL_ENCODING_TRUST_STORE, 0), COUNTERFOIL_OK);
	counterfoil_identity_free(of);
	pair_free(&old);
	pair_free(&ca);
}

static void what_does_not_go_together_is_refused(void **state)
{
	(void)state;
	struct pair edwards = pair_make(&(struct wanted){.common_name = "e", .issuer = &root, .key = "ED25519"});
	X509 *chain[] = {root.certificate};
	counterfoil_identity *of = identity_with(&edwards, chain, 1);
	unlink(path);
	assert_int_equal(save_of(of, COUNTERFOIL_ENCODING_PEM_TRADITIONAL, 0), COUNTERFOIL_UNSUPPORTED);
	assert_int_equal(save_of(of, COUNTERFOIL_ENCODING_PEM_TRADITIONAL, COUNTERFOIL_CONTENT_CERTIFICATE), COUNTERFOIL_OK);
	unlink(path);
	assert_int_equal(save_of(identity, COUNTERFOIL_ENCODING_MODERN, COUNTERFOIL_CONTENT_KEY), COUNTERFOIL_BAD_INPUT);
	assert_int_equal(save_of(identity, COUNTERFOIL_ENCODING_TRUST_STORE, COUNTERFOIL_CONTENT_CA), COUNTERFOIL_BAD_INPUT);
	assert_int_equal(save_of(identity, COUNTERFOIL_ENCODING_PEM_OPEN, 16), COUNTERFOIL_BAD_INPUT);
	assert_int_equal(access(path, F_OK), -1);
	counterfoil_identity_free(of);
	pair_free(&edwards);
}

static void an_rsa_key_has_a_traditional_form_too(void **state)
{
	(void)state;
	struct pair rsa = pair_make(&(struct wanted){.common_name = "e", .issuer = &root, .key = "RSA2048"});
	X509 *chain[] = {root.certificate};
	struct buf text = BUF_INIT(CAP);
	counterfoil_identity *of = identity_with(&rsa, chain, 1);
	assert_int_equal(save_of(of, COUNTERFOIL_ENCODING_PEM_TRADITIONAL, COUNTERFOIL_CONTENT_KEY), COUNTERFOIL_OK);
	assert_int_equal(file_read(path, &text, NULL), ERR_OK);
	assert_non_null(strstr(buf_string(&text), "-----BEGIN RSA PRIVATE " "KEY-----\n"));
	buf_free(&text);
	counterfoil_identity_free(of);
	pair_free(&rsa);
}

/* A program that was compiled before `content` was there has a shorter struct. */
static void options_of_an_older_program_mean_everything(void **state)
{
	(void)state;
	counterfoil_save_options options = {.encoding = COUNTERFOIL_ENCODING_PEM_OPEN, .replace = 1, .content = COUNTERFOIL_CONTENT_KEY};
	char order[ORDER_MAX];
	options.size = offsetof(counterfoil_save_options, content);
	assert_int_equal(counterfoil_identity_save(identity, path, &options, NULL), COUNTERFOIL_OK);
	read_order(order);
	assert_string_equal(order, "srioK");
	options.size = sizeof options + 1;
	assert_int_equal(counterfoil_identity_save(identity, path, &options, NULL), COUNTERFOIL_BAD_INPUT);
}

static int begin(void **state)
{
	(void)state;
	root = pair_make(&(struct wanted){.common_name = "Root", .ca = true});
	outer = pair_make(&(struct wanted){.common_name = "Outer", .ca = true, .issuer = &root});
	inner = pair_make(&(struct wanted){.common_name = "Inner", .ca = true, .issuer = &outer});
	subject = pair_make(&(struct wanted){.common_name = "e-banking", .issuer = &inner, .extended = "clientAuth"});
	X509 *chain[] = {root.certificate, inner.certificate, outer.certificate};
	identity = identity_with(&subject, chain, 3);
	snprintf(path, sizeof path, "%s/new", mkdtemp(folder));
	return 0;
}

static int end(void **state)
{
	(void)state;
	counterfoil_identity_free(identity);
	pair_free(&root);
	pair_free(&outer);
	pair_free(&inner);
	pair_free(&subject);
	unlink(path);
	return rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_content_is_what_its_name_says_in_the_order_of_tls),
		cmocka_unit_test(a_trust_store_has_every_ca_marked_no_key_and_no_mac),
		cmocka_unit_test(a_chain_that_does_not_hold_up_to_a_root_is_refused),
		cmocka_unit_test(a_certificate_whose_time_is_over_is_copied_all_the_same),
		cmocka_unit_test(what_does_not_go_together_is_refused),
		cmocka_unit_test(an_rsa_key_has_a_traditional_form_too),
		cmocka_unit_test(options_of_an_older_program_mean_everything),
	};
	return cmocka_run_group_tests(tests, begin, end);
}

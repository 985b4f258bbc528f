/* What an issuing CA is called, by its own certificate. */
#include "tests/unit/ca_fixture.h"

#include "ca/issuer_label.h"

#include <openssl/x509v3.h>

static struct authority root;

static int setup(void **state)
{
	(void)state;
	assert_ok(authority_make_root(&fixture_names, NOW, &root, NULL));
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	authority_clear(&root);
	return 0;
}

/* A certificate for the root's key with another common name: only that counts. */
static void labelled(const char *common_name, const char *wanted)
{
	char label[ISSUER_LABEL_SIZE];
	X509 *x = X509_dup(root.certificate);
	X509_NAME *name = X509_NAME_new();
	assert_int_equal(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const uint8_t *)common_name, -1, -1, 0), 1);
	assert_int_equal(X509_set_subject_name(x, name), 1);
	assert_ok(issuer_label(x, label));
	assert_string_equal(label, wanted);
	X509_NAME_free(name);
	X509_free(x);
}

static void the_digits_are_those_of_the_key_identifier(void **state)
{
	(void)state;
	char id[ISSUER_ID_SIZE], digits[ISSUER_DIGITS_SIZE];
	const ASN1_OCTET_STRING *ski = X509_get0_subject_key_id(root.certificate);
	assert_ok(issuer_id(root.key, id));
	assert_ok(issuer_digits(root.key, digits));
	char *wanted = OPENSSL_buf2hexstr(ASN1_STRING_get0_data(ski), 8);
	for (size_t i = 0, k = 0; i < 16; k++)
		if (wanted[k] != ':')
			assert_int_equal(id[i++], wanted[k] >= 'A' ? wanted[k] + 32 : wanted[k]);
	assert_memory_equal(digits, id, 8);
	OPENSSL_free(wanted);
}

static void a_ca_with_its_digits_at_the_end_of_its_name_has_a_label_of_its_own(void **state)
{
	(void)state;
	char digits[ISSUER_DIGITS_SIZE], name[64], wanted[ISSUER_LABEL_SIZE];
	assert_ok(issuer_digits(root.key, digits));
	snprintf(name, sizeof name, "Nordbank Issuing %s", digits);
	snprintf(wanted, sizeof wanted, "issuing-%s", digits);
	labelled(name, wanted);
}

static void any_other_is_the_first(void **state)
{
	(void)state;
	char digits[ISSUER_DIGITS_SIZE], name[64];
	assert_ok(issuer_digits(root.key, digits));
	labelled("Nordbank Issuing", "issuing");
	labelled("Nordbank Issuing 00000000", "issuing");
	labelled(digits, "issuing");
	snprintf(name, sizeof name, "%s Issuing", digits);
	labelled(name, "issuing");
	snprintf(name, sizeof name, "Issuing%s", digits);
	labelled(name, "issuing");
	snprintf(name, sizeof name, "Issuing %s ", digits);
	labelled(name, "issuing");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_digits_are_those_of_the_key_identifier),
		cmocka_unit_test(a_ca_with_its_digits_at_the_end_of_its_name_has_a_label_of_its_own),
		cmocka_unit_test(any_other_is_the_first),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}

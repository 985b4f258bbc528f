/* What an identity says of itself: facts, dates, chain. */
#include "client/include/counterfoil.h"
#include "tests/support/pkcs12_maker.h"
#include "tests/support/test.h"

#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char password[] = "7K3M-Q2X5-A4BC-D6EF-GH7J-KM9N";

static counterfoil_identity *make(const struct wanted *w, bool with_ca)
{
	struct pair ca = pair_make(&(struct wanted){.common_name = "Test CA, with a comma", .ca = true});
	struct wanted issued = *w;
	issued.issuer = &ca;
	struct pair subject = pair_make(&issued);
	struct buf der = BUF_INIT(1 << 16);
	X509 *chain[] = {ca.certificate};
	package_write(&(struct package){.subject = &subject, .password = password, .chain = chain, .chain_count = with_ca}, &der);
	counterfoil_identity *identity = NULL;
	counterfoil_error error;
	if (counterfoil_identity_from_memory((counterfoil_bytes){der.data, der.len}, (counterfoil_bytes){password, strlen(password)},
					     &identity, &error))
		fail_msg("%s", error.text);
	buf_free(&der);
	pair_free(&subject);
	pair_free(&ca);
	return identity;
}

static void facts_are_read_as_they_were_certified(void **state)
{
	(void)state;
	counterfoil_identity *i = make(&(struct wanted){.common_name = "Kundeportalen \xc3\xa6\xc3\xb8\xc3\xa5", .organisation = "Nordbank",
							.unit = "Document archive",
							.alternative = "DNS:x.example,URI:spiffe://test.example/org/nordbank,URI:b:c"},
				       true);
	assert_string_equal(counterfoil_identity_fact(i, COUNTERFOIL_FACT_COMMON_NAME), "Kundeportalen \xc3\xa6\xc3\xb8\xc3\xa5");
	assert_string_equal(counterfoil_identity_fact(i, COUNTERFOIL_FACT_ORGANISATION), "Nordbank");
	assert_string_equal(counterfoil_identity_fact(i, COUNTERFOIL_FACT_UNIT), "Document archive");
	assert_string_equal(counterfoil_identity_fact(i, COUNTERFOIL_FACT_URI), "spiffe://test.example/org/nordbank");
	assert_string_equal(counterfoil_identity_fact(i, COUNTERFOIL_FACT_ISSUER), "CN=Test CA\\, with a comma");
	const char *serial = counterfoil_identity_fact(i, COUNTERFOIL_FACT_SERIAL);
	assert_int_equal(strlen(serial), 40); /* of 16 octets, the first of them not zero */
	assert_int_equal(strspn(serial, "0"), 8);
	assert_int_equal(strspn(serial, "0123456789abcdef"), 40);
	assert_int_equal(strlen(counterfoil_identity_fact(i, COUNTERFOIL_FACT_FINGERPRINT)), 64);
	assert_string_equal(counterfoil_identity_fact(i, (counterfoil_fact)99), "");
	counterfoil_identity_free(i);
}

static void what_a_certificate_does_not_say_is_empty(void **state)
{
	(void)state;
	counterfoil_identity *i = make(&(struct wanted){.common_name = "x"}, false);
	assert_string_equal(counterfoil_identity_fact(i, COUNTERFOIL_FACT_URI), "");
	assert_string_equal(counterfoil_identity_fact(i, COUNTERFOIL_FACT_UNIT), "");
	assert_non_null(counterfoil_identity_certificate(i, 0).data);
	assert_null(counterfoil_identity_certificate(i, 1).data);
	assert_null(counterfoil_identity_certificate(i, (size_t)-1).data);
	counterfoil_identity_free(i);
	counterfoil_identity_free(NULL);
	assert_string_equal(counterfoil_identity_fact(NULL, COUNTERFOIL_FACT_URI), "");
}

static void a_name_with_a_nul_inside_is_refused(void **state)
{
	(void)state;
	struct pair subject = pair_make(&(struct wanted){.common_name = "bank\0.evil.example", .common_name_len = 18});
	struct buf der = BUF_INIT(1 << 16);
	counterfoil_identity *i = NULL;
	package_write(&(struct package){.subject = &subject, .password = password}, &der);
	assert_int_equal(counterfoil_identity_from_memory((counterfoil_bytes){der.data, der.len},
							  (counterfoil_bytes){password, strlen(password)}, &i, NULL),
			 COUNTERFOIL_NOT_PKCS12);
	assert_null(i);
	buf_free(&der);
	pair_free(&subject);
}

static void the_whole_chain_is_there_as_der(void **state)
{
	(void)state;
	counterfoil_identity *i = make(&(struct wanted){.common_name = "x"}, true);
	for (size_t n = 0; n < 2; n++) {
		counterfoil_bytes der = counterfoil_identity_certificate(i, n);
		const unsigned char *at = der.data;
		X509 *certificate = d2i_X509(NULL, &at, (long)der.len);
		assert_non_null(certificate);
		assert_int_equal(X509_check_ca(certificate) > 0, n == 1);
		X509_free(certificate);
	}
	assert_null(counterfoil_identity_certificate(i, 2).data);
	counterfoil_identity_free(i);
}

static void days_are_counted_down_and_time_that_is_over_has_a_name(void **state)
{
	(void)state;
	counterfoil_identity *i = make(&(struct wanted){.common_name = "x"}, false);
	counterfoil_error error;
	int64_t until = counterfoil_identity_not_after(i), from = counterfoil_identity_not_before(i);
	assert_int_equal(until - from, 365 * DAY + 3600);
	const struct {
		int64_t now, days;
		counterfoil_code code;
	} cases[] = {
		{from - 1, 365, COUNTERFOIL_NOT_YET_VALID}, {from, 365, COUNTERFOIL_OK},
		{until - DAY, 1, COUNTERFOIL_OK},	    {until - DAY + 1, 0, COUNTERFOIL_OK},
		{until, 0, COUNTERFOIL_OK},		    {until + 1, -1, COUNTERFOIL_EXPIRED},
		{until + DAY, -1, COUNTERFOIL_EXPIRED},	    {until + DAY + 1, -2, COUNTERFOIL_EXPIRED},
	};
	for (size_t n = 0; n < sizeof cases / sizeof *cases; n++) {
		assert_int_equal(counterfoil_identity_days_left(i, cases[n].now), cases[n].days);
		assert_int_equal(counterfoil_identity_check(i, cases[n].now, &error), cases[n].code);
		assert_int_equal(error.category, cases[n].code ? COUNTERFOIL_CATEGORY_IDENTITY : COUNTERFOIL_CATEGORY_NONE);
	}
	counterfoil_identity_free(i);
}

static void files_that_cannot_be_read_are_told_apart(void **state)
{
	(void)state;
	char path[] = "/tmp/client-identity-XXXXXX";
	counterfoil_identity *i = NULL;
	counterfoil_error error;
	const counterfoil_bytes none = {NULL, 0};
	int fd = mkstemp(path);
	assert_int_equal(counterfoil_identity_from_file("/nonexistent/x.p12", none, &i, &error), COUNTERFOIL_FILE_UNREADABLE);
	assert_non_null(strstr(error.text, "/nonexistent/x.p12"));
	assert_int_equal(counterfoil_identity_from_file("/tmp", none, &i, &error), COUNTERFOIL_FILE_UNREADABLE);
	assert_int_equal(counterfoil_identity_from_file("/dev/zero", none, &i, &error), COUNTERFOIL_FILE_UNREADABLE);
	assert_int_equal(counterfoil_identity_from_file(path, none, &i, &error), COUNTERFOIL_NOT_PKCS12);
	assert_int_equal(ftruncate(fd, (1 << 20) + 1), 0);
	assert_int_equal(counterfoil_identity_from_file(path, none, &i, &error), COUNTERFOIL_TOO_LARGE);
	assert_int_equal(counterfoil_identity_from_file(NULL, none, &i, &error), COUNTERFOIL_BAD_INPUT);
	assert_int_equal(counterfoil_identity_from_file(path, none, NULL, NULL), COUNTERFOIL_BAD_INPUT);
	assert_int_equal(counterfoil_identity_from_memory((counterfoil_bytes){"x", 1}, (counterfoil_bytes){NULL, 5}, &i, NULL),
			 COUNTERFOIL_BAD_INPUT);
	static const char long_password[1025];
	assert_int_equal(counterfoil_identity_from_memory((counterfoil_bytes){"x", 1},
							  (counterfoil_bytes){long_password, sizeof long_password}, &i, NULL),
			 COUNTERFOIL_BAD_INPUT);
	assert_null(i);
	close(fd);
	unlink(path);
}

static void every_code_has_a_word_and_a_category_of_its_own_range(void **state)
{
	(void)state;
	for (int code = 1; code < 200; code++) {
		const char *word = counterfoil_code_word((counterfoil_code)code);
		if (strcmp(word, "failed") == 0)
			continue;
		assert_true(counterfoil_category_of((counterfoil_code)code) != COUNTERFOIL_CATEGORY_NONE);
		for (int other = 0; other < code; other++)
			if (strcmp(counterfoil_code_word((counterfoil_code)other), word) == 0)
				fail_msg("%d and %d are both %s", other, code, word);
	}
	assert_string_equal(counterfoil_code_word(COUNTERFOIL_WRONG_PASSWORD), "wrong_password");
	assert_int_equal(counterfoil_category_of((counterfoil_code)12345), COUNTERFOIL_CATEGORY_SYSTEM);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(facts_are_read_as_they_were_certified),
		cmocka_unit_test(what_a_certificate_does_not_say_is_empty),
		cmocka_unit_test(a_name_with_a_nul_inside_is_refused),
		cmocka_unit_test(the_whole_chain_is_there_as_der),
		cmocka_unit_test(days_are_counted_down_and_time_that_is_over_has_a_name),
		cmocka_unit_test(files_that_cannot_be_read_are_told_apart),
		cmocka_unit_test(every_code_has_a_word_and_a_category_of_its_own_range),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* An identity written anew: what opens again, what is left alone, and who may read it. */
#include "client/include/counterfoil.h"
#include "tests/support/pkcs12_maker.h"
#include "tests/support/test.h"

#include "base/file.h"

#include <openssl/pem.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CAP = 1 << 20 };

static const char password[] = "7K3M-Q2X5-A4BC-D6EF-GH7J-KM9N";
static struct pair ca, subject;
static counterfoil_identity *identity;
static char folder[] = "/tmp/client-save-XXXXXX", path[64];

static counterfoil_code save(counterfoil_encoding encoding, const char *with, int replace)
{
	const counterfoil_save_options options = {.size = sizeof options, .encoding = encoding, .replace = replace,
						  .password = {with, with ? strlen(with) : 0}};
	counterfoil_error error;
	counterfoil_code code = counterfoil_identity_save(identity, path, &options, &error);
	assert_int_equal(error.code, code);
	return code;
}

static void assert_same(counterfoil_code want, const char *with)
{
	counterfoil_identity *again = NULL;
	assert_int_equal(counterfoil_identity_from_file(path, (counterfoil_bytes){with, strlen(with)}, &again, NULL), want);
	if (!want) {
		assert_string_equal(counterfoil_identity_fact(again, COUNTERFOIL_FACT_FINGERPRINT),
				    counterfoil_identity_fact(identity, COUNTERFOIL_FACT_FINGERPRINT));
		assert_non_null(counterfoil_identity_certificate(again, 1).data);
	}
	counterfoil_identity_free(again);
}

static void pkcs12_opens_again_with_the_new_password_alone_in_the_encoding_asked_for(void **state)
{
	(void)state;
	static const struct {
		counterfoil_encoding encoding;
		int mac;
	} cases[] = {{COUNTERFOIL_ENCODING_MODERN, NID_sha256}, {COUNTERFOIL_ENCODING_COMPATIBLE, NID_sha1}};
	for (size_t i = 0; i < 2; i++) {
		struct stat status;
		const X509_ALGOR *digest = NULL;
		assert_int_equal(save(cases[i].encoding, "p\xc3\xa5ssord", 0), COUNTERFOIL_OK);
		assert_same(COUNTERFOIL_OK, "p\xc3\xa5ssord");
		assert_same(COUNTERFOIL_WRONG_PASSWORD, password);
		assert_int_equal(stat(path, &status), 0);
		assert_int_equal(status.st_mode & 0777, 0600);
		BIO *file = BIO_new_file(path, "rb");
		PKCS12 *p12 = d2i_PKCS12_bio(file, NULL);
		PKCS12_get0_mac(NULL, &digest, NULL, NULL, p12);
		assert_int_equal(OBJ_obj2nid(digest->algorithm), cases[i].mac);
		PKCS12_free(p12);
		BIO_free(file);
		unlink(path);
	}
}

static void pem_holds_certificate_ca_and_key_sealed_unless_it_is_to_be_open(void **state)
{
	(void)state;
	for (int open = 0; open < 2; open++) {
		struct buf text = BUF_INIT(CAP);
		assert_int_equal(save(open ? COUNTERFOIL_ENCODING_PEM_OPEN : COUNTERFOIL_ENCODING_PEM, open ? NULL : password, 0), COUNTERFOIL_OK);
		assert_int_equal(file_read(path, &text, NULL), ERR_OK);
		assert_int_equal(strstr(buf_string(&text), "ENCRYPTED PRIVATE KEY") != NULL, !open);
		BIO *file = BIO_new_file(path, "r");
		X509 *first = PEM_read_bio_X509(file, NULL, NULL, NULL), *second = PEM_read_bio_X509(file, NULL, NULL, NULL);
		assert_int_equal(X509_cmp(first, subject.certificate), 0);
		assert_int_equal(X509_cmp(second, ca.certificate), 0);
		EVP_PKEY *key = PEM_read_bio_PrivateKey(file, NULL, NULL, (void *)(open ? "" : password));
		assert_non_null(key);
		assert_int_equal(EVP_PKEY_eq(key, subject.key), 1);
		EVP_PKEY_free(key);
		X509_free(first);
		X509_free(second);
		BIO_free(file);
		buf_free(&text);
		unlink(path);
	}
}

static void a_file_that_exists_is_left_alone_unless_it_is_to_be_replaced(void **state)
{
	(void)state;
	struct buf text = BUF_INIT(CAP);
	assert_int_equal(file_publish(path, "mine", 4, 0644, NULL), ERR_OK);
	assert_int_equal(save(COUNTERFOIL_ENCODING_MODERN, password, 0), COUNTERFOIL_FILE_EXISTS);
	assert_int_equal(file_read(path, &text, NULL), ERR_OK);
	assert_string_equal(buf_string(&text), "mine");
	assert_int_equal(save(COUNTERFOIL_ENCODING_MODERN, password, 1), COUNTERFOIL_OK);
	assert_same(COUNTERFOIL_OK, password);
	struct stat status;
	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(status.st_mode & 0777, 0600);
	buf_free(&text);
	unlink(path);
}

static void what_cannot_be_is_refused_and_leaves_nothing(void **state)
{
	(void)state;
	static char giant[1026];
	memset(giant, 'x', sizeof giant - 1);
	assert_int_equal(save(COUNTERFOIL_ENCODING_MODERN, NULL, 0), COUNTERFOIL_BAD_INPUT);
	assert_int_equal(save(COUNTERFOIL_ENCODING_PEM, "", 0), COUNTERFOIL_BAD_INPUT);
	assert_int_equal(save(COUNTERFOIL_ENCODING_MODERN, giant, 0), COUNTERFOIL_BAD_INPUT);
	assert_int_equal(save((counterfoil_encoding)0, password, 0), COUNTERFOIL_BAD_INPUT);
	assert_int_equal(save((counterfoil_encoding)7, password, 0), COUNTERFOIL_BAD_INPUT);
	counterfoil_save_options options = {.size = sizeof options, .encoding = COUNTERFOIL_ENCODING_MODERN, .password = {"a\0b", 3}};
	assert_int_equal(counterfoil_identity_save(identity, path, &options, NULL), COUNTERFOIL_BAD_INPUT);
	assert_int_equal(counterfoil_identity_save(NULL, path, &options, NULL), COUNTERFOIL_BAD_INPUT);
	options.password.len = 1;
	assert_int_equal(counterfoil_identity_save(identity, "/nonexistent/x", &options, NULL), COUNTERFOIL_FILE_UNWRITABLE);
	options.size = 1;
	assert_int_equal(counterfoil_identity_save(identity, path, &options, NULL), COUNTERFOIL_BAD_INPUT);
	assert_int_equal(access(path, F_OK), -1);
}

static int begin(void **state)
{
	(void)state;
	struct buf der = BUF_INIT(CAP);
	ca = pair_make(&(struct wanted){.common_name = "Test CA", .ca = true});
	subject = pair_make(&(struct wanted){.common_name = "e-banking", .issuer = &ca});
	X509 *chain[] = {ca.certificate};
	package_write(&(struct package){.subject = &subject, .password = password, .chain = chain, .chain_count = 1}, &der);
	assert_int_equal(counterfoil_identity_from_memory((counterfoil_bytes){der.data, der.len},
							  (counterfoil_bytes){password, strlen(password)}, &identity, NULL), COUNTERFOIL_OK);
	buf_free(&der);
	snprintf(path, sizeof path, "%s/new", mkdtemp(folder));
	return 0;
}

static int end(void **state)
{
	(void)state;
	counterfoil_identity_free(identity);
	pair_free(&ca);
	pair_free(&subject);
	return rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pkcs12_opens_again_with_the_new_password_alone_in_the_encoding_asked_for),
		cmocka_unit_test(pem_holds_certificate_ca_and_key_sealed_unless_it_is_to_be_open),
		cmocka_unit_test(a_file_that_exists_is_left_alone_unless_it_is_to_be_replaced),
		cmocka_unit_test(what_cannot_be_is_refused_and_leaves_nothing),
	};
	return cmocka_run_group_tests(tests, begin, end);
}

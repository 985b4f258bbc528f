/* The key that collect --key makes, and its request: on the disk as said, and taken up again. */
#include "base/file.h"
#include "client/command/collect_key.h"
#include "tests/support/test.h"

#include <openssl/core_names.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char folder[] = "/tmp/client-collect-key-XXXXXX";
static char path[128], request_path[136];

static int begin(void **state)
{
	(void)state;
	snprintf(path, sizeof path, "%s/e.key", folder);
	snprintf(request_path, sizeof request_path, "%s.csr", path);
	unlink(path);
	unlink(request_path);
	return 0;
}

static void what_was_made_is_taken_up_again_with_the_very_same_request(void **state)
{
	struct own_key one, two;
	struct errbuf why = {""};
	struct stat st;
	(void)state;
	assert_int_equal(own_key_take(path, "p384", &one, &why), ERR_OK);
	assert_true(one.made);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(EVP_PKEY_get_bits(one.key), 384);
	own_key_let_go(&one); /* as if its process had been killed */
	assert_int_equal(own_key_take(path, NULL, &two, &why), ERR_OK);
	assert_false(two.made);
	assert_int_equal(EVP_PKEY_eq(one.key, two.key), 1);
	assert_int_equal(one.request.len, two.request.len);
	assert_memory_equal(one.request.data, two.request.data, one.request.len);
	own_key_withdraw(&two); /* another run's */
	assert_int_equal(access(path, F_OK), 0);
	own_key_settled(&one);
	assert_int_not_equal(access(request_path, F_OK), 0);
	own_key_withdraw(&one);
	assert_int_not_equal(access(path, F_OK), 0);
	own_key_clear(&one);
	own_key_clear(&two);
}

static const char *type; /* as --key-type says it */

static void expect(enum err wanted, const char *words)
{
	struct own_key k;
	struct errbuf why = {""};
	enum err had = own_key_take(path, type, &k, &why);
	if (had != wanted || !strstr(why.text, words))
		fail_msg("wanted %s \"%s\", had %s \"%s\"", err_word(wanted), words, err_word(had), why.text);
	own_key_withdraw(&k);
	own_key_clear(&k);
	assert_int_equal(access(path, F_OK), 0);
}

static void what_lies_there_and_will_not_do_is_left_alone(void **state)
{
	struct own_key k;
	struct errbuf why = {""};
	(void)state;
	assert_int_equal(file_publish(path, "no key", 6, 0600, NULL), ERR_OK);
	expect(ERR_MALFORMED, "is no private key in PEM");
	unlink(path);
	assert_int_equal(own_key_take(path, NULL, &k, &why), ERR_OK);
	own_key_let_go(&k);
	assert_int_equal(chmod(path, 0644), 0);
	expect(ERR_REFUSED, "");
	assert_int_equal(chmod(path, 0600), 0);
	assert_int_equal(file_publish(request_path, "no request", 10, 0600, NULL), ERR_OK);
	expect(ERR_CONFLICT, "not a request for the key");
	EVP_PKEY *other = EVP_EC_gen("P-256");
	FILE *f = fopen(path, "w");
	assert_non_null(f);
	assert_int_equal(PEM_write_PKCS8PrivateKey(f, other, EVP_aes_256_cbc(), "secret", 6, NULL, NULL), 1);
	fclose(f);
	expect(ERR_REFUSED, "is encrypted");
	EVP_PKEY_free(other);
	own_key_clear(&k);
	assert_int_equal(own_key_type("ed25519", &why), ERR_USAGE);
	assert_int_equal(own_key_type("rsa4096", &why), ERR_OK);
	assert_int_equal(own_key_type(NULL, &why), ERR_OK);
}

/* A file of the user's that has the name of a request: there before any key is made, and after. */
static void what_lies_at_the_place_of_the_request_is_never_removed(void **state)
{
	static const char text[] = "notes of mine";
	struct own_key k;
	struct errbuf why = {""};
	struct buf there = BUF_INIT(64);
	(void)state;
	for (int dangling = 0; dangling < 2; dangling++) {
		if (dangling)
			assert_int_equal(symlink("nowhere", request_path), 0);
		else
			assert_int_equal(file_publish(request_path, text, sizeof text - 1, 0644, NULL), ERR_OK);
		assert_int_equal(own_key_take(path, NULL, &k, &why), ERR_CONFLICT);
		assert_non_null(strstr(why.text, "without its key"));
		own_key_withdraw(&k);
		own_key_clear(&k);
		assert_int_not_equal(access(path, F_OK), 0);
		assert_true(dangling ? unlink(request_path) == 0 : file_read(request_path, &there, NULL) == ERR_OK);
		unlink(request_path);
	}
	assert_string_equal(buf_string(&there), text);
	buf_free(&there);
	assert_int_equal(own_key_take(path, NULL, &k, &why), ERR_OK); /* only what a run made goes with it */
	own_key_settled(&k);
	own_key_clear(&k);
	assert_int_equal(own_key_take(path, NULL, &k, &why), ERR_OK);
	assert_true(!k.made && k.requested);
	own_key_withdraw(&k);
	own_key_clear(&k);
	assert_int_equal(access(path, F_OK), 0);
	assert_int_not_equal(access(request_path, F_OK), 0);
}

/* Two at once: the second is told so, and nothing of the first's is touched, whether that made the key or found it. */
static void a_key_is_one_runs_at_a_time(void **state)
{
	struct own_key k;
	struct errbuf why = {""};
	(void)state;
	for (int found = 0; found < 2; found++) {
		assert_int_equal(own_key_take(path, NULL, &k, &why), ERR_OK);
		assert_int_equal(k.made, !found);
		expect(ERR_CONFLICT, "another run is using");
		assert_int_equal(access(request_path, F_OK), 0);
		own_key_clear(&k);
	}
	pid_t child = fork();
	if (child == 0)
		_exit(own_key_take(path, NULL, &k, &why) ? 1 : 0);
	int status = 1;
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_int_equal(own_key_take(path, NULL, &k, &why), ERR_OK); /* its end has let it go */
	own_key_clear(&k);
}

static void lay(EVP_PKEY *key)
{
	unlink(path);
	unlink(request_path);
	FILE *f = fopen(path, "w");
	assert_non_null(f);
	assert_int_equal(fchmod(fileno(f), 0600), 0);
	assert_int_equal(PEM_write_PKCS8PrivateKey(f, key, NULL, NULL, 0, NULL, NULL), 1);
	fclose(f);
	EVP_PKEY_free(key);
}

static EVP_PKEY *rsa_with(unsigned bits, BN_ULONG exponent, const char *algorithm)
{
	EVP_PKEY *key = NULL;
	BIGNUM *e = BN_new();
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, algorithm, NULL);
	assert_true(e && ctx && BN_set_word(e, exponent) == 1 && EVP_PKEY_keygen_init(ctx) == 1);
	assert_int_equal(EVP_PKEY_CTX_set_rsa_keygen_bits(ctx, (int)bits), 1);
	assert_int_equal(EVP_PKEY_CTX_set1_rsa_keygen_pubexp(ctx, e), 1);
	assert_int_equal(EVP_PKEY_keygen(ctx, &key), 1);
	EVP_PKEY_CTX_free(ctx);
	BN_free(e);
	return key;
}

static void a_key_that_the_service_would_not_take_is_refused_here(void **state)
{
	(void)state;
	EVP_PKEY *const refused[] = {
		EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"), EVP_EC_gen("P-521"), EVP_EC_gen("secp256k1"),
		rsa_with(1024, 65537, "RSA"), rsa_with(2047, 65537, "RSA"), rsa_with(2048, 3, "RSA"), rsa_with(2048, 65537, "RSA-PSS"),
	};
	for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
		lay(refused[i]);
		expect(ERR_REFUSED, "P-256, P-384, and RSA of 2048 to 4096 bits");
		assert_int_not_equal(access(request_path, F_OK), 0);
	}
	lay(rsa_with(2056, 65537, "RSA"));
	expect(ERR_OK, "");
}

static void a_type_that_the_key_at_hand_is_not_is_refused(void **state)
{
	static const char *const words[] = {"p256", "p384", "rsa2048"};
	(void)state;
	for (size_t i = 0; i < 3; i++) {
		lay(own_key_generate(words[i]));
		for (size_t j = 0; j < 3; j++) {
			type = words[j];
			expect(i == j ? ERR_OK : ERR_USAGE, i == j ? "" : words[i]);
		}
	}
	type = NULL;
}

/* Its file may give the curve by its numbers and the point compressed: the service reads neither. */
static void a_request_names_the_curve_and_gives_the_point_uncompressed(void **state)
{
	enum { PLAIN = 91 };
	struct own_key k;
	struct errbuf why = {""};
	EVP_PKEY *key = EVP_EC_gen("P-256");
	(void)state;
	assert_int_equal(EVP_PKEY_set_utf8_string_param(key, OSSL_PKEY_PARAM_EC_ENCODING, "explicit"), 1);
	assert_int_equal(EVP_PKEY_set_utf8_string_param(key, OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT, "compressed"), 1);
	lay(key);
	assert_int_equal(own_key_take(path, "p256", &k, &why), ERR_OK);
	BIO *bio = BIO_new_mem_buf(k.request.data, (int)k.request.len);
	X509_REQ *r = PEM_read_bio_X509_REQ(bio, NULL, NULL, NULL);
	assert_non_null(r);
	assert_int_equal(i2d_PUBKEY(X509_REQ_get0_pubkey(r), NULL), PLAIN);
	X509_REQ_free(r);
	BIO_free(bio);
	own_key_clear(&k);
}

static void names_that_are_one_file_are_found_however_they_are_written(void **state)
{
	char other[160], inside[160], there[160], claim[168];
	struct link link;
	struct errbuf why = {""};
	(void)state;
	snprintf(other, sizeof other, "%s/./e.key", folder);
	snprintf(inside, sizeof inside, "%s.link", folder);
	snprintf(there, sizeof there, "%s.link/e.key.csr", folder);
	snprintf(claim, sizeof claim, "%s.claim", other);
	assert_int_equal(symlink(folder, inside), 0);
	assert_int_equal(link_parse("https://h/d/Zm9vYmFyYmF6cXV4cXV1eA", &link, &why), ERR_OK);
	for (int made = 0; made < 2; made++) { /* before there is a key, and then */
		assert_int_equal(own_key_apart(path, &link, path, &why), ERR_USAGE);
		assert_int_equal(own_key_apart(path, &link, other, &why), ERR_USAGE);
		assert_int_equal(own_key_apart(path, &link, there, &why), ERR_USAGE);
		assert_int_equal(own_key_apart(claim, &link, path, &why), ERR_USAGE);
		assert_int_equal(own_key_apart(path, &link, request_path + 1, &why), ERR_OK);
		assert_int_equal(own_key_apart(path, &link, NULL, &why), ERR_OK);
		assert_int_equal(file_publish(path, "x", 1, 0600, NULL), ERR_OK);
	}
	unlink(inside);
}

static int end_group(void **state)
{
	begin(state);
	return rmdir(folder);
}

int main(void)
{
	if (!mkdtemp(folder))
		return 1;
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(what_was_made_is_taken_up_again_with_the_very_same_request, begin),
		cmocka_unit_test_setup(what_lies_there_and_will_not_do_is_left_alone, begin),
		cmocka_unit_test_setup(what_lies_at_the_place_of_the_request_is_never_removed, begin),
		cmocka_unit_test_setup(a_key_is_one_runs_at_a_time, begin),
		cmocka_unit_test_setup(a_key_that_the_service_would_not_take_is_refused_here, begin),
		cmocka_unit_test_setup(a_type_that_the_key_at_hand_is_not_is_refused, begin),
		cmocka_unit_test_setup(a_request_names_the_curve_and_gives_the_point_uncompressed, begin),
		cmocka_unit_test_setup(names_that_are_one_file_are_found_however_they_are_written, begin),
	};
	return cmocka_run_group_tests(tests, NULL, end_group);
}

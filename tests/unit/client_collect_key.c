/* The key that collect --key makes, and its request: on the disk as said, and taken up again. */
#include "base/file.h"
#include "client/command/collect_key.h"
#include "tests/support/test.h"

#include <openssl/pem.h>
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

static void expect(enum err wanted, const char *words)
{
	struct own_key k;
	struct errbuf why = {""};
	enum err had = own_key_take(path, NULL, &k, &why);
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
	};
	return cmocka_run_group_tests(tests, NULL, end_group);
}

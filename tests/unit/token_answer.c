/* The token process, asked by frames: by SoftHSM, each case in a process of its own. */
#include "tests/support/soft_token.h"

#include "base/pack.h"
#include "issuer/token/token_serve.h"

#include <openssl/objects.h>
#include <openssl/x509.h>

enum { AS_WANTED = 0 };
/* In a process apart nothing of cmocka's works: the line is its exit status. */
#define wanted(what)                                                                                                   \
	do {                                                                                                           \
		if (!(what)) {                                                                                         \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #what);                                     \
			return 1;                                                                                      \
		}                                                                                                      \
	} while (0)

static struct token token;
static struct buf answer;

static void open_with(const char *issuing, const char *ocsp, const char *pin)
{
	static struct settings s;
	s = (struct settings){.key_issuing = issuing, .key_ocsp = ocsp};
	token.place = (struct key_token_place){SOFT_TOKEN_MODULE, secret_copy(pin, strlen(pin))};
	answer = BUF_INIT(TOKEN_ANSWER_CAP);
	token_open(&token, &s);
}

static enum err ask(enum token_operation op, const char *uri, int algorithm, size_t len)
{
	static const uint8_t digest[64] = {1, 2, 3};
	struct errbuf why = {""};
	struct buf body = BUF_INIT(TOKEN_REQUEST_CAP);
	pack_text(&body, uri);
	if (op == TOKEN_SIGN) {
		pack_u32(&body, (uint32_t)algorithm);
		pack_bytes(&body, digest, len);
	}
	const struct frame f = {.id = 1, .op = (uint16_t)op, .body = body.data, .len = body.len};
	buf_clear(&answer);
	enum err e = token_answer(&token, ROLE_SIGNER, &f, &answer, &why);
	buf_free(&body);
	return e;
}

static void the_signer_alone_may_ask(void **state)
{
	(void)state;
	for (int role = 0; role < ROLE_COUNT; role++)
		for (int op = 0; op <= TOKEN_OPERATION_COUNT; op++)
			assert_int_equal(token_permitted((enum role)role, (uint16_t)op),
					 role == ROLE_SIGNER && (op == TOKEN_SIGN || op == TOKEN_PUBLIC));
}

static int two_keys(const void *arg)
{
	size_t len = 0;
	(void)arg;
	open_with(SOFT_TOKEN_URI("p256"), SOFT_TOKEN_URI("p384"), SOFT_TOKEN_PIN);
	wanted(token.fault == ERR_OK && token.count == 2);
	wanted(ask(TOKEN_SIGN, SOFT_TOKEN_URI("p256"), NID_sha256, 32) == ERR_OK && answer.len > 0);
	wanted(ask(TOKEN_SIGN, SOFT_TOKEN_URI("p384"), NID_sha384, 48) == ERR_OK);
	wanted(ask(TOKEN_SIGN, SOFT_TOKEN_URI("rsa2048"), NID_sha256, 32) == ERR_OK); /* a further one */
	wanted(ask(TOKEN_PUBLIC, SOFT_TOKEN_URI("p384"), 0, 0) == ERR_OK);
	struct unpack u = unpack_begin(answer.data, answer.len);
	const uint8_t *der = unpack_bytes(&u, &len);
	EVP_PKEY *public = d2i_PUBKEY(NULL, &der, (long)len);
	wanted(EVP_PKEY_eq(public, soft_token.keys[KEY_P384]) == 1);
	wanted(ask(TOKEN_SIGN, SOFT_TOKEN_URI("p256"), NID_sha1, 20) == ERR_MALFORMED);
	wanted(ask(TOKEN_SIGN, SOFT_TOKEN_URI("p256"), NID_sha256, 31) == ERR_MALFORMED);
	wanted(ask(TOKEN_SIGN, SOFT_TOKEN_URI("p256"), NID_sha384, 32) == ERR_MALFORMED);
	wanted(ask(TOKEN_SIGN, "keys/issuing.key", NID_sha256, 32) == ERR_USAGE);
	wanted(ask(TOKEN_SIGN, SOFT_TOKEN_URI("other"), NID_sha256, 32) == ERR_NOT_FOUND);
	wanted(!token_spent(&token));
	wanted(ask(TOKEN_SIGN, SOFT_TOKEN_URI("p256"), NID_sha256, 32) == ERR_OK);
	token_clear(&token);
	return AS_WANTED;
}

static void its_keys_sign_and_wrong_questions_change_nothing(void **state)
{
	(void)state;
	assert_int_equal(soft_token_apart(two_keys, NULL), AS_WANTED);
}

static int one_missing(const void *arg)
{
	const bool *first = arg;
	const char *there = SOFT_TOKEN_URI("p256"), *missing = SOFT_TOKEN_URI("other");
	open_with(*first ? missing : there, *first ? there : missing, SOFT_TOKEN_PIN);
	wanted(ask(TOKEN_SIGN, missing, NID_sha256, 32) == ERR_NOT_FOUND);
	wanted(ask(TOKEN_SIGN, there, NID_sha256, 32) == ERR_OK);
	wanted(!token_spent(&token));
	return AS_WANTED;
}

static void a_missing_key_does_not_keep_the_other_from_its_work(void **state)
{
	(void)state;
	for (int first = 0; first < 2; first++)
		assert_int_equal(soft_token_apart(one_missing, &(bool){first != 0}), AS_WANTED);
}

static int nothing_there(const void *arg)
{
	(void)arg;
	open_with(SOFT_TOKEN_URI("other"), "", SOFT_TOKEN_PIN);
	wanted(!token_spent(&token)); /* nobody has heard of it */
	wanted(ask(TOKEN_SIGN, SOFT_TOKEN_URI("other"), NID_sha256, 32) == ERR_NOT_FOUND);
	wanted(token_spent(&token));
	return AS_WANTED;
}

static int pin_refused(const void *arg)
{
	(void)arg;
	open_with(SOFT_TOKEN_URI("p256"), "", "1234");
	for (int i = 0; i < 3; i++)
		wanted(ask(TOKEN_SIGN, SOFT_TOKEN_URI("p256"), NID_sha256, 32) == ERR_REFUSED);
	wanted(!token_spent(&token)); /* a successor would try it again */
	return AS_WANTED;
}

static int token_lost(const void *arg)
{
	char tokens[64], gone[64];
	(void)arg;
	snprintf(tokens, sizeof tokens, "%s/tokens", soft_token.folder);
	snprintf(gone, sizeof gone, "%s/gone", soft_token.folder);
	open_with(SOFT_TOKEN_URI("p256"), "", SOFT_TOKEN_PIN);
	wanted(ask(TOKEN_SIGN, SOFT_TOKEN_URI("p256"), NID_sha256, 32) == ERR_OK);
	wanted(rename(tokens, gone) == 0);
	enum err lost = ask(TOKEN_SIGN, SOFT_TOKEN_URI("p256"), NID_sha256, 32);
	wanted(rename(gone, tokens) == 0);
	wanted(lost == ERR_CRYPTO && token_spent(&token));
	wanted(ask(TOKEN_SIGN, SOFT_TOKEN_URI("p256"), NID_sha256, 32) == ERR_CRYPTO); /* it says so until it ends */
	return AS_WANTED;
}

static void whoever_may_do_better_is_let(void **state)
{
	(void)state;
	assert_int_equal(soft_token_apart(nothing_there, NULL), AS_WANTED);
	assert_int_equal(soft_token_apart(token_lost, NULL), AS_WANTED);
}

static void nobody_tries_a_refused_pin_again(void **state)
{
	(void)state;
	assert_int_equal(soft_token_apart(pin_refused, NULL), AS_WANTED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_signer_alone_may_ask),
	    cmocka_unit_test(its_keys_sign_and_wrong_questions_change_nothing),
	    cmocka_unit_test(a_missing_key_does_not_keep_the_other_from_its_work),
	    cmocka_unit_test(whoever_may_do_better_is_let),
	    cmocka_unit_test(nobody_tries_a_refused_pin_again),
	};
	return cmocka_run_group_tests_name("token_answer", tests, soft_token_open, soft_token_close);
}

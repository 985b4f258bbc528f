/* The signer's side of a token: a key that goes away is not asked, and comes back by itself. The token's process is a
 * thread here, behind the same line. */
#include "tests/support/test.h"

#include "base/clock.h"
#include "base/frame.h"
#include "base/log.h"
#include "base/pack.h"
#include "ca/key.h"
#include "issuer/signer/signer_token.h"
#include "issuer/token/token.h"

#include <openssl/x509.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define NAME "pkcs11:token=T;object=k"

static struct other {
	int fd;
	EVP_PKEY *_Atomic key; /* what it signs by */
	_Atomic int fault;     /* enum err: what it answers instead */
	_Atomic int needs;     /* milliseconds for a signature */
	_Atomic unsigned asked;
	pthread_t thread;
} other;

static struct {
	EVP_PKEY *right, *wrong;
	struct line *line;
	struct signer_token *token;
	EVP_PKEY *key;
} stage;

static enum err answer(const struct frame *q, struct buf *out)
{
	char uri[256];
	size_t len = 0;
	struct key_digest d = {0};
	struct key_signature s;
	uint8_t *der = NULL;
	struct unpack u = unpack_begin(q->body, q->len);
	unpack_text(&u, uri, sizeof uri);
	if (q->op == TOKEN_PUBLIC) {
		int n = i2d_PUBKEY(other.key, &der);
		pack_bytes(out, der, (size_t)n);
		OPENSSL_free(der);
		return unpack_end(&u);
	}
	d.algorithm = (int)unpack_u32(&u);
	const uint8_t *bytes = unpack_bytes(&u, &len);
	if (unpack_end(&u) || strcmp(uri, NAME) != 0)
		return ERR_MALFORMED;
	memcpy(d.bytes, bytes, len);
	d.len = len;
	poll(NULL, 0, other.needs);
	enum err e = key_digest_sign(other.key, &d, &s);
	pack_bytes(out, s.bytes, s.len);
	return e;
}

static void *serve(void *arg)
{
	struct buf store = BUF_INIT(TOKEN_REQUEST_CAP), out = BUF_INIT(TOKEN_ANSWER_CAP);
	struct frame q;
	(void)arg;
	while (frame_receive(other.fd, &store, &q, FRAME_NO_DEADLINE) == ERR_OK) {
		buf_clear(&out);
		other.asked++;
		enum err e = other.fault ? (enum err)other.fault : answer(&q, &out);
		struct frame a = {.id = q.id,
				  .op = q.op,
				  .status = e,
				  .body = e ? (const uint8_t *)"because" : out.data,
				  .len = e ? 7 : out.len};
		if (frame_send(other.fd, &a, clock_mono_ms() + 1000) != ERR_OK)
			break;
	}
	buf_free(&store);
	buf_free(&out);
	return NULL;
}

static int begin(void **state)
{
	int ends[2];
	(void)state;
	other.asked = 0;
	other.fault = ERR_OK;
	other.needs = 0;
	other.key = stage.right;
	if (frame_pair(ends) || line_new(ends[0], TOKEN_ANSWER_CAP, &stage.line))
		return -1;
	other.fd = ends[1];
	return pthread_create(&other.thread, NULL, serve, NULL) || signer_token_new(stage.line, &stage.token, NULL) ? -1
														    : 0;
}

static int end(void **state)
{
	(void)state;
	EVP_PKEY_free(stage.key);
	stage.key = NULL;
	shutdown(other.fd, SHUT_RDWR);
	pthread_join(other.thread, NULL);
	signer_token_free(stage.token);
	line_free(stage.line);
	close(other.fd);
	return 0;
}

static void want(const EVP_PKEY *public)
{
	assert_int_equal(signer_token_want(stage.token, NAME, public, NULL), ERR_OK);
}

/* A signature as the authority would make one. */
static bool signs(void)
{
	uint8_t signature[256];
	size_t len = sizeof signature;
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool done = EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, stage.key) == 1 &&
		    EVP_DigestSign(ctx, signature, &len, (const uint8_t *)"abc", 3) == 1;
	EVP_MD_CTX_free(ctx);
	return done;
}

static void await(enum err wanted)
{
	for (int i = 0; i < 1000 && signer_token_check(stage.token, NAME, NULL) != wanted; i++)
		poll(NULL, 0, 10);
	assert_int_equal(signer_token_check(stage.token, NAME, NULL), wanted);
}

static void a_key_that_is_there_signs(void **state)
{
	(void)state;
	want(stage.right);
	assert_int_equal(signer_token_key(stage.token, NAME, &stage.key, NULL), ERR_OK);
	assert_int_equal(signer_token_start(stage.token, NULL), ERR_OK);
	assert_int_equal(signer_token_check(stage.token, NAME, NULL), ERR_OK);
	assert_int_equal(signer_token_check(stage.token, "keys/issuing.key", NULL), ERR_OK);
	assert_int_equal(signer_token_check(NULL, NAME, NULL), ERR_OK);
	assert_true(signs());
}

static void a_name_is_one_key(void **state)
{
	(void)state;
	want(stage.right);
	want(stage.right);
	assert_int_equal(signer_token_want(stage.token, NAME, stage.wrong, NULL), ERR_REFUSED);
	assert_int_equal(signer_token_want(stage.token, NAME, NULL, NULL), ERR_REFUSED);
	assert_int_equal(signer_token_key(stage.token, NAME, &stage.key, NULL), ERR_OK);
	assert_int_equal(EVP_PKEY_eq(stage.key, stage.right), 1);
}

static void one_that_goes_away_is_not_asked_and_comes_back(void **state)
{
	struct errbuf why = {""};
	(void)state;
	want(stage.right);
	assert_int_equal(signer_token_key(stage.token, NAME, &stage.key, NULL), ERR_OK);
	assert_int_equal(signer_token_start(stage.token, NULL), ERR_OK);
	other.fault = ERR_CRYPTO;
	assert_false(signs());
	unsigned asked = other.asked;
	assert_false(signs());
	assert_false(signs());
	assert_int_equal(other.asked, asked); /* nobody waits for what is away */
	assert_int_equal(signer_token_check(stage.token, NAME, &why), ERR_UNAVAILABLE);
	assert_null(strstr(why.text, "because")); /* that is for the log */
	other.fault = ERR_OK;
	await(ERR_OK);
	assert_true(signs());
}

/* Slow enough to sign is slow enough to come back. */
static void a_slow_one_comes_back_too(void **state)
{
	(void)state;
	want(stage.right);
	assert_int_equal(signer_token_key(stage.token, NAME, &stage.key, NULL), ERR_OK);
	assert_int_equal(signer_token_start(stage.token, NULL), ERR_OK);
	other.fault = ERR_CRYPTO;
	assert_false(signs());
	other.needs = 3500;
	other.fault = ERR_OK;
	await(ERR_OK);
}

static void another_key_of_the_same_name_is_as_good_as_none(void **state)
{
	(void)state;
	want(stage.right);
	assert_int_equal(signer_token_key(stage.token, NAME, &stage.key, NULL), ERR_OK);
	other.key = stage.wrong;
	assert_int_equal(signer_token_start(stage.token, NULL), ERR_OK);
	assert_int_equal(signer_token_check(stage.token, NAME, NULL), ERR_UNAVAILABLE);
	assert_false(signs());
	unsigned asked = other.asked;
	for (int i = 0; i < 1000 && other.asked < asked + 2; i++) /* looked for twice more */
		poll(NULL, 0, 10);
	assert_true(other.asked >= asked + 2);
	assert_int_equal(signer_token_check(stage.token, NAME, NULL), ERR_UNAVAILABLE);
	other.key = stage.right;
	await(ERR_OK);
	assert_true(signs());
	other.key = stage.wrong; /* and while it is there */
	assert_false(signs());
	assert_int_equal(signer_token_check(stage.token, NAME, NULL), ERR_UNAVAILABLE);
}

static void a_key_without_a_certificate_is_told_by_the_token(void **state)
{
	(void)state;
	want(NULL);
	assert_int_equal(signer_token_key(stage.token, NAME, &stage.key, NULL), ERR_UNAVAILABLE);
	assert_int_equal(signer_token_key(stage.token, "pkcs11:token=T;object=other", &stage.key, NULL), ERR_NOT_FOUND);
	other.fault = ERR_NOT_FOUND;
	assert_int_equal(signer_token_start(stage.token, NULL), ERR_OK);
	assert_int_equal(signer_token_key(stage.token, NAME, &stage.key, NULL), ERR_UNAVAILABLE);
	other.fault = ERR_OK;
	await(ERR_OK);
	assert_int_equal(signer_token_key(stage.token, NAME, &stage.key, NULL), ERR_OK);
	assert_int_equal(EVP_PKEY_eq(stage.key, stage.right), 1);
	assert_true(signs());
	other.key = stage.wrong; /* it stays the one that it was */
	assert_false(signs());
}

static void it_ends_at_once_while_a_key_is_away(void **state)
{
	(void)state;
	want(stage.right);
	other.fault = ERR_REFUSED;
	assert_int_equal(signer_token_start(stage.token, NULL), ERR_OK);
	int64_t before = clock_mono_ms();
	signer_token_free(stage.token);
	stage.token = NULL;
	assert_true(clock_mono_ms() - before < 1000);
}

static int make_keys(void **state)
{
	(void)state;
	log_threshold(LOG_LEVEL_ALARM + 1);
	return key_generate(KEY_P256, &stage.right) || key_generate(KEY_P256, &stage.wrong);
}

static int free_keys(void **state)
{
	(void)state;
	EVP_PKEY_free(stage.right);
	EVP_PKEY_free(stage.wrong);
	return 0;
}

#define on_a_line(f) cmocka_unit_test_setup_teardown(f, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    on_a_line(a_key_that_is_there_signs),
	    on_a_line(a_name_is_one_key),
	    on_a_line(one_that_goes_away_is_not_asked_and_comes_back),
	    on_a_line(a_slow_one_comes_back_too),
	    on_a_line(another_key_of_the_same_name_is_as_good_as_none),
	    on_a_line(a_key_without_a_certificate_is_told_by_the_token),
	    on_a_line(it_ends_at_once_while_a_key_is_away),
	};
	return cmocka_run_group_tests_name("signer_token", tests, make_keys, free_keys);
}

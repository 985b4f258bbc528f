/* Each allocation and each call into OpenSSL fails in turn while a key is made whose signatures somebody else makes, and while
 * one is asked for: there is a right signature or none, and never another key's. */
#include "tests/support/test.h"

#include "tests/support/failing.h"

#include "ca/key.h"
#include "ca/key_remote.h"

enum { SAMPLE = 60 };

static struct {
	EVP_PKEY *right[2], *wrong[2]; /* P-256, RSA */
	EVP_PKEY *hand_has, *public;   /* of the work at hand */
	EVP_PKEY *remote;
	struct key_hand hand;
	struct key_digest digest;
	struct key_signature signature;
} at;

/* The other side does not fail. */
static enum err hand_signs(void *ctx, const struct key_digest *digest, struct key_signature *out)
{
	const int spared = failing_pause();
	enum err rc = key_digest_sign(at.hand_has, digest, out);
	(void)ctx;
	failing_resume(&spared);
	return rc;
}

static enum err make(void)
{
	return key_remote_new(at.public, &at.hand, &at.remote);
}

static void made_or_not(enum err rc, bool failed)
{
	failing_require(failed || rc == ERR_OK);
	failing_require((rc == ERR_OK) == (at.remote != NULL));
	failing_require(rc != ERR_OK || key_remote_try(at.remote, NULL) == ERR_OK);
	EVP_PKEY_free(at.remote);
	at.remote = NULL;
}

static void make_before(void)
{
	failing_require(make() == ERR_OK);
}

static enum err sign(void)
{
	return key_digest_sign(at.remote, &at.digest, &at.signature);
}

static void right_or_none(enum err rc, bool failed)
{
	failing_require(failed || rc == ERR_OK);
	failing_require(rc != ERR_OK || key_digest_verify(at.public, &at.digest, &at.signature));
	EVP_PKEY_free(at.remote);
	at.remote = NULL;
}

static void none(enum err rc, bool failed)
{
	(void)failed;
	failing_require(rc != ERR_OK);
	EVP_PKEY_free(at.remote);
	at.remote = NULL;
}

static void each_type(const struct failing_work *work, EVP_PKEY *const hands[2])
{
	for (int i = 0; i < 2; i++) {
		at.public = at.right[i];
		at.hand_has = hands[i];
		failing_each(work, SAMPLE);
	}
}

static void a_key_is_made_or_not(void **state)
{
	static const struct failing_work work = {.name = "make", .act = make, .after = made_or_not, .without_sqlite = true};
	(void)state;
	each_type(&work, at.right);
}

static void a_signature_is_right_or_there_is_none(void **state)
{
	static const struct failing_work work = {
		.name = "sign", .before = make_before, .act = sign, .after = right_or_none, .without_sqlite = true};
	(void)state;
	each_type(&work, at.right);
}

static void another_key_never_signs(void **state)
{
	static const struct failing_work work = {
		.name = "sign by another", .before = make_before, .act = sign, .after = none, .without_sqlite = true};
	(void)state;
	each_type(&work, at.wrong);
}

static int make_keys(void **state)
{
	(void)state;
	at.hand = (struct key_hand){hand_signs, NULL};
	for (int i = 0; i < 2; i++)
		if (key_generate(i ? KEY_RSA2048 : KEY_P256, &at.right[i]) || key_generate(i ? KEY_RSA2048 : KEY_P256, &at.wrong[i]))
			return -1;
	return key_digest_random(&at.digest);
}

static int free_keys(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++) {
		EVP_PKEY_free(at.right[i]);
		EVP_PKEY_free(at.wrong[i]);
	}
	return 0;
}

/* The methods of such keys are made once; not with a call that fails. */
static int make_methods(void **state)
{
	if (make_keys(state))
		return -1;
	at.public = at.hand_has = at.right[0];
	if (make())
		return -1;
	EVP_PKEY_free(at.remote);
	at.remote = NULL;
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_key_is_made_or_not),
		cmocka_unit_test(a_signature_is_right_or_there_is_none),
		cmocka_unit_test(another_key_never_signs),
	};
	return cmocka_run_group_tests_name("ca_key_remote_failing", tests, make_methods, free_keys);
}

/* Keys in a token: by SoftHSM, each case in a process of its own. */
#include "tests/support/soft_token.h"

#include "ca/key_remote.h"
#include "ca/key_token.h"

#include <openssl/err.h>

enum { AS_WANTED = 0, OTHERWISE = 1 };

static int otherwise(const char *name, enum err e, const struct errbuf *why)
{
	fprintf(stderr, "%s: %s: %s\n", name, err_word(e), why->text);
	return OTHERWISE;
}

static struct secret *pin(const char *text)
{
	return text ? secret_copy(text, strlen(text)) : NULL;
}

static const struct refusal {
	const char *name, *module, *uri, *pin;
	enum err wanted;
	const char *why;
} refusals[] = {
    {"no module set", "", SOFT_TOKEN_URI("p256"), SOFT_TOKEN_PIN, ERR_NOT_FOUND, "token.module is not set"},
    {"no such module", "/nowhere.so", SOFT_TOKEN_URI("p256"), SOFT_TOKEN_PIN, ERR_NOT_FOUND,
     "there is no file /nowhere.so"},
    {"another library", "/bin/true", SOFT_TOKEN_URI("p256"), SOFT_TOKEN_PIN, ERR_NOT_FOUND, "not a PKCS#11 module"},
    {"no such token", SOFT_TOKEN_MODULE, "pkcs11:token=Other;object=p256", SOFT_TOKEN_PIN, ERR_NOT_FOUND,
     "there is no such token: pkcs11:token=Other;object=p256; there is: Unit"},
    {"no PIN", SOFT_TOKEN_MODULE, SOFT_TOKEN_URI("p256"), NULL, ERR_REFUSED, "the token wants a PIN"},
    {"a wrong PIN", SOFT_TOKEN_MODULE, SOFT_TOKEN_URI("p256"), "1234", ERR_REFUSED, "it is not tried again"},
    {"no such key", SOFT_TOKEN_MODULE, SOFT_TOKEN_URI("other"), SOFT_TOKEN_PIN, ERR_NOT_FOUND, "no private key"},
    {"a PIN in the name", SOFT_TOKEN_MODULE, SOFT_TOKEN_URI("p256") "?pin-value=2468", SOFT_TOKEN_PIN, ERR_USAGE,
     "does not belong"},
};

static int is_refused(const void *arg)
{
	const struct refusal *r = arg;
	struct errbuf why = {""};
	EVP_PKEY *key = NULL;
	const struct key_token_place place = {r->module, pin(r->pin)};
	enum err e = key_token_look(&place, r->uri, &why);
	if (!e || r->wanted == ERR_USAGE)
		e = key_token_open(&place, &why);
	if (!e)
		e = key_token_key(r->uri, &key, &why);
	if (e != r->wanted || key || !strstr(why.text, r->why) || ERR_peek_error())
		return otherwise(r->name, e, &why);
	return AS_WANTED;
}

static void what_is_wrong_is_said_precisely(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++)
		assert_int_equal(soft_token_apart(is_refused, &refusals[i]), AS_WANTED);
}

static int stays_refused(const void *arg)
{
	struct errbuf why = {""};
	EVP_PKEY *key = NULL;
	const struct key_token_place place = {SOFT_TOKEN_MODULE, pin("1234")};
	(void)arg;
	enum err e = key_token_open(&place, &why);
	if (e)
		return otherwise("open", e, &why);
	e = key_token_key(SOFT_TOKEN_URI("p256"), &key, &why);
	if (e != ERR_REFUSED || !strstr(why.text, "PIN incorrect"))
		return otherwise("the first key", e, &why);
	e = key_token_key(SOFT_TOKEN_URI("p384"), &key, &why);
	if (e != ERR_REFUSED || strstr(why.text, "PIN incorrect")) /* the module was not asked */
		return otherwise("the second key", e, &why);
	return key_token_open(&place, NULL) == ERR_INTERNAL ? AS_WANTED : OTHERWISE;
}

static void a_refused_pin_is_not_tried_again(void **state)
{
	(void)state;
	assert_int_equal(soft_token_apart(stays_refused, NULL), AS_WANTED);
}

static enum err hand_signs(void *ctx, const struct key_digest *digest, struct key_signature *out)
{
	return key_digest_sign(ctx, digest, out);
}

/* The key of one type signs, and of the same name for another type it does not. */
static int signs(const void *arg)
{
	const enum key_type *type = arg;
	enum key_type next = (*type + 1) % KEY_TYPE_COUNT;
	char uri[64];
	struct errbuf why = {""};
	EVP_PKEY *inside = NULL, *right = NULL, *wrong = NULL;
	const struct key_token_place place = {SOFT_TOKEN_MODULE, pin(SOFT_TOKEN_PIN)};
	snprintf(uri, sizeof uri, SOFT_TOKEN_URI("%s"), key_type_name(*type));
	enum err e = key_token_open(&place, &why);
	if (!e)
		e = key_token_key(uri, &inside, &why);
	if (e)
		return otherwise(uri, e, &why);
	const struct key_hand hand = {hand_signs, inside};
	e = key_remote_new(soft_token.keys[*type], &hand, &right);
	if (!e)
		e = key_remote_try(right, &why);
	if (!e)
		e = key_remote_new(soft_token.keys[next], &hand, &wrong);
	if (e)
		return otherwise(uri, e, &why);
	e = key_remote_try(wrong, &why);
	bool known = EVP_PKEY_eq(key_public_half(inside), soft_token.keys[*type]) == 1;
	EVP_PKEY_free(right);
	EVP_PKEY_free(wrong);
	EVP_PKEY_free(inside);
	key_token_close();
	return e == ERR_CRYPTO && known ? AS_WANTED : otherwise(uri, e, &why);
}

static void keys_of_every_type_sign(void **state)
{
	(void)state;
	for (enum key_type type = 0; type < KEY_TYPE_COUNT; type++)
		assert_int_equal(soft_token_apart(signs, &type), AS_WANTED);
}

static int fails_when_the_token_is_gone(const void *arg)
{
	char tokens[64], gone[64];
	struct errbuf why = {""};
	struct key_signature s;
	struct key_digest d;
	EVP_PKEY *key = NULL;
	const struct key_token_place place = {SOFT_TOKEN_MODULE, pin(SOFT_TOKEN_PIN)};
	(void)arg;
	snprintf(tokens, sizeof tokens, "%s/tokens", soft_token.folder);
	snprintf(gone, sizeof gone, "%s/gone", soft_token.folder);
	enum err e = key_digest_random(&d) ? ERR_INTERNAL : key_token_open(&place, &why);
	if (!e)
		e = key_token_key(SOFT_TOKEN_URI("p256"), &key, &why);
	if (e || key_digest_sign(key, &d, &s) != ERR_OK)
		return otherwise("there", e, &why);
	if (rename(tokens, gone) != 0)
		return OTHERWISE;
	bool failed = key_digest_sign(key, &d, &s) == ERR_CRYPTO;
	e = key_token_failed(&why);
	if (rename(gone, tokens) != 0 || !failed || e != ERR_CRYPTO || !strstr(why.text, "the token did not sign: "))
		return otherwise("gone", e, &why);
	return AS_WANTED;
}

static void a_token_that_goes_away_fails_with_its_words(void **state)
{
	(void)state;
	assert_int_equal(soft_token_apart(fails_when_the_token_is_gone, NULL), AS_WANTED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_is_wrong_is_said_precisely),
	    cmocka_unit_test(a_refused_pin_is_not_tried_again),
	    cmocka_unit_test(keys_of_every_type_sign),
	    cmocka_unit_test(a_token_that_goes_away_fails_with_its_words),
	};
	return cmocka_run_group_tests_name("ca_key_token", tests, soft_token_open, soft_token_close);
}

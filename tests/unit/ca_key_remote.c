/* A key whose signatures somebody else makes, and the names of keys in tokens. */
#include "tests/unit/ca_fixture.h"

#include "ca/crl.h"
#include "ca/key_remote.h"
#include "ca/key_uri.h"
#include "ca/ocsp.h"

#include <stdio.h>

/* The other side, in this process: the key, and what it does wrong. */
struct other {
	EVP_PKEY *key;
	enum err refusal;
	bool spoils;
	unsigned asked;
};

static enum err other_signs(void *ctx, const struct key_digest *digest, struct key_signature *out)
{
	struct other *o = ctx;
	o->asked++;
	if (o->refusal)
		return o->refusal;
	enum err rc = key_digest_sign(o->key, digest, out);
	if (o->spoils)
		out->bytes[out->len - 1] ^= 1;
	return rc;
}

static const struct profile *profile_of_type(enum profile_id id, enum key_type type, struct profile *p)
{
	*p = *profile_get(id);
	p->key_first = type;
	p->key_types |= 1u << type;
	return p;
}

/* An authority of that type whose own key is on the other side. */
static void remote_authority(enum key_type type, struct pki *p, struct other *o, struct key_hand *hand)
{
	struct profile rules;
	struct authority_names names = fixture_names;
	EVP_PKEY *remote = NULL;
	names.issuing_rules = profile_of_type(PROFILE_ISSUING, type, &rules);
	assert_ok(authority_make_root(&fixture_names, NOW, &p->root, NULL));
	assert_ok(authority_make_issuing(&names, &p->root, NOW, &p->issuing, NULL));
	*o = (struct other){.key = p->issuing.key};
	*hand = (struct key_hand){other_signs, o};
	assert_ok(key_remote_new(X509_get0_pubkey(p->issuing.certificate), hand, &remote));
	p->issuing.key = remote;
}

static void remote_clear(struct pki *p, struct other *o)
{
	EVP_PKEY_free(o->key);
	pki_clear(p);
}

static enum err issue_one(const struct pki *p, struct errbuf *why)
{
	struct certificate_fields f = fields_of(PROFILE_CLIENT, p->issuing.certificate, NOW);
	struct buf der = BUF_INIT(16384);
	EVP_PKEY *key = NULL;
	assert_ok(key_generate(KEY_P256, &key));
	enum err rc = authority_issue(&p->issuing, &f, key, NULL, &der, why);
	EVP_PKEY_free(key);
	buf_free(&der);
	return rc;
}

static enum err list_one(const struct pki *p)
{
	const struct crl_head head = {.number = 1, .this_update = NOW, .next_update = NOW + DAY};
	struct buf der = BUF_INIT(16384);
	enum err rc = crl_make(&head, NULL, 0, p->issuing.certificate, p->issuing.key, &der, NULL);
	struct crl_head read;
	size_t entries;
	if (!rc)
		rc = crl_read(der.data, der.len, p->issuing.certificate, &read, &entries, NULL);
	buf_free(&der);
	return rc;
}

static void it_signs_certificates_and_lists_of_every_type(void **state)
{
	(void)state;
	for (enum key_type type = 0; type < KEY_TYPE_COUNT; type++) {
		struct pki p = {0};
		struct other o;
		struct key_hand hand;
		struct errbuf why = {""};
		remote_authority(type, &p, &o, &hand);
		if (issue_one(&p, &why))
			fail_msg("%s: %s", key_type_name(type), why.text);
		assert_ok(list_one(&p));
		assert_int_equal(o.asked, 2);
		assert_ok(key_remote_try(p.issuing.key, NULL));
		remote_clear(&p, &o);
	}
}

static void nothing_is_signed(const struct pki *p)
{
	assert_int_equal(issue_one(p, NULL), ERR_CRYPTO);
	assert_int_equal(list_one(p), ERR_CRYPTO);
	assert_int_equal(key_remote_try(p->issuing.key, NULL), ERR_CRYPTO);
}

/* It refuses; it spoils what it signs; it has another key under the same name. */
static void what_the_other_side_does_wrong_signs_nothing(void **state)
{
	(void)state;
	for (enum key_type type = 0; type < KEY_TYPE_COUNT; type++) {
		struct pki p = {0};
		struct other o;
		struct key_hand hand;
		EVP_PKEY *another = NULL;
		remote_authority(type, &p, &o, &hand);
		assert_ok(key_generate(type, &another));
		const struct other right = o, wrong[] = {
			{.key = o.key, .refusal = ERR_UNAVAILABLE}, {.key = o.key, .spoils = true}, {.key = another}};
		for (size_t i = 0; i < COUNT(wrong); i++) {
			memcpy(&o, &wrong[i], sizeof o);
			nothing_is_signed(&p);
		}
		memcpy(&o, &right, sizeof o);
		assert_ok(issue_one(&p, NULL));
		EVP_PKEY_free(another);
		remote_clear(&p, &o);
	}
}

static void the_private_half_is_not_in_it(void **state)
{
	(void)state;
	struct pki p = {0};
	struct other o;
	struct key_hand hand;
	struct secret *der = NULL;
	remote_authority(KEY_P256, &p, &o, &hand);
	assert_int_not_equal(key_write_der(p.issuing.key, &der), ERR_OK);
	assert_null(der);
	remote_clear(&p, &o);
}

static void other_types_of_keys_are_refused(void **state)
{
	(void)state;
	const struct key_hand hand = {other_signs, NULL};
	EVP_PKEY *ed = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"), *out = NULL;
	assert_non_null(ed);
	assert_int_equal(key_remote_new(ed, &hand, &out), ERR_REFUSED);
	assert_null(out);
	EVP_PKEY_free(ed);
}

static const struct {
	const char *name, *uri, *why; /* why NULL: it is good */
} uris[] = {
	{"token and object", "pkcs11:token=CA;object=issuing", NULL},
	{"serial and id", "pkcs11:serial=0a1b;id=%01%02", NULL},
	{"all of them", "pkcs11:token=a;serial=b;manufacturer=c;model=d;object=e;id=f;type=private", NULL},
	{"octets in hexadecimal", "pkcs11:token=My%20CA;object=issuing%2e1", NULL},
	{"a PIN", "pkcs11:token=CA;object=issuing?pin-value=123456", "a PIN does not belong into a URI"},
	{"a PIN among the attributes", "pkcs11:token=CA;object=issuing;pin-value=123456", "a PIN does not belong into a URI"},
	{"a PIN's source", "pkcs11:token=CA;object=issuing?pin-source=/x", "token.pin"},
	{"a module", "pkcs11:token=CA;object=issuing?module-path=/x.so", "token.module"},
	{"a module's name", "pkcs11:token=CA;object=issuing?module-name=x", "token.module"},
	{"another query", "pkcs11:token=CA;object=issuing?x=y", "'?'"},
	{"no token", "pkcs11:object=issuing", "wanted the token"},
	{"no object", "pkcs11:token=CA", "the key in it"},
	{"nothing", "pkcs11:", "wanted token"},
	{"a final semicolon", "pkcs11:token=CA;object=issuing;", "wanted token"},
	{"twice", "pkcs11:token=CA;object=issuing;token=CB", "twice"},
	{"an unknown attribute", "pkcs11:token=CA;object=issuing;colour=red", "wanted token"},
	{"an empty value", "pkcs11:token=;object=issuing", "no value"},
	{"a blank", "pkcs11:token=My CA;object=issuing", "%XX"},
	{"half an octet", "pkcs11:token=CA%2;object=issuing", "%XX"},
	{"a NUL", "pkcs11:token=CA%00;object=issuing", "%XX"},
	{"a slash", "pkcs11:token=C/A;object=issuing", "%XX"},
	{"a certificate", "pkcs11:token=CA;object=issuing;type=cert", "private"},
	{"a file", "keys/issuing.key", "pkcs11:"},
};

static void names_of_keys_are_read_strictly(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(uris); i++) {
		struct errbuf why = {""};
		enum err e = key_uri_check(uris[i].uri, &why);
		if (e != (uris[i].why ? ERR_USAGE : ERR_OK) || (uris[i].why && !strstr(why.text, uris[i].why)))
			fail_msg("%s: %s: %s", uris[i].name, err_word(e), why.text);
		assert_null(strstr(why.text, "123456"));
	}
	char huge[KEY_URI_MAX + 64];
	int n = snprintf(huge, sizeof huge, "pkcs11:object=issuing;token=");
	memset(huge + n, 'a', sizeof huge - (size_t)n);
	huge[KEY_URI_MAX] = '\0';
	assert_ok(key_uri_check(huge, NULL));
	huge[KEY_URI_MAX] = 'a';
	huge[KEY_URI_MAX + 1] = '\0';
	assert_int_equal(key_uri_check(huge, NULL), ERR_USAGE);
	assert_true(key_uri_same_token("pkcs11:token=A;object=i", "pkcs11:id=%01;token=A"));
	assert_false(key_uri_same_token("pkcs11:token=A;object=i", "pkcs11:token=AB;object=i"));
	assert_false(key_uri_same_token("pkcs11:token=A;object=i", "pkcs11:token=A;serial=1;object=i"));
	assert_false(key_uri_same_token("pkcs11:serial=A;object=i", "pkcs11:token=A;object=i"));
	assert_false(key_uri_is("keys/issuing.key"));
	assert_false(key_uri_is("PKCS11:token=CA"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_signs_certificates_and_lists_of_every_type),
		cmocka_unit_test(what_the_other_side_does_wrong_signs_nothing),
		cmocka_unit_test(the_private_half_is_not_in_it),
		cmocka_unit_test(other_types_of_keys_are_refused),
		cmocka_unit_test(names_of_keys_are_read_strictly),
	};
	return cmocka_run_group_tests_name("ca_key_remote", tests, NULL, NULL);
}

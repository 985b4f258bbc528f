/* NIST's vectors before the library's verifier of callers: the path rules of RFC 5280 section 6.1, and what revocation lists
 * say by section 6.3. The leaves name no purpose, for which peer_chain refuses each: so they are given to peer_path. */
#include "tests/support/pkits.h"

#include "client/peer.h"

#include <openssl/pem.h>

static const char dsa[] = "DSA is not taken (FIPS 186-5): RSA 2048 at least, SHA-256 at least";
static const struct pkits_exception of_paths[] = {{"4.1.4", dsa}, {"4.1.5", dsa}};

static const char other_key[] = "a list counts for what the key made that signed it, not for another key of the CA";
static const char part[] = "a list with a critical extension counts for nothing: it is of a part, or of another CA's";
static const char deltas[] = "delta lists are not read, and what has some is not known (RFC 5280 section 5.2.6)";
static const struct pkits_exception of_lists[] = {
	{"4.4.19", other_key}, {"4.5.1", other_key},  {"4.5.4", other_key},  {"4.5.6", other_key},   {"4.6.15", other_key},
	{"4.6.17", other_key}, {"4.9.6", other_key},  {"4.12.9", other_key}, {"4.13.19", other_key}, {"4.14.1", part},
	{"4.14.4", part},      {"4.14.5", part},      {"4.14.7", part},      {"4.14.13", part},      {"4.14.18", part},
	{"4.14.19", part},     {"4.14.22", part},     {"4.14.24", part},     {"4.14.25", part},      {"4.14.28", part},
	{"4.14.29", part},     {"4.14.30", part},     {"4.14.33", part},     {"4.15.2", deltas},     {"4.15.5", deltas},
	{"4.15.7", deltas},    {"4.15.8", deltas},
};

enum { OF_PATHS = sizeof of_paths / sizeof of_paths[0], OF_LISTS = sizeof of_lists / sizeof of_lists[0] };

static counterfoil_verifier *verifier;

static X509 *certificate(const char *name, const char *suffix)
{
	char file[PKITS_NAME_SIZE + 8];
	struct buf der = BUF_INIT(16384);
	snprintf(file, sizeof file, "%s%s", name, suffix);
	assert_true(pkits_read(file, ".crt", &der));
	const unsigned char *at = der.data;
	X509 *x = d2i_X509(NULL, &at, (long)der.len);
	buf_free(&der);
	assert_non_null(x);
	return x;
}

/* It trusts the root alone. */
static int verifier_make(void **state)
{
	(void)state;
	X509 *root = certificate("TrustAnchorRoot", "Certificate");
	BIO *memory = BIO_new(BIO_s_mem());
	char *pem = NULL;
	assert_int_equal(PEM_write_bio_X509(memory, root), 1);
	long len = BIO_get_mem_data(memory, &pem);
	const counterfoil_verifier_options options = {.size = sizeof options, .trust_pem = {pem, (size_t)len}};
	assert_int_equal(counterfoil_verifier_new(&options, &verifier, NULL), COUNTERFOIL_OK);
	BIO_free(memory);
	X509_free(root);
	return 0;
}

static int verifier_end(void **state)
{
	(void)state;
	counterfoil_verifier_free(verifier);
	return 0;
}

static STACK_OF(X509) *presented_new(const struct pkits *t)
{
	STACK_OF(X509) *all = sk_X509_new_null();
	char name[PKITS_NAME_SIZE];
	const char *row = t->path;
	assert_true(sk_X509_push(all, certificate(t->leaf, "EE")) > 0);
	while (pkits_word(&row, name))
		assert_true(sk_X509_push(all, certificate(name, "Cert")) > 0);
	return all;
}

/* Appended in PEM; nothing when the CA has none. */
static void list_add(BIO *pem, const char *name)
{
	struct buf der = BUF_INIT(65536);
	if (pkits_read(name, ".crl", &der))
		assert_true(PEM_write_bio(pem, PEM_STRING_X509_CRL, "", der.data, (long)der.len) > 0);
	buf_free(&der);
}

/* The lists of the test, those of its CAs and the root's; their signers join the issuers. */
static BIO *lists_of(const struct pkits *t, STACK_OF(X509) *issuers)
{
	BIO *pem = BIO_new(BIO_s_mem());
	char name[PKITS_NAME_SIZE], file[PKITS_NAME_SIZE + 8];
	const char *row = t->path;
	while (pkits_word(&row, name)) {
		snprintf(file, sizeof file, "%sCRL", name);
		list_add(pem, file);
	}
	list_add(pem, "TrustAnchorRootCRL");
	for (row = t->more; pkits_word(&row, name);) {
		if (strcmp(name + strlen(name) - 4, "Cert") == 0)
			assert_true(sk_X509_push(issuers, certificate(name, "")) > 0);
		else
			list_add(pem, name);
	}
	return pem;
}

static counterfoil_revocation status_of(const struct pkits *t, STACK_OF(X509) *chain, char why[REVOCATION_WHY_SIZE])
{
	STACK_OF(X509) *issuers = X509_chain_up_ref(chain);
	X509_free(sk_X509_shift(issuers)); /* the leaf */
	BIO *pem = lists_of(t, issuers);
	char *bytes = NULL;
	long len = BIO_get_mem_data(pem, &bytes);
	struct revocation_lists *lists = revocation_lists_read((counterfoil_bytes){bytes, (size_t)len}, issuers, why);
	counterfoil_revocation found = lists ? revocation_lists_of(lists, chain, PKITS_NOW, why) : COUNTERFOIL_REVOCATION_UNKNOWN;
	revocation_lists_free(lists);
	BIO_free(pem);
	sk_X509_pop_free(issuers, X509_free);
	return found;
}

/* The chain when the path is valid, owned; NULL otherwise. */
static STACK_OF(X509) *path_of(const struct pkits *t, counterfoil_error *error)
{
	STACK_OF(X509) *presented = presented_new(t), *chain = NULL, *none = NULL;
	counterfoil_code code = peer_path(verifier, presented, PKITS_NOW, &chain, error);
	assert_int_not_equal(peer_chain(verifier, presented, PKITS_NOW, &none, NULL), COUNTERFOIL_OK);
	assert_null(none);
	sk_X509_pop_free(presented, X509_free);
	if (!code)
		return chain;
	sk_X509_pop_free(chain, X509_free); /* of one whose time is over */
	return NULL;
}

static void each_path_is_judged_as_nist_expects(void **state)
{
	(void)state;
	int wrong = 0;
	for (size_t i = 0; i < PKITS_COUNT; i++) {
		const struct pkits *t = &pkits[i];
		counterfoil_error error = {.text = ""};
		STACK_OF(X509) *chain = path_of(t, &error);
		wrong += !pkits_agrees(t, t->expected != PATH, chain, error.text, pkits_reason(of_paths, OF_PATHS, t->number));
		sk_X509_pop_free(chain, X509_free);
	}
	assert_int_equal(wrong, 0);
	pkits_say("paths", of_paths, OF_PATHS);
}

static void each_list_says_what_nist_expects(void **state)
{
	(void)state;
	int wrong = 0;
	for (size_t i = 0; i < PKITS_COUNT; i++) {
		const struct pkits *t = &pkits[i];
		char why[REVOCATION_WHY_SIZE] = "";
		STACK_OF(X509) *chain = path_of(t, NULL);
		bool good = chain && status_of(t, chain, why) == COUNTERFOIL_REVOCATION_GOOD;
		wrong += chain && !pkits_agrees(t, t->expected == VALID, good, why, pkits_reason(of_lists, OF_LISTS, t->number));
		sk_X509_pop_free(chain, X509_free);
	}
	assert_int_equal(wrong, 0);
	pkits_say("lists", of_lists, OF_LISTS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_path_is_judged_as_nist_expects),
		cmocka_unit_test(each_list_says_what_nist_expects),
	};
	return cmocka_run_group_tests(tests, verifier_make, verifier_end);
}

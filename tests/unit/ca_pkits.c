/* The path rules of RFC 5280 section 6 by NIST's vectors: what chain_verify asks of the certificates above a leaf. The leaves
 * name no purpose, for which chain_verify refuses each by itself; so they are given to chain_path. */
#include "tests/support/pkits.h"

#include "ca/chain_trust.h"

#include <openssl/x509v3.h>

static const char dsa[] = "DSA is not taken (FIPS 186-5): P-256 or RSA 2048 at least, SHA-256 at least";
static const struct pkits_exception exceptions[] = {
	{"4.1.4", dsa},
	{"4.1.5", dsa},
	{"4.6.4", "a CA's basicConstraints must be critical (RFC 5280 section 4.2.1.9)"},
};

enum { EXCEPTIONS = sizeof exceptions / sizeof exceptions[0] };

struct path {
	struct buf ders[PKITS_PATH_MAX]; /* the leaf first */
	size_t n;
};

static void path_load(const struct pkits *t, struct path *p)
{
	char name[PKITS_NAME_SIZE];
	const char *row = t->path;
	p->n = 0;
	snprintf(name, sizeof name, "%sEE", t->leaf);
	for (bool more = true; more; more = pkits_word(&row, name)) {
		char file[PKITS_NAME_SIZE + 8];
		assert_true(p->n < PKITS_PATH_MAX);
		snprintf(file, sizeof file, "%s%s", name, p->n ? "Cert" : "");
		p->ders[p->n] = BUF_INIT(16384);
		assert_true(pkits_read(file, ".crt", &p->ders[p->n++]));
	}
}

static void path_clear(struct path *p)
{
	while (p->n)
		buf_free(&p->ders[--p->n]);
}

/* The root, and the uppermost of the path's CAs, as many as are said. */
static enum err trust_of(const struct path *p, size_t ours, struct chain_trust **out)
{
	struct buf pem = BUF_INIT(65536), root = BUF_INIT(16384);
	assert_true(pkits_read("TrustAnchorRootCertificate", ".crt", &root));
	assert_int_equal(certificate_der_to_pem(root.data, root.len, &pem), ERR_OK);
	for (size_t i = p->n - ours; i < p->n; i++)
		assert_int_equal(certificate_der_to_pem(p->ders[i].data, p->ders[i].len, &pem), ERR_OK);
	enum err rc = chain_trust_new(pem.data, pem.len, out, NULL);
	buf_free(&root);
	buf_free(&pem);
	return rc;
}

static enum err path_verdict(const struct path *p, size_t ours, struct errbuf *why)
{
	struct chain_trust *trust = NULL;
	struct der_view ders[PKITS_PATH_MAX];
	struct chain_asked asked = {.ders = ders, .n = p->n - ours, .purpose = CHAIN_CLIENT, .now = PKITS_NOW};
	for (size_t i = 0; i < p->n; i++)
		ders[i] = (struct der_view){p->ders[i].data, p->ders[i].len};
	enum err rc = trust_of(p, ours, &trust);
	if (rc)
		return rc;
	X509 *leaf = chain_decode(ders[0].bytes, ders[0].len);
	rc = leaf ? chain_path(trust, &asked, leaf, why) : ERR_MALFORMED;
	if (leaf)
		assert_int_equal(chain_verify(trust, ders, asked.n, CHAIN_CLIENT, PKITS_NOW, NULL), ERR_REFUSED);
	X509_free(leaf);
	chain_trust_free(trust);
	return rc;
}

/* However many of its CAs are on our own list, and how many are sent. */
static bool path_agrees(const struct pkits *t)
{
	const char *reason = pkits_reason(exceptions, EXCEPTIONS, t->number);
	bool agrees = true;
	struct path p;
	path_load(t, &p);
	for (size_t ours = 0; ours < p.n; ours++) {
		struct errbuf why = {""};
		bool accepted = path_verdict(&p, ours, &why) == ERR_OK;
		agrees &= pkits_agrees(t, t->expected != PATH, accepted, why.text, reason);
	}
	path_clear(&p);
	return agrees;
}

static void each_path_is_judged_as_nist_expects(void **state)
{
	(void)state;
	int wrong = 0;
	for (size_t i = 0; i < PKITS_COUNT; i++)
		wrong += !path_agrees(&pkits[i]);
	assert_int_equal(wrong, 0);
	pkits_say("paths", exceptions, EXCEPTIONS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(each_path_is_judged_as_nist_expects)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

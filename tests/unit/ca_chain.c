#include "tests/unit/ca_fixture.h"

#include "ca/chain.h"

#include <openssl/ec.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

static struct pki pki, twin;
static struct chain_trust *trust;
static EVP_PKEY *key;
static struct buf client = {.cap = 16384}, server = {.cap = 16384}, issuing = {.cap = 16384}, root = {.cap = 16384};

static void x509_der(X509 *x, struct buf *out)
{
	uint8_t *bytes = NULL;
	int len = i2d_X509(x, &bytes);
	assert_true(len > 0);
	buf_add(out, bytes, (size_t)len);
	OPENSSL_free(bytes);
}

static struct chain_trust *trust_of(const struct pki *p, bool with_issuing)
{
	struct buf pem = BUF_INIT(65536), der = BUF_INIT(16384);
	struct chain_trust *t = NULL;
	struct errbuf why = {""};
	x509_der(p->root.certificate, &der);
	assert_ok(certificate_der_to_pem(der.data, der.len, &pem));
	buf_clear(&der);
	x509_der(p->issuing.certificate, &der);
	if (with_issuing)
		assert_ok(certificate_der_to_pem(der.data, der.len, &pem));
	if (chain_trust_new(pem.data, pem.len, &t, &why))
		fail_msg("trust: %s\n", why.text);
	buf_free(&pem);
	buf_free(&der);
	return t;
}

static int setup(void **state)
{
	(void)state;
	pki_new(&pki, NOW);
	pki_new(&twin, NOW); /* the same names, other keys */
	trust = trust_of(&pki, true);
	if (key_generate(KEY_P256, &key))
		return -1;
	issue_der(&pki.issuing, PROFILE_CLIENT, key, &client);
	issue_der(&pki.issuing, PROFILE_SERVER, key, &server);
	x509_der(pki.issuing.certificate, &issuing);
	x509_der(pki.root.certificate, &root);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	pki_clear(&pki);
	pki_clear(&twin);
	chain_trust_free(trust);
	chain_trust_free(NULL);
	EVP_PKEY_free(key);
	buf_free(&client);
	buf_free(&server);
	buf_free(&issuing);
	buf_free(&root);
	return 0;
}

static struct der_view view(const struct buf *b)
{
	return (struct der_view){.bytes = b->data, .len = b->len};
}

static enum err verify_one(const struct buf *leaf, enum chain_purpose purpose, int64_t now)
{
	struct der_view v = view(leaf);
	return chain_verify(trust, &v, 1, purpose, now, NULL);
}

static void clients_and_servers_verify_for_their_own_purpose_only(void **state)
{
	(void)state;
	assert_ok(verify_one(&client, CHAIN_CLIENT, NOW));
	assert_ok(verify_one(&server, CHAIN_SERVER, NOW));
	assert_int_equal(verify_one(&client, CHAIN_SERVER, NOW), ERR_REFUSED);
	assert_int_equal(verify_one(&server, CHAIN_CLIENT, NOW), ERR_REFUSED);
	assert_int_equal(verify_one(&issuing, CHAIN_CLIENT, NOW), ERR_REFUSED);
	assert_int_equal(verify_one(&root, CHAIN_CLIENT, NOW), ERR_REFUSED);
	struct buf ocsp = BUF_INIT(16384);
	issue_der(&pki.issuing, PROFILE_OCSP, key, &ocsp);
	assert_int_equal(verify_one(&ocsp, CHAIN_CLIENT, NOW), ERR_REFUSED);
	assert_int_equal(verify_one(&ocsp, CHAIN_SERVER, NOW), ERR_REFUSED);
	buf_free(&ocsp);
}

static void validity_ends_to_the_second(void **state)
{
	(void)state;
	assert_int_equal(verify_one(&client, CHAIN_CLIENT, NOW - 301), ERR_EXPIRED);
	assert_ok(verify_one(&client, CHAIN_CLIENT, NOW - 300));
	assert_ok(verify_one(&client, CHAIN_CLIENT, NOW + 730 * DAY - 1));
	assert_int_equal(verify_one(&client, CHAIN_CLIENT, NOW + 730 * DAY), ERR_EXPIRED); /* the library's last second */
	assert_int_equal(verify_one(&client, CHAIN_CLIENT, NOW + 7306 * DAY), ERR_EXPIRED);
}

static void an_expired_issuer_ends_its_leaves_too(void **state)
{
	(void)state;
	struct errbuf why = {""};
	struct der_view v = view(&client);
	/* The leaf cannot outlive the issuer; so: after the issuer's end both have expired, and the reason is time. */
	assert_int_equal(chain_verify(trust, &v, 1, CHAIN_CLIENT, NOW + 3653 * DAY, &why), ERR_EXPIRED);
	assert_non_null(strstr(why.text, "expired"));
}

static void intermediates_may_come_from_us_or_from_the_peer(void **state)
{
	(void)state;
	struct chain_trust *root_only = trust_of(&pki, false);
	struct der_view v[] = {view(&client), view(&issuing), view(&root)};
	assert_int_equal(chain_verify(root_only, v, 1, CHAIN_CLIENT, NOW, NULL), ERR_REFUSED);
	assert_ok(chain_verify(root_only, v, 2, CHAIN_CLIENT, NOW, NULL));
	assert_ok(chain_verify(root_only, v, 3, CHAIN_CLIENT, NOW, NULL));
	assert_ok(chain_verify(trust, v, 3, CHAIN_CLIENT, NOW, NULL));
	chain_trust_free(root_only);
}

static void a_twin_with_the_same_names_is_refused(void **state)
{
	(void)state;
	struct buf leaf = BUF_INIT(16384), middle = BUF_INIT(16384), top = BUF_INIT(16384);
	issue_der(&twin.issuing, PROFILE_CLIENT, key, &leaf);
	x509_der(twin.issuing.certificate, &middle);
	x509_der(twin.root.certificate, &top);
	struct der_view v[] = {view(&leaf), view(&middle), view(&top), view(&issuing)};
	for (size_t n = 1; n <= COUNT(v); n++)
		assert_int_equal(chain_verify(trust, v, n, CHAIN_CLIENT, NOW, NULL), ERR_REFUSED);
	buf_free(&leaf);
	buf_free(&middle);
	buf_free(&top);
}

/* --- Certificates that our own builder refuses to make. --- */

struct forgery {
	EVP_PKEY *key, *issuer_key;
	X509 *issuer;
	const EVP_MD *digest;
	const char *constraints, *usage, *extended, *san; /* NULL: leave out */
	int64_t life;                                     /* 0: a day */
};

static void forge_extension(X509 *x, X509 *issuer, int nid, const char *value)
{
	X509V3_CTX ctx;
	if (!value)
		return;
	X509V3_set_ctx(&ctx, issuer, x, NULL, NULL, 0);
	X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	assert_non_null(e);
	X509_add_ext(x, e, -1);
	X509_EXTENSION_free(e);
}

static X509 *forge(const struct forgery *f, const char *name, struct buf *out)
{
	X509 *x = X509_new();
	X509_set_version(x, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(x), 4711);
	X509_NAME_add_entry_by_NID(X509_get_subject_name(x), NID_commonName, V_ASN1_UTF8STRING, (const uint8_t *)name, -1,
				   -1, 0);
	X509_set_issuer_name(x, X509_get_subject_name(f->issuer ? f->issuer : x));
	ASN1_TIME_set(X509_getm_notBefore(x), NOW - 100);
	ASN1_TIME_set(X509_getm_notAfter(x), NOW + (f->life ? f->life : DAY));
	X509_set_pubkey(x, f->key);
	forge_extension(x, f->issuer ? f->issuer : x, NID_subject_key_identifier, "hash");
	forge_extension(x, f->issuer ? f->issuer : x, NID_authority_key_identifier, f->issuer ? "keyid:always" : NULL);
	forge_extension(x, f->issuer, NID_basic_constraints, f->constraints);
	forge_extension(x, f->issuer, NID_key_usage, f->usage);
	forge_extension(x, f->issuer, NID_ext_key_usage, f->extended);
	forge_extension(x, f->issuer, NID_subject_alt_name, f->san);
	assert_true(X509_sign(x, f->issuer_key, f->digest) > 0);
	x509_der(x, out);
	return x;
}

/* What a good leaf of the issuing CA looks like to the verifier; each case below changes one thing of it. */
static struct forgery good_leaf(void)
{
	return (struct forgery){.key = key,
				.issuer_key = pki.issuing.key,
				.issuer = pki.issuing.certificate,
				.digest = EVP_sha256(),
				.constraints = "critical,CA:FALSE",
				.usage = "critical,digitalSignature",
				.extended = "clientAuth",
				.san = "URI:spiffe://example.org/x"};
}

static enum err forged_verdict(const struct forgery *f)
{
	struct buf der = BUF_INIT(16384);
	X509_free(forge(f, "forged", &der));
	enum err rc = verify_one(&der, CHAIN_CLIENT, NOW);
	buf_free(&der);
	return rc;
}

static void weak_or_unfit_leaves_are_refused(void **state)
{
	(void)state;
	struct forgery good = good_leaf(), sha1 = good, sha224 = good, rsa = good, p224 = good, k256 = good, ed = good, no_eku = good,
		       any = good, ca = good, signs = good, other_key = good;
	sha1.digest = EVP_sha1();
	sha224.digest = EVP_sha224();
	rsa.key = EVP_RSA_gen(1024);
	p224.key = EVP_EC_gen("P-224");
	k256.key = EVP_EC_gen("secp256k1");
	ed.key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	no_eku.extended = NULL;
	any.extended = "anyExtendedKeyUsage";
	ca.constraints = "critical,CA:TRUE";
	signs.usage = "critical,keyCertSign";
	other_key.issuer_key = twin.issuing.key;
	const struct {
		const char *name;
		const struct forgery *f;
	} cases[] = {
		{"SHA-1", &sha1},
		{"SHA-224", &sha224},
		{"RSA 1024", &rsa},
		{"P-224", &p224},
		{"secp256k1", &k256},
		{"Ed25519", &ed},
		{"no extendedKeyUsage", &no_eku},
		{"anyExtendedKeyUsage", &any},
		{"a CA as client", &ca},
		{"keyCertSign without digitalSignature", &signs},
		{"signed by another key", &other_key},
	};
	assert_ok(forged_verdict(&good)); /* or the refusals below would prove nothing */
	for (size_t i = 0; i < COUNT(cases); i++)
		if (forged_verdict(cases[i].f) != ERR_REFUSED)
			fail_msg("not refused: %s\n", cases[i].name);
	EVP_PKEY_free(rsa.key);
	EVP_PKEY_free(p224.key);
	EVP_PKEY_free(k256.key);
	EVP_PKEY_free(ed.key);
}

static void a_leaf_that_signs_a_leaf_is_refused(void **state)
{
	(void)state;
	EVP_PKEY *leaf_key = NULL;
	struct buf der = BUF_INIT(16384);
	struct forgery f = good_leaf();
	assert_ok(key_generate(KEY_P256, &leaf_key));
	X509 *signer = der_to_x509(client.data, client.len);
	f.key = leaf_key;
	f.issuer = signer;
	f.issuer_key = key;
	X509_free(forge(&f, "grandchild", &der));
	struct der_view v[] = {view(&der), view(&client), view(&issuing)};
	assert_int_equal(chain_verify(trust, v, COUNT(v), CHAIN_CLIENT, NOW, NULL), ERR_REFUSED);
	assert_int_equal(chain_verify(trust, v, 2, CHAIN_CLIENT, NOW, NULL), ERR_REFUSED);
	X509_free(signer);
	EVP_PKEY_free(leaf_key);
	buf_free(&der);
}

static void a_ca_below_the_path_length_is_refused(void **state)
{
	(void)state;
	EVP_PKEY *sub_key = NULL;
	struct buf sub_der = BUF_INIT(16384), leaf_der = BUF_INIT(16384);
	struct forgery f = good_leaf();
	assert_ok(key_generate(KEY_P256, &sub_key));
	f.key = sub_key;
	f.constraints = "critical,CA:TRUE";
	f.usage = "critical,keyCertSign,cRLSign";
	f.extended = f.san = NULL;
	X509 *sub = forge(&f, "one CA too deep", &sub_der);
	f = good_leaf();
	f.issuer = sub;
	f.issuer_key = sub_key;
	X509_free(forge(&f, "its leaf", &leaf_der));
	struct der_view v[] = {view(&leaf_der), view(&sub_der), view(&issuing)};
	struct errbuf why = {""};
	assert_int_equal(chain_verify(trust, v, COUNT(v), CHAIN_CLIENT, NOW, &why), ERR_REFUSED);
	assert_non_null(strstr(why.text, "path length"));
	X509_free(sub);
	EVP_PKEY_free(sub_key);
	buf_free(&sub_der);
	buf_free(&leaf_der);
}

/* --- Intermediates of our own list: verified once, when it is loaded. --- */

static struct forgery good_ca(EVP_PKEY *its_key)
{
	return (struct forgery){.key = its_key,
				.issuer_key = its_key,
				.digest = EVP_sha256(),
				.constraints = "critical,CA:TRUE",
				.usage = "critical,keyCertSign,cRLSign"};
}

/* A root, an intermediate and a leaf of three keys, in a list of the first two. */
struct tree {
	struct forgery root, middle, leaf;
	X509 *root_x, *middle_x;
	struct buf pem, der;
	struct chain_trust *trust;
};

static void tree_new(struct tree *t)
{
	*t = (struct tree){.pem = BUF_INIT(65536), .der = BUF_INIT(16384)};
	EVP_PKEY *keys[2] = {NULL, NULL};
	for (size_t i = 0; i < COUNT(keys); i++)
		assert_ok(key_generate(KEY_P256, &keys[i]));
	t->root = good_ca(keys[0]);
	t->middle = good_ca(keys[1]);
	t->middle.issuer_key = keys[0];
	t->leaf = good_leaf();
	t->leaf.issuer_key = keys[1];
}

static void tree_grow(struct tree *t)
{
	t->root_x = forge(&t->root, "top", &t->der);
	assert_ok(certificate_der_to_pem(t->der.data, t->der.len, &t->pem));
	buf_clear(&t->der);
	t->middle.issuer = t->root_x;
	t->middle_x = forge(&t->middle, "middle", &t->der);
	assert_ok(certificate_der_to_pem(t->der.data, t->der.len, &t->pem));
	buf_clear(&t->der);
	t->leaf.issuer = t->middle_x;
	X509_free(forge(&t->leaf, "leaf", &t->der));
	assert_ok(chain_trust_new(t->pem.data, t->pem.len, &t->trust, NULL));
}

static enum err tree_verdict(const struct tree *t, enum chain_purpose purpose, int64_t now)
{
	struct der_view v = view(&t->der);
	return chain_verify(t->trust, &v, 1, purpose, now, NULL);
}

static void tree_clear(struct tree *t)
{
	chain_trust_free(t->trust);
	X509_free(t->root_x);
	X509_free(t->middle_x);
	EVP_PKEY_free(t->root.key);
	EVP_PKEY_free(t->middle.key);
	buf_free(&t->pem);
	buf_free(&t->der);
}

static void a_root_out_of_its_time_ends_what_it_vouched_for(void **state)
{
	(void)state;
	struct tree t;
	tree_new(&t);
	t.middle.life = t.leaf.life = 2 * DAY;
	tree_grow(&t);
	assert_ok(tree_verdict(&t, CHAIN_CLIENT, NOW));
	assert_ok(tree_verdict(&t, CHAIN_CLIENT, NOW + DAY - 1));
	assert_int_equal(tree_verdict(&t, CHAIN_CLIENT, NOW + DAY), ERR_EXPIRED);
	assert_int_equal(tree_verdict(&t, CHAIN_CLIENT, NOW + 2 * DAY), ERR_EXPIRED);
	assert_int_equal(tree_verdict(&t, CHAIN_CLIENT, NOW - 101), ERR_EXPIRED);
	tree_clear(&t);
}

static void an_intermediate_of_ours_is_held_to_what_any_is(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		const char *extended, *root_extended;
		bool sha1;
		enum err client, server;
	} cases[] = {
		{"as it should be", NULL, NULL, false, ERR_OK, ERR_REFUSED},
		{"a weak signature", NULL, NULL, true, ERR_REFUSED, ERR_REFUSED},
		{"for servers only", "serverAuth", NULL, false, ERR_REFUSED, ERR_REFUSED},
		{"under a root for servers only", NULL, "serverAuth", false, ERR_REFUSED, ERR_REFUSED},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct tree t;
		tree_new(&t);
		t.middle.extended = cases[i].extended;
		t.root.extended = cases[i].root_extended;
		t.middle.digest = cases[i].sha1 ? EVP_sha1() : EVP_sha256();
		tree_grow(&t);
		enum err client_rc = tree_verdict(&t, CHAIN_CLIENT, NOW), server_rc = tree_verdict(&t, CHAIN_SERVER, NOW);
		if (client_rc != cases[i].client || server_rc != cases[i].server)
			fail_msg("%s: %s, %s\n", cases[i].name, err_word(client_rc), err_word(server_rc));
		tree_clear(&t);
	}
}

static void an_intermediate_that_no_root_of_the_list_vouches_for_ends_no_chain(void **state)
{
	(void)state;
	struct buf pem = BUF_INIT(65536), der = BUF_INIT(16384), leaf = BUF_INIT(16384);
	struct chain_trust *t = NULL;
	assert_ok(certificate_der_to_pem(root.data, root.len, &pem));
	x509_der(twin.issuing.certificate, &der);
	assert_ok(certificate_der_to_pem(der.data, der.len, &pem));
	issue_der(&twin.issuing, PROFILE_CLIENT, key, &leaf);
	assert_ok(chain_trust_new(pem.data, pem.len, &t, NULL));
	struct der_view v[] = {view(&leaf), view(&der)};
	assert_int_equal(chain_verify(t, v, 1, CHAIN_CLIENT, NOW, NULL), ERR_REFUSED);
	assert_int_equal(chain_verify(t, v, 2, CHAIN_CLIENT, NOW, NULL), ERR_REFUSED);
	chain_trust_free(t);
	buf_free(&pem);
	buf_free(&der);
	buf_free(&leaf);
}

static void a_self_signed_stranger_is_refused(void **state)
{
	(void)state;
	struct buf der = BUF_INIT(16384);
	struct forgery f = good_leaf();
	f.issuer = NULL;
	f.issuer_key = key;
	X509_free(forge(&f, "self", &der));
	assert_int_equal(verify_one(&der, CHAIN_CLIENT, NOW), ERR_REFUSED);
	struct der_view v[] = {view(&der), view(&der)};
	assert_int_equal(chain_verify(trust, v, 2, CHAIN_CLIENT, NOW, NULL), ERR_REFUSED);
	buf_free(&der);
}

static void each_bit_flipped_is_refused(void **state)
{
	(void)state;
	for (size_t bit = 0; bit < 8 * client.len; bit++) {
		client.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
		if (verify_one(&client, CHAIN_CLIENT, NOW) == ERR_OK)
			fail_msg("accepted with bit %zu of byte %zu flipped\n", bit % 8, bit / 8);
		client.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	assert_ok(verify_one(&client, CHAIN_CLIENT, NOW));
}

static void cut_or_empty_input_is_malformed(void **state)
{
	(void)state;
	struct der_view v[] = {view(&client), view(&issuing)};
	for (size_t cut = 0; cut < client.len; cut++) {
		v[0].len = cut;
		assert_int_equal(chain_verify(trust, v, 1, CHAIN_CLIENT, NOW, NULL), ERR_MALFORMED);
	}
	v[0].len = client.len;
	for (size_t cut = 0; cut < issuing.len; cut++) {
		v[1].len = cut;
		assert_int_equal(chain_verify(trust, v, 2, CHAIN_CLIENT, NOW, NULL), ERR_MALFORMED);
	}
	assert_int_equal(chain_verify(trust, v, 0, CHAIN_CLIENT, NOW, NULL), ERR_MALFORMED);
	assert_int_equal(chain_verify(trust, NULL, 0, CHAIN_CLIENT, NOW, NULL), ERR_MALFORMED);
}

static void eight_certificates_are_taken_and_nine_are_not(void **state)
{
	(void)state;
	struct der_view v[9];
	v[0] = view(&client);
	for (size_t i = 1; i < COUNT(v); i++)
		v[i] = view(&issuing);
	assert_ok(chain_verify(trust, v, 8, CHAIN_CLIENT, NOW, NULL));
	assert_int_equal(chain_verify(trust, v, 9, CHAIN_CLIENT, NOW, NULL), ERR_MALFORMED);
}

/* The outer length in more octets than it needs: BER that reads the same, with another fingerprint. */
static void another_encoding_of_the_same_certificate_is_malformed(void **state)
{
	(void)state;
	struct buf ber = BUF_INIT(16384);
	assert_int_equal(client.data[0], 0x30);
	assert_int_equal(client.data[1], 0x82);
	buf_add(&ber, "\x30\x83\x00", 3);
	buf_add(&ber, client.data + 2, client.len - 2);
	struct der_view v = view(&ber);
	assert_int_equal(chain_verify(trust, &v, 1, CHAIN_CLIENT, NOW, NULL), ERR_MALFORMED);
	buf_free(&ber);
}

static void a_trust_list_needs_a_root_and_takes_only_cas(void **state)
{
	(void)state;
	struct chain_trust *t = NULL;
	struct buf pem = BUF_INIT(65536);
	assert_int_equal(chain_trust_new("", 0, &t, NULL), ERR_INVALID);
	assert_ok(certificate_der_to_pem(issuing.data, issuing.len, &pem));
	assert_int_equal(chain_trust_new(pem.data, pem.len, &t, NULL), ERR_INVALID); /* no root */
	assert_ok(certificate_der_to_pem(root.data, root.len, &pem));
	assert_ok(certificate_der_to_pem(client.data, client.len, &pem));
	assert_int_equal(chain_trust_new(pem.data, pem.len, &t, NULL), ERR_INVALID); /* a leaf */
	buf_clear(&pem);
	assert_ok(certificate_der_to_pem(root.data, root.len, &pem));
	buf_text(&pem, "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n");
	assert_int_equal(chain_trust_new(pem.data, pem.len, &t, NULL), ERR_MALFORMED);
	assert_null(t);
	buf_free(&pem);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(clients_and_servers_verify_for_their_own_purpose_only),
		cmocka_unit_test(validity_ends_to_the_second),
		cmocka_unit_test(an_expired_issuer_ends_its_leaves_too),
		cmocka_unit_test(intermediates_may_come_from_us_or_from_the_peer),
		cmocka_unit_test(a_twin_with_the_same_names_is_refused),
		cmocka_unit_test(weak_or_unfit_leaves_are_refused),
		cmocka_unit_test(a_leaf_that_signs_a_leaf_is_refused),
		cmocka_unit_test(a_ca_below_the_path_length_is_refused),
		cmocka_unit_test(a_root_out_of_its_time_ends_what_it_vouched_for),
		cmocka_unit_test(an_intermediate_of_ours_is_held_to_what_any_is),
		cmocka_unit_test(an_intermediate_that_no_root_of_the_list_vouches_for_ends_no_chain),
		cmocka_unit_test(a_self_signed_stranger_is_refused),
		cmocka_unit_test(each_bit_flipped_is_refused),
		cmocka_unit_test(cut_or_empty_input_is_malformed),
		cmocka_unit_test(eight_certificates_are_taken_and_nine_are_not),
		cmocka_unit_test(another_encoding_of_the_same_certificate_is_malformed),
		cmocka_unit_test(a_trust_list_needs_a_root_and_takes_only_cas),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}

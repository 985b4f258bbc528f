/* The peer of a connection: verified once, looked up live, refused whenever there is doubt. */
#include "issuer/http/peer.h"
#include "tests/unit/ca_fixture.h"

/* A database that says what it is told, and counts how often it is asked. */
struct answers {
	_Atomic uint64_t generation;
	enum err rc;
	enum identity_kind kind;
	int64_t not_after;
	unsigned asked;
};

static enum err find(void *ctx, const struct der_view *leaf, int64_t now, struct identity *out, struct errbuf *why)
{
	struct answers *a = ctx;
	(void)now;
	assert_true(leaf->len > 100);
	a->asked++;
	out->kind = a->kind;
	out->not_after = a->not_after;
	return a->rc == ERR_OK ? ERR_OK : fail(why, a->rc, "the database said so");
}

struct stage {
	struct pki pki, twin;
	struct chain_trust *trust;
	EVP_PKEY *key;
	struct buf client, server, foreign;
	struct answers answers;
	struct peer_source source;
};

static int open_stage(void **state)
{
	struct stage *s = calloc(1, sizeof *s);
	struct buf pem = BUF_INIT(65536), der = BUF_INIT(16384);
	s->client = s->server = s->foreign = BUF_INIT(16384);
	pki_new(&s->pki, NOW);
	pki_new(&s->twin, NOW); /* the same names, other keys */
	assert_ok(key_generate(KEY_P256, &s->key));
	issue_der(&s->pki.issuing, PROFILE_CLIENT, s->key, &s->client);
	issue_der(&s->pki.issuing, PROFILE_SERVER, s->key, &s->server);
	issue_der(&s->twin.issuing, PROFILE_CLIENT, s->key, &s->foreign);
	X509 *cas[] = {s->pki.root.certificate, s->pki.issuing.certificate};
	for (size_t i = 0; i < COUNT(cas); i++) {
		unsigned char *bytes = NULL;
		int len = i2d_X509(cas[i], &bytes);
		assert_ok(certificate_der_to_pem(bytes, (size_t)len, &pem));
		OPENSSL_free(bytes);
	}
	assert_ok(chain_trust_new(pem.data, pem.len, &s->trust, NULL));
	s->answers = (struct answers){.rc = ERR_OK, .kind = IDENTITY_CLIENT, .not_after = NOW + 700 * DAY};
	s->source = (struct peer_source){&s->answers.generation, find, &s->answers};
	buf_free(&pem);
	buf_free(&der);
	*state = s;
	return 0;
}

static int close_stage(void **state)
{
	struct stage *s = *state;
	pki_clear(&s->pki);
	pki_clear(&s->twin);
	chain_trust_free(s->trust);
	EVP_PKEY_free(s->key);
	buf_free(&s->client);
	buf_free(&s->server);
	buf_free(&s->foreign);
	free(s);
	return 0;
}

static struct peer *present(struct stage *s, const struct buf *der)
{
	struct peer *p = peer_new();
	struct der_view view = {der->data, der->len};
	peer_present(p, s->trust, &view, 1, NOW);
	return p;
}

static enum err check(struct stage *s, struct peer *p, int64_t now)
{
	const struct identity *who = NULL;
	struct errbuf why = {""};
	enum err rc = peer_check(p, &s->source, now, &who, &why);
	assert_int_equal(rc == ERR_OK, who != NULL);
	if (rc != ERR_OK)
		assert_string_not_equal(why.text, "");
	return rc;
}

static void without_a_certificate_nobody_enters(void **state)
{
	struct stage *s = *state;
	struct peer *p = peer_new();
	assert_int_equal(check(s, p, NOW), ERR_UNAUTHENTICATED); /* nothing was looked at yet */
	peer_present(p, s->trust, NULL, 0, NOW);
	assert_int_equal(check(s, p, NOW), ERR_UNAUTHENTICATED);
	assert_int_equal(s->answers.asked, 0);
	peer_free(p);
}

static void foreign_and_server_certificates_are_refused_before_the_database_is_asked(void **state)
{
	struct stage *s = *state;
	struct peer *twin = present(s, &s->foreign), *server = present(s, &s->server);
	struct buf garbage = BUF_INIT(16);
	buf_text(&garbage, "0123");
	struct peer *broken = present(s, &garbage);
	assert_int_equal(check(s, twin, NOW), ERR_REFUSED);
	assert_int_equal(check(s, server, NOW), ERR_REFUSED);
	assert_int_equal(check(s, broken, NOW), ERR_REFUSED);
	assert_int_equal(s->answers.asked, 0);
	peer_free(twin);
	peer_free(server);
	peer_free(broken);
	buf_free(&garbage);
}

static void every_flipped_bit_of_a_certificate_is_refused(void **state)
{
	struct stage *s = *state;
	for (size_t bit = 0; bit < 8 * s->client.len; bit += 3) {
		s->client.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
		struct peer *p = present(s, &s->client);
		if (check(s, p, NOW) == ERR_OK)
			fail_msg("bit %zu flipped and let in", bit);
		peer_free(p);
		s->client.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
}

static void a_second_presentation_changes_nothing(void **state)
{
	struct stage *s = *state;
	struct peer *p = peer_new();
	struct der_view view = {s->client.data, s->client.len};
	peer_present(p, s->trust, NULL, 0, NOW);
	peer_present(p, s->trust, &view, 1, NOW);
	assert_int_equal(check(s, p, NOW), ERR_UNAUTHENTICATED);
	peer_free(p);
}

static void the_database_is_asked_once_until_something_was_revoked(void **state)
{
	struct stage *s = *state;
	struct peer *p = present(s, &s->client);
	for (int i = 0; i < 10; i++)
		assert_int_equal(check(s, p, NOW), ERR_OK);
	assert_int_equal(s->answers.asked, 1);
	s->answers.generation++;
	assert_int_equal(check(s, p, NOW), ERR_OK);
	assert_int_equal(s->answers.asked, 2);
	peer_free(p);
}

static void a_revocation_refuses_the_open_connection_at_its_next_request(void **state)
{
	struct stage *s = *state;
	struct peer *p = present(s, &s->client);
	assert_int_equal(check(s, p, NOW), ERR_OK);
	s->answers.rc = ERR_REVOKED;
	s->answers.generation++;
	assert_int_equal(check(s, p, NOW), ERR_REVOKED);
	assert_int_equal(check(s, p, NOW), ERR_REVOKED);
	assert_int_equal(s->answers.asked, 2);
	peer_free(p);
}

static void a_revocation_by_a_tool_without_the_counter_is_seen_in_seconds(void **state)
{
	struct stage *s = *state;
	struct peer *p = present(s, &s->client);
	assert_int_equal(check(s, p, NOW), ERR_OK);
	s->answers.rc = ERR_REVOKED;
	assert_int_equal(check(s, p, NOW + PEER_LOOK_SECONDS), ERR_REVOKED);
	peer_free(p);
}

static void a_database_that_does_not_answer_lets_nobody_in_and_is_asked_again(void **state)
{
	static const enum err silent[] = {ERR_IO, ERR_UNAVAILABLE, ERR_CORRUPT, ERR_MEMORY, ERR_INTERNAL, ERR_NOT_FOUND};
	struct stage *s = *state;
	for (size_t i = 0; i < COUNT(silent); i++) {
		struct peer *p = present(s, &s->client);
		assert_int_equal(check(s, p, NOW), ERR_OK);
		s->answers.generation++;
		s->answers.rc = silent[i];
		assert_int_equal(check(s, p, NOW), ERR_UNAVAILABLE);
		assert_int_equal(check(s, p, NOW), ERR_UNAVAILABLE);
		s->answers.rc = ERR_OK;
		assert_int_equal(check(s, p, NOW), ERR_OK);
		peer_free(p);
	}
}

static void a_certificate_that_runs_out_in_mid_connection_is_refused(void **state)
{
	struct stage *s = *state;
	struct peer *p = present(s, &s->client);
	s->answers.not_after = NOW + 1;
	assert_int_equal(check(s, p, NOW), ERR_OK);
	assert_int_equal(check(s, p, NOW + 1), ERR_OK);
	assert_int_equal(check(s, p, NOW + 2), ERR_EXPIRED);
	peer_free(p);
}

static void an_expired_certificate_says_so(void **state)
{
	struct stage *s = *state;
	struct peer *p = peer_new();
	struct der_view view = {s->client.data, s->client.len};
	peer_present(p, s->trust, &view, 1, NOW + 1000 * DAY);
	assert_int_equal(check(s, p, NOW + 1000 * DAY), ERR_EXPIRED);
	peer_free(p);
}

static void an_identity_of_no_kind_is_nobody(void **state)
{
	struct stage *s = *state;
	struct peer *p = present(s, &s->client);
	s->answers.kind = IDENTITY_NONE;
	assert_int_equal(check(s, p, NOW), ERR_REFUSED);
	peer_free(p);
}

static void too_many_certificates_are_refused_unread(void **state)
{
	struct stage *s = *state;
	struct der_view views[PEER_CHAIN_MAX + 1];
	for (size_t i = 0; i < COUNT(views); i++)
		views[i] = (struct der_view){s->client.data, s->client.len};
	struct peer *p = peer_new();
	peer_present(p, s->trust, views, COUNT(views), NOW);
	assert_int_equal(check(s, p, NOW), ERR_REFUSED);
	peer_free(p);
}

#define staged(test) cmocka_unit_test_setup_teardown(test, open_stage, close_stage)

int main(void)
{
	const struct CMUnitTest tests[] = {
		staged(without_a_certificate_nobody_enters),
		staged(foreign_and_server_certificates_are_refused_before_the_database_is_asked),
		staged(every_flipped_bit_of_a_certificate_is_refused),
		staged(a_second_presentation_changes_nothing),
		staged(the_database_is_asked_once_until_something_was_revoked),
		staged(a_revocation_refuses_the_open_connection_at_its_next_request),
		staged(a_revocation_by_a_tool_without_the_counter_is_seen_in_seconds),
		staged(a_database_that_does_not_answer_lets_nobody_in_and_is_asked_again),
		staged(a_certificate_that_runs_out_in_mid_connection_is_refused),
		staged(an_expired_certificate_says_so),
		staged(an_identity_of_no_kind_is_nobody),
		staged(too_many_certificates_are_refused_unread),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

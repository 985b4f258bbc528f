/* Each allocation and each call into OpenSSL of what makes an OCSP answer fails in turn: no answer, or a right one. */
#include "tests/unit/ca_fixture.h"

#include "ca/ocsp.h"
#include "tests/support/failing.h"

enum { SAMPLE = 200 };

static struct {
	struct pki pki;
	EVP_PKEY *key;
	X509 *delegate;
	struct ocsp_responder *responder;
	struct buf out;
	struct errbuf why;
} fixture = {.out = {.cap = OCSP_ANSWER_BYTES_MAX}};

static int setup(void **state)
{
	(void)state;
	struct certificate_fields f = {.profile = PROFILE_OCSP, .common_name = "OCSP", .serial = {0x11, [19] = 1}};
	pki_new(&fixture.pki, NOW);
	certificate_life(profile_get(PROFILE_OCSP), fixture.pki.issuing.certificate, NOW, &f);
	f.crl_url = "http://ca.example.org/crl/issuing.crl";
	f.issuer_url = "http://ca.example.org/ca/issuing.cer";
	return key_generate(KEY_P256, &fixture.key) || authority_certify(&fixture.pki.issuing, &f, fixture.key, NULL, &fixture.delegate, NULL) ? -1
															   : 0;
}

static int teardown(void **state)
{
	(void)state;
	X509_free(fixture.delegate);
	EVP_PKEY_free(fixture.key);
	pki_clear(&fixture.pki);
	return 0;
}

static enum err begin(void)
{
	return ocsp_responder_new(fixture.pki.issuing.certificate, fixture.delegate, fixture.key, &fixture.responder);
}

static enum err check(void)
{
	return ocsp_responder_check(fixture.responder, fixture.pki.issuing.certificate, fixture.delegate, NOW, &fixture.why);
}

static void after_begin(enum err rc, bool failed)
{
	failing_require(failed || rc == ERR_OK);
	failing_require((rc == ERR_OK) == (fixture.responder != NULL));
	failing_require(rc != ERR_OK || check() == ERR_OK);
	ocsp_responder_free(fixture.responder);
	fixture.responder = NULL;
}

static void before_answer(void)
{
	assert_ok(begin());
	buf_free(&fixture.out);
}

static enum err answer(void)
{
	static const uint8_t nonce[] = {1, 2, 3};
	const struct ocsp_single single = {.serial = {0x5e}, .serial_len = 1};
	const struct ocsp_answer a = {.singles = &single, .count = 1, .nonce = nonce, .nonce_len = sizeof nonce,
				      .this_update = NOW, .next_update = NOW + 60};
	return ocsp_answer_make(fixture.responder, &a, &fixture.out);
}

/* Whatever has failed before, the responder answers again. */
static void after_answer(enum err rc, bool failed)
{
	failing_require(failed || rc == ERR_OK);
	buf_free(&fixture.out);
	failing_require(answer() == ERR_OK && check() == ERR_OK);
	ocsp_responder_free(fixture.responder);
	fixture.responder = NULL;
}

static void after_check(enum err rc, bool failed)
{
	failing_require(failed || rc == ERR_OK);
	after_answer(ERR_OK, true);
}

static void everything_fails_once(void **state)
{
	(void)state;
	static const struct failing_work works[] = {
		{.name = "ocsp_responder_new", .act = begin, .after = after_begin, .without_sqlite = true},
		{.name = "ocsp_answer_make", .before = before_answer, .act = answer, .after = after_answer, .without_sqlite = true},
		{.name = "ocsp_responder_check", .before = before_answer, .act = check, .after = after_check,
		 .without_sqlite = true},
	};
	for (size_t i = 0; i < COUNT(works); i++)
		failing_each(&works[i], SAMPLE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(everything_fails_once)};
	return cmocka_run_group_tests(tests, setup, teardown);
}

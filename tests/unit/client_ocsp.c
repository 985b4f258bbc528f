/* An OCSP answer: whose counts, about what, for how long; everything else is refused, each for its own reason. */
#include "client/ocsp.h"
#include "tests/support/ocsp_maker.h"
#include "tests/support/test.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <time.h>

enum { CAP = 1 << 17, AGE_MOST = 3600, LATE = 60 };

static struct pair ca, twin, subject, neighbour; /* twin: another CA of the same name; neighbour: of the same CA */
static OCSP_REQUEST *asked;

static enum ocsp_flaw read_at(const struct buf *der, int64_t now, struct ocsp_answer *answer)
{
	const struct ocsp_question q = {.certificate = subject.certificate, .issuer = ca.certificate, .asked = asked, .now = now,
					.age_most = AGE_MOST, .late = LATE};
	return ocsp_read((counterfoil_bytes){der->data, der->len}, &q, answer);
}

static enum ocsp_flaw read_made(const struct ocsp_wanted *wanted, struct ocsp_answer *answer)
{
	struct ocsp_wanted w = *wanted;
	struct buf der = BUF_INIT(CAP);
	w.issuer = w.issuer ? w.issuer : &ca;
	w.subject = w.subject ? w.subject : subject.certificate;
	ocsp_write(&w, &der);
	enum ocsp_flaw flaw = read_at(&der, time(NULL), answer);
	buf_free(&der);
	return flaw;
}

static void refused(const char *name, const struct ocsp_wanted *w, enum ocsp_flaw want)
{
	struct ocsp_answer answer = {.revocation = COUNTERFOIL_REVOCATION_UNKNOWN, .until = -7};
	enum ocsp_flaw had = read_made(w, &answer);
	if (had != want)
		fail_msg("%s: wanted \"%s\", had \"%s\"", name, ocsp_flaw_text(want), ocsp_flaw_text(had));
	if (answer.until != -7 || answer.revocation)
		fail_msg("%s: refused, and there is an answer", name);
}

static void said(const char *name, const struct ocsp_wanted *w, counterfoil_revocation want)
{
	struct ocsp_answer answer = {0};
	enum ocsp_flaw flaw = read_made(w, &answer);
	if (flaw)
		fail_msg("%s: refused: %s", name, ocsp_flaw_text(flaw));
	if (answer.revocation != want)
		fail_msg("%s: wanted %d, had %d", name, want, answer.revocation);
	if (ERR_peek_error())
		fail_msg("%s: something is left in the error queue", name);
}

enum { GOOD = V_OCSP_CERTSTATUS_GOOD, REVOKED = V_OCSP_CERTSTATUS_REVOKED, UNKNOWN = V_OCSP_CERTSTATUS_UNKNOWN };

static void the_cas_own_word_counts(void **state)
{
	(void)state;
	const struct {
		const char *name;
		struct ocsp_wanted w;
		counterfoil_revocation want;
	} cases[] = {
		{"good", {.status = GOOD}, COUNTERFOIL_REVOCATION_GOOD},
		{"revoked", {.status = REVOKED}, COUNTERFOIL_REVOCATION_REVOKED},
		{"for its key", {.status = REVOKED, .reason = OCSP_REVOKED_STATUS_KEYCOMPROMISE}, COUNTERFOIL_REVOCATION_REVOKED},
		{"on hold", {.status = REVOKED, .reason = OCSP_REVOKED_STATUS_CERTIFICATEHOLD}, COUNTERFOIL_REVOCATION_HELD},
		{"named by its key", {.by_key = true}, COUNTERFOIL_REVOCATION_GOOD},
		{"no certificates along", {.alone = true}, COUNTERFOIL_REVOCATION_GOOD},
		{"SHA-256 names", {.id_digest = EVP_sha256()}, COUNTERFOIL_REVOCATION_GOOD},
		{"SHA-256 names, revoked", {.id_digest = EVP_sha256(), .status = REVOKED}, COUNTERFOIL_REVOCATION_REVOKED},
		{"SHA-384 signature", {.digest = EVP_sha384()}, COUNTERFOIL_REVOCATION_GOOD},
		{"another one first", {.other = neighbour.certificate, .status = REVOKED}, COUNTERFOIL_REVOCATION_REVOKED},
		{"good and revoked", {.again = REVOKED + 1}, COUNTERFOIL_REVOCATION_REVOKED},
		{"revoked and good", {.status = REVOKED, .again = GOOD + 1}, COUNTERFOIL_REVOCATION_REVOKED},
		{"without end, young", {.endless = true, .from = -60}, COUNTERFOIL_REVOCATION_GOOD},
		{"a clock ahead of ours", {.from = OCSP_CLOCK_SKEW - 60, .until = 900}, COUNTERFOIL_REVOCATION_GOOD},
		{"just over", {.from = -900, .until = -LATE / 2}, COUNTERFOIL_REVOCATION_GOOD},
		{"revoked, long over", {.status = REVOKED, .from = -900 * DAY, .until = -899 * DAY}, COUNTERFOIL_REVOCATION_REVOKED},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		said(cases[i].name, &cases[i].w, cases[i].want);
}

static void what_does_not_count_says_why(void **state)
{
	(void)state;
	const struct pair weak = pair_make(&(struct wanted){.common_name = "Test CA", .ca = true, .key = "RSA1024"});
	const struct {
		const char *name;
		struct ocsp_wanted w;
		enum ocsp_flaw want;
	} cases[] = {
		{"try later", {.error = OCSP_RESPONSE_STATUS_TRYLATER}, OCSP_FLAW_ERROR},
		{"not authorised", {.error = OCSP_RESPONSE_STATUS_UNAUTHORIZED}, OCSP_FLAW_ERROR},
		{"unknown", {.status = UNKNOWN}, OCSP_FLAW_UNKNOWN},
		{"unknown, and over", {.status = UNKNOWN, .from = -7200, .until = -3600}, OCSP_FLAW_LATE},
		{"unknown, of a time to come", {.status = UNKNOWN, .from = 3600, .until = 7200}, OCSP_FLAW_EARLY},
		{"good and unknown", {.again = UNKNOWN + 1}, OCSP_FLAW_UNKNOWN},
		{"unknown and good", {.status = UNKNOWN, .again = GOOD + 1}, OCSP_FLAW_UNKNOWN},
		{"over", {.from = -900, .until = -LATE - 30}, OCSP_FLAW_LATE},
		{"on hold once", {.status = REVOKED, .reason = OCSP_REVOKED_STATUS_CERTIFICATEHOLD, .from = -900, .until = -LATE - 30},
		 OCSP_FLAW_LATE},
		{"without end, old", {.endless = true, .from = -AGE_MOST - LATE - 30}, OCSP_FLAW_LATE},
		{"to come", {.from = OCSP_CLOCK_SKEW + 60, .until = 900}, OCSP_FLAW_EARLY},
		{"ends before it begins", {.from = -60, .until = -61}, OCSP_FLAW_MALFORMED},
		{"another certificate's", {.subject = neighbour.certificate}, OCSP_FLAW_UNRELATED},
		{"SHA-384 names", {.id_digest = EVP_sha384()}, OCSP_FLAW_UNRELATED},
		{"SHA-1 signature", {.digest = EVP_sha1()}, OCSP_FLAW_WEAK},
		{"a CA of the same name", {.signer = &twin}, OCSP_FLAW_SIGNATURE},
		{"a CA of the same name and a small key", {.signer = &weak}, OCSP_FLAW_SIGNATURE},
		{"a CA of the same name, by its key", {.signer = &twin, .by_key = true}, OCSP_FLAW_STRANGER},
		{"the subject about itself", {.signer = &subject}, OCSP_FLAW_STRANGER},
		{"for a CA of the same name", {.issuer = &twin, .signer = &ca}, OCSP_FLAW_UNRELATED},
		{"another nonce", {.nonce = "something else that was asked"}, OCSP_FLAW_NONCE},
		{"critical", {.critical = NID_id_pkix_OCSP_archiveCutoff}, OCSP_FLAW_CRITICAL},
		{"critical about the one", {.critical_single = true}, OCSP_FLAW_CRITICAL},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		refused(cases[i].name, &cases[i].w, cases[i].want);
	pair_free((struct pair *)&weak);
}

static void whom_the_ca_has_charged_may_speak_for_it_and_no_other(void **state)
{
	(void)state;
	const struct {
		const char *name;
		struct wanted w;
		bool alone;
		enum ocsp_flaw want;
	} cases[] = {
		{"charged", {.issuer = &ca, .extended = "OCSPSigning"}, false, OCSP_FLAW_NONE},
		{"charged, RSA", {.issuer = &ca, .extended = "OCSPSigning", .key = "RSA2048"}, false, OCSP_FLAW_NONE},
		{"charged, Ed25519", {.issuer = &ca, .extended = "OCSPSigning", .key = "ED25519"}, false, OCSP_FLAW_NONE},
		{"charged, to sign", {.issuer = &ca, .extended = "OCSPSigning", .usage = "digitalSignature"}, false, OCSP_FLAW_NONE},
		{"its certificate is missing", {.issuer = &ca, .extended = "OCSPSigning"}, true, OCSP_FLAW_STRANGER},
		{"for no purpose", {.issuer = &ca}, false, OCSP_FLAW_STRANGER},
		{"for another purpose", {.issuer = &ca, .extended = "serverAuth,clientAuth"}, false, OCSP_FLAW_STRANGER},
		{"not to sign", {.issuer = &ca, .extended = "OCSPSigning", .usage = "keyEncipherment"}, false, OCSP_FLAW_STRANGER},
		{"by another CA", {.issuer = &twin, .extended = "OCSPSigning"}, false, OCSP_FLAW_STRANGER},
		{"by itself", {.extended = "OCSPSigning"}, false, OCSP_FLAW_STRANGER},
		{"by one of the CA's", {.issuer = &neighbour, .extended = "OCSPSigning"}, false, OCSP_FLAW_STRANGER},
		{"a CA", {.issuer = &ca, .extended = "OCSPSigning", .ca = true}, false, OCSP_FLAW_STRANGER},
		{"once", {.issuer = &ca, .extended = "OCSPSigning", .from = -9, .until = -2}, false, OCSP_FLAW_STRANGER},
		{"to come", {.issuer = &ca, .extended = "OCSPSigning", .from = 900, .until = 990}, false, OCSP_FLAW_STRANGER},
		{"weak", {.issuer = &ca, .extended = "OCSPSigning", .key = "RSA1024"}, false, OCSP_FLAW_WEAK},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct wanted w = cases[i].w;
		w.common_name = "Responder";
		struct pair responder = pair_make(&w);
		for (int by_key = 0; by_key < 2; by_key++) {
			const struct ocsp_wanted answer = {.signer = &responder, .alone = cases[i].alone, .by_key = by_key,
							   .status = REVOKED};
			if (cases[i].want)
				refused(cases[i].name, &answer, cases[i].want);
			else
				said(cases[i].name, &answer, COUNTERFOIL_REVOCATION_REVOKED);
		}
		pair_free(&responder);
	}
}

/* Which says in its parameters what it is signed with. */
static void rsa_pss_counts_as_its_digest_does(void **state)
{
	(void)state;
	const struct pair plain = ca;
	struct pair pss = pair_make(&(struct wanted){.common_name = "PSS CA", .ca = true, .key = "RSA-PSS"});
	struct pair of_pss = pair_make(&(struct wanted){.common_name = "R", .issuer = &pss, .extended = "OCSPSigning"});
	struct pair by_pss = pair_make(&(struct wanted){.common_name = "R", .issuer = &ca, .extended = "OCSPSigning", .key = "RSA-PSS"});
	said("whom a plain CA has charged", &(struct ocsp_wanted){.signer = &by_pss}, COUNTERFOIL_REVOCATION_GOOD);
	said("with SHA-384", &(struct ocsp_wanted){.signer = &by_pss, .digest = EVP_sha384()}, COUNTERFOIL_REVOCATION_GOOD);
	refused("with SHA-1", &(struct ocsp_wanted){.signer = &by_pss, .digest = EVP_sha1()}, OCSP_FLAW_WEAK);
	ca = pss;
	said("the CA itself", &(struct ocsp_wanted){.status = REVOKED}, COUNTERFOIL_REVOCATION_REVOKED);
	said("whom it has charged", &(struct ocsp_wanted){.signer = &of_pss}, COUNTERFOIL_REVOCATION_GOOD);
	refused("with SHA-1 by the CA", &(struct ocsp_wanted){.digest = EVP_sha1()}, OCSP_FLAW_WEAK);
	ca = plain;
	refused("of another CA", &(struct ocsp_wanted){.signer = &of_pss}, OCSP_FLAW_STRANGER);
	pair_free(&pss);
	pair_free(&of_pss);
	pair_free(&by_pss);
}

static void a_nonce_is_compared_when_it_comes_back(void **state)
{
	(void)state;
	said("none came back", &(struct ocsp_wanted){0}, COUNTERFOIL_REVOCATION_GOOD);
	said("ours came back", &(struct ocsp_wanted){.asked = asked}, COUNTERFOIL_REVOCATION_GOOD);
	refused("another came back", &(struct ocsp_wanted){.nonce = "0123456789abcdef0123456789abcdef"}, OCSP_FLAW_NONCE);
	OCSP_REQUEST *kept = asked;
	asked = NULL;
	said("nobody asked", &(struct ocsp_wanted){.nonce = "0123456789abcdef0123456789abcdef"}, COUNTERFOIL_REVOCATION_GOOD);
	asked = kept;
}

static void its_end_is_told_or_follows_from_its_age(void **state)
{
	(void)state;
	const int64_t now = time(NULL);
	struct ocsp_answer answer;
	assert_int_equal(read_made(&(struct ocsp_wanted){.from = -60, .until = 600}, &answer), OCSP_FLAW_NONE);
	assert_in_range(answer.until, now + 600, now + 605);
	assert_in_range(answer.this_update, now - 60, now - 55);
	assert_int_equal(read_made(&(struct ocsp_wanted){.from = -60, .endless = true}, &answer), OCSP_FLAW_NONE);
	assert_in_range(answer.until, now - 60 + AGE_MOST, now - 55 + AGE_MOST);
}

/* Where OpenSSL reads two encodings as the same thing (a tag for one) it is the same answer; there are not many. */
static void with_any_bit_flipped_or_cut_it_says_nothing_else(void **state)
{
	(void)state;
	struct pair responder = pair_make(&(struct wanted){.common_name = "R", .issuer = &ca, .extended = "OCSPSigning"});
	const struct ocsp_wanted kinds[] = {{.alone = true}, {.alone = true, .status = REVOKED}, {.signer = &responder, .by_key = true}};
	for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
		struct ocsp_wanted w = kinds[k];
		struct buf der = BUF_INIT(CAP);
		struct ocsp_answer answer, other;
		const int64_t now = time(NULL);
		int same = 0;
		w.issuer = &ca;
		w.subject = subject.certificate;
		ocsp_write(&w, &der);
		assert_int_equal(read_at(&der, now, &answer), OCSP_FLAW_NONE);
		for (size_t bit = 0; bit < 8 * der.len; bit++) {
			der.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
			if (!read_at(&der, now, &other)) {
				same++;
				if (other.revocation != answer.revocation || other.until != answer.until || same > 8)
					fail_msg("kind %zu, bit %zu of byte %zu flipped: an answer", k, bit % 8, bit / 8);
			}
			der.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
		}
		for (size_t len = 0; len < der.len; len++) {
			const struct buf cut = {.data = der.data, .len = len};
			assert_int_equal(read_at(&cut, now, &answer), OCSP_FLAW_MALFORMED);
		}
		buf_byte(&der, 0);
		assert_int_equal(read_at(&der, now, &answer), OCSP_FLAW_MALFORMED);
		buf_free(&der);
	}
	pair_free(&responder);
}

static void what_is_larger_than_64_kib_is_not_read(void **state)
{
	(void)state;
	struct buf der = BUF_INIT(CAP);
	struct ocsp_answer answer;
	ocsp_write(&(struct ocsp_wanted){.issuer = &ca, .subject = subject.certificate}, &der);
	assert_non_null(buf_room(&der, OCSP_ANSWER_MAX));
	assert_int_equal(read_at(&der, time(NULL), &answer), OCSP_FLAW_MALFORMED);
	buf_free(&der);
}

static void every_flaw_has_a_sentence_of_its_own(void **state)
{
	(void)state;
	for (int i = 0; i < OCSP_FLAWS; i++) {
		assert_true(ocsp_flaw_text((enum ocsp_flaw)i)[0]);
		for (int n = 0; n < i; n++)
			assert_string_not_equal(ocsp_flaw_text((enum ocsp_flaw)i), ocsp_flaw_text((enum ocsp_flaw)n));
	}
	assert_string_equal(ocsp_flaw_text(OCSP_FLAWS), "");
}

static int begin(void **state)
{
	(void)state;
	static unsigned char nonce[] = "0123456789ABCDEF0123456789ABCDEF";
	ca = pair_make(&(struct wanted){.common_name = "Test CA", .ca = true});
	twin = pair_make(&(struct wanted){.common_name = "Test CA", .ca = true});
	subject = pair_make(&(struct wanted){.common_name = "subject", .issuer = &ca});
	neighbour = pair_make(&(struct wanted){.common_name = "neighbour", .issuer = &ca});
	asked = OCSP_REQUEST_new();
	return OCSP_request_add1_nonce(asked, nonce, sizeof nonce - 1) == 1 ? 0 : -1;
}

static int end(void **state)
{
	(void)state;
	OCSP_REQUEST_free(asked);
	pair_free(&ca);
	pair_free(&twin);
	pair_free(&subject);
	pair_free(&neighbour);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_cas_own_word_counts),
		cmocka_unit_test(what_does_not_count_says_why),
		cmocka_unit_test(whom_the_ca_has_charged_may_speak_for_it_and_no_other),
		cmocka_unit_test(rsa_pss_counts_as_its_digest_does),
		cmocka_unit_test(a_nonce_is_compared_when_it_comes_back),
		cmocka_unit_test(its_end_is_told_or_follows_from_its_age),
		cmocka_unit_test(with_any_bit_flipped_or_cut_it_says_nothing_else),
		cmocka_unit_test(what_is_larger_than_64_kib_is_not_read),
		cmocka_unit_test(every_flaw_has_a_sentence_of_its_own),
	};
	return cmocka_run_group_tests(tests, begin, end);
}

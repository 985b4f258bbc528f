/* A certificate's status, asked of a responder: what is kept, for how long, for whom, and what is never believed. */
#include "client/inquiry.h"
#include "tests/support/ocsp_responder.h"
#include "tests/support/test.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { GOOD = V_OCSP_CERTSTATUS_GOOD, REVOKED = V_OCSP_CERTSTATUS_REVOKED, UNKNOWN = V_OCSP_CERTSTATUS_UNKNOWN };
enum { LONG_MS = 1000000, SUBJECTS = 24 };

static struct pair ca, twin, subjects[SUBJECTS];
static STACK_OF(X509) *chains[SUBJECTS];

static struct inquiry *inquiry_at(const char *url, uint32_t refresh_ms, uint32_t kept)
{
	struct inquiry *made = inquiry_new(&(struct inquiry_settings){
		.responder = url, .refresh_ms = refresh_ms, .timeout_ms = 2000, .kept = kept});
	assert_non_null(made);
	return made;
}

static counterfoil_revocation ask(struct inquiry *in, int subject)
{
	char why[REVOCATION_WHY_SIZE] = "";
	counterfoil_revocation found = inquiry_of(in, chains[subject], time(NULL), NULL, why);
	if ((found == COUNTERFOIL_REVOCATION_UNKNOWN) != (why[0] != '\0'))
		fail_msg("had %d, and says why: \"%s\"", found, why);
	if (ERR_peek_error())
		fail_msg("something is left in the error queue");
	return found;
}

static void expect_why(struct inquiry *in, int64_t now, enum ocsp_flaw want)
{
	char why[REVOCATION_WHY_SIZE] = "";
	assert_int_equal(inquiry_of(in, chains[0], now, NULL, why), COUNTERFOIL_REVOCATION_UNKNOWN);
	assert_string_equal(why, ocsp_flaw_text(want));
}

/* Asks once with a responder that says so, however often it is asked about. */
static void expect(const char *name, struct ocsp_responder *r, counterfoil_revocation want, enum ocsp_flaw flaw)
{
	char why[REVOCATION_WHY_SIZE] = "";
	r->says.issuer = &ca;
	responder_start(r);
	struct inquiry *in = inquiry_at(r->url, LONG_MS, 8);
	for (int i = 0; i < 3; i++) {
		counterfoil_revocation had = inquiry_of(in, chains[0], time(NULL), NULL, why);
		if (had != want)
			fail_msg("%s: wanted %d, had %d (%s)", name, want, had, why);
	}
	if (flaw && strcmp(why, ocsp_flaw_text(flaw)) != 0)
		fail_msg("%s: wanted \"%s\", had \"%s\"", name, ocsp_flaw_text(flaw), why);
	if (r->asked != 1)
		fail_msg("%s: asked %d times", name, r->asked);
	inquiry_free(in);
	responder_stop(r);
}

static void a_responder_is_asked_once_and_its_answer_kept(void **state)
{
	(void)state;
	struct pair charged = pair_make(&(struct wanted){.common_name = "R", .issuer = &ca, .extended = "OCSPSigning"});
	struct {
		const char *name;
		struct ocsp_responder r;
		counterfoil_revocation want;
	} cases[] = {
		{"good", {.says = {.status = GOOD}}, COUNTERFOIL_REVOCATION_GOOD},
		{"revoked", {.says = {.status = REVOKED}}, COUNTERFOIL_REVOCATION_REVOKED},
		{"on hold", {.says = {.status = REVOKED, .reason = OCSP_REVOKED_STATUS_CERTIFICATEHOLD}}, COUNTERFOIL_REVOCATION_HELD},
		{"charged", {.says = {.signer = &charged}}, COUNTERFOIL_REVOCATION_GOOD},
		{"made beforehand, without nonce", {.without_nonce = true}, COUNTERFOIL_REVOCATION_GOOD},
		{"without end", {.says = {.endless = true, .from = -60}}, COUNTERFOIL_REVOCATION_GOOD},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		expect(cases[i].name, &cases[i].r, cases[i].want, OCSP_FLAW_NONE);
	pair_free(&charged);
}

static void what_does_not_count_leaves_it_unknown_and_says_why(void **state)
{
	(void)state;
	struct {
		const char *name;
		struct ocsp_responder r;
		enum ocsp_flaw want;
	} cases[] = {
		{"unknown", {.says = {.status = UNKNOWN}}, OCSP_FLAW_UNKNOWN},
		{"try later", {.says = {.error = OCSP_RESPONSE_STATUS_TRYLATER}}, OCSP_FLAW_ERROR},
		{"another CA's", {.says = {.signer = &twin}}, OCSP_FLAW_SIGNATURE},
		{"over by a second or two", {.says = {.from = -60, .until = -2}}, OCSP_FLAW_LATE},
		{"to come", {.says = {.from = 600, .until = 900}}, OCSP_FLAW_EARLY},
		{"without end, of two hours ago", {.says = {.endless = true, .from = -7200}}, OCSP_FLAW_LATE},
		{"about another", {.says = {.subject = subjects[1].certificate}}, OCSP_FLAW_UNRELATED},
		{"another nonce", {.without_nonce = true, .says = {.nonce = "of another question"}}, OCSP_FLAW_NONCE},
		{"too large", {.padding = 70000}, OCSP_FLAW_MALFORMED},
		{"something behind it", {.padding = 1}, OCSP_FLAW_MALFORMED},
		{"a page", {.instead = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n<html>"}, OCSP_FLAW_MALFORMED},
		{"nothing", {.instead = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"}, OCSP_FLAW_MALFORMED},
		{"another status", {.instead = "HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n"}, OCSP_FLAW_UNREACHABLE},
		{"elsewhere", {.instead = "HTTP/1.1 302 Go\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"},
		 OCSP_FLAW_UNREACHABLE},
		{"no HTTP", {.instead = "220 mail\r\n"}, OCSP_FLAW_UNREACHABLE},
		{"slow", {.slow_ms = 20000}, OCSP_FLAW_TIMEOUT},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const int slow = cases[i].r.slow_ms;
		if (!slow)
			expect(cases[i].name, &cases[i].r, COUNTERFOIL_REVOCATION_UNKNOWN, cases[i].want);
	}
	struct ocsp_responder slow = {.slow_ms = 20000, .says = {.issuer = &ca}};
	responder_start(&slow);
	struct inquiry *in = inquiry_new(&(struct inquiry_settings){.responder = slow.url, .refresh_ms = LONG_MS, .timeout_ms = 50, .kept = 1});
	expect_why(in, time(NULL), OCSP_FLAW_TIMEOUT);
	inquiry_free(in);
	responder_stop(&slow);
}

static void an_answer_is_asked_for_again_when_it_is_due(void **state)
{
	(void)state;
	struct ocsp_responder r = {.says = {.issuer = &ca}};
	responder_start(&r);
	struct inquiry *at_once = inquiry_at(r.url, 0, 8), *later = inquiry_at(r.url, LONG_MS, 8);
	assert_int_equal(ask(at_once, 0), COUNTERFOIL_REVOCATION_GOOD);
	assert_int_equal(ask(later, 0), COUNTERFOIL_REVOCATION_GOOD);
	responder_says(&r, &(struct ocsp_wanted){.issuer = &ca, .status = REVOKED});
	assert_int_equal(ask(at_once, 0), COUNTERFOIL_REVOCATION_REVOKED);
	assert_int_equal(ask(later, 0), COUNTERFOIL_REVOCATION_GOOD);
	assert_int_equal(r.asked, 3);
	inquiry_free(at_once);
	inquiry_free(later);
	responder_stop(&r);
}

static void an_answer_is_never_used_past_its_end(void **state)
{
	(void)state;
	struct ocsp_responder r = {.says = {.issuer = &ca, .from = -60, .until = 300}};
	const int64_t now = time(NULL);
	char why[REVOCATION_WHY_SIZE];
	responder_start(&r);
	struct inquiry *in = inquiry_at(r.url, LONG_MS, 8);
	assert_int_equal(inquiry_of(in, chains[0], now, NULL, why), COUNTERFOIL_REVOCATION_GOOD);
	assert_int_equal(inquiry_of(in, chains[0], now + 290, NULL, why), COUNTERFOIL_REVOCATION_GOOD);
	assert_int_equal(r.asked, 1);
	expect_why(in, now + 310, OCSP_FLAW_LATE); /* asked again at once, and it says the same */
	assert_int_equal(r.asked, 2);
	responder_stop(&r);
	expect_why(in, now + 310, OCSP_FLAW_LATE);
	inquiry_free(in);
}

static void while_the_responder_is_down_the_answer_lasts_to_its_end_and_no_longer(void **state)
{
	(void)state;
	struct ocsp_responder r = {.says = {.issuer = &ca, .from = -60, .until = 300}};
	const int64_t now = time(NULL);
	char why[REVOCATION_WHY_SIZE];
	responder_start(&r);
	struct inquiry *in = inquiry_at(r.url, 0, 8);
	assert_int_equal(inquiry_of(in, chains[0], now, NULL, why), COUNTERFOIL_REVOCATION_GOOD);
	responder_stop(&r);
	assert_int_equal(inquiry_of(in, chains[0], now + 200, NULL, why), COUNTERFOIL_REVOCATION_GOOD);
	expect_why(in, now + 310, OCSP_FLAW_UNREACHABLE);
	inquiry_free(in);
}

static void revoked_is_final_though_nobody_answers_any_more(void **state)
{
	(void)state;
	struct ocsp_responder r = {.says = {.issuer = &ca, .status = REVOKED, .from = -60, .until = 300}};
	const int64_t now = time(NULL);
	char why[REVOCATION_WHY_SIZE];
	responder_start(&r);
	struct inquiry *in = inquiry_at(r.url, 0, 8);
	for (int i = 0; i < 3; i++)
		assert_int_equal(inquiry_of(in, chains[0], now, NULL, why), COUNTERFOIL_REVOCATION_REVOKED);
	assert_int_equal(r.asked, 1); /* not asked again while the answer runs */
	responder_says(&r, &(struct ocsp_wanted){.issuer = &ca, .from = 250, .until = 3600}); /* good once more, it says */
	assert_int_equal(inquiry_of(in, chains[0], now + 310, NULL, why), COUNTERFOIL_REVOCATION_REVOKED);
	assert_int_equal(r.asked, 1);
	responder_stop(&r);
	assert_int_equal(inquiry_of(in, chains[0], now + 310, NULL, why), COUNTERFOIL_REVOCATION_REVOKED);
	inquiry_free(in);
}

static void an_older_answer_does_not_replace_a_later_one(void **state)
{
	(void)state;
	const struct ocsp_wanted hold = {.issuer = &ca, .status = REVOKED, .reason = OCSP_REVOKED_STATUS_CERTIFICATEHOLD,
					 .from = -60, .until = 300};
	const struct ocsp_wanted before = {.issuer = &ca, .from = -61, .until = 300}, after = {.issuer = &ca, .from = -30, .until = 300};
	struct ocsp_responder r = {.says = hold, .without_nonce = true};
	responder_start(&r);
	struct inquiry *in = inquiry_at(r.url, 0, 8);
	assert_int_equal(ask(in, 0), COUNTERFOIL_REVOCATION_HELD);
	responder_says(&r, &before);
	assert_int_equal(ask(in, 0), COUNTERFOIL_REVOCATION_HELD);
	responder_says(&r, &after);
	assert_int_equal(ask(in, 0), COUNTERFOIL_REVOCATION_GOOD);
	assert_int_equal(r.asked, 3);
	responder_says(&r, &(struct ocsp_wanted){.issuer = &ca, .status = REVOKED, .from = -62, .until = 300}); /* but revoked is */
	assert_int_equal(ask(in, 0), COUNTERFOIL_REVOCATION_REVOKED);
	inquiry_free(in);
	responder_stop(&r);
}

static void each_certificate_has_its_own_answer_and_there_are_not_more_than_fit(void **state)
{
	(void)state;
	struct ocsp_responder r = {.says = {.issuer = &ca}};
	responder_start(&r);
	struct inquiry *in = inquiry_at(r.url, LONG_MS, 8);
	for (int round = 0; round < 2; round++)
		for (int i = 0; i < 8; i++)
			assert_int_equal(ask(in, i), COUNTERFOIL_REVOCATION_GOOD);
	assert_int_equal(r.asked, 8);
	for (int i = 8; i < SUBJECTS; i++) {
		assert_int_equal(ask(in, 0), COUNTERFOIL_REVOCATION_GOOD);
		assert_int_equal(ask(in, i), COUNTERFOIL_REVOCATION_GOOD);
	}
	assert_int_equal(r.asked, SUBJECTS); /* the first, asked about all the time, stays */
	const int asked = r.asked;
	assert_int_equal(ask(in, 1), COUNTERFOIL_REVOCATION_GOOD);
	assert_int_equal(r.asked, asked + 1);
	inquiry_free(in);
	responder_stop(&r);
}

static void the_certificate_itself_may_name_who_is_asked(void **state)
{
	(void)state;
	struct ocsp_responder r = {.says = {.issuer = &ca, .status = REVOKED}};
	char good[160], first_usable[256];
	responder_start(&r);
	snprintf(good, sizeof good, "OCSP;URI:%s", r.url);
	snprintf(first_usable, sizeof first_usable, "OCSP;URI:https://127.0.0.1:1/,OCSP;URI:ldap://x/,caIssuers;URI:http://127.0.0.1:1/,OCSP;URI:%s",
		 r.url);
	static char endless[2100];
	memset(endless, 'x', sizeof endless - 1);
	memcpy(endless, "OCSP;URI:http://", 16);
	const struct {
		const char *name, *responder;
		counterfoil_revocation want;
		enum ocsp_flaw flaw;
	} cases[] = {
		{"named", good, COUNTERFOIL_REVOCATION_REVOKED, OCSP_FLAW_NONE},
		{"named last", first_usable, COUNTERFOIL_REVOCATION_REVOKED, OCSP_FLAW_NONE},
		{"none", NULL, COUNTERFOIL_REVOCATION_UNKNOWN, OCSP_FLAW_NOT_ASKED},
		{"by https", "OCSP;URI:https://127.0.0.1:1/", COUNTERFOIL_REVOCATION_UNKNOWN, OCSP_FLAW_NOT_ASKED},
		{"a file", "OCSP;URI:file:///etc/passwd", COUNTERFOIL_REVOCATION_UNKNOWN, OCSP_FLAW_NOT_ASKED},
		{"a blank", "OCSP;URI:http://127.0.0.1:1/ x", COUNTERFOIL_REVOCATION_UNKNOWN, OCSP_FLAW_NOT_ASKED},
		{"too long", endless, COUNTERFOIL_REVOCATION_UNKNOWN, OCSP_FLAW_NOT_ASKED},
		{"nobody there", "OCSP;URI:http://127.0.0.1:1/", COUNTERFOIL_REVOCATION_UNKNOWN, OCSP_FLAW_UNREACHABLE},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct pair p = pair_make(&(struct wanted){.common_name = "x", .issuer = &ca, .responder = cases[i].responder});
		STACK_OF(X509) *chain = sk_X509_new_null();
		char why[REVOCATION_WHY_SIZE] = "";
		sk_X509_push(chain, p.certificate);
		sk_X509_push(chain, ca.certificate);
		struct inquiry *in = inquiry_at(COUNTERFOIL_OCSP_CERTIFICATE, LONG_MS, 8);
		counterfoil_revocation had = inquiry_of(in, chain, time(NULL), NULL, why);
		if (had != cases[i].want || (cases[i].flaw && strcmp(why, ocsp_flaw_text(cases[i].flaw)) != 0))
			fail_msg("%s: wanted %d, had %d (%s)", cases[i].name, cases[i].want, had, why);
		inquiry_free(in);
		sk_X509_free(chain);
		pair_free(&p);
	}
	responder_stop(&r);
}

static void whose_issuer_is_not_known_is_not_asked_about(void **state)
{
	(void)state;
	struct ocsp_responder r = {.says = {.issuer = &ca}};
	char why[REVOCATION_WHY_SIZE] = "";
	responder_start(&r);
	struct inquiry *in = inquiry_at(r.url, LONG_MS, 8);
	STACK_OF(X509) *alone = sk_X509_new_null();
	sk_X509_push(alone, subjects[0].certificate);
	assert_int_equal(inquiry_of(in, alone, time(NULL), NULL, why), COUNTERFOIL_REVOCATION_UNKNOWN);
	assert_non_null(strstr(why, "issuer"));
	assert_int_equal(r.asked, 0);
	sk_X509_free(alone);
	inquiry_free(in);
	responder_stop(&r);
}

struct asker {
	struct inquiry *inquiry;
	int rounds, subjects, good;
};

static void *ask_often(void *data)
{
	struct asker *a = data;
	for (int i = 0; i < a->rounds; i++)
		a->good += ask(a->inquiry, i % a->subjects) == COUNTERFOIL_REVOCATION_GOOD;
	return NULL;
}

static void ask_side_by_side(struct inquiry *in, int rounds, int different)
{
	enum { THREADS = 8 };
	struct asker askers[THREADS];
	pthread_t threads[THREADS];
	for (int i = 0; i < THREADS; i++) {
		askers[i] = (struct asker){.inquiry = in, .rounds = rounds, .subjects = different};
		assert_int_equal(pthread_create(&threads[i], NULL, ask_often, &askers[i]), 0);
	}
	for (int i = 0; i < THREADS; i++) {
		pthread_join(threads[i], NULL);
		assert_int_equal(askers[i].good, rounds);
	}
}

static void threads_that_want_to_know_the_same_share_one_question(void **state)
{
	(void)state;
	struct ocsp_responder r = {.says = {.issuer = &ca}, .slow_ms = 50};
	responder_start(&r);
	struct inquiry *in = inquiry_at(r.url, LONG_MS, 8);
	ask_side_by_side(in, 20, 1);
	assert_int_equal(r.asked, 1);
	inquiry_free(in);
	responder_stop(&r);
}

/* More than fit, each asked about again and again: nobody waits for good, and nobody gets another's answer. */
static void threads_push_each_others_answers_out(void **state)
{
	(void)state;
	struct ocsp_responder r = {.says = {.issuer = &ca}};
	responder_start(&r);
	struct inquiry *in = inquiry_at(r.url, 0, 1);
	ask_side_by_side(in, 2 * SUBJECTS, SUBJECTS);
	inquiry_free(in);
	responder_stop(&r);
}

static void one_of_a_full_set_makes_room_unless_all_are_being_asked_about(void **state)
{
	(void)state;
	struct cache *cache = cache_new(8);
	unsigned char key[KEPT_KEY_SIZE] = {0};
	struct kept *all[8];
	for (int i = 0; i < 8; i++) {
		key[31] = (unsigned char)i;
		all[i] = cache_find(cache, key);
		assert_non_null(all[i]);
		all[i]->asking = i != 3;
	}
	key[31] = 5;
	assert_ptr_equal(cache_find(cache, key), all[5]);
	key[31] = 8;
	assert_ptr_equal(cache_find(cache, key), all[3]); /* used later than 0, but 0 is being asked about */
	all[3]->asking = true;
	key[31] = 9;
	assert_null(cache_find(cache, key));
	all[5]->asking = all[6]->asking = false;
	assert_ptr_equal(cache_find(cache, key), all[6]); /* 5 was used again since */
	assert_int_equal(all[6]->answer.revocation, COUNTERFOIL_REVOCATION_UNKNOWN);
	cache_free(cache);
}

static int begin(void **state)
{
	(void)state;
	ca = pair_make(&(struct wanted){.common_name = "Test CA", .ca = true});
	twin = pair_make(&(struct wanted){.common_name = "Test CA", .ca = true});
	for (int i = 0; i < SUBJECTS; i++) {
		subjects[i] = pair_make(&(struct wanted){.common_name = "subject", .issuer = &ca});
		chains[i] = sk_X509_new_null();
		sk_X509_push(chains[i], subjects[i].certificate);
		sk_X509_push(chains[i], ca.certificate);
	}
	return 0;
}

static int end(void **state)
{
	(void)state;
	for (int i = 0; i < SUBJECTS; i++) {
		sk_X509_free(chains[i]);
		pair_free(&subjects[i]);
	}
	pair_free(&ca);
	pair_free(&twin);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_responder_is_asked_once_and_its_answer_kept),
		cmocka_unit_test(what_does_not_count_leaves_it_unknown_and_says_why),
		cmocka_unit_test(an_answer_is_asked_for_again_when_it_is_due),
		cmocka_unit_test(an_answer_is_never_used_past_its_end),
		cmocka_unit_test(while_the_responder_is_down_the_answer_lasts_to_its_end_and_no_longer),
		cmocka_unit_test(revoked_is_final_though_nobody_answers_any_more),
		cmocka_unit_test(an_older_answer_does_not_replace_a_later_one),
		cmocka_unit_test(each_certificate_has_its_own_answer_and_there_are_not_more_than_fit),
		cmocka_unit_test(the_certificate_itself_may_name_who_is_asked),
		cmocka_unit_test(whose_issuer_is_not_known_is_not_asked_about),
		cmocka_unit_test(threads_that_want_to_know_the_same_share_one_question),
		cmocka_unit_test(threads_push_each_others_answers_out),
		cmocka_unit_test(one_of_a_full_set_makes_room_unless_all_are_being_asked_about),
	};
	return cmocka_run_group_tests(tests, begin, end);
}

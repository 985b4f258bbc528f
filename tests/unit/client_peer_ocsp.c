/* Who is calling, when the CA is asked by OCSP: alone, and beside a revocation list. */
#include "client/include/counterfoil.h"
#include "tests/support/crl_maker.h"
#include "tests/support/forms.h"
#include "tests/support/ocsp_responder.h"
#include "tests/support/test.h"

#include "base/file.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define URI "URI:spiffe://test.example/org/nordbank/service/document-archive/client/e-banking"

enum { CAP = 1 << 16 };
enum { GOOD = V_OCSP_CERTSTATUS_GOOD, REVOKED = V_OCSP_CERTSTATUS_REVOKED, UNKNOWN = V_OCSP_CERTSTATUS_UNKNOWN };

static struct pair root, ca, subject;
static struct buf pem = {.cap = CAP}, presented = {.cap = CAP};
static char folder[] = "/tmp/client-peer-ocsp-XXXXXX", list_path[64];
static struct ocsp_responder responder;

static counterfoil_code ask(const counterfoil_verifier_options *wanted, counterfoil_peer **peer, counterfoil_error *error)
{
	counterfoil_verifier_options o = *wanted;
	counterfoil_verifier *v = NULL;
	o.size = o.size ? o.size : sizeof o;
	o.trust_pem = (counterfoil_bytes){pem.data, pem.len};
	counterfoil_code code = counterfoil_verifier_new(&o, &v, error);
	if (!code)
		code = counterfoil_verifier_peer(v, (counterfoil_bytes){presented.data, presented.len}, COUNTERFOIL_FORMAT_DER,
						 time(NULL), peer, error);
	counterfoil_verifier_free(v);
	return code;
}

static void expect(const char *name, const counterfoil_verifier_options *o, counterfoil_code want, counterfoil_revocation status)
{
	counterfoil_peer *peer = NULL;
	counterfoil_error error;
	counterfoil_code had = ask(o, &peer, &error);
	if (had != want || counterfoil_peer_revocation(peer) != status)
		fail_msg("%s: wanted %s, had %s (%s), revocation %d", name, counterfoil_code_word(want), counterfoil_code_word(had),
			 error.text, counterfoil_peer_revocation(peer));
	assert_int_equal(counterfoil_peer_may_reach(peer, "nordbank", "document-archive"), had == COUNTERFOIL_OK);
	counterfoil_peer_free(peer);
}

static void says(int status, int reason)
{
	responder_says(&responder, &(struct ocsp_wanted){.issuer = &ca, .status = status, .reason = reason});
}

static void put_lists(const struct pair *revoked, int reason, const struct pair *revoked_ca)
{
	struct buf lists = BUF_INIT(CAP);
	crl_write(&(struct crl_wanted){.issuer = &ca, .revoked = {revoked}, .reason = reason, .pem = true}, &lists);
	crl_write(&(struct crl_wanted){.issuer = &root, .revoked = {revoked_ca}, .pem = true}, &lists);
	assert_int_equal(file_publish(list_path, lists.data, lists.len, 0600, NULL), ERR_OK);
	buf_free(&lists);
}

static void the_cas_answer_decides(void **state)
{
	(void)state;
	const counterfoil_verifier_options o = {.ocsp = responder.url}, lenient = {.ocsp = responder.url, .accept_unknown = 1};
	says(GOOD, 0);
	expect("good", &o, COUNTERFOIL_OK, COUNTERFOIL_REVOCATION_GOOD);
	says(REVOKED, 0);
	expect("revoked", &o, COUNTERFOIL_PEER_REVOKED, COUNTERFOIL_REVOCATION_REVOKED);
	expect("revoked", &lenient, COUNTERFOIL_PEER_REVOKED, COUNTERFOIL_REVOCATION_REVOKED);
	says(REVOKED, OCSP_REVOKED_STATUS_CERTIFICATEHOLD);
	expect("on hold", &o, COUNTERFOIL_PEER_HELD, COUNTERFOIL_REVOCATION_HELD);
	expect("on hold", &lenient, COUNTERFOIL_PEER_HELD, COUNTERFOIL_REVOCATION_HELD);
	says(UNKNOWN, 0);
	expect("unknown", &o, COUNTERFOIL_PEER_UNKNOWN_STATUS, COUNTERFOIL_REVOCATION_UNKNOWN);
	expect("unknown", &lenient, COUNTERFOIL_OK, COUNTERFOIL_REVOCATION_UNKNOWN);
}

static void when_nobody_answers_it_is_refused_unless_that_was_allowed(void **state)
{
	(void)state;
	const counterfoil_verifier_options o = {.ocsp = "http://127.0.0.1:1/"}, lenient = {.ocsp = o.ocsp, .accept_unknown = 1};
	counterfoil_peer *peer = NULL;
	counterfoil_error error;
	expect("down", &o, COUNTERFOIL_PEER_UNKNOWN_STATUS, COUNTERFOIL_REVOCATION_UNKNOWN);
	expect("down", &lenient, COUNTERFOIL_OK, COUNTERFOIL_REVOCATION_UNKNOWN);
	ask(&o, &peer, &error);
	counterfoil_peer_free(peer);
	assert_non_null(strstr(error.text, "the OCSP responder cannot be reached"));
	const counterfoil_verifier_options by_certificate = {.ocsp = COUNTERFOIL_OCSP_CERTIFICATE};
	expect("nobody is named", &by_certificate, COUNTERFOIL_PEER_UNKNOWN_STATUS, COUNTERFOIL_REVOCATION_UNKNOWN);
}

static void beside_a_list_the_answer_goes_first_and_the_list_decides_without_one(void **state)
{
	(void)state;
	const char *const down = "http://127.0.0.1:1/";
	const struct {
		const char *name;
		int status, reason; /* by OCSP */
		bool no_answer, listed, ca_listed;
		int listed_reason;
		counterfoil_code want;
		counterfoil_revocation revocation;
	} cases[] = {
		{.name = "good, and not listed", .status = GOOD, .want = COUNTERFOIL_OK, .revocation = COUNTERFOIL_REVOCATION_GOOD},
		{.name = "no longer on hold, says the answer", .status = GOOD, .listed = true,
		 .listed_reason = CRL_REASON_CERTIFICATE_HOLD, .want = COUNTERFOIL_OK, .revocation = COUNTERFOIL_REVOCATION_GOOD},
		{.name = "revoked, and not listed yet", .status = REVOKED, .want = COUNTERFOIL_PEER_REVOKED,
		 .revocation = COUNTERFOIL_REVOCATION_REVOKED},
		{.name = "unknown, and not listed", .status = UNKNOWN, .want = COUNTERFOIL_PEER_UNKNOWN_STATUS,
		 .revocation = COUNTERFOIL_REVOCATION_UNKNOWN},
		{.name = "unknown, and listed", .status = UNKNOWN, .listed = true, .want = COUNTERFOIL_PEER_REVOKED,
		 .revocation = COUNTERFOIL_REVOCATION_REVOKED},
		{.name = "no answer, and not listed", .no_answer = true, .want = COUNTERFOIL_OK, .revocation = COUNTERFOIL_REVOCATION_GOOD},
		{.name = "no answer, and listed", .no_answer = true, .listed = true, .want = COUNTERFOIL_PEER_REVOKED,
		 .revocation = COUNTERFOIL_REVOCATION_REVOKED},
		{.name = "good, by a CA that is revoked", .status = GOOD, .ca_listed = true, .want = COUNTERFOIL_PEER_REVOKED,
		 .revocation = COUNTERFOIL_REVOCATION_REVOKED},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const counterfoil_verifier_options o = {.ocsp = cases[i].no_answer ? down : responder.url, .crl = list_path};
		says(cases[i].status, cases[i].reason);
		put_lists(cases[i].listed ? &subject : NULL, cases[i].listed_reason, cases[i].ca_listed ? &ca : NULL);
		expect(cases[i].name, &o, cases[i].want, cases[i].revocation);
	}
}

/* The leaf is good by OCSP: what is known of the CA above it? */
static void of_a_ca_the_list_must_be_there_and_in_time_unless_it_covers_others_alone(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		bool of_ca, of_root, gone;
		int64_t until; /* of the root's */
		counterfoil_code want;
		counterfoil_revocation revocation;
	} cases[] = {
		{"both", true, true, false, DAY, COUNTERFOIL_OK, COUNTERFOIL_REVOCATION_GOOD},
		{"the CA's own alone", true, false, false, 0, COUNTERFOIL_OK, COUNTERFOIL_REVOCATION_GOOD},
		{"the root's alone", false, true, false, DAY, COUNTERFOIL_OK, COUNTERFOIL_REVOCATION_GOOD},
		{"the root's is over", true, true, false, -60, COUNTERFOIL_PEER_UNKNOWN_STATUS, COUNTERFOIL_REVOCATION_UNKNOWN},
		{"none can be read", true, true, true, DAY, COUNTERFOIL_PEER_UNKNOWN_STATUS, COUNTERFOIL_REVOCATION_UNKNOWN},
	};
	says(GOOD, 0);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const counterfoil_verifier_options o = {.ocsp = responder.url, .crl = cases[i].gone ? "/nonexistent.crl" : list_path};
		struct buf lists = BUF_INIT(CAP);
		if (cases[i].of_ca)
			crl_write(&(struct crl_wanted){.issuer = &ca, .pem = true}, &lists);
		if (cases[i].of_root)
			crl_write(&(struct crl_wanted){.issuer = &root, .from = -3600, .until = cases[i].until, .pem = true}, &lists);
		assert_int_equal(file_publish(list_path, lists.data, lists.len, 0600, NULL), ERR_OK);
		expect(cases[i].name, &o, cases[i].want, cases[i].revocation);
		buf_free(&lists);
	}
}

/* Whose CA is the trusted root has none above it to ask about. */
static void without_a_ca_in_between_the_list_is_not_needed(void **state)
{
	(void)state;
	const counterfoil_verifier_options o = {.ocsp = responder.url, .crl = "/nonexistent.crl"};
	struct pair direct = pair_make(&(struct wanted){.common_name = "x", .alternative = URI, .extended = "clientAuth", .issuer = &root});
	struct buf before = presented;
	presented = (struct buf){.cap = CAP};
	form_write(direct.certificate, COUNTERFOIL_FORMAT_DER, &presented);
	responder_says(&responder, &(struct ocsp_wanted){.issuer = &root, .status = GOOD});
	expect("by the root", &o, COUNTERFOIL_OK, COUNTERFOIL_REVOCATION_GOOD);
	buf_free(&presented);
	presented = before;
	pair_free(&direct);
}

/* The list is silent of it, or names it: either way it is the CA that decides, and nobody is accepted for its silence. */
static void unknown_to_the_ca_and_listed_is_refused_though_unknown_is_accepted(void **state)
{
	(void)state;
	const counterfoil_verifier_options lenient = {.ocsp = responder.url, .crl = list_path, .accept_unknown = 1};
	says(UNKNOWN, 0);
	put_lists(&subject, 0, NULL);
	expect("listed", &lenient, COUNTERFOIL_PEER_REVOKED, COUNTERFOIL_REVOCATION_REVOKED);
	put_lists(NULL, 0, NULL);
	expect("not listed", &lenient, COUNTERFOIL_OK, COUNTERFOIL_REVOCATION_UNKNOWN);
}

static void with_neither_both_reasons_are_told(void **state)
{
	(void)state;
	const counterfoil_verifier_options o = {.ocsp = "http://127.0.0.1:1/", .crl = "/nonexistent.crl"};
	counterfoil_peer *peer = NULL;
	counterfoil_error error;
	assert_int_equal(ask(&o, &peer, &error), COUNTERFOIL_PEER_UNKNOWN_STATUS);
	counterfoil_peer_free(peer);
	assert_non_null(strstr(error.text, "responder"));
	assert_non_null(strstr(error.text, "/nonexistent.crl"));
}

static void options_out_of_bounds_are_refused(void **state)
{
	(void)state;
	static char endless[5000];
	memset(endless, 'x', sizeof endless - 1);
	memcpy(endless, "http://", 7);
	const struct {
		const char *name;
		counterfoil_verifier_options o;
	} cases[] = {
		{"nothing", {.ocsp = ""}},
		{"https", {.ocsp = "https://x/"}},
		{"a file", {.ocsp = "/x"}},
		{"another word", {.ocsp = "certificates"}},
		{"endless", {.ocsp = endless}},
		{"too many", {.ocsp = "http://x/", .ocsp_kept = 1000001}},
		{"too seldom", {.ocsp = "http://x/", .ocsp_refresh_seconds = UINT32_MAX}},
		{"shorter than the first", {.size = offsetof(counterfoil_verifier_options, ocsp) - 8}},
		{"longer than ours", {.size = sizeof(counterfoil_verifier_options) + 1}},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		counterfoil_peer *peer = NULL;
		counterfoil_error error;
		if (ask(&cases[i].o, &peer, &error) != COUNTERFOIL_BAD_INPUT)
			fail_msg("%s: %s", cases[i].name, counterfoil_code_word(error.code));
	}
}

/* A program that was compiled before ocsp was thought of. */
static void a_shorter_struct_asks_nobody(void **state)
{
	(void)state;
	const counterfoil_verifier_options o = {.size = offsetof(counterfoil_verifier_options, ocsp), .accept_unknown = 1,
						.ocsp = responder.url};
	says(REVOKED, 0);
	expect("shorter", &o, COUNTERFOIL_OK, COUNTERFOIL_REVOCATION_UNKNOWN);
}

static int begin(void **state)
{
	(void)state;
	root = pair_make(&(struct wanted){.common_name = "Root", .ca = true});
	ca = pair_make(&(struct wanted){.common_name = "Issuing", .ca = true, .issuer = &root});
	subject = pair_make(&(struct wanted){.common_name = "x", .alternative = URI, .extended = "clientAuth", .issuer = &ca});
	form_write(root.certificate, COUNTERFOIL_FORMAT_PEM, &pem);
	form_write(ca.certificate, COUNTERFOIL_FORMAT_PEM, &pem);
	form_write(subject.certificate, COUNTERFOIL_FORMAT_DER, &presented);
	snprintf(list_path, sizeof list_path, "%s/list.pem", mkdtemp(folder));
	responder.says.issuer = &ca;
	responder_start(&responder);
	return 0;
}

static int end(void **state)
{
	(void)state;
	responder_stop(&responder);
	buf_free(&pem);
	buf_free(&presented);
	pair_free(&root);
	pair_free(&ca);
	pair_free(&subject);
	unlink(list_path);
	return rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_cas_answer_decides),
		cmocka_unit_test(when_nobody_answers_it_is_refused_unless_that_was_allowed),
		cmocka_unit_test(beside_a_list_the_answer_goes_first_and_the_list_decides_without_one),
		cmocka_unit_test(of_a_ca_the_list_must_be_there_and_in_time_unless_it_covers_others_alone),
		cmocka_unit_test(without_a_ca_in_between_the_list_is_not_needed),
		cmocka_unit_test(unknown_to_the_ca_and_listed_is_refused_though_unknown_is_accepted),
		cmocka_unit_test(with_neither_both_reasons_are_told),
		cmocka_unit_test(options_out_of_bounds_are_refused),
		cmocka_unit_test(a_shorter_struct_asks_nobody),
	};
	return cmocka_run_group_tests(tests, begin, end);
}

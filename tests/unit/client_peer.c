/* Who is calling: whom a verifier refuses, and whom it accepts as whom. */
#include "client/include/counterfoil.h"
#include "tests/support/crl_maker.h"
#include "tests/support/forms.h"
#include "tests/support/test.h"

#include "base/file.h"

#include <openssl/err.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define URI "URI:spiffe://test.example/org/nordbank/service/document-archive/client/e-banking"

enum { CAP = 1 << 16 };

static struct pair ca, twin, subject; /* twin: another CA of the same name */
static struct buf ca_pem = {.cap = CAP};
static char folder[] = "/tmp/client-peer-XXXXXX", list_path[64];

static void write_list(const struct crl_wanted *w)
{
	struct buf crl = BUF_INIT(CAP);
	crl_write(w, &crl);
	assert_int_equal(file_publish(list_path, crl.data, crl.len, 0600, NULL), ERR_OK);
	buf_free(&crl);
}

static counterfoil_verifier *verifier_make(const counterfoil_verifier_options *wanted)
{
	counterfoil_verifier_options o = *wanted;
	counterfoil_verifier *verifier = NULL;
	counterfoil_error error;
	o.size = sizeof o;
	if (!o.trust_pem.data)
		o.trust_pem = (counterfoil_bytes){ca_pem.data, ca_pem.len};
	if (counterfoil_verifier_new(&o, &verifier, &error))
		fail_msg("%s", error.text);
	return verifier;
}

static counterfoil_code ask(counterfoil_verifier *v, const X509 *certificate, counterfoil_peer **peer, counterfoil_error *error)
{
	struct buf der = BUF_INIT(CAP);
	form_write(certificate, COUNTERFOIL_FORMAT_DER, &der);
	counterfoil_code code = counterfoil_verifier_peer(v, (counterfoil_bytes){der.data, der.len}, COUNTERFOIL_FORMAT_DER,
							  time(NULL), peer, error);
	buf_free(&der);
	return code;
}

/* The code, with what must hold for each. */
static void expect(const char *name, counterfoil_verifier *v, const X509 *certificate, counterfoil_code want)
{
	counterfoil_peer *peer = NULL;
	counterfoil_error error;
	counterfoil_code had = ask(v, certificate, &peer, &error);
	if (had != want)
		fail_msg("%s: wanted %s, had %s (%s)", name, counterfoil_code_word(want), counterfoil_code_word(had), error.text);
	assert_int_equal(error.code, had);
	assert_int_equal(error.category, had ? COUNTERFOIL_CATEGORY_PEER : COUNTERFOIL_CATEGORY_NONE);
	if (had && (!error.text[0] || counterfoil_peer_may_reach(peer, "nordbank", "document-archive")))
		fail_msg("%s: no sentence, or may reach the service though refused", name);
	bool named = !had || had == COUNTERFOIL_PEER_WRONG_KIND || had >= COUNTERFOIL_PEER_EXPIRED;
	if (named != (peer != NULL))
		fail_msg("%s: %s", name, peer ? "somebody is named who proved nothing" : "nobody is named");
	counterfoil_peer_free(peer);
}

static void whom_the_ca_did_not_send_or_not_for_this_is_refused(void **state)
{
	(void)state;
	static const char twice[] = URI ",URI:spiffe://test.example/org/nordbank/service/other/client/x";
	static const char staff[] = "URI:spiffe://test.example/staff/aaaaaaaaaaaaaaaa";
	const struct {
		const char *name;
		struct wanted w;
		counterfoil_code want;
	} cases[] = {
		{"its own CA", {.alternative = URI, .extended = "clientAuth"}, COUNTERFOIL_PEER_UNKNOWN_CA},
		{"a CA of the same name", {.alternative = URI, .extended = "clientAuth", .issuer = &twin}, COUNTERFOIL_PEER_UNKNOWN_CA},
		{"a client as CA", {.alternative = URI, .extended = "clientAuth", .issuer = &subject}, COUNTERFOIL_PEER_UNKNOWN_CA},
		{"a server", {.alternative = "DNS:localhost", .extended = "serverAuth", .issuer = &ca}, COUNTERFOIL_PEER_WRONG_PURPOSE},
		{"for nothing said", {.alternative = URI, .issuer = &ca}, COUNTERFOIL_PEER_WRONG_PURPOSE},
		{"for anything", {.alternative = URI, .extended = "anyExtendedKeyUsage", .issuer = &ca}, COUNTERFOIL_PEER_WRONG_PURPOSE},
		{"a CA", {.alternative = URI, .extended = "clientAuth", .ca = true, .issuer = &ca}, COUNTERFOIL_PEER_WRONG_PURPOSE},
		{"staff", {.alternative = staff, .extended = "clientAuth", .issuer = &ca}, COUNTERFOIL_PEER_WRONG_KIND},
		{"two names", {.alternative = twice, .extended = "clientAuth", .issuer = &ca}, COUNTERFOIL_PEER_WRONG_KIND},
		{"no name", {.extended = "clientAuth", .issuer = &ca}, COUNTERFOIL_PEER_WRONG_KIND},
		{"over", {.alternative = URI, .extended = "clientAuth", .issuer = &ca, .from = -9, .until = -2}, COUNTERFOIL_PEER_EXPIRED},
		{"to come", {.alternative = URI, .extended = "clientAuth", .issuer = &ca, .from = 90, .until = 99}, COUNTERFOIL_PEER_NOT_YET_VALID},
		{"over, of another CA", {.alternative = URI, .extended = "clientAuth", .issuer = &twin, .from = -9, .until = -2},
		 COUNTERFOIL_PEER_UNKNOWN_CA},
		{"weak", {.alternative = URI, .extended = "clientAuth", .issuer = &ca, .key = "RSA1024"}, COUNTERFOIL_PEER_WEAK},
		{"P-384", {.alternative = URI, .extended = "clientAuth", .issuer = &ca, .key = "P-384"}, COUNTERFOIL_OK},
		{"RSA", {.alternative = URI, .extended = "clientAuth", .issuer = &ca, .key = "RSA2048"}, COUNTERFOIL_OK},
	};
	write_list(&(struct crl_wanted){.issuer = &ca});
	counterfoil_verifier *v = verifier_make(&(counterfoil_verifier_options){.crl = list_path});
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct wanted w = cases[i].w;
		w.common_name = "e-banking";
		struct pair p = pair_make(&w);
		expect(cases[i].name, v, p.certificate, cases[i].want);
		pair_free(&p);
	}
	expect("the CA itself", v, ca.certificate, COUNTERFOIL_PEER_WRONG_PURPOSE);
	counterfoil_verifier_free(v);
}

static void a_uri_that_is_not_ours_to_the_letter_names_nobody(void **state)
{
	(void)state;
	static const char *const uris[] = {
		"https://test.example/org/nordbank/service/document-archive/client/e-banking",
		"spiffe://test.example/org/nordbank/service/document-archive/client/e-banking/",
		"spiffe://test.example/org/nordbank/service/document-archive/client/e-banking?x",
		"spiffe://test.example/org/nordbank/service/document-archive/client/E-banking",
		"spiffe://test.example/org/nordbank/service/document-archive/client/",
		"spiffe://test.example/org/nordbank/service//client/e-banking",
		"spiffe://test.example/org/nordbank/service/-a/client/e-banking",
		"spiffe://test.example/org/nordbank/services/a/client/e-banking",
		"spiffe://test.example/org/nord%62ank/service/a/client/e-banking",
		"spiffe://test.example//org/nordbank/service/a/client/e-banking",
		"spiffe:///org/nordbank/service/a/client/e-banking",
		"spiffe://user@test.example/org/nordbank/service/a/client/e-banking",
		"spiffe://test.example/org/nordbank/service/a/client/"
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
		"spiffe://test.example/x/org/nordbank/service/a/client/e-banking",
	};
	counterfoil_verifier *v = verifier_make(&(counterfoil_verifier_options){.crl = list_path});
	for (size_t i = 0; i < sizeof uris / sizeof *uris; i++) {
		char alternative[256];
		snprintf(alternative, sizeof alternative, "URI:%s", uris[i]);
		struct pair p = pair_make(&(struct wanted){.common_name = "x", .alternative = alternative,
							   .extended = "clientAuth", .issuer = &ca});
		expect(uris[i], v, p.certificate, COUNTERFOIL_PEER_WRONG_KIND);
		pair_free(&p);
	}
	counterfoil_verifier_free(v);
}

static void a_name_with_a_nul_inside_is_refused(void **state)
{
	(void)state;
	struct pair p = pair_make(&(struct wanted){.common_name = "bank\0.evil.example", .common_name_len = 18, .alternative = URI,
						   .extended = "clientAuth", .issuer = &ca});
	counterfoil_verifier *v = verifier_make(&(counterfoil_verifier_options){.crl = list_path});
	expect("NUL", v, p.certificate, COUNTERFOIL_PEER_MALFORMED);
	counterfoil_verifier_free(v);
	pair_free(&p);
}

static void revoked_held_and_unknown_are_refused_each_for_itself(void **state)
{
	(void)state;
	const struct {
		const char *name;
		struct crl_wanted w;
		counterfoil_code want, otherwise; /* when who is unknown is accepted */
	} cases[] = {
		{"revoked", {.revoked = {&subject}}, COUNTERFOIL_PEER_REVOKED, COUNTERFOIL_PEER_REVOKED},
		{"revoked, in PEM", {.revoked = {&subject}, .reason = 1, .pem = true}, COUNTERFOIL_PEER_REVOKED, COUNTERFOIL_PEER_REVOKED},
		{"revoked, by an old list", {.revoked = {&subject}, .from = -9, .until = -2}, COUNTERFOIL_PEER_REVOKED,
		 COUNTERFOIL_PEER_REVOKED},
		{"held", {.revoked = {&subject}, .reason = 6}, COUNTERFOIL_PEER_HELD, COUNTERFOIL_PEER_HELD},
		{"another revoked", {.revoked = {&twin}}, COUNTERFOIL_OK, COUNTERFOIL_OK},
		{"none revoked", {.pem = true}, COUNTERFOIL_OK, COUNTERFOIL_OK},
		{"an old list", {.from = -9, .until = -2}, COUNTERFOIL_PEER_UNKNOWN_STATUS, COUNTERFOIL_OK},
		{"a list to come", {.from = 900, .until = 999}, COUNTERFOIL_PEER_UNKNOWN_STATUS, COUNTERFOIL_OK},
		{"another CA's", {.issuer = &twin}, COUNTERFOIL_PEER_UNKNOWN_STATUS, COUNTERFOIL_OK},
		{"signed by another", {.signer = &subject}, COUNTERFOIL_PEER_UNKNOWN_STATUS, COUNTERFOIL_OK},
		{"a delta", {.critical = true}, COUNTERFOIL_PEER_UNKNOWN_STATUS, COUNTERFOIL_OK},
		{"without end", {.endless = true}, COUNTERFOIL_PEER_UNKNOWN_STATUS, COUNTERFOIL_OK},
		{"SHA-1", {.digest = EVP_sha1()}, COUNTERFOIL_PEER_UNKNOWN_STATUS, COUNTERFOIL_OK},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct crl_wanted w = cases[i].w;
		if (!w.issuer)
			w.issuer = &ca;
		write_list(&w);
		for (int accept = 0; accept < 2; accept++) {
			counterfoil_verifier *v = verifier_make(&(counterfoil_verifier_options){.crl = list_path, .accept_unknown = accept});
			expect(cases[i].name, v, subject.certificate, accept ? cases[i].otherwise : cases[i].want);
			counterfoil_verifier_free(v);
		}
	}
}

static void a_list_that_cannot_be_read_leaves_it_unknown_and_says_why(void **state)
{
	(void)state;
	static const struct {
		const char *source, *content, *says;
	} cases[] = {
		{NULL, NULL, "no revocation list"},
		{"/nonexistent/list.crl", NULL, "/nonexistent/list.crl"},
		{"/dev/zero", NULL, "/dev/zero"},
		{list_path, "nonsense", "damaged"},
		{list_path, "-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n", "damaged"},
		{list_path, "-----BEGIN CERTIFICATE-----\n", "damaged"},
		{"http://127.0.0.1:1/crl/issuing.crl", NULL, "fetched"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		counterfoil_error error;
		counterfoil_peer *peer = NULL;
		if (cases[i].content)
			assert_int_equal(file_publish(list_path, cases[i].content, strlen(cases[i].content), 0600, NULL), ERR_OK);
		counterfoil_verifier *v = verifier_make(&(counterfoil_verifier_options){.crl = cases[i].source});
		expect(cases[i].says, v, subject.certificate, COUNTERFOIL_PEER_UNKNOWN_STATUS);
		ask(v, subject.certificate, &peer, &error);
		if (!strstr(error.text, cases[i].says))
			fail_msg("wanted \"%s\", had \"%s\"", cases[i].says, error.text);
		counterfoil_peer_free(peer);
		counterfoil_verifier_free(v);
	}
	write_list(&(struct crl_wanted){.issuer = &ca});
}

static void with_any_bit_flipped_nobody_is_accepted(void **state)
{
	(void)state;
	counterfoil_verifier *v = verifier_make(&(counterfoil_verifier_options){.crl = list_path, .accept_unknown = 1});
	for (int form = FORM_FIRST; form <= COUNTERFOIL_FORMAT_NGINX; form++) {
		struct buf w = BUF_INIT(CAP);
		form_write(subject.certificate, form, &w);
		for (size_t bit = 0; bit < 8 * w.len; bit++) {
			counterfoil_peer *peer = NULL;
			w.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
			if (!counterfoil_verifier_peer(v, (counterfoil_bytes){w.data, w.len}, form, time(NULL), &peer, NULL) || peer)
				fail_msg("form %d, bit %zu of byte %zu: accepted, or named", form, bit % 8, bit / 8);
			w.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
		}
		buf_free(&w);
	}
	counterfoil_verifier_free(v);
}

static void an_accepted_client_reaches_its_own_service_and_no_other(void **state)
{
	(void)state;
	counterfoil_verifier *v = verifier_make(&(counterfoil_verifier_options){.crl = list_path});
	counterfoil_peer *peer = NULL;
	counterfoil_error error;
	for (int form = FORM_FIRST; form <= FORM_LAST; form++) {
		struct buf w = BUF_INIT(CAP);
		form_write(subject.certificate, form, &w);
		if (counterfoil_verifier_peer(v, (counterfoil_bytes){w.data, w.len}, form, time(NULL), &peer, &error))
			fail_msg("%s", error.text);
		buf_free(&w);
		assert_int_equal(counterfoil_peer_may_reach(peer, "nordbank", "document-archive"), 1);
		static const char *const others[][2] = {{"nordbank", "document-archiv"}, {"nordban", "document-archive"},
							{"document-archive", "nordbank"}, {"", ""}, {NULL, NULL},
							{"nordbank", NULL}, {"nordbank", "document-archive/"}};
		for (size_t i = 0; i < sizeof others / sizeof *others; i++)
			assert_int_equal(counterfoil_peer_may_reach(peer, others[i][0], others[i][1]), 0);
		assert_string_equal(counterfoil_peer_fact(peer, COUNTERFOIL_FACT_ORGANISATION), "Nordbank");
		assert_string_equal(counterfoil_peer_fact(peer, COUNTERFOIL_FACT_ORGANISATION_SLUG), "nordbank");
		assert_string_equal(counterfoil_peer_fact(peer, COUNTERFOIL_FACT_SERVICE_SLUG), "document-archive");
		assert_string_equal(counterfoil_peer_fact(peer, COUNTERFOIL_FACT_CLIENT_SLUG), "e-banking");
		assert_string_equal(counterfoil_peer_fact(peer, COUNTERFOIL_FACT_CRL_URL), "http://crl.example/issuing.crl");
		assert_int_equal(counterfoil_peer_kind(peer), COUNTERFOIL_KIND_CLIENT);
		assert_int_equal(counterfoil_peer_revocation(peer), COUNTERFOIL_REVOCATION_GOOD);
		assert_int_equal(counterfoil_peer_not_after(peer) - counterfoil_peer_not_before(peer), 365 * DAY + 3600);
		counterfoil_peer_free(peer);
	}
	counterfoil_verifier_free(v);
}

static void staff_and_servers_are_accepted_where_they_are_asked_for_and_reach_no_service(void **state)
{
	(void)state;
	struct pair staff = pair_make(&(struct wanted){.common_name = "Ada", .alternative = "URI:spiffe://test.example/staff/aaaaaaaaaaaaaaaa",
						       .extended = "clientAuth", .issuer = &ca});
	struct pair server = pair_make(&(struct wanted){.common_name = "localhost", .alternative = "DNS:localhost,IP:127.0.0.1",
							.extended = "serverAuth", .issuer = &ca});
	const struct {
		const X509 *certificate;
		counterfoil_kind kind;
	} cases[] = {{subject.certificate, COUNTERFOIL_KIND_CLIENT}, {staff.certificate, COUNTERFOIL_KIND_STAFF},
		     {server.certificate, COUNTERFOIL_KIND_SERVER}};
	for (unsigned kinds = 1; kinds < 8; kinds++) {
		counterfoil_verifier *v = verifier_make(&(counterfoil_verifier_options){.crl = list_path, .kinds = kinds});
		for (size_t i = 0; i < 3; i++) {
			counterfoil_peer *peer = NULL;
			counterfoil_code code = ask(v, cases[i].certificate, &peer, NULL);
			assert_int_equal(code == COUNTERFOIL_OK, (kinds & cases[i].kind) != 0);
			assert_true(code || counterfoil_peer_kind(peer) == cases[i].kind);
			assert_int_equal(counterfoil_peer_may_reach(peer, "nordbank", "document-archive"), i == 0 && !code);
			counterfoil_peer_free(peer);
		}
		counterfoil_verifier_free(v);
	}
	pair_free(&staff);
	pair_free(&server);
}

static void a_chain_in_between_is_followed_to_the_ca_given(void **state)
{
	(void)state;
	struct pair issuing = pair_make(&(struct wanted){.common_name = "Issuing", .ca = true, .issuer = &ca});
	struct pair p = pair_make(&(struct wanted){.common_name = "x", .alternative = URI, .extended = "clientAuth", .issuer = &issuing});
	struct buf pem = BUF_INIT(CAP);
	form_write(p.certificate, COUNTERFOIL_FORMAT_PEM, &pem);
	counterfoil_verifier *v = verifier_make(&(counterfoil_verifier_options){.crl = list_path, .accept_unknown = 1});
	counterfoil_peer *peer = NULL;
	assert_int_equal(counterfoil_verifier_peer(v, (counterfoil_bytes){pem.data, pem.len}, COUNTERFOIL_FORMAT_PEM, time(NULL), &peer, NULL),
			 COUNTERFOIL_PEER_UNKNOWN_CA);
	form_write(issuing.certificate, COUNTERFOIL_FORMAT_PEM, &pem);
	const counterfoil_bytes both = {pem.data, pem.len};
	assert_int_equal(counterfoil_verifier_peer(v, both, COUNTERFOIL_FORMAT_PEM, time(NULL), &peer, NULL), COUNTERFOIL_OK);
	assert_int_equal(counterfoil_peer_revocation(peer), COUNTERFOIL_REVOCATION_UNKNOWN); /* the list is the root's */
	counterfoil_peer_free(peer);
	write_list(&(struct crl_wanted){.issuer = &ca, .revoked = {&issuing}}); /* what the root says of the CA below counts */
	counterfoil_verifier_free(v);
	pem.len = 0;
	buf_add(&pem, ca_pem.data, ca_pem.len);
	form_write(issuing.certificate, COUNTERFOIL_FORMAT_PEM, &pem);
	v = verifier_make(&(counterfoil_verifier_options){.trust_pem = {pem.data, pem.len}, .crl = list_path});
	expect("the CA in between revoked, and no list of its own", v, p.certificate, COUNTERFOIL_PEER_REVOKED);
	counterfoil_verifier_free(v);
	write_list(&(struct crl_wanted){.issuer = &ca});
	buf_free(&pem);
	pair_free(&p);
	pair_free(&issuing);
}

/* Neither a caller's certificate, which would vouch for itself, nor one that is self-signed and no CA's; nor beside a CA. */
static void only_ca_certificates_are_trusted(void **state)
{
	(void)state;
	struct pair alone = pair_make(&(struct wanted){.common_name = "x", .alternative = URI, .extended = "clientAuth"});
	const X509 *const strangers[] = {subject.certificate, alone.certificate};
	for (size_t i = 0; i < sizeof strangers / sizeof *strangers; i++) {
		for (int beside = 0; beside < 2; beside++) {
			struct buf pem = BUF_INIT(CAP);
			counterfoil_verifier *v = NULL;
			counterfoil_error error;
			if (beside)
				buf_add(&pem, ca_pem.data, ca_pem.len);
			form_write(strangers[i], COUNTERFOIL_FORMAT_PEM, &pem);
			const counterfoil_verifier_options o = {.size = sizeof o, .trust_pem = {pem.data, pem.len}, .accept_unknown = 1};
			assert_int_equal(counterfoil_verifier_new(&o, &v, &error), COUNTERFOIL_BAD_INPUT);
			assert_non_null(strstr(error.text, "is no CA's"));
			assert_null(v);
			buf_free(&pem);
		}
	}
	pair_free(&alone);
}

static void options_out_of_bounds_are_refused(void **state)
{
	(void)state;
	counterfoil_verifier *v = NULL;
	const counterfoil_bytes pem = {ca_pem.data, ca_pem.len};
	const size_t size = sizeof(counterfoil_verifier_options);
	const struct {
		counterfoil_verifier_options o;
		counterfoil_code want;
	} cases[] = {
		{{.trust_pem = pem}, COUNTERFOIL_BAD_INPUT},
		{{.size = size}, COUNTERFOIL_NO_TRUST},
		{{.size = size, .trust_pem = {"x", 1}}, COUNTERFOIL_NO_TRUST},
		{{.size = size, .trust_pem = pem, .kinds = 8}, COUNTERFOIL_BAD_INPUT},
		{{.size = size, .trust_pem = pem, .crl = ""}, COUNTERFOIL_BAD_INPUT},
		{{.size = size, .trust_pem = pem, .crl = "https://x/y.crl"}, COUNTERFOIL_BAD_INPUT},
		{{.size = size, .trust_pem = pem, .crl = "file:///x"}, COUNTERFOIL_BAD_INPUT},
		{{.size = size, .trust_pem = pem, .crl_keep_seconds = UINT32_MAX}, COUNTERFOIL_BAD_INPUT},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		assert_int_equal(counterfoil_verifier_new(&cases[i].o, &v, NULL), cases[i].want);
		assert_null(v);
	}
	assert_int_equal(counterfoil_verifier_new(NULL, &v, NULL), COUNTERFOIL_BAD_INPUT);
	assert_int_equal(counterfoil_verifier_new(&cases[0].o, NULL, NULL), COUNTERFOIL_BAD_INPUT);
	counterfoil_verifier_free(NULL);
	counterfoil_peer_free(NULL);
	assert_int_equal(counterfoil_peer_may_reach(NULL, "a", "b"), 0);
	assert_string_equal(counterfoil_peer_fact(NULL, COUNTERFOIL_FACT_URI), "");
}

static void the_error_queue_of_the_caller_is_left_as_it_was(void **state)
{
	(void)state;
	counterfoil_verifier *v = verifier_make(&(counterfoil_verifier_options){.crl = list_path});
	ERR_clear_error();
	expect("accepted", v, subject.certificate, COUNTERFOIL_OK);
	expect("refused", v, twin.certificate, COUNTERFOIL_PEER_UNKNOWN_CA);
	assert_int_equal(ERR_peek_error(), 0);
	counterfoil_verifier_free(v);
}

static atomic_int accepted;

static void *ask_often(void *verifier)
{
	for (int i = 0; i < 50; i++) {
		counterfoil_peer *peer = NULL;
		accepted += ask(verifier, subject.certificate, &peer, NULL) == COUNTERFOIL_OK &&
			    counterfoil_peer_may_reach(peer, "nordbank", "document-archive");
		counterfoil_peer_free(peer);
	}
	return NULL;
}

static void threads_ask_side_by_side(void **state)
{
	(void)state;
	pthread_t threads[4];
	counterfoil_verifier *v = verifier_make(&(counterfoil_verifier_options){.crl = list_path});
	for (int i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, ask_often, v), 0);
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(accepted, 200);
	counterfoil_verifier_free(v);
}

static int begin(void **state)
{
	(void)state;
	ca = pair_make(&(struct wanted){.common_name = "Test CA", .ca = true});
	twin = pair_make(&(struct wanted){.common_name = "Test CA", .ca = true});
	subject = pair_make(&(struct wanted){.common_name = "e-banking", .organisation = "Nordbank", .unit = "Document archive",
					     .alternative = URI, .extended = "clientAuth", .issuer = &ca,
					     .lists = "URI:http://crl.example/issuing.crl"});
	form_write(ca.certificate, COUNTERFOIL_FORMAT_PEM, &ca_pem);
	snprintf(list_path, sizeof list_path, "%s/list.crl", mkdtemp(folder));
	return 0;
}

static int end(void **state)
{
	(void)state;
	unlink(list_path);
	rmdir(folder);
	buf_free(&ca_pem);
	pair_free(&ca);
	pair_free(&twin);
	pair_free(&subject);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whom_the_ca_did_not_send_or_not_for_this_is_refused),
		cmocka_unit_test(a_uri_that_is_not_ours_to_the_letter_names_nobody),
		cmocka_unit_test(a_name_with_a_nul_inside_is_refused),
		cmocka_unit_test(revoked_held_and_unknown_are_refused_each_for_itself),
		cmocka_unit_test(a_list_that_cannot_be_read_leaves_it_unknown_and_says_why),
		cmocka_unit_test(with_any_bit_flipped_nobody_is_accepted),
		cmocka_unit_test(an_accepted_client_reaches_its_own_service_and_no_other),
		cmocka_unit_test(staff_and_servers_are_accepted_where_they_are_asked_for_and_reach_no_service),
		cmocka_unit_test(a_chain_in_between_is_followed_to_the_ca_given),
		cmocka_unit_test(only_ca_certificates_are_trusted),
		cmocka_unit_test(options_out_of_bounds_are_refused),
		cmocka_unit_test(the_error_queue_of_the_caller_is_left_as_it_was),
		cmocka_unit_test(threads_ask_side_by_side),
	};
	return cmocka_run_group_tests(tests, begin, end);
}

/* What a server shows of its own revocation inside the handshake: what is refused, what the call goes on without, and that a
 * server which fails is never shown our certificate. */
#include "client/include/counterfoil.h"
#include "tests/support/ocsp_maker.h"
#include "tests/support/test.h"
#include "tests/support/tls_server.h"

#include <openssl/pem.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

enum { CAP = 1 << 17, PEM_SIZE = 8192 };
enum { GOOD = V_OCSP_CERTSTATUS_GOOD, REVOKED = V_OCSP_CERTSTATUS_REVOKED, UNKNOWN = V_OCSP_CERTSTATUS_UNKNOWN };
#define SOFT COUNTERFOIL_STAPLE_SOFT
#define HARD COUNTERFOIL_STAPLE_HARD

static struct pair ca, twin, server, must, neighbour, client;
static counterfoil_identity *identity;
static char ca_pem[PEM_SIZE], server_pem[PEM_SIZE];

static bool answer(SSL *ssl, const struct seen *request, struct tls_server *s)
{
	(void)request;
	(void)s;
	return tls_reply(ssl, 200, NULL, "hello");
}

static counterfoil_code call(const struct tls_server *s, counterfoil_staple staple, const char *pem, counterfoil_error *error)
{
	const counterfoil_client_options options = {.size = sizeof options, .identity = identity, .trust = COUNTERFOIL_TRUST_PEM,
						    .trust_pem = {pem, strlen(pem)}, .staple = staple};
	counterfoil_client *c = NULL;
	counterfoil_response *response = NULL;
	char url[64];
	snprintf(url, sizeof url, "https://localhost:%d/", s->port);
	const counterfoil_request request = {.size = sizeof request, .url = url};
	assert_int_equal(counterfoil_client_new(&options, &c, error), COUNTERFOIL_OK);
	counterfoil_code code = counterfoil_call(c, &request, &response, error);
	assert_int_equal(response != NULL, code == COUNTERFOIL_OK);
	counterfoil_response_free(response);
	counterfoil_client_free(c);
	return code;
}

/* A call to a server that staples these bytes (NULL: nothing), by each version of TLS. */
static void expect(const char *name, const struct pair *certificate, const struct buf *staple, counterfoil_staple how,
		   counterfoil_code want)
{
	for (int newest = TLS1_2_VERSION; newest <= TLS1_3_VERSION; newest++) {
		struct tls_server s = {.certificate = certificate, .client_ca = &ca, .optional = true, .answer = answer,
				       .newest_protocol = newest, .staple = staple};
		counterfoil_error error;
		tls_server_start(&s);
		counterfoil_code had = call(&s, how, ca_pem, &error);
		tls_server_stop(&s);
		if (had != want)
			fail_msg("%s, %s, TLS 1.%d: wanted %s, had %s (%s)", name, how == HARD ? "hard" : "soft", newest - TLS1_VERSION,
				 counterfoil_code_word(want), counterfoil_code_word(had), error.text);
		assert_int_equal(error.category, had ? COUNTERFOIL_CATEGORY_SERVER : COUNTERFOIL_CATEGORY_NONE);
		if (had && (s.requests || s.client_certificates || !error.text[0]))
			fail_msg("%s: the server saw a request or our certificate, or there is no sentence", name);
		assert_int_equal(s.staples, staple ? 1 : 0);
	}
}

static void expect_made(const char *name, const struct ocsp_wanted *wanted, counterfoil_code soft, counterfoil_code hard)
{
	struct ocsp_wanted w = *wanted;
	struct buf der = BUF_INIT(CAP);
	w.issuer = &ca;
	w.subject = w.subject ? w.subject : server.certificate;
	ocsp_write(&w, &der);
	expect(name, &server, &der, SOFT, soft);
	expect(name, &server, &der, HARD, hard);
	buf_free(&der);
}

static void a_revoked_server_is_refused_before_it_sees_our_certificate(void **state)
{
	(void)state;
	const struct {
		const char *name;
		struct ocsp_wanted w;
		counterfoil_code want;
	} cases[] = {
		{"good", {.status = GOOD}, COUNTERFOIL_OK},
		{"good by SHA-256", {.id_digest = EVP_sha256()}, COUNTERFOIL_OK},
		{"good for a day", {.endless = true, .from = -DAY + 60}, COUNTERFOIL_OK},
		{"revoked", {.status = REVOKED}, COUNTERFOIL_SERVER_REVOKED},
		{"on hold", {.status = REVOKED, .reason = OCSP_REVOKED_STATUS_CERTIFICATEHOLD}, COUNTERFOIL_SERVER_REVOKED},
		{"unknown", {.status = UNKNOWN}, COUNTERFOIL_BAD_STAPLE},
		{"over", {.from = -9000, .until = -600}, COUNTERFOIL_BAD_STAPLE},
		{"good for more than a day", {.endless = true, .from = -DAY - 600}, COUNTERFOIL_BAD_STAPLE},
		{"to come", {.from = 600, .until = 9000}, COUNTERFOIL_BAD_STAPLE},
		{"of another CA", {.signer = &twin}, COUNTERFOIL_BAD_STAPLE},
		{"of the server itself", {.signer = &server}, COUNTERFOIL_BAD_STAPLE},
		{"about another", {.subject = neighbour.certificate}, COUNTERFOIL_BAD_STAPLE},
		{"weak", {.digest = EVP_sha1()}, COUNTERFOIL_BAD_STAPLE},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		expect_made(cases[i].name, &cases[i].w, cases[i].want, cases[i].want);
}

static void a_responder_that_the_ca_has_charged_speaks_for_it(void **state)
{
	(void)state;
	struct pair charged = pair_make(&(struct wanted){.common_name = "R", .issuer = &ca, .extended = "OCSPSigning"});
	struct pair other = pair_make(&(struct wanted){.common_name = "R", .issuer = &ca, .extended = "serverAuth"});
	expect_made("charged", &(struct ocsp_wanted){.signer = &charged}, COUNTERFOIL_OK, COUNTERFOIL_OK);
	expect_made("charged, revoked", &(struct ocsp_wanted){.signer = &charged, .status = REVOKED}, COUNTERFOIL_SERVER_REVOKED,
		    COUNTERFOIL_SERVER_REVOKED);
	expect_made("not charged", &(struct ocsp_wanted){.signer = &other}, COUNTERFOIL_BAD_STAPLE, COUNTERFOIL_BAD_STAPLE);
	pair_free(&charged);
	pair_free(&other);
}

static void without_an_answer_the_call_goes_on_unless_there_must_be_one(void **state)
{
	(void)state;
	struct buf der = BUF_INIT(CAP);
	expect("nothing", &server, NULL, SOFT, COUNTERFOIL_OK);
	expect("nothing", &server, NULL, HARD, COUNTERFOIL_NO_STAPLE);
	expect("nothing, and must", &must, NULL, SOFT, COUNTERFOIL_NO_STAPLE);
	expect("nothing, and must", &must, NULL, HARD, COUNTERFOIL_NO_STAPLE);
	ocsp_write(&(struct ocsp_wanted){.issuer = &ca, .subject = must.certificate}, &der);
	expect("good, and must", &must, &der, SOFT, COUNTERFOIL_OK);
	buf_free(&der);
}

/* Apache staples them when its CA's responder is down, and nobody has signed them: as good as nothing. */
static void an_error_of_the_responder_is_no_answer(void **state)
{
	(void)state;
	struct buf der = BUF_INIT(CAP);
	ocsp_write(&(struct ocsp_wanted){.error = OCSP_RESPONSE_STATUS_TRYLATER}, &der);
	expect("try later", &server, &der, SOFT, COUNTERFOIL_OK);
	expect("try later", &server, &der, HARD, COUNTERFOIL_NO_STAPLE);
	expect("try later, and must", &must, &der, SOFT, COUNTERFOIL_NO_STAPLE);
	buf_free(&der);
}

static void what_is_no_answer_at_all_is_refused(void **state)
{
	(void)state;
	struct buf der = BUF_INIT(CAP);
	buf_text(&der, "good, believe me");
	expect("nonsense", &server, &der, SOFT, COUNTERFOIL_BAD_STAPLE);
	buf_clear(&der);
	ocsp_write(&(struct ocsp_wanted){.issuer = &ca, .subject = server.certificate}, &der);
	const struct buf cut = {.data = der.data, .len = der.len - 1};
	expect("cut", &server, &cut, SOFT, COUNTERFOIL_BAD_STAPLE);
	buf_free(&der);
}

/* OpenSSL itself takes no more than 16 KiB of it by TLS 1.2, and 64 by TLS 1.3. */
static void what_is_larger_than_any_answer_is_refused(void **state)
{
	(void)state;
	struct buf der = BUF_INIT(CAP);
	ocsp_write(&(struct ocsp_wanted){.issuer = &ca, .subject = server.certificate}, &der);
	assert_non_null(buf_room(&der, 65536));
	for (int newest = TLS1_2_VERSION; newest <= TLS1_3_VERSION; newest++) {
		struct tls_server s = {.certificate = &server, .answer = answer, .newest_protocol = newest, .staple = &der};
		counterfoil_error error;
		tls_server_start(&s);
		assert_int_equal(call(&s, SOFT, ca_pem, &error), COUNTERFOIL_BAD_SERVER);
		tls_server_stop(&s);
	}
	buf_free(&der);
}

static void a_certificate_that_is_trusted_by_itself_has_nobody_to_speak_of_it(void **state)
{
	(void)state;
	const struct {
		counterfoil_staple how;
		counterfoil_code want;
	} cases[] = {{SOFT, COUNTERFOIL_OK}, {HARD, COUNTERFOIL_NO_STAPLE}};
	struct buf der = BUF_INIT(CAP);
	ocsp_write(&(struct ocsp_wanted){.issuer = &ca, .subject = server.certificate}, &der);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct tls_server s = {.certificate = &server, .answer = answer, .staple = &der};
		counterfoil_error error;
		tls_server_start(&s);
		assert_int_equal(call(&s, cases[i].how, server_pem, &error), cases[i].want);
		tls_server_stop(&s);
	}
	buf_free(&der);
}

/* The issuer is the CA in between that the server sends along, not the one that is trusted. */
static void an_answer_is_the_word_of_the_ca_that_made_the_certificate(void **state)
{
	(void)state;
	struct pair between = pair_make(&(struct wanted){.common_name = "Between", .ca = true, .issuer = &ca});
	struct pair below = pair_make(&(struct wanted){.alternative = "DNS:localhost", .issuer = &between, .extended = "serverAuth"});
	const struct {
		const struct pair *signer;
		counterfoil_code want;
	} cases[] = {{&between, COUNTERFOIL_OK}, {&ca, COUNTERFOIL_BAD_STAPLE}};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct buf der = BUF_INIT(CAP);
		struct tls_server s = {.certificate = &below, .between = &between, .answer = answer, .staple = &der};
		counterfoil_error error;
		ocsp_write(&(struct ocsp_wanted){.issuer = &between, .subject = below.certificate, .signer = cases[i].signer}, &der);
		tls_server_start(&s);
		assert_int_equal(call(&s, HARD, ca_pem, &error), cases[i].want);
		tls_server_stop(&s);
		buf_free(&der);
	}
	pair_free(&between);
	pair_free(&below);
}

static void one_connection_is_judged_once(void **state)
{
	(void)state;
	struct buf der = BUF_INIT(CAP);
	ocsp_write(&(struct ocsp_wanted){.issuer = &ca, .subject = server.certificate}, &der);
	struct tls_server s = {.certificate = &server, .answer = answer, .staple = &der};
	tls_server_start(&s);
	const counterfoil_client_options options = {.size = sizeof options, .trust = COUNTERFOIL_TRUST_PEM,
						    .trust_pem = {ca_pem, strlen(ca_pem)}, .staple = HARD};
	counterfoil_client *c = NULL;
	char url[64];
	snprintf(url, sizeof url, "https://localhost:%d/", s.port);
	assert_int_equal(counterfoil_client_new(&options, &c, NULL), COUNTERFOIL_OK);
	for (int i = 0; i < 5; i++) {
		const counterfoil_request request = {.size = sizeof request, .url = url};
		counterfoil_response *response = NULL;
		assert_int_equal(counterfoil_call(c, &request, &response, NULL), COUNTERFOIL_OK);
		counterfoil_response_free(response);
	}
	counterfoil_client_free(c);
	tls_server_stop(&s);
	assert_int_equal(s.staples, 1);
	buf_free(&der);
}

static void what_is_neither_soft_nor_hard_is_no_option(void **state)
{
	(void)state;
	counterfoil_client *c = NULL;
	counterfoil_client_options options = {.size = sizeof options, .trust = COUNTERFOIL_TRUST_PEM,
					      .trust_pem = {ca_pem, strlen(ca_pem)}, .staple = (counterfoil_staple)2};
	assert_int_equal(counterfoil_client_new(&options, &c, NULL), COUNTERFOIL_BAD_INPUT);
	assert_null(c);
}

static void pem_of(const X509 *certificate, char out[PEM_SIZE])
{
	BIO *memory = BIO_new(BIO_s_mem());
	assert_int_equal(PEM_write_bio_X509(memory, certificate), 1);
	int len = BIO_read(memory, out, PEM_SIZE - 1);
	out[len > 0 ? len : 0] = '\0';
	BIO_free(memory);
}

static int begin(void **state)
{
	(void)state;
	static const char password[] = "x", localhost[] = "DNS:localhost";
	struct buf der = BUF_INIT(CAP);
	signal(SIGPIPE, SIG_IGN);
	ca = pair_make(&(struct wanted){.common_name = "Test CA", .ca = true});
	twin = pair_make(&(struct wanted){.common_name = "Test CA", .ca = true});
	server = pair_make(&(struct wanted){.alternative = localhost, .issuer = &ca, .extended = "serverAuth"});
	must = pair_make(&(struct wanted){.alternative = localhost, .issuer = &ca, .extended = "serverAuth", .features = "status_request"});
	neighbour = pair_make(&(struct wanted){.alternative = localhost, .issuer = &ca, .extended = "serverAuth"});
	client = pair_make(&(struct wanted){.common_name = "client", .issuer = &ca, .extended = "clientAuth"});
	pem_of(ca.certificate, ca_pem);
	pem_of(server.certificate, server_pem);
	X509 *chain[] = {ca.certificate};
	package_write(&(struct package){.subject = &client, .password = password, .chain = chain, .chain_count = 1}, &der);
	counterfoil_code code = counterfoil_identity_from_memory((counterfoil_bytes){der.data, der.len},
								 (counterfoil_bytes){password, 1}, &identity, NULL);
	buf_free(&der);
	return code;
}

static int end(void **state)
{
	(void)state;
	struct pair *const all[] = {&ca, &twin, &server, &must, &neighbour, &client};
	counterfoil_identity_free(identity);
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		pair_free(all[i]);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_revoked_server_is_refused_before_it_sees_our_certificate),
		cmocka_unit_test(a_responder_that_the_ca_has_charged_speaks_for_it),
		cmocka_unit_test(without_an_answer_the_call_goes_on_unless_there_must_be_one),
		cmocka_unit_test(an_error_of_the_responder_is_no_answer),
		cmocka_unit_test(what_is_no_answer_at_all_is_refused),
		cmocka_unit_test(what_is_larger_than_any_answer_is_refused),
		cmocka_unit_test(a_certificate_that_is_trusted_by_itself_has_nobody_to_speak_of_it),
		cmocka_unit_test(an_answer_is_the_word_of_the_ca_that_made_the_certificate),
		cmocka_unit_test(one_connection_is_judged_once),
		cmocka_unit_test(what_is_neither_soft_nor_hard_is_no_option),
	};
	return cmocka_run_group_tests(tests, begin, end);
}

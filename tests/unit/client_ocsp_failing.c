/* OCSP, inside a handshake and from a responder, while memory and OpenSSL fail at each call in turn: what was revoked is never
 * taken for good, and nothing is left behind. */
#include "client/include/counterfoil.h"
#include "tests/support/failing.h"
#include "tests/support/forms.h"
#include "tests/support/ocsp_responder.h"
#include "tests/support/test.h"
#include "tests/support/tls_server.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define URI "URI:spiffe://test.example/org/nordbank/service/document-archive/client/e-banking"

enum { CAP = 1 << 16, SAMPLE = 40 };
enum { GOOD = V_OCSP_CERTSTATUS_GOOD, REVOKED = V_OCSP_CERTSTATUS_REVOKED };

static struct pair ca, charged, server, caller;
static struct buf ca_pem = {.cap = CAP}, presented = {.cap = CAP};

static void spare(void)
{
	failing_pause(); /* for as long as the thread lives */
}

static struct ocsp_responder responder = {.spare = spare};

static enum err outcome_of(counterfoil_code code, const counterfoil_error *error, bool served)
{
	if (served != (code == COUNTERFOIL_OK) || error->code != code || (code && !error->text[0]))
		return ERR_INTERNAL;
	return code ? ERR_REFUSED : ERR_OK;
}

static enum err ask_about_a_peer(void)
{
	const counterfoil_verifier_options options = {.size = sizeof options, .trust_pem = {ca_pem.data, ca_pem.len},
						      .ocsp = responder.url};
	counterfoil_verifier *verifier = NULL;
	counterfoil_peer *peer = NULL;
	counterfoil_error error;
	counterfoil_code code = counterfoil_verifier_new(&options, &verifier, &error);
	if (!code)
		code = counterfoil_verifier_peer(verifier, (counterfoil_bytes){presented.data, presented.len},
						 COUNTERFOIL_FORMAT_DER, time(NULL), &peer, &error);
	bool reaches = counterfoil_peer_may_reach(peer, "nordbank", "document-archive");
	counterfoil_peer_free(peer);
	counterfoil_verifier_free(verifier);
	return outcome_of(code, &error, reaches);
}

static struct tls_server *called;

static bool answer(SSL *ssl, const struct seen *request, struct tls_server *s)
{
	(void)request;
	(void)s;
	return tls_reply(ssl, 200, "Connection: close\r\n", "hello") && false;
}

static enum err call_a_server(void)
{
	const counterfoil_client_options options = {.size = sizeof options, .trust = COUNTERFOIL_TRUST_PEM,
						    .trust_pem = {ca_pem.data, ca_pem.len}};
	counterfoil_client *client = NULL;
	counterfoil_response *response = NULL;
	counterfoil_error error;
	char url[64];
	snprintf(url, sizeof url, "https://127.0.0.1:%d/", called->port);
	const counterfoil_request request = {.size = sizeof request, .url = url};
	counterfoil_code code = counterfoil_client_new(&options, &client, &error);
	if (!code)
		code = counterfoil_call(client, &request, &response, &error);
	bool served = response != NULL;
	counterfoil_response_free(response);
	counterfoil_client_free(client);
	return outcome_of(code, &error, served);
}

static void accepted_or_refused(enum err rc, bool failed)
{
	failing_require(rc == ERR_OK || (failed && rc == ERR_REFUSED));
}

static void never(enum err rc, bool failed)
{
	(void)failed;
	failing_require(rc == ERR_REFUSED);
}

static void whatever_fails_a_revoked_peer_is_not_accepted(void **state)
{
	(void)state;
	const struct {
		const char *name;
		int status;
		void (*after)(enum err rc, bool failed);
	} works[] = {{"a good peer", GOOD, accepted_or_refused}, {"a revoked peer", REVOKED, never}};
	for (size_t i = 0; i < sizeof works / sizeof *works; i++) {
		const struct failing_work work = {.name = works[i].name, .act = ask_about_a_peer, .after = works[i].after,
						  .without_sqlite = true, .with_curl = true};
		responder_says(&responder, &(struct ocsp_wanted){.issuer = &ca, .signer = &charged, .status = works[i].status});
		failing_each(&work, SAMPLE);
	}
}

static void whatever_fails_a_revoked_server_is_not_called(void **state)
{
	(void)state;
	const struct {
		const char *name;
		int status;
		void (*after)(enum err rc, bool failed);
	} works[] = {{"a good server", GOOD, accepted_or_refused}, {"a revoked server", REVOKED, never}};
	for (size_t i = 0; i < sizeof works / sizeof *works; i++) {
		const struct failing_work work = {.name = works[i].name, .act = call_a_server, .after = works[i].after,
						  .without_sqlite = true, .with_curl = true};
		struct buf der = BUF_INIT(CAP);
		struct tls_server s = {.certificate = &server, .answer = answer, .staple = &der, .alone = true,
				       .spare = spare};
		ocsp_write(&(struct ocsp_wanted){.issuer = &ca, .signer = &charged, .subject = server.certificate,
						 .status = works[i].status}, &der);
		tls_server_start(&s);
		called = &s;
		failing_each(&work, SAMPLE);
		tls_server_stop(&s);
		if (works[i].status == REVOKED)
			assert_int_equal(s.requests, 0);
		buf_free(&der);
	}
}

static int begin(void **state)
{
	(void)state;
	signal(SIGPIPE, SIG_IGN);
	ca = pair_make(&(struct wanted){.common_name = "Test CA", .ca = true});
	charged = pair_make(&(struct wanted){.common_name = "Responder", .issuer = &ca, .extended = "OCSPSigning"});
	server = pair_make(&(struct wanted){.alternative = "IP:127.0.0.1", .issuer = &ca, .extended = "serverAuth"});
	caller = pair_make(&(struct wanted){.common_name = "x", .alternative = URI, .extended = "clientAuth", .issuer = &ca});
	form_write(ca.certificate, COUNTERFOIL_FORMAT_PEM, &ca_pem);
	form_write(caller.certificate, COUNTERFOIL_FORMAT_DER, &presented);
	responder.says.issuer = &ca;
	responder_start(&responder);
	return 0;
}

static int end(void **state)
{
	(void)state;
	struct pair *const all[] = {&ca, &charged, &server, &caller};
	responder_stop(&responder);
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		pair_free(all[i]);
	buf_free(&ca_pem);
	buf_free(&presented);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whatever_fails_a_revoked_peer_is_not_accepted),
		cmocka_unit_test(whatever_fails_a_revoked_server_is_not_called),
	};
	return cmocka_run_group_tests(tests, begin, end);
}

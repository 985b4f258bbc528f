#include "tests/support/call_stage.h"
#include "tests/support/test.h"

#include <malloc.h>
#include <openssl/pem.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

static struct pair ca, server;
static char ca_pem[8192];
static size_t ca_pem_len;

int stage_setup(void **state)
{
	(void)state;
	signal(SIGPIPE, SIG_IGN);
	mallopt(M_PERTURB, 0xa5); /* what is freed is overwritten: who looks at it all the same does not get away with it */
	ca = pair_make(&(struct wanted){.common_name = "Stage CA", .ca = true});
	server = pair_make(&(struct wanted){.alternative = "DNS:localhost,IP:127.0.0.1", .issuer = &ca, .extended = "serverAuth"});
	BIO *memory = BIO_new(BIO_s_mem());
	PEM_write_bio_X509(memory, ca.certificate);
	int len = BIO_read(memory, ca_pem, sizeof ca_pem);
	ca_pem_len = len > 0 ? (size_t)len : 0;
	BIO_free(memory);
	return ca_pem_len ? 0 : -1;
}

int stage_teardown(void **state)
{
	(void)state;
	pair_free(&server);
	pair_free(&ca);
	return 0;
}

counterfoil_bytes stage_ca_pem(void)
{
	return (counterfoil_bytes){ca_pem, ca_pem_len};
}

counterfoil_client *stage_client(const counterfoil_client_options *options)
{
	counterfoil_client_options all = options ? *options : (counterfoil_client_options){0};
	counterfoil_client *made = NULL;
	counterfoil_error error;
	all.size = sizeof all;
	all.trust = COUNTERFOIL_TRUST_PEM;
	all.trust_pem = (counterfoil_bytes){ca_pem, ca_pem_len};
	if (counterfoil_client_new(&all, &made, &error))
		fail_msg("client: %s", error.text);
	return made;
}

void stage_open(struct call_stage *stage, const counterfoil_client_options *options)
{
	stage->server.certificate = &server;
	tls_server_start(&stage->server);
	stage->client = stage_client(options);
}

void stage_close(struct call_stage *stage)
{
	counterfoil_client_free(stage->client);
	tls_server_stop(&stage->server);
}

const char *stage_url(struct call_stage *stage, const char *path)
{
	snprintf(stage->url, sizeof stage->url, "https://localhost:%d%s", stage->server.port, path);
	return stage->url;
}

void stage_call(struct call_stage *stage, counterfoil_request *request, counterfoil_code want,
		counterfoil_response **response)
{
	counterfoil_response *kept = NULL;
	counterfoil_error error;
	request->size = sizeof *request;
	counterfoil_code had = counterfoil_call(stage->client, request, &kept, &error);
	if (had != want)
		fail_msg("%s: wanted %s, had %s: %s", request->url, counterfoil_code_word(want), counterfoil_code_word(had), error.text);
	if (error.code != had || (had && !error.text[0]))
		fail_msg("%s: the error does not say %s", request->url, counterfoil_code_word(had));
	if ((had == COUNTERFOIL_OK) != (kept != NULL) && counterfoil_category_of(had) != COUNTERFOIL_CATEGORY_REFUSED)
		fail_msg("%s: %s and response %p", request->url, counterfoil_code_word(had), (void *)kept);
	if (response)
		*response = kept;
	else
		counterfoil_response_free(kept);
}

void stage_is_sound(struct call_stage *stage)
{
	counterfoil_response *response = NULL;
	stage_call(stage, &(counterfoil_request){.url = stage_url(stage, "/hello")}, COUNTERFOIL_OK, &response);
	assert_string_equal(counterfoil_response_body(response).data, "hello");
	counterfoil_response_free(response);
}

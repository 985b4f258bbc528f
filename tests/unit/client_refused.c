/* How servers refuse a client certificate, and what the library makes of it. TLS 1.3 says so when the client takes the
 * handshake for finished and is sending already. */
#include "tests/support/call_stage.h"
#include "tests/support/test.h"

#include <dlfcn.h>
#include <openssl/x509_vfy.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

static struct pair client_ca, client;
static counterfoil_identity *identity;
static const char password[] = "7K3M-Q2X5-A4BC-D6EF-GH7J-KM9N";

static pthread_t caller;
static const struct tls_server *_Atomic awaited; /* nothing is sent before it has refused a handshake and reset */

static void pause_until_refused(const struct tls_server *server)
{
	for (int i = 0; server->failures == 0 && i < 5000; i++)
		nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
}

/* What libcurl sends by. The server's threads call it too. */
__attribute__((visibility("default"))) int SSL_write(SSL *ssl, const void *bytes, int len)
{
	static int (*real)(SSL *, const void *, int);
	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "SSL_write");
	const struct tls_server *server = awaited;
	if (server && pthread_equal(caller, pthread_self()))
		pause_until_refused(server);
	return real(ssl, bytes, len);
}

static bool answer(SSL *ssl, const struct seen *request, struct tls_server *server)
{
	(void)request;
	(void)server;
	return tls_reply(ssl, 200, NULL, "hello");
}

struct refusal {
	const char *name;
	int verdict;
	bool anonymous;
	counterfoil_code want;
};

static void call_and_be_refused(const struct refusal *r, const char *alpn, counterfoil_request *request)
{
	struct call_stage stage = {.server = {.answer = answer, .client_ca = &client_ca, .refuse_with = r->verdict, .reset = true,
					      .alpn = alpn}};
	stage_open(&stage, &(counterfoil_client_options){.identity = r->anonymous ? NULL : identity});
	awaited = &stage.server;
	request->url = stage_url(&stage, "/");
	stage_call(&stage, request, r->want, NULL);
	awaited = NULL;
	assert_int_equal(stage.server.failures, 1);
	stage_close(&stage);
}

static void what_is_said_while_we_send_is_heard(void **state)
{
	(void)state;
	static const struct refusal refusals[] = {
		{"revoked", X509_V_ERR_CERT_REVOKED, false, COUNTERFOIL_REVOKED},
		{"expired", X509_V_ERR_CERT_HAS_EXPIRED, false, COUNTERFOIL_EXPIRED},
		{"of another CA", X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN, false, COUNTERFOIL_CERTIFICATE_REFUSED},
		{"none", 0, true, COUNTERFOIL_CERTIFICATE_REFUSED},
	};
	const counterfoil_part part = {.name = "letter", .data = {"dear", 4}};
	counterfoil_cancel *cancel = counterfoil_cancel_new();
	for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
		print_message("%s\n", refusals[i].name);
		call_and_be_refused(&refusals[i], NULL, &(counterfoil_request){0});
		call_and_be_refused(&refusals[i], "h2", &(counterfoil_request){0});
		call_and_be_refused(&refusals[i], NULL, &(counterfoil_request){.cancel = cancel});
		call_and_be_refused(&refusals[i], NULL, &(counterfoil_request){.method = "POST", .body = {"dear", 4}});
		call_and_be_refused(&refusals[i], NULL, &(counterfoil_request){.method = "POST", .parts = &part, .part_count = 1});
	}
	counterfoil_cancel_free(cancel);
}

/* Answers before it has read the body, and resets. */
static int early_status;

static bool answer_early(SSL *ssl, const char *head, struct tls_server *server, bool *more)
{
	const struct linger none = {.l_onoff = 1, .l_linger = 0};
	(void)head, (void)server;
	tls_reply(ssl, early_status, NULL, "early");
	setsockopt(SSL_get_fd(ssl), SOL_SOCKET, SO_LINGER, &none, sizeof none);
	shutdown(SSL_get_fd(ssl), SHUT_RD);
	*more = false;
	return true;
}

enum { UPLOAD = 64 << 20 };

static int64_t give(void *context, void *into, size_t most)
{
	int64_t *given = context;
	memset(into, 'x', most);
	*given += (int64_t)most;
	return (int64_t)most;
}

/* What has not left is not said to have arrived; what was refused is. */
static void an_answer_to_half_a_body_is_no_success(void **state)
{
	(void)state;
	static char letter[8 << 20];
	struct call_stage stage = {.server = {.answer = answer, .take = answer_early}};
	const struct {
		int status;
		counterfoil_code want;
	} answers[] = {{200, COUNTERFOIL_BROKEN}, {204, COUNTERFOIL_BROKEN}, {413, COUNTERFOIL_OK}};
	stage_open(&stage, NULL);
	for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
		counterfoil_response *response = NULL;
		early_status = answers[i].status;
		counterfoil_request request = {.method = "POST", .url = stage_url(&stage, "/"), .body = {letter, sizeof letter}};
		stage_call(&stage, &request, answers[i].want, &response);
		if (response)
			assert_int_equal(counterfoil_response_status(response), answers[i].status);
		counterfoil_response_free(response);
	}
	int64_t given = 0;
	early_status = 200;
	const counterfoil_source source = {.read = give, .context = &given, .length = UPLOAD};
	stage_call(&stage, &(counterfoil_request){.method = "POST", .url = stage_url(&stage, "/"), .source = &source},
		   COUNTERFOIL_BROKEN, NULL);
	assert_true(given < UPLOAD); /* nobody goes on reading for a connection that is dead */
	stage_close(&stage);
}

/* What nginx 1.22 says, letter by letter, and what only looks like it. */
static const char *const pages[] = {
	"/unaccepted", "<html>\r\n<head><title>400 The SSL certificate error</title></head>\r\n<body>\r\n<center><h1>400 Bad Request"
	"</h1></center>\r\n<center>The SSL certificate error</center>\r\n<hr><center>nginx/1.22.1</center>\r\n</body>\r\n</html>\r\n",
	"/unsent", "<html>\r\n<head><title>400 No required SSL certificate was sent</title></head>\r\n<body>\r\n</body>\r\n</html>\r\n",
	"/other", "<html>\r\n<head><title>400 Bad Request</title></head>\r\n<body>The SSL certificate error</body>\r\n</html>\r\n",
};

static const char *page_of(const char *path)
{
	for (size_t i = 0; i + 1 < sizeof pages / sizeof *pages; i += 2)
		if (strcmp(path, pages[i]) == 0)
			return pages[i + 1];
	return "";
}

/* /STATUS/TYPE/PAGE */
static bool answer_with_page(SSL *ssl, const struct seen *request, struct tls_server *server)
{
	char type[64] = "", path[64] = "", header[128];
	int status = 0;
	(void)server;
	sscanf(request->path, "/%d/text/%63[a-z]%63s", &status, type, path);
	snprintf(header, sizeof header, "Content-Type: text/%s\r\n", type);
	return tls_reply(ssl, status, header, page_of(path));
}

static void the_pages_by_which_nginx_refuses_are_known(void **state)
{
	(void)state;
	static const struct {
		const char *path;
		counterfoil_code want;
		const char *says;
	} cases[] = {
		{"/400/text/html/unaccepted", COUNTERFOIL_CERTIFICATE_REFUSED, "does not accept"},
		{"/400/text/html/unsent", COUNTERFOIL_CERTIFICATE_REFUSED, "none was sent"},
		{"/495/text/plain/x", COUNTERFOIL_CERTIFICATE_REFUSED, "does not accept"},
		{"/496/text/plain/x", COUNTERFOIL_CERTIFICATE_REFUSED, "none was sent"},
		{"/400/text/html/other", COUNTERFOIL_OK, ""},
		{"/400/text/plain/unaccepted", COUNTERFOIL_OK, ""},
		{"/200/text/html/unaccepted", COUNTERFOIL_OK, ""},
		{"/404/text/html/unaccepted", COUNTERFOIL_OK, ""},
		{"/400/text/html/nothing", COUNTERFOIL_OK, ""},
		{"/497/text/html/unaccepted", COUNTERFOIL_OK, ""},
	};
	struct call_stage stage = {.server = {.answer = answer_with_page}};
	stage_open(&stage, NULL);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		counterfoil_response *response = NULL;
		counterfoil_error error;
		const counterfoil_request request = {.size = sizeof request, .url = stage_url(&stage, cases[i].path)};
		counterfoil_code had = counterfoil_call(stage.client, &request, &response, &error);
		if (had != cases[i].want || !strstr(error.text, cases[i].says))
			fail_msg("%s: %s: %s", cases[i].path, counterfoil_code_word(had), error.text);
		assert_non_null(response);
		assert_int_equal(counterfoil_response_status(response), strtol(cases[i].path + 1, NULL, 10));
		counterfoil_response_free(response);
	}
	stage_close(&stage);
}

static void the_next_call_is_sound(void **state)
{
	(void)state;
	struct call_stage stage = {.server = {.answer = answer, .client_ca = &client_ca, .optional = true, .reset = true}};
	stage.server.refuse_with = X509_V_ERR_CERT_REVOKED;
	stage_open(&stage, &(counterfoil_client_options){.identity = identity});
	awaited = &stage.server;
	stage_call(&stage, &(counterfoil_request){.url = stage_url(&stage, "/")}, COUNTERFOIL_REVOKED, NULL);
	awaited = NULL;
	stage.server.refuse_with = 0;
	stage_is_sound(&stage);
	stage_is_sound(&stage);
	assert_int_equal(stage.server.connections, 2);
	stage_close(&stage);
}

static int setup(void **state)
{
	caller = pthread_self();
	client_ca = pair_make(&(struct wanted){.common_name = "Clients CA", .ca = true});
	client = pair_make(&(struct wanted){.common_name = "e-banking", .issuer = &client_ca, .extended = "clientAuth"});
	X509 *chain[] = {client_ca.certificate};
	struct buf der = BUF_INIT(1 << 16);
	package_write(&(struct package){.subject = &client, .password = password, .chain = chain, .chain_count = 1}, &der);
	counterfoil_code code = counterfoil_identity_from_memory((counterfoil_bytes){der.data, der.len},
								 (counterfoil_bytes){password, strlen(password)}, &identity, NULL);
	buf_free(&der);
	return code ? -1 : stage_setup(state);
}

static int teardown(void **state)
{
	counterfoil_identity_free(identity);
	pair_free(&client);
	pair_free(&client_ca);
	return stage_teardown(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_said_while_we_send_is_heard),
		cmocka_unit_test(an_answer_to_half_a_body_is_no_success),
		cmocka_unit_test(the_next_call_is_sound),
		cmocka_unit_test(the_pages_by_which_nginx_refuses_are_known),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}

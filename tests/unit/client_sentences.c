/* What is said when no answer came: where to, which limit it was, what to do; and whether the server may have acted. */
#include "tests/support/call_stage.h"
#include "tests/support/test.h"

#include <arpa/inet.h>
#include <openssl/x509_vfy.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static const char password[] = "7K3M-Q2X5-A4BC-D6EF-GH7J-KM9N";
static struct pair client_ca;
static counterfoil_identity *identity;

static bool answer(SSL *ssl, const struct seen *request, struct tls_server *server)
{
	(void)request, (void)server;
	return tls_reply(ssl, 200, NULL, "hello");
}

/* /silent says nothing, /half says half, /gone closes, and from then on the server refuses every certificate. */
static bool take(SSL *ssl, const char *head, struct tls_server *server, bool *more)
{
	char byte;
	if (strstr(head, " /silent "))
		SSL_read(ssl, &byte, 1); /* until the client goes */
	else if (strstr(head, " /half "))
		tls_say(ssl, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345");
	else if (strstr(head, " /gone "))
		server->refuse_with = X509_V_ERR_CERT_REVOKED;
	else
		return false;
	*more = false;
	return true;
}

static int bound_port(bool listening, int *fd)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof a;
	*fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(*fd, (struct sockaddr *)&a, len), 0);
	assert_true(!listening || listen(*fd, 8) == 0);
	assert_int_equal(getsockname(*fd, (struct sockaddr *)&a, &len), 0);
	return ntohs(a.sin_port);
}

/* Takes what comes first, and closes: as a server does that has too many callers. */
static void *hang_up(void *data)
{
	const int *listener = data;
	char hello[4096];
	int fd = accept(*listener, NULL, NULL);
	(void)!read(fd, hello, sizeof hello);
	close(fd);
	return NULL;
}

static void expect(struct call_stage *stage, const char *url, uint32_t total_ms, counterfoil_code want, const char *const says[2])
{
	const counterfoil_request request = {.size = sizeof request, .url = url, .total_timeout_ms = total_ms};
	counterfoil_response *response = NULL;
	counterfoil_error error;
	counterfoil_code had = counterfoil_call(stage->client, &request, &response, &error);
	if (had != want || response || !strstr(error.text, says[0]) || !strstr(error.text, says[1]))
		fail_msg("%s: %s: %s", url, counterfoil_code_word(had), error.text);
}

static void each_failure_says_where_and_what_to_do(void **state)
{
	(void)state;
	struct call_stage stage = {.server = {.answer = answer, .take = take}};
	char place[32], mute[64], closed[64];
	int mute_fd, closed_fd;
	stage_open(&stage, &(counterfoil_client_options){.connect_timeout_ms = 200, .stall_timeout_seconds = 1,
							 .http = COUNTERFOIL_HTTP_1_1});
	snprintf(place, sizeof place, "localhost:%d: ", stage.server.port);
	snprintf(mute, sizeof mute, "https://127.0.0.1:%d/", bound_port(true, &mute_fd));
	snprintf(closed, sizeof closed, "https://127.0.0.1:%d/", bound_port(false, &closed_fd));
	const struct {
		const char *url;
		uint32_t total_ms;
		counterfoil_code want;
		const char *says[2];
	} cases[] = {
		{"/silent", 150, COUNTERFOIL_TIMEOUT, {place, "no whole answer within 150 ms"}},
		{"/silent", 0, COUNTERFOIL_TIMEOUT, {place, "nothing came or went for 1 second"}},
		{mute, 0, COUNTERFOIL_TIMEOUT, {mute + 8, "not connected within 200 ms"}},
		{closed, 0, COUNTERFOIL_UNREACHABLE, {closed + 8, "check the host name, the port and the network"}},
		{"https://nowhere.invalid/", 0, COUNTERFOIL_UNREACHABLE, {"nowhere.invalid:443: ", "check the host name"}},
		{"/half", 0, COUNTERFOIL_BROKEN, {place, "ended before the answer was whole"}},
	};
	strchr(mute + 8, '/')[0] = '\0';
	strchr(closed + 8, '/')[0] = '\0';
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		expect(&stage, cases[i].url[0] == '/' ? stage_url(&stage, cases[i].url) : cases[i].url, cases[i].total_ms, cases[i].want,
		       cases[i].says);
	close(mute_fd);
	close(closed_fd);
	stage_close(&stage);
}

static void a_handshake_that_just_ends_is_a_broken_connection(void **state)
{
	(void)state;
	struct call_stage stage = {.server = {.answer = answer}};
	char url[64];
	int listener;
	pthread_t thread;
	stage_open(&stage, NULL);
	snprintf(url, sizeof url, "https://127.0.0.1:%d/", bound_port(true, &listener));
	assert_int_equal(pthread_create(&thread, NULL, hang_up, &listener), 0);
	expect(&stage, url, 0, COUNTERFOIL_BROKEN, (const char *const[]){"127.0.0.1:", "try again"});
	pthread_join(thread, NULL);
	close(listener);
	stage_close(&stage);
}

/* On a kept connection the server has taken the request and gone; on the next it refuses the certificate. */
static void expect_after_the_end(const char *method, counterfoil_code want, const char *says)
{
	struct call_stage stage = {.server = {.answer = answer, .take = take, .client_ca = &client_ca, .optional = true}};
	stage_open(&stage, &(counterfoil_client_options){.identity = identity, .http = COUNTERFOIL_HTTP_1_1});
	stage_is_sound(&stage);
	const counterfoil_request request = {.size = sizeof request, .method = method, .url = stage_url(&stage, "/gone")};
	counterfoil_response *response = NULL;
	counterfoil_error error;
	counterfoil_code had = counterfoil_call(stage.client, &request, &response, &error);
	if (had != want || response || !strstr(error.text, says))
		fail_msg("%s: %s: %s", method, counterfoil_code_word(had), error.text);
	stage_close(&stage);
}

static void what_may_have_been_acted_on_is_not_said_to_be_unseen(void **state)
{
	(void)state;
	expect_after_the_end("GET", COUNTERFOIL_REVOKED, "revoked");
	expect_after_the_end("POST", COUNTERFOIL_BROKEN, "may have acted");
}

static int setup(void **state)
{
	client_ca = pair_make(&(struct wanted){.common_name = "Clients CA", .ca = true});
	struct pair client = pair_make(&(struct wanted){.common_name = "e-banking", .issuer = &client_ca, .extended = "clientAuth"});
	struct buf der = BUF_INIT(1 << 16);
	package_write(&(struct package){.subject = &client, .password = password}, &der);
	counterfoil_code code = counterfoil_identity_from_memory((counterfoil_bytes){der.data, der.len},
								 (counterfoil_bytes){password, strlen(password)}, &identity, NULL);
	buf_free(&der);
	pair_free(&client);
	return code ? -1 : stage_setup(state);
}

static int teardown(void **state)
{
	counterfoil_identity_free(identity);
	pair_free(&client_ca);
	return stage_teardown(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_failure_says_where_and_what_to_do),
		cmocka_unit_test(a_handshake_that_just_ends_is_a_broken_connection),
		cmocka_unit_test(what_may_have_been_acted_on_is_not_said_to_be_unseen),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}

#include "tests/support/identity_stage.h"
#include "tests/support/test.h"

#include <dirent.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char stage_password[] = "7K3M-Q2X5-A4BC-D6EF-GH7J-KM9N";
struct pair stage_ca, stage_twin_ca;
struct tls_server stage_server;
static struct pair server;
static int entered[2], leave[2]; /* pipes: a request has come to /hold, and may go */

static bool answer(SSL *ssl, const struct seen *request, struct tls_server *of)
{
	char byte;
	(void)of;
	if (strcmp(request->path, "/hold") == 0 && (write(entered[1], "x", 1) != 1 || read(leave[0], &byte, 1) != 1))
		return false;
	if (strcmp(request->path, "/revoked") == 0)
		return tls_reply(ssl, 403, "Content-Type: application/problem+json\r\n", "{\"code\":\"revoked\"}");
	return tls_reply(ssl, 200, NULL, request->client) && strcmp(request->path, "/last") != 0;
}

void stage_file(const struct wanted *wanted, const struct pair *chain_of, struct buf *der)
{
	struct pair client = pair_make(wanted);
	X509 *chain[] = {chain_of ? chain_of->certificate : NULL};
	package_write(&(struct package){.subject = &client, .password = stage_password, .chain = chain, .chain_count = chain_of != NULL},
		      der);
	pair_free(&client);
}

counterfoil_identity *stage_identity(const struct wanted *wanted, const struct pair *chain_of)
{
	struct buf der = BUF_INIT(1 << 16);
	counterfoil_identity *made = NULL;
	counterfoil_error error;
	stage_file(wanted, chain_of, &der);
	if (counterfoil_identity_from_memory((counterfoil_bytes){der.data, der.len},
					     (counterfoil_bytes){stage_password, strlen(stage_password)}, &made, &error))
		fail_msg("identity: %s", error.text);
	buf_free(&der);
	return made;
}

counterfoil_identity *stage_named(const char *name, int64_t lasts)
{
	return stage_identity(&(struct wanted){.common_name = name, .issuer = &stage_ca, .extended = "clientAuth",
					       .from = lasts ? -DAY : 0, .until = lasts}, &stage_ca);
}

void stage_start(int newest_protocol)
{
	stage_server = (struct tls_server){.certificate = &server, .client_ca = &stage_ca, .answer = answer, .newest_protocol = newest_protocol,
					   .spare = stage_server.spare, .alone = stage_server.alone};
	tls_server_start(&stage_server);
}

void stage_stop(void)
{
	tls_server_stop(&stage_server);
}

void stage_await_held(void)
{
	char byte;
	assert_int_equal(read(entered[0], &byte, 1), 1);
}

void stage_let_go(void)
{
	assert_int_equal(write(leave[1], "x", 1), 1);
}

counterfoil_client *stage_client_named(const char *name)
{
	counterfoil_identity *identity = stage_named(name, 0);
	const counterfoil_client_options options = {.size = sizeof options, .identity = identity, .connections_kept = 32};
	counterfoil_client *made = NULL;
	assert_int_equal(counterfoil_client_new(&options, &made, NULL), COUNTERFOIL_OK);
	counterfoil_identity_free(identity);
	return made;
}

void expect_code(const char *what, counterfoil_code had, counterfoil_code want)
{
	if (had != want)
		fail_msg("%s: wanted %s, had %s", what, counterfoil_code_word(want), counterfoil_code_word(had));
}

void stage_use(counterfoil_client *c, const char *name)
{
	counterfoil_identity *identity = stage_named(name, 0);
	expect_code(name, counterfoil_client_use(c, identity, NULL), COUNTERFOIL_OK);
	counterfoil_identity_free(identity);
}

void stage_seen(counterfoil_client *c, const char *path, char out[SEEN_SIZE])
{
	char url[256];
	counterfoil_response *response = NULL;
	const counterfoil_request request = {.size = sizeof request, .url = url};
	counterfoil_error error;
	snprintf(url, sizeof url, "https://localhost:%d%s", stage_server.port, path);
	out[0] = '\0';
	if (counterfoil_call(c, &request, &response, &error))
		print_error("%s: %s\n", url, error.text);
	else
		snprintf(out, SEEN_SIZE, "%s", (const char *)counterfoil_response_body(response).data);
	counterfoil_response_free(response);
}

void expect_seen(counterfoil_client *c, const char *path, const char *name)
{
	char had[SEEN_SIZE];
	stage_seen(c, path, had);
	assert_string_equal(had, name);
}

int descriptors(void)
{
	DIR *folder = opendir("/proc/self/fd");
	int count = 0;
	assert_non_null(folder);
	while (readdir(folder))
		count++;
	closedir(folder);
	return count;
}

int descriptors_at_rest(int wanted)
{
	int had = descriptors();
	for (int i = 0; i < 2000 && had > wanted; i++) {
		poll(NULL, 0, 1);
		had = descriptors();
	}
	return had;
}

int identity_stage_setup(void **state)
{
	(void)state;
	static const char *const proxies[] = {"https_proxy", "HTTPS_PROXY", "ALL_PROXY", "all_proxy"};
	signal(SIGPIPE, SIG_IGN);
	for (size_t i = 0; i < sizeof proxies / sizeof *proxies; i++)
		unsetenv(proxies[i]);
	stage_ca = pair_make(&(struct wanted){.common_name = "Test CA", .ca = true});
	stage_twin_ca = pair_make(&(struct wanted){.common_name = "Test CA", .ca = true});
	server = pair_make(&(struct wanted){.alternative = "DNS:localhost,IP:127.0.0.1", .issuer = &stage_ca, .extended = "serverAuth"});
	return pipe(entered) || pipe(leave);
}

int identity_stage_teardown(void **state)
{
	(void)state;
	pair_free(&stage_ca);
	pair_free(&stage_twin_ca);
	pair_free(&server);
	for (int i = 0; i < 2; i++) {
		close(entered[i]);
		close(leave[i]);
	}
	return 0;
}

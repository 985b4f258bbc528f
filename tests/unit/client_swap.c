/* Another identity in the place of the one in use: no call fails, none comes with the wrong one, nothing stays behind. The
 * server answers with the name in the certificate that the request's connection was made with. */
#include "client/include/counterfoil.h"
#include "tests/support/clock_injected.h"
#include "tests/support/test.h"
#include "tests/support/tls_server.h"

#include <dirent.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char password[] = "7K3M-Q2X5-A4BC-D6EF-GH7J-KM9N";
static struct pair ca, twin_ca, server;
static struct tls_server s;
static int entered[2], leave[2]; /* pipes: a request has come to /hold, and may go */

static bool answer(SSL *ssl, const struct seen *request, struct tls_server *of)
{
	char byte;
	(void)of;
	if (strcmp(request->path, "/hold") == 0 && (write(entered[1], "x", 1) != 1 || read(leave[0], &byte, 1) != 1))
		return false;
	return tls_reply(ssl, 200, NULL, request->client) && strcmp(request->path, "/last") != 0;
}

/* Of that name; chain_of: whose certificate stands in the file as its CA, NULL for none. */
static void write_file(const struct wanted *wanted, const struct pair *chain_of, struct buf *der)
{
	struct pair client = pair_make(wanted);
	X509 *chain[] = {chain_of ? chain_of->certificate : NULL};
	package_write(&(struct package){.subject = &client, .password = password, .chain = chain, .chain_count = chain_of != NULL},
		      der);
	pair_free(&client);
}

static counterfoil_identity *identity_of(const struct wanted *wanted, const struct pair *chain_of)
{
	struct buf der = BUF_INIT(1 << 16);
	counterfoil_identity *made = NULL;
	counterfoil_error error;
	write_file(wanted, chain_of, &der);
	if (counterfoil_identity_from_memory((counterfoil_bytes){der.data, der.len},
					     (counterfoil_bytes){password, strlen(password)}, &made, &error))
		fail_msg("identity: %s", error.text);
	buf_free(&der);
	return made;
}

static counterfoil_identity *named(const char *name)
{
	return identity_of(&(struct wanted){.common_name = name, .issuer = &ca, .extended = "clientAuth"}, &ca);
}

static void start(int newest_protocol)
{
	s = (struct tls_server){.certificate = &server, .client_ca = &ca, .answer = answer, .newest_protocol = newest_protocol};
	tls_server_start(&s);
}

static counterfoil_client *client_of(const char *name)
{
	counterfoil_identity *identity = named(name);
	const counterfoil_client_options options = {.size = sizeof options, .identity = identity, .connections_kept = 32};
	counterfoil_client *made = NULL;
	assert_int_equal(counterfoil_client_new(&options, &made, NULL), COUNTERFOIL_OK);
	counterfoil_identity_free(identity);
	return made;
}

static void expect(const char *what, counterfoil_code had, counterfoil_code want)
{
	if (had != want)
		fail_msg("%s: wanted %s, had %s", what, counterfoil_code_word(want), counterfoil_code_word(had));
}

static void use(counterfoil_client *c, const char *name)
{
	counterfoil_identity *identity = named(name);
	expect(name, counterfoil_client_use(c, identity, NULL), COUNTERFOIL_OK);
	counterfoil_identity_free(identity);
}

/* The name that the server saw, "" when the call failed. */
static void seen_by_server(counterfoil_client *c, const char *path, char out[64])
{
	char url[256];
	counterfoil_response *response = NULL;
	const counterfoil_request request = {.size = sizeof request, .url = url};
	counterfoil_error error;
	snprintf(url, sizeof url, "https://localhost:%d%s", s.port, path);
	out[0] = '\0';
	if (counterfoil_call(c, &request, &response, &error))
		print_error("%s: %s\n", url, error.text);
	else
		snprintf(out, 64, "%s", (const char *)counterfoil_response_body(response).data);
	counterfoil_response_free(response);
}

static void expect_seen(counterfoil_client *c, const char *path, const char *name)
{
	char had[64];
	seen_by_server(c, path, had);
	assert_string_equal(had, name);
}

static int descriptors(void)
{
	DIR *folder = opendir("/proc/self/fd");
	int count = 0;
	assert_non_null(folder);
	while (readdir(folder))
		count++;
	closedir(folder);
	return count;
}

/* The server's end of a closed connection goes a moment later. */
static int descriptors_at_rest(int wanted)
{
	int had = descriptors();
	for (int i = 0; i < 2000 && had > wanted; i++) {
		poll(NULL, 0, 1);
		had = descriptors();
	}
	return had;
}

static void a_call_comes_with_the_identity_in_use_when_it_began(void **state)
{
	(void)state;
	start(0);
	counterfoil_client *c = client_of("one");
	expect_seen(c, "/", "one");
	expect_seen(c, "/", "one");
	assert_int_equal(s.connections, 1);
	use(c, "two");
	expect_seen(c, "/", "two");
	expect_seen(c, "/", "two");
	assert_int_equal(s.connections, 2);
	use(c, "one");
	expect_seen(c, "/", "one");
	assert_int_equal(s.connections, 3);
	counterfoil_client_free(c);
	tls_server_stop(&s);
}

struct held_call {
	counterfoil_client *client;
	char had[64];
};

static void *call_hold(void *data)
{
	struct held_call *call = data;
	seen_by_server(call->client, "/hold", call->had);
	return NULL;
}

static void a_call_under_way_ends_with_the_identity_it_began_with(void **state)
{
	(void)state;
	char byte;
	pthread_t thread;
	start(0);
	counterfoil_client *c = client_of("one");
	struct held_call call = {.client = c};
	expect_seen(c, "/", "one");
	int before = descriptors(); /* of one idle connection, which the held call takes */
	assert_int_equal(pthread_create(&thread, NULL, call_hold, &call), 0);
	assert_int_equal(read(entered[0], &byte, 1), 1);
	expect_seen(c, "/", "one");
	int of_two = descriptors();
	use(c, "two");
	expect_seen(c, "/", "two");
	assert_int_equal(descriptors_at_rest(of_two), of_two); /* the idle one of "one" has gone, the held one has not */
	use(c, "three");
	expect_seen(c, "/", "three");
	assert_int_equal(write(leave[1], "x", 1), 1);
	pthread_join(thread, NULL);
	assert_string_equal(call.had, "one");
	expect_seen(c, "/", "three");
	assert_int_equal(s.connections, 4);
	assert_int_equal(descriptors_at_rest(before), before);
	counterfoil_client_free(c);
	tls_server_stop(&s);
}

static void no_tls_session_is_resumed(void **state)
{
	(void)state;
	static const int newest[] = {TLS1_2_VERSION, 0};
	for (size_t i = 0; i < sizeof newest / sizeof *newest; i++) {
		start(newest[i]);
		counterfoil_client *c = client_of("one");
		expect_seen(c, "/last", "one"); /* the server closes behind it, so the next one is another connection */
		expect_seen(c, "/last", "one");
		use(c, "two");
		expect_seen(c, "/last", "two");
		expect_seen(c, "/last", "two");
		assert_int_equal(s.handshakes, 4);
		assert_int_equal(s.resumptions, 0);
		counterfoil_client_free(c);
		tls_server_stop(&s);
	}
}

static void an_identity_that_cannot_serve_is_refused_and_the_one_in_use_goes_on(void **state)
{
	(void)state;
	const struct {
		const char *name;
		struct wanted wanted;
		const struct pair *chain_of;
		counterfoil_code want;
	} cases[] = {
		{"expired", {.issuer = &ca, .from = -2 * DAY, .until = -DAY}, &ca, COUNTERFOIL_EXPIRED},
		{"not yet valid", {.issuer = &ca, .from = DAY, .until = 2 * DAY}, &ca, COUNTERFOIL_NOT_YET_VALID},
		{"a server's", {.issuer = &ca, .extended = "serverAuth"}, &ca, COUNTERFOIL_BAD_CHAIN},
		{"signed by a twin of the CA", {.issuer = &ca}, &twin_ca, COUNTERFOIL_BAD_CHAIN},
		{"no CA in the file", {.issuer = &ca}, NULL, COUNTERFOIL_NO_TRUST},
	};
	start(0);
	counterfoil_client *c = client_of("one");
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct wanted wanted = cases[i].wanted;
		counterfoil_error error;
		wanted.common_name = cases[i].name;
		counterfoil_identity *other = identity_of(&wanted, cases[i].chain_of);
		expect(cases[i].name, counterfoil_client_use(c, other, &error), cases[i].want);
		assert_int_equal(error.code, cases[i].want);
		assert_true(error.text[0] != '\0');
		counterfoil_identity_free(other);
		expect_seen(c, "/", "one");
	}
	expect("nothing", counterfoil_client_use(c, NULL, NULL), COUNTERFOIL_BAD_INPUT);
	assert_int_equal(s.connections, 1);
	counterfoil_client_free(c);
	tls_server_stop(&s);
}

static void a_file_is_loaded_whole_or_not_at_all(void **state)
{
	(void)state;
	char path[] = "/tmp/client_swap.XXXXXX";
	struct buf der = BUF_INIT(1 << 16);
	int fd = mkstemp(path);
	const counterfoil_bytes secret = {password, strlen(password)};
	start(0);
	counterfoil_client *c = client_of("one");
	write_file(&(struct wanted){.common_name = "two", .issuer = &ca}, &ca, &der);
	assert_int_equal(pwrite(fd, der.data, der.len / 2, 0), (ssize_t)der.len / 2);
	expect("half", counterfoil_client_reload(c, path, secret, NULL), COUNTERFOIL_NOT_PKCS12);
	expect_seen(c, "/", "one");
	assert_int_equal(pwrite(fd, der.data, der.len, 0), (ssize_t)der.len);
	expect("password", counterfoil_client_reload(c, path, (counterfoil_bytes){"x", 1}, NULL), COUNTERFOIL_WRONG_PASSWORD);
	expect_seen(c, "/", "one");
	expect("whole", counterfoil_client_reload(c, path, secret, NULL), COUNTERFOIL_OK);
	expect_seen(c, "/", "two");
	expect("again", counterfoil_client_reload(c, path, secret, NULL), COUNTERFOIL_OK);
	expect_seen(c, "/", "two");
	assert_int_equal(s.connections, 2); /* the same certificate changes nothing */
	counterfoil_identity *held = counterfoil_client_identity(c);
	assert_string_equal(counterfoil_identity_fact(held, COUNTERFOIL_FACT_COMMON_NAME), "two");
	counterfoil_client_free(c);
	assert_string_equal(counterfoil_identity_fact(held, COUNTERFOIL_FACT_COMMON_NAME), "two");
	counterfoil_identity_free(held);
	close(fd);
	unlink(path);
	buf_free(&der);
	tls_server_stop(&s);
}

/* Threads that call while identities change: names are numbers, and each call must come with one that was in use between
 * its beginning and its end. */
static counterfoil_client *shared;
static atomic_int in_use, in_coming, wrong;
enum { THREADS = 16, CALLS = 200, SWAPS_MOST = 10000 };

static void *call_on_and_on(void *data)
{
	atomic_int *running = data;
	for (int i = 0; i < CALLS; i++) {
		char had[64];
		int from = in_use;
		seen_by_server(shared, "/", had);
		int was = (int)strtol(had, NULL, 10);
		if (was < from || was > in_coming)
			wrong++;
	}
	(*running)--;
	return NULL;
}

static int swap_while(const atomic_int *running)
{
	int swaps = 1;
	while (*running > 0 && swaps < SWAPS_MOST) {
		char name[16];
		in_coming = ++swaps;
		snprintf(name, sizeof name, "%d", swaps);
		use(shared, name);
		in_use = swaps;
		poll(NULL, 0, 60);
	}
	return swaps;
}

static void threads_that_call_while_identities_change_notice_nothing(void **state)
{
	(void)state;
	pthread_t threads[THREADS];
	atomic_int running = THREADS;
	start(0);
	shared = client_of("1");
	in_use = in_coming = 1;
	wrong = 0;
	expect_seen(shared, "/", "1");
	int before = descriptors();
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, call_on_and_on, &running), 0);
	int swaps = swap_while(&running);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(wrong, 0);
	assert_int_equal(s.requests, 1 + THREADS * CALLS);
	assert_int_equal(s.resumptions, 0);
	if (swaps < 5)
		fail_msg("only %d swaps: this proves little", swaps);
	use(shared, "last");
	expect_seen(shared, "/", "last");
	assert_int_equal(descriptors_at_rest(before), before);
	counterfoil_client_free(shared);
	tls_server_stop(&s);
}

static int begin(void **state)
{
	(void)state;
	static const char *const proxies[] = {"https_proxy", "HTTPS_PROXY", "ALL_PROXY", "all_proxy"};
	signal(SIGPIPE, SIG_IGN);
	for (size_t i = 0; i < sizeof proxies / sizeof *proxies; i++)
		unsetenv(proxies[i]);
	ca = pair_make(&(struct wanted){.common_name = "Test CA", .ca = true});
	twin_ca = pair_make(&(struct wanted){.common_name = "Test CA", .ca = true});
	server = pair_make(&(struct wanted){.alternative = "DNS:localhost", .issuer = &ca, .extended = "serverAuth"});
	return pipe(entered) || pipe(leave);
}

static int end(void **state)
{
	(void)state;
	pair_free(&ca);
	pair_free(&twin_ca);
	pair_free(&server);
	for (int i = 0; i < 2; i++) {
		close(entered[i]);
		close(leave[i]);
	}
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_call_comes_with_the_identity_in_use_when_it_began),
		cmocka_unit_test(a_call_under_way_ends_with_the_identity_it_began_with),
		cmocka_unit_test(no_tls_session_is_resumed),
		cmocka_unit_test(an_identity_that_cannot_serve_is_refused_and_the_one_in_use_goes_on),
		cmocka_unit_test(a_file_is_loaded_whole_or_not_at_all),
		cmocka_unit_test(threads_that_call_while_identities_change_notice_nothing),
	};
	return cmocka_run_group_tests(tests, begin, end);
}

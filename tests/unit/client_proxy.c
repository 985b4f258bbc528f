/* Proxies: used when said, and only then; one that refuses, floods or is silent is named, within bounds. */
#include "base/clock.h"
#include "client/proxy.h"
#include "tests/support/call_stage.h"
#include "tests/support/test.h"

#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { SILENT = -1, FLOOD = -2, HEAD_MAX = 4096, PIECE = 16384 };

struct proxy_server {
	int status; /* to CONNECT; 200 opens the tunnel to the target; SILENT, FLOOD */
	int target;

	int listener, wake[2], port;
	pthread_t thread;
	atomic_int connects;
	char head[HEAD_MAX]; /* the last CONNECT */
};

static bool pass(int from, int to)
{
	char piece[PIECE];
	ssize_t n = recv(from, piece, sizeof piece, 0);
	return n > 0 && send(to, piece, (size_t)n, MSG_NOSIGNAL) == n;
}

static void tunnel(const struct proxy_server *p, int client)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons((uint16_t)p->target)};
	int server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool more = connect(server, (struct sockaddr *)&address, sizeof address) == 0;
	while (more) {
		struct pollfd fds[3] = {{client, POLLIN, 0}, {server, POLLIN, 0}, {p->wake[0], POLLIN, 0}};
		more = poll(fds, 3, -1) > 0 && !fds[2].revents && (!fds[0].revents || pass(client, server)) &&
		       (!fds[1].revents || pass(server, client));
	}
	close(server);
}

static bool read_connect(struct proxy_server *p, int client)
{
	size_t len = 0;
	p->head[0] = '\0';
	while (len < sizeof p->head - 1 && !strstr(p->head, "\r\n\r\n") && recv(client, p->head + len, 1, 0) == 1)
		p->head[++len] = '\0';
	return strstr(p->head, "\r\n\r\n") != NULL;
}

static bool say(int client, const char *text)
{
	return send(client, text, strlen(text), MSG_NOSIGNAL) == (ssize_t)strlen(text);
}

static void serve(struct proxy_server *p, int client)
{
	char line[128], byte;
	if (!read_connect(p, client))
		return;
	p->connects++;
	if (p->status == SILENT) {
		(void)!recv(client, &byte, 1, 0); /* until the client has gone */
	} else if (p->status == FLOOD) {
		for (bool more = say(client, "HTTP/1.1 200 X\r\n"); more;)
			more = say(client, "X-Filler: 0123456789abcdef0123456789abcdef0123456789abcdef\r\n");
	} else {
		snprintf(line, sizeof line, "HTTP/1.1 %d X\r\n%s\r\n", p->status, p->status == 200 ? "" : "Content-Length: 0\r\n");
		if (say(client, line) && p->status == 200)
			tunnel(p, client);
	}
}

static void *accept_in_turn(void *data)
{
	struct proxy_server *p = data;
	for (;;) {
		struct pollfd fds[2] = {{p->listener, POLLIN, 0}, {p->wake[0], POLLIN, 0}};
		if (poll(fds, 2, -1) < 0 || fds[1].revents)
			return NULL;
		int client = accept(p->listener, NULL, NULL);
		if (client < 0)
			continue;
		serve(p, client);
		close(client);
	}
}

static void proxy_start(struct proxy_server *p)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof address;
	p->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(p->listener, (struct sockaddr *)&address, len), 0);
	assert_int_equal(listen(p->listener, 16), 0);
	assert_int_equal(getsockname(p->listener, (struct sockaddr *)&address, &len), 0);
	p->port = ntohs(address.sin_port);
	assert_int_equal(pipe(p->wake), 0);
	assert_int_equal(pthread_create(&p->thread, NULL, accept_in_turn, p), 0);
}

static void proxy_stop(struct proxy_server *p)
{
	assert_int_equal(write(p->wake[1], "x", 1), 1);
	pthread_join(p->thread, NULL);
	close(p->listener);
	close(p->wake[0]);
	close(p->wake[1]);
}

static bool answer(SSL *ssl, const struct seen *request, struct tls_server *s)
{
	(void)s;
	return tls_reply(ssl, 200, NULL, strstr(request->head, "Proxy-") ? "the server saw what was the proxy's" : "hello");
}

/* A call by a client of these options through a proxy of this kind, whose port is written behind `proxy`. */
static void one_call(struct proxy_server *p, const char *proxy, counterfoil_client_options options, counterfoil_code want)
{
	struct call_stage stage = {.server = {.answer = answer}};
	char text[128];
	stage_open(&stage, NULL);
	counterfoil_client_free(stage.client);
	p->target = stage.server.port;
	proxy_start(p);
	snprintf(text, sizeof text, "%s%d", proxy ? proxy : "", p->port);
	options.proxy = proxy ? text : options.proxy;
	stage.client = stage_client(&options);
	if (want)
		stage_call(&stage, &(counterfoil_request){.url = stage_url(&stage, "/hello")}, want, NULL);
	else
		for (int i = 0; i < 3; i++)
			stage_is_sound(&stage);
	counterfoil_client_free(stage.client);
	proxy_stop(p);
	stage.client = NULL;
	stage_close(&stage);
}

static void a_proxy_that_is_said_is_asked_to_connect(void **state)
{
	(void)state;
	static const char *const forms[] = {"http://127.0.0.1:", "127.0.0.1:", "HTTP://user:pass%20word@localhost:"};
	for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
		struct proxy_server p = {.status = 200};
		one_call(&p, forms[i], (counterfoil_client_options){0}, COUNTERFOIL_OK);
		assert_int_equal(p.connects, 1);
		assert_true(strncmp(p.head, "CONNECT localhost:", 18) == 0);
		assert_int_equal(strstr(p.head, "Proxy-Authorization: Basic dXNlcjpwYXNzIHdvcmQ=") != NULL, i == 2);
	}
}

static void set_environment(const char *name, int port)
{
	char value[64];
	snprintf(value, sizeof value, "http://127.0.0.1:%d", port);
	setenv(name, value, 1);
}

/* Nobody listens at port 1: who goes there fails. */
static void the_environment_counts_only_when_asked_for(void **state)
{
	(void)state;
	struct proxy_server p = {.status = 200};
	set_environment("https_proxy", 1);
	set_environment("ALL_PROXY", 1);
	one_call(&p, NULL, (counterfoil_client_options){0}, COUNTERFOIL_OK);
	one_call(&p, NULL, (counterfoil_client_options){.proxy = COUNTERFOIL_PROXY_ENVIRONMENT}, COUNTERFOIL_UNREACHABLE);
	setenv("no_proxy", "example.org,localhost", 1);
	one_call(&p, NULL, (counterfoil_client_options){.proxy = COUNTERFOIL_PROXY_ENVIRONMENT}, COUNTERFOIL_OK);
	assert_int_equal(p.connects, 0);
	one_call(&p, "http://127.0.0.1:", (counterfoil_client_options){0}, COUNTERFOIL_OK); /* no exceptions were said with it */
	assert_int_equal(p.connects, 1);
	unsetenv("no_proxy");
	unsetenv("https_proxy");
	unsetenv("ALL_PROXY");
	one_call(&p, NULL, (counterfoil_client_options){.proxy = COUNTERFOIL_PROXY_ENVIRONMENT}, COUNTERFOIL_OK);
	assert_int_equal(p.connects, 1);
}

static void proxies_that_do_not_let_us_through_are_named(void **state)
{
	(void)state;
	const struct {
		int status;
		counterfoil_code want;
	} cases[] = {
		{403, COUNTERFOIL_PROXY_REFUSED}, {407, COUNTERFOIL_PROXY_REFUSED}, {502, COUNTERFOIL_UNREACHABLE},
		{503, COUNTERFOIL_UNREACHABLE},   {SILENT, COUNTERFOIL_TIMEOUT},	  {FLOOD, COUNTERFOIL_BROKEN},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct proxy_server p = {.status = cases[i].status};
		int64_t began = clock_mono_ms();
		one_call(&p, "http://127.0.0.1:", (counterfoil_client_options){.connect_timeout_ms = 500, .total_timeout_ms = 2000},
			 cases[i].want);
		assert_true(p.connects >= 1);
		if (clock_mono_ms() - began > 5000)
			fail_msg("case %zu took %lld ms", i, (long long)(clock_mono_ms() - began));
	}
}

static void what_is_no_http_proxy_is_refused(void **state)
{
	(void)state;
	static const char *const odd[] = {"", "proxy", "http://proxy", "https://proxy:3128", "socks5://proxy:1080", "http://proxy:",
					  "http://proxy:x", "http://:3128", "http://proxy:3128/path", "http://pro xy:3128",
					  "http://proxy:3128\r\nX: y", "http://proxy:123456", "http://u:secret@proxy", "http://https://proxy:1",
					  "http://proxy/x:3128", "proxy?x:3128", "http://proxy#x:3128", "http://proxy/x@other:3128"};
	for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
		struct proxy had = {0};
		counterfoil_error error;
		if (proxy_choose(odd[i], &had, &error) != COUNTERFOIL_BAD_INPUT || had.url)
			fail_msg("\"%s\" is taken for a proxy", odd[i]);
		if (strstr(error.text, "secret"))
			fail_msg("the error tells the password: %s", error.text);
	}
	setenv("https_proxy", "socks5://proxy:1080", 1);
	struct proxy had = {0};
	assert_int_equal(proxy_choose(COUNTERFOIL_PROXY_ENVIRONMENT, &had, NULL), COUNTERFOIL_BAD_INPUT);
	unsetenv("https_proxy");
	static const char *const good[] = {"proxy:3128", "http://proxy:3128/", "http://[::1]:3128", "http://u:p@proxy:1"};
	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		assert_int_equal(proxy_choose(good[i], &had, NULL), COUNTERFOIL_OK);
		assert_string_equal(had.url, good[i]);
		proxy_free(&had);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_proxy_that_is_said_is_asked_to_connect),
		cmocka_unit_test(the_environment_counts_only_when_asked_for),
		cmocka_unit_test(proxies_that_do_not_let_us_through_are_named),
		cmocka_unit_test(what_is_no_http_proxy_is_refused),
	};
	return cmocka_run_group_tests(tests, stage_setup, stage_teardown);
}

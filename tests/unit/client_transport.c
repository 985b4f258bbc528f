/* Calls against real TLS servers: whom the library trusts, what it shows them, what it bounds, how it names each failure. */
#include "base/clock.h"
#include "client/include/counterfoil.h"
#include "tests/support/clock_injected.h"
#include "tests/support/test.h"
#include "tests/support/tls_server.h"

#include <arpa/inet.h>
#include <openssl/pem.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static struct pair ca, stranger_ca, server, client;
static counterfoil_identity *identity;
static const char password[] = "7K3M-Q2X5-A4BC-D6EF-GH7J-KM9N";

/* The path says what to do. */
static bool answer(SSL *ssl, const struct seen *request, struct tls_server *s)
{
	(void)s;
	if (strcmp(request->path, "/revoked") == 0)
		return tls_reply(ssl, 403, "Content-Type: application/problem+json\r\n", "{\"code\":\"revoked\",\"detail\":\"x\"}");
	if (strcmp(request->path, "/expired") == 0)
		return tls_reply(ssl, 403, "Content-Type: application/problem+json\r\n", "{\"code\":\"expired\"}");
	if (strcmp(request->path, "/refused") == 0)
		return tls_reply(ssl, 403, "Content-Type: text/plain\r\n", "{\"code\":\"revoked\"}");
	if (strcmp(request->path, "/anonymous") == 0)
		return tls_reply(ssl, 401, NULL, "");
	if (strcmp(request->path, "/missing") == 0)
		return tls_reply(ssl, 404, NULL, "no such thing");
	if (strcmp(request->path, "/redirect") == 0)
		return tls_reply(ssl, 302, "Location: /missing\r\n", "");
	if (strcmp(request->path, "/headers") == 0)
		return tls_reply(ssl, 200, "X-One: 1\r\nx-TWO:   two words \r\nX-One: again\r\nX-Empty:\r\n", "body");
	if (strncmp(request->head, "HEAD ", 5) == 0)
		return tls_reply(ssl, 200, "X-Asked: HEAD\r\n", "");
	if (strcmp(request->path, "/echo") == 0)
		return tls_reply(ssl, 200, NULL, request->head);
	if (strcmp(request->path, "/body") == 0)
		return tls_reply(ssl, 200, NULL, request->body);
	if (strcmp(request->path, "/interim") == 0)
		return tls_say(ssl, "HTTP/1.1 103 Early\r\nX-Interim: yes\r\n\r\n") && tls_reply(ssl, 200, NULL, "final");
	if (strcmp(request->path, "/large") == 0)
		return tls_say(ssl, "HTTP/1.1 200 X\r\nContent-Length: 4000000000\r\n\r\n");
	if (strcmp(request->path, "/endless") == 0) {
		bool more = tls_say(ssl, "HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n\r\n");
		while (more)
			more = tls_say(ssl, "10\r\n0123456789abcdef\r\n");
		return false;
	}
	if (strcmp(request->path, "/head") == 0) {
		bool more = tls_say(ssl, "HTTP/1.1 200 X\r\n");
		while (more)
			more = tls_say(ssl, "X-Filler: 0123456789abcdef0123456789abcdef0123456789abcdef\r\n");
		return false;
	}
	if (strcmp(request->path, "/line") == 0) {
		bool more = tls_say(ssl, "HTTP/1.1 200 X\r\nX-Line: ");
		for (int i = 0; more && i < 1 << 16; i++)
			more = tls_say(ssl, "0123456789abcdef0123456789abcdef");
		return false;
	}
	if (strcmp(request->path, "/cut") == 0) {
		tls_say(ssl, "HTTP/1.1 200 X\r\nContent-Length: 100\r\n\r\n0123456789");
		return false;
	}
	if (strcmp(request->path, "/nonsense") == 0) {
		tls_say(ssl, "SSH-2.0-OpenSSH_9.2\r\n");
		return false;
	}
	if (strcmp(request->path, "/silent") == 0) {
		char byte;
		return SSL_read(ssl, &byte, 1) == 1; /* until the client has gone */
	}
	if (strcmp(request->path, "/stall") == 0) {
		char byte;
		tls_say(ssl, "HTTP/1.1 200 X\r\nContent-Length: 100\r\n\r\n0123456789");
		return SSL_read(ssl, &byte, 1) == 1;
	}
	return tls_reply(ssl, 200, NULL, "hello");
}

static counterfoil_bytes ca_pem(const struct pair *of)
{
	static char text[8192];
	BIO *memory = BIO_new(BIO_s_mem());
	PEM_write_bio_X509(memory, of->certificate);
	int len = BIO_read(memory, text, sizeof text);
	BIO_free(memory);
	return (counterfoil_bytes){text, (size_t)len};
}

static counterfoil_client *make_client(const counterfoil_client_options *more)
{
	counterfoil_client_options options = more ? *more : (counterfoil_client_options){.identity = identity};
	counterfoil_client *made = NULL;
	counterfoil_error error;
	options.size = sizeof options;
	if (counterfoil_client_new(&options, &made, &error))
		fail_msg("client: %s", error.text);
	return made;
}

static void url_of(const struct tls_server *s, const char *host, const char *path, char out[256])
{
	snprintf(out, 256, "https://%s:%d%s", host, s->port, path);
}

static counterfoil_code get(counterfoil_client *c, const char *url, counterfoil_response **response)
{
	counterfoil_response *kept = NULL;
	counterfoil_error error;
	const counterfoil_request request = {.size = sizeof request, .url = url};
	counterfoil_code code = counterfoil_call(c, &request, &kept, &error);
	if (error.code != code || error.category != counterfoil_category_of(code) || (code && !error.text[0]))
		fail_msg("%s: the error does not say %s", url, counterfoil_code_word(code));
	if (strstr(error.text, password) || strstr(error.text, "BEGIN"))
		fail_msg("a secret is in: %s", error.text);
	if (response)
		*response = kept;
	else
		counterfoil_response_free(kept);
	return code;
}

static void expect(const char *what, counterfoil_code had, counterfoil_code want)
{
	if (had != want)
		fail_msg("%s: wanted %s, had %s", what, counterfoil_code_word(want), counterfoil_code_word(had));
}

/* One call with a client of these options (NULL: the identity) to a server of these. */
static counterfoil_code once(struct tls_server *s, const char *host, const counterfoil_client_options *options)
{
	char url[256];
	s->answer = answer;
	tls_server_start(s);
	url_of(s, host, "/", url);
	counterfoil_client *c = make_client(options);
	counterfoil_code code = get(c, url, NULL);
	counterfoil_client_free(c);
	tls_server_stop(s);
	return code;
}

static void a_server_of_the_right_name_and_ca_is_called(void **state)
{
	(void)state;
	static const char *const hosts[] = {"localhost", "127.0.0.1", "LOCALHOST"};
	for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++) {
		struct tls_server s = {.certificate = &server, .client_ca = &ca};
		expect(hosts[i], once(&s, hosts[i], NULL), COUNTERFOIL_OK);
		assert_int_equal(s.client_certificates, 1);
	}
	struct tls_server tls12 = {.certificate = &server, .client_ca = &ca, .newest_protocol = TLS1_2_VERSION};
	expect("TLS 1.2", once(&tls12, "localhost", NULL), COUNTERFOIL_OK);
}

static void servers_that_are_not_who_they_should_be_are_refused_before_they_see_our_certificate(void **state)
{
	(void)state;
	struct pair named = pair_make(&(struct wanted){.common_name = "localhost", .alternative = "DNS:other.example", .issuer = &ca,
						       .extended = "serverAuth"});
	struct pair only_cn = pair_make(&(struct wanted){.common_name = "localhost", .issuer = &ca, .extended = "serverAuth"});
	struct pair stranger = pair_make(&(struct wanted){.alternative = "DNS:localhost", .issuer = &stranger_ca});
	struct pair self = pair_make(&(struct wanted){.alternative = "DNS:localhost"});
	struct pair old = pair_make(&(struct wanted){.alternative = "DNS:localhost", .issuer = &ca, .from = -2 * DAY, .until = -DAY});
	struct pair early = pair_make(&(struct wanted){.alternative = "DNS:localhost", .issuer = &ca, .from = DAY, .until = 2 * DAY});
	struct pair for_clients = pair_make(&(struct wanted){.alternative = "DNS:localhost", .issuer = &ca, .extended = "clientAuth"});
	struct pair by_leaf = pair_make(&(struct wanted){.alternative = "DNS:localhost", .issuer = &client, .extended = "serverAuth"});
	const struct {
		const char *name;
		struct pair *certificate;
		counterfoil_code want;
	} cases[] = {
		{"another name", &named, COUNTERFOIL_WRONG_HOST},
		{"the name in CN only", &only_cn, COUNTERFOIL_WRONG_HOST},
		{"another CA", &stranger, COUNTERFOIL_UNKNOWN_CA},
		{"self-signed", &self, COUNTERFOIL_UNKNOWN_CA},
		{"expired", &old, COUNTERFOIL_SERVER_EXPIRED},
		{"not yet valid", &early, COUNTERFOIL_SERVER_EXPIRED},
		{"a client's certificate", &for_clients, COUNTERFOIL_BAD_SERVER},
		{"signed by a client's certificate", &by_leaf, COUNTERFOIL_UNKNOWN_CA},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct tls_server s = {.certificate = cases[i].certificate, .client_ca = &ca, .optional = true};
		expect(cases[i].name, once(&s, "localhost", NULL), cases[i].want);
		if (s.requests || s.client_certificates)
			fail_msg("%s: the server saw a request or our certificate", cases[i].name);
		struct pair *done = cases[i].certificate;
		pair_free(done);
	}
	struct tls_server s = {.certificate = &server};
	expect("an address that is not named", once(&s, "127.0.0.2", NULL), COUNTERFOIL_UNREACHABLE);
}

static void trust_is_what_was_said_and_nothing_else(void **state)
{
	(void)state;
	struct tls_server s = {.certificate = &server};
	counterfoil_client_options by_pem = {.identity = identity, .trust = COUNTERFOIL_TRUST_PEM, .trust_pem = ca_pem(&stranger_ca)};
	expect("a PEM of another CA", once(&s, "localhost", &by_pem), COUNTERFOIL_UNKNOWN_CA);
	by_pem.trust_pem = ca_pem(&ca);
	expect("a PEM of its CA", once(&s, "localhost", &by_pem), COUNTERFOIL_OK);
	by_pem.identity = NULL;
	expect("without identity", once(&s, "localhost", &by_pem), COUNTERFOIL_OK);
	counterfoil_client_options by_system = {.trust = COUNTERFOIL_TRUST_SYSTEM};
	expect("this machine's CAs", once(&s, "localhost", &by_system), COUNTERFOIL_UNKNOWN_CA);
}

static void the_machines_cas_count_only_when_asked_for(void **state)
{
	(void)state;
	char path[] = "/tmp/client-transport-XXXXXX";
	int fd = mkstemp(path);
	counterfoil_bytes pem = ca_pem(&stranger_ca);
	assert_int_equal(write(fd, pem.data, pem.len), (ssize_t)pem.len);
	close(fd);
	setenv("SSL_CERT_FILE", path, 1);
	setenv("SSL_CERT_DIR", "/nonexistent", 1);
	struct pair stranger = pair_make(&(struct wanted){.alternative = "DNS:localhost", .issuer = &stranger_ca});
	struct tls_server s = {.certificate = &stranger};
	expect("by identity", once(&s, "localhost", NULL), COUNTERFOIL_UNKNOWN_CA);
	expect("by system", once(&s, "localhost", &(counterfoil_client_options){.trust = COUNTERFOIL_TRUST_SYSTEM}), COUNTERFOIL_OK);
	unsetenv("SSL_CERT_FILE");
	unsetenv("SSL_CERT_DIR");
	unlink(path);
	pair_free(&stranger);
}

static void refusals_of_our_certificate_are_named(void **state)
{
	(void)state;
	const counterfoil_client_options anonymous = {.trust = COUNTERFOIL_TRUST_PEM, .trust_pem = ca_pem(&ca)};
	const struct {
		const char *name;
		int verdict;
		bool without;
		counterfoil_code want;
	} cases[] = {
		{"revoked", X509_V_ERR_CERT_REVOKED, false, COUNTERFOIL_REVOKED},
		{"expired", X509_V_ERR_CERT_HAS_EXPIRED, false, COUNTERFOIL_EXPIRED},
		{"unknown CA", X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, false, COUNTERFOIL_CERTIFICATE_REFUSED},
		{"unsuitable", X509_V_ERR_INVALID_PURPOSE, false, COUNTERFOIL_CERTIFICATE_REFUSED},
		{"none given", 0, true, COUNTERFOIL_CERTIFICATE_REFUSED},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		for (int newest = TLS1_2_VERSION; newest <= TLS1_3_VERSION; newest++) {
			struct tls_server s = {.certificate = &server, .client_ca = &ca, .refuse_with = cases[i].verdict,
					       .newest_protocol = newest};
			expect(cases[i].name, once(&s, "localhost", cases[i].without ? &anonymous : NULL), cases[i].want);
			assert_int_equal(s.requests, 0);
		}
}

static void old_tls_is_refused(void **state)
{
	(void)state;
	struct tls_server s = {.certificate = &server, .newest_protocol = TLS1_1_VERSION};
	expect("TLS 1.1", once(&s, "localhost", NULL), COUNTERFOIL_BAD_SERVER);
	assert_int_equal(s.handshakes, 0);
}

static void statuses_are_answers_and_refusals_say_why(void **state)
{
	(void)state;
	const struct {
		const char *path;
		counterfoil_code want;
		int status;
	} cases[] = {
		{"/", COUNTERFOIL_OK, 200},		 {"/missing", COUNTERFOIL_OK, 404},
		{"/redirect", COUNTERFOIL_OK, 302},	 {"/revoked", COUNTERFOIL_REVOKED, 403},
		{"/expired", COUNTERFOIL_EXPIRED, 403},	 {"/refused", COUNTERFOIL_REFUSED, 403},
		{"/anonymous", COUNTERFOIL_REFUSED, 401}, {"/interim", COUNTERFOIL_OK, 200},
	};
	struct tls_server s = {.certificate = &server, .client_ca = &ca, .answer = answer};
	tls_server_start(&s);
	counterfoil_client *c = make_client(NULL);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char url[256];
		counterfoil_response *response = NULL;
		url_of(&s, "localhost", cases[i].path, url);
		expect(cases[i].path, get(c, url, &response), cases[i].want);
		assert_int_equal(counterfoil_response_status(response), cases[i].status);
		assert_null(counterfoil_response_header(response, "X-Interim"));
		counterfoil_response_free(response);
	}
	assert_int_equal(s.requests, sizeof cases / sizeof *cases); /* the redirect was not followed */
	assert_int_equal(s.connections, 1);
	counterfoil_client_free(c);
	tls_server_stop(&s);
}

static void headers_are_found_in_any_case_and_in_order(void **state)
{
	(void)state;
	struct tls_server s = {.certificate = &server, .answer = answer};
	tls_server_start(&s);
	counterfoil_client *c = make_client(NULL);
	counterfoil_response *r = NULL;
	char url[256];
	url_of(&s, "localhost", "/headers", url);
	expect(url, get(c, url, &r), COUNTERFOIL_OK);
	assert_string_equal(counterfoil_response_header(r, "x-one"), "1");
	assert_string_equal(counterfoil_response_header(r, "X-Two"), "two words");
	assert_string_equal(counterfoil_response_header(r, "X-EMPTY"), "");
	assert_null(counterfoil_response_header(r, "X-On"));
	assert_null(counterfoil_response_header(r, "X-One:"));
	const char *value;
	assert_string_equal(counterfoil_response_header_at(r, 1, &value), "X-One");
	assert_string_equal(counterfoil_response_header_at(r, 3, &value), "X-One");
	assert_string_equal(value, "again");
	assert_null(counterfoil_response_header_at(r, 5, &value));
	assert_int_equal(counterfoil_response_body(r).len, 4);
	counterfoil_response_free(r);
	counterfoil_client_free(c);
	tls_server_stop(&s);
}

static void a_request_arrives_as_it_was_given(void **state)
{
	(void)state;
	struct tls_server s = {.certificate = &server, .answer = answer};
	tls_server_start(&s);
	counterfoil_client *c = make_client(NULL);
	counterfoil_response *r = NULL;
	char url[256];
	static const char *const headers[] = {"Content-Type: text/xml", "X-Empty:", NULL};
	url_of(&s, "localhost", "/echo", url);
	counterfoil_request q = {.size = sizeof q, .method = "PUT", .url = url, .headers = headers, .body = {"<a/>", 4}};
	expect("PUT", counterfoil_call(c, &q, &r, NULL), COUNTERFOIL_OK);
	const char *head = counterfoil_response_body(r).data;
	assert_non_null(strstr(head, "PUT /echo HTTP/1.1\r\n"));
	assert_non_null(strstr(head, "\r\nContent-Type: text/xml\r\n"));
	assert_non_null(strstr(head, "\r\nContent-Length: 4\r\n"));
	assert_non_null(strstr(head, "\r\nX-Empty:\r\n"));
	assert_null(strstr(head, "Expect:"));
	counterfoil_response_free(r);
	url_of(&s, "localhost", "/body", url);
	q = (counterfoil_request){.size = sizeof q, .method = "POST", .url = url, .body = {"a=1", 3}};
	expect("POST", counterfoil_call(c, &q, &r, NULL), COUNTERFOIL_OK);
	assert_string_equal(counterfoil_response_body(r).data, "a=1");
	counterfoil_response_free(r);
	url_of(&s, "localhost", "/echo", url);
	q = (counterfoil_request){.size = sizeof q, .method = "POST", .url = url};
	expect("empty POST", counterfoil_call(c, &q, &r, NULL), COUNTERFOIL_OK);
	assert_non_null(strstr(counterfoil_response_body(r).data, "\r\nContent-Length: 0\r\n"));
	assert_null(strstr(counterfoil_response_body(r).data, "Content-Type"));
	counterfoil_response_free(r);
	counterfoil_client_free(c);
	tls_server_stop(&s);
}

static bool has(const char *head, const char *line)
{
	return strstr(head, line) != NULL;
}

static char *empty_header(char *out, size_t name_len)
{
	memset(out, 'X', name_len);
	memcpy(out + name_len, ":", 2);
	return out;
}

static void headers_go_out_with_the_value_they_have_or_none(void **state)
{
	(void)state;
	struct tls_server s = {.certificate = &server, .answer = answer};
	tls_server_start(&s);
	counterfoil_client *c = make_client(NULL);
	counterfoil_response *r = NULL;
	char url[256], longest[300];
	const struct {
		const char *line, *want;
	} cases[] = {
		{"X-At: 12:", "\r\nX-At: 12:\r\n"}, {"X-At::", "\r\nX-At::\r\n"}, {"X-At: a;", "\r\nX-At: a;\r\n"},
		{"X-None:", "\r\nX-None:\r\n"},   {"X-None: ", "\r\nX-None:\r\n"}, {"X-None: \t ", "\r\nX-None:\r\n"},
		{empty_header(longest, 255), longest},
	};
	url_of(&s, "localhost", "/echo", url);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const char *const headers[] = {cases[i].line, NULL};
		const counterfoil_request q = {.size = sizeof q, .url = url, .headers = headers};
		expect(cases[i].line, counterfoil_call(c, &q, &r, NULL), COUNTERFOIL_OK);
		if (!has(counterfoil_response_body(r).data, cases[i].want))
			fail_msg("\"%s\" went out as %s", cases[i].line, (const char *)counterfoil_response_body(r).data);
		counterfoil_response_free(r);
	}
	counterfoil_client_free(c);
	tls_server_stop(&s);
}

/* They share one handle of curl, and one connection. */
static void nothing_of_a_request_stays_for_the_next(void **state)
{
	(void)state;
	static const char *const extra[] = {"Content-Type: text/xml", "User-Agent: mine", NULL};
	static const struct {
		const char *method, *line, *body;
		const char *const *headers;
	} calls[] = {
		{"PUT", "PUT /echo ", "<a/>", extra}, {"GET", "GET /echo ", NULL, NULL},   {"HEAD", "", NULL, NULL},
		{"DELETE", "DELETE /echo ", NULL, NULL}, {"POST", "POST /echo ", "a=1", NULL}, {"HEAD", "", NULL, NULL},
		{"POST", "POST /echo ", "", NULL},    {"HEAD", "", NULL, NULL},		   {"GET", "GET /echo ", NULL, NULL},
		{"PUT", "PUT /echo ", "<a/>", NULL},  {NULL, "GET /echo ", NULL, NULL},
	};
	struct tls_server s = {.certificate = &server, .answer = answer};
	tls_server_start(&s);
	counterfoil_client *c = make_client(NULL);
	char url[256];
	url_of(&s, "localhost", "/echo", url);
	for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
		counterfoil_response *r = NULL;
		const char *body = calls[i].body, *line = calls[i].line;
		counterfoil_request q = {.size = sizeof q, .method = calls[i].method, .url = url,
					 .headers = calls[i].headers, .body = {body, body ? strlen(body) : 0}};
		expect(line, counterfoil_call(c, &q, &r, NULL), COUNTERFOIL_OK);
		const char *head = counterfoil_response_body(r).data;
		bool as_wanted = strncmp(head, line, strlen(line)) == 0 && has(head, "\r\nContent-Length: ") == (body != NULL) &&
				 has(head, "\r\nContent-Type: ") == (calls[i].headers != NULL) &&
				 has(head, "\r\nUser-Agent: mine\r\n") == (calls[i].headers != NULL);
		if (line[0] ? !as_wanted : !counterfoil_response_header(r, "X-Asked")) /* HEAD: no body that could tell */
			fail_msg("call %zu was sent as\n%s", i, head);
		counterfoil_response_free(r);
	}
	counterfoil_client_free(c);
	tls_server_stop(&s);
	assert_int_equal(s.connections, 1);
}

static void answers_over_the_caps_and_broken_ones_are_named(void **state)
{
	(void)state;
	const struct {
		const char *path;
		counterfoil_code want;
	} cases[] = {
		{"/large", COUNTERFOIL_TOO_LARGE}, {"/endless", COUNTERFOIL_TOO_LARGE}, {"/head", COUNTERFOIL_TOO_LARGE},
		{"/line", COUNTERFOIL_TOO_LARGE},  {"/cut", COUNTERFOIL_BROKEN},	{"/nonsense", COUNTERFOIL_BROKEN},
		{"/silent", COUNTERFOIL_TIMEOUT},  {"/stall", COUNTERFOIL_TIMEOUT},
	};
	struct tls_server s = {.certificate = &server, .answer = answer};
	tls_server_start(&s);
	counterfoil_client *c = make_client(
		&(counterfoil_client_options){.identity = identity, .total_timeout_ms = 700, .header_cap = 8192, .body_cap = 4096});
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char url[256];
		int64_t started = clock_mono_ms();
		url_of(&s, "localhost", cases[i].path, url);
		expect(cases[i].path, get(c, url, NULL), cases[i].want);
		if (clock_mono_ms() - started > 5000)
			fail_msg("%s took %lld ms", cases[i].path, (long long)(clock_mono_ms() - started));
	}
	counterfoil_client_free(c);
	tls_server_stop(&s);
}

static void a_stalled_answer_ends_before_the_total_time(void **state)
{
	(void)state;
	struct tls_server s = {.certificate = &server, .answer = answer};
	tls_server_start(&s);
	counterfoil_client *c = make_client(
		&(counterfoil_client_options){.identity = identity, .total_timeout_ms = 30000, .stall_timeout_seconds = 1});
	char url[256];
	int64_t started = clock_mono_ms();
	url_of(&s, "localhost", "/stall", url);
	expect("stall", get(c, url, NULL), COUNTERFOIL_TIMEOUT);
	assert_true(clock_mono_ms() - started < 10000);
	counterfoil_client_free(c);
	tls_server_stop(&s);
}

static void a_body_of_exactly_the_cap_fits(void **state)
{
	(void)state;
	struct tls_server s = {.certificate = &server, .answer = answer};
	tls_server_start(&s);
	char url[256];
	url_of(&s, "localhost", "/", url); /* 5 bytes */
	for (size_t cap = 4; cap <= 6; cap++) {
		counterfoil_client *c = make_client(&(counterfoil_client_options){.identity = identity, .body_cap = cap});
		expect("cap", get(c, url, NULL), cap < 5 ? COUNTERFOIL_TOO_LARGE : COUNTERFOIL_OK);
		counterfoil_client_free(c);
	}
	tls_server_stop(&s);
}

struct caller {
	counterfoil_client *client;
	const char *url;
	int ok;
};

static void *call_ten_times(void *data)
{
	struct caller *caller = data;
	for (int i = 0; i < 10; i++) {
		counterfoil_response *r = NULL;
		const counterfoil_request q = {.size = sizeof q, .url = caller->url};
		caller->ok += counterfoil_call(caller->client, &q, &r, NULL) == COUNTERFOIL_OK;
		counterfoil_response_free(r);
	}
	return NULL;
}

static void connections_are_kept_and_shared_by_threads(void **state)
{
	(void)state;
	enum { THREADS = 6 };
	struct tls_server s = {.certificate = &server, .client_ca = &ca, .answer = answer};
	tls_server_start(&s);
	counterfoil_client *c = make_client(NULL);
	char url[256];
	url_of(&s, "localhost", "/", url);
	struct caller alone = {.client = c, .url = url};
	call_ten_times(&alone);
	assert_int_equal(alone.ok, 10);
	assert_int_equal(s.connections, 1);
	struct caller callers[THREADS];
	pthread_t threads[THREADS];
	for (int i = 0; i < THREADS; i++) {
		callers[i] = (struct caller){.client = c, .url = url};
		assert_int_equal(pthread_create(&threads[i], NULL, call_ten_times, &callers[i]), 0);
	}
	for (int i = 0; i < THREADS; i++) {
		pthread_join(threads[i], NULL);
		assert_int_equal(callers[i].ok, 10);
	}
	assert_int_equal(s.requests, 10 + 10 * THREADS);
	if (s.connections > THREADS)
		fail_msg("%d connections for %d threads", s.connections, THREADS);
	counterfoil_client_free(c);
	tls_server_stop(&s);
}

static void an_identity_outlives_its_owner_while_a_client_holds_it(void **state)
{
	(void)state;
	struct buf der = BUF_INIT(1 << 16);
	X509 *chain[] = {ca.certificate};
	counterfoil_identity *mine = NULL;
	package_write(&(struct package){.subject = &client, .password = password, .chain = chain, .chain_count = 1}, &der);
	expect("open", counterfoil_identity_from_memory((counterfoil_bytes){der.data, der.len},
							(counterfoil_bytes){password, strlen(password)}, &mine, NULL), COUNTERFOIL_OK);
	struct tls_server s = {.certificate = &server, .client_ca = &ca, .answer = answer};
	tls_server_start(&s);
	counterfoil_client *c = make_client(&(counterfoil_client_options){.identity = mine});
	counterfoil_identity_free(mine);
	char url[256];
	url_of(&s, "localhost", "/", url);
	expect("after", get(c, url, NULL), COUNTERFOIL_OK);
	counterfoil_client_free(c);
	tls_server_stop(&s);
	buf_free(&der);
}

static void time_that_is_over_is_told_before_anything_is_sent(void **state)
{
	(void)state;
	struct tls_server s = {.certificate = &server, .client_ca = &ca, .answer = answer};
	tls_server_start(&s);
	counterfoil_client *c = make_client(NULL);
	char url[256];
	url_of(&s, "localhost", "/", url);
	clock_inject(counterfoil_identity_not_after(identity) + 1);
	expect("over", get(c, url, NULL), COUNTERFOIL_EXPIRED);
	counterfoil_client *late = NULL;
	const counterfoil_client_options options = {.size = sizeof options, .identity = identity};
	expect("new", counterfoil_client_new(&options, &late, NULL), COUNTERFOIL_EXPIRED);
	clock_inject(counterfoil_identity_not_before(identity) - 1);
	expect("not begun", get(c, url, NULL), COUNTERFOIL_NOT_YET_VALID);
	clock_inject(-1);
	assert_null(late);
	assert_int_equal(s.connections, 0);
	counterfoil_client_free(c);
	tls_server_stop(&s);
}

static void where_nobody_answers_is_named(void **state)
{
	(void)state;
	counterfoil_client *c = make_client(NULL);
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof address;
	assert_int_equal(bind(fd, (struct sockaddr *)&address, len), 0); /* bound, not listening: refuses */
	getsockname(fd, (struct sockaddr *)&address, &len);
	char url[256];
	snprintf(url, sizeof url, "https://127.0.0.1:%d/", ntohs(address.sin_port));
	expect("closed port", get(c, url, NULL), COUNTERFOIL_UNREACHABLE);
	close(fd);
	expect("no such host", get(c, "https://no-such-host.invalid/", NULL), COUNTERFOIL_UNREACHABLE);
	counterfoil_client_free(c);
}

static void bad_requests_are_refused_before_they_leave(void **state)
{
	(void)state;
	static const char *const urls[] = {
		"", "http://localhost/", "ftp://localhost/", "file:///etc/passwd", "https://", "https:///x", "https://user@localhost/",
		"https://user:secret@localhost/", "https://localhost:99999/", "https://localhost/a b", "https://localhost/\r\nX: y",
		"https://b\xc3\xbc" "cher.example/", "localhost", "HTTPS:localhost"};
	char long_name[300];
	const char *const lines[] = {
		empty_header(long_name, 256), "", ":", "X", ": y", "X y: z", "X: y\r\nZ: 1", "X: y\n", "X:\x01", "Content-Length: 5", "transfer-encoding: chunked",
		"HOST: other", "Connection: close", "X\r: y"};
	static const char *const methods[] = {"", "get", "GET /", "GET\r\n", "ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEFG"};
	counterfoil_client *c = make_client(NULL);
	counterfoil_response *r = NULL;
	for (size_t i = 0; i < sizeof urls / sizeof *urls; i++)
		expect(urls[i], get(c, urls[i], NULL), COUNTERFOIL_BAD_INPUT);
	const struct {
		const char *url, *says;
	} odd[] = {
		{"https://b\xc3\xbc" "cher.example/", "in punycode (xn--...)"},
		{"https://b\xc3\xbc" "cher.example?x", "in punycode (xn--...)"},
		{"https://localhost/b\xc3\xbc" "cher", "percent-encode it"},
		{"https://localhost?b\xc3\xbc" "cher", "percent-encode it"},
		{"https://localhost/a b", "percent-encode it"},
		{"b\xc3\xbc" "cher.example", "percent-encode it"},
	};
	for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
		const counterfoil_request q = {.size = sizeof q, .url = odd[i].url};
		counterfoil_error error;
		expect(odd[i].url, counterfoil_call(c, &q, &r, &error), COUNTERFOIL_BAD_INPUT);
		if (!strstr(error.text, odd[i].says))
			fail_msg("%s: wanted [%s], had [%s]", odd[i].url, odd[i].says, error.text);
	}
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
		const char *const headers[] = {lines[i], NULL};
		const counterfoil_request q = {.size = sizeof q, .url = "https://127.0.0.1:1/", .headers = headers};
		expect(lines[i], counterfoil_call(c, &q, &r, NULL), COUNTERFOIL_BAD_INPUT);
	}
	for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
		const counterfoil_request q = {.size = sizeof q, .url = "https://127.0.0.1:1/", .method = methods[i]};
		expect(methods[i], counterfoil_call(c, &q, &r, NULL), COUNTERFOIL_BAD_INPUT);
	}
	const counterfoil_request sizeless = {.url = "https://127.0.0.1:1/"};
	expect("no size", counterfoil_call(c, &sizeless, &r, NULL), COUNTERFOIL_BAD_INPUT);
	expect("nothing", counterfoil_call(NULL, NULL, NULL, NULL), COUNTERFOIL_BAD_INPUT);
	assert_null(r);
	counterfoil_client_free(c);
}

static void options_without_trust_or_size_make_no_client(void **state)
{
	(void)state;
	static const char half[] = "-----BEGIN CERTIFICATE-----\nMIIBszCC\n-----END CERTIFICATE-----\n";
	const struct {
		const char *name;
		counterfoil_client_options options;
		counterfoil_code want;
	} cases[] = {
		{"no size", {.identity = identity}, COUNTERFOIL_BAD_INPUT},
		{"no trust at all", {.size = sizeof(counterfoil_client_options)}, COUNTERFOIL_NO_TRUST},
		{"empty PEM", {.size = sizeof(counterfoil_client_options), .trust = COUNTERFOIL_TRUST_PEM}, COUNTERFOIL_NO_TRUST},
		{"damaged PEM", {.size = sizeof(counterfoil_client_options), .trust = COUNTERFOIL_TRUST_PEM, .trust_pem = {half, sizeof half - 1}},
		 COUNTERFOIL_BAD_INPUT},
		{"no PEM", {.size = sizeof(counterfoil_client_options), .trust = COUNTERFOIL_TRUST_PEM, .trust_pem = {"hello", 5}},
		 COUNTERFOIL_NO_TRUST},
		{"unknown trust", {.size = sizeof(counterfoil_client_options), .trust = (counterfoil_trust)9}, COUNTERFOIL_BAD_INPUT},
		{"too many kept", {.size = sizeof(counterfoil_client_options), .identity = identity, .connections_kept = 257},
		 COUNTERFOIL_BAD_INPUT},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		counterfoil_client *c = NULL;
		expect(cases[i].name, counterfoil_client_new(&cases[i].options, &c, NULL), cases[i].want);
		assert_null(c);
	}
}

static int begin(void **state)
{
	(void)state;
	struct buf der = BUF_INIT(1 << 16);
	signal(SIGPIPE, SIG_IGN);
	unsetenv("https_proxy");
	unsetenv("HTTPS_PROXY");
	unsetenv("ALL_PROXY");
	unsetenv("all_proxy");
	ca = pair_make(&(struct wanted){.common_name = "Test CA", .ca = true});
	stranger_ca = pair_make(&(struct wanted){.common_name = "Another CA", .ca = true});
	server = pair_make(&(struct wanted){.alternative = "DNS:localhost,IP:127.0.0.1", .issuer = &ca, .extended = "serverAuth"});
	client = pair_make(&(struct wanted){.common_name = "e-banking", .issuer = &ca, .extended = "clientAuth"});
	X509 *chain[] = {ca.certificate};
	package_write(&(struct package){.subject = &client, .password = password, .chain = chain, .chain_count = 1}, &der);
	counterfoil_code code = counterfoil_identity_from_memory((counterfoil_bytes){der.data, der.len},
								 (counterfoil_bytes){password, strlen(password)}, &identity, NULL);
	buf_free(&der);
	return code;
}

static int end(void **state)
{
	(void)state;
	counterfoil_identity_free(identity);
	pair_free(&ca);
	pair_free(&stranger_ca);
	pair_free(&server);
	pair_free(&client);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_server_of_the_right_name_and_ca_is_called),
		cmocka_unit_test(servers_that_are_not_who_they_should_be_are_refused_before_they_see_our_certificate),
		cmocka_unit_test(trust_is_what_was_said_and_nothing_else),
		cmocka_unit_test(the_machines_cas_count_only_when_asked_for),
		cmocka_unit_test(refusals_of_our_certificate_are_named),
		cmocka_unit_test(old_tls_is_refused),
		cmocka_unit_test(statuses_are_answers_and_refusals_say_why),
		cmocka_unit_test(headers_are_found_in_any_case_and_in_order),
		cmocka_unit_test(a_request_arrives_as_it_was_given),
		cmocka_unit_test(headers_go_out_with_the_value_they_have_or_none),
		cmocka_unit_test(nothing_of_a_request_stays_for_the_next),
		cmocka_unit_test(answers_over_the_caps_and_broken_ones_are_named),
		cmocka_unit_test(a_stalled_answer_ends_before_the_total_time),
		cmocka_unit_test(a_body_of_exactly_the_cap_fits),
		cmocka_unit_test(connections_are_kept_and_shared_by_threads),
		cmocka_unit_test(an_identity_outlives_its_owner_while_a_client_holds_it),
		cmocka_unit_test(time_that_is_over_is_told_before_anything_is_sent),
		cmocka_unit_test(where_nobody_answers_is_named),
		cmocka_unit_test(bad_requests_are_refused_before_they_leave),
		cmocka_unit_test(options_without_trust_or_size_make_no_client),
	};
	return cmocka_run_group_tests(tests, begin, end);
}

/* Exchanges with gateways: what each of their decisions becomes, and what they never hear. */
#include "base/clock.h"
#include "tests/support/mail_host.h"
#include "tests/support/test.h"
#include "tests/support/tls_server.h"

#include "delivery/transfer.h"

#include <openssl/pem.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char mail[] = "Subject: x\r\n\r\n.\r\n..two\r\n.three\r\nlast\r\n";
static struct pair ca, server, stranger;
static struct buf trust = {.cap = 8192}, of_stranger = {.cap = 8192};
static struct secret *password;

static void put_pem(const struct pair *p, struct buf *out)
{
	BIO *b = BIO_new(BIO_s_mem());
	char *bytes = NULL;
	assert_int_equal(PEM_write_bio_X509(b, p->certificate), 1);
	long len = BIO_get_mem_data(b, &bytes);
	buf_add(out, bytes, (size_t)len);
	BIO_free(b);
}

static int begin(void **state)
{
	(void)state;
	signal(SIGPIPE, SIG_IGN); /* as the daemon has it */
	ca = pair_make(&(struct wanted){.common_name = "Test CA", .ca = true});
	stranger = pair_make(&(struct wanted){.common_name = "Strange CA", .ca = true});
	server = pair_make(&(struct wanted){.common_name = "localhost", .alternative = "DNS:localhost", .extended = "serverAuth",
					    .issuer = &ca});
	put_pem(&ca, &trust);
	put_pem(&stranger, &of_stranger);
	password = secret_copy("geheim", 6);
	return transfer_start() == ERR_OK && password ? 0 : -1;
}

static int end(void **state)
{
	(void)state;
	pair_free(&ca);
	pair_free(&server);
	pair_free(&stranger);
	buf_free(&trust);
	buf_free(&of_stranger);
	secret_free(password);
	return 0;
}

static struct transfer_mail mail_to(const struct mail_host *h, char url[64])
{
	snprintf(url, 64, "%s://localhost:%d", h->implicit ? "smtps" : "smtp", h->port);
	return (struct transfer_mail){
		.peer = {.url = url, .trust = &trust, .user = "ca", .password = password, .seconds = 5},
		.greeting = "ca.example",
		.from = "ca@ca.example",
		.to = "kari@nordbank.example",
		.bytes = mail,
		.len = sizeof mail - 1,
	};
}

static enum err send_mail(const struct mail_host *h, struct errbuf *why)
{
	char url[64];
	const struct transfer_mail m = mail_to(h, url);
	return transfer_mail(&m, why);
}

static void a_mail_arrives_as_it_is_by_both_ways_of_tls(void **state)
{
	(void)state;
	for (int implicit = 0; implicit < 2; implicit++) {
		struct mail_host h = {.certificate = &server, .implicit = implicit};
		mail_host_start(&h);
		assert_int_equal(send_mail(&h, NULL), ERR_OK);
		mail_host_stop(&h);
		assert_int_equal(h.taken, 1);
		assert_int_equal(h.in_clear, 0);
		assert_string_equal(h.mail, mail);
		assert_string_equal(h.login, "AGNhAGdlaGVpbQ=="); /* NUL, ca, NUL, geheim */
	}
}

static const struct decision {
	const char *command, *reply;
	enum err outcome;
	const char *words;
} decisions[] = {
	{"CONNECT", "421 not now\r\n", ERR_UNAVAILABLE, "421 not now"},
	{"CONNECT", "554 never\r\n", ERR_USAGE, "554 never"},
	{"CONNECT", "", ERR_NETWORK, ""},
	{"EHLO", "451 not now\r\n", ERR_UNAVAILABLE, "451 not now"},
	{"EHLO", "550 never\r\n", ERR_USAGE, "550 never"},
	{"EHLO", "", ERR_NETWORK, ""},
	{"STARTTLS", "454 not now\r\n", ERR_USAGE, "no TLS"},
	{"STARTTLS", "", ERR_NETWORK, ""},
	{"AUTH", "535 5.7.8 wrong\r\n", ERR_USAGE, "535 5.7.8 wrong"},
	{"AUTH", "454 4.7.0 not now\r\n", ERR_UNAVAILABLE, "454 4.7.0 not now"},
	{"AUTH", "", ERR_NETWORK, ""},
	{"MAIL", "550 not you\r\n", ERR_USAGE, "550 not you"},
	{"MAIL", "451 not now\r\n", ERR_UNAVAILABLE, "451 not now"},
	{"MAIL", "", ERR_NETWORK, ""},
	{"RCPT", "550 nobody\r\n", ERR_REFUSED, "550 nobody"},
	{"RCPT", "550-5.1.1 nobody\r\n550-5.1.1 of that\r\n550 5.1.1 name\r\n", ERR_REFUSED,
	 "550 5.1.1 nobody 5.1.1 of that 5.1.1 name"},
	{"RCPT", "550 5.2.1 disabled\r\n", ERR_REFUSED, "550 5.2.1 disabled"},
	{"RCPT", "553 5.1.3 bad address\r\n", ERR_REFUSED, "553 5.1.3 bad address"},
	{"RCPT", "550 5.70.1 no such code\r\n", ERR_REFUSED, "550 5.70.1"},
	{"RCPT", "550 not 5.7.1 at its place\r\n", ERR_REFUSED, "550 not"},
	{"RCPT", "550\r\n", ERR_REFUSED, "550"},
	{"RCPT", "530 5.7.0 log in first\r\n", ERR_USAGE, "530 5.7.0 log in first"},
	{"RCPT", "530 log in first\r\n", ERR_USAGE, "530 log in first"},
	{"RCPT", "534 too weak\r\n", ERR_USAGE, "534 too weak"},
	{"RCPT", "535 5.7.8 wrong\r\n", ERR_USAGE, "535 5.7.8 wrong"},
	{"RCPT", "538 by TLS\r\n", ERR_USAGE, "538 by TLS"},
	{"RCPT", "550 5.7.1 not from you\r\n", ERR_USAGE, "550 5.7.1 not from you"},
	{"RCPT", "553 5.7.1 not yours\r\n", ERR_USAGE, "553 5.7.1 not yours"},
	{"RCPT", "554 5.7.1 no relay\r\n", ERR_USAGE, "554 5.7.1 no relay"},
	{"RCPT", "554-5.7.1 no\r\n554 5.7.1 relay\r\n", ERR_USAGE, "554 5.7.1 no 5.7.1 relay"},
	{"RCPT", "450 not now\r\n", ERR_UNAVAILABLE, "450 not now"},
	{"RCPT", "", ERR_NETWORK, ""},
	{"DATA", "554 no\r\n", ERR_REFUSED, "554 no"},
	{"DATA", "451 not now\r\n", ERR_UNAVAILABLE, "451 not now"},
	{"DATA", "", ERR_NETWORK, ""},
	{"DATA", "554 5.7.1 not this\r\n", ERR_REFUSED, "554 5.7.1 not this"},
	{".", "554 5.7.1 a virus\r\n", ERR_REFUSED, "554 5.7.1 a virus"},
	{".", "552 too much\r\n", ERR_REFUSED, "552 too much"},
	{".", "452 full\r\n", ERR_UNAVAILABLE, "452 full"},
	{".", "", ERR_NETWORK, ""},
	{"CONNECT", "gibberish\r\n", ERR_TIMEOUT, ""},
	{".", "silence", ERR_TIMEOUT, "in time"},
};

static void each_decision_of_a_mail_server_becomes_what_it_means(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof decisions / sizeof *decisions; i++) {
		const struct decision *d = &decisions[i];
		struct mail_host h = {.certificate = &server, .command = d->command, .reply = d->reply};
		struct errbuf why = {""};
		char url[64];
		mail_host_start(&h);
		struct transfer_mail m = mail_to(&h, url);
		m.peer.seconds = d->outcome == ERR_TIMEOUT ? 1 : 5;
		enum err rc = transfer_mail(&m, &why);
		mail_host_stop(&h);
		if (rc != d->outcome || !strstr(why.text, d->words))
			fail_msg("%s %s: %s, %s", d->command, d->reply, err_word(rc), why.text);
		assert_int_equal(h.taken, 0);
		assert_int_equal(h.in_clear, 0);
		assert_null(strstr(why.text, "kari"));
	}
}

static void a_server_that_says_no_end_is_left(void **state)
{
	(void)state;
	enum { LINES = 20000 };
	static const char line[] = "250-abcdef\r\n";
	char *flood = malloc(LINES * (sizeof line - 1) + 1);
	assert_non_null(flood);
	for (size_t i = 0; i < LINES; i++)
		memcpy(flood + i * (sizeof line - 1), line, sizeof line);
	struct mail_host h = {.certificate = &server, .command = "EHLO", .reply = flood};
	mail_host_start(&h);
	assert_int_equal(send_mail(&h, NULL), ERR_NETWORK);
	mail_host_stop(&h);
	free(flood);
}

static void who_is_not_trusted_or_has_no_tls_hears_nothing(void **state)
{
	(void)state;
	static const struct {
		const char *name, *host;
		const struct buf *trust;
		bool implicit, bare;
	} cases[] = {{"another authority", "localhost", &of_stranger, false, false},
		     {"another authority, implicit", "localhost", &of_stranger, true, false},
		     {"the system's authorities", "localhost", NULL, false, false},
		     {"another name", "127.0.0.1", &trust, false, false},
		     {"another name, implicit", "127.0.0.1", &trust, true, false},
		     {"no STARTTLS", "localhost", &trust, false, true}};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct mail_host h = {.certificate = &server, .implicit = cases[i].implicit, .bare = cases[i].bare};
		char url[64];
		mail_host_start(&h);
		struct transfer_mail m = mail_to(&h, url);
		snprintf(url, sizeof url, "%s://%s:%d", h.implicit ? "smtps" : "smtp", cases[i].host, h.port);
		m.peer.trust = cases[i].trust;
		enum err rc = transfer_mail(&m, NULL);
		mail_host_stop(&h);
		if (rc != ERR_USAGE || h.in_clear || h.taken || h.login[0])
			fail_msg("%s: %s, %d in clear", cases[i].name, err_word(rc), (int)h.in_clear);
	}
}

static void certificates_that_are_none_trust_nobody(void **state)
{
	(void)state;
	struct mail_host h = {.certificate = &server};
	struct buf rubbish = BUF_INIT(64);
	char url[64];
	buf_text(&rubbish, "no certificate at all\n");
	mail_host_start(&h);
	struct transfer_mail m = mail_to(&h, url);
	m.peer.trust = &rubbish;
	assert_int_equal(transfer_mail(&m, NULL), ERR_USAGE);
	mail_host_stop(&h);
	assert_int_equal(h.in_clear, 0);
	buf_free(&rubbish);
}

static void nobody_is_there(void **state)
{
	(void)state;
	struct mail_host h = {.certificate = &server};
	struct errbuf why = {""};
	char url[64];
	mail_host_start(&h);
	struct transfer_mail m = mail_to(&h, url);
	mail_host_stop(&h);
	assert_int_equal(transfer_mail(&m, NULL), ERR_NETWORK);
	m.peer.url = "smtp://no-such-name.invalid:587";
	assert_int_equal(transfer_mail(&m, &why), ERR_NETWORK);
	assert_non_null(strstr(why.text, "name cannot be resolved"));
}

static bool answer_http(SSL *ssl, const struct seen *request, struct tls_server *s)
{
	(void)s;
	if (strcmp(request->path, "/moved") == 0)
		return tls_reply(ssl, 302, "Location: /there\r\n", "moved");
	if (strcmp(request->path, "/gone") == 0)
		return false;
	if (strcmp(request->path, "/long") == 0)
		return tls_reply(ssl, 200, NULL, "a long answer, longer than its room");
	bool basic = strstr(request->head, "Authorization: Basic Y2E6Z2VoZWlt\r\n") != NULL;
	bool own = strstr(request->head, "X-Own: yes\r\n") != NULL;
	return tls_reply(ssl, basic && own && strcmp(request->body, "{}") == 0 ? 201 : 400, NULL, "answer");
}

static struct transfer_request request_to(const struct tls_server *s, const char *path, char url[64])
{
	static const char *const headers[] = {"X-Own: yes", "Content-Type: application/json", NULL};
	snprintf(url, 64, "https://localhost:%d%s", s->port, path);
	return (struct transfer_request){
		.peer = {.url = url, .trust = &trust, .user = "ca", .password = password, .seconds = 5},
		.headers = headers,
		.body = "{}",
		.len = 2,
	};
}

static void a_request_is_answered_within_bounds_and_goes_nowhere_else(void **state)
{
	(void)state;
	static const struct {
		const char *path;
		enum err outcome;
		int status;
		const char *body;
	} cases[] = {{"/", ERR_OK, 201, "answer"},
		     {"/moved", ERR_OK, 302, "moved"},
		     {"/long", ERR_CLOSED, 0, NULL},
		     {"/gone", ERR_CLOSED, 0, NULL}};
	struct tls_server s = {.certificate = &server, .answer = answer_http};
	tls_server_start(&s);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct buf answer = BUF_INIT(16);
		char url[64];
		int status = 0;
		const struct transfer_request r = request_to(&s, cases[i].path, url);
		assert_int_equal(transfer_http(&r, &status, &answer, NULL), cases[i].outcome);
		assert_int_equal(status, cases[i].status);
		if (cases[i].body)
			assert_string_equal(buf_string(&answer), cases[i].body);
		buf_free(&answer);
	}
	assert_int_equal(s.requests, 4);
	tls_server_stop(&s);
}

/* What a server that is away or speaks no TLS has nothing of is told from what one may have taken. */
static void a_request_that_reached_nobody_is_told_from_one_that_may_have(void **state)
{
	(void)state;
	struct tls_server s = {.certificate = &server, .answer = answer_http};
	struct mail_host no_tls = {.certificate = &server, .command = "CONNECT", .reply = "421 not now\r\n"};
	struct buf answer = BUF_INIT(16);
	char url[64];
	int status = 0;
	tls_server_start(&s);
	struct transfer_request r = request_to(&s, "/gone", url);
	assert_int_equal(transfer_http(&r, &status, &answer, NULL), ERR_CLOSED);
	tls_server_stop(&s);
	assert_int_equal(transfer_http(&r, &status, &answer, NULL), ERR_NETWORK);
	mail_host_start(&no_tls);
	snprintf(url, sizeof url, "https://localhost:%d/", no_tls.port);
	assert_int_equal(transfer_http(&r, &status, &answer, NULL), ERR_NETWORK);
	mail_host_stop(&no_tls);
	r.peer.url = "https://no-such-name.invalid/";
	assert_int_equal(transfer_http(&r, &status, &answer, NULL), ERR_NETWORK);
}

static void a_request_without_tls_or_with_a_header_too_many_is_not_made(void **state)
{
	(void)state;
	static const char *const broken[] = {"X-Own: yes\r\nX-Other: no", NULL};
	struct tls_server s = {.certificate = &server, .answer = answer_http};
	struct buf answer = BUF_INIT(16);
	char url[64];
	int status = 0;
	tls_server_start(&s);
	struct transfer_request r = request_to(&s, "/", url);
	r.headers = broken;
	assert_int_equal(transfer_http(&r, &status, &answer, NULL), ERR_INVALID);
	r = request_to(&s, "/", url);
	r.peer.url = "http://localhost/";
	assert_int_equal(transfer_http(&r, &status, &answer, NULL), ERR_USAGE);
	r.peer.url = "file:///etc/hostname";
	assert_int_equal(transfer_http(&r, &status, &answer, NULL), ERR_USAGE);
	r = request_to(&s, "/", url);
	r.peer.trust = &of_stranger;
	assert_int_equal(transfer_http(&r, &status, &answer, NULL), ERR_USAGE);
	assert_int_equal(s.requests, 0);
	assert_int_equal(answer.len, 0);
	tls_server_stop(&s);
}

static int looks;

static bool at_the_third_look(void *ctx)
{
	(void)ctx;
	return ++looks >= 3;
}

/* A daemon that is told to stop is not held up by a server that says nothing. */
static void an_exchange_ends_when_it_is_told_to(void **state)
{
	(void)state;
	struct mail_host h = {.certificate = &server, .command = ".", .reply = "silence"};
	struct errbuf why = {""};
	char url[64];
	mail_host_start(&h);
	struct transfer_mail m = mail_to(&h, url);
	m.peer.seconds = TRANSFER_SECONDS_MOST;
	int64_t began = clock_mono_ms();
	transfer_stop_when(at_the_third_look, NULL);
	enum err rc = transfer_mail(&m, &why);
	transfer_stop_when(NULL, NULL);
	assert_in_range(clock_mono_ms() - began, 0, 5000);
	assert_int_equal(rc, ERR_NETWORK);
	assert_non_null(strstr(why.text, "being stopped"));
	mail_host_stop(&h);
}

static void the_environment_names_no_proxy(void **state)
{
	(void)state;
	static const char *const names[] = {"all_proxy", "ALL_PROXY", "https_proxy", "smtp_proxy", "SMTP_PROXY"};
	struct mail_host h = {.certificate = &server};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		setenv(names[i], "http://127.0.0.1:1", 1);
	mail_host_start(&h);
	assert_int_equal(send_mail(&h, NULL), ERR_OK);
	mail_host_stop(&h);
	a_request_is_answered_within_bounds_and_goes_nowhere_else(NULL);
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		unsetenv(names[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_mail_arrives_as_it_is_by_both_ways_of_tls),
		cmocka_unit_test(each_decision_of_a_mail_server_becomes_what_it_means),
		cmocka_unit_test(a_server_that_says_no_end_is_left),
		cmocka_unit_test(who_is_not_trusted_or_has_no_tls_hears_nothing),
		cmocka_unit_test(certificates_that_are_none_trust_nobody),
		cmocka_unit_test(nobody_is_there),
		cmocka_unit_test(a_request_is_answered_within_bounds_and_goes_nowhere_else),
		cmocka_unit_test(a_request_that_reached_nobody_is_told_from_one_that_may_have),
		cmocka_unit_test(a_request_without_tls_or_with_a_header_too_many_is_not_made),
		cmocka_unit_test(an_exchange_ends_when_it_is_told_to),
		cmocka_unit_test(the_environment_names_no_proxy),
	};
	return cmocka_run_group_tests(tests, begin, end);
}

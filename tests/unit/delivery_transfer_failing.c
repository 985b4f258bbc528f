/* Memory and libcurl fail at each call in turn (OpenSSL is called by libcurl alone) while a mail is made and handed over, and while a gateway is asked:
 * there is no success that is none, and nobody who is not trusted hears a thing. */
#include "tests/support/failing.h"
#include "tests/support/mail_host.h"
#include "tests/support/test.h"
#include "tests/support/tls_server.h"

#include "delivery/mail.h"
#include "delivery/transfer.h"

#include <openssl/pem.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

/* In `make check`; a campaign takes every one. */
enum { SAMPLE = 40 };

static const char mail[] = "Subject: x\r\n\r\nhello\r\n";
static struct pair ca, server;

static struct {
	struct buf trust, out;
	struct secret *password;
	struct message message;
	struct mail_host host, bare;
	struct tls_server gateway;
	char mail_url[64], bare_url[64], gateway_url[64];
	int taken, status;
	struct errbuf why;
} at;

static void spare(void)
{
	failing_pause();
}

static void empty(void)
{
	buf_free(&at.out);
	at.out = BUF_INIT(1 << 16);
	at.taken = at.host.taken;
	at.status = 0;
}

static enum err write_mail(void)
{
	static const struct mail_settings settings = {.from = "ca@example.com", .from_name = "Blåbær"};
	return mail_write(&settings, "abcdefgh23456722", &at.message, 1795313618, &at.out, &at.why);
}

static void after_write(enum err rc, bool failed)
{
	failing_require(failed || rc == ERR_OK);
	failing_require(rc != ERR_OK || (buf_string(&at.out) && strstr(buf_string(&at.out), "--=_abcdefgh23456722--\r\n")));
}

static enum err send_to(const char *url)
{
	const struct transfer_mail m = {
		.peer = {.url = url, .trust = &at.trust, .user = "ca", .password = at.password, .seconds = 5},
		.greeting = "ca.example",
		.from = "ca@ca.example",
		.to = "kari@nordbank.example",
		.bytes = mail,
		.len = sizeof mail - 1,
	};
	return transfer_mail(&m, &at.why);
}

static enum err send_mail(void)
{
	return send_to(at.mail_url);
}

static void after_mail(enum err rc, bool failed)
{
	failing_require(failed || rc == ERR_OK);
	failing_require(rc != ERR_OK || (at.host.taken == at.taken + 1 && strcmp(at.host.mail, mail) == 0));
	failing_require(at.host.in_clear == 0);
}

static enum err send_bare(void)
{
	return send_to(at.bare_url);
}

static void after_bare(enum err rc, bool failed)
{
	(void)failed;
	failing_require(rc != ERR_OK && rc != ERR_REFUSED && rc != ERR_INVALID);
	failing_require(at.bare.in_clear == 0 && at.bare.taken == 0);
}

static enum err ask(void)
{
	static const char *const headers[] = {"X-Own: yes", NULL};
	const struct transfer_request r = {
		.peer = {.url = at.gateway_url, .trust = &at.trust, .user = "ca", .password = at.password, .seconds = 5},
		.headers = headers,
		.body = "{}",
		.len = 2,
	};
	return transfer_http(&r, &at.status, &at.out, &at.why);
}

static void after_ask(enum err rc, bool failed)
{
	failing_require(failed || rc == ERR_OK);
	failing_require(rc != ERR_OK || (at.status == 201 && buf_string(&at.out) && strcmp(buf_string(&at.out), "answer") == 0));
}

static bool answer(SSL *ssl, const struct seen *request, struct tls_server *s)
{
	(void)s;
	bool whole = strstr(request->head, "Authorization: Basic ") && strstr(request->head, "X-Own: yes") &&
		     strcmp(request->body, "{}") == 0;
	return tls_reply(ssl, whole ? 201 : 400, NULL, "answer");
}

static void a_mail_is_whole_or_none(void **state)
{
	(void)state;
	failing_each(&(struct failing_work){.name = "mail_write", .before = empty, .act = write_mail, .after = after_write,
					    .without_openssl = true, .without_sqlite = true}, SAMPLE);
}

static void a_mail_that_was_sent_was_taken(void **state)
{
	(void)state;
	failing_each(&(struct failing_work){.name = "transfer_mail", .before = empty, .act = send_mail, .after = after_mail,
					    .without_openssl = true, .without_sqlite = true, .with_curl = true}, SAMPLE);
}

static void nothing_goes_in_clear_whatever_fails(void **state)
{
	(void)state;
	failing_each(&(struct failing_work){.name = "transfer_mail without TLS", .before = empty, .act = send_bare,
					    .after = after_bare, .without_openssl = true, .without_sqlite = true, .with_curl = true}, SAMPLE);
}

static void an_answer_was_given(void **state)
{
	(void)state;
	failing_each(&(struct failing_work){.name = "transfer_http", .before = empty, .act = ask, .after = after_ask,
					    .without_openssl = true, .without_sqlite = true, .with_curl = true}, SAMPLE);
}

static bool put_trust(void)
{
	BIO *b = BIO_new(BIO_s_mem());
	char *bytes = NULL;
	bool good = b && PEM_write_bio_X509(b, ca.certificate) == 1;
	long len = good ? BIO_get_mem_data(b, &bytes) : 0;
	at.trust = BUF_INIT(8192);
	buf_add(&at.trust, bytes, (size_t)len);
	BIO_free(b);
	return good && buf_check(&at.trust) == ERR_OK;
}

static int begin(void **state)
{
	(void)state;
	signal(SIGPIPE, SIG_IGN);
	ca = pair_make(&(struct wanted){.common_name = "Test CA", .ca = true});
	server = pair_make(&(struct wanted){.common_name = "localhost", .alternative = "DNS:localhost", .extended = "serverAuth",
					    .issuer = &ca});
	at.password = secret_copy("geheim", 6);
	at.message = (struct message){.channel = CHANNEL_MAIL, .to = "kari@nordbank.example", .subject = BUF_INIT(64),
				      .text = BUF_INIT(64), .html = BUF_INIT(64)};
	buf_text(&at.message.subject, "blåbær");
	buf_text(&at.message.text, "blåbær\n");
	buf_text(&at.message.html, "<p>blåbær</p>\n");
	at.host = (struct mail_host){.certificate = &server, .spare = spare};
	at.bare = (struct mail_host){.certificate = &server, .bare = true, .spare = spare};
	at.gateway = (struct tls_server){.certificate = &server, .answer = answer, .spare = spare};
	mail_host_start(&at.host);
	mail_host_start(&at.bare);
	tls_server_start(&at.gateway);
	snprintf(at.mail_url, sizeof at.mail_url, "smtp://localhost:%d", at.host.port);
	snprintf(at.bare_url, sizeof at.bare_url, "smtp://localhost:%d", at.bare.port);
	snprintf(at.gateway_url, sizeof at.gateway_url, "https://localhost:%d/", at.gateway.port);
	return put_trust() && at.password && transfer_start() == ERR_OK ? 0 : -1;
}

static int end(void **state)
{
	(void)state;
	mail_host_stop(&at.host);
	mail_host_stop(&at.bare);
	tls_server_stop(&at.gateway);
	message_clear(&at.message);
	secret_free(at.password);
	buf_free(&at.trust);
	buf_free(&at.out);
	pair_free(&ca);
	pair_free(&server);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_mail_is_whole_or_none),
		cmocka_unit_test(a_mail_that_was_sent_was_taken),
		cmocka_unit_test(nothing_goes_in_clear_whatever_fails),
		cmocka_unit_test(an_answer_was_given),
	};
	return cmocka_run_group_tests(tests, begin, end);
}

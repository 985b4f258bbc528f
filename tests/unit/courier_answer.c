/* The courier's answers, from a frame to a file in the spool. */
#include "tests/support/test.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/pack.h"
#include "delivery/seal.h"
#include "issuer/courier/courier.h"
#include "issuer/courier/courier_serve.h"
#include "tests/support/clock_injected.h"

#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ORDER "k3m7q2w4x5y6z7a2"
#define ID "abcdefgh23456722"
#define CODE_FILE "20261122T021338Z-sms-code-" ID ".txt"

static char folder[] = "/tmp/courier-answer-XXXXXX";
static struct settings settings = {
	.mail_channel = "spool", .sms_channel = "spool", .spool = folder, .mail_from = "ca@example.com",
	.mail_server = "", .mail_security = "starttls", .mail_user = "", .mail_password = "", .mail_ca = "",
	.sms_url = "", .sms_account = "", .sms_user = "", .sms_sender = "", .sms_template = "", .sms_secret = "",
	.sms_signing = "", .sms_ca = "", .sms_receipts = "", .public_url = "https://ca.example.com", .name = "CA"};
static struct courier courier;
static struct secret *key_pem;
static struct buf certificate_pem = {.cap = 4096};

static int set_up(void **state)
{
	(void)state;
	EVP_PKEY *key = NULL;
	X509 *certificate = NULL;
	BIO *k = BIO_new(BIO_s_mem()), *x = BIO_new(BIO_s_mem());
	char *bytes = NULL;
	clock_inject(1795313618);
	if (!mkdtemp(folder) || seal_recipient_new("courier", &key, &certificate) != ERR_OK ||
	    PEM_write_bio_PKCS8PrivateKey(k, key, NULL, NULL, 0, NULL, NULL) != 1 ||
	    PEM_write_bio_X509(x, certificate) != 1)
		return -1;
	long len = BIO_get_mem_data(k, &bytes);
	key_pem = secret_copy(bytes, (size_t)len);
	len = BIO_get_mem_data(x, &bytes);
	buf_add(&certificate_pem, bytes, (size_t)len);
	BIO_free(k);
	BIO_free(x);
	EVP_PKEY_free(key);
	X509_free(certificate);
	return courier_set_up(&courier, &settings, key_pem, &certificate_pem, NULL) == ERR_OK &&
			       languages_new(&courier.languages, NULL) == ERR_OK
		       ? 0
		       : -1;
}

static int tear_down(void **state)
{
	(void)state;
	courier_clear(&courier);
	secret_free(key_pem);
	buf_free(&certificate_pem);
	return rmdir(folder);
}

static struct buf sealed_code(void)
{
	static const struct message_field fields[] = {
		{"code", "ABCD2345"}, {"client", "e-banking"}, {"domain", "ca.example.com"}, {0}};
	struct secret *plain = NULL;
	struct buf sealed = BUF_INIT(8192);
	assert_int_equal(message_compose(MESSAGE_CODE, ORDER, "+4790000000", fields, &plain, NULL), ERR_OK);
	assert_int_equal(seal_to(courier.certificate, secret_peek(plain), secret_len(plain), &sealed), ERR_OK);
	secret_free(plain);
	return sealed;
}

static enum err ask(const char *id, const char *kind, const struct buf *sealed, struct errbuf *why)
{
	struct buf body = BUF_INIT(COURIER_REQUEST_CAP), answer = BUF_INIT(COURIER_ANSWER_CAP);
	pack_text(&body, id);
	pack_text(&body, id);
	pack_text(&body, kind);
	pack_bytes(&body, sealed->data, sealed->len);
	const struct frame f = {.op = COURIER_SEND, .body = body.data, .len = body.len};
	enum err e = courier_answer(&courier, ROLE_CLERK, &f, &answer, why);
	assert_int_equal(answer.len, e ? 0 : 4); /* no reference, and its length */
	buf_free(&answer);
	buf_free(&body);
	return e;
}

static int there_is(const char *name)
{
	char path[4096];
	struct stat st;
	return file_join(path, folder, name) == ERR_OK && stat(path, &st) == 0;
}

static void drop_file(const char *name)
{
	char path[4096];
	assert_int_equal(file_join(path, folder, name), ERR_OK);
	assert_int_equal(unlink(path), 0);
}

static void only_the_clerk_may_ask_and_only_to_send(void **state)
{
	(void)state;
	for (int role = 0; role < ROLE_COUNT; role++)
		for (unsigned op = 0; op < 16; op++)
			assert_int_equal(courier_permitted((enum role)role, (uint16_t)op),
					 role == ROLE_CLERK && op == COURIER_SEND);
}

static void a_sealed_code_reaches_the_spool(void **state)
{
	(void)state;
	struct buf sealed = sealed_code(), file = BUF_INIT(4096);
	char path[4096];
	assert_int_equal(ask(ID, "code", &sealed, NULL), ERR_OK);
	assert_int_equal(file_join(path, folder, CODE_FILE), ERR_OK);
	assert_int_equal(file_read(path, &file, NULL), ERR_OK);
	assert_non_null(strstr(buf_string(&file), "To: +4790000000\n"));
	assert_non_null(strstr(buf_string(&file), "\n@ca.example.com #ABCD2345\n"));
	drop_file(CODE_FILE);
	buf_free(&sealed);
	buf_free(&file);
}

static void a_message_of_another_kind_is_never_sent(void **state)
{
	(void)state;
	struct buf sealed = sealed_code();
	static const char *const kinds[] = {"password", "link", "", "Code", "codes"};
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
		assert_int_equal(ask(ID, kinds[i], &sealed, NULL), ERR_REFUSED);
	assert_false(there_is(CODE_FILE));
	buf_free(&sealed);
}

static void an_altered_message_is_never_sent(void **state)
{
	(void)state;
	struct buf sealed = sealed_code();
	for (size_t i = 0; i < sealed.len; i++) {
		sealed.data[i] ^= 0x10;
		assert_int_equal(ask(ID, "code", &sealed, NULL), ERR_REFUSED);
		sealed.data[i] ^= 0x10;
	}
	assert_false(there_is(CODE_FILE));
	buf_free(&sealed);
}

static void sealed_bytes_that_are_no_message_are_never_sent(void **state)
{
	(void)state;
	struct buf sealed = BUF_INIT(8192);
	static const char plain[] = "{\"kind\":\"code\",\"order\":\"a\",\"to\":\"+4790000000\"}";
	assert_int_equal(seal_to(courier.certificate, plain, sizeof plain - 1, &sealed), ERR_OK);
	assert_int_equal(ask(ID, "code", &sealed, NULL), ERR_INVALID);
	buf_free(&sealed);
}

static void a_request_cut_anywhere_is_refused(void **state)
{
	(void)state;
	struct buf sealed = sealed_code(), body = BUF_INIT(COURIER_REQUEST_CAP), answer = BUF_INIT(64);
	pack_text(&body, ID);
	pack_text(&body, ID);
	pack_text(&body, "code");
	pack_bytes(&body, sealed.data, sealed.len);
	for (size_t len = 0; len < body.len; len++) {
		const struct frame f = {.op = COURIER_SEND, .body = body.data, .len = len};
		assert_int_equal(courier_answer(&courier, ROLE_CLERK, &f, &answer, NULL), ERR_INVALID);
	}
	assert_false(there_is(CODE_FILE));
	buf_free(&sealed);
	buf_free(&body);
}

static void the_log_names_order_and_kind_but_no_address_and_no_code(void **state)
{
	(void)state;
	char path[4096], text[4096] = {0};
	struct buf sealed = sealed_code(), log = BUF_INIT(8192);
	assert_int_equal(file_join(path, folder, "log"), ERR_OK);
	int saved = dup(STDERR_FILENO);
	assert_non_null(freopen(path, "w", stderr));
	log_threshold(LOG_LEVEL_DEBUG);
	enum err sent = ask(ID, "code", &sealed, NULL), refused = ask(ID, "password", &sealed, NULL);
	log_threshold(LOG_LEVEL_ALARM);
	fflush(stderr);
	assert_true(dup2(saved, STDERR_FILENO) >= 0);
	close(saved);
	assert_int_equal(file_read(path, &log, NULL), ERR_OK);
	snprintf(text, sizeof text, "%s", buf_string(&log));
	unlink(path);
	drop_file(CODE_FILE);
	assert_int_equal(sent, ERR_OK);
	assert_int_equal(refused, ERR_REFUSED);
	assert_non_null(strstr(text, "\"event\":\"message.handed_over\""));
	assert_non_null(strstr(text, "\"event\":\"message.refused\""));
	assert_non_null(strstr(text, "\"order\":\"" ORDER "\""));
	assert_non_null(strstr(text, "\"kind\":\"code\""));
	assert_null(strstr(text, "90000000"));
	assert_null(strstr(text, "ABCD2345"));
	buf_free(&sealed);
	buf_free(&log);
}

static size_t taken_from(BIO *from, char **bytes)
{
	return (size_t)BIO_get_mem_data(from, bytes);
}

static enum err starts_with(const struct settings *s, const struct secret *key, const struct buf *certificate)
{
	struct courier c = {0};
	enum err e = courier_set_up(&c, s, key, certificate, NULL);
	courier_clear(&c);
	return e;
}

static void it_does_not_start_with_parts_that_do_not_fit(void **state)
{
	(void)state;
	struct settings wrong = settings;
	struct secret *garbage = secret_copy("garbage", 7);
	struct buf nothing = BUF_INIT(1);
	wrong.sms_channel = "pigeon";
	assert_int_equal(starts_with(&settings, key_pem, &certificate_pem), ERR_OK);
	assert_int_equal(starts_with(&wrong, key_pem, &certificate_pem), ERR_USAGE);
	assert_int_equal(starts_with(&settings, garbage, &certificate_pem), ERR_INVALID);
	assert_int_equal(starts_with(&settings, key_pem, &nothing), ERR_INVALID);
	secret_free(garbage);
}

static void it_asks_nobody_for_a_pass_phrase_and_takes_no_strangers_certificate(void **state)
{
	(void)state;
	EVP_PKEY *key = NULL;
	X509 *stranger = NULL;
	BIO *k = BIO_new(BIO_s_mem()), *x = BIO_new(BIO_s_mem());
	struct buf pem = BUF_INIT(4096);
	char *bytes = NULL;
	assert_int_equal(seal_recipient_new("stranger", &key, &stranger), ERR_OK);
	assert_int_equal(PEM_write_bio_PKCS8PrivateKey(k, key, EVP_aes_256_cbc(), "pass", 4, NULL, NULL), 1);
	assert_int_equal(PEM_write_bio_X509(x, stranger), 1);
	size_t len = taken_from(k, &bytes);
	struct secret *locked = secret_copy(bytes, len);
	len = taken_from(x, &bytes);
	buf_add(&pem, bytes, len);
	assert_int_equal(starts_with(&settings, locked, &pem), ERR_INVALID);
	assert_int_equal(starts_with(&settings, key_pem, &pem), ERR_INVALID);
	secret_free(locked);
	buf_free(&pem);
	BIO_free(k);
	BIO_free(x);
	EVP_PKEY_free(key);
	X509_free(stranger);
}

static int tries;

static enum err answer_never(const struct channel_settings *s, const struct message *m, struct handover *h, struct errbuf *why)
{
	(void)s, (void)m, (void)h, (void)why;
	tries++;
	return ERR_TIMEOUT;
}

static void a_channel_that_rests_puts_its_messages_off(void **state)
{
	(void)state;
	static const struct delivery_channel slow = {.name = "slow", .send = answer_never};
	const struct delivery_channel *as_it_was = courier.channels[CHANNEL_SMS];
	struct buf sealed = sealed_code();
	courier.channels[CHANNEL_SMS] = &slow;
	assert_int_equal(ask(ID, "code", &sealed, NULL), ERR_TIMEOUT);
	courier.rests_until[CHANNEL_MAIL] = clock_mono_ms() + 60000;
	assert_int_equal(ask(ID, "code", &sealed, NULL), ERR_TIMEOUT); /* it was quick, and mail is another matter */
	assert_int_equal(tries, 2);
	courier.rests_until[CHANNEL_SMS] = clock_mono_ms() + 60000;
	assert_int_equal(ask(ID, "code", &sealed, NULL), ERR_NETWORK);
	assert_int_equal(tries, 2);
	courier.rests_until[CHANNEL_SMS] = courier.rests_until[CHANNEL_MAIL] = clock_mono_ms();
	assert_int_equal(ask(ID, "code", &sealed, NULL), ERR_TIMEOUT);
	assert_int_equal(tries, 3);
	courier.channels[CHANNEL_SMS] = as_it_was;
	buf_free(&sealed);
}

static void a_rest_is_as_long_as_what_it_cost_if_that_was_long(void **state)
{
	(void)state;
	assert_int_equal(courier_rest_ms(ERR_TIMEOUT, 0), 0);
	assert_int_equal(courier_rest_ms(ERR_TIMEOUT, 4999), 0);
	assert_int_equal(courier_rest_ms(ERR_TIMEOUT, 5000), 5000);
	assert_int_equal(courier_rest_ms(ERR_TIMEOUT, 40000), 40000);
}

static void it_rests_only_when_nobody_answered(void **state)
{
	(void)state;
	static const bool unanswered[ERR_COUNT] = {[ERR_NETWORK] = true, [ERR_TIMEOUT] = true, [ERR_CLOSED] = true};
	for (int e = ERR_OK; e < ERR_COUNT; e++)
		if (courier_rest_ms((enum err)e, 40000) != (unanswered[e] ? 40000 : 0))
			fail_msg("%s: wanted %s", err_word((enum err)e), unanswered[e] ? "a rest" : "none");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_the_clerk_may_ask_and_only_to_send),
		cmocka_unit_test(a_sealed_code_reaches_the_spool),
		cmocka_unit_test(a_message_of_another_kind_is_never_sent),
		cmocka_unit_test(an_altered_message_is_never_sent),
		cmocka_unit_test(sealed_bytes_that_are_no_message_are_never_sent),
		cmocka_unit_test(a_request_cut_anywhere_is_refused),
		cmocka_unit_test(the_log_names_order_and_kind_but_no_address_and_no_code),
		cmocka_unit_test(a_channel_that_rests_puts_its_messages_off),
		cmocka_unit_test(a_rest_is_as_long_as_what_it_cost_if_that_was_long),
		cmocka_unit_test(it_rests_only_when_nobody_answered),
		cmocka_unit_test(it_does_not_start_with_parts_that_do_not_fit),
		cmocka_unit_test(it_asks_nobody_for_a_pass_phrase_and_takes_no_strangers_certificate),
	};
	log_threshold(LOG_LEVEL_ALARM);
	return cmocka_run_group_tests(tests, set_up, tear_down);
}

/* Each allocation and each call into OpenSSL of each operation of the signer fails in turn, once and for good: it refuses
 * and says nothing more, or what it answers is whole, opens, and stands in the journal. Afterwards the same is asked
 * again and given. */
#include "tests/support/failing.h"
#include "tests/support/request_maker.h"
#include "tests/support/signer_bench.h"

#include "base/log.h"

/* In `make check`; a campaign takes every one. */
enum { SAMPLE = 60 };

static struct {
	enum signer_operation op;
	enum role peer;
	struct buf body, answer, facts;
	struct errbuf why;
	uint8_t ticket[TICKET_BYTES];
	char order[17], serial[SERIAL_TEXT_SIZE];
	struct issued issued;
	struct secret *password;
	unsigned orders;
} at = {.body = {.cap = 1 << 17}, .answer = {.cap = SIGNER_ANSWER_CAP}, .facts = {.cap = FACTS_MAX_BYTES}};

static void question(enum signer_operation op, enum role peer)
{
	at.op = op;
	at.peer = peer;
	buf_clear(&at.body);
	buf_clear(&at.answer);
}

static enum err ask_it(void)
{
	const struct frame f = {.id = 1, .op = (uint16_t)at.op, .body = at.body.data, .len = at.body.len};
	return signer_answer(bench.signer, at.peer, &f, &at.answer, &at.why);
}

/* A refusal carries nothing; a success was meant. */
static void refused_or_whole(enum err rc, bool failed)
{
	failing_require(failed || rc == ERR_OK);
	failing_require(rc == ERR_OK || at.answer.len == 0);
}

static void forget_answer(void)
{
	buf_free(&at.answer);
	at.answer = BUF_INIT(SIGNER_ANSWER_CAP);
}

static void ask_again(void)
{
	forget_answer();
	failing_require(ask_it() == ERR_OK);
}

static void next_order(void)
{
	snprintf(at.order, sizeof at.order, "order%011u", ++at.orders);
	for (char *c = at.order + 5; *c; c++)
		*c = (char)('a' + (*c - '0'));
}

static void before_ticket(void)
{
	struct order_facts f = bench_facts();
	next_order();
	memcpy(f.order, at.order, sizeof f.order);
	buf_clear(&at.facts);
	assert_int_equal(facts_write(&f, &at.facts), ERR_OK);
	question(SIGNER_TICKET, ROLE_FRONT);
	pack_bytes(&at.body, at.facts.data, at.facts.len);
}

static void read_ticket(uint8_t out[TICKET_BYTES])
{
	struct unpack u = unpack_begin(at.answer.data, at.answer.len);
	unpack_fixed(&u, out, TICKET_BYTES);
	failing_require(unpack_end(&u) == ERR_OK);
}

static void after_ticket(enum err rc, bool failed)
{
	uint8_t had[TICKET_BYTES], right[TICKET_BYTES];
	refused_or_whole(rc, failed);
	if (rc == ERR_OK)
		read_ticket(had);
	ask_again();
	read_ticket(right);
	failing_require(rc != ERR_OK || memcmp(had, right, sizeof had) == 0);
	forget_answer();
}

static void before_issue(void)
{
	before_ticket();
	ask_again();
	read_ticket(at.ticket);
	question(SIGNER_ISSUE, ROLE_FRONT);
	pack_bytes(&at.body, at.facts.data, at.facts.len);
	pack_bytes(&at.body, at.ticket, TICKET_BYTES);
}

/* What a signed request's certificate must be: for the very key, and in the journal. */
static EVP_PKEY *own_key;
static struct buf own_request = {.cap = 16384};

static void before_sign(void)
{
	struct order_facts f = bench_facts();
	next_order();
	memcpy(f.order, at.order, sizeof f.order);
	snprintf(f.key_type, sizeof f.key_type, "%s", FACTS_OWN_KEY);
	buf_clear(&at.facts);
	assert_int_equal(facts_write(&f, &at.facts), ERR_OK);
	question(SIGNER_TICKET, ROLE_FRONT);
	pack_bytes(&at.body, at.facts.data, at.facts.len);
	ask_again();
	read_ticket(at.ticket);
	question(SIGNER_SIGN, ROLE_FRONT);
	pack_bytes(&at.body, at.facts.data, at.facts.len);
	pack_bytes(&at.body, at.ticket, TICKET_BYTES);
	pack_bytes(&at.body, own_request.data, own_request.len);
}

static void open_password(void)
{
	struct secret *plain = NULL;
	const struct buf *sealed = &at.issued.sealed_password;
	failing_require(seal_open_with(bench.courier, bench.courier_key, sealed->data, sealed->len, &plain) == ERR_OK);
	json_t *message = json_loadb((const char *)secret_peek(plain), secret_len(plain), 0, NULL);
	const char *text = json_string_value(json_object_get(json_object_get(message, "fields"), "password"));
	failing_require(text && strlen(text) == PASSWORD_LENGTH);
	at.password = secret_copy(text, strlen(text));
	json_decref(message);
	secret_free(plain);
}

/* `answer` is UNSEAL's: the package opens with the password and holds key and certificate. */
static void package_opens(void)
{
	EVP_PKEY *key = NULL;
	X509 *certificate = NULL;
	size_t len;
	struct unpack u = unpack_begin(at.answer.data, at.answer.len);
	const uint8_t *der = unpack_bytes(&u, &len);
	PKCS12 *p12 = d2i_PKCS12(NULL, &der, (long)len);
	failing_require(p12 && PKCS12_parse(p12, secret_string(at.password), &key, &certificate, NULL) == 1);
	failing_require(X509_check_private_key(certificate, key) == 1);
	PKCS12_free(p12);
	EVP_PKEY_free(key);
	X509_free(certificate);
}

static void ask_unseal(enum package_encoding encoding, const struct buf *sealed)
{
	question(SIGNER_UNSEAL, ROLE_FRONT);
	pack_text(&at.body, at.order);
	pack_u8(&at.body, (uint8_t)encoding);
	pack_bytes(&at.body, sealed->data, sealed->len);
}

/* Reads the answer of ISSUE into `issued` and opens everything in it. */
static void issued_is_whole(void)
{
	at.issued = ISSUED_INIT;
	issued_read(&at.answer, &at.issued);
	issued_serial(&at.issued, at.serial);
	open_password();
	ask_unseal(PACKAGE_MODERN, &at.issued.sealed_modern);
	ask_again();
	package_opens();
}

static void issued_clear(void)
{
	issued_free(&at.issued);
	secret_free(at.password);
	at.password = NULL;
	forget_answer();
}

/* As the clerk does: every intent that the database does not know is revoked. */
static void revoke_orphans(void)
{
	struct buf body = BUF_INIT(16), answer = BUF_INIT(SIGNER_ANSWER_CAP);
	char issuer[ISSUER_NAME_SIZE], order[17], serial[SERIAL_TEXT_SIZE];
	uint8_t hash[32];
	pack_u32(&body, SIGNER_INTENTS_MOST);
	failing_require(ask(ROLE_CLERK, SIGNER_OPEN_INTENTS, &body, &answer) == ERR_OK);
	struct unpack u = unpack_begin(answer.data, answer.len);
	for (uint32_t n = unpack_u32(&u); n > 0; n--) {
		unpack_text(&u, issuer, sizeof issuer);
		unpack_text(&u, order, sizeof order);
		unpack_text(&u, serial, sizeof serial);
		(void)!unpack_i64(&u);
		(void)!unpack_i64(&u);
		unpack_fixed(&u, hash, sizeof hash);
		failing_require(ask_revoke(serial, REASON_CESSATION, false) == ERR_OK);
	}
	failing_require(unpack_end(&u) == ERR_OK);
	buf_free(&body);
	buf_free(&answer);
}

static void after_issue(enum err rc, bool failed)
{
	refused_or_whole(rc, failed);
	if (rc != ERR_OK) {
		revoke_orphans();
		ask_again();
	}
	issued_is_whole();
	failing_require(ask_done(at.order, at.serial) == ERR_OK);
	issued_clear();
}

static void after_sign(enum err rc, bool failed)
{
	struct certificate_facts facts;
	size_t len;
	refused_or_whole(rc, failed);
	if (rc != ERR_OK) {
		revoke_orphans();
		ask_again();
	}
	struct unpack u = unpack_begin(at.answer.data, at.answer.len);
	const uint8_t *der = unpack_bytes(&u, &len), *rest = der;
	X509 *x = d2i_X509(NULL, &rest, (long)len);
	failing_require(x && EVP_PKEY_eq(X509_get0_pubkey(x), own_key) == 1);
	X509_free(x);
	failing_require(certificate_read(der, len, &facts, NULL) == ERR_OK);
	serial_text(facts.serial, at.serial);
	failing_require(ask_done(at.order, at.serial) == ERR_OK);
	forget_answer();
}

static void make_issued(void)
{
	before_issue();
	ask_again();
	issued_is_whole();
	failing_require(ask_done(at.order, at.serial) == ERR_OK);
}

static void before_package(void)
{
	make_issued();
	question(SIGNER_PACKAGE, ROLE_FRONT);
	pack_text(&at.body, at.order);
	pack_u8(&at.body, PACKAGE_COMPATIBLE);
	pack_bytes(&at.body, at.issued.sealed_key.data, at.issued.sealed_key.len);
	pack_bytes(&at.body, at.issued.certificate.data, at.issued.certificate.len);
}

static void after_package(enum err rc, bool failed)
{
	struct buf sealed = BUF_INIT(PACKAGE_MAX_BYTES + 64);
	size_t len;
	refused_or_whole(rc, failed);
	if (rc != ERR_OK)
		ask_again();
	struct unpack u = unpack_begin(at.answer.data, at.answer.len);
	const uint8_t *bytes = unpack_bytes(&u, &len);
	buf_add(&sealed, bytes, len);
	ask_unseal(PACKAGE_COMPATIBLE, &sealed);
	ask_again();
	package_opens();
	buf_free(&sealed);
	issued_clear();
}

static void before_unseal(void)
{
	make_issued();
	ask_unseal(PACKAGE_MODERN, &at.issued.sealed_modern);
}

static void after_unseal(enum err rc, bool failed)
{
	refused_or_whole(rc, failed);
	if (rc != ERR_OK)
		ask_again();
	package_opens();
	issued_clear();
}

static void before_done(void)
{
	static const uint8_t head[32] = {9};
	before_issue();
	ask_again();
	issued_is_whole();
	question(SIGNER_DONE, ROLE_FRONT);
	pack_text(&at.body, at.order);
	pack_text(&at.body, at.serial);
	pack_bytes(&at.body, head, sizeof head);
}

static const struct journal_last *last(void)
{
	return &journal_peek(bench.signer->has.journal)->last;
}

static void after_done(enum err rc, bool failed)
{
	refused_or_whole(rc, failed);
	failing_require((strcmp(last()->done_serial, at.serial) == 0) == (rc == ERR_OK));
	ask_again();
	failing_require(strcmp(last()->done_serial, at.serial) == 0);
	issued_clear();
}

static void before_revoke(void)
{
	static const uint8_t head[32] = {7};
	make_issued();
	question(SIGNER_REVOKE, ROLE_FRONT);
	pack_text(&at.body, "");
	pack_text(&at.body, at.serial);
	pack_u8(&at.body, REASON_KEY_COMPROMISE);
	pack_i64(&at.body, 1800000000);
	pack_i64(&at.body, 0);
	pack_u8(&at.body, 0);
	pack_bytes(&at.body, head, sizeof head);
}

/* Written, the journal also says so to the signer that starts next. */
static void after_revoke(enum err rc, bool failed)
{
	refused_or_whole(rc, failed);
	failing_require((strcmp(last()->revoked[0].serial, at.serial) == 0) == (rc == ERR_OK));
	if (rc != ERR_OK)
		ask_again();
	bench_restart();
	failing_require(ask_resume(true) == ERR_OK);
	failing_require(strcmp(last()->revoked[0].serial, at.serial) == 0);
	issued_clear();
}

static const struct crl_entry listed[] = {{.serial = {1}, .revoked_at = 1800000000, .reason = REASON_KEY_COMPROMISE},
					  {.serial = {2}, .revoked_at = 1800000000, .compromised_at = 1700000000}};

static enum err list_it(void)
{
	buf_clear(&at.body);
	at.op = SIGNER_CRL_BEGIN;
	list_begin_body(clock_now(), clock_now() + 86400, crl_entry_size(&listed[0]) + crl_entry_size(&listed[1]), &at.body);
	enum err rc = buf_check(&at.body);
	if (!rc)
		rc = ask_it();
	buf_clear(&at.body);
	at.op = SIGNER_CRL_ADD;
	list_part_body(0, listed, 2, &at.body);
	if (!rc)
		rc = buf_check(&at.body);
	if (!rc)
		rc = ask_it();
	buf_clear(&at.body);
	at.op = SIGNER_CRL_END;
	return rc ? rc : ask_it();
}

static void before_list(void)
{
	question(SIGNER_CRL_BEGIN, ROLE_CLERK);
}

static void after_list(enum err rc, bool failed)
{
	struct crl_head head;
	struct buf der = BUF_INIT(65536);
	size_t n = 0;
	refused_or_whole(rc, failed);
	if (rc != ERR_OK) {
		forget_answer();
		failing_require(list_it() == ERR_OK);
	}
	uint64_t number = list_read(&at.answer, listed, 2, &der);
	failing_require(crl_read(der.data, der.len, bench.issuing.certificate, &head, &n, NULL) == ERR_OK && n == 2);
	failing_require(head.number == number && number == journal_crl_number(bench.signer->has.journal));
	buf_free(&der);
	forget_answer();
}

#define WORK(test, step) WORK_BY(test, step, ask_it)
#define WORK_BY(test, step, how)                                                                                               \
	static void test(void **state)                                                                                 \
	{                                                                                                              \
		static const struct failing_work work = {.name = #step, .before = before_##step, .act = how,             \
							.after = after_##step, .without_sqlite = true};                        \
		(void)state;                                                                                           \
		failing_each(&work, SAMPLE);                                                                           \
	}
WORK(a_ticket_is_right_or_none, ticket)
WORK(a_certificate_is_made_with_its_package_and_password_or_not_at_all, issue)
WORK(a_request_is_signed_for_its_key_or_not_at_all, sign)
WORK(another_encoding_opens_or_is_none, package)
WORK(a_package_is_unsealed_whole_or_not_at_all, unseal)
WORK(done_is_done_in_the_journal, done)
WORK(revoked_is_revoked_in_the_journal_and_after_a_restart, revoke)
WORK_BY(a_list_is_signed_whole_or_not_at_all, list, list_it)

static int begin(void **state)
{
	if (bench_open(state) || key_generate(KEY_P256, &own_key))
		return -1;
	request_make(&(struct wanted_request){.signer = own_key}, &own_request);
	return 0;
}

static int end(void **state)
{
	EVP_PKEY_free(own_key);
	buf_free(&own_request);
	buf_free(&at.body);
	buf_free(&at.answer);
	buf_free(&at.facts);
	return bench_close(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		bench_test(a_ticket_is_right_or_none),
		bench_test(a_certificate_is_made_with_its_package_and_password_or_not_at_all),
		bench_test(a_request_is_signed_for_its_key_or_not_at_all),
		bench_test(another_encoding_opens_or_is_none),
		bench_test(a_package_is_unsealed_whole_or_not_at_all),
		bench_test(done_is_done_in_the_journal),
		bench_test(revoked_is_revoked_in_the_journal_and_after_a_restart),
		bench_test(a_list_is_signed_whole_or_not_at_all),
	};
	log_threshold(LOG_LEVEL_ALARM + 1); /* the alarms here are wanted */
	return cmocka_run_group_tests(tests, begin, end);
}

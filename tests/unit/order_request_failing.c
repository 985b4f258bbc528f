/* Each allocation and each call into OpenSSL and SQLite fails in turn while a recipient's key is certified: there is one
 * certificate for it or none, and then the same request is given it; a key that was certified before never is. */
#include "tests/support/failing.h"

#define FAKE_SPARED FAILING_SPARED
#include "tests/support/own_order.h"
#include "tests/support/request_maker.h"

/* In `make check`; a campaign takes every one. */
enum { SAMPLE = 40, CERTIFICATE_MOST = 16384 };

static struct {
	struct parcel p;
	EVP_PKEY *key;
	struct buf request, certificate;
	struct errbuf why;
} at = {.request = {.cap = REQUEST_MAX_BYTES}, .certificate = {.cap = CERTIFICATE_MOST}};

static void before_request(void)
{
	fake_signer_reset(); /* it has room for so many only */
	own_key_order(&at.p);
	at.key = EVP_EC_gen("P-256");
	buf_clear(&at.request);
	request_make(&(struct wanted_request){.signer = at.key}, &at.request);
	buf_free(&at.certificate);
	at.certificate = BUF_INIT(CERTIFICATE_MOST);
}

static enum err bring_it(void)
{
	return bring_bytes(&at.p, &at.request, &at.certificate, &at.why);
}

static int64_t live(void)
{
	return bench_integer("SELECT COUNT(*) FROM certificate WHERE order_id = %Q AND status = 'valid'", at.p.id);
}

static void is_for_the_key(void)
{
	const uint8_t *rest = at.certificate.data;
	X509 *x = d2i_X509(NULL, &rest, (long)at.certificate.len);
	failing_require(x && EVP_PKEY_eq(X509_get0_pubkey(x), at.key) == 1);
	failing_require(live() == 1);
	X509_free(x);
}

static void after_request(enum err rc, bool failed)
{
	failing_require(failed || rc == ERR_OK);
	failing_require((rc == ERR_OK) == (at.certificate.len > 0));
	failing_require(live() <= 1);
	if (rc != ERR_OK) {
		buf_free(&at.certificate);
		at.certificate = BUF_INIT(CERTIFICATE_MOST);
		failing_require(bring_it() == ERR_OK);
	}
	is_for_the_key();
	EVP_PKEY_free(at.key);
}

static void a_key_is_certified_or_can_be_brought_again(void **state)
{
	(void)state;
	static const struct failing_work work = {.name = "collect_request", .before = before_request,
						 .act = bring_it, .after = after_request};
	failing_each(&work, SAMPLE);
}

/* The same key again, for another order. */
static void before_second(void)
{
	before_request();
	failing_require(bring_it() == ERR_OK);
	own_key_order(&at.p);
	buf_clear(&at.request);
	request_make(&(struct wanted_request){.signer = at.key}, &at.request);
}

static void after_second(enum err rc, bool failed)
{
	(void)failed;
	failing_require(rc != ERR_OK && at.certificate.len == 0);
	failing_require(live() == 0);
	EVP_PKEY_free(at.key);
}

static void a_key_that_was_certified_is_never_again(void **state)
{
	(void)state;
	static const struct failing_work work = {.name = "collect_request (certified before)", .before = before_second,
						 .act = bring_it, .after = after_second};
	failing_each(&work, SAMPLE);
}

static int end(void **state)
{
	buf_free(&at.request);
	buf_free(&at.certificate);
	return bench_group_end(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		BENCH_TEST(a_key_is_certified_or_can_be_brought_again),
		BENCH_TEST(a_key_that_was_certified_is_never_again),
	};
	return cmocka_run_group_tests(tests, NULL, end);
}

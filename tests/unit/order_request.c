/* Orders for a key that the recipient has made: which keys are certified, and which never. */
#include "tests/support/own_order.h"
#include "tests/support/request_maker.h"

#include "issuer/order/certified.h"

static EVP_PKEY *key;

/* A fresh request for a key; nothing else is wanted of it. */
static enum err bring(const struct parcel *p, EVP_PKEY *of, struct errbuf *why)
{
	struct buf request = BUF_INIT(REQUEST_MAX_BYTES), certificate = BUF_INIT(16384);
	request_make(&(struct wanted_request){.signer = of}, &request);
	enum err rc = bring_bytes(p, &request, &certificate, why);
	assert_true((rc == ERR_OK) == (certificate.len > 0));
	buf_free(&request);
	buf_free(&certificate);
	return rc;
}

static void refused(const struct parcel *p, EVP_PKEY *of, enum err wanted, const char *reason)
{
	struct errbuf why;
	enum err rc = bring(p, of, &why);
	if (rc != wanted || !strstr(why.text, reason))
		fail_msg("wanted %s \"%s\", had %s \"%s\"", err_word(wanted), reason, err_word(rc), why.text);
}

static int64_t certificates(void)
{
	return bench_integer("SELECT COUNT(*) FROM certificate");
}

static void a_request_gives_its_certificate_and_nothing_else(void **unused)
{
	struct parcel p;
	struct buf request = BUF_INIT(REQUEST_MAX_BYTES), one = BUF_INIT(16384), two = BUF_INIT(16384);
	struct errbuf why;
	char serial[SERIAL_TEXT_SIZE];
	(void)unused;
	own_key_order(&p);
	request_make(&(struct wanted_request){.signer = key}, &request);
	assert_ok(bring_bytes(&p, &request, &one, &why));
	const uint8_t *at = one.data;
	X509 *x = d2i_X509(NULL, &at, (long)one.len);
	assert_int_equal(EVP_PKEY_eq(X509_get0_pubkey(x), key), 1);
	X509_free(x);
	bench_serial(p.id, serial);
	assert_true(fake.made[0].done);
	assert_int_equal(bench_audits("certificate.issued", serial), 1);
	assert_int_equal(bench_integer("SELECT sealed_key IS NULL AND sealed_modern IS NULL AND sha256_modern IS NULL"
				       " AND sealed_password IS NULL FROM parcel WHERE order_id = %Q", p.id), 1);
	assert_int_equal(bench_integer("SELECT COUNT(*) FROM certificate WHERE length(key_hash) = 32 AND length(request_hash) = 32"), 1);

	/* the same again, though nobody signs now */
	fake.fail[SIGNER_SIGN] = ERR_UNAVAILABLE;
	assert_ok(bring_bytes(&p, &request, &two, &why));
	assert_int_equal(one.len, two.len);
	assert_memory_equal(one.data, two.data, one.len);
	assert_int_equal(certificates(), 1);
	buf_free(&request);
	buf_free(&one);
	buf_free(&two);
}

static void a_key_is_certified_once(void **unused)
{
	struct parcel first, second;
	struct errbuf why;
	EVP_PKEY *other = EVP_EC_gen("P-256");
	(void)unused;
	own_key_order(&first);
	assert_ok(bring(&first, key, &why));
	refused(&first, key, ERR_INVALID, "certified before"); /* the same order, but another request */
	refused(&first, other, ERR_CONFLICT, "by another request");
	own_key_order(&second);
	refused(&second, key, ERR_INVALID, "certified before");
	assert_int_equal(certificates(), 1);
	assert_ok(bring(&second, other, &why));
	EVP_PKEY_free(other);
}

/* Whoever has a file that we made has its private half too. */
static void a_key_that_was_made_here_is_not_certified_again(void **unused)
{
	struct parcel made, own;
	uint8_t der[16384];
	(void)unused;
	bench_reach(&made, ORDER_COLLECTING);
	int len = bench_value(der, sizeof der, "SELECT key_hash FROM certificate");
	assert_int_equal(len, 32);
	own_key_order(&own);
	struct certificate_request r = {.key = key};
	struct buf same = BUF_INIT(16384);
	struct errbuf why = {""};
	struct store *s = readers_take(bench.desk.readers);
	memcpy(r.key_hash, der, 32);
	assert_err(certified_look(s, &r, own.id, &same, &why), ERR_INVALID);
	assert_non_null(strstr(why.text, "certified before"));
	assert_err(certified_look(s, &r, made.id, &same, &why), ERR_INVALID); /* nor for its own order */
	assert_int_equal(same.len, 0);
	readers_give(bench.desk.readers, s);
	buf_free(&same);
}

static void a_key_that_was_given_away_is_refused_for_good(void **unused)
{
	struct parcel first, second;
	struct buf request = BUF_INIT(REQUEST_MAX_BYTES), certificate = BUF_INIT(16384);
	struct errbuf why;
	char serial[SERIAL_TEXT_SIZE];
	(void)unused;
	own_key_order(&first);
	request_make(&(struct wanted_request){.signer = key}, &request);
	assert_ok(bring_bytes(&first, &request, &certificate, &why));
	bench_serial(first.id, serial);
	assert_ok(certificate_revoke(&bench.desk, &bench_staff, &(struct revocation_wish){serial, "keyCompromise", NULL, NULL}, NULL));
	assert_err(bring_bytes(&first, &request, &certificate, &why), ERR_INVALID);
	assert_non_null(strstr(why.text, "reported as compromised"));
	own_key_order(&second);
	refused(&second, key, ERR_INVALID, "reported as compromised");
	assert_int_equal(certificates(), 1);
	buf_free(&request);
	buf_free(&certificate);
}

static struct parcel rival;

static void rival_brings_the_key(void)
{
	struct errbuf why;
	assert_ok(bring(&rival, key, &why));
}

/* Both have looked, and the key was new to both: the second finds it taken when it is to be stored. */
static void of_two_orders_at_once_one_gets_the_key_certified(void **unused)
{
	struct parcel p;
	(void)unused;
	own_key_order(&rival);
	own_key_order(&p);
	fake.while_issuing = rival_brings_the_key;
	struct errbuf why;
	assert_int_not_equal(bring(&p, key, &why), ERR_OK);
	assert_int_equal(bench_integer("SELECT COUNT(*) FROM certificate WHERE order_id = %Q", rival.id), 1);
	assert_int_equal(certificates(), 1);
	refused(&p, key, ERR_INVALID, "certified before");
}

static void *bring_once(void *arg)
{
	struct errbuf why;
	struct buf certificate = BUF_INIT(16384);
	(void)bring_bytes(&rival, arg, &certificate, &why);
	buf_free(&certificate);
	return NULL;
}

static void the_same_request_many_times_at_once_is_one_certificate(void **unused)
{
	enum { MANY = 8 };
	pthread_t threads[MANY];
	struct buf request = BUF_INIT(REQUEST_MAX_BYTES), certificate = BUF_INIT(16384);
	struct errbuf why;
	(void)unused;
	own_key_order(&rival);
	request_make(&(struct wanted_request){.signer = key}, &request);
	for (int i = 0; i < MANY; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, bring_once, &request), 0);
	for (int i = 0; i < MANY; i++)
		pthread_join(threads[i], NULL);
	assert_ok(bring_bytes(&rival, &request, &certificate, &why));
	assert_int_equal(bench_integer("SELECT COUNT(*) FROM certificate WHERE status = 'valid'"), 1);
	buf_free(&request);
	buf_free(&certificate);
}

static void what_is_refused_is_never_shown_to_the_signer(void **unused)
{
	struct parcel own, made, stranger;
	EVP_PKEY *weak = EVP_RSA_gen(1024);
	struct buf text = BUF_INIT(64), none = BUF_INIT(64);
	struct errbuf why;
	(void)unused;
	bench_order(&made); /* and the contact may not bring one */
	bench_claim(&made);
	refused(&made, key, ERR_CONFLICT, "made here");
	own_key_order(&own);
	refused(&own, weak, ERR_INVALID, "2048 to 4096");
	buf_text(&text, "-----BEGIN RSA PRIVATE KEY-----");
	assert_err(bring_bytes(&own, &text, &none, &why), ERR_MALFORMED);
	stranger = own;
	stranger.claim[0] = stranger.claim[0] == 'a' ? 'b' : 'a';
	refused(&stranger, key, ERR_REFUSED, "");
	stranger.token[0] = stranger.token[0] == 'a' ? 'b' : 'a';
	refused(&stranger, key, ERR_NOT_FOUND, "");
	assert_int_equal(fake.made_count, 0);
	assert_int_equal(certificates(), 0);
	EVP_PKEY_free(weak);
	buf_free(&text);
	buf_free(&none);
}

/* Who holds the claim chooses, until something was made; what was made first stays. */
static void either_way_is_open_until_one_was_taken(void **unused)
{
	struct parcel p;
	struct buf none = BUF_INIT(PACKAGE_MAX_BYTES);
	const struct collect_claim *c;
	(void)unused;
	bench_order_with(&p, "own_key", json_true());
	bench_claim(&p);
	assert_ok(bring(&p, key, &(struct errbuf){""}));
	assert_ok(bench_prepare(&p)); /* there is nothing left to make */
	assert_err(bench_fetch(&p, PACKAGE_MODERN, NULL), ERR_CONFLICT);
	assert_int_equal(certificates(), 1);
	c = &(struct collect_claim){p.token, p.claim, false};
	assert_ok(collect_certificate(&bench.desk, &bench_recipient, c, &none, NULL));
	assert_true(none.len > 0);
	buf_clear(&none);
	bench_order_with(&p, "own_key", json_true());
	bench_claim(&p);
	assert_ok(bench_prepare(&p));
	refused(&p, key, ERR_CONFLICT, "made here already");
	c = &(struct collect_claim){p.token, p.claim, false};
	assert_err(collect_certificate(&bench.desk, &bench_recipient, c, &none, NULL), ERR_CONFLICT);
	assert_ok(bench_fetch(&p, PACKAGE_MODERN, NULL));
	buf_free(&none);
}

static void a_certificate_for_an_own_key_is_acknowledged_by_its_fingerprint_and_no_password_goes(void **unused)
{
	struct parcel p;
	uint8_t hash[KEY_HASH_BYTES + 1] = {0};
	(void)unused;
	own_key_order(&p);
	assert_err(collect_received(&bench.desk, &bench_recipient, p.token, p.claim, NULL, NULL), ERR_CONFLICT);
	assert_ok(bring(&p, key, &(struct errbuf){""}));
	assert_err(collect_received(&bench.desk, &bench_recipient, p.token, p.claim, hash, NULL), ERR_CONFLICT);
	assert_int_equal(bench_value(hash, sizeof hash, "SELECT fingerprint FROM certificate"), KEY_HASH_BYTES);
	hash[0] ^= 1;
	assert_err(collect_received(&bench.desk, &bench_recipient, p.token, p.claim, hash, NULL), ERR_CONFLICT);
	hash[0] ^= 1;
	assert_ok(collect_received(&bench.desk, &bench_recipient, p.token, p.claim, hash, NULL));
	assert_ok(collect_received(&bench.desk, &bench_recipient, p.token, p.claim, hash, NULL));
	assert_state(p.id, ORDER_RECEIVED);
	assert_int_equal(bench_integer("SELECT COUNT(*) FROM message WHERE kind = 'password'"), 0);
	assert_int_equal(bench_audits("parcel.served", p.id), 1);
	assert_int_equal(bench_audits("parcel.erased", p.id), 1);
	struct errbuf why = {""};
	assert_err(order_resend(&bench.desk, &bench_staff, p.id, &why), ERR_CONFLICT);
	assert_non_null(strstr(why.text, "no password"));
}

static void what_the_signer_refuses_is_audited(void **unused)
{
	struct parcel p;
	(void)unused;
	own_key_order(&p);
	fake.fail[SIGNER_SIGN] = ERR_INVALID;
	refused(&p, key, ERR_INVALID, "made to fail");
	assert_int_equal(bench_audits("certificate.refused", p.id), 1);
	fake.fail[SIGNER_SIGN] = ERR_REFUSED;
	refused(&p, key, ERR_REFUSED, "");
	assert_int_equal(bench_audits("order.ticket_refused", p.id), 1);
	fake.fail[SIGNER_SIGN] = ERR_UNAVAILABLE;
	refused(&p, key, ERR_UNAVAILABLE, "");
	assert_int_equal(certificates(), 0);
}

static void cancel_rival(void)
{
	assert_ok(order_cancel(&bench.desk, &bench_staff, rival.id, "not wanted", NULL));
}

static void a_certificate_signed_for_a_cancelled_order_is_revoked(void **unused)
{
	struct errbuf why;
	struct parcel next;
	(void)unused;
	own_key_order(&rival);
	fake.while_issuing = cancel_rival;
	assert_int_equal(bring(&rival, key, &why), ERR_NOT_FOUND);
	assert_int_equal(bench_integer("SELECT COUNT(*) FROM certificate WHERE kind = 'orphan' AND status = 'revoked'"
				       " AND length(key_hash) = 32 AND length(request_hash) = 32"), 1);
	own_key_order(&next);
	refused(&next, key, ERR_INVALID, "certified before");
}

/* The pages call for it by themselves, once the code was right. */
static void no_file_is_made_for_a_key_of_their_own(void **unused)
{
	struct parcel p;
	struct errbuf why = {""};
	(void)unused;
	own_key_order(&p);
	fake.fail[SIGNER_ISSUE] = ERR_CONFLICT; /* as the real one says: and that is an alarm */
	assert_err(collect_prepare(&bench.desk, &bench_recipient, p.token, p.claim, &why), ERR_CONFLICT);
	assert_non_null(strstr(why.text, "made by its recipient"));
	for (int i = 0; i < PACKAGE_ENCODING_COUNT; i++) /* "not made yet" would have the caller come back for ever */
		assert_err(bench_fetch(&p, i, NULL), ERR_CONFLICT);
	assert_int_equal(certificates(), 0);
	assert_ok(bring(&p, key, &why));
	assert_ok(collect_prepare(&bench.desk, &bench_recipient, p.token, p.claim, &why)); /* nothing is left to make */
	for (int i = 0; i < PACKAGE_ENCODING_COUNT; i++)
		assert_err(bench_fetch(&p, i, NULL), ERR_CONFLICT);
}

static int begin(void **state)
{
	key = EVP_EC_gen("P-256");
	return key ? bench_begin(state) : -1;
}

static int end(void **state)
{
	EVP_PKEY_free(key);
	return bench_end(state);
}

#define REQUEST_TEST(f) cmocka_unit_test_setup_teardown(f, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		REQUEST_TEST(what_is_refused_is_never_shown_to_the_signer),
		REQUEST_TEST(a_key_is_certified_once),
		REQUEST_TEST(a_key_that_was_made_here_is_not_certified_again),
		REQUEST_TEST(a_key_that_was_given_away_is_refused_for_good),
		REQUEST_TEST(of_two_orders_at_once_one_gets_the_key_certified),
		REQUEST_TEST(the_same_request_many_times_at_once_is_one_certificate),
		REQUEST_TEST(no_file_is_made_for_a_key_of_their_own),
		REQUEST_TEST(either_way_is_open_until_one_was_taken),
		REQUEST_TEST(a_certificate_for_an_own_key_is_acknowledged_by_its_fingerprint_and_no_password_goes),
		REQUEST_TEST(what_the_signer_refuses_is_audited),
		REQUEST_TEST(a_certificate_signed_for_a_cancelled_order_is_revoked),
		REQUEST_TEST(a_request_gives_its_certificate_and_nothing_else),
	};
	return cmocka_run_group_tests(tests, NULL, bench_group_end);
}

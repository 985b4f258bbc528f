/* SIGN: the certificate of an approved order for a key that the recipient has made. */
#include "tests/support/request_maker.h"
#include "tests/support/signer_bench.h"

#include "ca/request.h"

#include <openssl/x509v3.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct order_facts own_facts(const char *order)
{
	struct order_facts f = bench_facts();
	snprintf(f.key_type, sizeof f.key_type, "%s", FACTS_OWN_KEY);
	snprintf(f.order, sizeof f.order, "%s", order);
	return f;
}

/* An order as it was approved. */
struct approved {
	struct buf facts;
	uint8_t ticket[TICKET_BYTES];
};

static struct approved approve(const struct order_facts *f)
{
	struct approved a = {.facts = BUF_INIT(FACTS_MAX_BYTES)};
	assert_int_equal(ask_ticket(f, &a.facts, a.ticket), ERR_OK);
	return a;
}

static enum err ask_sign(const struct approved *a, const struct buf *request, struct buf *certificate, struct errbuf *why)
{
	struct buf body = BUF_INIT(65536), answer = BUF_INIT(65536);
	size_t len;
	pack_bytes(&body, a->facts.data, a->facts.len);
	pack_bytes(&body, a->ticket, TICKET_BYTES);
	pack_bytes(&body, request->data, request->len);
	const struct frame f = {.id = 1, .op = SIGNER_SIGN, .body = body.data, .len = body.len};
	why->text[0] = '\0';
	enum err rc = signer_answer(bench.signer, ROLE_FRONT, &f, &answer, why);
	buf_clear(certificate);
	if (rc == ERR_OK) {
		struct unpack u = unpack_begin(answer.data, answer.len);
		const uint8_t *der = unpack_bytes(&u, &len);
		assert_int_equal(unpack_end(&u), ERR_OK);
		buf_add(certificate, der, len);
	} else {
		assert_int_equal(answer.len, 0);
		assert_true(why->text[0] != '\0');
	}
	buf_free(&body);
	buf_free(&answer);
	return rc;
}

static X509 *x509_of(const struct buf *der)
{
	const uint8_t *at = der->data;
	X509 *x = d2i_X509(NULL, &at, (long)der->len);
	assert_non_null(x);
	return x;
}

static void serial_of(const struct buf *der, char out[SERIAL_TEXT_SIZE])
{
	struct certificate_facts facts;
	assert_int_equal(certificate_read(der->data, der->len, &facts, NULL), ERR_OK);
	serial_text(facts.serial, out);
}

static size_t journal_lines(void)
{
	return journal_peek(bench.signer->has.journal)->last.sequence;
}

static void every_key_that_a_request_may_bring_is_certified(void **state)
{
	(void)state;
	EVP_PKEY *keys[] = {EVP_EC_gen("P-256"), EVP_EC_gen("P-384"), EVP_RSA_gen(2048), EVP_RSA_gen(2056), EVP_RSA_gen(4096)};
	for (size_t i = 0; i < COUNT(keys); i++) {
		char order[17];
		struct buf request = BUF_INIT(16384), der = BUF_INIT(16384);
		struct errbuf why;
		snprintf(order, sizeof order, "orderaaaaaaaaa%c%c", 'a', (char)('a' + i));
		struct order_facts f = own_facts(order);
		struct approved a = approve(&f);
		request_make(&(struct wanted_request){.signer = keys[i]}, &request);
		if (ask_sign(&a, &request, &der, &why) != ERR_OK)
			fail_msg("key %zu: %s", i, why.text);
		X509 *x = x509_of(&der);
		assert_int_equal(EVP_PKEY_eq(X509_get0_pubkey(x), keys[i]), 1);
		assert_int_equal(X509_verify(x, bench.issuing.key), 1);
		X509_free(x);
		EVP_PKEY_free(keys[i]);
		buf_free(&request);
		buf_free(&der);
		buf_free(&a.facts);
	}
}

/* Approved for either: whichever is asked for first, and once. Of the key type that was ordered nothing holds a request. */
static void an_order_for_either_gives_one_of_them(void **state)
{
	(void)state;
	EVP_PKEY *key = EVP_RSA_gen(2048);
	struct buf request = BUF_INIT(16384), der = BUF_INIT(16384);
	struct errbuf why;
	struct order_facts f = bench_facts();
	snprintf(f.own_key, sizeof f.own_key, "%s", FACTS_MAY);
	struct approved a = approve(&f);
	request_make(&(struct wanted_request){.signer = key}, &request);
	assert_int_equal(ask_sign(&a, &request, &der, &why), ERR_OK);
	X509 *x = x509_of(&der);
	assert_int_equal(EVP_PKEY_eq(X509_get0_pubkey(x), key), 1);
	X509_free(x);
	bench.signer->has.profiles[PROFILE_CLIENT].own = (struct own_keys){.curves = 0};
	assert_int_equal(ask_sign(&a, &request, &der, &why), ERR_INVALID);
	assert_non_null(strstr(why.text, "takes no request"));
	EVP_PKEY_free(key);
	struct buf *const bufs[] = {&request, &der, &a.facts};
	for (size_t i = 0; i < COUNT(bufs); i++)
		buf_free(bufs[i]);
}

/* What requests may bring is the profile's to say: here RSA alone, of a size that is never made here. */
static void a_profile_may_want_other_keys(void **state)
{
	(void)state;
	EVP_PKEY *ec = EVP_EC_gen("P-256"), *rsa = EVP_RSA_gen(4096);
	struct buf request = BUF_INIT(16384), der = BUF_INIT(16384);
	struct profile *p = &bench.signer->has.profiles[PROFILE_CLIENT];
	struct errbuf why;
	struct order_facts f = own_facts(ORDER);
	struct buf text = BUF_INIT(FACTS_MAX_BYTES);
	uint8_t ticket[TICKET_BYTES];
	p->own = (struct own_keys){.rsa_least = 4096, .rsa_most = 4096};
	struct approved a = approve(&f);
	request_make(&(struct wanted_request){.signer = ec}, &request);
	assert_int_equal(ask_sign(&a, &request, &der, &why), ERR_INVALID);
	assert_non_null(strstr(why.text, "keys of the type p256 are not permitted"));
	assert_int_equal(journal_lines(), 0);
	buf_clear(&request);
	request_make(&(struct wanted_request){.signer = rsa}, &request);
	assert_int_equal(ask_sign(&a, &request, &der, &why), ERR_OK);
	p->own = (struct own_keys){.curves = 0};
	assert_int_equal(ask_ticket(&f, &text, ticket), ERR_INVALID); /* no such order is approved any more */
	EVP_PKEY_free(ec);
	EVP_PKEY_free(rsa);
	struct buf *const bufs[] = {&request, &der, &text, &a.facts};
	for (size_t i = 0; i < COUNT(bufs); i++)
		buf_free(bufs[i]);
}

static void extension_wish(STACK_OF(X509_EXTENSION) *list, int nid, const char *value)
{
	X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, NULL, nid, value);
	assert_non_null(e);
	sk_X509_EXTENSION_push(list, e);
}

/* CA:TRUE, other names, other uses, a longer life: all that a request can wish for. */
static void greedy_request(EVP_PKEY *key, struct buf *out)
{
	X509_REQ *req = X509_REQ_new();
	X509_NAME *name = X509_REQ_get_subject_name(req);
	STACK_OF(X509_EXTENSION) *list = sk_X509_EXTENSION_new_null();
	uint8_t *der = NULL;
	X509_NAME_add_entry_by_txt(name, "O", MBSTRING_UTF8, (const uint8_t *)"Test", -1, -1, 0);
	X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const uint8_t *)"Test Root", -1, -1, 0);
	extension_wish(list, NID_basic_constraints, "critical,CA:TRUE");
	extension_wish(list, NID_key_usage, "critical,keyCertSign,cRLSign");
	extension_wish(list, NID_ext_key_usage, "serverAuth,OCSPSigning");
	extension_wish(list, NID_subject_alt_name, "DNS:example.org,URI:spiffe://counterfoil.example/staff/aaaaaaaaaaaaaaaa");
	assert_int_equal(X509_REQ_add_extensions(req, list), 1);
	X509_REQ_set_pubkey(req, key);
	assert_true(X509_REQ_sign(req, key, EVP_sha256()) > 0);
	int len = i2d_X509_REQ(req, &der);
	buf_add(out, der, (size_t)len);
	OPENSSL_free(der);
	sk_X509_EXTENSION_pop_free(list, X509_EXTENSION_free);
	X509_REQ_free(req);
}

/* The to-be-signed bytes with serial and times of another certificate. */
static int tbs_as_of(X509 *x, X509 *other, uint8_t **out)
{
	X509_set_serialNumber(x, X509_get_serialNumber(other));
	X509_set1_notBefore(x, X509_get0_notBefore(other));
	X509_set1_notAfter(x, X509_get0_notAfter(other));
	return i2d_re_X509_tbs(x, out);
}

static void whatever_a_request_wishes_the_certificate_is_the_same(void **state)
{
	(void)state;
	EVP_PKEY *key = EVP_EC_gen("P-256");
	struct buf plain = BUF_INIT(16384), greedy = BUF_INIT(16384), one = BUF_INIT(16384), two = BUF_INIT(16384);
	struct errbuf why;
	struct order_facts f = own_facts("orderaaaaaaaaaaa"), g = own_facts("orderbbbbbbbbbbb");
	struct approved a = approve(&f), b = approve(&g);
	request_make(&(struct wanted_request){.signer = key}, &plain);
	greedy_request(key, &greedy);
	assert_int_equal(ask_sign(&a, &plain, &one, &why), ERR_OK);
	assert_int_equal(ask_sign(&b, &greedy, &two, &why), ERR_OK);
	X509 *x = x509_of(&one), *y = x509_of(&two);
	uint8_t *x_tbs = NULL, *y_tbs = NULL;
	int x_len = i2d_re_X509_tbs(x, &x_tbs), y_len = tbs_as_of(y, x, &y_tbs);
	assert_int_equal(x_len, y_len);
	assert_memory_equal(x_tbs, y_tbs, (size_t)x_len);
	OPENSSL_free(x_tbs);
	OPENSSL_free(y_tbs);
	X509_free(x);
	X509_free(y);
	EVP_PKEY_free(key);
	struct buf *const bufs[] = {&plain, &greedy, &one, &two, &a.facts, &b.facts};
	for (size_t i = 0; i < COUNT(bufs); i++)
		buf_free(bufs[i]);
}

static void what_is_no_good_request_leaves_no_trace(void **state)
{
	(void)state;
	EVP_PKEY *key = EVP_EC_gen("P-256"), *weak = EVP_RSA_gen(1024), *other = EVP_EC_gen("P-521");
	struct buf good = BUF_INIT(32768), spki = BUF_INIT(4096), der = BUF_INIT(16384);
	struct order_facts f = own_facts(ORDER);
	struct approved a = approve(&f);
	struct errbuf why;
	size_t before = journal_lines();
	request_make(&(struct wanted_request){.signer = key}, &good);
	const struct {
		const char *name;
		EVP_PKEY *signer, *key;
		enum err wanted;
		const char *reason;
	} cases[] = {
		{"RSA 1024", weak, weak, ERR_INVALID, "2048 to 4096"},
		{"P-521", other, other, ERR_INVALID, "curve"},
		{"no possession", key, weak, ERR_INVALID, "2048"},
		{"the issuing CA's key", bench.issuing.key, bench.issuing.key, ERR_INVALID, "this authority's own"},
		{"the root's key", bench.root.key, bench.root.key, ERR_INVALID, "this authority's own"},
		{"the courier's key", bench.courier_key, bench.courier_key, ERR_INVALID, "this authority's own"},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct buf request = BUF_INIT(32768);
		buf_clear(&spki);
		request_key(cases[i].key, &spki);
		request_make(&(struct wanted_request){.signer = cases[i].signer, .key = &spki}, &request);
		enum err rc = ask_sign(&a, &request, &der, &why);
		if (rc != cases[i].wanted || !strstr(why.text, cases[i].reason))
			fail_msg("%s: %s \"%s\"", cases[i].name, err_word(rc), why.text);
		buf_free(&request);
	}
	const struct buf cut = {.data = good.data, .len = good.len - 1};
	assert_int_equal(ask_sign(&a, &cut, &der, &why), ERR_MALFORMED);
	struct buf large = BUF_INIT(32768);
	assert_non_null(buf_room(&large, REQUEST_MAX_BYTES + 1));
	assert_int_equal(ask_sign(&a, &large, &der, &why), ERR_TOO_LARGE);
	assert_int_equal(journal_lines(), before);
	EVP_PKEY_free(key);
	EVP_PKEY_free(weak);
	EVP_PKEY_free(other);
	struct buf *const bufs[] = {&good, &spki, &der, &large, &a.facts};
	for (size_t i = 0; i < COUNT(bufs); i++)
		buf_free(bufs[i]);
}

/* A front that could have its own key certified for any order would need no password. */
static void an_order_says_whose_key_it_is_for(void **state)
{
	(void)state;
	EVP_PKEY *key = EVP_EC_gen("P-256");
	struct buf request = BUF_INIT(16384), der = BUF_INIT(16384), answer = BUF_INIT(65536);
	struct order_facts ours = bench_facts(), own = own_facts("orderbbbbbbbbbbb");
	struct approved a = approve(&ours), b = approve(&own);
	struct errbuf why;
	size_t before = journal_lines();
	request_make(&(struct wanted_request){.signer = key}, &request);
	assert_int_equal(ask_sign(&a, &request, &der, &why), ERR_REFUSED);
	assert_int_equal(ask_issue(&b.facts, b.ticket, &answer), ERR_CONFLICT);
	assert_int_equal(journal_lines(), before);
	b.ticket[31] ^= 1;
	assert_int_equal(ask_sign(&b, &request, &der, &why), ERR_REFUSED);
	b.ticket[31] ^= 1;
	for (size_t i = 0; i < b.facts.len; i += 7) {
		b.facts.data[i] ^= 1;
		assert_int_equal(ask_sign(&b, &request, &der, &why), ERR_REFUSED);
		b.facts.data[i] ^= 1;
	}
	assert_int_equal(journal_lines(), before);
	assert_int_equal(ask_sign(&b, &request, &der, &why), ERR_OK);
	EVP_PKEY_free(key);
	struct buf *const bufs[] = {&request, &der, &answer, &a.facts, &b.facts};
	for (size_t i = 0; i < COUNT(bufs); i++)
		buf_free(bufs[i]);
}

static void the_same_request_again_gives_the_same_certificate(void **state)
{
	(void)state;
	EVP_PKEY *key = EVP_EC_gen("P-256"), *next = EVP_EC_gen("P-256");
	struct buf request = BUF_INIT(16384), another = BUF_INIT(16384), one = BUF_INIT(16384), two = BUF_INIT(16384);
	char first[SERIAL_TEXT_SIZE], second[SERIAL_TEXT_SIZE];
	struct order_facts f = own_facts(ORDER);
	struct approved a = approve(&f);
	struct errbuf why;
	request_make(&(struct wanted_request){.signer = key}, &request);
	request_make(&(struct wanted_request){.signer = next}, &another);
	assert_int_equal(ask_sign(&a, &request, &one, &why), ERR_OK);
	assert_int_equal(ask_sign(&a, &request, &two, &why), ERR_OK);
	assert_int_equal(one.len, two.len);
	assert_memory_equal(one.data, two.data, one.len);
	serial_of(&one, first);
	/* another key: what was signed is withdrawn first, and only then the other one is certified */
	assert_int_equal(ask_sign(&a, &another, &two, &why), ERR_UNAVAILABLE);
	assert_int_equal(ask_sign(&a, &another, &two, &why), ERR_UNAVAILABLE);
	assert_int_equal(ask_revoke(first, REASON_CESSATION, false), ERR_OK);
	assert_int_equal(ask_sign(&a, &another, &two, &why), ERR_OK);
	serial_of(&two, second);
	assert_string_not_equal(first, second);
	assert_int_equal(ask_done(ORDER, second), ERR_OK);
	assert_int_equal(ask_sign(&a, &another, &two, &why), ERR_CONFLICT);
	assert_int_equal(ask_sign(&a, &request, &two, &why), ERR_CONFLICT);
	EVP_PKEY_free(key);
	EVP_PKEY_free(next);
	struct buf *const bufs[] = {&request, &another, &one, &two, &a.facts};
	for (size_t i = 0; i < COUNT(bufs); i++)
		buf_free(bufs[i]);
}

static void nothing_is_signed_while_issuing_is_paused(void **state)
{
	(void)state;
	EVP_PKEY *key = EVP_EC_gen("P-256");
	struct buf request = BUF_INIT(16384), der = BUF_INIT(16384);
	struct order_facts f = own_facts(ORDER);
	struct approved a = approve(&f);
	struct errbuf why;
	request_make(&(struct wanted_request){.signer = key}, &request);
	assert_int_equal(ask_resume(false), ERR_OK);
	assert_int_equal(ask_sign(&a, &request, &der, &why), ERR_UNAVAILABLE);
	assert_non_null(strstr(why.text, "counterfoild recover"));
	assert_int_equal(ask_resume(true), ERR_OK);
	clock_inject(clock_now() + 3600);
	assert_int_equal(ask_sign(&a, &request, &der, &why), ERR_UNAVAILABLE);
	assert_int_equal(journal_lines(), 0);
	EVP_PKEY_free(key);
	buf_free(&request);
	buf_free(&der);
	buf_free(&a.facts);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		bench_test(what_is_no_good_request_leaves_no_trace),
		bench_test(an_order_says_whose_key_it_is_for),
		bench_test(nothing_is_signed_while_issuing_is_paused),
		bench_test(every_key_that_a_request_may_bring_is_certified),
		bench_test(whatever_a_request_wishes_the_certificate_is_the_same),
		bench_test(a_profile_may_want_other_keys),
		bench_test(an_order_for_either_gives_one_of_them),
		bench_test(the_same_request_again_gives_the_same_certificate),
	};
	return cmocka_run_group_tests(tests, bench_open, bench_close);
}

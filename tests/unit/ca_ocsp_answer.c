#include "tests/unit/ca_fixture.h"

#include "ca/ocsp.h"

#include <openssl/ocsp.h>
#include <stdlib.h>

static struct pki pki;
static EVP_PKEY *key;
static X509 *delegate;
static struct ocsp_responder *responder;

static int setup(void **state)
{
	(void)state;
	struct certificate_fields f = {.profile = PROFILE_OCSP, .common_name = "OCSP", .serial = {0x11, [19] = 1},
				       .crl_url = "http://ca.example.org/crl/issuing.crl",
				       .issuer_url = "http://ca.example.org/ca/issuing.cer"};
	pki_new(&pki, NOW);
	certificate_life(profile_get(PROFILE_OCSP), pki.issuing.certificate, NOW, &f);
	return key_generate(KEY_P256, &key) || authority_certify(&pki.issuing, &f, key, NULL, &delegate, NULL) ||
		       ocsp_responder_new(pki.issuing.certificate, delegate, key, &responder)
		       ? -1
		       : 0;
}

static int teardown(void **state)
{
	(void)state;
	ocsp_responder_free(responder);
	X509_free(delegate);
	EVP_PKEY_free(key);
	pki_clear(&pki);
	return 0;
}

static const struct ocsp_single good = {.hash = OCSP_SHA1, .serial = {0x5e, 1}, .serial_len = 2};
static const struct ocsp_single some[] = {
	{.hash = OCSP_SHA1, .serial = {0x5e, 1}, .serial_len = 2},
	{.hash = OCSP_SHA256, .serial = {0x00, 0x80}, .serial_len = 2, .status = OCSP_REVOKED, .revoked_at = NOW - DAY},
	{.hash = OCSP_SHA256, .serial = {7}, .serial_len = 1, .status = OCSP_REVOKED, .revoked_at = NOW - 1,
	 .reason = REASON_HOLD},
	{.hash = OCSP_SHA1, .serial = {0x7f, [19] = 3}, .serial_len = 20, .status = OCSP_REVOKED,
	 .revoked_at = INT64_C(2600000000), .reason = REASON_KEY_COMPROMISE},
	{.hash = OCSP_SHA1, .serial = {0x12}, .serial_len = 1, .status = OCSP_UNKNOWN},
};
static const uint8_t nonce[OCSP_NONCE_MAX] = {1, 2, 3, [127] = 9};

static struct ocsp_answer answer_of(const struct ocsp_single *singles, size_t n, size_t nonce_len)
{
	return (struct ocsp_answer){.singles = singles, .count = n, .nonce = nonce, .nonce_len = nonce_len,
				    .this_update = NOW, .next_update = NOW + 3600};
}

static OCSP_BASICRESP *basic_of(const struct buf *der)
{
	const uint8_t *at = der->data;
	OCSP_RESPONSE *r = d2i_OCSP_RESPONSE(NULL, &at, (long)der->len);
	assert_non_null(r);
	assert_ptr_equal(at, der->data + der->len);
	assert_int_equal(OCSP_response_status(r), OCSP_RESPONSE_STATUS_SUCCESSFUL);
	OCSP_BASICRESP *basic = OCSP_response_get1_basic(r);
	assert_non_null(basic);
	OCSP_RESPONSE_free(r);
	return basic;
}

static OCSP_CERTID *library_id(const struct ocsp_single *s)
{
	BIGNUM *n = BN_bin2bn(s->serial, (int)s->serial_len, NULL);
	ASN1_INTEGER *serial = BN_to_ASN1_INTEGER(n, NULL);
	OCSP_CERTID *id = OCSP_cert_id_new(s->hash == OCSP_SHA1 ? EVP_sha1() : EVP_sha256(),
					   X509_get_subject_name(pki.issuing.certificate),
					   X509_get0_pubkey_bitstr(pki.issuing.certificate), serial);
	ASN1_INTEGER_free(serial);
	BN_free(n);
	return id;
}

/* What the library would have written: the independent witness for our DER. */
static OCSP_BASICRESP *library_answer(const struct ocsp_answer *a)
{
	OCSP_BASICRESP *basic = OCSP_BASICRESP_new();
	ASN1_GENERALIZEDTIME *this = ASN1_GENERALIZEDTIME_set(NULL, a->this_update);
	ASN1_GENERALIZEDTIME *next = ASN1_GENERALIZEDTIME_set(NULL, a->next_update);
	ASN1_GENERALIZEDTIME *since = ASN1_GENERALIZEDTIME_set(NULL, NOW - 300);
	for (size_t i = 0; i < a->count; i++) {
		const struct ocsp_single *s = &a->singles[i];
		ASN1_TIME *at = ASN1_GENERALIZEDTIME_set(NULL, s->revoked_at);
		OCSP_CERTID *id = library_id(s);
		int reason = s->reason ? (int)s->reason : OCSP_REVOKED_STATUS_NOSTATUS;
		OCSP_SINGLERESP *single = OCSP_basic_add1_status(basic, id, (int)s->status, reason, at, this, next);
		assert_non_null(single);
		if (s->status != OCSP_UNKNOWN)
			assert_int_equal(OCSP_SINGLERESP_add1_ext_i2d(single, NID_id_pkix_OCSP_archiveCutoff, since, 0, 0), 1);
		OCSP_CERTID_free(id);
		ASN1_TIME_free(at);
	}
	if (a->nonce_len)
		OCSP_basic_add1_nonce(basic, (unsigned char *)(uintptr_t)a->nonce, (int)a->nonce_len);
	assert_int_equal(OCSP_basic_sign(basic, delegate, key, EVP_sha256(), NULL, OCSP_RESPID_KEY | OCSP_NOTIME), 1);
	ASN1_GENERALIZEDTIME_free(this);
	ASN1_GENERALIZEDTIME_free(next);
	ASN1_GENERALIZEDTIME_free(since);
	return basic;
}

/* The library always writes the time of now as producedAt, so that is put aside: what stands before and behind it. */
static void our_der_is_octet_for_octet_the_librarys(void **state)
{
	(void)state;
	static const size_t nonces[] = {0, 1, 32, 128};
	for (size_t n = 1; n <= COUNT(some); n++)
		for (size_t k = 0; k < COUNT(nonces); k++) {
			struct ocsp_answer a = answer_of(some, n, nonces[k]);
			struct buf der = BUF_INIT(OCSP_ANSWER_BYTES_MAX);
			uint8_t *ours = NULL, *theirs = NULL;
			assert_ok(ocsp_answer_make(responder, &a, &der));
			OCSP_BASICRESP *x = basic_of(&der), *y = library_answer(&a);
			ASN1_GENERALIZEDTIME_set((ASN1_GENERALIZEDTIME *)(uintptr_t)OCSP_resp_get0_produced_at(y), NOW);
			int x_len = i2d_OCSP_RESPDATA(OCSP_resp_get0_respdata(x), &ours);
			int y_len = i2d_OCSP_RESPDATA(OCSP_resp_get0_respdata(y), &theirs);
			assert_int_equal(x_len, y_len);
			assert_memory_equal(ours, theirs, (size_t)x_len);
			assert_non_null(memmem(der.data, der.len, theirs, (size_t)y_len)); /* as it left, not as re-encoded */
			OPENSSL_free(ours);
			OPENSSL_free(theirs);
			OCSP_BASICRESP_free(x);
			OCSP_BASICRESP_free(y);
			buf_free(&der);
		}
}

/* As a client does it: up to the root, with the delegate from the answer. */
static int verified(const struct buf *der, bool from_root)
{
	OCSP_BASICRESP *basic = basic_of(der);
	X509_STORE *store = X509_STORE_new();
	X509_VERIFY_PARAM_set_time(X509_STORE_get0_param(store), NOW);
	STACK_OF(X509) *chain = sk_X509_new_null();
	sk_X509_push(chain, pki.issuing.certificate);
	X509_STORE_add_cert(store, from_root ? pki.root.certificate : delegate);
	int rc = OCSP_basic_verify(basic, chain, store, 0);
	sk_X509_free(chain);
	X509_STORE_free(store);
	OCSP_BASICRESP_free(basic);
	return rc;
}

static void clients_verify_it_up_to_the_root(void **state)
{
	(void)state;
	struct ocsp_answer a = answer_of(&good, 1, 32);
	struct buf der = BUF_INIT(OCSP_ANSWER_BYTES_MAX);
	assert_ok(ocsp_answer_make(responder, &a, &der));
	assert_int_equal(verified(&der, true), 1);
	assert_int_not_equal(verified(&der, false), 1);
	buf_free(&der);
}

static void what_a_bit_changed_no_client_believes(void **state)
{
	(void)state;
	struct ocsp_answer a = answer_of(&some[1], 1, 8);
	struct buf der = BUF_INIT(OCSP_ANSWER_BYTES_MAX);
	assert_ok(ocsp_answer_make(responder, &a, &der));
	size_t signed_from = 40, signed_to = 200; /* well within the ResponseData */
	for (size_t at = signed_from; at < signed_to; at++) {
		der.data[at] ^= 0x01;
		const uint8_t *p = der.data;
		OCSP_RESPONSE *r = d2i_OCSP_RESPONSE(NULL, &p, (long)der.len);
		OCSP_BASICRESP *basic = r ? OCSP_response_get1_basic(r) : NULL;
		STACK_OF(X509) *own = sk_X509_new_null();
		sk_X509_push(own, delegate);
		if (basic && OCSP_basic_verify(basic, own, NULL, OCSP_NOVERIFY) == 1)
			fail_msg("octet %zu changed, and the signature holds\n", at);
		sk_X509_free(own);
		OCSP_BASICRESP_free(basic);
		OCSP_RESPONSE_free(r);
		der.data[at] ^= 0x01;
	}
	buf_free(&der);
}

static void thirty_two_with_the_longest_nonce_fit(void **state)
{
	(void)state;
	struct ocsp_single many[OCSP_SINGLES_MAX];
	for (size_t i = 0; i < COUNT(many); i++) {
		many[i] = some[3];
		many[i].hash = OCSP_SHA256;
		many[i].serial[1] = (uint8_t)i;
	}
	struct ocsp_answer a = answer_of(many, COUNT(many), OCSP_NONCE_MAX);
	struct buf der = BUF_INIT(OCSP_ANSWER_BYTES_MAX);
	assert_ok(ocsp_answer_make(responder, &a, &der));
	OCSP_BASICRESP *basic = basic_of(&der);
	assert_int_equal(OCSP_resp_count(basic), COUNT(many));
	for (size_t i = 0; i < COUNT(many); i++) {
		int status = -1, reason = -1;
		OCSP_CERTID *id = library_id(&many[i]);
		assert_int_equal(OCSP_resp_find_status(basic, id, &status, &reason, NULL, NULL, NULL), 1);
		assert_int_equal(status, V_OCSP_CERTSTATUS_REVOKED);
		assert_int_equal(reason, REASON_KEY_COMPROMISE);
		OCSP_CERTID_free(id);
	}
	OCSP_BASICRESP_free(basic);
	buf_free(&der);
}

static void refused(const char *what, struct ocsp_answer a, const struct ocsp_single *single)
{
	struct buf der = BUF_INIT(OCSP_ANSWER_BYTES_MAX);
	if (single)
		a.singles = single;
	if (ocsp_answer_make(responder, &a, &der) != ERR_INVALID || der.len != 0)
		fail_msg("said: %s\n", what);
	buf_free(&der);
}

static void what_cannot_be_said_is_refused(void **state)
{
	(void)state;
	const struct ocsp_answer right = answer_of(&good, 1, 0);
	struct ocsp_answer a = right;
	a.nonce_len = OCSP_NONCE_MAX + 1;
	refused("a nonce of 129 octets", a, NULL);
	a = right;
	a.count = 0;
	refused("no certificate", a, NULL);
	a.count = OCSP_SINGLES_MAX + 1;
	refused("33 certificates", a, NULL);
	a = right;
	a.this_update = 0;
	refused("no thisUpdate", a, NULL);
	a.this_update = a.next_update;
	refused("a life of nothing", a, NULL);
	a.next_update = INT64_MAX;
	refused("a time beyond 9999", a, NULL);
	refused("an unknown digest", right, &(const struct ocsp_single){.hash = OCSP_HASH_COUNT, .serial = {1}, .serial_len = 1});
	refused("an unknown status", right, &(const struct ocsp_single){.status = OCSP_STATUS_COUNT, .serial = {1}, .serial_len = 1});
	refused("no serial", right, &(const struct ocsp_single){.serial_len = 0});
	refused("a serial of 21 octets", right, &(const struct ocsp_single){.serial_len = 21});
	refused("revoked at no time", right, &(const struct ocsp_single){.serial_len = 1, .status = OCSP_REVOKED});
	refused("an unknown reason", right, &(const struct ocsp_single){.serial_len = 1, .status = OCSP_REVOKED, .revoked_at = NOW,
									.reason = (enum crl_reason)7});
}

static void a_buffer_that_is_too_small_is_an_error(void **state)
{
	(void)state;
	struct ocsp_answer a = answer_of(&good, 1, 0);
	struct buf whole = BUF_INIT(OCSP_ANSWER_BYTES_MAX);
	assert_ok(ocsp_answer_make(responder, &a, &whole));
	for (size_t cap = 0; cap < whole.len - 16; cap += 7) {
		struct buf der = BUF_INIT(cap);
		assert_int_equal(ocsp_answer_make(responder, &a, &der), ERR_TOO_LARGE);
		buf_free(&der);
	}
	buf_free(&whole);
}

static void the_responder_checks_itself(void **state)
{
	(void)state;
	struct errbuf why = {""};
	EVP_PKEY *other = NULL;
	struct ocsp_responder *wrong = NULL;
	assert_ok(ocsp_responder_check(responder, pki.issuing.certificate, delegate, NOW, NULL));
	assert_ok(key_generate(KEY_P256, &other));
	assert_ok(ocsp_responder_new(pki.issuing.certificate, delegate, other, &wrong));
	assert_int_equal(ocsp_responder_check(wrong, pki.issuing.certificate, delegate, NOW, &why), ERR_CRYPTO);
	assert_true(why.text[0]);
	ocsp_responder_free(wrong);
	EVP_PKEY_free(other);
}

static void refusals_are_read_by_the_library(void **state)
{
	(void)state;
	static const struct {
		enum ocsp_refusal ours;
		int theirs;
	} cases[] = {
		{OCSP_MALFORMED_REQUEST, OCSP_RESPONSE_STATUS_MALFORMEDREQUEST},
		{OCSP_INTERNAL_ERROR, OCSP_RESPONSE_STATUS_INTERNALERROR},
		{OCSP_TRY_LATER, OCSP_RESPONSE_STATUS_TRYLATER},
		{OCSP_UNAUTHORIZED, OCSP_RESPONSE_STATUS_UNAUTHORIZED},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		uint8_t der[OCSP_REFUSAL_BYTES];
		const uint8_t *at = der;
		ocsp_refusal_make(cases[i].ours, der);
		OCSP_RESPONSE *r = d2i_OCSP_RESPONSE(NULL, &at, sizeof der);
		assert_non_null(r);
		assert_int_equal(OCSP_response_status(r), cases[i].theirs);
		OCSP_RESPONSE_free(r);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(our_der_is_octet_for_octet_the_librarys),
		cmocka_unit_test(clients_verify_it_up_to_the_root),
		cmocka_unit_test(what_a_bit_changed_no_client_believes),
		cmocka_unit_test(thirty_two_with_the_longest_nonce_fit),
		cmocka_unit_test(what_cannot_be_said_is_refused),
		cmocka_unit_test(a_buffer_that_is_too_small_is_an_error),
		cmocka_unit_test(the_responder_checks_itself),
		cmocka_unit_test(refusals_are_read_by_the_library),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}

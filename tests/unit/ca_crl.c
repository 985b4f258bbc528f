#include "tests/unit/ca_twins.h"

#include "ca/asn1_time.h"
#include "ca/crl.h"

#include <openssl/x509v3.h>
#include <stdlib.h>
#include <time.h>

enum { LIST_CAP = 16 << 20 };

static const struct crl_head head = {.number = 1795313618000000u, .this_update = NOW, .next_update = NOW + DAY};

static const struct crl_entry few[] = {
	{.serial = {[19] = 1}, .revoked_at = NOW - 10},
	{.serial = {[18] = 0x80, [19] = 0}, .revoked_at = NOW - 20, .reason = REASON_KEY_COMPROMISE},
	{.serial = {0x5e, [19] = 2}, .revoked_at = NOW - 30, .reason = REASON_HOLD, .compromised_at = NOW - 4000},
	{.serial = {0x7f, [19] = 3}, .revoked_at = INT64_C(2524608000), .compromised_at = NOW - 5000},
};

static enum err make(const struct crl_head *h, const struct crl_entry *entries, size_t n, struct buf *out)
{
	return crl_make(h, entries, n, pki.issuing.certificate, pki.issuing.key, out, NULL);
}

static X509_CRL *parse(const struct buf *der)
{
	const uint8_t *at = der->data;
	X509_CRL *crl = d2i_X509_CRL(NULL, &at, (long)der->len);
	assert_non_null(crl);
	assert_ptr_equal(at, der->data + der->len);
	return crl;
}

/* What the library would have written for the same list: the independent witness for our DER. */
static X509_CRL *library_crl(const struct crl_head *h, const struct crl_entry *entries, size_t n)
{
	X509_CRL *crl = X509_CRL_new();
	ASN1_TIME *t = ASN1_TIME_new();
	X509_CRL_set_version(crl, X509_CRL_VERSION_2);
	X509_CRL_set_issuer_name(crl, X509_get_subject_name(pki.issuing.certificate));
	X509_CRL_set1_lastUpdate(crl, ASN1_TIME_set(t, h->this_update));
	X509_CRL_set1_nextUpdate(crl, ASN1_TIME_set(t, h->next_update));
	for (size_t i = 0; i < n; i++) {
		X509_REVOKED *r = X509_REVOKED_new();
		BIGNUM *serial = BN_bin2bn(entries[i].serial, SERIAL_BYTES, NULL);
		ASN1_INTEGER *integer = BN_to_ASN1_INTEGER(serial, NULL);
		X509_REVOKED_set_serialNumber(r, integer);
		X509_REVOKED_set_revocationDate(r, ASN1_TIME_set(t, entries[i].revoked_at));
		if (entries[i].reason) {
			ASN1_ENUMERATED *reason = ASN1_ENUMERATED_new();
			ASN1_ENUMERATED_set(reason, entries[i].reason);
			X509_REVOKED_add1_ext_i2d(r, NID_crl_reason, reason, 0, 0);
			ASN1_ENUMERATED_free(reason);
		}
		if (entries[i].compromised_at) {
			ASN1_GENERALIZEDTIME *g = ASN1_GENERALIZEDTIME_set(NULL, entries[i].compromised_at);
			X509_REVOKED_add1_ext_i2d(r, NID_invalidity_date, g, 0, 0);
			ASN1_GENERALIZEDTIME_free(g);
		}
		X509_CRL_add0_revoked(crl, r);
		ASN1_INTEGER_free(integer);
		BN_free(serial);
	}
	AUTHORITY_KEYID *aki = AUTHORITY_KEYID_new();
	aki->keyid = ASN1_OCTET_STRING_dup(X509_get0_subject_key_id(pki.issuing.certificate));
	X509_CRL_add1_ext_i2d(crl, NID_authority_key_identifier, aki, 0, 0);
	ASN1_INTEGER *number = ASN1_INTEGER_new();
	ASN1_INTEGER_set_uint64(number, h->number);
	X509_CRL_add1_ext_i2d(crl, NID_crl_number, number, 0, 0);
	assert_true(X509_CRL_sign(crl, pki.issuing.key, EVP_sha256()) > 0);
	ASN1_INTEGER_free(number);
	AUTHORITY_KEYID_free(aki);
	ASN1_TIME_free(t);
	return crl;
}

static void our_der_is_octet_for_octet_the_librarys(void **state)
{
	(void)state;
	static const uint64_t numbers[] = {1, 127, 128, 255, 256, 1795313618000000u, INT64_MAX, UINT64_MAX};
	for (size_t n = 0; n <= COUNT(few); n++) {
		for (size_t k = 0; k < COUNT(numbers); k++) {
			struct crl_head h = head;
			struct buf der = BUF_INIT(LIST_CAP);
			uint8_t *ours = NULL, *theirs = NULL;
			h.number = numbers[k];
			assert_ok(make(&h, few, n, &der));
			X509_CRL *a = parse(&der), *b = library_crl(&h, few, n);
			int a_len = i2d_re_X509_CRL_tbs(a, &ours), b_len = i2d_re_X509_CRL_tbs(b, &theirs);
			assert_int_equal(a_len, b_len);
			assert_memory_equal(ours, theirs, (size_t)a_len);
			assert_non_null(memmem(der.data, der.len, theirs, (size_t)b_len)); /* as it left, not as re-encoded */
			OPENSSL_free(ours);
			OPENSSL_free(theirs);
			X509_CRL_free(a);
			X509_CRL_free(b);
			buf_free(&der);
		}
	}
}

/* As the library would write it, to the octet. */
static void assert_the_librarys(const struct crl_head *h, const struct crl_entry *entries, size_t n)
{
	struct buf der = BUF_INIT(LIST_CAP);
	uint8_t *theirs = NULL;
	assert_ok(make(h, entries, n, &der));
	X509_CRL *b = library_crl(h, entries, n);
	int len = i2d_re_X509_CRL_tbs(b, &theirs);
	const void *tbs = der.data + (der.len < 65540 ? 4 : 5);
	assert_true((size_t)len < der.len);
	assert_memory_equal(tbs, theirs, (size_t)len);
	OPENSSL_free(theirs);
	X509_CRL_free(b);
	buf_free(&der);
}

static void every_reason_and_every_border_of_time_is_as_the_library_writes_it(void **state)
{
	(void)state;
	static const int64_t times[] = {1, INT64_C(951782400), INT64_C(2524607999), INT64_C(2524608000), ASN1_TIME_LAST};
	for (unsigned reason = 0; reason <= REASON_HOLD; reason++)
		for (size_t i = 0; i < COUNT(times); i++)
			for (size_t k = 0; k <= COUNT(times); k++) {
				struct crl_entry e = {.serial = {0x7f, [19] = 1}, .revoked_at = times[i], .reason = (enum crl_reason)reason};
				e.compromised_at = k ? times[k - 1] : 0;
				assert_the_librarys(&head, &e, 1);
			}
}

static void serials_of_every_length_are_as_the_library_writes_them(void **state)
{
	(void)state;
	struct crl_entry entries[2 * SERIAL_BYTES - 1] = {0};
	size_t n = 0;
	for (int at = SERIAL_BYTES - 1; at >= 0; at--) {
		entries[n].serial[at] = 0x7f;
		entries[n++].revoked_at = NOW;
		if (at == 0)
			break;
		entries[n].serial[at] = 0x80;
		entries[n++].revoked_at = NOW;
	}
	assert_the_librarys(&head, entries, n);
}

static void a_thousand_entries_are_as_the_library_writes_them(void **state)
{
	(void)state;
	static struct crl_entry entries[1000];
	for (size_t i = 0; i < COUNT(entries); i++)
		entries[i] = (struct crl_entry){.serial = {(uint8_t)(i >> 8), (uint8_t)i, [19] = 1},
						.revoked_at = NOW - 86399 * (int64_t)i,
						.reason = (enum crl_reason)(i % 7), .compromised_at = i % 3 ? 0 : NOW - 86401 * (int64_t)i};
	assert_the_librarys(&head, entries, COUNT(entries));
}

/* Against the C library, on the first and the last second of every day. */
static void times_are_written_as_the_calendar_has_them(void **state)
{
	(void)state;
	char ours[ASN1_TIME_TEXT_SIZE], theirs[32];
	for (int64_t day = 0; day <= ASN1_TIME_LAST / 86400; day++) {
		for (int64_t second = 0; second < 86400; second += 86399) {
			time_t t = (time_t)(86400 * day + second);
			struct tm tm;
			gmtime_r(&t, &tm);
			strftime(theirs, sizeof theirs, "%Y%m%d%H%M%SZ", &tm);
			if (strcmp(asn1_time_text(t, true, ours), theirs) != 0)
				assert_string_equal(ours, theirs);
		}
	}
	assert_string_equal(asn1_time_text(INT64_C(951826327), false, ours), "000229121207Z");
}

/* What was announced is what must come: the length stands in what is signed first. */
static void a_list_of_another_length_than_announced_is_not_signed(void **state)
{
	(void)state;
	size_t all = 0;
	for (size_t i = 0; i < COUNT(few); i++)
		all += crl_entry_size(&few[i]);
	const struct {
		const char *name;
		size_t announced, n;
	} cases[] = {{"an entry too few", all, COUNT(few) - 1}, {"an octet more", all + 1, COUNT(few)},
		     {"an octet less", all - 1, COUNT(few)},    {"none announced", 0, 1}, {"none come", all, 0}};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct crl_signing *s = NULL;
		struct buf before = BUF_INIT(CRL_PART_MAX), behind = BUF_INIT(CRL_PART_MAX);
		assert_ok(crl_signing_begin(&head, cases[i].announced, pki.issuing.certificate, pki.issuing.key, &s, NULL));
		assert_ok(crl_signing_add(s, few, cases[i].n, NULL));
		if (crl_signing_end(s, &before, &behind, NULL) != ERR_INVALID || before.len || behind.len)
			fail_msg("signed: %s\n", cases[i].name);
		crl_signing_free(s);
	}
}

static void a_list_comes_in_any_parts_but_in_order_and_is_signed_once(void **state)
{
	(void)state;
	struct crl_signing *s = NULL;
	struct crl_head back;
	size_t all = 0, n = 0;
	struct buf body = BUF_INIT(LIST_CAP), tail = BUF_INIT(CRL_PART_MAX), der = BUF_INIT(LIST_CAP);
	assert_ok(crl_entries_write(few, COUNT(few), NULL, &body, NULL));
	for (size_t i = 0; i < COUNT(few); i++)
		all += crl_entry_size(&few[i]);
	assert_int_equal(all, body.len);
	assert_ok(crl_signing_begin(&head, all, pki.issuing.certificate, pki.issuing.key, &s, NULL));
	assert_ok(crl_signing_add(s, few, 0, NULL));
	for (size_t i = 0; i < COUNT(few); i++)
		assert_ok(crl_signing_add(s, few + i, 1, NULL));
	assert_ok(crl_signing_end(s, &der, &tail, NULL));
	buf_add(&der, body.data, body.len);
	buf_add(&der, tail.data, tail.len);
	assert_ok(crl_read(der.data, der.len, pki.issuing.certificate, &back, &n, NULL));
	assert_int_equal(n, COUNT(few));
	assert_int_equal(crl_signing_end(s, &der, &tail, NULL), ERR_INVALID);
	crl_signing_free(s);
	assert_ok(crl_signing_begin(&head, all, pki.issuing.certificate, pki.issuing.key, &s, NULL));
	assert_ok(crl_signing_add(s, few + 1, 1, NULL));
	assert_int_equal(crl_signing_add(s, few + 1, 1, NULL), ERR_INVALID);
	assert_int_equal(crl_signing_add(s, few + 2, 1, NULL), ERR_INVALID); /* after an error, nothing more */
	crl_signing_free(s);
	s = NULL;
	assert_int_equal(crl_signing_begin(&head, CRL_MAX_BYTES, pki.issuing.certificate, pki.issuing.key, &s, NULL), ERR_TOO_LARGE);
	assert_null(s);
	buf_free(&body);
	buf_free(&tail);
	buf_free(&der);
}

static void an_empty_list_has_no_revoked_certificates(void **state)
{
	(void)state;
	struct buf der = BUF_INIT(LIST_CAP);
	struct crl_head back;
	size_t entries = 99;
	assert_ok(make(&head, NULL, 0, &der));
	X509_CRL *crl = parse(&der);
	assert_null(X509_CRL_get_REVOKED(crl));
	assert_ok(crl_read(der.data, der.len, pki.issuing.certificate, &back, &entries, NULL));
	assert_int_equal(entries, 0);
	assert_int_equal(back.number, head.number);
	assert_int_equal(back.this_update, head.this_update);
	assert_int_equal(back.next_update, head.next_update);
	X509_CRL_free(crl);
	buf_free(&der);
}

static void an_entry_says_when_and_why(void **state)
{
	(void)state;
	struct buf der = BUF_INIT(LIST_CAP);
	X509_REVOKED *found = NULL;
	ASN1_INTEGER *serial = ASN1_INTEGER_new();
	assert_ok(make(&head, few, COUNT(few), &der));
	X509_CRL *crl = parse(&der);
	ASN1_INTEGER_set(serial, 0x8000);
	assert_int_equal(X509_CRL_get0_by_serial(crl, &found, serial), 1);
	ASN1_ENUMERATED *reason = X509_REVOKED_get_ext_d2i(found, NID_crl_reason, NULL, NULL);
	assert_int_equal(ASN1_ENUMERATED_get(reason), REASON_KEY_COMPROMISE);
	ASN1_ENUMERATED_free(reason);
	ASN1_INTEGER_set(serial, 1);
	assert_int_equal(X509_CRL_get0_by_serial(crl, &found, serial), 1);
	assert_int_equal(X509_REVOKED_get_ext_by_NID(found, NID_crl_reason, -1), -1); /* unspecified is not said */
	ASN1_INTEGER_set(serial, 2);
	assert_int_equal(X509_CRL_get0_by_serial(crl, &found, serial), 0);
	ASN1_INTEGER_free(serial);
	X509_CRL_free(crl);
	buf_free(&der);
}

static void a_list_that_nobody_should_sign_is_refused(void **state)
{
	(void)state;
	struct crl_entry order[] = {few[1], few[0]}, repeated[] = {few[0], few[0]}, zero = few[0], wide = few[0];
	struct crl_entry reason_7 = few[0], reason_8 = few[0], never = few[0], past_9999 = few[0];
	memset(zero.serial, 0, SERIAL_BYTES);
	wide.serial[0] = 0x80;
	reason_7.reason = (enum crl_reason)7;
	reason_8.reason = (enum crl_reason)8; /* removeFromCRL is for delta lists */
	never.revoked_at = 0;
	past_9999.compromised_at = INT64_C(253402300800);
	struct crl_head backwards = head, instant = head;
	backwards.next_update = NOW - 1;
	instant.next_update = NOW;
	const struct {
		const char *name;
		const struct crl_head *head;
		const struct crl_entry *entries;
		size_t n;
	} cases[] = {
		{"falling serials", &head, order, 2},   {"a serial twice", &head, repeated, 2},
		{"serial zero", &head, &zero, 1},       {"serial of 160 bits", &head, &wide, 1},
		{"reason 7", &head, &reason_7, 1},      {"reason 8", &head, &reason_8, 1},
		{"no time", &head, &never, 1},          {"a time past 9999", &head, &past_9999, 1},
		{"next before this", &backwards, few, 1}, {"next is this", &instant, few, 1},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct buf der = BUF_INIT(LIST_CAP);
		if (make(cases[i].head, cases[i].entries, cases[i].n, &der) != ERR_INVALID || der.len)
			fail_msg("accepted: %s\n", cases[i].name);
	}
}

static void a_key_or_certificate_that_does_not_belong_signs_no_list(void **state)
{
	(void)state;
	struct buf der = BUF_INIT(LIST_CAP), leaf = BUF_INIT(LIST_CAP);
	EVP_PKEY *key = NULL;
	assert_int_equal(crl_make(&head, few, 1, pki.issuing.certificate, pki.root.key, &der, NULL), ERR_INVALID);
	assert_int_equal(crl_make(&head, few, 1, pki.issuing.certificate, twin.issuing.key, &der, NULL), ERR_INVALID);
	assert_ok(key_generate(KEY_P256, &key));
	issue_der(&pki.issuing, PROFILE_CLIENT, key, &leaf);
	X509 *x = der_to_x509(leaf.data, leaf.len);
	assert_int_equal(crl_make(&head, few, 1, x, key, &der, NULL), ERR_INVALID);
	assert_int_equal(der.len, 0);
	X509_free(x);
	EVP_PKEY_free(key);
	buf_free(&leaf);
}

static void a_list_is_read_for_its_own_issuer_only(void **state)
{
	(void)state;
	struct buf der = BUF_INIT(LIST_CAP);
	struct crl_head back;
	size_t entries;
	assert_ok(make(&head, few, COUNT(few), &der));
	assert_int_equal(crl_read(der.data, der.len, twin.issuing.certificate, &back, &entries, NULL), ERR_REFUSED);
	assert_int_equal(crl_read(der.data, der.len, pki.root.certificate, &back, &entries, NULL), ERR_REFUSED);
	assert_ok(crl_read(der.data, der.len, pki.issuing.certificate, &back, &entries, NULL));
	assert_int_equal(entries, COUNT(few));
	buf_free(&der);
}

static void a_list_cut_anywhere_or_with_a_bit_flipped_is_refused(void **state)
{
	(void)state;
	struct buf der = BUF_INIT(LIST_CAP);
	struct crl_head back;
	size_t entries;
	assert_ok(make(&head, few, COUNT(few), &der));
	for (size_t cut = 0; cut < der.len; cut++)
		assert_int_equal(crl_read(der.data, cut, pki.issuing.certificate, &back, &entries, NULL), ERR_MALFORMED);
	for (size_t bit = 0; bit < 8 * der.len; bit++) {
		der.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
		if (crl_read(der.data, der.len, pki.issuing.certificate, &back, &entries, NULL) == ERR_OK)
			fail_msg("accepted with bit %zu of byte %zu flipped\n", bit % 8, bit / 8);
		der.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	buf_free(&der);
}

static void times_from_2050_on_are_generalized(void **state)
{
	(void)state;
	struct buf der = BUF_INIT(LIST_CAP);
	struct crl_head late = {.number = 1, .this_update = INT64_C(2524607999), .next_update = INT64_C(2524608000)};
	assert_ok(make(&late, NULL, 0, &der));
	X509_CRL *crl = parse(&der);
	assert_int_equal(ASN1_STRING_type(X509_CRL_get0_lastUpdate(crl)), V_ASN1_UTCTIME);
	assert_int_equal(ASN1_STRING_type(X509_CRL_get0_nextUpdate(crl)), V_ASN1_GENERALIZEDTIME);
	X509_CRL_free(crl);
	buf_free(&der);
}

static void the_root_signs_its_list_with_sha384(void **state)
{
	(void)state;
	struct buf der = BUF_INIT(LIST_CAP);
	assert_ok(crl_make(&head, few, 1, pki.root.certificate, pki.root.key, &der, NULL));
	X509_CRL *crl = parse(&der);
	assert_int_equal(X509_CRL_get_signature_nid(crl), NID_ecdsa_with_SHA384);
	X509_CRL_free(crl);
	buf_free(&der);
}

static void a_cap_too_small_gets_nothing(void **state)
{
	(void)state;
	struct buf der = BUF_INIT(200);
	assert_int_equal(make(&head, few, COUNT(few), &der), ERR_TOO_LARGE);
	assert_int_equal(der.len, 0);
	buf_free(&der);
}

static void a_hundred_thousand_entries_are_listed_and_found(void **state)
{
	(void)state;
	const size_t n = 100000;
	struct crl_entry *entries = calloc(n, sizeof *entries);
	assert_non_null(entries);
	struct buf der = BUF_INIT(LIST_CAP);
	ASN1_INTEGER *serial = ASN1_INTEGER_new();
	X509_REVOKED *found = NULL;
	struct timespec from, to;
	for (size_t i = 0; i < n; i++) {
		entries[i] = (struct crl_entry){.serial = {0x40, (uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i, [19] = 1},
						.revoked_at = NOW - (int64_t)i,
						.reason = REASON_SUPERSEDED};
	}
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &from);
	assert_ok(make(&head, entries, n, &der));
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &to);
	print_message("%zu bytes, %.3f s of CPU\n", der.len,
		      (double)(to.tv_sec - from.tv_sec) + (double)(to.tv_nsec - from.tv_nsec) / 1e9);
	X509_CRL *crl = parse(&der);
	assert_int_equal(sk_X509_REVOKED_num(X509_CRL_get_REVOKED(crl)), n);
	ASN1_STRING_set(serial, entries[n - 1].serial, SERIAL_BYTES);
	assert_int_equal(X509_CRL_get0_by_serial(crl, &found, serial), 1);
	X509_CRL_free(crl);
	ASN1_INTEGER_free(serial);
	buf_free(&der);
	free(entries);
}

static void reasons_are_named_both_ways(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		enum crl_reason reason;
	} good[] = {{"unspecified", REASON_UNSPECIFIED},     {"keyCompromise", REASON_KEY_COMPROMISE},
		    {"key-compromise", REASON_KEY_COMPROMISE}, {"superseded", REASON_SUPERSEDED},
		    {"affiliation-changed", REASON_AFFILIATION_CHANGED}, {"certificate-hold", REASON_HOLD},
		    {"cessation-of-operation", REASON_CESSATION}, {"cessationOfOperation", REASON_CESSATION},
		    {"cACompromise", REASON_CA_COMPROMISE}, {"ca-compromise", REASON_CA_COMPROMISE}};
	static const char *const bad[] = {"", "-", "keycompromise", "key-Compromise", "key--compromise", "keyCompromise-",
					  "removeFromCRL", "1", "key compromise"};
	enum crl_reason r;
	for (size_t i = 0; i < COUNT(good); i++) {
		if (crl_reason_from_name(good[i].text, &r) || r != good[i].reason)
			fail_msg("refused or wrong: %s\n", good[i].text);
	}
	for (size_t i = 0; i < COUNT(bad); i++)
		if (crl_reason_from_name(bad[i], &r) != ERR_INVALID)
			fail_msg("accepted: %s\n", bad[i]);
	for (unsigned i = 0; i <= REASON_HOLD; i++)
		assert_non_null(crl_reason_name((enum crl_reason)i));
	assert_null(crl_reason_name((enum crl_reason)7));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(our_der_is_octet_for_octet_the_librarys),
		cmocka_unit_test(every_reason_and_every_border_of_time_is_as_the_library_writes_it),
		cmocka_unit_test(serials_of_every_length_are_as_the_library_writes_them),
		cmocka_unit_test(a_thousand_entries_are_as_the_library_writes_them),
		cmocka_unit_test(times_are_written_as_the_calendar_has_them),
		cmocka_unit_test(a_list_of_another_length_than_announced_is_not_signed),
		cmocka_unit_test(a_list_comes_in_any_parts_but_in_order_and_is_signed_once),
		cmocka_unit_test(an_empty_list_has_no_revoked_certificates),
		cmocka_unit_test(an_entry_says_when_and_why),
		cmocka_unit_test(a_list_that_nobody_should_sign_is_refused),
		cmocka_unit_test(a_key_or_certificate_that_does_not_belong_signs_no_list),
		cmocka_unit_test(a_list_is_read_for_its_own_issuer_only),
		cmocka_unit_test(a_list_cut_anywhere_or_with_a_bit_flipped_is_refused),
		cmocka_unit_test(times_from_2050_on_are_generalized),
		cmocka_unit_test(the_root_signs_its_list_with_sha384),
		cmocka_unit_test(a_cap_too_small_gets_nothing),
		cmocka_unit_test(a_hundred_thousand_entries_are_listed_and_found),
		cmocka_unit_test(reasons_are_named_both_ways),
	};
	return cmocka_run_group_tests(tests, twins_new, twins_clear);
}

/* The entries of a root's list, read so that the next list says them again. */
#include "tests/unit/ca_twins.h"

#include "ca/crl_entries.h"

#include <openssl/pem.h>

static const struct crl_head head = {.number = 7, .this_update = NOW, .next_update = NOW + DAY};
static const struct crl_entry few[] = {
	{.serial = {[19] = 1}, .revoked_at = NOW - 10},
	{.serial = {[18] = 0x80, [19] = 0}, .revoked_at = NOW - 20, .reason = REASON_CA_COMPROMISE},
	{.serial = {0x5e, [19] = 2}, .revoked_at = NOW - 30, .reason = REASON_SUPERSEDED, .compromised_at = NOW - 4000},
};

static struct buf list_of(const struct crl_entry *entries, size_t n)
{
	struct buf der = BUF_INIT(1 << 20);
	assert_ok(crl_make(&head, entries, n, pki.root.certificate, pki.root.key, &der, NULL));
	return der;
}

static void same(const struct crl_entry *a, const struct crl_entry *b)
{
	assert_memory_equal(a->serial, b->serial, SERIAL_BYTES);
	assert_int_equal(a->revoked_at, b->revoked_at);
	assert_int_equal(a->compromised_at, b->compromised_at);
	assert_int_equal(a->reason, b->reason);
}

static void entries_are_read_as_they_were_written(void **state)
{
	(void)state;
	static struct crl_entries got;
	struct crl_head read = {.number = 0};
	struct buf der = list_of(few, COUNT(few)), again = BUF_INIT(1 << 20);
	assert_ok(crl_entries_read(&der, pki.root.certificate, &read, &got, &again, NULL));
	assert_int_equal(got.count, COUNT(few));
	assert_int_equal(read.number, 7);
	for (size_t i = 0; i < COUNT(few); i++)
		same(&got.at[i], &few[i]);
	assert_int_equal(again.len, der.len);
	assert_memory_equal(again.data, der.data, der.len);
	buf_free(&der);
	buf_free(&again);
}

static void a_list_in_pem_is_the_same(void **state)
{
	(void)state;
	static struct crl_entries got;
	struct crl_head read;
	struct buf der = list_of(few, 1), pem = BUF_INIT(65536);
	const uint8_t *at = der.data;
	char *text = NULL;
	X509_CRL *crl = d2i_X509_CRL(NULL, &at, (long)der.len);
	BIO *bio = BIO_new(BIO_s_mem());
	assert_int_equal(PEM_write_bio_X509_CRL(bio, crl), 1);
	long len = BIO_get_mem_data(bio, &text);
	buf_add(&pem, text, (size_t)len);
	assert_ok(crl_entries_read(&pem, pki.root.certificate, &read, &got, NULL, NULL));
	assert_int_equal(got.count, 1);
	BIO_free(bio);
	X509_CRL_free(crl);
	buf_free(&der);
	buf_free(&pem);
}

static void a_list_of_another_root_is_refused(void **state)
{
	(void)state;
	static struct crl_entries got;
	struct crl_head read;
	struct buf der = list_of(few, COUNT(few));
	assert_int_equal(crl_entries_read(&der, twin.root.certificate, &read, &got, NULL, NULL), ERR_REFUSED);
	buf_free(&der);
}

static void a_list_that_is_cut_or_flipped_is_refused(void **state)
{
	(void)state;
	static struct crl_entries got;
	struct crl_head read;
	struct buf der = list_of(few, COUNT(few));
	size_t whole = der.len;
	for (der.len = 0; der.len < whole; der.len++)
		assert_true(crl_entries_read(&der, pki.root.certificate, &read, &got, NULL, NULL) != ERR_OK);
	for (size_t bit = 0; bit < 8 * whole; bit += 7) {
		der.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
		assert_true(crl_entries_read(&der, pki.root.certificate, &read, &got, NULL, NULL) != ERR_OK);
		der.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	buf_free(&der);
}

static void an_entry_goes_to_its_place_once(void **state)
{
	(void)state;
	static struct crl_entries e;
	e.count = 0;
	assert_ok(crl_entries_add(&e, &few[2]));
	assert_ok(crl_entries_add(&e, &few[0]));
	assert_ok(crl_entries_add(&e, &few[1]));
	assert_int_equal(crl_entries_add(&e, &few[1]), ERR_EXISTS);
	assert_int_equal(e.count, 3);
	for (size_t i = 0; i < 3; i++)
		same(&e.at[i], &few[i]);
	assert_ptr_equal(crl_entries_find(&e, few[1].serial), &e.at[1]);
	assert_null(crl_entries_find(&e, (const uint8_t[SERIAL_BYTES]){[19] = 9}));
}

static void a_full_list_takes_no_more(void **state)
{
	(void)state;
	static struct crl_entries e;
	struct crl_entry one = {.revoked_at = NOW};
	e.count = 0;
	for (unsigned i = 1; i <= CRL_ENTRIES_MOST; i++) {
		one.serial[18] = (uint8_t)(i >> 8);
		one.serial[19] = (uint8_t)i;
		assert_ok(crl_entries_add(&e, &one));
	}
	one.serial[0] = 1;
	assert_int_equal(crl_entries_add(&e, &one), ERR_TOO_LARGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(entries_are_read_as_they_were_written),
		cmocka_unit_test(a_list_in_pem_is_the_same),
		cmocka_unit_test(a_list_of_another_root_is_refused),
		cmocka_unit_test(a_list_that_is_cut_or_flipped_is_refused),
		cmocka_unit_test(an_entry_goes_to_its_place_once),
		cmocka_unit_test(a_full_list_takes_no_more),
	};
	return cmocka_run_group_tests(tests, twins_new, twins_clear);
}

/* Reading the issuing CAs and the root's list while each allocation and each call of the cryptography fails in turn. */
#include "tests/unit/ca_fixture.h"

#include "ca/chain.h"
#include "ca/crl_entries.h"
#include "issuer/issuers.h"
#include "tests/support/failing.h"

enum { SAMPLE = 60 };

static struct {
	struct pki pki;
	struct buf pem, trust, list;
	struct issuers all;
	struct chain_trust *t;
	struct crl_entries entries;
	struct crl_head head;
	uint8_t revoked[SERIAL_BYTES];
} at;

static void add_pem(X509 *x, struct buf *out)
{
	struct buf der = BUF_INIT(16384);
	assert_ok(certificate_encode(x, &der, NULL));
	assert_ok(certificate_der_to_pem(der.data, der.len, out));
	buf_free(&der);
}

static int setup(void **state)
{
	(void)state;
	const struct crl_head head = {.number = 1, .this_update = NOW, .next_update = NOW + DAY};
	struct crl_entry entry = {.revoked_at = NOW - 5, .reason = REASON_CA_COMPROMISE, .compromised_at = NOW - 50};
	at.pem = at.trust = at.list = BUF_INIT(65536);
	pki_new(&at.pki, NOW);
	add_pem(at.pki.issuing.certificate, &at.pem);
	add_pem(at.pki.root.certificate, &at.trust);
	add_pem(at.pki.issuing.certificate, &at.trust);
	assert_ok(certificate_serial(at.pki.issuing.certificate, at.revoked));
	memcpy(entry.serial, at.revoked, sizeof entry.serial);
	assert_ok(crl_make(&head, &entry, 1, at.pki.root.certificate, at.pki.root.key, &at.list, NULL));
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	pki_clear(&at.pki);
	buf_free(&at.pem);
	buf_free(&at.trust);
	buf_free(&at.list);
	return 0;
}

static enum err read_issuer(void)
{
	return issuers_add(&at.all, ISSUER_PRESENT, at.pem.data, at.pem.len, NULL);
}

static void after_issuer(enum err rc, bool failed)
{
	(void)failed;
	failing_require((rc == ERR_OK) == (at.all.count == 1));
	failing_require(rc != ERR_OK || strcmp(at.all.at[0].label, "issuing") == 0);
	issuers_clear(&at.all);
}

static enum err read_list(void)
{
	return crl_entries_read(&at.list, at.pki.root.certificate, &at.head, &at.entries, NULL, NULL);
}

static void after_list(enum err rc, bool failed)
{
	(void)failed;
	failing_require(rc != ERR_OK || (at.entries.count == 1 && crl_entries_find(&at.entries, at.revoked)));
}

static void before_trust(void)
{
	assert_ok(chain_trust_new(at.trust.data, at.trust.len, &at.t, NULL));
}

static enum err take_list(void)
{
	return chain_trust_list(at.t, at.list.data, at.list.len, NULL);
}

static void after_trust(enum err rc, bool failed)
{
	(void)rc, (void)failed;
	chain_trust_free(at.t);
	at.t = NULL;
}

static void no_failure_makes_a_ca_or_a_list_what_it_is_not(void **state)
{
	(void)state;
	failing_each(&(struct failing_work){.name = "issuers_add", .act = read_issuer, .after = after_issuer, .without_sqlite = true}, SAMPLE);
	failing_each(&(struct failing_work){.name = "crl_entries_read", .act = read_list, .after = after_list, .without_sqlite = true}, SAMPLE);
	failing_each(&(struct failing_work){.name = "chain_trust_list", .before = before_trust, .act = take_list, .after = after_trust,
					    .without_sqlite = true}, SAMPLE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(no_failure_makes_a_ca_or_a_list_what_it_is_not)};
	return cmocka_run_group_tests(tests, setup, teardown);
}

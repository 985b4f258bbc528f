/* The issuing CAs of an installation, from files; and what a verifier says of one that the root has revoked. */
#include "tests/unit/ca_fixture.h"

#include "base/file.h"
#include "ca/chain.h"
#include "ca/crl_entries.h"
#include "ca/issuer_label.h"
#include "issuer/issuers.h"
#include "tests/support/remove_tree.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static struct authority root, first, second;
static char folder[64], present[128], others[128], keys[128];
static struct settings settings;

/* A CA that has the digits of its key at the end of its name, as `ca new-issuing` makes it. */
static void make_second(void)
{
	char digits[ISSUER_DIGITS_SIZE], name[64];
	struct certificate_fields f = {.profile = PROFILE_ISSUING, .organisation = "Fixture Authority", .common_name = name,
				       .serial = {0x11, [19] = 2}};
	assert_ok(key_generate(KEY_P256, &second.key));
	assert_ok(issuer_digits(second.key, digits));
	snprintf(name, sizeof name, "Fixture Issuing %s", digits);
	certificate_life(profile_get(PROFILE_ISSUING), root.certificate, NOW, &f);
	assert_ok(authority_certify(&root, &f, second.key, NULL, &second.certificate, NULL));
}

static void put(X509 *x, const char *path)
{
	struct buf der = BUF_INIT(16384), pem = BUF_INIT(16384);
	assert_ok(certificate_encode(x, &der, NULL));
	assert_ok(certificate_der_to_pem(der.data, der.len, &pem));
	assert_ok(file_publish(path, pem.data, pem.len, 0644, NULL));
	buf_free(&der);
	buf_free(&pem);
}

static void put_other(X509 *x, const char *before)
{
	char path[256], id[ISSUER_ID_SIZE];
	assert_ok(issuer_id(X509_get0_pubkey(x), id));
	snprintf(path, sizeof path, "%s/%s%s.pem", others, before, id);
	put(x, path);
}

static int setup(void **state)
{
	(void)state;
	assert_ok(authority_make_root(&fixture_names, NOW, &root, NULL));
	assert_ok(authority_make_issuing(&fixture_names, &root, NOW, &first, NULL));
	make_second();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	authority_clear(&root);
	authority_clear(&first);
	authority_clear(&second);
	return 0;
}

static int begin(void **state)
{
	(void)state;
	snprintf(folder, sizeof folder, "/tmp/issuers-test-XXXXXX");
	assert_non_null(mkdtemp(folder));
	snprintf(present, sizeof present, "%s/issuing.pem", folder);
	snprintf(others, sizeof others, "%s/others", folder);
	snprintf(keys, sizeof keys, "%s/keys", folder);
	settings = (struct settings){.ca_issuing = present, .ca_others = others, .keys_others = keys, .key_issuing = "first.key"};
	put(first.certificate, present);
	return 0;
}

static int end(void **state)
{
	(void)state;
	return remove_tree(folder);
}

static void without_a_folder_there_is_the_present_one(void **state)
{
	(void)state;
	struct issuers all;
	assert_ok(issuers_load(&settings, &all, NULL));
	assert_int_equal(all.count, 1);
	assert_string_equal(all.at[0].label, "issuing");
	assert_int_equal(all.at[0].standing, ISSUER_PRESENT);
	assert_null(issuers_next(&all));
	issuers_clear(&all);
}

static void each_is_found_by_what_it_is(void **state)
{
	(void)state;
	struct issuers all;
	EVP_PKEY *key = NULL;
	struct buf der = BUF_INIT(16384);
	assert_int_equal(mkdir(others, 0755), 0);
	put_other(second.certificate, "next-");
	assert_ok(issuers_load(&settings, &all, NULL));
	assert_int_equal(all.count, 2);
	assert_ptr_equal(issuers_next(&all), &all.at[1]);
	assert_ptr_equal(issuers_named(&all, all.at[1].name), &all.at[1]);
	assert_ptr_equal(issuers_called(&all, all.at[1].label), &all.at[1]);
	assert_null(issuers_called(&all, "issuing-"));
	assert_ok(key_generate(KEY_P256, &key));
	issue_der(&second, PROFILE_CLIENT, key, &der);
	X509 *leaf = der_to_x509(der.data, der.len);
	assert_ptr_equal(issuers_of(&all, leaf), &all.at[1]);
	assert_null(issuers_of(&all, second.certificate));
	X509_free(leaf);
	EVP_PKEY_free(key);
	buf_free(&der);
	issuers_clear(&all);
}

/* In the middle of a change the same certificate stands in two places: what ca.issuing says counts. */
static void the_present_one_is_not_counted_twice(void **state)
{
	(void)state;
	struct issuers all;
	assert_int_equal(mkdir(others, 0755), 0);
	put_other(first.certificate, "");
	put_other(second.certificate, "next-");
	assert_ok(issuers_load(&settings, &all, NULL));
	assert_int_equal(all.count, 2);
	issuers_clear(&all);
	put(second.certificate, present);
	assert_ok(issuers_load(&settings, &all, NULL));
	assert_int_equal(all.count, 2);
	assert_null(issuers_next(&all));
	assert_int_equal(all.at[1].standing, ISSUER_RETIRED);
	assert_string_equal(all.at[1].label, "issuing");
	issuers_clear(&all);
}

static void what_is_no_ca_s_file_is_refused(void **state)
{
	(void)state;
	struct issuers all;
	struct authority twin = {0};
	char path[256];
	assert_int_equal(mkdir(others, 0755), 0);
	snprintf(path, sizeof path, "%s/README.txt", others); /* no name of ours: passed over */
	assert_ok(file_publish(path, "x", 1, 0644, NULL));
	assert_ok(issuers_load(&settings, &all, NULL));
	issuers_clear(&all);
	snprintf(path, sizeof path, "%s/0123456789abcdef.pem", others);
	assert_ok(file_publish(path, "x", 1, 0644, NULL));
	assert_true(issuers_load(&settings, &all, NULL) != ERR_OK);
	put(root.certificate, path); /* it would be called as the first one is */
	assert_int_equal(issuers_load(&settings, &all, NULL), ERR_INVALID);
	assert_ok(authority_make_issuing(&fixture_names, &root, NOW, &twin, NULL));
	put(twin.certificate, path);
	assert_int_equal(issuers_load(&settings, &all, NULL), ERR_INVALID);
	put(second.certificate, path);
	assert_ok(issuers_load(&settings, &all, NULL));
	issuers_clear(&all);
	assert_int_equal(chmod(path, 0664), 0);
	assert_int_equal(issuers_load(&settings, &all, NULL), ERR_REFUSED);
	authority_clear(&twin);
}

static void a_folder_that_others_may_write_is_refused(void **state)
{
	(void)state;
	struct issuers all;
	char elsewhere[128];
	assert_int_equal(mkdir(others, 0755), 0);
	assert_int_equal(chmod(others, 0775), 0);
	assert_int_equal(issuers_load(&settings, &all, NULL), ERR_USAGE);
	assert_int_equal(rmdir(others), 0);
	snprintf(elsewhere, sizeof elsewhere, "%s/elsewhere", folder);
	assert_int_equal(mkdir(elsewhere, 0755), 0);
	assert_int_equal(symlink(elsewhere, others), 0);
	assert_int_equal(issuers_load(&settings, &all, NULL), ERR_USAGE);
}

static void one_next_and_so_many_retired_are_the_most(void **state)
{
	(void)state;
	struct issuer_files *files = calloc(1, sizeof *files);
	char path[256];
	assert_int_equal(mkdir(others, 0755), 0);
	for (int i = 0; i < ISSUERS_RETIRED_MOST + 1; i++) {
		snprintf(path, sizeof path, "%s/%s%016x.pem", others, i ? "" : "next-", i);
		assert_ok(file_publish(path, "x", 1, 0644, NULL));
	}
	assert_ok(issuer_certificates(&settings, files, NULL));
	assert_int_equal(files->count, ISSUERS_RETIRED_MOST + 1);
	snprintf(path, sizeof path, "%s/%016x.pem", others, 99);
	assert_ok(file_publish(path, "x", 1, 0644, NULL));
	assert_int_equal(issuer_certificates(&settings, files, NULL), ERR_USAGE);
	assert_int_equal(unlink(path), 0);
	snprintf(path, sizeof path, "%s/%016x.pem", others, 1);
	assert_int_equal(unlink(path), 0);
	snprintf(path, sizeof path, "%s/next-%016x.pem", others, 99);
	assert_ok(file_publish(path, "x", 1, 0644, NULL));
	assert_int_equal(issuer_certificates(&settings, files, NULL), ERR_USAGE);
	free(files);
}

static void a_key_is_the_file_with_its_name_or_the_first_one_s(void **state)
{
	(void)state;
	char path[4096], wanted[256];
	assert_ok(issuer_key_path(&settings, "0123456789abcdef", path));
	assert_string_equal(path, "first.key");
	assert_int_equal(mkdir(keys, 0700), 0);
	snprintf(wanted, sizeof wanted, "%s/0123456789abcdef.key", keys);
	assert_ok(file_publish(wanted, "x", 1, 0600, NULL));
	assert_ok(issuer_key_path(&settings, "0123456789abcdef", path));
	assert_string_equal(path, wanted);
}

/* ---- revoked by the root ---- */

static struct chain_trust *trust_of_all(void)
{
	struct buf der = BUF_INIT(16384), pem = BUF_INIT(65536);
	X509 *const cas[] = {root.certificate, first.certificate, second.certificate};
	struct chain_trust *t = NULL;
	for (size_t i = 0; i < COUNT(cas); i++) {
		buf_clear(&der);
		assert_ok(certificate_encode(cas[i], &der, NULL));
		assert_ok(certificate_der_to_pem(der.data, der.len, &pem));
	}
	assert_ok(chain_trust_new(pem.data, pem.len, &t, NULL));
	buf_free(&der);
	buf_free(&pem);
	return t;
}

static enum err verdict(const struct chain_trust *t, const struct authority *issuer, bool with_issuer)
{
	struct buf der = BUF_INIT(16384), above = BUF_INIT(16384);
	EVP_PKEY *key = NULL;
	assert_ok(key_generate(KEY_P256, &key));
	issue_der(issuer, PROFILE_CLIENT, key, &der);
	assert_ok(certificate_encode(issuer->certificate, &above, NULL));
	const struct der_view views[] = {{der.data, der.len}, {above.data, above.len}};
	enum err rc = chain_verify(t, views, with_issuer ? 2 : 1, CHAIN_CLIENT, NOW, NULL);
	EVP_PKEY_free(key);
	buf_free(&der);
	buf_free(&above);
	return rc;
}

static void by_the_root_s_list_its_cas_are_trusted_or_not(void **state)
{
	(void)state;
	struct chain_trust *t = trust_of_all();
	struct crl_entry entry = {.revoked_at = NOW - 5, .reason = REASON_CA_COMPROMISE};
	const struct crl_head head = {.number = 1, .this_update = NOW, .next_update = NOW + DAY};
	struct buf none = BUF_INIT(4096), list = BUF_INIT(4096), foreign = BUF_INIT(4096);
	assert_ok(certificate_serial(first.certificate, entry.serial));
	assert_ok(crl_make(&head, NULL, 0, root.certificate, root.key, &none, NULL));
	assert_ok(crl_make(&head, &entry, 1, root.certificate, root.key, &list, NULL));
	assert_ok(crl_make(&head, &entry, 1, second.certificate, second.key, &foreign, NULL));
	assert_ok(chain_trust_list(t, none.data, none.len, NULL));
	assert_ok(verdict(t, &first, false));
	assert_int_equal(chain_trust_list(t, foreign.data, foreign.len, NULL), ERR_REFUSED);
	assert_int_equal(chain_trust_list(t, list.data, list.len - 1, NULL), ERR_REFUSED);
	assert_ok(verdict(t, &first, true));
	assert_ok(chain_trust_list(t, list.data, list.len, NULL));
	assert_int_equal(verdict(t, &first, false), ERR_REFUSED);
	assert_int_equal(verdict(t, &first, true), ERR_REFUSED);
	assert_ok(verdict(t, &second, true));
	chain_trust_free(t);
	buf_free(&none);
	buf_free(&list);
	buf_free(&foreign);
}

#define in_folder(f) cmocka_unit_test_setup_teardown(f, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_folder(without_a_folder_there_is_the_present_one),
		in_folder(each_is_found_by_what_it_is),
		in_folder(the_present_one_is_not_counted_twice),
		in_folder(what_is_no_ca_s_file_is_refused),
		in_folder(a_folder_that_others_may_write_is_refused),
		in_folder(one_next_and_so_many_retired_are_the_most),
		in_folder(a_key_is_the_file_with_its_name_or_the_first_one_s),
		cmocka_unit_test(by_the_root_s_list_its_cas_are_trusted_or_not),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}

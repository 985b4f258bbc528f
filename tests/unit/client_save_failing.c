/* A PKCS#12 opened and written anew, while memory and the library below fail at each call in turn. */
#include "client/include/counterfoil.h"
#include "tests/support/failing.h"
#include "tests/support/pkcs12_maker.h"
#include "tests/support/test.h"

#include "base/file.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CAP = 1 << 16, SAMPLE = 60 };

static const char password[] = "7K3M-Q2X5-A4BC-D6EF-GH7J-KM9N";
static struct buf file = {.cap = CAP};
static counterfoil_identity *identity;
static char folder[] = "/tmp/client-save-failing-XXXXXX", path[64];

static enum err open_with(const char *with)
{
	counterfoil_identity *made = NULL;
	counterfoil_error error;
	counterfoil_code code = counterfoil_identity_from_memory((counterfoil_bytes){file.data, file.len},
								 (counterfoil_bytes){with, strlen(with)}, &made, &error);
	bool whole = made && counterfoil_identity_certificate(made, 1).data &&
		     strcmp(counterfoil_identity_fact(made, COUNTERFOIL_FACT_COMMON_NAME), "e-banking") == 0;
	counterfoil_identity_free(made);
	if (code ? made != NULL || !error.text[0] : !whole)
		return ERR_INTERNAL;
	return code ? ERR_REFUSED : ERR_OK;
}

static enum err open_right(void)
{
	return open_with(password);
}

static enum err open_wrong(void)
{
	return open_with("wrong");
}

/* Sealing would be 100,000 rounds, each with allocations of its own. */
static enum err save(void)
{
	const counterfoil_save_options options = {.size = sizeof options, .encoding = COUNTERFOIL_ENCODING_PEM_OPEN};
	return counterfoil_identity_save(identity, path, &options, NULL) ? ERR_REFUSED : ERR_OK;
}

static void opened_or_refused(enum err rc, bool failed)
{
	failing_require(rc == ERR_OK || (failed && rc == ERR_REFUSED));
}

static void never_opened(enum err rc, bool failed)
{
	(void)failed;
	failing_require(rc == ERR_REFUSED);
}

/* Said to be written, it is there to its last line; refused, it is whole or absent. */
static void written_or_absent(enum err rc, bool failed)
{
	static const char end_of_key[] = "-----END PRIVATE KEY-----\n";
	struct buf text = BUF_INIT(CAP);
	enum err e = file_read(path, &text, NULL);
	const char *last = e ? NULL : strstr(buf_string(&text), end_of_key);
	bool whole = last && strlen(last) == sizeof end_of_key - 1;
	buf_free(&text);
	unlink(path);
	failing_require(rc == ERR_OK ? whole : failed && (e == ERR_NOT_FOUND || whole));
}

static void whatever_fails_a_file_opens_whole_or_not_at_all(void **state)
{
	(void)state;
	failing_each(&(struct failing_work){.name = "open", .act = open_right, .after = opened_or_refused, .without_sqlite = true}, SAMPLE);
	failing_each(&(struct failing_work){.name = "wrong password", .act = open_wrong, .after = never_opened, .without_sqlite = true}, SAMPLE);
}

static void whatever_fails_a_file_is_written_whole_or_not_at_all(void **state)
{
	(void)state;
	failing_each(&(struct failing_work){.name = "save", .act = save, .after = written_or_absent, .without_sqlite = true}, SAMPLE / 3);
}

static int begin(void **state)
{
	(void)state;
	struct pair ca = pair_make(&(struct wanted){.common_name = "Test CA", .ca = true});
	struct pair subject = pair_make(&(struct wanted){.common_name = "e-banking", .issuer = &ca});
	X509 *chain[] = {ca.certificate};
	package_write(&(struct package){.subject = &subject, .password = password, .chain = chain, .chain_count = 1}, &file);
	assert_int_equal(counterfoil_identity_from_memory((counterfoil_bytes){file.data, file.len},
							  (counterfoil_bytes){password, sizeof password - 1}, &identity, NULL), COUNTERFOIL_OK);
	snprintf(path, sizeof path, "%s/new", mkdtemp(folder));
	pair_free(&subject);
	pair_free(&ca);
	return 0;
}

static int end(void **state)
{
	(void)state;
	counterfoil_identity_free(identity);
	buf_free(&file);
	return rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whatever_fails_a_file_opens_whole_or_not_at_all),
		cmocka_unit_test(whatever_fails_a_file_is_written_whole_or_not_at_all),
	};
	return cmocka_run_group_tests(tests, begin, end);
}

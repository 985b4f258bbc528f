/* An identity out of PEM, while memory and the library below fail at each call in turn. */
#include "client/include/counterfoil.h"
#include "tests/support/failing.h"
#include "tests/support/pem_maker.h"
#include "tests/support/test.h"

#include <string.h>
#include <unistd.h>

enum { SAMPLE = 60 };

static const char password[] = "7K3M-Q2X5-A4BC-D6EF-GH7J-KM9N";
static struct buf text = {.cap = 1 << 16}, key = {.cap = 1 << 16};
static int ends[2];

static enum err load(const char *with)
{
	const counterfoil_identity_options options = {
		.size = sizeof options, .file = {.data = {text.data, text.len}}, .key = {.data = {key.data, key.len}},
		.password_fd = with ? NULL : &ends[0], .password = {.data = {with, with ? strlen(with) : 0}}};
	counterfoil_identity *made = NULL;
	counterfoil_error error;
	counterfoil_code code = counterfoil_identity_load(&options, &made, &error);
	bool whole = made && counterfoil_identity_certificate(made, 1).data &&
		     strcmp(counterfoil_identity_fact(made, COUNTERFOIL_FACT_COMMON_NAME), "e-banking") == 0;
	counterfoil_identity_free(made);
	if (code ? made != NULL || !error.text[0] || error.code != code : !whole)
		return ERR_INTERNAL;
	return code ? ERR_REFUSED : ERR_OK;
}

static void fill(void)
{
	char line[64];
	memcpy(line, password, sizeof password - 1);
	line[sizeof password - 1] = '\n';
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(write(ends[1], line, sizeof password), sizeof password);
}

static enum err load_right(void)
{
	return load(NULL);
}

static enum err load_wrong(void)
{
	return load("wrong");
}

static void loaded_or_refused(enum err rc, bool failed)
{
	close(ends[0]);
	close(ends[1]);
	failing_require(rc == ERR_OK || (failed && rc == ERR_REFUSED));
}

static void never_loaded(enum err rc, bool failed)
{
	(void)failed;
	failing_require(rc == ERR_REFUSED);
}

static void whatever_fails_pem_is_read_whole_or_not_at_all(void **state)
{
	(void)state;
	failing_each(&(struct failing_work){.name = "load", .before = fill, .act = load_right, .after = loaded_or_refused,
					    .without_sqlite = true},
		     SAMPLE);
	failing_each(&(struct failing_work){.name = "wrong password", .act = load_wrong, .after = never_loaded, .without_sqlite = true},
		     SAMPLE);
}

int main(void)
{
	struct pair ca = pair_make(&(struct wanted){.common_name = "CA", .ca = true});
	struct pair subject = pair_make(&(struct wanted){.common_name = "e-banking", .issuer = &ca});
	pem_add_certificate(&text, subject.certificate);
	pem_add_certificate(&text, ca.certificate);
	pem_add_key(&key, subject.key, PEM_PKCS8_SEALED, password);
	const struct CMUnitTest tests[] = {cmocka_unit_test(whatever_fails_pem_is_read_whole_or_not_at_all)};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	pair_free(&subject);
	pair_free(&ca);
	buf_free(&text);
	buf_free(&key);
	return failed;
}

/* A swap, while memory and OpenSSL fail at each call in turn: another identity comes whole or not at all, one that is no good
 * never, and nothing is left behind. */
#include "tests/support/failing.h"
#include "tests/support/identity_stage.h"
#include "tests/support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SAMPLE = 60, FILE_MOST = 1 << 16 };

static counterfoil_client *client;
static char folder[] = "/tmp/client-swap-failing-XXXXXX", good[64], foreign[64], password_file[64];
static const char *file; /* of this piece of work */

static void make_client(void)
{
	client = stage_client_named("one");
}

static enum err outcome_of(counterfoil_code code, const counterfoil_error *error)
{
	if (error->code != code || (code && !error->text[0]))
		return ERR_INTERNAL;
	return code ? ERR_REFUSED : ERR_OK;
}

static enum err reload(void)
{
	counterfoil_error error;
	const counterfoil_bytes password = {stage_password, strlen(stage_password)};
	return outcome_of(counterfoil_client_reload(client, file, password, &error), &error);
}

static enum err watch(void)
{
	counterfoil_error error;
	const counterfoil_watch_options options = {.size = sizeof options, .path = file, .password_path = password_file};
	counterfoil_code code = counterfoil_client_watch(client, &options, &error);
	if (!code)
		code = counterfoil_client_check(client, &error);
	return outcome_of(code, &error);
}

static bool uses(const char *name)
{
	counterfoil_identity *in_use = counterfoil_client_identity(client);
	bool so = strcmp(counterfoil_identity_fact(in_use, COUNTERFOIL_FACT_COMMON_NAME), name) == 0;
	counterfoil_identity_free(in_use);
	return so;
}

static void whole_or_not_at_all(enum err rc, bool failed)
{
	failing_require(rc == ERR_OK || (failed && rc == ERR_REFUSED));
	failing_require(uses(rc == ERR_OK ? "two" : "one"));
	counterfoil_client_free(client);
}

static void never(enum err rc, bool failed)
{
	(void)failed;
	failing_require(rc == ERR_REFUSED && uses("one"));
	counterfoil_client_free(client);
}

static void whatever_fails_an_identity_comes_whole_or_not_at_all(void **state)
{
	(void)state;
	const struct {
		const char *file;
		struct failing_work work;
	} works[] = {
		{good, {.name = "reload", .act = reload, .after = whole_or_not_at_all}},
		{foreign, {.name = "reload, signed by another", .act = reload, .after = never}},
		{good, {.name = "watch", .act = watch, .after = whole_or_not_at_all}},
		{foreign, {.name = "watch, signed by another", .act = watch, .after = never}},
	};
	for (size_t i = 0; i < sizeof works / sizeof *works; i++) {
		struct failing_work work = works[i].work;
		file = works[i].file;
		work.before = make_client;
		work.without_sqlite = true;
		failing_each(&work, SAMPLE);
	}
}

static void put(const char *path, const void *bytes, size_t len)
{
	FILE *f = fopen(path, "w");
	assert_non_null(f);
	assert_int_equal(fwrite(bytes, 1, len, f), len);
	assert_int_equal(fclose(f), 0);
}

static int begin(void **state)
{
	const struct {
		char *path;
		const struct pair *chain_of;
	} files[] = {{good, &stage_ca}, {foreign, &stage_twin_ca}};
	if (identity_stage_setup(state) || !mkdtemp(folder))
		return -1;
	snprintf(good, sizeof good, "%s/good.p12", folder);
	snprintf(foreign, sizeof foreign, "%s/foreign.p12", folder);
	snprintf(password_file, sizeof password_file, "%s/password", folder);
	put(password_file, stage_password, strlen(stage_password));
	for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
		struct buf der = BUF_INIT(FILE_MOST);
		stage_file(&(struct wanted){.common_name = "two", .issuer = &stage_ca, .extended = "clientAuth"}, files[i].chain_of, &der);
		put(files[i].path, der.data, der.len);
		buf_free(&der);
	}
	return 0;
}

static int end(void **state)
{
	unlink(good);
	unlink(foreign);
	unlink(password_file);
	rmdir(folder);
	return identity_stage_teardown(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whatever_fails_an_identity_comes_whole_or_not_at_all),
	};
	return cmocka_run_group_tests(tests, begin, end);
}

/* Each allocation fails in turn while JSON is read: a value comes out whole or not at all, and never a wrong reason. */
#include "client/json_read.h"
#include "tests/support/failing.h"
#include "tests/support/test.h"

#include <string.h>

enum { SAMPLE = 200 };

static const char good[] = "{\"a\":[1,2.5,\"text \\u00e6\",{\"b\":null}],\"c\":{\"d\":true}}";
static const char bad[] = "{\"a\":[1,2.5,\"text\",{\"b\":null}],\"c\":{\"d\":tru}}";
static json_t *value;

static enum err read_text(const char *text)
{
	int line;
	counterfoil_code code = json_read((counterfoil_bytes){text, strlen(text)}, &value, &line);
	return code == COUNTERFOIL_OK ? ERR_OK : code == COUNTERFOIL_OUT_OF_MEMORY ? ERR_MEMORY : ERR_MALFORMED;
}

static enum err read_good(void)
{
	return read_text(good);
}

static enum err read_bad(void)
{
	return read_text(bad);
}

static void whole_or_nothing(enum err rc, bool failed)
{
	json_t *again = json_loads(good, 0, NULL);
	failing_require(rc == ERR_OK ? json_equal(value, again) : failed && rc == ERR_MEMORY && !value);
	json_decref(again);
	json_decref(value);
}

static void never(enum err rc, bool failed)
{
	failing_require(!value && (rc == ERR_MALFORMED || (failed && rc == ERR_MEMORY)));
}

static void a_value_comes_whole_or_not_at_all(void **state)
{
	(void)state;
	failing_each(&(struct failing_work){.name = "JSON", .act = read_good, .after = whole_or_nothing, .without_sqlite = true,
					    .without_openssl = true},
		     SAMPLE);
	failing_each(&(struct failing_work){.name = "broken JSON", .act = read_bad, .after = never, .without_sqlite = true,
					    .without_openssl = true},
		     SAMPLE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(a_value_comes_whole_or_not_at_all)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* An order as staff sends it, on a real database: it is there whole, and reads back as what the signer approved, or there
 * is none, and the answer says why. */
#include "tests/support/test.h"

#include "issuer/http/route.h"
#include "issuer/order/row.h"
#include "tests/fuzz/target.h"
#include "tests/support/order_bench.h"

static int64_t counted(const char *what)
{
	return bench_integer("SELECT COUNT(*) FROM %s", what);
}

static void end(void)
{
	HOLDS(bench_end(NULL) == 0);
	fake_signer_end();
}

static void whole(const char *id)
{
	static struct order_row row;
	struct order_facts f;
	struct errbuf why = {0};
	HOLDS(row_by_id(&bench.desk, id, &row) == ERR_OK && row.state == ORDER_OFFERED);
	HOLDS(facts_read(row.facts, row.facts_len, &f, &why) == ERR_OK);
	HOLDS(strcmp(f.organisation_slug, "sparebank") == 0 && strcmp(f.email, "kari@example.org") == 0);
	HOLDS(bench_messages(id, "link", "waiting") == 1 && bench_messages(id, "code", "waiting") == 1);
	/* Each of them as good as the first: no caps for a recipient with many orders. */
	bench_sql("DELETE FROM message WHERE order_id = %Q; DELETE FROM code WHERE order_id = %Q", id, id);
}

static void order(json_t *body, int64_t orders, int64_t messages)
{
	char id[ID_SIZE] = "";
	struct faults faults = {0};
	struct errbuf why = {0};
	enum err rc = order_new(&bench.desk, &bench_staff, body, id, &faults, &why);
	HOLDS(counted("orders") == orders + (rc == ERR_OK));
	HOLDS(counted("message") == messages + (rc == ERR_OK ? 2 : 0));
	HOLDS(rc == ERR_OK || rc == ERR_INVALID || rc == ERR_MALFORMED);
	if (rc == ERR_OK)
		whole(id);
	else
		HOLDS(why.text[0]);
	HOLDS(rc != ERR_INVALID || json_array_size(faults.list) > 0);
	faults_clear(&faults);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static bool begun;
	struct buf bytes = {.data = (uint8_t *)(uintptr_t)data, .len = size, .cap = size};
	struct request q = {.body = &bytes, .content_type = "application/json"};
	struct errbuf why = {0};
	json_t *body = NULL;
	if (!begun && bench_begin(NULL) == 0)
		begun = atexit(end) == 0;
	if (request_json(&q, &body, &why) == ERR_OK)
		order(body, counted("orders"), counted("message"));
	else
		HOLDS(why.text[0] && !body);
	json_decref(body);
	return 0;
}

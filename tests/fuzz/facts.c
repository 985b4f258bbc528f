#include "issuer/order/facts.h"
#include "tests/fuzz/target.h"

#include <string.h>

typedef enum err reads(const char *json, size_t len, struct order_facts *out, struct errbuf *why);
typedef enum err writes(const struct order_facts *f, struct buf *out);

static bool round_trip(const uint8_t *data, size_t size, reads *read, writes *write)
{
	struct order_facts f, again;
	struct errbuf why = {0};
	struct buf out = BUF_INIT(FACTS_MAX_BYTES);
	if (read((const char *)data, size, &f, &why) != ERR_OK) {
		HOLDS(why.text[0]);
		return false;
	}
	HOLDS(write(&f, &out) == ERR_OK);
	HOLDS(out.len == size && memcmp(out.data, data, size) == 0);
	HOLDS(read((const char *)out.data, out.len, &again, &why) == ERR_OK);
	HOLDS(!facts_differ(&f, &again) && strcmp(f.approved_by, again.approved_by) == 0);
	buf_free(&out);
	return true;
}

/* What nobody has approved yet is never read as something approved, nor the other way. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	bool approved = round_trip(data, size, facts_read, facts_write);
	bool requested = round_trip(data, size, facts_read_request, facts_write_request);
	HOLDS(!approved || !requested);
	return 0;
}

#include "issuer/order/facts.h"
#include "tests/fuzz/target.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct order_facts f, again;
	struct errbuf why = {0};
	struct buf out = BUF_INIT(FACTS_MAX_BYTES);
	if (facts_read((const char *)data, size, &f, &why) != ERR_OK) {
		HOLDS(why.text[0]);
		return 0;
	}
	HOLDS(facts_write(&f, &out) == ERR_OK);
	HOLDS(facts_read((const char *)out.data, out.len, &again, &why) == ERR_OK);
	HOLDS(strcmp(f.mobile, again.mobile) == 0 && strcmp(f.client_name, again.client_name) == 0);
	buf_free(&out);
	return 0;
}

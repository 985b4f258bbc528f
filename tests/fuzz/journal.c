#include "issuer/signer/journal_line.h"
#include "tests/fuzz/target.h"

#include <string.h>

/* What is read is written again to the very same bytes, and no other place in the chain takes it. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct journal_line l;
	struct buf out = BUF_INIT(JOURNAL_LINE_MAX);
	if (journal_line_read(data, size, journal_check_none, &l) != ERR_OK)
		return 0;
	HOLDS(journal_line_write(&l, journal_check_none, &out) == ERR_OK);
	HOLDS(out.len == size + 1 && memcmp(out.data, data, size) == 0);
	HOLDS(journal_line_read(data, size, "1000000000000000", &l) == ERR_CORRUPT);
	buf_free(&out);
	return 0;
}

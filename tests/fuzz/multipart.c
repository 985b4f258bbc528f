/* A form with a file: the first line is its Content-Type, the rest its body. */
#include "issuer/http/multipart.h"
#include "tests/fuzz/target.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *end = memchr(data, '\n', size);
	struct multipart_part part;
	char type[256];
	if (!end || (size_t)(end - data) >= sizeof type)
		return 0;
	memcpy(type, data, (size_t)(end - data));
	type[end - data] = '\0';
	enum err rc = multipart_find(type, end + 1, (size_t)(data + size - end - 1), "request", &part);
	HOLDS(rc == ERR_OK || rc == ERR_NOT_FOUND || rc == ERR_MALFORMED);
	HOLDS(rc == ERR_OK || (!part.bytes && part.len == 0));
	HOLDS(rc != ERR_OK || (part.bytes > end && part.bytes + part.len <= data + size));
	return 0;
}

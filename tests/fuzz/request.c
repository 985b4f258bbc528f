/* A certificate request from outside, in DER or PEM. */
#include "ca/request.h"
#include "tests/fuzz/target.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct certificate_request r = {.key = NULL};
	struct errbuf why = {0};
	struct buf der = BUF_INIT(REQUEST_MAX_BYTES);
	if (request_read(data, size, &r, &why) == ERR_OK)
		HOLDS(r.key && size <= REQUEST_MAX_BYTES && key_own_check(r.key, &key_own_any, NULL) == ERR_OK);
	else
		HOLDS(!r.key && why.text[0]);
	request_clear(&r);
	if (request_to_der(data, size, &der, &why) == ERR_OK) {
		HOLDS(der.len > 0 && der.len <= size);
		if (request_read(der.data, der.len, &r, &why) == ERR_OK)
			request_clear(&r);
	}
	buf_free(&der);
	return 0;
}

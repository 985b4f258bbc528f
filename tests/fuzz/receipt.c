/* A delivery receipt: the first byte chooses the gateway, and whether it is a form or JSON. */
#include "issuer/http/receipt_read.h"
#include "tests/fuzz/target.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const channels[] = {"twilio", "vonage", "infobip", "webhook"};
	static const char *const types[] = {"application/x-www-form-urlencoded", "application/json; charset=utf-8"};
	struct receipt r;
	if (size < 1)
		return 0;
	enum err rc = receipt_read(channels[data[0] % 4], types[data[0] / 4 % 2], data + 1, size - 1, &r);
	size_t len = strnlen(r.code, sizeof r.code);
	HOLDS(rc == ERR_OK || rc == ERR_MALFORMED);
	HOLDS(len < sizeof r.code && strspn(r.code, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.") == len);
	HOLDS(rc == ERR_OK || (r.fate == RECEIPT_UNDERWAY && len == 0));
	return 0;
}

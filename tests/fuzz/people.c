/* What people type: codes, names, slugs, addresses, numbers. */
#include "ca/name.h"
#include "delivery/address.h"
#include "delivery/code.h"
#include "tests/fuzz/target.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	struct secret *code = NULL;
	struct errbuf why = {0};
	uint8_t hash[32];
	if (code_canonical(text, size, &code) == ERR_OK)
		HOLDS(secret_len(code) == CODE_LENGTH);
	secret_free(code);
	if (name_check(text, size, &why) == ERR_OK)
		HOLDS(size > 0 && size < NAME_SIZE && !memchr(text, 0, size) && !memchr(text, '\n', size));
	if (slug_check(text, size, &why) == ERR_OK)
		HOLDS(size < SLUG_SIZE && !memchr(text, '/', size));
	if (mailbox_check(text, size, &why) == ERR_OK)
		HOLDS(size < MAILBOX_SIZE && !memchr(text, '\r', size) && !memchr(text, ',', size) && !memchr(text, ' ', size));
	if (mobile_check(text, size, &why) == ERR_OK)
		HOLDS(size >= 9 && size < MOBILE_SIZE && text[0] == '+');
	if (token_hash(text, size, hash) == ERR_OK)
		HOLDS(size == TOKEN_TEXT_SIZE - 1);
	return 0;
}

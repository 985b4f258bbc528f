#include "ca/crypto_why.h"

#include <openssl/err.h>

enum err crypto_why(struct errbuf *why, enum err e, const char *sentence)
{
	const char *reason = ERR_reason_error_string(ERR_peek_error());
	ERR_clear_error();
	return reason ? fail(why, e, "%s: %s", sentence, reason) : fail(why, e, "%s", sentence);
}

/* receipt_read: what a gateway's delivery receipt says. Pure; fuzzed. Read only after its address has shown that it
 * is one. */
#ifndef ISSUER_RECEIPT_READ_H
#define ISSUER_RECEIPT_READ_H

#include "base/err.h"

#include <stddef.h>

enum receipt_fate { RECEIPT_UNDERWAY, RECEIPT_DELIVERED, RECEIPT_FAILED };
enum { RECEIPT_CODE_SIZE = 33 };

struct receipt {
	enum receipt_fate fate;
	char code[RECEIPT_CODE_SIZE]; /* the gateway's reason, letters, digits, '_', '-' and '.'; "" when it gave none */
};

/* By the name of the channel: twilio sends forms, infobip and webhook JSON, vonage either, as content_type says.
 * ERR_MALFORMED: not what that gateway documents; ERR_NOT_FOUND: that channel has no receipts. */
enum err receipt_read(const char *channel, const char *content_type, const void *body, size_t len,
		      struct receipt *out) MUST_CHECK;

#endif

/* address: where messages may go. */
#ifndef DELIVERY_ADDRESS_H
#define DELIVERY_ADDRESS_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

enum { MAILBOX_SIZE = 255, MOBILE_SIZE = 17 };

/* One plain mailbox, local@domain: no display name, comment, quotes, list, white space, control or non-ASCII byte;
 * local part dot-atom up to 64 (RFC 5321 4.5.3.1), domain of LDH labels with at least one dot, the last not all digits,
 * or "localhost"; 254 in all. */
enum err mailbox_check(const char *text, size_t len, struct errbuf *why) MUST_CHECK;
/* E.164: '+', then 8 to 15 digits, the first not 0. Nothing else: no spaces, no hyphens. */
enum err mobile_check(const char *text, size_t len, struct errbuf *why) MUST_CHECK;
/* "+47 *** ** ***" for every Norwegian number: the first three characters, then always the same stars, so that neither
 * a digit more nor the length shows. For a number that mobile_check took. */
void mobile_mask(const char *mobile, char out[MOBILE_SIZE]);

/* The domain of a mailbox alone, by the rule above. */
bool domain_ok(const char *text, size_t len);

#endif

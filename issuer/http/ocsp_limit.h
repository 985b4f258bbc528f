/* ocsp_limit: how many answers may be signed for one address in a second. A small table of counters: addresses that fall
 * into one share it, which harms only while both are busy. An IPv6 host is its /64. One thread. */
#ifndef ISSUER_HTTP_OCSP_LIMIT_H
#define ISSUER_HTTP_OCSP_LIMIT_H

#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>

struct ocsp_limit;
/* most 0: no bound. */
enum err ocsp_limit_new(int64_t most, struct ocsp_limit **out) MUST_CHECK;
void ocsp_limit_free(struct ocsp_limit *l); /* NULL is fine */
/* One more for this address: may it? */
bool ocsp_limit_take(struct ocsp_limit *l, const char *address, int64_t now_ms);

#endif

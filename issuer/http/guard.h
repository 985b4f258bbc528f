/* guard: refuses every shape of a request that two parsers could read differently, before a byte of its body is read
 * and before the route table is asked (RFC 9112 section 6.3, 11.2). A refused request's connection is closed.
 *
 * Pure. What the HTTP library hides from it: bare LF as a line end, and folded lines. */
#ifndef ISSUER_HTTP_GUARD_H
#define ISSUER_HTTP_GUARD_H

#include "issuer/http/head.h"

/* Checks the head and splits it (head_split). ERR_MALFORMED (400) with the reason; ERR_METHOD (405) for an unknown
 * verb. */
enum err guard_check(struct head *h, struct errbuf *why) MUST_CHECK;

/* A POST that a browser sent for another site: Sec-Fetch-Site or Origin say so. `scheme` "https" with the Host is the
 * own origin. "Origin: null" passes only where Sec-Fetch-Site vouches or `null_is_ours` (pages under no-referrer send
 * it). */
enum err guard_origin(const struct head *h, const char *scheme, bool null_is_ours, struct errbuf *why) MUST_CHECK;

#endif

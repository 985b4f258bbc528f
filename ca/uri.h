/* uri: the addresses that stand in certificates. Private to ca/. */
#ifndef CA_URI_H
#define CA_URI_H

#include "base/err.h"

enum { URI_MAX = 511 };

/* A SPIFFE ID (SPIFFE-ID 2): spiffe://, a trust domain [a-z0-9.-_], at least one segment [a-zA-Z0-9.-_], none of them
 * "." or ".."; no query, fragment, port or user. ERR_INVALID. */
enum err uri_check_spiffe(const char *uri, struct errbuf *why) MUST_CHECK;
/* http://HOST..., only visible ASCII that RFC 3986 knows. https is refused: fetching a CRL would need a CRL (RFC 5280
 * 4.2.1.13 and 8). ERR_INVALID. */
enum err uri_check_http(const char *uri, struct errbuf *why) MUST_CHECK;

#endif

/* wire: was the head of a request written on the wire as it was read?
 *
 * libmicrohttpd 0.9.75 reads heads that others read differently, and shows nothing of it: a bare line feed ends a line, a
 * folded line is appended to the *name* of the field before it, a NUL cuts a target or a value, a field without a name ends
 * the head. It parses in place, though: the bytes lie where they came in, each delimiter overwritten with NUL. So the head
 * is walked once more, and whatever does not follow byte upon byte is refused. */
#ifndef ISSUER_HTTP_WIRE_H
#define ISSUER_HTTP_WIRE_H

#include "issuer/http/head.h"

/* h as the library gave it, its pointers into begin..begin + size. ERR_MALFORMED when the head is anything but
 * `METHOD SP TARGET SP VERSION CRLF`, fields `NAME ":" white-space VALUE CRLF`, and CRLF. */
enum err wire_check(const struct head *h, const char *begin, size_t size, struct errbuf *why) MUST_CHECK;

/* Is the library in use one that is known to leave its input so? Newer ones refuse such heads by themselves. */
bool wire_known(const char *library_version);

#endif

/* host: a server's name as it stands in a subjectAltName: a DNS name or an IP address. Private to ca/. */
#ifndef CA_HOST_H
#define CA_HOST_H

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

enum { HOST_COUNT_MAX = 16 };

struct host {
	int type; /* GEN_DNS or GEN_IPADD */
	size_t len;
	uint8_t bytes[254]; /* the name, without a NUL; or 4 or 16 octets in network order (RFC 5280 4.2.1.6) */
};

/* DNS names are lower-case letters, digits and hyphens in labels of 1 to 63, at most 253 in all; no wildcard, no dot at
 * the end, the last label not all digits. ERR_INVALID. */
enum err host_read(const char *text, struct host *out, struct errbuf *why) MUST_CHECK;

#endif

/* response: a server's answer while it arrives, and after. */
#ifndef CLIENT_RESPONSE_H
#define CLIENT_RESPONSE_H

#include "base/buf.h"
#include "client/outcome.h"

struct counterfoil_response {
	int status;
	struct buf headers; /* name NUL value NUL ... */
	struct buf body;
};

counterfoil_response *response_new(size_t header_cap, size_t body_cap); /* NULL: out of memory */

/* One line as it came, with its line end: a status line forgets what an interim answer (100) said, a line without a
 * colon is left out. The caps hold over all lines. */
enum err response_header_line(counterfoil_response *response, const char *line, size_t len) MUST_CHECK;
enum err response_body_bytes(counterfoil_response *response, const void *bytes, size_t len) MUST_CHECK;
/* All has come: the status, and a NUL behind the body. */
enum err response_end(counterfoil_response *response, int status) MUST_CHECK;

#endif

/* exchange: one request and its answer, as the HTTP library's callbacks. The context of all three is the listening.
 *
 * begin (request line) -> continue (head: guard, identity, route, role) -> continue... (body, capped) -> continue (run:
 * at once, or suspended on a worker) -> continue (answer) -> end (log). What is refused on its head is answered before
 * a byte of its body is read, and the connection closed if there is one. */
#ifndef ISSUER_HTTP_EXCHANGE_H
#define ISSUER_HTTP_EXCHANGE_H

#include "issuer/http/listen.h"

void *exchange_begin(void *listening, const char *target, struct MHD_Connection *mhd);
enum MHD_Result exchange_continue(void *listening, struct MHD_Connection *mhd, const char *url, const char *method,
				  const char *version, const char *upload, size_t *upload_size, void **exchange);
void exchange_end(void *listening, struct MHD_Connection *mhd, void **exchange, enum MHD_RequestTerminationCode how);

#endif

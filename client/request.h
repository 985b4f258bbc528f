/* request: what a caller wants of one call, made whole and found fit before anything else is done with it. */
#ifndef CLIENT_REQUEST_H
#define CLIENT_REQUEST_H

#include "client/outcome.h"

#include <stdbool.h>

enum { HEADER_NAME_MAX = 255 };

/* Copy *given, which may be the shorter struct of an earlier version, into *whole: what it lacks is zero. BAD_INPUT when a
 * member is out of its bounds; the URL is looked at by the transport. */
counterfoil_code request_take(const counterfoil_request *given, counterfoil_request *whole, counterfoil_error *error);

/* Let it refer to copies of its URL, method and header lines, of which the bytes returned consist: free() ends them. NULL:
 * out of memory, and nothing is changed. */
void *request_keep(counterfoil_request *request) MUST_CHECK;

/* It may be sent twice: by its method (RFC 9110, 9.2.2), by a key that the server knows it by, or by the caller's word. */
bool request_does_no_harm(const counterfoil_request *request);

/* A header of that name, in whatever case, is among the lines (may be NULL). */
bool request_names_header(const char *const *lines, const char *name);

#endif

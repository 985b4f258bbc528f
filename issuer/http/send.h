/* send: a reply as the HTTP library's response, with the headers that every answer carries. */
#ifndef ISSUER_HTTP_SEND_H
#define ISSUER_HTTP_SEND_H

#include "issuer/http/head.h"
#include "issuer/http/route.h"

#include <microhttpd.h>

struct sending {
	enum listener listener;
	const char *request_id;
	const struct head *head; /* for Range, If-Range, If-None-Match */
	bool close;              /* "Connection: close" */
};

/* What was prepared, which stays its lender's; or a response of the caller's. The reply's own body is rendered (JSON),
 * and borrowed by the response: it must outlive it. *status may become 206, 304 or 416. NULL when out of memory. */
struct MHD_Response *send_response(struct reply *r, const struct sending *s, unsigned *status);

/* A reply of the status listener, with body and status 200, as a response of its own that is good for any number of
 * requests: nothing of one of them stands in it. NULL when out of memory. MHD_destroy_response gives it up; who is
 * being sent it keeps it. */
struct MHD_Response *send_prepare(const struct reply *r);

#endif

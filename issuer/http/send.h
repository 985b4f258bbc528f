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

/* The reply's own body is rendered (JSON), and borrowed by the response: it must outlive it. *status may become 206,
 * 304 or 416. NULL when out of memory. */
struct MHD_Response *send_response(struct reply *r, const struct sending *s, unsigned *status);

#endif

/* request: from arguments to what is sent. Pure, but for the key that it draws. */
#ifndef CLIENT_COMMAND_REQUEST_H
#define CLIENT_COMMAND_REQUEST_H

#include "base/buf.h"
#include "client/command/arguments.h"

#include <jansson.h>

/* The path with its parameters, and the query: "/v1/orders?state=locked"; of a dry run the path of its preview. Parameters are percent-encoded but for
 * [A-Za-z0-9._~@+-] in the path (what the server's routes take) and [A-Za-z0-9._~-] in the query. */
enum err request_target(const struct arguments *given, struct buf *out, struct errbuf *why) MUST_CHECK;

/* The flag by which the verb's list goes on: "before" or "after". */
const char *request_cursor(const struct verb *verb);
/* The same of another page of a list: flag, in place of what was given, has the value cursor. */
enum err request_page(const struct arguments *given, const char *flag, const char *cursor, struct buf *out,
		      struct errbuf *why) MUST_CHECK;

/* The IN_BODY fields as a JSON object, a new reference; NULL in *out when the method carries none. */
enum err request_body(const struct arguments *given, json_t **out, struct errbuf *why) MUST_CHECK;

enum { HEADERS_MAX = 2, HEADER_SIZE = 192 };
struct request_headers {
	char text[HEADERS_MAX][HEADER_SIZE];
	const char *lines[HEADERS_MAX + 1]; /* into text, NULL-terminated: not to be copied apart from it */
};
/* The IN_HEADER fields as "name: value", and an Idempotency-Key of its own for a creation that was given none. ERR_USAGE for one that is too long or no header's value. */
enum err request_headers(const struct arguments *given, struct request_headers *out, struct errbuf *why) MUST_CHECK;

/* Whether what names an order is the serial number of its certificate: hexadecimal, with colons and blanks or without. */
bool request_is_serial(const char *value);
/* Append a serial number without colons and blanks. */
void request_add_serial(const char *value, struct buf *out);

/* Append text percent-encoded: letters, digits and the characters of `also` stay as they are. */
void request_encode(const char *text, const char *also, struct buf *out);

#endif

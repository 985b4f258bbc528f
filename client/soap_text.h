/* soap_text: the bytes of a message as UTF-8, and the bounds that a look at the text can hold. Pure, linear in time. */
#ifndef CLIENT_SOAP_TEXT_H
#define CLIENT_SOAP_TEXT_H

#include "base/buf.h"
#include "client/soap_flaw.h"

#include <stdbool.h>

/* Attributes and namespace declarations of one element. */
enum { SOAP_ATTRIBUTES_MAX = 256 };

/* Append the bytes as UTF-8 that holds neither a byte order mark nor NUL. The encoding is told by the byte order mark, else
 * by `charset` (the parameter of Content-Type; may be NULL), else by the XML declaration, else it is UTF-8: the order of
 * RFC 7303. SOAP_ENCODING for another one, and for bytes that are none of it. The declaration stays as it was. */
enum soap_flaw soap_text(counterfoil_bytes bytes, const char *charset, struct buf *out);

/* What libxml2 would bear, and the time it takes grow with the square: an element with very many attributes. And, before
 * it reads a word of it, what SOAP forbids: a DTD (all that entities come from) and processing instructions. */
enum soap_flaw soap_scan(const char *text, size_t len);

/* Nothing but white space of XML, or nothing at all. */
bool xml_is_blank(const char *text, size_t len);

/* How many bytes the XML declaration at the beginning takes; 0 when there is none. */
size_t soap_declaration(const char *text, size_t len);

#endif

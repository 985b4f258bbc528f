/* soap_xml: XML read as a stream of elements and text. The only part of the library that includes libxml2.
 *
 * No tree is made, so memory is bounded by the text, not by what it describes. No DTD is read, no entity but the five of
 * XML itself is known, nothing is fetched; depth, attributes, namespaces in scope and the length of names are bounded, so
 * that time is linear. Nothing of libxml2 that the host program sees is changed. */
#ifndef CLIENT_SOAP_XML_H
#define CLIENT_SOAP_XML_H

#include "client/soap_flaw.h"
#include "client/soap_text.h"

#include <stdbool.h>

enum { XML_DEPTH_MAX = 200, XML_SCOPE_MAX = 128 };

struct xml_name {
	const char *prefix; /* NULL for none */
	const char *local;
	const char *uri; /* NULL for none; an ampersand stands in it as "&#38;" */
};

struct xml_attribute {
	struct xml_name name;
	const char *value; /* no NUL behind it; an ampersand stands in it as "&#38;", all else as it is meant */
	size_t len;
};

/* What is declared at this place, outermost first. */
struct xml_scope {
	struct {
		const char *prefix; /* NULL: the default namespace */
		const char *uri;    /* "" takes the default away; an ampersand stands in it as "&#38;" */
		unsigned depth;     /* of the element that declares it */
	} bound[XML_SCOPE_MAX];
	size_t count;
};

struct xml_element {
	struct xml_name name;
	const struct xml_attribute *attributes;
	size_t attribute_count;
	const struct xml_scope *scope;
	size_t declared; /* so many of the scope's last are its own */
	unsigned depth;  /* 1 for the outermost */
};

/* What is lent lives until the function returns; strings of the scope, until their element has ended. Anything but
 * SOAP_SOUND ends the reading. */
struct xml_handler {
	enum soap_flaw (*start)(void *state, const struct xml_element *element);
	enum soap_flaw (*end)(void *state, const struct xml_name *name, unsigned depth, const struct xml_scope *scope);
	enum soap_flaw (*text)(void *state, const char *text, size_t len, unsigned depth); /* in pieces of any length */
};

/* The text is UTF-8 that soap_scan found sound, whatever encoding it declares. *line (may be NULL) is where the flaw was
 * seen. */
enum soap_flaw xml_read(const struct buf *text, const struct xml_handler *handler, void *state, long *line);

#endif

/* soap_write: elements and text as XML again, complete in themselves: a fragment taken out of an envelope declares the
 * namespaces that were in scope there. Pure; errors stick in the buffer. */
#ifndef CLIENT_SOAP_WRITE_H
#define CLIENT_SOAP_WRITE_H

#include "base/buf.h"
#include "client/soap_xml.h"

/* A start tag. `inherits`: it also declares what the elements around it declared, for what refers to a prefix in text or in
 * a value (xsi:type="xs:string") would be without meaning otherwise. */
void soap_write_start(struct buf *out, const struct xml_element *element, bool inherits);
void soap_write_end(struct buf *out, const struct xml_name *name);
void soap_write_text(struct buf *out, const char *text, size_t len);

#endif

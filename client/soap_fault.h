/* soap_fault: the inside of a Fault, of either version, into its parts. Pure. */
#ifndef CLIENT_SOAP_FAULT_H
#define CLIENT_SOAP_FAULT_H

#include "client/soap_read.h"

struct soap_fault {
	counterfoil_soap_version version;
	struct buf *parts; /* COUNTERFOIL_SOAP_PARTS of them, borrowed */
	unsigned top;      /* depth of Fault */
	uint8_t place[XML_DEPTH_MAX + 1]; /* what stands open at each depth */
	unsigned leaf;                    /* depth of the one whose text is being kept; 0 for none */
	struct buf text;
	char language[64]; /* of the reason that is being read */
	bool reason_is_english;
};

/* For every event at and below Fault. The caller frees `text`. */
void soap_fault_start(struct soap_fault *fault, const struct xml_element *element);
void soap_fault_end(struct soap_fault *fault, const struct xml_name *name, unsigned depth, const struct xml_scope *scope);
void soap_fault_text(struct soap_fault *fault, const char *text, size_t len, unsigned depth);

#endif

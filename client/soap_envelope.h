/* soap_envelope: what a call sends. Pure. */
#ifndef CLIENT_SOAP_ENVELOPE_H
#define CLIENT_SOAP_ENVELOPE_H

#include "client/soap_read.h"

enum { SOAP_ACTION_MAX = 2048, SOAP_HEADERS_MAX = 128, SOAP_LINE_SIZE = SOAP_ACTION_MAX + 80 };

struct soap_lines { /* the header lines of a call: ours first, then the caller's */
	char type[SOAP_LINE_SIZE], action[SOAP_LINE_SIZE];
	const char *lines[SOAP_HEADERS_MAX + 1];
};

/* The envelope into out, which is empty. COUNTERFOIL_BAD_INPUT names what is wrong with body or header. */
counterfoil_code soap_envelope(const counterfoil_soap_request *request, struct buf *out, counterfoil_error *error);

/* Content-Type, Accept, for 1.1 SOAPAction, and the caller's (may be NULL), which lines borrows. */
counterfoil_code soap_lines(const counterfoil_soap_request *request, const char *const *theirs, struct soap_lines *lines,
			    counterfoil_error *error);

#endif

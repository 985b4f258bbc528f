/* soap: a SOAP call in two halves, between which any call may go. */
#ifndef CLIENT_SOAP_H
#define CLIENT_SOAP_H

#include "client/soap_envelope.h"

/* What goes out: call refers to the other two, and to what the caller's request refers to. */
struct soap_sending {
	counterfoil_request call;
	struct soap_lines lines;
	struct buf envelope; /* buf_free ends it, whatever came of soap_begin */
};

counterfoil_code soap_begin(const counterfoil_soap_request *request, struct soap_sending *sending, counterfoil_error *error);

/* Made before anything is sent, so that what comes can be told. NULL: out of memory. */
counterfoil_soap_answer *soap_answer_new(void);
/* How the call ended, and the response, NULL or not, which is *answer's from now on; without one *answer is NULL afterwards.
 * How the SOAP call ended. */
counterfoil_code soap_end(counterfoil_soap_version version, counterfoil_code code, counterfoil_response *response,
			  counterfoil_soap_answer **answer, counterfoil_error *error);

#endif

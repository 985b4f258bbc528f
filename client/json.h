/* json: a JSON call in two halves, between which any call may go. */
#ifndef CLIENT_JSON_H
#define CLIENT_JSON_H

#include "client/outcome.h"

/* The call that goes out, with header lines of its own: free() ends *lines, NULL unless COUNTERFOIL_OK. */
counterfoil_code json_begin(const counterfoil_request *given, counterfoil_request *call, const char ***lines,
			    counterfoil_error *error);

/* Made before anything is sent, so that what comes can be told. NULL: out of memory. */
counterfoil_json *json_answer_new(void);
/* How the call ended, and the response, NULL or not, which is *answer's from now on; without one *answer is NULL afterwards.
 * How the JSON call ended. */
counterfoil_code json_end(counterfoil_code code, counterfoil_response *response, counterfoil_json **answer,
			  counterfoil_error *error);

#endif

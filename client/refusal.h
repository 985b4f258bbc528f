/* refusal: what an answer says of the client certificate, by its status or in its body. */
#ifndef CLIENT_REFUSAL_H
#define CLIENT_REFUSAL_H

#include "client/outcome.h"

/* COUNTERFOIL_OK: nothing, it is an answer like any other; or why it is not served. */
counterfoil_code refusal_judge(const counterfoil_response *response, counterfoil_error *error);

#endif

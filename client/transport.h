/* transport: HTTPS by libcurl over OpenSSL. The only part of the library that includes curl.
 *
 * A lane is one easy handle with the connection it keeps. A call takes an idle lane, or makes one, and gives it back;
 * so any number of threads may call at once. */
#ifndef CLIENT_TRANSPORT_H
#define CLIENT_TRANSPORT_H

#include "client/identity.h"
#include "client/response.h"

#include <stdbool.h>

struct transport_settings {
	const counterfoil_identity *identity; /* borrowed as long as the transport lives; NULL for none */
	X509_STORE *trust;                    /* borrowed likewise */
	uint32_t connect_timeout_ms, total_timeout_ms, stall_timeout_seconds, connections_kept;
	size_t header_cap, body_cap;
};

struct transport;

counterfoil_code transport_new(const struct transport_settings *settings, struct transport **out,
			       counterfoil_error *error);
void transport_free(struct transport *transport);

/* The request's members are checked by the caller, but for the URL. *response is made on COUNTERFOIL_OK only. */
counterfoil_code transport_exchange(struct transport *transport, const counterfoil_request *request,
				    counterfoil_response **response, counterfoil_error *error);

#endif

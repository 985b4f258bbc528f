/* proxy: by which HTTP proxy servers are reached, decided once, when a client is made. */
#ifndef CLIENT_PROXY_H
#define CLIENT_PROXY_H

#include "client/outcome.h"

struct proxy {
	char *url;    /* NULL: none; may hold a password */
	char *except; /* hosts that are reached without it, as no_proxy lists them; NULL: none */
};

/* wanted is NULL for none, COUNTERFOIL_PROXY_ENVIRONMENT, or [http://][USER:PASSWORD@]HOST:PORT. BAD_INPUT or
 * OUT_OF_MEMORY, and *out is empty. */
counterfoil_code proxy_choose(const char *wanted, struct proxy *out, counterfoil_error *error);
void proxy_free(struct proxy *proxy); /* wipes */

#endif

/* facts: what is printed of a certificate: a holder's own, or a caller's. */
#ifndef CLIENT_COMMAND_FACTS_H
#define CLIENT_COMMAND_FACTS_H

#include "client/include/counterfoil.h"

#include <jansson.h>

/* {"common_name",...,"not_after","days_left"}: names with '_', times as seconds, null for what is not UTF-8; short names
 * only where the certificate has them. NULL: out of memory. */
json_t *facts_of_peer(const counterfoil_peer *peer, int64_t now);
/* The same, and "ca_certificates". */
json_t *facts_json(const counterfoil_identity *identity, int64_t now);

#endif

/* facts: what is printed of an identity. */
#ifndef CLIENT_COMMAND_FACTS_H
#define CLIENT_COMMAND_FACTS_H

#include "client/include/counterfoil.h"

#include <jansson.h>

/* {"common_name",...,"not_after","days_left","chain"}: names with '_', times as seconds. NULL: out of memory. */
json_t *facts_json(const counterfoil_identity *identity, int64_t now);

#endif

/* place: where bytes are to be had: in a file, among systemd's credentials, in memory. */
#ifndef CLIENT_PLACE_H
#define CLIENT_PLACE_H

#include "base/buf.h"
#include "client/outcome.h"

#include <stdbool.h>

bool place_is_given(const counterfoil_place *place);
/* One way at most is given, and what is given can be meant. */
bool place_is_fit(const counterfoil_place *place);
/* All of it, at most out's cap; `what` names it in a refusal ("PKCS#12 file for one key"). BAD_INPUT (no such credential was
 * handed over), FILE_UNREADABLE, TOO_LARGE, OUT_OF_MEMORY. */
counterfoil_code place_read(const counterfoil_place *place, const char *what, struct buf *out, counterfoil_error *error);

#endif

/* replaced: which order has taken another's place, by a reissue. */
#ifndef ISSUER_REPLACED_H
#define ISSUER_REPLACED_H

#include "issuer/order/desk.h"

/* ERR_NOT_FOUND: nothing has taken its place yet. */
enum err replacement_find(struct desk *d, const char *order, char id[ID_SIZE]) MUST_CHECK;

#endif

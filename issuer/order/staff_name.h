/* staff_name: who of the staff does something, for those who are told of it. */
#ifndef ISSUER_STAFF_NAME_H
#define ISSUER_STAFF_NAME_H

#include "ca/name.h"
#include "issuer/store/store.h"

/* "" for the host, which is no member of the staff. */
enum err staff_name(struct store *s, const char *id, char out[NAME_SIZE]) MUST_CHECK;

#endif

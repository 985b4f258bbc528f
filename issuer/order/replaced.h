/* replaced: which order has taken another's place, by a reissue. */
#ifndef ISSUER_REPLACED_H
#define ISSUER_REPLACED_H

#include "issuer/order/desk.h"

struct replacement {
	char id[ID_SIZE];
	bool audited; /* the audit knows of it: else somebody wrote it into the database */
};
/* ERR_NOT_FOUND: nothing has taken its place yet. */
enum err replacement_find(struct desk *d, const char *order, struct replacement *out) MUST_CHECK;

#endif

/* parents: organisation, service and client, found by their slugs one under the other. */
#ifndef ISSUER_ORDER_PARENTS_H
#define ISSUER_ORDER_PARENTS_H

#include "ca/name.h"
#include "issuer/order/input.h"

enum parent_level { PARENT_ORGANISATION, PARENT_SERVICE, PARENT_CLIENT, PARENT_LEVELS };

struct parent {
	const char *slug; /* borrowed; NULL: not asked for, or not readable */
	char id[ID_SIZE];
	char name[NAME_SIZE];
};

/* Read the first `levels` slugs from the input (members "organisation", "service", "client") and look them up. What is
 * not there, or beyond the input's scope, is a fault on its member; the ones below it are then not looked for. */
enum err parents_find(struct store *s, struct input *in, unsigned levels, struct parent out[PARENT_LEVELS]) MUST_CHECK;

#endif

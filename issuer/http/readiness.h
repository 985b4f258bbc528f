/* readiness: what is not in order with the service itself, in words, for machines (/readyz) and for staff (/v1/status). */
#ifndef ISSUER_HTTP_READINESS_H
#define ISSUER_HTTP_READINESS_H

#include "issuer/http/route.h"

/* A new array of sentences, empty when all is well; NULL when there is no memory. */
json_t *readiness_faults(struct front *front, int64_t now);

#endif

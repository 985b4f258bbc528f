/* refusal: how a request that never reaches a handler is answered: problem+json, or a plain page for browsers. */
#ifndef ISSUER_HTTP_REFUSAL_H
#define ISSUER_HTTP_REFUSAL_H

#include "issuer/http/head.h"
#include "issuer/http/route.h"

/* `html`: the caller reads pages rather than JSON. */
void refuse(struct reply *r, const struct request *q, bool html, enum err e, const struct errbuf *why);
/* Adds to a problem's JSON the member `roles`: the words of those that would do (bits of enum who). */
void refuse_naming_roles(struct reply *r, unsigned who);

#endif

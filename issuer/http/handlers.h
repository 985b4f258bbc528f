/* handlers: every handler of the route table, declared by the table itself. */
#ifndef ISSUER_HTTP_HANDLERS_H
#define ISSUER_HTTP_HANDLERS_H

#include "issuer/http/route.h"

#define ROUTE(listener, method, path, who, lane, handler, what) route_handler handler;
#include "issuer/http/routes.def"
#undef ROUTE

#endif

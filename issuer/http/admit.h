/* admit: may this request be run at all? Shape, then who asks (and whether the database that says so is believed), then
 * what is asked, then whether they may, then where a form came from, then its size; the first refusal counts. Nothing of its
 * body has been read. */
#ifndef ISSUER_HTTP_ADMIT_H
#define ISSUER_HTTP_ADMIT_H

#include "issuer/http/head.h"
#include "issuer/http/peer.h"
#include "issuer/http/route.h"

struct admission {
	struct front *front;
	enum listener listener;
	struct head *head;             /* filled; split by the guard */
	struct peer *peer;             /* members: presented; NULL elsewhere */
	const char *address;           /* textual peer address */
	char scratch[1024];            /* what the request's parameters point into */
	/* Out: */
	const struct route *route;
	const struct identity *identity; /* borrowed from the peer */
	const char *parameter[REQUEST_PARAMETERS_MAX];
	char allow[64];
	bool wrong_role;               /* the route's row does not name the caller's */
	bool bad_shape;                /* the guard refused it: the connection must close */
};

enum err admit(struct admission *a, int64_t now, struct errbuf *why) MUST_CHECK;
/* When its body is here, which may be long after its head: who asks, and whether they may, once more. Anew in `identity`. */
enum err admit_body(struct admission *a, int64_t now, struct errbuf *why) MUST_CHECK;

#endif

#include "issuer/http/admit.h"
#include "issuer/http/first_use.h"
#include "issuer/http/guard.h"
#include "issuer/http/metrics.h"
#include "issuer/process/child.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static enum err find_identity(void *ctx, const struct der_view *leaf, int64_t now, struct identity *out,
			      struct errbuf *why)
{
	struct front *front = ctx;
	struct store *s = readers_take(front->desk.readers);
	enum err rc = identity_find(s, leaf->bytes, leaf->len, now, out, why);
	readers_give(front->desk.readers, s);
	return rc;
}

static enum err check_shape(struct admission *a, struct errbuf *why)
{
	a->head->base64_below = a->listener == LISTENER_STATUS ? "/ocsp/" : NULL;
	enum err rc = guard_check(a->head, why);
	if (rc == ERR_OK)
		return rc;
	atomic_fetch_add(&a->front->metrics->refused[a->listener], 1);
	a->bad_shape = true;
	if (rc == ERR_METHOD)
		snprintf(a->allow, sizeof a->allow, "GET, HEAD, POST");
	return rc;
}

static bool may_look(const struct admission *a)
{
	return a->identity->kind == IDENTITY_STAFF && strcmp(a->identity->role, "administrator") == 0 &&
	       (strcmp(a->head->method, "GET") == 0 || strcmp(a->head->method, "HEAD") == 0);
}

/* In an old database the revoked are valid again, and the newest unknown (abuse case 26): what it says of a certificate is no
 * verdict. An administrator may look at what is wrong, and change nothing: that one may have been dismissed since, and a
 * change that is journalled would make the database look right. */
static enum err check_believed(const struct admission *a, enum err verdict, struct errbuf *why)
{
	const char *because = issuing_paused_because(a->front->shared);
	if (!because || verdict == ERR_UNAUTHENTICATED || (verdict == ERR_OK && may_look(a)))
		return verdict;
	return fail(why, ERR_UNAVAILABLE, "nobody can be let in now: %s", because);
}

static enum err check_identity(struct admission *a, int64_t now, struct errbuf *why)
{
	const struct peer_source source = {&a->front->shared->revocation_generation, find_identity, a->front};
	if (a->listener != LISTENER_MEMBERS)
		return ERR_OK;
	if (!a->peer)
		return ERR_INTERNAL;
	enum err rc = peer_check(a->peer, &source, now, &a->identity, why);
	rc = check_believed(a, rc, why);
	if (rc == ERR_OK && !issuing_paused_because(a->front->shared)) /* who may only look leaves no trace either */
		first_use_note(a->front->first_use, a->identity, a->address, now);
	return rc;
}

static enum err check_role(struct admission *a, struct errbuf *why)
{
	enum err rc = route_permits(a->route, a->identity, why);
	a->wrong_role = rc == ERR_REFUSED && !(a->route->who & route_who(a->listener, a->identity));
	return rc;
}

static enum err check_route(struct admission *a, struct errbuf *why)
{
	enum err rc =
	    route_find(a->listener, a->head->method, a->head->path, &a->route, a->scratch, a->parameter, a->allow);
	return rc == ERR_OK ? check_role(a, why) : rc;
}

/* Certificates are sent by browsers without asking, so a form must come from our own pages (abuse case 46). */
static enum err check_origin(const struct admission *a, struct errbuf *why)
{
	bool tls = a->listener == LISTENER_PUBLIC || a->listener == LISTENER_MEMBERS;
	if (strcmp(a->head->method, "POST") != 0)
		return ERR_OK;
	return guard_origin(a->head, tls ? "https" : "http", a->listener == LISTENER_PUBLIC, why);
}

static enum err check_size(const struct admission *a, struct errbuf *why)
{
	const char *length = head_value(a->head, "Content-Length");
	int64_t most = a->front->desk.settings->request_bytes;
	if (length && strtoll(length, NULL, 10) > most)
		return fail(why, ERR_TOO_LARGE, "a body of at most %lld bytes is read", (long long)most);
	return ERR_OK;
}

enum err admit(struct admission *a, int64_t now, struct errbuf *why)
{
	enum err rc = check_shape(a, why);
	if (rc == ERR_OK)
		rc = check_identity(a, now, why);
	if (rc == ERR_OK)
		rc = check_route(a, why);
	if (rc == ERR_OK)
		rc = check_origin(a, why);
	return rc == ERR_OK ? check_size(a, why) : rc;
}

enum err admit_body(struct admission *a, int64_t now, struct errbuf *why)
{
	enum err rc = check_identity(a, now, why);
	return rc == ERR_OK ? check_role(a, why) : rc;
}

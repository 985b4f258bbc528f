/* peer: who stands at the other end of a members' connection. The chain is verified once a connection (RFC 5280
 * section 6) and the verdict kept; the life of the certificate and its status in the database are looked at on every
 * request. The database is asked again only when a revocation has been committed since (a counter in shared memory),
 * and at least every few seconds, for a tool on the host shares no memory. Fails closed: no answer, no entry.
 *
 * Used by one thread at a time: the listener's. */
#ifndef ISSUER_HTTP_PEER_H
#define ISSUER_HTTP_PEER_H

#include "ca/chain.h"
#include "issuer/order/order.h"

#include <gnutls/gnutls.h>
#include <stdatomic.h>

struct peer;
struct peer *peer_new(void);
void peer_free(struct peer *p); /* NULL is fine */

enum { PEER_CHAIN_MAX = 8, PEER_LOOK_SECONDS = 5 };

/* Verify and keep what the peer presented, at its first request; later calls do nothing. n 0: it presented nothing. */
void peer_present(struct peer *p, const struct chain_trust *trust, const struct der_view *ders, size_t n, int64_t now);
/* The same, from a finished handshake. */
void peer_present_session(struct peer *p, const struct chain_trust *trust, gnutls_session_t session, int64_t now);
bool peer_presented(const struct peer *p);

/* How the status is asked. */
struct peer_source {
	const _Atomic uint64_t *generation;
	enum err (*find)(void *ctx, const struct der_view *leaf, int64_t now, struct identity *out, struct errbuf *why);
	void *ctx;
};
/* The identity, borrowed until the next call or peer_free. ERR_UNAUTHENTICATED without a certificate; ERR_EXPIRED,
 * ERR_REVOKED, ERR_REFUSED; ERR_UNAVAILABLE when the database does not answer. */
enum err peer_check(struct peer *p, const struct peer_source *from, int64_t now, const struct identity **out,
		    struct errbuf *why) MUST_CHECK;

#endif

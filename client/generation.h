/* generation: an identity in use, the servers it trusts, and the connections that were made with it.
 *
 * A client has one current generation; a swap puts another in its place. A call takes the current one at its beginning,
 * keeps it to its end, through every try, and gives it back. Connections live in the generation's own transport, each easy
 * handle with its own pool and no TLS session kept, so that nothing made with one identity can reach a call of another,
 * whatever libcurl compares when it looks for a connection. The last holder ends a generation. Any thread may hold one. */
#ifndef CLIENT_GENERATION_H
#define CLIENT_GENERATION_H

#include "client/transport.h"

struct generation {
	atomic_int holders;
	counterfoil_identity *identity; /* held, or NULL */
	X509_STORE *trust;              /* held */
	struct transport *transport;
	_Atomic int64_t tell_at;  /* when the watch has something to say of its age next; see watch.c */
	atomic_flag revoked_told;
};

/* Both are held by the generation from now on, whatever comes of it; settings are the client's, but for the two. */
counterfoil_code generation_new(const struct transport_settings *settings, const counterfoil_identity *identity,
				X509_STORE *trust, struct generation **out, counterfoil_error *error);
void generation_hold(struct generation *generation);
void generation_release(struct generation *generation); /* NULL is fine */

/* No call will take it any more: idle connections end now, the others with their calls. */
void generation_retire(struct generation *generation);

#endif

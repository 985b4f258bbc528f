/* connection: what is known of a connection from its first byte to its last: address, deadline, TLS credentials, peer.
 *
 * The register of a listener's connections lets the sweeper close those past their deadline. A connection's own calls
 * come from its listener's thread, or from the worker that runs its job. */
#ifndef ISSUER_HTTP_CONNECTION_H
#define ISSUER_HTTP_CONNECTION_H

#include "issuer/http/credentials.h"
#include "issuer/http/peer.h"

#include <stdatomic.h>

struct connections; /* the register of one listener */
struct connection;

enum err connections_new(struct connections **out) MUST_CHECK;
void connections_free(struct connections *all); /* every connection must be closed */
size_t connections_count(struct connections *all);
/* Shut down, but do not close, those whose deadline has passed, or who send what was withdrawn; how many. */
size_t connections_sweep(struct connections *all, int64_t now_ms);

/* When there are more than `most`, or more than `per_address` from where the newest one comes, the one that has been idle
 * longest is shut down for it: whoever only holds connections open keeps nobody out. */
void connections_make_room(struct connections *all, const struct connection *newest, size_t per_address, size_t most);

/* fd is borrowed. credentials (may be NULL) are taken; a peer is kept when with_peer. NULL when out of memory, and then
 * the credentials are dropped. */
struct connection *connection_open(struct connections *all, int fd, struct credentials *credentials, bool with_peer);
/* Before the descriptor is closed, after the TLS session has gone. */
void connection_close(struct connection *c);

enum { CONNECTION_NO_DEADLINE = -1 };
/* From now on it must be done within so many seconds, or (CONNECTION_NO_DEADLINE) waits for us. */
void connection_deadline(struct connection *c, int64_t seconds);
/* What it sends from now on is good until *withdrawn, and then no more: it is shut down as one past its deadline. The flag
 * lasts until NULL takes its place. */
void connection_sends(struct connection *c, const _Atomic bool *withdrawn);
/* Between two requests, or in one. */
void connection_idle(struct connection *c, bool idle);
const char *connection_address(const struct connection *c);
struct peer *connection_peer(struct connection *c); /* NULL without one */

#endif

/* writer: one thread that commits for many. A job runs inside a savepoint of a shared transaction; it returns to its
 * caller only after the commit is durable. A job that fails is rolled back alone. */
#ifndef ISSUER_WRITER_H
#define ISSUER_WRITER_H

#include "issuer/store/store.h"

struct writer;

/* Takes the store (owned from now on) and starts the thread. */
enum err writer_start(struct store *s, struct writer **out) MUST_CHECK;
/* ERR_FULL, ERR_IO or ERR_CORRUPT while the last transaction failed by the disk; the log has said why. The writer tries
 * once a second whether it still does, so this ends by itself. Any thread. */
enum err writer_fault(const struct writer *w);
void writer_stop(struct writer *w); /* finishes what is queued */

/* Run job(store, ctx) inside a transaction and wait for the commit: the job's own error, or the commit's. */
enum err writer_run(struct writer *w, enum err (*job)(struct store *s, void *ctx), void *ctx) MUST_CHECK;

/* A few read-only connections, opened before the process is confined, lent one at a time. */
struct readers;
enum err readers_open(const char *path, unsigned count, struct readers **out, struct errbuf *why) MUST_CHECK;
void readers_close(struct readers *r);
struct store *readers_take(struct readers *r); /* waits */
void readers_give(struct readers *r, struct store *s);

#endif

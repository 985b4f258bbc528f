/* What several tasks share: who acts, what the front is told, and that erased bytes leave the write-ahead log. */
#include "issuer/clerk/clerk.h"

#include "base/crash.h"

const struct actor clerk_actor = {.id = "clerk", .role = "daemon", .request = ""};

void clerk_revoked(struct clerk *c)
{
	atomic_fetch_add(&c->shared->revocation_generation, 1);
}

/* A reader that is in the middle of something holds the log: the next round tries again. */
enum err clerk_truncate(struct clerk *c, int64_t now, struct errbuf *why)
{
	(void)now;
	(void)why;
	crash_point(CRASH_CLERK_TRUNCATE);
	enum err e = store_truncate_wal(c->store);
	if (!e)
		c->erased = false;
	return e;
}

/* Erased bytes leave the write-ahead log. */
#include "issuer/clerk/clerk.h"

/* A reader that is in the middle of something holds the log: the next round tries again. */
enum err clerk_truncate(struct clerk *c, int64_t now, struct errbuf *why)
{
	(void)now;
	(void)why;
	enum err e = store_truncate_wal(c->store);
	if (!e)
		c->erased = false;
	return e;
}

/* run_lock: "FOLDER/run.lock", held by whoever must have an installation to himself: the running daemon, and `counterfoild
 * recover`. The kernel lets go of it when the holder ends; the file says the holder's process id. */
#ifndef ISSUER_RUN_LOCK_H
#define ISSUER_RUN_LOCK_H

#include "base/err.h"

#include <sys/types.h>

/* *fd is the caller's to close, which lets go of it, also when this fails (-1 when there is none). ERR_CONFLICT names the
 * process that holds it. */
enum err run_lock_take(const char *folder, int *fd, struct errbuf *why) MUST_CHECK;
/* The process that holds it; 0: nobody does, or it cannot be told. */
pid_t run_lock_holder(const char *folder);

#endif

/* sweeper: a thread that closes, once a second, every connection past its deadline. The HTTP library's own time-out
 * counts from the last byte, so one byte a minute would hold a connection for ever (abuse case 39). */
#ifndef ISSUER_HTTP_SWEEPER_H
#define ISSUER_HTTP_SWEEPER_H

#include "issuer/http/listen.h"

struct sweeper;
/* The listenings are borrowed until sweeper_stop; NULLs among them are skipped. */
enum err sweeper_start(struct listening *const *listenings, size_t n, struct metrics *metrics,
		       struct sweeper **out) MUST_CHECK;
void sweeper_stop(struct sweeper *s); /* NULL is fine */

#endif

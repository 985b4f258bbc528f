/* pages: a list that the server gives page by page. */
#ifndef CLIENT_COMMAND_PAGES_H
#define CLIENT_COMMAND_PAGES_H

#include "client/command/session.h"

/* Fetches what follows the first page, until there is no "next", and puts all items into it; its "next" is null then.
 * ERR_TOO_LARGE behind 100,000 items; ERR_MALFORMED when the server repeats itself. */
enum err pages_follow(struct session *s, const struct arguments *given, json_t *first, struct errbuf *why) MUST_CHECK;

#endif

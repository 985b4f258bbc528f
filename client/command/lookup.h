/* lookup: nouns and verbs in the table, and what to say of one that is not there. */
#ifndef CLIENT_COMMAND_LOOKUP_H
#define CLIENT_COMMAND_LOOKUP_H

#include "client/command/table.h"

/* verb may be NULL: then only a noun that stands alone is found. NULL when there is none. */
const struct verb *lookup_verb(const char *noun, const char *verb);
bool lookup_noun_exists(const char *noun);
/* ERR_USAGE with a sentence; typed may be NULL for a verb that is missing. */
enum err lookup_unknown_noun(const char *typed, struct errbuf *why);
enum err lookup_unknown_verb(const char *noun, const char *typed, struct errbuf *why);

#endif

/* help: what the table says, for people. Examples come first. */
#ifndef CLIENT_COMMAND_HELP_H
#define CLIENT_COMMAND_HELP_H

#include "base/buf.h"
#include "client/command/arguments.h"

/* About given->verb, or all verbs of given->help_noun, or everything. */
void help_write(const struct arguments *given, struct buf *out);

#endif

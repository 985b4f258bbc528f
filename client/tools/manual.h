/* manual: counterfoil.1 as it is installed: docs/man/counterfoil.1, in which each command's entry (".It Cm order new", then what
 * there is to say beyond the table) gets its synopsis, what it does and its flags from the table. A command that has no entry
 * gets one at its place in the table. Pure. */
#ifndef CLIENT_TOOLS_MANUAL_H
#define CLIENT_TOOLS_MANUAL_H

#include "base/buf.h"

/* ERR_MALFORMED names an entry whose command is not in the table, or a command that has no place. */
enum err manual_write(const char *source, struct buf *out, struct errbuf *why) MUST_CHECK;

#endif

/* help: what the table says, for people. Examples come first. */
#ifndef CLIENT_COMMAND_HELP_H
#define CLIENT_COMMAND_HELP_H

#include "client/command/arguments.h"
#include "client/command/sheet.h"

/* About given->verb, or all verbs of given->help_noun, or everything. At most 80 columns, or the style's when it has fewer
 * (40 at least); its headings are bold when the style is. */
void help_write(const struct arguments *given, const struct sheet_style *style, struct buf *out);

#endif

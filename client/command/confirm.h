/* confirm: what a command would do is asked of the person at the terminal, with the object's names in sight. */
#ifndef CLIENT_COMMAND_CONFIRM_H
#define CLIENT_COMMAND_CONFIRM_H

#include "base/buf.h"
#include "client/command/session.h"

/* Fetches what target is about, the path less its last part (or the certificate, where a serial number stands for its
 * order), tells what the verb's .shown names of it on standard error, and asks the verb's question. ERR_REFUSED when the
 * answer was not yes, ERR_USAGE when there is no terminal: then --yes is wanted. */
enum err confirm_ask(struct session *s, const struct arguments *given, const char *target, struct errbuf *why) MUST_CHECK;

/* The lines of it that have a value: "  client   e-banking". Pure. */
void confirm_lines(const struct column *shown, const json_t *found, struct buf *out);

#endif

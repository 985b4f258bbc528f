/* holder: an identity's file opened, as the commands for holders begin. */
#ifndef CLIENT_COMMAND_HOLDER_H
#define CLIENT_COMMAND_HOLDER_H

#include "client/command/session.h"

/* The file that was named, with the password from where the settings say. */
enum err holder_open(const struct arguments *given, counterfoil_identity **identity, struct errbuf *why) MUST_CHECK;
/* Over, or not begun: ERR_EXPIRED, so that the exit code says so too. */
enum err holder_validity(const counterfoil_identity *identity, int64_t now, struct errbuf *why) MUST_CHECK;
/* JSON when asked for, else a record. */
enum err holder_print(const struct arguments *given, const json_t *facts, struct errbuf *why) MUST_CHECK;

#endif

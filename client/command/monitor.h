/* monitor: what check --nagios tells: one line on standard output whatever happens, nothing beside it, and 0 to 3. */
#ifndef CLIENT_COMMAND_MONITOR_H
#define CLIENT_COMMAND_MONITOR_H

#include "base/err.h"

#include <stdbool.h>

enum level { LEVEL_OK, LEVEL_WARNING, LEVEL_CRITICAL, LEVEL_UNKNOWN };

/* Whether the command line asks for it, were it wrong otherwise: who reads exit codes so knows 2 as CRITICAL. */
bool monitor_is_asked(int count, const char *const *words);

/* Prints "COUNTERFOIL WORD - TEXT | FIGURES", made safe; figures may be NULL. The error's exit code is the level's number,
 * UNKNOWN's when the line cannot be written; that alone is told on standard error. */
enum err monitor_tell(enum level level, const char *text, const char *figures, struct errbuf *why) MUST_CHECK;

#endif

/* problem: an answer that is no success, as an error and lines for people (RFC 9457). Pure. */
#ifndef CLIENT_COMMAND_PROBLEM_H
#define CLIENT_COMMAND_PROBLEM_H

#include "base/buf.h"
#include "client/include/counterfoil.h"

/* What a status of 400 or more means: by the problem's "code", else by the status. *why gets the detail and the request
 * id. Each fault is appended to `faults` (may be NULL) as one line "field: text". Text is made safe for a terminal. */
enum err problem_read(int status, counterfoil_bytes body, struct buf *faults, struct errbuf *why) MUST_CHECK;

/* What an error of the library is to the command: its exit code follows. */
enum err problem_of_library(counterfoil_code code);

/* The same of a call that was to read the file at path, or to write it: ERR_NOT_FOUND when it, or the folder to write it
 * into, is not there, as where the command reads and writes by itself. The library has one code for that and all else. */
enum err problem_of_file(counterfoil_code code, const char *path);

#endif

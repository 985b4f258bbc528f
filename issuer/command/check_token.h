/* check_token: what the module of a token could read beside its own files. */
#ifndef ISSUER_CHECK_TOKEN_H
#define ISSUER_CHECK_TOKEN_H

#include "issuer/command/check.h"
#include "issuer/process/control.h"

#include <sys/stat.h>

/* What the mode grants a user that is not root: rights as in one digit of chmod. */
bool check_mode_lets(const struct stat *st, const struct birth *b, mode_t rights);
/* Keys, journal, database and spool are no files of the module's. `token` is its process's. */
void check_token_reach(struct check *c, const struct birth *token);

#endif

/* role: what a member of the staff may be. What a role may do is said by each route's row (issuer/http/route.h). */
#ifndef ISSUER_ORDER_ROLE_H
#define ISSUER_ORDER_ROLE_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

enum { ROLE_SIZE = 16 };
#define ROLE_ADMINISTRATOR "administrator"
/* As people read them in a fault. */
#define ROLE_WORDS "administrator, approver, support or auditor"

bool role_known(const char *word);
/* The same as a check of an input's member. */
enum err role_check(const char *text, size_t len, struct errbuf *why) MUST_CHECK;

#endif

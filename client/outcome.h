/* outcome: how a call of the public library ends: a code, its category and one sentence. */
#ifndef CLIENT_OUTCOME_H
#define CLIENT_OUTCOME_H

#include "base/err.h"
#include "client/include/counterfoil.h"

/* Fill error (may be NULL) and return code. Control characters become '?'. A NULL format takes the code's own sentence. */
counterfoil_code outcome(counterfoil_error *error, counterfoil_code code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* COUNTERFOIL_OK with an empty sentence. */
counterfoil_code outcome_ok(counterfoil_error *error);

#endif

/* phrases: what the console's pages say of a code of the API where a word is not enough: one table of (kind, code, phrase).
 * The words of states are console.h's. */
#ifndef ISSUER_CONSOLE_PHRASES_H
#define ISSUER_CONSOLE_PHRASES_H

#include "base/err.h"

#include <jansson.h>

enum phrases {
	PHRASES_NEXT,    /* of an order: what happens next, and who has to do it */
	PHRASES_ORDER,   /* kinds of orders */
	PHRASES_KEY,     /* key types */
	PHRASES_MESSAGE, /* kinds of messages */
	PHRASES_CHANNEL,
	PHRASES_MEANS,   /* of a certificate: what its status means for who presents it */
	PHRASES_HOLDER,  /* kinds of certificates */
	PHRASES_REASON,  /* of a revocation */
	PHRASES_MAY,     /* what a role may do */
	PHRASES_WHAT,    /* of an audit record */
	PHRASES_ACTOR,   /* parts of the daemon, and roles that are no staff, as the audit names them */
};

/* Static; NULL when there is none. code may be NULL. */
const char *phrase_find(enum phrases kind, const char *code);

/* Beside the member of a code, the phrase under the name `as`: the code itself when there is none for it, nothing when the
 * member is absent. */
enum err phrase_add(json_t *object, const char *member, enum phrases kind, const char *as) MUST_CHECK;
/* The same for every object of an array; a NULL array has none. */
enum err phrase_add_each(json_t *array, const char *member, enum phrases kind, const char *as) MUST_CHECK;

/* Audit records as the API lists them, each {"record": text, ...}: the members of the record stand beside it, and "did" and "by",
 * what was done and who did it in words. One that cannot be read is shown as it stands. */
enum err phrase_history(json_t *records) MUST_CHECK;

#endif

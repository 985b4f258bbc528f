/* audit: the append-only, hash-chained record of every change of state.
 *
 * A record is canonical JSON (sorted keys, compact) stored verbatim:
 * {"at","sequence","previous","who","role","what","object","why","request","detail"}; previous is the SHA-256
 * (hex) of the record before it, zeros for the first. People are named by id only. No secret, code, token or
 * password ever enters it. */
#ifndef ISSUER_AUDIT_H
#define ISSUER_AUDIT_H

#include "issuer/store/store.h"

struct idempotency;

enum { AUDIT_HASH_BYTES = 32 };

/* Who does something: a staff member, a contact through a link, or a part of the daemon. All strings are borrowed. */
struct actor {
	const char *id;      /* staff id, contact id, "clerk", "host" */
	const char *role;    /* "administrator", "recipient", "daemon", ... */
	const char *request; /* request id, or "" */
	const char *scope;   /* the one organisation that it reaches, by id; "" or NULL: all; the audit does not say it */
	const struct idempotency *once; /* what makes its creation one however often it is asked for; NULL: nothing */
};

/* NULL: it reaches all. */
static inline const char *actor_scope(const struct actor *who)
{
	return who->scope && who->scope[0] ? who->scope : NULL;
}

struct audit_event {
	const char *what;   /* "order.offered", "certificate.revoked" */
	const char *object; /* id or serial */
	const char *why;    /* a reason given, or NULL */
	const char *detail; /* a few words more, never secret, or NULL */
};

/* Inside a write transaction. head, when not NULL, takes the hash of the new record. */
enum err audit_append(struct store *s, const struct actor *who, const struct audit_event *event, int64_t now,
		      uint8_t head[AUDIT_HASH_BYTES]) MUST_CHECK;
/* Hash of the newest record; zeros when there is none. */
enum err audit_head(struct store *s, int64_t *sequence, uint8_t head[AUDIT_HASH_BYTES]) MUST_CHECK;
/* Walk the whole chain. ERR_CORRUPT names the first sequence that does not fit. *records gets how many were checked. */
enum err audit_verify(struct store *s, int64_t *records, uint8_t head[AUDIT_HASH_BYTES], struct errbuf *why) MUST_CHECK;

#endif

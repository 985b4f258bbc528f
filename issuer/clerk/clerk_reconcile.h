/* clerk_reconcile: the two halves of a comparison: what is known, and what was begun and never finished. */
#ifndef ISSUER_CLERK_RECONCILE_H
#define ISSUER_CLERK_RECONCILE_H

#include "issuer/clerk/clerk.h"
#include "issuer/signer/signer.h"

enum { REVOKED_MOST = sizeof((struct journal_last *)0)->revoked / sizeof(struct revocation) };

/* What the database knows of a certificate. */
struct known {
	char kind[16], status[16], order[ID_SIZE];
	char issuer[ISSUER_NAME_SIZE];
	int64_t not_after;
};
enum err reconcile_find(struct store *s, const char *serial, struct known *out) MUST_CHECK; /* ERR_NOT_FOUND */

/* Does the database lack this revocation or hold? A hold is more than none, and less than a revocation. */
bool reconcile_lacks(const struct known *known, const struct revocation *r);
/* Committed as the journal has it, and announced: revoked, or held. ERR_OK too when somebody else was first. */
enum err reconcile_finish(struct clerk *c, const struct revocation *r, const char *order, int64_t now) MUST_CHECK;

/* Does the database know the journal's newest `done`, newest audit head and newest revocations? ERR_NOT_FOUND names what an
 * old copy lacks. Read the journal before: what it knows was in the database first. */
enum err reconcile_newest(struct store *s, const struct journal_last *last, struct errbuf *why) MUST_CHECK;

/* Does the CA that issues, the first of `all`, follow the one of the journal's newest `done`? ERR_REFUSED, with the reason: that
 * one is only to be the next here, or is not here at all while its certificate lives, so older files of the CAs were put back.
 * Read the journal before. */
enum err reconcile_issuer(struct store *s, const struct journal_last *last, const struct issuers *all, int64_t now,
			  struct errbuf *why) MUST_CHECK;
/* May it go on issuing? Told to the shared page, and when that has changed, to everybody. */
enum err clerk_judge_issuer(struct clerk *c, const struct journal_last *last, int64_t now, bool *sound,
			    struct errbuf *why) MUST_CHECK;

/* Of a certificate of which no bytes are known: this stands for its fingerprint. */
void reconcile_orphan_fingerprint(const char *serial, uint8_t out[FINGERPRINT_BYTES]);

/* Each certificate that was begun and not finished: done when the database has it, else an orphan, revoked. */
enum err reconcile_intents(struct clerk *c, int64_t now, struct errbuf *why) MUST_CHECK;

#endif

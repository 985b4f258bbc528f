/* revoke: a certificate's end in two moves: the signer's journal first, then the database. Whatever the journal holds the
 * database must come to hold: once revoke_journal has returned ERR_OK, the transaction that follows does not refuse. */
#ifndef ISSUER_ORDER_REVOKE_H
#define ISSUER_ORDER_REVOKE_H

#include "issuer/order/step.h"
#include "issuer/signer/signer.h"

struct revoking {
	const struct actor *who;
	char serial[SERIAL_TEXT_SIZE];
	enum crl_reason reason;
	const char *note; /* why, in the staff's words; NULL for none */
	int64_t now, compromised_at; /* 0: nobody knows */
	bool release;
};

/* What a certificate is now. */
struct standing {
	bool revoked, held;
	bool of_client; /* not a staff member's or a server's */
	int64_t revoked_at; /* or held */
	enum crl_reason reason;
	char order[ID_SIZE]; /* "" for a staff member's or a server's */
};
/* Serial (any notation) and note, which r has already, as staff gave them: ERR_NOT_FOUND, ERR_INVALID. */
enum err revoking_read(struct revoking *r, const char *serial, struct errbuf *why) MUST_CHECK;
/* As far as r->who reaches. */
enum err standing_find(struct desk *d, const struct revoking *r, struct standing *out, struct errbuf *why) MUST_CHECK;
/* ERR_REFUSED: that one is for administrators. */
enum err standing_may_end(const struct actor *who, const struct standing *standing, struct errbuf *why) MUST_CHECK;
/* ERR_CONFLICT, with when and why it was revoked. */
enum err standing_revoked(const struct standing *standing, struct errbuf *why) MUST_CHECK;

/* For the audit's detail. Returns out, or a text that lasts. */
enum { REASON_AND_DATE_SIZE = 64 };
const char *reason_and_date(enum crl_reason reason, int64_t compromised_at, char out[REASON_AND_DATE_SIZE]);

/* One after the other: whoever looks at a certificate, journals and commits what he makes of it, holds its turn meanwhile.
 * Else the journal could hear of a hold and its release in one order, and the database in the other. Turns are few, and
 * shared by serials; nobody takes a second one. */
void revoke_turn_begin(const char *serial);
void revoke_turn_end(const char *serial);

/* Whose certificate it is, for the journal; left empty for one that the database does not have. */
enum err revocation_issuer(struct store *s, struct revocation *r) MUST_CHECK;
/* Journalled with the audit head of this moment. */
enum err revoke_journal(struct desk *d, const struct revoking *r, struct errbuf *why) MUST_CHECK;
/* Inside a transaction: revoked and audited. ERR_CONFLICT when it was revoked before, with nothing changed. */
enum err revoke_store(struct store *s, const struct revoking *r) MUST_CHECK;

#endif

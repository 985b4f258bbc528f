/* recover: an old database is brought up to what the journal knows. Looked at first, then written: journal, database,
 * journal, so that whatever cuts it off, the next run ends it. Internal to issuer/command/recover*.c. */
#ifndef ISSUER_RECOVER_H
#define ISSUER_RECOVER_H

#include "issuer/command/host_books.h"
#include "issuer/command/recover_history.h"

enum recover_action {
	RECOVER_NOTHING,
	RECOVER_LOST,    /* issued, and the database knows nothing of it: revoked, for nobody can say who holds it */
	RECOVER_REVOKE,  /* as the journal says */
	RECOVER_HOLD,
	RECOVER_RELEASE,
	RECOVER_ACTION_COUNT
};

struct recover_step {
	enum recover_action action;
	struct history_entry *entry;  /* borrowed */
	enum standing had;            /* in the database, but for a lost one */
	char order[ID_SIZE];          /* of the database's row */
};

struct recovery {
	struct host_books *books; /* borrowed */
	struct history history;
	struct recover_step *steps;
	size_t count, room;
	size_t counts[RECOVER_ACTION_COUNT];
	bool old;                 /* the database lacks what the journal knows, if only audit records */
	size_t cancelled, open;   /* orders: cancelled by this; still open, as they were at the backup */
	int64_t now;
};

/* Look: fills the steps; changes nothing. Clear it in every case. */
enum err recovery_plan(struct recovery *r, struct host_books *b, int64_t now, struct errbuf *why) MUST_CHECK;
void recovery_clear(struct recovery *r);
bool recovery_due(const struct recovery *r);

/* What is lost is journalled as revoked, all steps are committed in one transaction with their audit records, and the journal
 * is told the new audit head. */
enum err recovery_journal(struct recovery *r, struct errbuf *why) MUST_CHECK;
enum err recovery_commit(struct recovery *r, uint8_t head[AUDIT_HASH_BYTES], struct errbuf *why) MUST_CHECK;
enum err recovery_agree(struct recovery *r, const uint8_t head[AUDIT_HASH_BYTES], struct errbuf *why) MUST_CHECK;

#endif

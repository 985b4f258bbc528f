/* recover_history: what a whole journal says of each certificate. Pure but for reading the file. */
#ifndef ISSUER_RECOVER_HISTORY_H
#define ISSUER_RECOVER_HISTORY_H

#include "issuer/signer/journal.h"

/* How a certificate stands: in the journal, and in the database. The first revocation is the last word; a hold is not one. */
enum standing { STANDING_VALID, STANDING_HELD, STANDING_REVOKED, STANDING_COUNT };

struct history_entry {
	char issuer[65], serial[SERIAL_TEXT_SIZE], order[17]; /* issuer and order: "" when not said */
	int64_t not_before, not_after;                        /* 0: not said */
	bool done;     /* it was committed; else it may never have been signed */
	bool released; /* from a hold, at the end */
	enum standing standing;
	enum crl_reason reason;
	int64_t revoked_at, compromised_at;
	struct history_entry *next;
};

struct history {
	struct history_entry *first, *last; /* in the order in which the journal first names them */
	void *tree;                         /* the same by serial */
};

/* Free it in every case. ERR_CORRUPT names the line. */
enum err history_read(int journal_fd, struct history *out, struct errbuf *why) MUST_CHECK;
void history_free(struct history *h);

#endif

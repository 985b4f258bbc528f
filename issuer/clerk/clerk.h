/* clerk: the calendar. One loop runs a table of tasks: revocation lists, the comparison of journal and database,
 * what time has overtaken, and the log that erased bytes must leave; another the outbox, on a thread and with a
 * store of its own.
 *
 * No task holds a transaction while it waits for another process: each reads, asks, and then commits what came of it
 * under a guard. What a crash cuts is taken up again by the next round. */
#ifndef ISSUER_CLERK_H
#define ISSUER_CLERK_H

#include "ca/crl.h"
#include "issuer/clerk/clerk_due.h"
#include "issuer/issuers.h"
#include "issuer/process/child.h"
#include "issuer/signer/signer.h"
#include "issuer/store/audit.h"

#include <stdbool.h>

enum { UNSETTLED_MOST = 256 };

struct clerk {
	struct store *store;
	struct line *signer, *courier;
	const struct settings *settings;
	struct shared_page *shared;
	struct issuers issuers; /* the first is the present one */

	bool erased; /* bytes were erased: the log is to be truncated */
	bool more;   /* a task left work for a next round at once */

	/* The journal has been compared, and the database is not an old copy: a list made from one would take
	 * revocations back, and what waits or is overdue in one may be done. */
	_Atomic bool trusted;
	const _Atomic bool *compared; /* the same, of the calendar that compares; NULL: it is this one */

	/* clerk_outbox */
	struct quiet_hours quiet;
	X509 *mailer;    /* the courier's certificate, to which mails are sealed */
	bool limit_told; /* the alarm of the day's limits was raised */

	/* clerk_crl: what the newest list of each of them was made from. */
	struct clerk_crl {
		bool made;
		uint64_t generation;
		int64_t revoked, newest_revocation;
		int64_t counted_at;  /* by clock_mono_ms, as is: */
		int64_t rests_until; /* a long list is not made anew at once, however fast revocations come */
		int64_t looked_at;   /* whether it has anything left to say; 0: not yet */
		bool over;           /* all that it issued has expired, and a period more */
	} crl[ISSUERS_MOST];

	char missing_said[ISSUERS_MOST][ISSUER_NAME_SIZE]; /* clerk_issuers */
	size_t missing_said_count;

	int64_t ends_said; /* clerk_ends: when it was last said, by the wall clock */
	int64_t forgot;    /* clerk_sweep: when it last forgot what contacts had before, likewise */

	/* clerk_reconcile: revocations that the journal has and the database has not, oldest first, and since when. The
	 * journal tells of its newest ones alone: what was seen once is not forgotten when newer ones push it out. The
	 * 32 kB that the journal keeps in hand for a full disk hold fewer than there is place for. */
	struct unsettled {
		struct revocation what; /* never a hold */
		int64_t since;          /* by clock_mono_ms */
	} unsettled[UNSETTLED_MOST];
	size_t unsettled_count;
};

extern const struct actor clerk_actor; /* "clerk", "daemon" */

/* One round of each task; `now` is the wall clock. A failure is said in why, logged by the loop, and tried again. */
enum err clerk_reconcile(struct clerk *c, int64_t now, struct errbuf *why) MUST_CHECK;
enum err clerk_crl(struct clerk *c, int64_t now, struct errbuf *why) MUST_CHECK;
enum err clerk_outbox(struct clerk *c, int64_t now, struct errbuf *why) MUST_CHECK;
enum err clerk_sweep(struct clerk *c, int64_t now, struct errbuf *why) MUST_CHECK;
enum err clerk_remind(struct clerk *c, int64_t now, struct errbuf *why) MUST_CHECK;
enum err clerk_issuers(struct clerk *c, int64_t now, struct errbuf *why) MUST_CHECK;
enum err clerk_ends(struct clerk *c, int64_t now, struct errbuf *why) MUST_CHECK;
enum err clerk_truncate(struct clerk *c, int64_t now, struct errbuf *why) MUST_CHECK;
enum err clerk_keys(struct clerk *c, int64_t now, struct errbuf *why) MUST_CHECK;

/* After a committed change of a certificate's status. */
void clerk_revoked(struct clerk *c);

#endif

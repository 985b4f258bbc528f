/* host_books: an installation's database and journal, opened on this machine by a tool that needs no key. */
#ifndef ISSUER_HOST_BOOKS_H
#define ISSUER_HOST_BOOKS_H

#include "issuer/settings.h"
#include "issuer/signer/journal.h"
#include "issuer/store/audit.h"

struct host_books {
	const struct settings *settings; /* borrowed */
	struct journal *journal;
	struct store *store;
	char issuer[65];       /* certificate.issuer: lower-case hex SHA-256 of the issuing CA's certificate */
	int64_t issuing_until; /* when that certificate ends: none that it signed lasts longer */
};

/* Both must be there: ERR_NOT_FOUND. Close them in every case. */
enum err host_books_open(struct host_books *b, const struct settings *s, struct errbuf *why) MUST_CHECK;
void host_books_close(struct host_books *b);

/* ERR_REFUSED when the database is an old copy. Asked before anything is written: what the journal then knew of it would make
 * it look like the right one. */
enum err host_books_agree(struct store *s, const struct journal *j, struct errbuf *why) MUST_CHECK;

/* Who acts in the audit. */
extern const struct actor host_actor;

#endif

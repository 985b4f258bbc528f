/* house: everything the front holds, opened in order before it is shut in, and closed in order at its end. */
#ifndef ISSUER_HTTP_HOUSE_H
#define ISSUER_HTTP_HOUSE_H

#include "issuer/http/listen.h"
#include "issuer/http/sweeper.h"
#include "issuer/issuers.h"
#include "issuer/process/child.h"

struct house {
	struct front front;
	struct buf trust_pem; /* root and issuing CAs */
	struct issuers issuers;
	struct store *store; /* until the writer has it */
	struct secret *code_key, *receipt_key;
	struct languages *languages;
	struct chain_trust *trust;
	struct listening *listening[LISTENER_COUNT];
	struct sweeper *sweeper;
};

struct house *house_new(void);
/* Take what was granted, open the database, start every thread. On failure house_close cleans up what there is. */
enum err house_open(struct house *h, struct child *c, struct errbuf *why) MUST_CHECK;
/* Let begun requests end (for a few seconds), then stop everything. */
void house_close(struct house *h);

#endif

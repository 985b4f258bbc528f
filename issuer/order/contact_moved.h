/* contact_moved: what is told when a contact's e-mail or mobile is another from now on: by mail to the address of
 * before and to that of now, so that whoever had the old one learns of it. Addresses and numbers are masked in it. Made
 * before a transaction, and stored inside it. */
#ifndef ISSUER_CONTACT_MOVED_H
#define ISSUER_CONTACT_MOVED_H

#include "issuer/order/post.h"

/* By id or e-mail, as far as who reaches. ERR_NOT_FOUND; ERR_INVALID for an e-mail that stands in several organisations. */
enum err contact_find(struct desk *d, const struct actor *who, const char *name, char id[ID_SIZE],
		      struct errbuf *why) MUST_CHECK;

struct contact_facts {
	char id[ID_SIZE], name[NAME_SIZE], organisation[NAME_SIZE];
	char email[MAILBOX_SIZE], mobile[MOBILE_SIZE], language[LANGUAGE_TAG_SIZE];
};
struct contact_move {
	const struct contact_facts *before, *now;
	const char *by; /* the name of who changed it; "": the installation's */
	int64_t rest_until; /* nothing is ordered for it before; 0: it does not rest */
};

enum { MOVE_MAILS_MOST = 4 }; /* of each change to each address */
struct move_mails {
	struct post of[MOVE_MAILS_MOST];
	size_t count;
};
/* Clear `out` in every case. */
enum err move_mails_make(struct desk *d, const struct contact_move *m, struct move_mails *out,
			 struct errbuf *why) MUST_CHECK;
enum err move_mails_store(struct store *s, const struct move_mails *mails, int64_t now) MUST_CHECK;
void move_mails_clear(struct move_mails *mails);

#endif

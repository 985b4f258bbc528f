/* check: the looks of `counterfoild check`. Each says what it found; none changes anything. */
#ifndef ISSUER_CHECK_H
#define ISSUER_CHECK_H

#include "issuer/settings.h"

enum verdict { CHECK_OK, CHECK_NOTE, CHECK_WARNING, CHECK_FAULT };

struct check {
	const struct settings *settings;
	unsigned faults, warnings;
};
void check_say(struct check *c, enum verdict v, const char *format, ...) __attribute__((format(printf, 3, 4)));

void check_listeners(struct check *c); /* what each listener would do */
void check_addresses(struct check *c); /* URLs and names that go into certificates */
void check_files(struct check *c);     /* every file a process is given: there, and private where it must be */
void check_profiles(struct check *c);  /* what each profile makes, in plain words */
void check_pairs(struct check *c);     /* the other keys belong to their certificates, certificates to their authority */
void check_keys(struct check *c);      /* the keys that certify and answer, in files or in a token */
void check_issuers(struct check *c);   /* which CA issues, which is the next, and which have retired */
void check_ends(struct check *c);      /* when certificates and the root CRL run out */
void check_store(struct check *c);     /* database, journal, spool, root key */
void check_languages(struct check *c); /* which there are, and what is wrong with the folder's */
void check_channels(struct check *c);
void check_walls(struct check *c);     /* landlock, seccomp, users */

/* Not a look: send a message without meaning to `to` by mail or SMS, as the courier would, and from behind its walls: this
 * process has them from then on. */
enum err check_send(const struct settings *s, const char *kind, const char *to, struct errbuf *why) MUST_CHECK;

#endif

/* languages: those of an installation, by `[delivery] languages` (a folder, "" for none) and `[delivery] language`.
 *
 * The supervisor reads and checks the folder once and grants its files as one text; courier and front make their set of it,
 * so a child that is started again has the languages that the daemon started with. */
#ifndef ISSUER_LANGUAGES_H
#define ISSUER_LANGUAGES_H

#include "delivery/language.h"
#include "issuer/settings.h"

struct child;

#define LANGUAGES_GRANT "texts.languages"

/* The built-in ones and the folder's. ERR_USAGE with the file and the line of the first fault, also when there is none of
 * the tag `[delivery] language`. */
enum err languages_load(const struct settings *s, struct languages **out, struct errbuf *why) MUST_CHECK;
/* The folder's files in memory, not to be written any more; *fd is the caller's. */
enum err languages_grant(const char *folder, int *fd, struct errbuf *why) MUST_CHECK;
/* In a child that was granted them. */
enum err languages_take(struct child *c, struct languages **out, struct errbuf *why) MUST_CHECK;

#endif

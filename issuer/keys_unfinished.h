/* keys_unfinished: what is left in the folder of the other CAs' keys (keys.others) when a key was being written and the
 * power went: "ID.key.unfinished-XXXXXX" or "pending-ID.key.unfinished-XXXXXX". Nobody uses it, and it may hold a
 * private key.
 *
 * Whoever writes a key there holds a flock on the folder. What is there while nobody holds it stays so. */
#ifndef ISSUER_KEYS_UNFINISHED_H
#define ISSUER_KEYS_UNFINISHED_H

#include "issuer/settings.h"

/* Between a key's name and the six characters that are drawn. It was "." once: so may a person's copy be named, which
 * is why that is only told. */
#define KEY_UNFINISHED_MARK ".unfinished-"

/* Wait for the folder and hold it: *fd is the caller's to close, which lets go. ERR_NOT_FOUND when there is no such
 * folder. */
enum err keys_folder_hold(const struct settings *s, int *fd, struct errbuf *why) MUST_CHECK;

/* Told of each: by ERR_OK it was erased, or only looked at; else it could not be, or is not known to be ours: not
 * regular, others may read it, another user's, or larger than a key. */
typedef void unfinished_seen(void *ctx, const char *path, enum err e, const struct errbuf *why);

/* Look for them, which changes nothing; nothing is told while somebody holds the folder. */
enum err keys_unfinished_look(const struct settings *s, unfinished_seen *each, void *ctx,
			      struct errbuf *why) MUST_CHECK;
/* The same of "ID.key.XXXXXX" and "pending-ID.key.XXXXXX": such a file was left by an older version, or is
 * somebody's copy ("ID.key.backup"). */
enum err keys_unfinished_look_alike(const struct settings *s, unfinished_seen *each, void *ctx,
				    struct errbuf *why) MUST_CHECK;
/* Overwrite and remove what keys_unfinished_look tells of. The same by who holds the folder (keys_folder_hold): `held`;
 * -1: nobody of ours does. */
enum err keys_unfinished_erase(const struct settings *s, int held, unfinished_seen *each, void *ctx,
			       struct errbuf *why) MUST_CHECK;

#endif

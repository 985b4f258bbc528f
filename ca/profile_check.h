/* profile_check: what a profile file may say for its kind of certificate, and the words it says it with. Private to ca/. */
#ifndef CA_PROFILE_CHECK_H
#define CA_PROFILE_CHECK_H

#include "ca/profile.h"

/* Empty but for what no file can change: its id, its name, whether it is a CA. The name is NULL for no such id. */
struct profile profile_begin(enum profile_id id);

/* A pattern of a section ("subject", "san", "addresses") has only the places that its kind of certificate can fill, and what
 * comes of it may stand in a certificate. ERR_USAGE with what is wanted. */
enum err profile_check_pattern(enum profile_id id, const char *section, const char *pattern, struct errbuf *why) MUST_CHECK;

/* A host to which names can be bound. ERR_INVALID. */
enum err profile_check_permitted(bool uri, const char *host, struct errbuf *why) MUST_CHECK;

/* The whole, once every key is read: the first fault and the key at which it is to be mended. */
struct profile_fault {
	const char *section, *key;
	struct errbuf why;
};
enum err profile_check(const struct profile *p, struct profile_fault *fault) MUST_CHECK;

unsigned profile_key_usage(const char *name); /* its X509v3_KU_* bit; 0: unknown */
int profile_use(const char *name);            /* its NID; 0: unknown */
/* Names of what is set, with ", " between them, appended. */
void profile_usage_names(const struct profile *p, struct buf *out);
int profile_part_rank(int nid); /* the place of an attribute in a subject */

#endif

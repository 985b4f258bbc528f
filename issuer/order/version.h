/* version: a change that is to be made to nothing but what whoever asks for it has seen (If-Match, RFC 9110 13.1.1). The
 * tag of an object is its row's version in quotes. */
#ifndef ISSUER_VERSION_H
#define ISSUER_VERSION_H

#include "issuer/store/store.h"

/* ERR_MALFORMED unless "*" or tags; NULL, which matches every version, is fine. */
enum err version_tags_check(const char *if_match, struct errbuf *why) MUST_CHECK;
/* ERR_PRECONDITION, with who changed the object and when, unless its version is among the tags. */
enum err version_check_tag(struct store *s, const char *if_match, const char *object, const char *tag,
			   struct errbuf *why) MUST_CHECK; /* tag: in quotes, 64 bytes at most */
enum err version_check(struct store *s, const char *if_match, const char *object, int64_t version,
		       struct errbuf *why) MUST_CHECK;

#endif

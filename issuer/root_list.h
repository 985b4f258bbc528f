/* root_list: the newest revocation list of the root that was ever served, kept in the database: an older file that is
 * put back takes nothing back of what the root has revoked. */
#ifndef ISSUER_ROOT_LIST_H
#define ISSUER_ROOT_LIST_H

#include "ca/crl_entries.h"
#include "issuer/store/store.h"

enum { ROOT_LIST_MOST = 1 << 20 };

/* A list as it was read and believed. */
struct root_list {
	struct crl_head head;
	struct crl_entries entries;
	struct buf der; /* ROOT_LIST_MOST at most */
};
/* ERR_MEMORY. Freed by root_list_free, NULL is fine. */
enum err root_list_new(struct root_list **out) MUST_CHECK;
void root_list_free(struct root_list *l);

/* What is kept of this root's, verified anew. ERR_NOT_FOUND: nothing. */
enum err root_list_kept(struct store *s, X509 *root, struct root_list *out, struct errbuf *why) MUST_CHECK;
/* The same of a database that is opened for it; one that cannot be read has nothing. */
enum err root_list_kept_in(const char *database, X509 *root, struct root_list *out) MUST_CHECK;

/* Of the list that a file had (DER or PEM) and the one that is kept, the one with the higher number: `list` is replaced
 * by the kept one, or the file's is kept from now on (where the disk lets it). *number gets that of the file's. A list
 * that crl_read does not believe stays what it is, and is not kept: *number is 0 then. */
enum err root_list_choose(struct store *s, X509 *root, struct buf *list, int64_t *number,
			  struct errbuf *why) MUST_CHECK;

#endif

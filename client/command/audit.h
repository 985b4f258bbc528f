/* audit: the hash chain of audit records, checked away from the server that keeps it. Pure. */
#ifndef CLIENT_COMMAND_AUDIT_H
#define CLIENT_COMMAND_AUDIT_H

#include "base/err.h"

#include <jansson.h>
#include <stdint.h>

enum { AUDIT_HASH_TEXT = 65 };

struct audit_chain {
	int64_t records;               /* checked so far; the last one's sequence */
	char hash[AUDIT_HASH_TEXT];    /* of the last one; zeros before the first */
	int64_t head_sequence;         /* what the server calls the newest */
	char head[AUDIT_HASH_TEXT];
	char journal[AUDIT_HASH_TEXT]; /* what the signer's journal keeps; zeros while it is empty */
	int64_t journal_record;        /* the record whose hash that is, 0 while none was seen */
};

/* head is {"sequence","hash","journal_head"}. It is fetched before the records, so that records made meanwhile do no harm.
 * ERR_MALFORMED. */
enum err audit_begin(struct audit_chain *c, const json_t *head, struct errbuf *why) MUST_CHECK;

/* The next item {"sequence","record","hash"}. ERR_CORRUPT names the sequence and what does not fit: its number, the hash
 * of its text, the number inside, the hash of the one before. */
enum err audit_add(struct audit_chain *c, const json_t *item, struct errbuf *why) MUST_CHECK;

/* All were added. ERR_CORRUPT when the head, or the journal's head, is none of them: records are missing at the end. */
enum err audit_end(const struct audit_chain *c, struct errbuf *why) MUST_CHECK;

#endif

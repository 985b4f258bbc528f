/* journal: what the signer has done, append-only, fsynced, one a node. JSON lines; a torn last line (power cut) was never
 * acknowledged and is cut off at start. Records: intent, done, revoke, release, crl, checkpoint. A checkpoint says that no
 * intent before it is open, so a start reads only from the last one. Members: "node","sequence","at","op","issuer",
 * "serial","not_after","order","tbs","head","reason","number", and "check": the first 16 hex digits of the SHA-256 of the
 * line without it, chained with the line before. */
#ifndef ISSUER_JOURNAL_H
#define ISSUER_JOURNAL_H

#include "issuer/signer/signer.h"

struct journal;

/* Takes the descriptor (O_RDWR | O_APPEND). ERR_CORRUPT names the line. */
enum err journal_open(int fd, const char *node, struct journal **out, struct errbuf *why) MUST_CHECK;
void journal_close(struct journal *j);

/* One host may have two writers (the signer and `counterfoild admin new`): every append takes flock on the file and first
 * reads what the other one has added. */
struct journal_record {
	const char *op; /* "intent", "done", "revoke", "release", "crl", "checkpoint" */
	const char *issuer, *serial, *order; /* NULL: left out */
	int64_t not_before, not_after;
	int reason;
	int64_t revoked_at, compromised_at;
	uint64_t number;
	const uint8_t *tbs_hash, *audit_head; /* 32 bytes, or NULL */
};
/* Durable when it returns ERR_OK. After ERR_IO the journal refuses every later append: issuing stops and says so. */
enum err journal_append(struct journal *j, const struct journal_record *r, int64_t now) MUST_CHECK;

/* What a start needs, kept up to date by appends. */
size_t journal_open_intents(const struct journal *j, struct open_intent *out, size_t most);
void journal_last_known(const struct journal *j, struct journal_last *out);
uint64_t journal_crl_number(const struct journal *j);
/* Walk a journal file from its beginning (recover, tests, campaign). */
enum err journal_walk(int fd, enum err (*each)(void *ctx, const struct journal_record *r, uint64_t sequence), void *ctx,
		      struct errbuf *why) MUST_CHECK;

#endif

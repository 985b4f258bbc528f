/* journal: what the signer has done, append-only, fsynced, one a node. JSON lines (journal_line.h); a torn last line
 * (power cut) was never acknowledged and is cut off at start. Records: intent, done, revoke, release, crl, clock, recover,
 * checkpoint, delegate (an OCSP responder's certificate, which no database keeps). A checkpoint says that no intent before it is open, so a start reads only from the last one. Members:
 * "node","sequence","at","op","issuer","serial","not_before","not_after","order","tbs","head","reason","revoked_at",
 * "compromised_at","number", in a checkpoint "revoked" and "latest", and "check": the first 16 hex digits of the SHA-256
 * of the check of the line before and of the line without it. */
#ifndef ISSUER_JOURNAL_H
#define ISSUER_JOURNAL_H

#include "issuer/signer/journal_state.h"

struct journal;

/* Takes the descriptor (O_RDWR | O_APPEND) of a regular file. ERR_CORRUPT names the line; ERR_REFUSED: the journal is
 * another node's. On failure the descriptor is closed too. */
enum err journal_open(int fd, const char *node, struct journal **out, struct errbuf *why) MUST_CHECK;
void journal_close(struct journal *j);

/* One host may have two writers (the signer and `counterfoild admin new`): every append takes flock on the file and first
 * reads what the other one has added. */
struct journal_record {
	const char *op; /* "intent", "done", "revoke", "release", "crl", "clock" (clock-accept), "recover", "delegate"; "checkpoint" when walking */
	const char *issuer, *serial, *order; /* NULL: left out */
	int64_t not_before, not_after;
	int reason;
	int64_t revoked_at, compromised_at;
	uint64_t number; /* of a CRL; "clock": clock_mono_ms at that moment */
	const uint8_t *tbs_hash, *audit_head; /* 32 bytes, or NULL */
	int64_t at; /* when it was written: for who walks */
};
/* Durable when it returns ERR_OK. ERR_FULL or ERR_IO: it could not be written, and the next append may succeed; but after
 * a failed fsync (or ERR_CORRUPT: the other writer's lines) the journal refuses every later append: issuing stops and says
 * so. ERR_UNAVAILABLE: the other writer holds the file for more than 5 s; ERR_INVALID: not a record; nothing was written
 * then. */
enum err journal_append(struct journal *j, const struct journal_record *r, int64_t now) MUST_CHECK;
/* Write a checkpoint when no intent is open and the last is at least 256 records back; else do nothing. */
enum err journal_checkpoint(struct journal *j, int64_t now) MUST_CHECK;
/* Now and then: keep room for what has to be written however full the disk is, first of all revocations. */
void journal_reserve(struct journal *j);
/* Why it cannot be written, or should not be but for revocations: ERR_FULL or ERR_IO until journal_reserve is given room
 * again; for good what journal_append never gets over. ERR_OK otherwise. The sentence names no file, and says which. */
enum err journal_unwritable(const struct journal *j, struct errbuf *why);
/* Read what another writer has added, without an append. */
enum err journal_catch_up(struct journal *j) MUST_CHECK;

/* What a start needs, kept up to date by appends. The intents, oldest first; returns how many were put into out. */
size_t journal_open_intents(const struct journal *j, struct open_intent *out, size_t most);
void journal_last_known(const struct journal *j, struct journal_last *out);
uint64_t journal_crl_number(const struct journal *j);
/* All of it; borrowed, valid until the next call that reads or appends. */
const struct journal_state *journal_peek(const struct journal *j);
/* Nobody works on this open intent any more: it is stale at once. */
void journal_give_up(struct journal *j, const char *serial);

/* Walk a journal file from its beginning (recover, tests, campaign). A torn last line is passed over. */
enum err journal_walk(int fd, enum err (*each)(void *ctx, const struct journal_record *r, uint64_t sequence), void *ctx,
		      struct errbuf *why) MUST_CHECK;

#endif

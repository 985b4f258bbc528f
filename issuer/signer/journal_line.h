/* journal_line: one line of the journal as a value, and as text with its place in the chain. Pure.
 *
 * The text is canonical JSON (sorted keys, compact) and a line feed. "check" is the first 16 hexadecimal digits of the
 * SHA-256 of: the check of the line before (16 zeros before the first), and the line's JSON without the check. Numbers
 * that are 0, texts that are "" and hashes of zeros are left out. An element of "revoked" is [serial, reason, revoked_at,
 * compromised_at]; in a checkpoint of an earlier version it is the serial alone. */
#ifndef ISSUER_JOURNAL_LINE_H
#define ISSUER_JOURNAL_LINE_H

#include "base/buf.h"
#include "issuer/signer/signer.h"

enum { JOURNAL_LINE_MAX = 4096, JOURNAL_CHECK_SIZE = 17, JOURNAL_REVOKED = 16 };

struct journal_line {
	int64_t sequence; /* 1, 2, ...: also the number of the line */
	int64_t at;
	char node[17], op[12];
	char issuer[65], serial[SERIAL_TEXT_SIZE], order[17];
	int64_t not_before, not_after;
	int64_t reason, revoked_at, compromised_at;
	int64_t number;
	uint8_t tbs[32], head[32];
	/* In a checkpoint only (where serial is that of the newest `done` and number that of the newest CRL). */
	int64_t latest;                                   /* the latest time seen */
	struct revocation revoked[JOURNAL_REVOKED];       /* newest first, as in struct journal_last */
	char check[JOURNAL_CHECK_SIZE];
};

extern const char journal_check_none[JOURNAL_CHECK_SIZE]; /* stands before the first line */

/* Set l->check from the check of the line before, and append the text with its line feed to out. */
enum err journal_line_write(struct journal_line *l, const char *previous, struct buf *out) MUST_CHECK;
/* The text without its line feed. Anything but the exact bytes that journal_line_write gives for these values behind
 * `previous` is ERR_CORRUPT. */
enum err journal_line_read(const void *text, size_t len, const char *previous, struct journal_line *out) MUST_CHECK;
/* Only the check that a line claims, for the line before a checkpoint. */
enum err journal_line_check(const void *text, size_t len, char check[JOURNAL_CHECK_SIZE]) MUST_CHECK;

#endif

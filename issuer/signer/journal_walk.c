/* The whole of a journal, from its first line: for recovery and for tests. */
#include "issuer/signer/journal.h"
#include "base/clock.h"
#include "issuer/signer/journal_read.h"

#include <string.h>
#include <sys/stat.h>

struct walk {
	struct journal_state state;
	enum err (*each)(void *ctx, const struct journal_record *r, uint64_t sequence);
	void *ctx;
	bool refused; /* by the callback: then the journal is not at fault */
};

static const char *text_or_null(const char *text)
{
	return text[0] ? text : NULL;
}

static const uint8_t *hash_or_null(const uint8_t hash[32])
{
	static const uint8_t none[32];
	return memcmp(hash, none, sizeof none) ? hash : NULL;
}

static enum err walk_line(void *ctx, const char *text, size_t len)
{
	struct walk *w = ctx;
	struct journal_line l;
	enum err rc = journal_line_read(text, len, w->state.check, &l);
	if (!rc && w->state.last.sequence == 0 && l.sequence != 1)
		rc = ERR_CORRUPT;
	if (!rc)
		rc = journal_state_apply(&w->state, &l, clock_mono_ms());
	if (rc)
		return rc;
	struct journal_record r = {.op = l.op, .issuer = text_or_null(l.issuer), .serial = text_or_null(l.serial),
				   .order = text_or_null(l.order), .not_before = l.not_before, .not_after = l.not_after,
				   .reason = (int)l.reason, .revoked_at = l.revoked_at,
				   .compromised_at = l.compromised_at, .number = (uint64_t)l.number,
				   .tbs_hash = hash_or_null(l.tbs), .audit_head = hash_or_null(l.head), .at = l.at};
	rc = w->each ? w->each(w->ctx, &r, (uint64_t)l.sequence) : ERR_OK;
	w->refused = rc != ERR_OK;
	return rc;
}

enum err journal_walk(int fd, enum err (*each)(void *ctx, const struct journal_record *r, uint64_t sequence), void *ctx,
		      struct errbuf *why)
{
	struct stat st;
	struct walk w = {.each = each, .ctx = ctx};
	off_t stopped = 0;
	journal_state_begin(&w.state);
	enum err rc = fstat(fd, &st) == 0 ? ERR_OK : fail(why, ERR_IO, "the journal cannot be read");
	if (!rc) {
		rc = journal_read_lines(fd, 0, st.st_size, walk_line, &w, &stopped);
		if (rc && !w.refused)
			journal_fault(fd, stopped, rc, why);
	}
	journal_state_end(&w.state);
	return rc;
}

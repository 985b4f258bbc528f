#include "issuer/signer/journal.h"
#include "base/clock.h"
#include "base/crash.h"
#include "base/file.h"
#include "issuer/signer/journal_read.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { CHECKPOINT_AFTER = 256, LOCK_WAIT_MS = 5000, LOCK_POLL_NS = 2000000, RESERVE_BYTES = 65536 };

struct journal {
	int fd;
	off_t end;       /* behind the last line that `state` knows */
	enum err broken; /* sticky */
	off_t reserved;  /* up to here the file has room, however full the disk is */
	enum err fault;  /* the last call that failed on the file, and how */
	const char *fault_call;
	int fault_number;
	char node[17];
	struct journal_state state;
};

/* Bounded: a writer that was stopped while it held the file must not hang the signer for ever. */
static enum err lock(const struct journal *j)
{
	const struct timespec pause = {.tv_nsec = LOCK_POLL_NS};
	for (int64_t until = clock_mono_ms() + LOCK_WAIT_MS; flock(j->fd, LOCK_EX | LOCK_NB) != 0;) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			return ERR_IO;
		if (clock_mono_ms() >= until)
			return ERR_UNAVAILABLE;
		nanosleep(&pause, NULL);
	}
	return ERR_OK;
}

static void unlock(const struct journal *j)
{
	flock(j->fd, LOCK_UN);
}

static enum err failed(struct journal *j, const char *call, enum err e)
{
	j->fault_call = call;
	j->fault_number = errno;
	j->fault = e;
	return e;
}

static enum err take_line(void *ctx, const char *text, size_t len)
{
	struct journal *j = ctx;
	struct journal_line l;
	enum err rc = journal_line_read(text, len, j->state.check, &l);
	if (!rc && strcmp(l.node, j->node) != 0)
		rc = ERR_REFUSED;
	return rc ? rc : journal_state_apply(&j->state, &l, clock_mono_ms());
}

/* Under the lock nobody is writing: a line without its end was cut by a crash and never acknowledged. What stood reserved
 * behind it goes with it. */
static enum err read_new_lines(struct journal *j)
{
	struct stat st;
	if (fstat(j->fd, &st) != 0)
		return ERR_IO;
	if (st.st_size < j->end)
		return ERR_CORRUPT;
	enum err rc = journal_read_lines(j->fd, j->end, st.st_size, take_line, j, &j->end);
	if (rc || j->end == st.st_size)
		return rc;
	j->reserved = 0;
	return ftruncate(j->fd, j->end) == 0 ? ERR_OK : failed(j, "ftruncate", file_error(errno));
}

static enum err begin(struct journal *j)
{
	if (j->broken)
		return j->broken;
	enum err rc = lock(j);
	if (rc)
		return rc;
	rc = read_new_lines(j);
	if (rc) {
		j->broken = rc == ERR_FULL ? ERR_OK : rc;
		unlock(j);
	}
	return rc;
}

/* A failed write (a full disk) leaves at most half a line, which whoever reads next cuts off: there the journal goes on, for
 * revoking must work again as soon as there is room. After a failed fsync nobody knows what is on the disk, so nothing more
 * may be acknowledged. */
static enum err put(struct journal *j, const struct buf *text)
{
	enum err rc = file_write_all(j->fd, text->data, text->len);
	if (rc)
		rc = failed(j, "write", rc);
	crash_point(CRASH_JOURNAL_WRITTEN);
	if (rc)
		return rc;
	if (fsync(j->fd) != 0)
		j->broken = failed(j, "fsync", ERR_IO);
	return j->broken;
}

static enum err write_line(struct journal *j, struct journal_line *l)
{
	struct buf text = BUF_INIT(JOURNAL_LINE_MAX);
	l->sequence = (int64_t)j->state.last.sequence + 1;
	memcpy(l->node, j->node, sizeof l->node);
	enum err rc = journal_state_reserve(&j->state);
	if (!rc)
		rc = journal_line_write(l, j->state.check, &text);
	if (!rc)
		rc = put(j, &text);
	if (!rc) {
		j->end += (off_t)text.len;
		rc = journal_state_apply(&j->state, l, clock_mono_ms());
	}
	buf_free(&text);
	return rc;
}

/* Ids, serials and operations: printable ASCII that fits, or nothing. */
static bool put_text(char *out, size_t size, const char *text)
{
	size_t len = text ? strlen(text) : 0;
	bool fits = len < size;
	for (size_t i = 0; fits && i < len; i++)
		fits = text[i] > ' ' && text[i] < 0x7f;
	if (fits && text)
		memcpy(out, text, len + 1);
	return fits;
}

static enum err line_of(const struct journal_record *r, int64_t now, struct journal_line *l)
{
	*l = (struct journal_line){.at = now, .not_before = r->not_before, .not_after = r->not_after, .reason = r->reason,
				   .revoked_at = r->revoked_at, .compromised_at = r->compromised_at};
	if (now <= 0 || r->number > INT64_MAX || !journal_op_known(r->op) || !strcmp(r->op, "checkpoint"))
		return ERR_INVALID;
	l->number = (int64_t)r->number;
	if (!put_text(l->op, sizeof l->op, r->op) || !put_text(l->issuer, sizeof l->issuer, r->issuer) ||
	    !put_text(l->serial, sizeof l->serial, r->serial) || !put_text(l->order, sizeof l->order, r->order))
		return ERR_INVALID;
	if (r->tbs_hash)
		memcpy(l->tbs, r->tbs_hash, sizeof l->tbs);
	if (r->audit_head)
		memcpy(l->head, r->audit_head, sizeof l->head);
	return ERR_OK;
}

enum err journal_append(struct journal *j, const struct journal_record *r, int64_t now)
{
	struct journal_line l;
	enum err rc = line_of(r, now, &l);
	if (!rc)
		rc = begin(j);
	if (rc)
		return rc;
	rc = write_line(j, &l);
	unlock(j);
	return rc;
}

static bool checkpoint_due(const struct journal_state *s)
{
	return s->intent_count == 0 && s->since_checkpoint >= CHECKPOINT_AFTER;
}

enum err journal_checkpoint(struct journal *j, int64_t now)
{
	const struct journal_state *s = &j->state;
	if (!checkpoint_due(s) || now <= 0)
		return ERR_OK;
	enum err rc = begin(j);
	if (rc)
		return rc;
	struct journal_line l = {.op = "checkpoint", .at = now, .number = (int64_t)s->crl_number, .latest = s->latest};
	memcpy(l.serial, s->last.done_serial, sizeof l.serial);
	memcpy(l.revoked, s->last.revoked, sizeof l.revoked);
	memcpy(l.head, s->last.audit_head, sizeof l.head);
	if (checkpoint_due(s)) /* the other writer may just have begun */
		rc = write_line(j, &l);
	unlock(j);
	return rc;
}

/* What is given out beyond the end stays the file's; a file system that cannot do so says nothing of its room. */
void journal_reserve(struct journal *j)
{
	if (j->broken || (j->fault == ERR_OK && j->reserved - j->end >= RESERVE_BYTES / 2))
		return;
	if (fallocate(j->fd, FALLOC_FL_KEEP_SIZE, j->end, RESERVE_BYTES) != 0 && errno != EOPNOTSUPP && errno != ENOSYS) {
		if (errno != EINTR)
			failed(j, "fallocate", file_error(errno));
		return;
	}
	j->reserved = j->end + RESERVE_BYTES;
	j->fault = ERR_OK;
}

enum err journal_unwritable(const struct journal *j, struct errbuf *why)
{
	enum err e = j->broken ? j->broken : j->fault;
	if (e == ERR_FULL)
		return fail(why, e, "the disk is full: the journal cannot be written (%s: %s)", j->fault_call,
			    strerror(j->fault_number));
	if (e && j->fault == e)
		return fail(why, e, "the journal failed (%s: %s): nothing is issued%s", j->fault_call,
			    strerror(j->fault_number), j->broken ? " or revoked until the daemon is started anew" : "");
	return e ? fail(why, e, "the journal cannot be believed (%s): nothing is issued or revoked", err_text(e)) : ERR_OK;
}

enum err journal_catch_up(struct journal *j)
{
	enum err rc = begin(j);
	if (!rc)
		unlock(j);
	return rc;
}

static enum err read_from_checkpoint(struct journal *j, struct errbuf *why)
{
	struct stat st;
	struct journal_place start;
	if (fstat(j->fd, &st) != 0 || !S_ISREG(st.st_mode))
		return fail(why, ERR_IO, "the journal is not a regular file");
	enum err rc = journal_find_start(j->fd, st.st_size, &start);
	if (rc)
		return fail(why, rc, "the journal cannot be read: %s", err_text(rc));
	j->end = start.offset;
	memcpy(j->state.check, start.check, sizeof start.check);
	rc = read_new_lines(j);
	if (rc == ERR_REFUSED)
		return fail(why, rc, "the journal is not that of node %s", j->node);
	if (rc)
		return journal_fault(j->fd, j->end, rc, why);
	/* what an earlier process wrote and did not live to sync is now relied upon */
	return fsync(j->fd) == 0 ? ERR_OK : fail(why, ERR_IO, "fsync of the journal: %s", strerror(errno));
}

enum err journal_open(int fd, const char *node, struct journal **out, struct errbuf *why)
{
	struct journal *j = calloc(1, sizeof *j);
	if (!j) {
		close(fd);
		return ERR_MEMORY;
	}
	j->fd = fd;
	journal_state_begin(&j->state);
	enum err rc = put_text(j->node, sizeof j->node, node) && j->node[0] ? ERR_OK : ERR_INVALID;
	if (!rc)
		rc = lock(j);
	if (rc) {
		fail(why, rc, "the journal of node %.16s cannot be locked: %s", node, err_text(rc));
		goto out;
	}
	rc = read_from_checkpoint(j, why);
	unlock(j);
	if (rc)
		goto out;
	for (size_t i = 0; i < j->state.intent_count; i++)
		j->state.intents[i].given_up = true; /* of an earlier process */
	*out = j;
	j = NULL;
out:
	journal_close(j);
	return rc;
}

void journal_close(struct journal *j)
{
	if (!j)
		return;
	close(j->fd);
	journal_state_end(&j->state);
	free(j);
}

size_t journal_open_intents(const struct journal *j, struct open_intent *out, size_t most)
{
	size_t n = 0;
	for (; n < j->state.intent_count && n < most; n++)
		out[n] = j->state.intents[n].what;
	return n;
}

void journal_last_known(const struct journal *j, struct journal_last *out)
{
	*out = j->state.last;
}

uint64_t journal_crl_number(const struct journal *j)
{
	return j->state.crl_number;
}

const struct journal_state *journal_peek(const struct journal *j)
{
	return &j->state;
}

void journal_give_up(struct journal *j, const char *serial)
{
	struct journal_intent *i = journal_state_of_serial(&j->state, serial);
	if (i)
		i->given_up = true;
}

#include "issuer/signer/journal_read.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

enum { CHUNK = 65536 };

static const char checkpoint_mark[] = "\"op\":\"checkpoint\"";
enum { MARK_LENGTH = sizeof checkpoint_mark - 1 };

/* Exactly len bytes. */
static enum err read_at(int fd, char *out, size_t len, off_t at)
{
	while (len > 0) {
		ssize_t n = pread(fd, out, len, at);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return ERR_IO;
		out += n;
		len -= (size_t)n;
		at += n;
	}
	return ERR_OK;
}

enum err journal_read_lines(int fd, off_t at, off_t end, journal_text_fn *each, void *ctx, off_t *stopped)
{
	char chunk[CHUNK];
	enum err rc = ERR_OK;
	while (at < end && !rc) {
		size_t len = end - at < CHUNK ? (size_t)(end - at) : CHUNK;
		const char *p = chunk, *feed;
		rc = read_at(fd, chunk, len, at);
		while (!rc && (feed = memchr(p, '\n', len))) {
			rc = each(ctx, p, (size_t)(feed - p));
			if (rc)
				break;
			len -= (size_t)(feed + 1 - p);
			at += feed + 1 - p;
			p = feed + 1;
		}
		if (!rc && p == chunk) { /* not one whole line */
			rc = len > JOURNAL_LINE_MAX ? ERR_CORRUPT : ERR_OK;
			break;
		}
	}
	*stopped = at;
	return rc;
}

/* Offset behind the last line feed before `end`: the beginning of the line that holds end. -1: too far away. */
static enum err line_start(int fd, off_t end, off_t *out)
{
	char window[JOURNAL_LINE_MAX];
	size_t len = end < JOURNAL_LINE_MAX ? (size_t)end : JOURNAL_LINE_MAX;
	enum err rc = read_at(fd, window, len, end - (off_t)len);
	const char *feed = rc ? NULL : memrchr(window, '\n', len);
	*out = feed ? end - (off_t)len + (feed + 1 - window) : (off_t)len == end ? 0 : -1;
	return rc;
}

/* The last place of the mark in [0, end), or -1. */
static enum err find_mark(int fd, off_t end, off_t *out)
{
	char chunk[CHUNK];
	*out = -1;
	while (end > 0 && *out < 0) {
		size_t len = end < CHUNK ? (size_t)end : CHUNK;
		off_t start = end - (off_t)len;
		enum err rc = read_at(fd, chunk, len, start);
		if (rc)
			return rc;
		const char *p = chunk;
		while ((p = memmem(p, len - (size_t)(p - chunk), checkpoint_mark, MARK_LENGTH)))
			*out = start + (p++ - chunk);
		end = start > 0 ? start + MARK_LENGTH - 1 : 0; /* the mark may lie across two chunks */
	}
	return ERR_OK;
}

/* The check that the line just before `offset` claims. */
static enum err check_before(int fd, off_t offset, char check[JOURNAL_CHECK_SIZE])
{
	char line[JOURNAL_LINE_MAX];
	off_t start = -1;
	enum err rc = line_start(fd, offset - 1, &start);
	size_t len = (size_t)(offset - 1 - start);
	if (!rc && (start < 0 || len > sizeof line))
		rc = ERR_CORRUPT;
	if (!rc)
		rc = read_at(fd, line, len, start);
	return rc ? rc : journal_line_check(line, len, check);
}

enum err journal_find_start(int fd, off_t size, struct journal_place *out)
{
	off_t whole = -1, mark = -1, line = -1;
	memset(out, 0, sizeof *out);
	memcpy(out->check, journal_check_none, sizeof out->check);
	enum err rc = line_start(fd, size, &whole); /* a torn last line may be a checkpoint's */
	if (!rc && whole > 0)
		rc = find_mark(fd, whole, &mark);
	if (!rc && mark >= 0)
		rc = line_start(fd, mark, &line);
	if (rc || line <= 0)
		return rc;
	if (check_before(fd, line, out->check) == ERR_OK)
		out->offset = line;
	else
		memcpy(out->check, journal_check_none, sizeof out->check);
	return ERR_OK;
}

enum err journal_fault(int fd, off_t offset, enum err e, struct errbuf *why)
{
	char chunk[CHUNK];
	unsigned long number = 1;
	if (e != ERR_CORRUPT)
		return fail(why, e, "the journal cannot be read: %s", err_text(e));
	for (off_t at = 0; at < offset;) {
		size_t len = offset - at < CHUNK ? (size_t)(offset - at) : CHUNK;
		if (read_at(fd, chunk, len, at))
			break;
		for (size_t i = 0; i < len; i++)
			number += chunk[i] == '\n';
		at += (off_t)len;
	}
	return fail(why, e, "line %lu of the journal is damaged, missing or out of order", number);
}

#include "base/file.h"
#include "base/file_stream.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CHUNK = 65536 };

enum err file_join(char out[4096], const char *dir, const char *name)
{
	int n = snprintf(out, 4096, "%s/%s", dir, name);
	return n > 0 && n < 4096 ? ERR_OK : ERR_TOO_LARGE;
}

enum err file_error(int number)
{
	return number == ENOSPC || number == EDQUOT ? ERR_FULL : ERR_IO;
}

bool file_fault(enum err e)
{
	return e == ERR_FULL || e == ERR_IO || e == ERR_CORRUPT;
}

enum err file_write_all(int fd, const void *bytes, size_t len)
{
	const char *p = bytes;
	while (len > 0) {
		ssize_t n = write(fd, p, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? file_error(errno) : ERR_IO;
		p += n;
		len -= (size_t)n;
	}
	return ERR_OK;
}

ssize_t file_read_some(int fd, void *into, size_t most)
{
	ssize_t n;
	do {
		n = read(fd, into, most);
	} while (n < 0 && errno == EINTR);
	return n;
}

enum err file_failed(struct errbuf *why, const char *what, const char *path)
{
	int saved = errno;
	enum err e = saved == ENOENT ? ERR_NOT_FOUND : saved == EEXIST ? ERR_EXISTS : file_error(saved);
	return fail(why, e, "%s %s: %s", what, path, strerror(saved));
}

enum err file_sync_folder(const char *path, struct errbuf *why)
{
	char folder[4096];
	snprintf(folder, sizeof folder, "%s", path);
	char *slash = strrchr(folder, '/');
	if (!slash)
		snprintf(folder, sizeof folder, ".");
	else
		slash[slash == folder ? 1 : 0] = '\0';
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return file_failed(why, "open folder", folder);
	int bad = fsync(fd);
	close(fd);
	return bad ? file_failed(why, "fsync folder", folder) : ERR_OK;
}

static enum err finish(struct file_stream *f, const void *bytes, size_t len, bool replace, struct errbuf *why)
{
	enum err e = file_stream_write(f, bytes, len, why);
	if (!e)
		e = replace ? file_stream_publish(f, why) : file_stream_publish_new(f, why);
	file_stream_drop(f);
	return e;
}

enum err file_publish(const char *path, const void *bytes, size_t len, mode_t mode, struct errbuf *why)
{
	struct file_stream f;
	enum err e = file_stream_begin(&f, path, mode, why);
	return e ? e : finish(&f, bytes, len, true, why);
}

enum err file_publish_new(const char *path, const void *bytes, size_t len, mode_t mode, struct errbuf *why)
{
	struct file_stream f;
	enum err e = file_stream_begin(&f, path, mode, why);
	return e ? e : finish(&f, bytes, len, false, why);
}

enum err file_publish_marked(const char *path, const char *mark, const struct buf *bytes, mode_t mode, struct errbuf *why)
{
	struct file_stream f;
	enum err e = file_stream_begin_marked(&f, path, mark, mode, why);
	return e ? e : finish(&f, bytes->data, bytes->len, true, why);
}

enum err file_read_fd(int fd, const char *name, struct buf *out, struct errbuf *why)
{
	off_t at = lseek(fd, 0, SEEK_SET) == 0 ? 0 : -1;
	for (;;) {
		size_t want = out->cap - out->len < CHUNK ? out->cap - out->len + 1 : CHUNK;
		uint8_t chunk[CHUNK];
		ssize_t n = at < 0 ? read(fd, chunk, want) : pread(fd, chunk, want, at);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return file_failed(why, "read", name);
		buf_add(out, chunk, (size_t)n);
		explicit_bzero(chunk, (size_t)n);
		if (n == 0 || out->err)
			break;
		at = at < 0 ? at : at + n;
	}
	if (out->err == ERR_TOO_LARGE)
		return fail(why, ERR_TOO_LARGE, "%s is larger than %zu bytes", name, out->cap);
	return buf_check(out);
}

static enum err open_regular(const char *path, int *fd, struct stat *st, struct errbuf *why)
{
	*fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (*fd < 0)
		return file_failed(why, "open", path);
	if (fstat(*fd, st) == 0 && S_ISREG(st->st_mode))
		return ERR_OK;
	close(*fd);
	return fail(why, ERR_INVALID, "%s is not a regular file", path);
}

static enum err read_without(mode_t refused, const char *path, struct buf *out, struct errbuf *why)
{
	struct stat st;
	int fd = -1;
	enum err e = open_regular(path, &fd, &st, why);
	if (e)
		return e;
	if (st.st_mode & refused)
		e = fail(why, ERR_REFUSED, "%s may be written by others: chmod 644 %s", path, path);
	else
		e = file_read_fd(fd, path, out, why);
	close(fd);
	return e;
}

enum err file_read(const char *path, struct buf *out, struct errbuf *why)
{
	return read_without(0, path, out, why);
}

enum err file_read_guarded(const char *path, struct buf *out, struct errbuf *why)
{
	return read_without(S_IWGRP | S_IWOTH, path, out, why);
}

enum err file_read_secret_fd(int fd, const char *name, size_t max, struct secret **out, struct errbuf *why)
{
	struct buf bytes = BUF_INIT(max);
	enum err e = file_read_fd(fd, name, &bytes, why);
	if (!e && bytes.len == 0)
		e = fail(why, ERR_INVALID, "%s is empty", name);
	if (!e) {
		*out = secret_copy(bytes.data, bytes.len);
		e = *out ? ERR_OK : fail(why, ERR_MEMORY, "no locked memory for %s", name);
	}
	buf_free(&bytes);
	return e;
}

enum err file_read_secret(const char *path, size_t max, struct secret **out, struct errbuf *why)
{
	struct stat st;
	int fd = -1;
	enum err e = open_regular(path, &fd, &st, why);
	if (e)
		return e;
	if (st.st_mode & (S_IRWXG | S_IRWXO))
		e = fail(why, ERR_REFUSED, "%s may be read by others: chmod 600 %s", path, path);
	else
		e = file_read_secret_fd(fd, path, max, out, why);
	close(fd);
	return e;
}

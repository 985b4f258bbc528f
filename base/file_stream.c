#include "base/file_stream.h"
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static enum err cannot(const struct file_stream *f, const char *what, struct errbuf *why)
{
	int saved = errno;
	return fail(why, file_error(saved), "%s %s: %s", what, f->path, strerror(saved));
}

enum err file_stream_begin(struct file_stream *f, const char *path, mode_t mode, struct errbuf *why)
{
	f->fd = -1;
	int n = snprintf(f->temporary, sizeof f->temporary, "%s.XXXXXX", path);
	if (n < 0 || (size_t)n >= sizeof f->temporary)
		return fail(why, ERR_USAGE, "the path of a file is longer than %zu bytes", sizeof f->temporary - 1);
	memcpy(f->path, path, strlen(path) + 1);
	f->fd = mkostemp(f->temporary, O_CLOEXEC);
	if (f->fd < 0)
		return cannot(f, "create", why);
	if (fchmod(f->fd, mode) == 0)
		return ERR_OK;
	enum err e = cannot(f, "create", why);
	file_stream_drop(f);
	return e;
}

enum err file_stream_write(struct file_stream *f, const void *bytes, size_t len, struct errbuf *why)
{
	return file_write_all(f->fd, bytes, len) ? cannot(f, "write", why) : ERR_OK;
}

enum err file_stream_restart(struct file_stream *f, struct errbuf *why)
{
	return ftruncate(f->fd, 0) != 0 || lseek(f->fd, 0, SEEK_SET) != 0 ? cannot(f, "write", why) : ERR_OK;
}

enum err file_stream_publish(struct file_stream *f, struct errbuf *why)
{
	enum err e = fsync(f->fd) != 0 ? cannot(f, "write", why) : ERR_OK;
	if (close(f->fd) != 0 && !e)
		e = cannot(f, "close", why);
	f->fd = -1;
	if (!e && rename(f->temporary, f->path) != 0)
		e = cannot(f, "rename to", why);
	if (!e)
		return file_sync_folder(f->path, why);
	unlink(f->temporary);
	return e;
}

void file_stream_drop(struct file_stream *f)
{
	if (f->fd < 0)
		return;
	close(f->fd);
	f->fd = -1;
	unlink(f->temporary);
}

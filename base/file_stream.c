#include "base/file_stream.h"
#include "base/crash.h"
#include "base/file.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum err file_stream_begin(struct file_stream *f, const char *path, mode_t mode, struct errbuf *why)
{
	return file_stream_begin_marked(f, path, ".", mode, why);
}

enum err file_stream_begin_marked(struct file_stream *f, const char *path, const char *mark, mode_t mode,
				  struct errbuf *why)
{
	f->fd = -1;
	int n = snprintf(f->temporary, sizeof f->temporary, "%s%sXXXXXX", path, mark);
	if (n < 0 || (size_t)n >= sizeof f->temporary)
		return fail(why, ERR_TOO_LARGE, "path too long: %.80s...", path);
	memcpy(f->path, path, strlen(path) + 1);
	f->fd = mkostemp(f->temporary, O_CLOEXEC);
	if (f->fd < 0)
		return file_failed(why, "create", path);
	if (fchmod(f->fd, mode) == 0)
		return ERR_OK;
	enum err e = file_failed(why, "create", path);
	file_stream_drop(f);
	return e;
}

enum err file_stream_write(struct file_stream *f, const void *bytes, size_t len, struct errbuf *why)
{
	return file_write_all(f->fd, bytes, len) ? file_failed(why, "write", f->path) : ERR_OK;
}

enum err file_stream_restart(struct file_stream *f, struct errbuf *why)
{
	bool bad = ftruncate(f->fd, 0) != 0 || lseek(f->fd, 0, SEEK_SET) != 0;
	return bad ? file_failed(why, "write", f->path) : ERR_OK;
}

static enum err settle(struct file_stream *f, struct errbuf *why)
{
	enum err e = fsync(f->fd) != 0 ? file_failed(why, "write", f->path) : ERR_OK;
	if (close(f->fd) != 0 && !e)
		e = file_failed(why, "close", f->path);
	f->fd = -1;
	return e;
}

static enum err publish(struct file_stream *f, bool replace, struct errbuf *why)
{
	enum err e = settle(f, why);
	if (!e) {
		crash_point(CRASH_FILE_PUBLISHING);
		if ((replace ? rename(f->temporary, f->path) : link(f->temporary, f->path)) != 0)
			e = file_failed(why, "publish", f->path);
	}
	if (e || !replace)
		unlink(f->temporary);
	return e ? e : file_sync_folder(f->path, why);
}

enum err file_stream_publish(struct file_stream *f, struct errbuf *why)
{
	return publish(f, true, why);
}

enum err file_stream_publish_new(struct file_stream *f, struct errbuf *why)
{
	return publish(f, false, why);
}

void file_stream_drop(struct file_stream *f)
{
	if (f->fd < 0)
		return;
	close(f->fd);
	f->fd = -1;
	unlink(f->temporary);
}

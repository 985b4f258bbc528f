/* file_stream: a file that is written piece by piece, and published atomically when it is whole.
 *
 * Until then it has a temporary name in the same folder; a reader sees the old file or the new one. */
#ifndef BASE_FILE_STREAM_H
#define BASE_FILE_STREAM_H

#include "base/err.h"

#include <stddef.h>
#include <sys/types.h>

struct file_stream {
	int fd; /* -1 once it has ended */
	char path[4096], temporary[4096];
};

/* ERR_TOO_LARGE when the path is too long, else by file_failed. */
enum err file_stream_begin(struct file_stream *f, const char *path, mode_t mode, struct errbuf *why) MUST_CHECK;
/* The same by a temporary name that begins with path and mark, of six characters more: what is left when the power goes
 * can be told from everything else by it. Elsewhere the mark is ".". */
enum err file_stream_begin_marked(struct file_stream *f, const char *path, const char *mark, mode_t mode,
				  struct errbuf *why) MUST_CHECK;
enum err file_stream_write(struct file_stream *f, const void *bytes, size_t len, struct errbuf *why) MUST_CHECK;
/* Forget what was written. */
enum err file_stream_restart(struct file_stream *f, struct errbuf *why) MUST_CHECK;
/* Sync, and put it at its path; it has ended, whatever is returned. */
enum err file_stream_publish(struct file_stream *f, struct errbuf *why) MUST_CHECK;
/* The same, but ERR_EXISTS when path exists; never replaces. */
enum err file_stream_publish_new(struct file_stream *f, struct errbuf *why) MUST_CHECK;
/* It never was, unless it has ended. */
void file_stream_drop(struct file_stream *f);

#endif

/* file: whole files, read with a cap and published atomically.
 *
 * Publishing writes a temporary name in the same folder, fsyncs, renames, and fsyncs the folder: a reader sees the old
 * file or the new one, and what returned ERR_OK survives a power cut. */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include "base/buf.h"
#include "base/secret.h"

#include <sys/types.h>

/* Publish `len` bytes at path with mode (0600 for anything private). */
enum err file_publish(const char *path, const void *bytes, size_t len, mode_t mode, struct errbuf *why) MUST_CHECK;
/* The same, but ERR_EXISTS when path exists; never replaces. */
enum err file_publish_new(const char *path, const void *bytes, size_t len, mode_t mode, struct errbuf *why) MUST_CHECK;

/* file_publish under a temporary name with a mark: file_stream_begin_marked. */
enum err file_publish_marked(const char *path, const char *mark, const struct buf *bytes, mode_t mode,
			     struct errbuf *why) MUST_CHECK;

/* Append the whole file to out; ERR_TOO_LARGE by out's cap, ERR_NOT_FOUND, ERR_IO. Refuses what is not a regular file. */
enum err file_read(const char *path, struct buf *out, struct errbuf *why) MUST_CHECK;
/* The same of one that others depend on: ERR_REFUSED when group or others may write it. */
enum err file_read_guarded(const char *path, struct buf *out, struct errbuf *why) MUST_CHECK;
/* Append what an open descriptor holds, from its beginning where it can seek. The name is for the error text. */
enum err file_read_fd(int fd, const char *name, struct buf *out, struct errbuf *why) MUST_CHECK;
/* A private file of 1 to max bytes into a new secret; refuses one that group or others may read. */
enum err file_read_secret(const char *path, size_t max, struct secret **out, struct errbuf *why) MUST_CHECK;
enum err file_read_secret_fd(int fd, const char *name, size_t max, struct secret **out, struct errbuf *why) MUST_CHECK;

/* What names path is on the disk for good. */
enum err file_sync_folder(const char *path, struct errbuf *why) MUST_CHECK;

/* What a failed call on a file means by its errno: ERR_FULL for no room (disk, quota), else ERR_IO. */
enum err file_error(int number);
/* The same of errno, with ERR_NOT_FOUND and ERR_EXISTS beside; *why says "what path: reason". */
enum err file_failed(struct errbuf *why, const char *what, const char *path);
/* ERR_FULL, ERR_IO or ERR_CORRUPT: a disk is full, failing or damaged. */
bool file_fault(enum err e);
/* Write all of it to a descriptor, through short writes and EINTR. */
enum err file_write_all(int fd, const void *bytes, size_t len) MUST_CHECK;
/* read(), again when a signal came between. */
ssize_t file_read_some(int fd, void *into, size_t most);

/* "dir/name" into out (PATH_MAX bytes); ERR_TOO_LARGE when it does not fit. */
enum err file_join(char out[4096], const char *dir, const char *name) MUST_CHECK;

#endif

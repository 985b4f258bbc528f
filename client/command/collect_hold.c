/* One run has a key file at a time: two that make or take it at once would each withdraw, or certify, what is the other's. The lock
 * is the process's, so that nothing has to be cleaned up behind one that was killed. */
#include "base/file.h"
#include "base/file_stream.h"
#include "client/command/collect_key.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static enum err in_use(const struct own_key *k, struct errbuf *why)
{
	return fail(why, ERR_CONFLICT, "another run is using %.200s: let it end, or give another name", k->path);
}

/* Whoever held it may have withdrawn it meanwhile: then this is no longer what lies at the path. */
static bool still_there(const struct own_key *k)
{
	struct stat held, there;
	return fstat(k->lock, &held) == 0 && stat(k->path, &there) == 0 && held.st_dev == there.st_dev && held.st_ino == there.st_ino;
}

enum err own_key_hold(struct own_key *k, struct errbuf *why)
{
	int flags = O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
	k->lock = open(k->path, O_RDWR | flags); /* over NFS an exclusive lock wants a file that may be written */
	if (k->lock < 0)
		k->lock = open(k->path, O_RDONLY | flags);
	if (k->lock < 0)
		return file_failed(why, "open", k->path);
	if (flock(k->lock, LOCK_EX | LOCK_NB) != 0)
		return errno == EWOULDBLOCK ? in_use(k, why) : file_failed(why, "lock", k->path);
	return still_there(k) ? ERR_OK : in_use(k, why);
}

/* Held before it has its name: nobody can come between. */
enum err own_key_publish(struct own_key *k, const void *bytes, size_t len, struct errbuf *why)
{
	struct file_stream f;
	enum err e = file_stream_begin(&f, k->path, 0600, why);
	if (e)
		return e;
	k->lock = fcntl(f.fd, F_DUPFD_CLOEXEC, 0);
	if (k->lock < 0 || flock(k->lock, LOCK_EX | LOCK_NB) != 0)
		e = file_failed(why, "lock", k->path);
	if (!e)
		e = file_stream_write(&f, bytes, len, why);
	if (!e)
		e = file_stream_publish_new(&f, why);
	file_stream_drop(&f);
	return e == ERR_EXISTS ? in_use(k, why) : e;
}

void own_key_let_go(struct own_key *k)
{
	if (k->lock >= 0)
		close(k->lock);
	k->lock = -1;
}

#include "issuer/keys_unfinished.h"

#include "base/file.h"
#include "issuer/issuers.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { KEY_MOST = 65536, DRAWN = 6 };

static const char with_mark[] = ".key" KEY_UNFINISHED_MARK, as_once[] = ".key.";

struct sweep {
	const char *folder, *behind; /* what stands behind the id in the names that are looked for */
	int fd;
	bool erase, erased;
	unfinished_seen *each;
	void *ctx;
};

static bool unfinished(const char *name, const char *behind)
{
	static const char pending[] = "pending-";
	size_t digits = ISSUER_ID_SIZE - 1, drawn = 0;
	name += strncmp(name, pending, sizeof pending - 1) == 0 ? sizeof pending - 1 : 0;
	if (strspn(name, "0123456789abcdef") != digits || strncmp(name + digits, behind, strlen(behind)) != 0)
		return false;
	name += digits + strlen(behind);
	while (isalnum((unsigned char)name[drawn]))
		drawn++;
	return drawn == DRAWN && !name[drawn];
}

static enum err check_ours(const struct stat *st, const char *path, struct errbuf *why)
{
	if (!S_ISREG(st->st_mode) || st->st_size > KEY_MOST)
		return fail(why, ERR_REFUSED, "%s is not a key's file", path);
	if (st->st_mode & (S_IRWXG | S_IRWXO))
		return fail(why, ERR_REFUSED, "%s may be read by others", path);
	if (st->st_uid != geteuid() && geteuid() != 0)
		return fail(why, ERR_REFUSED, "%s is another user's", path);
	return ERR_OK;
}

/* One with a second name is that file: only this name goes. */
static enum err overwrite(int fd, const struct stat *st, const char *path, struct errbuf *why)
{
	static const uint8_t zeros[KEY_MOST];
	if (st->st_nlink != 1)
		return ERR_OK;
	return file_write_all(fd, zeros, (size_t)st->st_size) || fsync(fd) != 0 ? file_failed(why, "overwrite", path)
										: ERR_OK;
}

static enum err take(const struct sweep *w, const char *name, const char *path, struct errbuf *why)
{
	struct stat st;
	int fd = openat(w->fd, name, (w->erase ? O_RDWR : O_RDONLY) | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return file_failed(why, "open", path);
	enum err e = fstat(fd, &st) == 0 ? check_ours(&st, path, why) : file_failed(why, "look at", path);
	if (!e && w->erase)
		e = overwrite(fd, &st, path, why);
	if (!e && w->erase && unlinkat(w->fd, name, 0) != 0)
		e = file_failed(why, "remove", path);
	close(fd);
	return e;
}

static enum err take_all(struct sweep *w, DIR *d)
{
	char path[4096];
	enum err rc = ERR_OK;
	for (struct dirent *entry; !rc && (entry = readdir(d));) {
		struct errbuf why = {""};
		if (!unfinished(entry->d_name, w->behind))
			continue;
		rc = file_join(path, w->folder, entry->d_name);
		if (rc)
			break;
		enum err e = take(w, entry->d_name, path, &why);
		w->erased |= !e && w->erase;
		w->each(w->ctx, path, e, &why);
	}
	return rc;
}

static enum err go_through(struct sweep *w, struct errbuf *why)
{
	int fd = openat(w->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	if (!d) {
		enum err e = file_failed(why, "open folder", w->folder);
		if (fd >= 0)
			close(fd);
		return e;
	}
	enum err e = take_all(w, d);
	closedir(d);
	return !e && w->erased && fsync(w->fd) != 0 ? file_failed(why, "fsync folder", w->folder) : e;
}

static enum err open_folder(const char *folder, int how, int *fd, struct errbuf *why)
{
	*fd = open(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (*fd < 0)
		return file_failed(why, "open folder", folder);
	int bad;
	do {
		bad = flock(*fd, how);
	} while (bad && errno == EINTR);
	if (!bad)
		return ERR_OK;
	enum err e = errno == EWOULDBLOCK ? ERR_CONFLICT : file_failed(why, "lock", folder);
	close(*fd);
	*fd = -1;
	return e;
}

enum err keys_folder_hold(const struct settings *s, int *fd, struct errbuf *why)
{
	return open_folder(s->keys_others, LOCK_EX, fd, why);
}

static enum err open_and_go(struct sweep *w, int how, struct errbuf *why)
{
	enum err e = open_folder(w->folder, how | LOCK_NB, &w->fd, why);
	if (e) /* nothing was ever written there, or somebody is writing */
		return e == ERR_NOT_FOUND || e == ERR_CONFLICT ? ERR_OK : e;
	e = go_through(w, why);
	close(w->fd);
	return e;
}

static enum err look(const struct settings *s, const char *behind, unfinished_seen *each, void *ctx, struct errbuf *why)
{
	struct sweep w = {.folder = s->keys_others, .behind = behind, .fd = -1, .each = each, .ctx = ctx};
	return open_and_go(&w, LOCK_SH, why);
}

enum err keys_unfinished_look(const struct settings *s, unfinished_seen *each, void *ctx, struct errbuf *why)
{
	return look(s, with_mark, each, ctx, why);
}

enum err keys_unfinished_look_alike(const struct settings *s, unfinished_seen *each, void *ctx, struct errbuf *why)
{
	return look(s, as_once, each, ctx, why);
}

enum err keys_unfinished_erase(const struct settings *s, int held, unfinished_seen *each, void *ctx, struct errbuf *why)
{
	struct sweep w = {.folder = s->keys_others, .behind = with_mark, .fd = held, .each = each, .ctx = ctx,
			  .erase = true};
	return held >= 0 ? go_through(&w, why) : open_and_go(&w, LOCK_EX, why);
}

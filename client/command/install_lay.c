/* install_lay: a set of files made whole under a name that no server reads, and then put in place by one rename. */
#include "base/clock.h"
#include "base/file.h"
#include "client/command/holder.h"
#include "client/command/install.h"
#include "client/command/problem.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { TEXT_MAX = 1 << 16, SETS_MAX = 100 };

/* Names that only who has the lock uses: what an earlier run left there, killed, is removed by the next. */
static const char unfinished_set[] = ".counterfoil-unfinished", unfinished_link[] = ".counterfoil-link";

enum err install_folder_fit(const char *folder, struct errbuf *why)
{
	for (const unsigned char *c = (const unsigned char *)folder; *c; c++)
		if (*c < 0x80 && !strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789/._-+,=@", *c))
			return fail(why, ERR_USAGE, "--to: \"%.200s\" has a character that servers' settings give a meaning: "
						    "take letters, digits, '/', '.', '-' and '_'", folder);
	return folder[0] ? ERR_OK : fail(why, ERR_USAGE, "--to: a folder is wanted");
}

void install_folder_usual(const counterfoil_identity *identity, char out[INSTALL_PATH])
{
	const char *name = counterfoil_identity_fact(identity, COUNTERFOIL_FACT_CLIENT_SLUG);
	if (!name[0])
		name = counterfoil_identity_fact(identity, COUNTERFOIL_FACT_STAFF);
	snprintf(out, INSTALL_PATH, "%s", name[0] ? name : "certificate");
}

/* The folder and what is missing above it. */
static enum err make_folder(const char *folder, struct errbuf *why)
{
	char path[INSTALL_PATH];
	snprintf(path, sizeof path, "%s", folder);
	for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(path, 0755) != 0 && errno != EEXIST)
			return file_failed(why, "make folder", path);
		*slash = '/';
	}
	return mkdir(path, 0700) == 0 || errno == EEXIST ? ERR_OK : file_failed(why, "make folder", path);
}

/* Who may rename one of the folders above could put another in its place. With the sticky bit only what is one's own. */
static enum err look_above(const char *folder, struct errbuf *why)
{
	char path[INSTALL_PATH];
	struct stat st;
	snprintf(path, sizeof path, "%s", folder);
	for (char *slash = strrchr(path, '/'); slash; slash = slash == path ? NULL : strrchr(path, '/')) {
		slash[slash == path] = '\0';
		if (stat(path, &st) != 0)
			return file_failed(why, "look at", path);
		if (st.st_uid != 0 && st.st_uid != geteuid())
			return fail(why, ERR_REFUSED, "%s, above %s, belongs to somebody else, who could put another key there",
				    path, folder);
		if (st.st_mode & (S_IWGRP | S_IWOTH) && !(st.st_mode & S_ISVTX))
			return fail(why, ERR_REFUSED, "%s, above %s, may be written by others, who could put another key there: "
						      "chmod go-w", path, folder);
	}
	return ERR_OK;
}

/* Who else may write there could put another key behind the link. */
static enum err open_folder(struct install *i, int *lock, struct errbuf *why)
{
	char whole[PATH_MAX];
	struct stat st;
	enum err e = make_folder(i->folder, why);
	if (e)
		return e;
	if (!realpath(i->folder, whole))
		return file_failed(why, "find", i->folder);
	snprintf(i->folder, sizeof i->folder, "%s", whole);
	if ((e = install_folder_fit(i->folder, why)))
		return e;
	*lock = open(i->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (*lock < 0 || fstat(*lock, &st) != 0)
		return file_failed(why, "open folder", i->folder);
	if (st.st_uid != geteuid() || st.st_mode & (S_IWGRP | S_IWOTH))
		return fail(why, ERR_REFUSED, "%s must be your own, and writable by nobody else", i->folder);
	if ((e = look_above(i->folder, why)))
		return e;
	if (flock(*lock, LOCK_EX | LOCK_NB) != 0)
		return fail(why, ERR_CONFLICT, "another counterfoil install is at work in %s", i->folder);
	return ERR_OK;
}

/* A set beside the link, by the name that name_set gives. */
static bool is_own(const struct install *i, const char *target)
{
	const size_t len = strlen(i->platform->word);
	return strncmp(target, i->platform->word, len) == 0 && target[len] == '-' && !strchr(target, '/');
}

static enum err look_at_link(struct install *i, struct errbuf *why)
{
	char target[INSTALL_PATH] = "";
	ssize_t len = readlink(i->link, target, sizeof target - 1);
	if (len < 0 && errno == ENOENT)
		return ERR_OK;
	if (len < 0)
		return fail(why, ERR_REFUSED, "%s is there and is no link of counterfoil install: move it away", i->link);
	target[len] = '\0';
	if (!is_own(i, target))
		return fail(why, ERR_REFUSED, "%s is a link to %s, and not by counterfoil install: move it away", i->link, target);
	enum err e = file_join(i->previous, i->folder, target);
	if (e)
		return e;
	return i->replace ? ERR_OK : fail(why, ERR_EXISTS, "%s is installed already (%s): --replace puts this one in its place",
					  i->link, target);
}

/* A set of this certificate may lie there already: then this one is number 2, or more. */
static enum err name_set(struct install *i, struct errbuf *why)
{
	const char *serial = counterfoil_identity_fact(i->identity, COUNTERFOIL_FACT_SERIAL);
	struct stat st;
	for (int n = 1; n <= SETS_MAX; n++) {
		char number[16] = "";
		if (n > 1)
			snprintf(number, sizeof number, "-%d", n);
		int len = snprintf(i->set, sizeof i->set, "%s-%.64s%s", i->link, serial, number);
		if (len < 0 || (size_t)len >= sizeof i->set)
			return fail(why, ERR_TOO_LARGE, "the path %.200s... is too long", i->link);
		if (lstat(i->set, &st) != 0)
			return errno == ENOENT ? ERR_OK : file_failed(why, "look at", i->set);
	}
	return fail(why, ERR_EXISTS, "%s has %d sets of this certificate: remove the old ones", i->folder, SETS_MAX);
}

/* What this run made, without any memory. */
static bool undo_set(const struct install *i, const char *path)
{
	for (const struct install_file *f = i->platform->files; f->name; f++) {
		char file[INSTALL_PATH];
		if (file_join(file, path, f->name) == ERR_OK)
			unlink(file);
	}
	return rmdir(path) == 0 || errno == ENOENT;
}

/* What a run that was killed left, of whatever platform, temporary files among it. */
static enum err remove_unfinished(const char *path, struct errbuf *why)
{
	DIR *folder = opendir(path);
	if (!folder)
		return errno == ENOENT ? ERR_OK : file_failed(why, "open", path);
	for (const struct dirent *entry; (entry = readdir(folder));)
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			unlinkat(dirfd(folder), entry->d_name, 0);
	closedir(folder);
	return rmdir(path) == 0 ? ERR_OK : file_failed(why, "remove", path);
}

static enum err write_text(const struct install *i, const struct install_file *f, const char *path, struct errbuf *why)
{
	struct buf text = BUF_INIT(TEXT_MAX);
	platform_text(f->text, i->set, &text);
	enum err e = buf_check(&text);
	if (!e)
		e = file_publish_new(path, text.data, text.len, 0600, why);
	buf_free(&text);
	return e;
}

static enum err write_part(const struct install *i, const struct install_file *f, const char *path, struct errbuf *why)
{
	counterfoil_error error;
	counterfoil_save_options options = {.size = sizeof options, .encoding = f->encoding, .content = f->content};
	if (f->encoding == COUNTERFOIL_ENCODING_MODERN) {
		if (!i->password)
			return fail(why, ERR_USAGE, "a key store has a password, and this file has none: make one of it by "
						    "counterfoil convert --to modern --new-password-file ...");
		options.encoding = i->compatible ? COUNTERFOIL_ENCODING_COMPATIBLE : f->encoding;
		options.password = (counterfoil_bytes){secret_peek(i->password), secret_len(i->password)};
	}
	if (!counterfoil_identity_save(i->identity, path, &options, &error))
		return ERR_OK;
	/* the CA is wanted of the file: no flag could give another */
	return fail(why, error.code == COUNTERFOIL_NO_TRUST ? ERR_INVALID : problem_of_library(error.code), "%.300s", error.text);
}

static enum err write_files(const struct install *i, const char *folder, struct errbuf *why)
{
	enum err e = mkdir(folder, 0700) == 0 ? ERR_OK : file_failed(why, "make folder", folder);
	for (const struct install_file *f = i->platform->files; !e && f->name; f++) {
		char path[INSTALL_PATH];
		e = file_join(path, folder, f->name);
		if (!e)
			e = f->text ? write_text(i, f, path, why) : write_part(i, f, path, why);
	}
	return e;
}

/* The one step that a server can see. */
static enum err point_link(const struct install *i, struct errbuf *why)
{
	char fresh[INSTALL_PATH];
	const char *target = strrchr(i->set, '/') + 1;
	enum err e = file_join(fresh, i->folder, unfinished_link);
	if (e)
		return e;
	unlink(fresh);
	if (!i->previous[0]) /* never over what came there in the meantime */
		return symlink(target, i->link) == 0 ? ERR_OK : file_failed(why, "make link", i->link);
	if (symlink(target, fresh) == 0 && rename(fresh, i->link) == 0)
		return ERR_OK;
	e = file_failed(why, "make link", i->link);
	unlink(fresh);
	return e;
}

static enum err put_in_place(const struct install *i, const char *unfinished, struct errbuf *why)
{
	if (rename(unfinished, i->set) != 0)
		return file_failed(why, "rename to", i->set);
	enum err e = file_sync_folder(i->set, why);
	if (!e)
		e = point_link(i, why);
	if (e && !undo_set(i, i->set))
		return fail(why, e, "%s could not be put in place, nor removed: it holds the key", i->set);
	if (e)
		return e;
	struct errbuf of_disk = {0};
	e = file_sync_folder(i->link, &of_disk);
	return e ? fail(why, e, "%s names the new set already, but after a power cut it may name the old one, or nothing: %s",
			i->link, err_why(e, &of_disk))
		 : ERR_OK;
}

static enum err lay(struct install *i, struct errbuf *why)
{
	char unfinished[INSTALL_PATH];
	enum err e = file_join(i->link, i->folder, i->platform->word);
	if (!e)
		e = file_join(unfinished, i->folder, unfinished_set);
	if (!e)
		e = look_at_link(i, why);
	if (!e)
		e = name_set(i, why);
	if (!e)
		e = remove_unfinished(unfinished, why);
	if (e)
		return e;
	e = write_files(i, unfinished, why);
	if (!e)
		e = put_in_place(i, unfinished, why);
	if (e && !undo_set(i, unfinished))
		return fail(why, e, "%s could not be finished, nor removed: it may hold the key", unfinished);
	return e;
}

enum err install_lay(struct install *i, struct errbuf *why)
{
	int lock = -1;
	if (!i->folder[0])
		install_folder_usual(i->identity, i->folder);
	enum err e = holder_validity(i->identity, clock_now(), why);
	if (!e)
		e = open_folder(i, &lock, why);
	if (!e)
		e = lay(i, why);
	if (lock >= 0)
		close(lock);
	return e;
}

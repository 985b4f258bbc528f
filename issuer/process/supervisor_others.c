/* The files of the issuing CAs beside the present one, by name (issuer/issuers.h): opened once, and anew on a reload. */
#include "base/file.h"
#include "issuer/issuers.h"
#include "issuer/process/supervisor.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static enum err open_one(const struct issuer_file *file, bool key, int *out, struct errbuf *why)
{
	struct stat st;
	int fd = open(file->path, O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return fail(why, ERR_USAGE, "%s: %s", file->path, strerror(errno));
	mode_t wrong = key ? S_IRWXG | S_IRWXO : S_IWGRP | S_IWOTH;
	*out = fd;
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
		return fail(why, ERR_USAGE, "%s is not a regular file", file->path);
	if (st.st_mode & wrong)
		return fail(why, ERR_USAGE, "%s may be %s by others: chmod %s %s", file->path, key ? "read or written" : "written",
			    key ? "600" : "644", file->path);
	return ERR_OK;
}

static enum err add(struct others *o, const struct issuer_file *file, bool key, const char *name, struct errbuf *why)
{
	struct other *other = &o->at[o->count];
	if (o->count == OTHERS_MOST)
		return fail(why, ERR_USAGE, "%s: too many files of issuing CAs", file->path);
	*other = (struct other){.key = key, .fd = -1};
	snprintf(other->name, sizeof other->name, "%s", name);
	enum err e = open_one(file, key, &other->fd, why);
	o->count++; /* whoever closes them closes this one too */
	return e;
}

static enum err add_certificates(const struct settings *s, struct others *out, struct errbuf *why)
{
	static struct issuer_files files; /* one thread */
	char name[GRANT_NAME_SIZE];
	int retired = 0;
	enum err e = issuer_certificates(s, &files, why);
	for (size_t i = 0; !e && i < files.count; i++) {
		snprintf(name, sizeof name, "issuer.%d", retired);
		bool next = files.at[i].standing == ISSUER_NEXT;
		retired += !next;
		e = add(out, &files.at[i], false, next ? "issuer.next" : name, why);
	}
	return e;
}

static enum err add_keys(const struct settings *s, struct others *out, struct errbuf *why)
{
	static struct issuer_files files; /* one thread */
	char name[GRANT_NAME_SIZE];
	enum err e = issuer_keys(s, &files, why);
	for (size_t i = 0; !e && i < files.count; i++) {
		snprintf(name, sizeof name, "key.%.*s", (int)(ISSUER_ID_SIZE - 1), files.at[i].name);
		e = add(out, &files.at[i], true, name, why);
	}
	return e;
}

/* A file that is no CA's would end every process that is given it: it is looked at first. */
static enum err look(const struct settings *s, struct errbuf *why)
{
	struct issuers set;
	enum err e = issuers_load(s, &set, why);
	issuers_clear(&set);
	return e ? ERR_USAGE : ERR_OK;
}

enum err others_open(const struct settings *s, struct others *out, struct errbuf *why)
{
	out->count = 0;
	enum err e = add_certificates(s, out, why);
	if (!e)
		e = add_keys(s, out, why);
	if (!e && out->count)
		e = look(s, why);
	if (e)
		others_close(out);
	return e;
}

static bool same_file(int a, int b)
{
	struct stat one, other;
	return fstat(a, &one) == 0 && fstat(b, &other) == 0 && one.st_dev == other.st_dev && one.st_ino == other.st_ino &&
	       one.st_mtim.tv_sec == other.st_mtim.tv_sec && one.st_mtim.tv_nsec == other.st_mtim.tv_nsec;
}

bool others_same(const struct others *a, const struct others *b)
{
	bool same = a->count == b->count;
	for (size_t i = 0; same && i < a->count; i++)
		same = strcmp(a->at[i].name, b->at[i].name) == 0 && same_file(a->at[i].fd, b->at[i].fd);
	return same;
}

void others_close(struct others *o)
{
	for (size_t i = 0; i < o->count; i++)
		if (o->at[i].fd >= 0)
			close(o->at[i].fd);
	o->count = 0;
}

/* The folders of those issuing CAs that are not the present one. */
#include "issuer/issuers.h"

#include "base/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NEXT "next-"
#define PENDING "pending-"

static bool named(const char *name, const char *suffix)
{
	size_t digits = ISSUER_ID_SIZE - 1;
	return strspn(name, "0123456789abcdef") == digits && strcmp(name + digits, suffix) == 0;
}

/* Whoever could put a file there could make himself a CA, and whoever could take one away, a list's end. */
static enum err open_folder(const char *path, DIR **out, struct errbuf *why)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	*out = NULL;
	if (fd < 0)
		return errno == ENOENT ? ERR_OK : fail(why, ERR_USAGE, "%s: %s", path, strerror(errno));
	if (fstat(fd, &st) != 0 || st.st_mode & (S_IWGRP | S_IWOTH)) {
		close(fd);
		return fail(why, ERR_USAGE, "%s may be written to by others: chmod go-w %s", path, path);
	}
	*out = fdopendir(fd);
	if (!*out)
		close(fd);
	return *out ? ERR_OK : ERR_MEMORY;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct issuer_file *)a)->name, ((const struct issuer_file *)b)->name);
}

/* What the names in a folder may be: some have a word before the id. */
struct naming {
	const char *word, *suffix;
	bool all; /* those without the word too */
};

static enum err take_name(const char *folder, const char *name, const struct naming *n, struct issuer_files *out)
{
	bool worded = strncmp(name, n->word, strlen(n->word)) == 0;
	struct issuer_file *f = &out->at[out->count];
	if (!(worded || n->all) || !named(worded ? name + strlen(n->word) : name, n->suffix))
		return ERR_OK;
	if (out->count == sizeof out->at / sizeof *out->at)
		return ERR_TOO_LARGE;
	f->standing = worded ? ISSUER_NEXT : ISSUER_RETIRED;
	snprintf(f->name, sizeof f->name, "%.*s", (int)sizeof f->name - 1, name);
	out->count++;
	return file_join(f->path, folder, f->name);
}

static enum err list(const char *folder, const struct naming *n, struct issuer_files *out, struct errbuf *why)
{
	DIR *d = NULL;
	out->count = 0;
	enum err rc = open_folder(folder, &d, why);
	for (struct dirent *e; !rc && d && (e = readdir(d));)
		rc = take_name(folder, e->d_name, n, out);
	if (d)
		closedir(d);
	qsort(out->at, out->count, sizeof *out->at, by_name);
	return rc == ERR_TOO_LARGE ? fail(why, ERR_USAGE, "%s has too many files: take away what is over", folder) : rc;
}

static size_t count_next(const struct issuer_files *files)
{
	size_t next = 0;
	for (size_t i = 0; i < files->count; i++)
		next += files->at[i].standing == ISSUER_NEXT;
	return next;
}

static enum err add_file(struct issuers *set, enum issuer_standing standing, const char *path, struct errbuf *why)
{
	struct buf pem = BUF_INIT(ISSUER_PEM_MOST);
	struct errbuf reason = {""};
	enum err rc = file_read_guarded(path, &pem, why);
	if (!rc && (rc = issuers_add(set, standing, pem.data, pem.len, &reason)))
		fail(why, rc, "%s: %s", path, err_why(rc, &reason));
	buf_free(&pem);
	return rc;
}

static enum err unfinished_path(const struct settings *s, const char *id, char out[4096])
{
	char name[ISSUER_ID_SIZE + 16];
	snprintf(name, sizeof name, NEXT "%s.pem", id);
	return file_join(out, s->ca_others, name);
}

/* A change that was cut off has left the present one's, and after it another was made. */
static enum err drop_unfinished(const struct settings *s, struct issuer_files *out, struct errbuf *why)
{
	struct issuers set = {.count = 0};
	char path[4096];
	size_t kept = 0;
	enum err rc = add_file(&set, ISSUER_PRESENT, s->ca_issuing, why);
	if (!rc)
		rc = unfinished_path(s, set.at[0].id, path);
	for (size_t i = 0; !rc && i < out->count; i++)
		if (strcmp(out->at[i].path, path) != 0)
			out->at[kept++] = out->at[i];
	if (!rc)
		out->count = kept;
	issuers_clear(&set);
	return rc;
}

enum err issuer_certificates(const struct settings *s, struct issuer_files *out, struct errbuf *why)
{
	enum err rc = list(s->ca_others, &(struct naming){NEXT, ".pem", true}, out, why);
	if (!rc && count_next(out) > 1)
		rc = drop_unfinished(s, out, why);
	if (!rc && count_next(out) > 1)
		rc = fail(why, ERR_USAGE, "%s has more than one CA that is to be the next", s->ca_others);
	return !rc && out->count > ISSUERS_MOST - 1 ? fail(why, ERR_USAGE, "%s: more than %d issuing CAs", s->ca_others, ISSUERS_MOST)
						    : rc;
}

bool issuer_unfinished(const struct settings *s, const struct issuers *known, char out[4096])
{
	return known->count > 0 && unfinished_path(s, known->at[0].id, out) == ERR_OK && access(out, F_OK) == 0;
}

enum err issuer_keys(const struct settings *s, struct issuer_files *out, struct errbuf *why)
{
	return list(s->keys_others, &(struct naming){"", ".key", true}, out, why);
}

enum err issuer_keys_pending(const struct settings *s, struct issuer_files *out, struct errbuf *why)
{
	return list(s->keys_others, &(struct naming){PENDING, ".key", false}, out, why);
}

enum err issuer_key_file(const struct settings *s, const char *id, bool pending, char out[4096])
{
	char name[ISSUER_ID_SIZE + 16];
	snprintf(name, sizeof name, "%s%s.key", pending ? PENDING : "", id);
	return file_join(out, s->keys_others, name);
}

enum err issuer_key_path(const struct settings *s, const char *id, char out[4096])
{
	enum err rc = issuer_key_file(s, id, false, out);
	if (!rc && access(out, F_OK) != 0)
		rc = snprintf(out, 4096, "%s", s->key_issuing) < 4096 ? ERR_OK : ERR_TOO_LARGE;
	return rc;
}

enum err issuers_load(const struct settings *s, struct issuers *out, struct errbuf *why)
{
	struct issuer_files files;
	*out = (struct issuers){.count = 0};
	enum err rc = issuer_certificates(s, &files, why);
	if (!rc)
		rc = add_file(out, ISSUER_PRESENT, s->ca_issuing, why);
	for (size_t i = 0; !rc && i < files.count; i++)
		rc = add_file(out, files.at[i].standing, files.at[i].path, why);
	if (rc)
		issuers_clear(out);
	return rc;
}

bool issuer_key_shared(const struct settings *s)
{
	struct issuers all;
	char path[4096];
	bool shared = issuers_load(s, &all, NULL) != ERR_OK;
	for (size_t i = 0; !shared && i < all.count; i++)
		shared = issuer_key_file(s, all.at[i].id, false, path) != ERR_OK || access(path, F_OK) != 0;
	issuers_clear(&all);
	return shared;
}

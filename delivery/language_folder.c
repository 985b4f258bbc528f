/* An installation's own languages: from a folder into one text, and from that into a set. */
#include "delivery/language_set.h"
#include "base/file.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static int is_text(const struct dirent *e)
{
	size_t len = strlen(e->d_name);
	return e->d_name[0] != '.' && len > 4 && strcmp(e->d_name + len - 4, ".txt") == 0;
}

static enum err bundle_file(const char *folder, const char *name, struct buf *out, struct errbuf *why)
{
	char path[4096];
	struct buf text = BUF_INIT(LANGUAGE_FILE_MOST);
	enum err e = file_join(path, folder, name);
	if (!e)
		e = file_read_guarded(path, &text, why);
	if (!e && memchr(text.data ? text.data : (const uint8_t *)"", '\f', text.len))
		e = fail(why, ERR_USAGE, "%s: there is a form feed in it", path);
	if (!e) {
		buf_format(out, "\f%s\n", name);
		buf_add(out, text.data ? text.data : (const uint8_t *)"", text.len);
		buf_byte(out, '\n');
		e = buf_check(out);
	}
	buf_free(&text);
	return e;
}

/* Who may write in it may put another file there. */
static enum err check_folder(const char *folder, struct errbuf *why)
{
	struct stat st;
	if (stat(folder, &st) != 0)
		return fail(why, ERR_USAGE, "%s: %s", folder, strerror(errno));
	if (!S_ISDIR(st.st_mode))
		return fail(why, ERR_USAGE, "%s is not a folder", folder);
	if (st.st_mode & (S_IWGRP | S_IWOTH))
		return fail(why, ERR_REFUSED, "%s may be written by others: chmod go-w %s", folder, folder);
	return ERR_OK;
}

enum err languages_bundle(const char *folder, struct buf *out, struct errbuf *why)
{
	struct dirent **names = NULL;
	enum err e = check_folder(folder, why);
	if (e)
		return e;
	int count = scandir(folder, &names, is_text, alphasort);
	if (count < 0)
		return fail(why, errno == ENOMEM ? ERR_MEMORY : ERR_USAGE, "%s: %s", folder, strerror(errno));
	if (count > LANGUAGES_MOST)
		e = fail(why, ERR_USAGE, "%s: more than %d languages", folder, LANGUAGES_MOST);
	for (int i = 0; i < count; i++) {
		if (!e)
			e = bundle_file(folder, names[i]->d_name, out, why);
		free(names[i]);
	}
	free(names);
	return e;
}

enum err languages_unbundle(struct languages *all, const struct buf *bundle, struct errbuf *why)
{
	const char *at = (const char *)bundle->data, *end = at ? at + bundle->len : at;
	enum err e = ERR_OK;
	while (!e && at < end) {
		char name[64];
		const char *feed = memchr(at, '\n', (size_t)(end - at));
		size_t len = feed ? (size_t)(feed - at) : 0;
		if (*at != '\f' || len < 2 || len >= sizeof name)
			return fail(why, ERR_USAGE, "languages: not a bundle of files");
		memcpy(name, at + 1, len - 1);
		name[len - 1] = '\0';
		const char *next = memchr(feed, '\f', (size_t)(end - feed));
		next = next ? next : end;
		e = languages_add(all, name, feed + 1, (size_t)(next - feed - 1), why);
		at = next;
	}
	return e;
}

/* watch_file: the watched files: how they stand, and what they hold. */
#include "base/file.h"
#include "client/watch.h"

#include <string.h>
#include <sys/stat.h>

enum { PASSWORD_MOST = 1024, LINE_END_MOST = 2 };

/* Links are followed, so that a swap of links is a change too. */
void watch_mark(const char *path, struct watch_mark *out)
{
	struct stat st;
	*out = (struct watch_mark){0};
	if (stat(path, &st) != 0)
		return;
	*out = (struct watch_mark){
		{1, (int64_t)st.st_dev, (int64_t)st.st_ino, st.st_size, st.st_mtim.tv_sec, st.st_mtim.tv_nsec,
		 st.st_ctim.tv_sec, st.st_ctim.tv_nsec},
		st.st_ctim.tv_sec};
}

static counterfoil_code read_password(const char *path, struct buf *out, counterfoil_error *error)
{
	struct errbuf why = {0};
	enum err e = file_read(path, out, &why);
	if (e == ERR_TOO_LARGE)
		return outcome(error, COUNTERFOIL_TOO_LARGE, "%.300s is larger than a password", path);
	if (e)
		return outcome(error, e == ERR_MEMORY ? COUNTERFOIL_OUT_OF_MEMORY : COUNTERFOIL_FILE_UNREADABLE, "%s",
			       err_why(e, &why));
	return COUNTERFOIL_OK;
}

static size_t first_line(const struct buf *text)
{
	const uint8_t *end = text->len ? memchr(text->data, '\n', text->len) : NULL;
	size_t len = end ? (size_t)(end - text->data) : text->len;
	return len && text->data[len - 1] == '\r' ? len - 1 : len;
}

counterfoil_code watch_load(const struct watch *watch, counterfoil_identity **identity, counterfoil_error *error)
{
	const counterfoil_watch_options *o = &watch->options;
	*identity = NULL;
	if (o->load) {
		counterfoil_code code = o->load(o->context, identity, error);
		if (code || *identity)
			return code;
		return outcome(error, COUNTERFOIL_FAILED, "the program's loader gave no identity");
	}
	struct buf password = BUF_INIT(PASSWORD_MOST + LINE_END_MOST);
	counterfoil_code code = read_password(o->password_path, &password, error);
	const counterfoil_bytes line = {password.data, first_line(&password)};
	if (!code)
		code = counterfoil_identity_from_file(o->path, line, identity, error);
	buf_free(&password);
	return code;
}

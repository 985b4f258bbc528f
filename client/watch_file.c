/* watch_file: the watched files: how they stand, and what they hold. */
#include "client/password.h"
#include "client/watch.h"

#include <sys/stat.h>

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
	struct buf password = PASSWORD_BUF;
	counterfoil_code code = password_of_place(&(counterfoil_place){.path = o->password_path}, &password, error);
	if (!code)
		code = counterfoil_identity_from_file(o->path, (counterfoil_bytes){password.data, password.len}, identity, error);
	buf_free(&password);
	return code;
}

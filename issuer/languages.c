#include "issuer/languages.h"
#include "base/file.h"
#include "issuer/process/child.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static enum err fill(struct languages *all, const struct settings *s, const struct buf *bundle, struct errbuf *why)
{
	struct errbuf reason = {""};
	enum err e = languages_unbundle(all, bundle, &reason);
	if (e)
		return fail(why, e, "%s/%s", s->languages, err_why(e, &reason));
	if (!languages_find(all, s->language))
		return fail(why, ERR_USAGE, "delivery.language = %s: there is no such language", s->language);
	return ERR_OK;
}

static enum err make(const struct settings *s, const struct buf *bundle, struct languages **out, struct errbuf *why)
{
	struct languages *all = NULL;
	enum err e = languages_new(&all, why);
	if (!e)
		e = fill(all, s, bundle, why);
	if (e)
		languages_free(all);
	else
		*out = all;
	return e;
}

enum err languages_load(const struct settings *s, struct languages **out, struct errbuf *why)
{
	struct buf bundle = BUF_INIT(LANGUAGES_BUNDLE_MOST);
	enum err e = s->languages[0] ? languages_bundle(s->languages, &bundle, why) : ERR_OK;
	if (!e)
		e = make(s, &bundle, out, why);
	buf_free(&bundle);
	return e;
}

enum err languages_grant(const char *folder, int *fd, struct errbuf *why)
{
	static const int seals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL;
	struct buf bundle = BUF_INIT(LANGUAGES_BUNDLE_MOST);
	int made = -1;
	enum err e = languages_bundle(folder, &bundle, why);
	if (!e && (made = memfd_create("languages", MFD_CLOEXEC | MFD_ALLOW_SEALING)) < 0)
		e = fail(why, ERR_MEMORY, "languages: %s", strerror(errno));
	if (!e && bundle.len > 0)
		e = file_write_all(made, bundle.data, bundle.len);
	if (!e && fcntl(made, F_ADD_SEALS, seals) != 0)
		e = fail(why, ERR_INTERNAL, "languages: %s", strerror(errno));
	buf_free(&bundle);
	if (e && made >= 0)
		close(made);
	else if (!e)
		*fd = made;
	return e;
}

enum err languages_take(struct child *c, struct languages **out, struct errbuf *why)
{
	const struct settings *s = child_settings(c);
	struct buf bundle = BUF_INIT(LANGUAGES_BUNDLE_MOST);
	enum err e = s->languages[0] ? child_take_file(c, LANGUAGES_GRANT, &bundle, why) : ERR_OK;
	if (!e)
		e = make(s, &bundle, out, why);
	buf_free(&bundle);
	return e;
}

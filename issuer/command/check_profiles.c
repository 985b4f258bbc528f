/* What each kind of certificate would be, in plain words; and every fault in the files that say so. */
#include "issuer/addresses.h"
#include "issuer/command/check.h"
#include "issuer/profiles.h"

#include <string.h>

enum { EXPLANATION_MOST = 8192 };

static void explain(struct check *c, const struct profile *p)
{
	struct buf text = BUF_INIT(EXPLANATION_MOST);
	enum err e = profile_explain(p, &text);
	char *line = e ? NULL : (char *)(uintptr_t)buf_string(&text);
	if (!line)
		check_say(c, CHECK_FAULT, "profile %s: %s", p->name, err_text(buf_check(&text)));
	for (char *end; line && (end = strchr(line, '\n')); line = end + 1) {
		*end = '\0';
		check_say(c, CHECK_NOTE, "%s%s", line == (char *)text.data ? "profile " : "  ", line);
	}
	buf_free(&text);
}

static void look(struct check *c, enum profile_id id)
{
	const char *path = profiles_path(c->settings, id);
	struct profile p;
	struct addresses at;
	struct errbuf why = {""};
	enum err e = profiles_load(c->settings, id, &p, &why);
	if (e) {
		check_say(c, CHECK_FAULT, "%s", err_why(e, &why));
		return;
	}
	check_say(c, CHECK_OK, "profiles.%s: %s", p.name, path[0] ? path : "the built-in one");
	explain(c, &p);
	if (addresses_make(c->settings, &p, NULL, &at) != ERR_OK)
		check_say(c, CHECK_FAULT, "profiles.%s: status.url = %s makes its addresses too long", p.name,
			  c->settings->status_url);
}

void check_profiles(struct check *c)
{
	for (int id = 0; id < PROFILE_COUNT; id++)
		look(c, (enum profile_id)id);
}

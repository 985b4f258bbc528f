/* The languages in which people are written to, and every fault in the folder's files. */
#include "issuer/command/check.h"
#include "issuer/languages.h"

static void say(struct check *c, const struct languages *all)
{
	const struct language *l;
	for (size_t i = 0; (l = languages_at(all, i)) != NULL; i++)
		check_say(c, CHECK_OK, "language %s: %s%s", language_tag(l), language_text(l, "language.name"),
			  l == languages_for(all, c->settings->language, NULL) ? ", for contacts whose own is not known" : "");
}

void check_languages(struct check *c)
{
	struct languages *all = NULL;
	struct errbuf why = {""};
	enum err e = languages_load(c->settings, &all, &why);
	if (e)
		check_say(c, CHECK_FAULT, "delivery.languages: %s", err_why(e, &why));
	else
		say(c, all);
	languages_free(all);
}

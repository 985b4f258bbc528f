#include "client/command/lookup.h"
#include "base/buf.h"
#include "client/command/arguments.h"

#include <string.h>

enum { WORDS_MAX = 160 };

const struct verb *lookup_verb(const char *noun, const char *verb)
{
	for (const struct verb *v = table_next(NULL); v; v = table_next(v))
		if (strcmp(v->noun, noun) == 0 && (!v->verb || (verb && strcmp(v->verb, verb) == 0)))
			return v;
	return NULL;
}

bool lookup_noun_exists(const char *noun)
{
	for (const struct verb *v = table_next(NULL); v; v = table_next(v))
		if (strcmp(v->noun, noun) == 0)
			return true;
	return false;
}

enum err lookup_unknown_noun(const char *typed, struct errbuf *why)
{
	const char *words[WORDS_MAX];
	size_t count = 0;
	for (const struct verb *v = table_next(NULL); v && count < WORDS_MAX - 1; v = table_next(v))
		words[count++] = v->noun;
	words[count++] = "help";
	const char *meant = suggest(typed, words, count);
	return meant ? fail(why, ERR_USAGE, "unknown command \"%.60s\": did you mean \"%s\"?", typed, meant)
		     : fail(why, ERR_USAGE, "unknown command \"%.60s\": see counterfoil help", typed);
}

enum err lookup_unknown_verb(const char *noun, const char *typed, struct errbuf *why)
{
	const char *words[WORDS_MAX];
	size_t count = 0;
	struct buf list = BUF_INIT(160);
	for (const struct verb *v = table_next(NULL); v && count < WORDS_MAX; v = table_next(v)) {
		if (strcmp(v->noun, noun) != 0)
			continue;
		buf_format(&list, count ? ", %s" : "%s", v->verb);
		words[count++] = v->verb;
	}
	const char *meant = typed ? suggest(typed, words, count) : NULL;
	const char *takes = buf_string(&list);
	enum err e;
	if (meant)
		e = fail(why, ERR_USAGE, "unknown verb \"%s %.60s\": did you mean \"%s %s\"?", noun, typed, noun, meant);
	else if (typed)
		e = fail(why, ERR_USAGE, "unknown verb \"%s %.60s\": it takes %s", noun, typed, takes ? takes : "");
	else
		e = fail(why, ERR_USAGE, "%s wants one of: %s", noun, takes ? takes : "");
	buf_free(&list);
	return e;
}

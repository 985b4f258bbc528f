#include "issuer/order/version.h"

#include "base/clock.h"
#include "ca/name.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* One of a list: past it and the comma behind it, or NULL when it is no tag. A weak one never matches. */
static const char *next_tag(const char *p, const char *wanted, bool *matches)
{
	bool weak = strncmp(p, "W/", 2) == 0;
	p += weak ? 2 : 0;
	const char *end = *p == '"' ? strchr(p + 1, '"') : NULL;
	if (!end)
		return NULL;
	size_t len = (size_t)(end - p) + 1;
	if (!weak && len == strlen(wanted) && strncmp(p, wanted, len) == 0)
		*matches = true;
	p = end + 1 + strspn(end + 1, " \t");
	return *p == ',' ? p + 1 + strspn(p + 1, " \t") : *p ? NULL : p;
}

static enum err walk(const char *if_match, const char *wanted, bool *matches)
{
	*matches = !if_match || strcmp(if_match, "*") == 0;
	if (*matches)
		return ERR_OK;
	const char *p = if_match;
	do
		p = next_tag(p, wanted, matches);
	while (p && *p);
	return p ? ERR_OK : ERR_MALFORMED;
}

enum err version_tags_check(const char *if_match, struct errbuf *why)
{
	bool matches;
	enum err e = walk(if_match, "", &matches);
	return e == ERR_OK ? e : fail(why, e, "If-Match: the tag of what you looked at is wanted, in quotes, or *");
}

struct last_change {
	char who[NAME_SIZE], at[CLOCK_TEXT_SIZE];
};

static enum err take_last(void *ctx, const struct row *r)
{
	struct last_change *c = ctx;
	snprintf(c->who, sizeof c->who, "%s", row_text(r, 0));
	clock_text(row_integer(r, 1), c->at);
	return ERR_OK;
}

enum err version_check(struct store *s, const char *if_match, const char *object, int64_t version, struct errbuf *why)
{
	char tag[24];
	snprintf(tag, sizeof tag, "\"%" PRId64 "\"", version);
	return version_check_tag(s, if_match, object, tag, why);
}

enum err version_check_tag(struct store *s, const char *if_match, const char *object, const char *tag, struct errbuf *why)
{
	struct last_change last = {{0}, {0}};
	bool matches = false;
	if (walk(if_match, tag, &matches) == ERR_OK && matches)
		return ERR_OK;
	enum err e = store_one(s, STATEMENT_AUDIT_LAST_OF_OBJECT, STORE_VALUES(value_text(object)), take_last, &last);
	if (e != ERR_OK && e != ERR_NOT_FOUND)
		return e;
	/* the longest name leaves room for all of it */
	return fail(why, ERR_PRECONDITION, "%s changed it at %s: its tag is %s now; nothing was done",
		    last.who[0] ? last.who : "somebody", last.at, tag);
}

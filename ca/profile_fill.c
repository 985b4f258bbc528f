/* Patterns: text with places in braces. */
#include "ca/profile.h"

#include <string.h>

struct place {
	const char *name;
	size_t len;
	bool optional;
	const char *behind;
};

/* at: behind the opening brace. */
static bool place_read(const char *at, struct place *out)
{
	size_t len = strspn(at, "abcdefghijklmnopqrstuvwxyz");
	*out = (struct place){.name = at, .len = len, .optional = at[len] == '?'};
	out->behind = at + len + (out->optional ? 2 : 1);
	return len > 0 && at[len + out->optional] == '}';
}

static const struct profile_name *name_find(const struct profile_name *names, const struct place *p)
{
	for (; names->name; names++)
		if (strncmp(names->name, p->name, p->len) == 0 && !names->name[p->len])
			return names;
	return NULL;
}

static enum err add(char *out, size_t size, size_t *len, const char *text, size_t text_len)
{
	if (text_len >= size - *len)
		return ERR_TOO_LARGE;
	memcpy(out + *len, text, text_len);
	*len += text_len;
	out[*len] = '\0';
	return ERR_OK;
}

enum err profile_fill(const char *pattern, const struct profile_name *names, char *out, size_t size, struct errbuf *why)
{
	size_t len = 0;
	enum err rc = ERR_OK;
	out[0] = '\0';
	for (const char *at = pattern; *at && !rc;) {
		size_t text = strcspn(at, "{}");
		struct place p;
		rc = add(out, size, &len, at, text);
		at += text;
		if (rc || !*at)
			break;
		if (*at == '}' || !place_read(at + 1, &p))
			return fail(why, ERR_INVALID, "a brace that opens or closes no place: %s", pattern);
		const struct profile_name *name = name_find(names, &p);
		if (!name)
			return fail(why, ERR_INVALID, "there is no {%.*s} here", (int)p.len, p.name);
		if (!name->value)
			return fail(why, ERR_INVALID, "there is no %s for {%s}", name->name, name->name);
		rc = add(out, size, &len, name->value, strlen(name->value));
		at = p.behind;
	}
	return rc ? fail(why, rc, "it does not fit into %zu bytes: %s", size - 1, pattern) : ERR_OK;
}

bool profile_left_out(const char *pattern, const struct profile_name *names)
{
	struct place p;
	for (const char *at = pattern; (at = strchr(at, '{')) && place_read(at + 1, &p); at = p.behind) {
		const struct profile_name *name = name_find(names, &p);
		if (p.optional && name && !name->value)
			return true;
	}
	return false;
}

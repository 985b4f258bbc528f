/* Which language: by tag, and by what a browser says that it would like. */
#include "delivery/language_set.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { WISHES_MOST = 64 };

/* Is the tag (len letters) one of the words? */
static bool one_of(const char *words, const char *tag, size_t len)
{
	for (const char *at = words; *(at += strspn(at, " \n"));) {
		size_t n = strcspn(at, " \n");
		if (n == len && strncasecmp(at, tag, len) == 0)
			return true;
		at += n;
	}
	return false;
}

static const struct language *find(const struct languages *all, const char *tag, size_t len)
{
	for (size_t i = 0; i < all->count; i++)
		if (strlen(all->of[i]->tag) == len && strncasecmp(all->of[i]->tag, tag, len) == 0)
			return all->of[i];
	for (size_t i = 0; i < all->count; i++)
		if (one_of(language_text(all->of[i], "language.also"), tag, len))
			return all->of[i];
	return NULL;
}

static const struct language *find_any(const struct languages *all, const char *tag, size_t len)
{
	const struct language *l = find(all, tag, len);
	const char *hyphen = memchr(tag, '-', len);
	return l || !hyphen ? l : find(all, tag, (size_t)(hyphen - tag));
}

const struct language *languages_find(const struct languages *all, const char *tag)
{
	return find_any(all, tag, strlen(tag));
}

const struct language *languages_for(const struct languages *all, const char *tag, const char *otherwise)
{
	const struct language *l = tag && tag[0] ? languages_find(all, tag) : NULL;
	if (!l && otherwise && otherwise[0])
		l = languages_find(all, otherwise);
	return l ? l : all->of[0];
}

/* "q=0.8" in thousandths; 1000 when there is none, 0 when it cannot be read. */
static int read_weight(const char *at, size_t len)
{
	static const int scale[] = {100, 10, 1};
	while (len > 0 && strchr(" \t;", *at))
		at++, len--;
	if (len == 0)
		return 1000;
	if (len < 3 || (at[0] | 0x20) != 'q' || at[1] != '=' || (at[2] != '0' && at[2] != '1'))
		return 0;
	int weight = at[2] == '1' ? 1000 : 0;
	for (size_t i = 0; weight < 1000 && i < 3 && i + 4 < len && at[i + 4] >= '0' && at[i + 4] <= '9'; i++)
		weight += (at[i + 4] - '0') * scale[i];
	return weight;
}

const struct language *languages_accepted(const struct languages *all, const char *header)
{
	const struct language *best = NULL;
	int best_weight = 0;
	for (int wishes = 0; header && *(header += strspn(header, " \t,")) && wishes < WISHES_MOST; wishes++) {
		size_t len = strcspn(header, ","), tag = strcspn(header, " \t;,");
		int weight = read_weight(header + tag, len - tag);
		if (weight > best_weight) {
			const struct language *l = find_any(all, header, tag);
			best = l ? l : best;
			best_weight = l ? weight : best_weight;
		}
		header += len;
	}
	return best;
}

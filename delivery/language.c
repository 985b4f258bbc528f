#include "delivery/language_set.h"
#include "base/embed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

EMBED_TEXT(delivery_language_en, "delivery/languages/en.txt");
EMBED_TEXT(delivery_language_nb, "delivery/languages/nb.txt");

static const struct {
	const char *file, *text;
} built_in[] = {
	{"en.txt", delivery_language_en},
	{"nb.txt", delivery_language_nb},
};

bool language_tag_ok(const char *tag)
{
	size_t len = strlen(tag), first = strspn(tag, "abcdefghijklmnopqrstuvwxyz");
	if (len >= LANGUAGE_TAG_SIZE || first < 2 || first > 3 || (tag[first] && tag[first] != '-'))
		return false;
	for (const char *at = tag + first; *at;) {
		size_t n = strspn(at + 1, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789");
		if (n == 0 || n > 8 || (at[n + 1] && at[n + 1] != '-'))
			return false;
		at += n + 1;
	}
	return true;
}

static enum err tag_of_file(const char *file, char tag[LANGUAGE_TAG_SIZE], struct errbuf *why)
{
	size_t len = strlen(file);
	snprintf(tag, LANGUAGE_TAG_SIZE, "%.*s", len > 4 ? (int)(len - 4) : 0, file);
	if (len < 6 || len >= LANGUAGE_TAG_SIZE + 4 || strcmp(file + len - 4, ".txt") != 0 || !language_tag_ok(tag))
		return fail(why, ERR_USAGE, "%s: a language's file is named by its tag, as in nb.txt or en-GB.txt", file);
	return ERR_OK;
}

static struct language **own_place(struct languages *all, const char *tag)
{
	for (size_t i = 0; i < all->count; i++)
		if (strcasecmp(all->of[i]->tag, tag) == 0)
			return &all->of[i];
	return NULL;
}

/* What `over` lacks it takes from `under`, which may be NULL; a key that neither has is the fault. Entries are sorted. */
static enum err complete(const char *file, const struct language *over, const struct language *under,
			 const struct language *english, struct language *out, struct errbuf *why)
{
	for (size_t i = 0; i < english->count; i++) {
		const char *key = english->entries[i].key;
		const struct language_entry *from = language_entry(over, key);
		if (!from && under)
			from = language_entry(under, key);
		if (!from)
			return fail(why, ERR_USAGE, "%s:%d: %s is missing; a new language needs every key", file, 1, key);
		struct language_entry *to = &out->entries[out->count++];
		memcpy(to->key, key, sizeof to->key);
		to->text = strdup(from->text);
		if (!to->text)
			return ERR_MEMORY;
	}
	return ERR_OK;
}

struct addition {
	struct language *read, *whole;
};

static enum err prepare(struct languages *all, const char *file, const char *text, size_t len, struct addition *a,
			struct errbuf *why)
{
	char tag[LANGUAGE_TAG_SIZE];
	enum err e = tag_of_file(file, tag, why);
	if (e)
		return e;
	a->read = calloc(1, sizeof *a->read);
	a->whole = calloc(1, sizeof *a->whole);
	if (!a->read || !a->whole)
		return ERR_MEMORY;
	struct language **place = own_place(all, tag);
	const struct language *english = all->count > 0 ? all->of[0] : a->read;
	memcpy(a->whole->tag, place ? (*place)->tag : tag, sizeof tag);
	if (!place && all->count == LANGUAGES_MOST)
		return fail(why, ERR_USAGE, "%s: more than %d languages", file, LANGUAGES_MOST);
	e = language_read(file, text, len, a->read, why);
	if (!e)
		e = language_check(file, a->read, english, why);
	return e ? e : complete(file, a->read, place ? *place : NULL, english, a->whole, why);
}

static void let_go(struct language *l)
{
	if (l)
		language_clear(l);
	free(l);
}

enum err languages_add(struct languages *all, const char *file, const void *text, size_t len, struct errbuf *why)
{
	struct addition a = {0};
	enum err e = prepare(all, file, text, len, &a, why);
	if (!e) {
		struct language **place = own_place(all, a.whole->tag);
		if (place)
			let_go(*place);
		else
			place = &all->of[all->count++];
		*place = a.whole;
		a.whole = NULL;
	}
	let_go(a.read);
	let_go(a.whole);
	return e;
}

enum err languages_new(struct languages **out, struct errbuf *why)
{
	struct languages *all = calloc(1, sizeof *all);
	enum err e = all ? ERR_OK : ERR_MEMORY;
	for (size_t i = 0; !e && i < sizeof built_in / sizeof *built_in; i++)
		e = languages_add(all, built_in[i].file, built_in[i].text, strlen(built_in[i].text), why);
	if (e) {
		languages_free(all);
		return e == ERR_MEMORY ? e : ERR_INTERNAL;
	}
	*out = all;
	return ERR_OK;
}

void languages_free(struct languages *all)
{
	for (size_t i = 0; all && i < all->count; i++)
		let_go(all->of[i]);
	free(all);
}

const struct language *languages_at(const struct languages *all, size_t index)
{
	return index < all->count ? all->of[index] : NULL;
}

const char *language_tag(const struct language *l)
{
	return l->tag;
}

const char *language_text(const struct language *l, const char *key)
{
	const struct language_entry *e = language_entry(l, key);
	return e ? e->text : NULL;
}

static const char *find_words(const void *ctx, const char *key)
{
	return language_text(ctx, key);
}

struct template_words language_words(const struct language *l)
{
	return (struct template_words){find_words, l};
}

/* The n-th word of a text. */
static void word_at(const char *text, int n, char out[LANGUAGE_TIME_SIZE / 2])
{
	for (text += strspn(text, " \n"); n > 0; n--) {
		text += strcspn(text, " \n");
		text += strspn(text, " \n");
	}
	snprintf(out, LANGUAGE_TIME_SIZE / 2, "%.*s", (int)strcspn(text, " \n"), text);
}

void language_time(const struct language *l, int64_t at, char out[LANGUAGE_TIME_SIZE])
{
	char day[8] = "", year[8] = "", hour[8] = "", minute[8] = "", month[LANGUAGE_TIME_SIZE / 2];
	time_t t = (time_t)at;
	struct tm tm = {0};
	gmtime_r(&t, &tm);
	strftime(day, sizeof day, "%d", &tm);
	strftime(year, sizeof year, "%Y", &tm);
	strftime(hour, sizeof hour, "%H", &tm);
	strftime(minute, sizeof minute, "%M", &tm);
	const char *months = language_text(l, "language.months");
	word_at(months ? months : "", tm.tm_mon, month);
	const struct template_field fields[] = {{"day", day + (day[0] == '0'), TEMPLATE_VALUE},
						{"month", month, TEMPLATE_VALUE},
						{"year", year, TEMPLATE_VALUE},
						{"hour", hour, TEMPLATE_VALUE},
						{"minute", minute, TEMPLATE_VALUE},
						{0}};
	struct buf text = BUF_INIT(LANGUAGE_TIME_SIZE);
	struct template_words words = language_words(l);
	if (template_render_words("{{_language.date}}", TEMPLATE_TEXT, &words, fields, &text) != ERR_OK || !buf_string(&text))
		strftime(out, LANGUAGE_TIME_SIZE, "%Y-%m-%d %H:%M UTC", &tm);
	else
		snprintf(out, LANGUAGE_TIME_SIZE, "%s", buf_string(&text));
	buf_free(&text);
}

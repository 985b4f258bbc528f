#include "delivery/gsm.h"
#include "delivery/language_set.h"

#include <string.h>

enum { PLACES_MOST = 12, PLACE_SIZE = 24, MONTHS = 12 };

struct places {
	size_t count;
	char of[PLACES_MOST][PLACE_SIZE];
};

static bool has(const struct places *p, const char *name)
{
	for (size_t i = 0; i < p->count; i++)
		if (strcmp(p->of[i], name) == 0)
			return true;
	return false;
}

/* "{{" stands before the name of a place and "}}" behind it, and neither anywhere else. */
static enum err find_places(const char *text, struct places *p, struct errbuf *why)
{
	p->count = 0;
	for (const char *at = text; (at = strpbrk(at, "{}")) != NULL;) {
		char name[PLACE_SIZE];
		size_t len = at[0] == '{' && at[1] == '{' ? strspn(at + 2, "abcdefghijklmnopqrstuvwxyz0123456789_") : 0;
		if (at[0] != at[1]) {
			at++;
			continue;
		}
		if (len == 0 || len >= sizeof name || strncmp(at + 2 + len, "}}", 2) != 0)
			return fail(why, ERR_USAGE, "a place is {{name}}, and two braces stand nowhere else");
		memcpy(name, at + 2, len);
		name[len] = '\0';
		if (p->count == PLACES_MOST)
			return fail(why, ERR_USAGE, "more than %d places", PLACES_MOST);
		if (!has(p, name))
			memcpy(p->of[p->count++], name, len + 1);
		at += len + 4;
	}
	return ERR_OK;
}

static enum err check_places(const char *text, const char *english, struct errbuf *why)
{
	struct places had = {0}, wanted = {0};
	enum err e = find_places(text, &had, why);
	if (!e)
		e = find_places(english, &wanted, why);
	for (size_t i = 0; !e && i < had.count; i++)
		if (!has(&wanted, had.of[i]))
			e = fail(why, ERR_USAGE, "there is no {{%s}} for it", had.of[i]);
	for (size_t i = 0; !e && i < wanted.count; i++)
		if (!has(&had, wanted.of[i]))
			e = fail(why, ERR_USAGE, "{{%s}} is missing", wanted.of[i]);
	return e;
}

/* What a text must leave room for: behind the code comes a line for telephones, with a domain of 40 letters. */
static const struct {
	const char *key;
	int room;
} messages[] = {
	{"code.sms", GSM_SEGMENT - (int)sizeof "\n@ #ABCD2345" + 1 - 40},
	{"password.sms", GSM_SEGMENT},
	{"password_staff.sms", GSM_SEGMENT},
};

/* The longest of each that a text for SMS may hold. A client's name is cut to what is left, but never to less than this. */
static const struct {
	const char *name;
	int septets;
} longest[] = {{"code", 8}, {"password", 29}, {"minutes", 4}, {"client", 16}};

static int place_septets(const char *name, size_t len)
{
	for (size_t i = 0; i < sizeof longest / sizeof *longest; i++)
		if (strlen(longest[i].name) == len && strncmp(longest[i].name, name, len) == 0)
			return longest[i].septets;
	return GSM_SEGMENT + 1;
}

/* Septets of a text with everything in it at its longest, -1 for letters that GSM lacks. */
static int sms_septets(const char *text)
{
	int places = 0, septets = gsm_septets(text);
	for (const char *at = text; (at = strstr(at, "{{")) != NULL; at += 2) {
		size_t len = strcspn(at + 2, "}");
		places += place_septets(at + 2, len) - (int)len - 8; /* a brace takes two septets */
	}
	return septets < 0 ? septets : septets + places;
}

/* The name of the first place that stands in it twice, NULL for none. */
static const char *place_twice(const char *text, size_t *len)
{
	for (const char *at = text; (at = strstr(at, "{{")) != NULL; at += 2) {
		*len = strcspn(at + 2, "}");
		for (const char *other = at + 2; (other = strstr(other, "{{")) != NULL; other += 2)
			if (strncmp(at, other, *len + 4) == 0)
				return at + 2;
	}
	return NULL;
}

/* Twice is refused: a name is cut to the room that is left, and two copies of it would each fill all of that. */
static enum err check_sms(const char *text, int room, struct errbuf *why)
{
	int septets = sms_septets(text);
	if (septets < 0)
		return fail(why, ERR_USAGE, "an SMS is written with the letters of GSM 03.38 alone");
	if (septets > room)
		return fail(why, ERR_USAGE, "%d letters with the longest of everything in it, at most %d", septets, room);
	size_t len = 0;
	const char *twice = place_twice(text, &len);
	if (twice)
		return fail(why, ERR_USAGE, "{{%.*s}} stands twice: in an SMS, once", (int)len, twice);
	return ERR_OK;
}

static enum err check_months(const char *text, struct errbuf *why)
{
	int words = 0;
	for (const char *at = text; *(at += strspn(at, " \n")); at += strcspn(at, " \n"))
		words++;
	return words == MONTHS ? ERR_OK : fail(why, ERR_USAGE, "%d words, wanted the %d months", words, MONTHS);
}

static enum err check_tags(const char *text, struct errbuf *why)
{
	char tag[LANGUAGE_TAG_SIZE];
	for (const char *at = text; *(at += strspn(at, " \n"));) {
		size_t len = strcspn(at, " \n");
		memcpy(tag, at, len < sizeof tag ? len : sizeof tag - 1);
		tag[len < sizeof tag ? len : sizeof tag - 1] = '\0';
		if (len >= sizeof tag || !language_tag_ok(tag))
			return fail(why, ERR_USAGE, "%.20s is not a language's tag", at);
		at += len;
	}
	return ERR_OK;
}

static enum err check_entry(const struct language_entry *e, const struct language *english, struct errbuf *why)
{
	const struct language_entry *wanted = language_entry(english, e->key);
	if (!wanted)
		return fail(why, ERR_USAGE, "there is no such key");
	enum err rc = check_places(e->text, wanted->text, why);
	for (size_t i = 0; !rc && i < sizeof messages / sizeof *messages; i++)
		if (strcmp(messages[i].key, e->key) == 0)
			rc = check_sms(e->text, messages[i].room, why);
	if (!rc && strcmp(e->key, "language.months") == 0)
		rc = check_months(e->text, why);
	if (!rc && strcmp(e->key, "language.also") == 0)
		rc = check_tags(e->text, why);
	if (!rc && !strstr(e->key, ".sms") && strchr(e->text, '\n'))
		rc = fail(why, ERR_USAGE, "only an SMS has lines");
	return rc;
}

enum err language_check(const char *file, const struct language *l, const struct language *english, struct errbuf *why)
{
	for (size_t i = 0; i < l->count; i++) {
		const struct language_entry *e = &l->entries[i];
		struct errbuf reason = {""};
		enum err rc = check_entry(e, english, &reason);
		if (rc)
			return fail(why, rc, "%s:%d: %s: %s", file, e->line, e->key, err_why(rc, &reason));
	}
	return ERR_OK;
}
